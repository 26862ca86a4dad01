"""Which ghosts are filled without their AUTO_INCREMENT, and how far two tables say that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ghostshift.core import loosening
from ghostshift.core.loosening import State, judge, numbered
from ghostshift.core.planner import make_plan
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import read_alter

T = TableName("shop", "t")
PRIMARY = UniqueKey(name="PRIMARY", columns=("id",))
OPTIONS = Options(endpoint=Endpoint(), schema="shop", table="t", alter="ADD c int")
LOCKS = {"innodb_autoinc_lock_mode": "1"}


def plan(*more: UniqueKey, alter: str = "ADD c int", rows: int = 1_000_000, mariadb: bool = True) -> Plan:
    columns = (
        Column(name="id", ordinal=0, data_type="int", column_type="int(11)", auto_increment=True),
        Column(name="v", ordinal=1, data_type="int", column_type="int(11)"),
    )
    table = Table(
        name=T, columns=columns, unique_keys=(PRIMARY, *more), engine="InnoDB", rows_estimate=rows, row_bytes=100,
        mariadb=mariadb,
    )  # fmt: skip
    names = helper_names(T, sort_after=True)
    return make_plan(table, replace(table, name=names.ghost), names, read_alter(alter))


def test_where_the_server_locks_for_numbers_and_there_is_much_to_copy() -> None:
    assert numbered(plan(), LOCKS, OPTIONS) == "id"
    with_id = UniqueKey(name="u", columns=("v", "id"))
    assert numbered(plan(with_id), LOCKS, OPTIONS) == "id"


@pytest.mark.parametrize(
    ("made", "variables"),
    [
        (plan(), {"innodb_autoinc_lock_mode": "2"}),
        (plan(), {}),
        (plan(mariadb=False), LOCKS),
        (plan(rows=loosening.WORTH_BYTES // 100 - 1), LOCKS),
        (plan(UniqueKey(name="u", columns=("v",))), LOCKS),
        (plan(UniqueKey(name="u", columns=("v", "id"), prefixed=True, parts=("v|None|", "id|3|"))), LOCKS),
        (plan(alter="ADD c int, AUTO_INCREMENT = 9"), LOCKS),
    ],
    ids=["mode 2", "not known", "MySQL", "small", "a unique key without it", "a part of it", "the ALTER sets it"],
)
def test_where_it_is_not_possible_or_not_worth_it(made: Plan, variables: dict[str, str]) -> None:
    assert numbered(made, variables, OPTIONS) == ""


def test_two_tables_say_how_far_it_is() -> None:
    def judged(*, ghost_loose: bool, shell_loose: bool, ghost_rows: bool, shell_rows: bool) -> State:
        return judge(ghost_loose=ghost_loose, shell_loose=shell_loose, ghost_rows=ghost_rows, shell_rows=shell_rows)

    for rows in (False, True):
        assert judged(ghost_loose=True, shell_loose=False, ghost_rows=rows, shell_rows=False) is State.LOOSE
        assert judged(ghost_loose=False, shell_loose=True, ghost_rows=rows, shell_rows=False) is State.NAMED
    assert judged(ghost_loose=True, shell_loose=False, ghost_rows=False, shell_rows=True) is State.MOVED
    for odd in (
        judged(ghost_loose=True, shell_loose=False, ghost_rows=True, shell_rows=True),
        judged(ghost_loose=False, shell_loose=True, ghost_rows=True, shell_rows=True),
        judged(ghost_loose=True, shell_loose=True, ghost_rows=True, shell_rows=False),
        judged(ghost_loose=False, shell_loose=False, ghost_rows=True, shell_rows=False),
    ):
        assert odd is State.ODD
