"""The plan: which columns are copied, by which key, in which time zone; and what cannot be planned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ghostshift.core.planner import column_pairs, key_column, key_spec, make_plan, unlogged_keys
from ghostshift.core.report import describe
from ghostshift.model.errors import Refused
from ghostshift.model.key import KeyKind
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.plan import ColumnPair, Plan
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import read_alter

NAME = TableName("shop", "t")
HELPERS = helper_names(NAME, sort_after=False)
PRIMARY = UniqueKey(name="PRIMARY", columns=("id",))


def column(name: str, column_type: str = "int", **more: Any) -> Column:
    data_type = column_type.partition("(")[0].partition(" ")[0]
    return Column(**{"name": name, "ordinal": 0, "data_type": data_type, "column_type": column_type, **more})


def text(name: str, collation: str = "utf8mb4_bin") -> Column:
    return column(name, "varchar(20)", charset=collation.partition("_")[0], collation=collation)


def table(*columns: Column, keys: tuple[UniqueKey, ...] = (PRIMARY,), name: TableName = NAME) -> Table:
    return Table(name=name, columns=columns, unique_keys=keys, engine="InnoDB", rows_estimate=7)


def plan(before: Table, after: Table, alter: str = "FORCE", **more: Any) -> Plan:
    return make_plan(before, replace(after, name=HELPERS.ghost), HELPERS, read_alter(alter), **more)


def pairs(before: list[Column], after: list[Column], alter: str) -> list[tuple[str, str]]:
    found = column_pairs(table(*before), table(*after), read_alter(alter))
    return [(pair.original, pair.ghost) for pair in found]


# -- columns


@pytest.mark.parametrize(
    ("before", "after", "alter", "expected"),
    [
        ("id a b", "id a b c", "ADD c int", "id=id a=a b=b"),
        ("id a b", "id b", "DROP a", "id=id b=b"),
        ("id a b", "id c b", "CHANGE a c int", "id=id a=c b=b"),
        ("id a b", "id b a", "CHANGE a b int, CHANGE b a int", "id=id a=b b=a"),
        ("id a b", "id a", "DROP a, CHANGE b a int", "id=id b=a"),
        ("id a", "id a", "DROP a, ADD a int", "id=id"),
        ("id a", "id b a", "RENAME COLUMN a TO b, ADD a int", "id=id a=b"),
        ("id Abc", "ID aBC", "CHANGE abc aBC int", "id=ID Abc=aBC"),
    ],
)
def test_columns_are_paired_by_what_the_alter_did(before: str, after: str, alter: str, expected: str) -> None:
    found = pairs([column(n) for n in before.split()], [column(n) for n in after.split()], alter)
    assert " ".join(f"{one}={other}" for one, other in found) == expected


def test_what_the_ghost_generates_is_the_servers_to_fill_and_what_it_no_longer_generates_is_copied() -> None:
    before = [column("id"), column("g", generated="stored"), column("h")]
    after = [column("id"), column("g"), column("h", generated="virtual")]
    assert pairs(before, after, "FORCE") == [("id", "id"), ("g", "g")]


def test_a_column_that_vanished_although_the_alter_was_not_seen_to_drop_or_rename_it_is_refused() -> None:
    # Whatever made it vanish was not understood: its values may belong into another column.
    with pytest.raises(Refused, match=r"column 'a' of `shop`\.`t`.*neither dropped nor renamed") as refused:
        plan(table(column("id"), column("a")), table(column("id"), column("b")), "FORCE")
    assert refused.value.code == "alter-not-understood"


def test_columns_that_an_alter_drops_or_renames_or_computes_are_not_missed() -> None:
    before = table(column("id"), column("A"), column("b"), column("g", generated="virtual"))
    made = plan(before, table(column("id"), column("c")), "DROP a, CHANGE B c int, DROP g")
    assert (made.dropped, made.added) == (("A",), ())


def test_an_alter_that_leaves_no_column_is_refused() -> None:
    with pytest.raises(Refused, match=r"no column of `shop`\.`t` is left") as refused:
        plan(table(column("id")), table(column("id")), "DROP id, ADD id int")
    assert refused.value.code == "no-shared-columns"


# -- keys


@pytest.mark.parametrize(
    ("column_type", "kind"),
    [
        ("tinyint", KeyKind.INTEGER), ("bigint unsigned", KeyKind.INTEGER), ("year(4)", KeyKind.INTEGER),
        ("enum('a')", KeyKind.ENUM), ("set('a')", KeyKind.SET), ("bit(3)", KeyKind.BIT), ("binary(4)", KeyKind.BYTES),
        ("varbinary(4)", KeyKind.BYTES), ("char(4)", KeyKind.TEXT), ("varchar(4)", KeyKind.TEXT),
        ("decimal(4,1)", KeyKind.DECIMAL), ("date", KeyKind.DATE), ("datetime(3)", KeyKind.DATETIME),
        ("timestamp", KeyKind.TIMESTAMP), ("time(6)", KeyKind.TIME), ("inet4", KeyKind.INET4),
        ("inet6", KeyKind.INET6), ("uuid", KeyKind.UUID),
    ],
)  # fmt: skip
def test_types_with_exact_equality_can_be_followed(column_type: str, kind: KeyKind) -> None:
    found = key_column(column("a", column_type))
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize("column_type", ["float", "double", "text", "blob", "json", "geometry", "vector(3)"])
def test_types_without_exact_equality_or_order_cannot(column_type: str) -> None:
    assert key_column(column("a", column_type)) is None


def test_details_of_a_key_column_are_those_that_its_literals_need() -> None:
    found = key_column(column("a", "bigint unsigned", ordinal=3))
    assert found is not None
    assert (found.unsigned, found.ordinal, found.length) == (True, 3, 0)
    found = key_column(column("a", "binary(4)", octets=4))
    assert found is not None
    assert found.length == 4
    found = key_column(column("a", "bit(9)", precision=9))
    assert found is not None
    assert found.length == 9
    found = key_column(column("a", "varchar(9)", charset="binary", octets=9))
    assert found is not None
    assert (found.kind, found.length) == (KeyKind.BYTES, 0)
    found = key_column(column("a", "datetime(3)", fraction=3))
    assert found is not None
    assert found.fraction == 3


@pytest.mark.parametrize(
    "key",
    [
        UniqueKey(name="u", columns=("id",), nullable=True),
        UniqueKey(name="u", columns=("id",), prefixed=True),
        UniqueKey(name="u", columns=(), functional=True),
        UniqueKey(name="u", columns=("id",), functional=True),
        UniqueKey(name="u", columns=("id",), visible=False),
        UniqueKey(name="u", columns=()),
        UniqueKey(name="u", columns=("f",)),
        UniqueKey(name="u", columns=("g",)),
        UniqueKey(name="u", columns=("nowhere",)),
    ],
)
def test_a_key_that_does_not_name_every_row_exactly_cannot_be_followed(key: UniqueKey) -> None:
    assert key_spec(table(column("id"), column("f", "float"), column("g", generated="stored")), key) is None


def test_the_primary_key_is_preferred_then_comparable_then_short_ones() -> None:
    columns = [column("id"), text("name"), column("x"), column("y")]
    wide = UniqueKey(name="wide", columns=("x", "y"))
    slim = UniqueKey(name="slim", columns=("x",))
    named = UniqueKey(name="named", columns=("name",))

    def chosen(*keys: UniqueKey) -> str:
        made = table(*columns, keys=keys)
        return plan(made, made).key.index

    assert chosen(slim, named, PRIMARY) == "PRIMARY"
    assert chosen(named, wide) == "wide"
    assert chosen(wide, slim) == "slim"
    assert chosen(named) == "named"


def test_where_the_log_holds_only_the_servers_key_no_other_will_do() -> None:
    other = UniqueKey(name="u", columns=("a",))
    before = table(column("id"), column("a"), keys=(PRIMARY, other))
    after = table(column("id"), column("a"), keys=(other,))
    assert plan(before, after).key.index == "u"
    with pytest.raises(Refused, match="be the primary key, because binlog_row_image is not FULL") as refused:
        plan(before, after, full_row_image=False)
    assert refused.value.code == "no-shared-key"
    assert plan(before, before, full_row_image=False).key.index == "PRIMARY"
    nullable = replace(other, name="first", nullable=True)
    keyless = table(column("id"), column("a"), keys=(nullable, other))
    assert plan(keyless, keyless, full_row_image=False).key.index == "u"


def test_a_table_without_any_unique_key_is_refused_by_name() -> None:
    bare = table(column("id"), keys=())
    with pytest.raises(Refused, match=r"`shop`\.`t` has neither a primary key nor a unique key") as refused:
        plan(bare, bare)
    assert refused.value.code == "no-unique-key"


def test_a_key_that_the_ghost_does_not_keep_unique_is_refused() -> None:
    before = table(column("id"), column("a"))
    with pytest.raises(Refused, match="unique on both sides of the ALTER"):
        plan(before, table(column("id"), column("a"), keys=(UniqueKey(name="PRIMARY", columns=("a",)),)))
    with pytest.raises(Refused, match="unique on both sides"):
        plan(before, table(column("id"), column("a"), keys=(replace(PRIMARY, name="u", prefixed=True),)))


def test_a_renamed_key_is_followed_under_both_names() -> None:
    after = table(column("number", "bigint"), keys=(UniqueKey(name="PRIMARY", columns=("number",)),))
    made = plan(table(column("id")), after, "CHANGE id number bigint")
    assert (made.key.names(), made.ghost_key.names()) == (("id",), ("number",))
    assert made.columns == (ColumnPair(original="id", ghost="number"),)


@pytest.mark.parametrize(
    ("before", "after", "carries"),
    [
        (column("id", "int"), column("id", "bigint unsigned"), True),
        (column("id", "int"), column("id", "varchar(20)"), False),
        (column("id", "enum('a','b')"), column("id", "enum('b','a')"), False),
        (column("id", "set('a','b')"), column("id", "set('b','a')"), False),
        (column("id", "datetime", fraction=0), column("id", "datetime(6)", fraction=6), True),
        (column("id", "datetime(6)", fraction=6), column("id", "datetime", fraction=0), False),
        (column("id", "time(3)", fraction=3), column("id", "time", fraction=0), False),
        (text("id", "latin1_bin"), text("id", "utf8mb4_bin"), True),
        (text("id"), column("id", "varbinary(20)"), False),
    ],
)
def test_i6_a_key_is_shared_only_where_its_literals_find_the_converted_value(
    before: Column, after: Column, *, carries: bool
) -> None:
    if carries:
        assert plan(table(before), table(after)).key.index == "PRIMARY"
    else:
        with pytest.raises(Refused, match=r"no unique key of `shop`\.`t` can carry the migration"):
            plan(table(before), table(after))


# -- the rest


def test_i4_another_unique_index_of_the_ghost_is_noted() -> None:
    plain = table(column("id"), column("a"))
    both = table(column("id"), column("a"), keys=(PRIMARY, UniqueKey(name="u", columns=("a",))))
    assert not plan(plain, plain).secondary_unique
    assert plan(both, both).secondary_unique


def test_a_timestamp_in_the_key_makes_the_sessions_utc_else_they_have_the_servers_zone() -> None:
    stamped = table(column("id", "timestamp"))
    assert plan(stamped, stamped, server_time_zone="'Europe/Paris'").session_time_zone == "'+00:00'"
    plain = table(column("id"))
    assert plan(plain, plain, server_time_zone="'Europe/Paris'").session_time_zone == "'Europe/Paris'"
    assert plan(plain, plain).session_time_zone == "'+00:00'"


def test_a_plan_tells_a_person_what_will_be_done() -> None:
    before = table(column("id"), column("a"), column("b"))
    after = table(column("id"), column("c"), column("d"))
    made = plan(before, after, "CHANGE a c int, DROP b, ADD d int")
    assert describe(made).splitlines() == [
        "table    `shop`.`t` (7 rows, about)",
        "ghost    `shop`.`_t_gho`",
        "old      `shop`.`_t_del`",
        "key      `PRIMARY` (id)",
        "columns  2 copied",
        "renamed  a to c",
        "dropped  b",
        "added    d",
    ]


def test_columns_of_the_key_that_an_insert_may_leave_out_are_known() -> None:
    key = (UniqueKey(name="PRIMARY", columns=("a", "b", "c")),)
    columns = column("a", defaultless=True), column("b"), column("c", auto_increment=True)
    made = table(*columns, keys=key)
    assert unlogged_keys(plan(made, made)) == ("b",)


def test_a_set_of_64_members_is_no_key_for_its_highest_bit_is_a_sign() -> None:
    def members(count: int) -> str:
        return "set(" + ",".join(f"'m{number}'" for number in range(count)) + ")"

    assert key_column(column("k", members(64))) is None
    largest = key_column(column("k", members(63)))
    assert largest is not None
    assert largest.kind is KeyKind.SET
    assert largest.members == 0


def test_a_wider_key_of_the_ghost_serves_where_it_begins_with_the_shared_one() -> None:
    before = table(column("id"), column("a"))
    wide = UniqueKey(name="PRIMARY", columns=("ID", "a"))
    found = plan(before, table(column("id"), column("a"), keys=(wide,)))
    assert (found.wider_key, found.ghost_key.names()) == (True, ("id",))
    both = plan(before, table(column("id"), column("a"), keys=(wide, UniqueKey(name="u", columns=("id",)))))
    assert (both.wider_key, both.ghost_key.index) == (False, "u")
    for other in (
        UniqueKey(name="PRIMARY", columns=("a", "id")),
        replace(wide, prefixed=True),
        replace(wide, name="k", visible=False),
    ):
        with pytest.raises(Refused) as refused:
            plan(before, table(column("id"), column("a"), keys=(other,)))
        assert refused.value.code == "no-shared-key"


def test_a_char_is_not_converted_where_the_server_pads_what_it_reads() -> None:
    before = table(column("id"), column("c", "char(10)"))
    after = table(column("id"), column("c", "varchar(10)"))
    plan(before, after)
    plan(before, before, pads_char=True)
    with pytest.raises(Refused, match=r"\[char-padding\]"):
        plan(before, after, pads_char=True)
