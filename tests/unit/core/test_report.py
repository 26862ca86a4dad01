"""What a plan says of columns, keys and the swap: each fate by its name, each key with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ghostshift.core.planner import make_plan
from ghostshift.core.problems import problems
from ghostshift.core.report import columns, cut_over, keys, saying, uniqueness
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.remark import Remark
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import read_alter

NAME = TableName("s", "t")
HELPERS = helper_names(NAME, sort_after=False)
PRIMARY = UniqueKey(name="PRIMARY", columns=("id",))


def column(name: str, column_type: str = "int", **more: Any) -> Column:
    data_type = column_type.partition("(")[0].partition(" ")[0]
    return Column(**{"name": name, "ordinal": 0, "data_type": data_type, "column_type": column_type, **more})


def table(*given: Column, keys: tuple[UniqueKey, ...] = (PRIMARY,), name: TableName = NAME) -> Table:
    return Table(name=name, columns=given, unique_keys=keys, engine="InnoDB")


def ghost(*given: Column, keys: tuple[UniqueKey, ...] = (PRIMARY,), **more: Any) -> Table:
    return replace(table(*given, keys=keys, name=HELPERS.ghost), **more)


def fates(before: Table, after: Table, alter: str) -> dict[str, str]:
    read = read_alter(alter)
    plan = make_plan(before, after, HELPERS, read)
    return {
        one.original or one.ghost: one.fate + (f" as {one.ghost}" if one.renamed else "")
        for one in columns(before, after, read, plan)
    }


def test_each_column_s_fate_has_its_name() -> None:
    before = table(column("id"), column("a"), column("b"), column("c"), column("d", nullable=True), column("g"))
    after = ghost(
        column("id"), column("b", "bigint"), column("c2"), column("d"), column("g", generated="stored"),
        column("n", nullable=True), column("f", defaultless=True), column("v", generated="virtual"),
    )  # fmt: skip
    found = fates(before, after, "DROP a, RENAME COLUMN c TO c2")
    assert found == {
        "id": "copied", "a": "dropped", "b": "converted", "c": "copied as c2", "d": "converted", "g": "generated",
        "n": "added", "f": "filled", "v": "generated",
    }  # fmt: skip


def test_a_column_dropped_and_added_again_is_both() -> None:
    before, after = table(column("id"), column("a")), ghost(column("id"), column("a", "date", nullable=True))
    found = columns(before, after, read_alter("DROP a, ADD a date"), None)
    assert [(one.original, one.ghost, one.fate) for one in found] == [
        ("id", "id", "copied"), ("a", "", "dropped"), ("", "a", "added"),
    ]  # fmt: skip


def test_types_are_told_with_collation_and_null() -> None:
    before = table(column("id"), column("v", "varchar(20)", collation="latin1_bin", charset="latin1", nullable=True))
    after = ghost(column("id"), column("v", "varchar(20)", collation="utf8mb4_bin", charset="utf8mb4"))
    found = columns(before, after, read_alter("FORCE"), None)[1]
    assert found.fate == "converted"
    assert found.before == "varchar(20) COLLATE latin1_bin"
    assert found.after == "varchar(20) COLLATE utf8mb4_bin NOT NULL"


def unique(name: str, *names: str, **more: Any) -> UniqueKey:
    return UniqueKey(name=name, columns=names, **more)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (unique("k", "a"), "it would do; PRIMARY is better"),
        (unique("k", "a", prefixed=True), "it does not hold its columns whole"),
        (unique("k", functional=True), "it has an expression"),
        (unique("k", "a", visible=False), "it is invisible"),
        (unique("k", "a", nullable=True), "it may hold NULL"),
        (unique("k", "x"), "x is of a type without exact equality (double)"),
        (unique("k", "g"), "g is generated"),
        (unique("k", "gone"), "gone is not in the new table"),
        (unique("k", "b"), "the new table is not unique by it"),
        (unique("k", "d"), "the ALTER converts it in a way that may make two values one"),
    ],
)
def test_each_key_has_its_reason(key: UniqueKey, why: str) -> None:
    shared = (column("id"), column("a"), column("b"), column("x", "double"), column("g", generated="stored"))
    before = table(*shared, column("gone"), column("d", "datetime(6)", fraction=6), keys=(PRIMARY, key))
    kept = tuple(one for one in (key,) if one.name == "k" and not {"gone", "b"} & set(one.columns))
    after = ghost(*shared, column("d", "datetime"), keys=(PRIMARY, *kept))
    read = read_alter("DROP gone")
    plan = make_plan(before, ghost(*shared, column("d", "datetime")), HELPERS, read)
    found = keys(before, after, read, plan, full_row_image=True)
    assert [(one.name, one.used) for one in found] == [("PRIMARY", True), ("k", False)]
    assert found[1].why == why


def test_minimal_images_leave_the_primary_key_alone() -> None:
    before = table(column("id"), column("a"), keys=(PRIMARY, unique("k", "a")))
    found = keys(before, replace(before, name=HELPERS.ghost), read_alter("FORCE"), None, full_row_image=False)
    assert "only the primary key is logged" in found[1].why


def test_all_refusals_of_the_planner_are_told_at_once() -> None:
    before = table(column("id"), column("a"))
    after = ghost(column("id"), column("u"), column("z", "geometry", defaultless=True), keys=(unique("n", "u"),),
                  engine="MyISAM")  # fmt: skip
    found = problems(before, after, HELPERS, read_alter("ADD UNIQUE n (u)"))
    assert {one.code for one in found} == {
        "alter-not-understood", "ghost-engine", "no-shared-key", "unique-on-new-values", "no-default",
    }  # fmt: skip


def test_what_the_planner_takes_has_no_problems() -> None:
    before = table(column("id"), column("a"))
    assert problems(before, replace(before, name=HELPERS.ghost), HELPERS, read_alter("FORCE")) == []


def test_what_is_more_unique_names_the_original_s_columns() -> None:
    before = table(column("id"), column("a"))
    after = ghost(column("id"), column("b"), keys=(PRIMARY, unique("u", "b")))
    (found,) = uniqueness(make_plan(before, after, HELPERS, read_alter("RENAME COLUMN a TO b, ADD UNIQUE u (b)")))
    assert (found.index, found.columns) == ("u", ("a",))


@pytest.mark.parametrize("said", [Refused("some-code", "it is so"), Remark("some-code", "it is so")])
def test_a_saying_has_code_text_and_page_apart(said: Refused | Remark) -> None:
    found = saying(said)
    assert (found.code, found.text, found.page) == ("some-code", "it is so", "docs/refusals/some-code.md")


def test_the_swap_s_way_is_told() -> None:
    options = Options(endpoint=Endpoint(), schema="s", table="t", alter="FORCE", cut_over_lock_seconds=7)
    assert "renames them in one statement; locks of at most 7 s" in cut_over(NAME, options, under_lock=True, test=False)
    assert "sentry" in cut_over(NAME, options, under_lock=False, test=False)
    assert "undone at once" in cut_over(NAME, options, under_lock=True, test=True)
