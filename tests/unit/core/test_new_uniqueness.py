"""Where a ghost is more unique than its original: there REPLACE and a chunk could drop rows (invariant 7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ghostshift.core.planner import make_plan
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import read_alter

NAME = TableName("shop", "t")
HELPERS = helper_names(NAME, sort_after=False)
PRIMARY = UniqueKey(name="PRIMARY", columns=("id",))


def number(name: str, *, generated: str = "", column_type: str = "int") -> Column:
    return Column(
        name=name,
        ordinal=0,
        data_type=column_type.partition("(")[0],
        column_type=column_type,
        generated=generated,
    )


def text(name: str, collation: str) -> Column:
    return Column(
        name=name, ordinal=0, data_type="varchar", column_type="varchar(20)", charset="utf8mb4", collation=collation
    )


def plan(
    before: list[Column], after: list[Column], keys: list[UniqueKey], *more: UniqueKey, alter: str = "FORCE"
) -> Plan:
    """The plan from a table with the keys PRIMARY and `keys` to a ghost that has `more` besides."""
    original = Table(name=NAME, columns=(number("id"), *before), unique_keys=(PRIMARY, *keys), engine="InnoDB")
    ghost = Table(
        name=HELPERS.ghost, columns=(number("id"), *after), unique_keys=(PRIMARY, *keys, *more), engine="InnoDB"
    )
    return make_plan(original, ghost, HELPERS, read_alter(alter))


def unique(*columns: str, nullable: bool = False, prefixed: bool = False) -> UniqueKey:
    return UniqueKey(name="u", columns=columns, nullable=nullable, prefixed=prefixed)


def watched(made: Plan) -> list[str]:
    return [new.index for new in made.new_uniqueness]


def test_i7_the_same_keys_need_no_watching() -> None:
    made = plan([number("a")], [number("a")], [unique("a")])
    assert watched(made) == []
    assert made.secondary_unique


def test_i7_a_new_unique_index_is_watched_by_the_original_s_names() -> None:
    made = plan([number("a")], [number("b")], [], unique("b"), alter="CHANGE a b int, ADD UNIQUE u (b)")
    assert watched(made) == ["u"]
    assert [(pair.original, pair.ghost) for pair in made.new_uniqueness[0].pairs] == [("a", "b")]
    assert made.secondary_unique


def test_i7_a_wider_index_than_one_that_is_there_is_guaranteed_by_it() -> None:
    wider = UniqueKey(name="w", columns=("a", "b"))
    columns = [number("a"), number("b")]
    assert watched(plan(columns, columns, [unique("a")], wider)) == []
    assert watched(plan(columns, columns, [wider], unique("a"))) == ["u"]


def test_i7_the_index_of_the_primary_key_and_another_column_is_guaranteed() -> None:
    assert watched(plan([number("a")], [number("a")], [], unique("id", "a"))) == []


def test_i7_a_collation_that_calls_more_texts_equal_is_watched() -> None:
    before, after = text("a", "utf8mb4_bin"), text("a", "utf8mb4_general_ci")
    assert watched(plan([before], [after], [unique("a")])) == ["u"]
    assert watched(plan([before], [before], [unique("a")])) == []


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ([number("a", column_type="varchar(9)")], [number("a")], unique("a")),
        ([number("a")], [number("a"), number("made", generated="stored")], unique("made")),
        (
            [text("a", "utf8mb4_bin")],
            [text("a", "utf8mb4_bin")],
            UniqueKey(name="u", columns=("a",), prefixed=True, parts=("a|3|None",)),
        ),
    ],
    ids=["converted", "generated", "prefix"],
)
def test_i7_of_values_that_it_makes_itself_the_server_is_asked(
    before: list[Column], after: list[Column], key: UniqueKey
) -> None:
    (new,) = plan(before, after, [], key).new_uniqueness
    assert (new.pairs, new.asked) == ((), key)


def test_i7_numbers_that_get_smaller_stay_apart() -> None:
    before, after = number("a", column_type="bigint"), number("a", column_type="int")
    assert watched(plan([before], [after], [unique("a")])) == []


def test_i7_uniqueness_of_values_that_the_original_does_not_have_is_refused() -> None:
    with pytest.raises(Refused, match="unique-on-new-values"):
        plan([], [number("new")], [], unique("new"))


def test_i7_an_index_that_nobody_can_ask_about_is_refused() -> None:
    functional = UniqueKey(name="u", columns=(), functional=True, parts=("None|None|`id` + 1",))
    hashed = UniqueKey(name="u", columns=("a",), prefixed=True)
    for key in (functional, hashed):
        with pytest.raises(Refused, match="unique-on-new-values"):
            plan([number("a")], [number("a")], [], key)


def test_a_new_column_that_is_null_everywhere_never_clashes() -> None:
    new = replace(number("n"), nullable=True, null_by_default=True)
    index = UniqueKey(name="u", columns=("n",), nullable=True)
    assert plan([], [new], [], index).new_uniqueness == ()
    with pytest.raises(Refused) as refused:
        plan([], [replace(new, null_by_default=False)], [], index)
    assert refused.value.code == "unique-on-new-values"


def test_a_prefix_is_not_guaranteed_by_a_key_over_the_whole_column() -> None:
    name = text("name", "utf8mb4_bin")
    whole = UniqueKey(name="whole", columns=("name",))
    prefix = UniqueKey(name="p", columns=("name",), prefixed=True, parts=("name|2|None",))
    (new,) = plan([name], [name], [whole], prefix).new_uniqueness
    assert (new.index, new.asked) == ("p", prefix)


def test_a_key_that_contains_a_unique_one_of_the_original_clashes_never_whatever_else_it_has() -> None:
    name = text("name", "utf8mb4_bin")
    for index in (
        UniqueKey(name="u", columns=("n", "id")),
        UniqueKey(name="u", columns=("name", "id"), prefixed=True, parts=("name|2|None", "id|None|None")),
    ):
        assert plan([name], [name, number("n")], [], index).new_uniqueness == ()


@pytest.mark.parametrize(("field", "code"), [("versioned", "system-versioned"), ("periods", "application-time-period")])
def test_a_ghost_that_gets_a_history_is_refused(field: str, code: str) -> None:
    original = Table(name=NAME, columns=(number("id"),), unique_keys=(PRIMARY,), engine="InnoDB")
    with pytest.raises(Refused) as refused:
        make_plan(original, replace(original, **{field: True}), HELPERS, read_alter("FORCE"))
    assert refused.value.code == code
