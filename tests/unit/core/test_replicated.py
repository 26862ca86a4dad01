"""A changed table of one replica: what replication would give its columns from now on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ghostshift.core.planner import make_plan
from ghostshift.core.replicated import changed_types, check_positions
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import read_alter

NAME = TableName("shop", "orders")
HELPERS = helper_names(NAME, sort_after=False)
ID, A, B, C = (Column(name=name, ordinal=0, data_type="int", column_type="int") for name in ("id", "a", "b", "c"))
KEYS = (UniqueKey(name="PRIMARY", columns=("id",)),)
LONG = Column(name="a", ordinal=0, data_type="bigint", column_type="bigint")


def plan(alter: str, *after: Column) -> Plan:
    def table(name: TableName, *columns: Column) -> Table:
        numbered = tuple(replace(column, ordinal=number) for number, column in enumerate(columns))
        return Table(name=name, columns=numbered, unique_keys=KEYS, engine="InnoDB", rows_estimate=7)

    return make_plan(table(NAME, ID, A, B), table(HELPERS.ghost, *after), HELPERS, read_alter(alter))


@pytest.mark.parametrize(
    ("alter", "after"),
    [
        ("ADD c int AFTER id", (ID, C, A, B)),
        ("ADD c int FIRST", (C, ID, A, B)),
        ("DROP a", (ID, B)),
        ("DROP a, ADD c int", (ID, B, C)),
        ("MODIFY b int AFTER id", (ID, B, A)),
        ("RENAME COLUMN a TO b, RENAME COLUMN b TO a, MODIFY b int AFTER id", (ID, A, B)),
    ],
)
def test_a_column_that_moves_is_refused(alter: str, after: tuple[Column, ...]) -> None:
    with pytest.raises(Refused, match="columns-moved"):
        check_positions(plan(alter, *after))


@pytest.mark.parametrize(
    ("alter", "after"),
    [
        ("ADD c int", (ID, A, B, C)),
        ("DROP b", (ID, A)),
        ("RENAME COLUMN a TO c", (ID, C, B)),
        ("MODIFY a bigint", (ID, LONG, B)),
        ("FORCE", (ID, A, B)),
    ],
)
def test_what_stays_in_its_place_is_taken(alter: str, after: tuple[Column, ...]) -> None:
    check_positions(plan(alter, *after))


def test_changed_types_are_named() -> None:
    assert changed_types(plan("MODIFY a bigint", ID, LONG, B)) == ("a",)
    assert changed_types(plan("ADD c int", ID, A, B, C)) == ()
