"""The statements that touch the original: they read it, and take no lock on it (invariant 2)."""

from __future__ import annotations

import pytest

from ghostshift.core.planner import make_plan
from ghostshift.model.chunk import Chunk
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.mysql.dialect import Dialect
from ghostshift.sql import statements
from ghostshift.sql.alter import read_alter
from ghostshift.sql.tokens import words_of

NAME = TableName("shop", "t")


def make() -> Plan:
    columns = tuple(
        Column(name=name, ordinal=place, data_type="int", column_type="int")
        for place, name in enumerate(["a", "b", "c"])
    )
    helpers = helper_names(NAME, sort_after=False)
    keys = (UniqueKey(name="PRIMARY", columns=("a", "b")),)
    original = Table(name=NAME, columns=columns, unique_keys=keys, engine="InnoDB")
    ghost = Table(name=helpers.ghost, columns=columns, unique_keys=keys, engine="InnoDB")
    return make_plan(original, ghost, helpers, read_alter("FORCE"))


PLAN = make()
READING = [
    statements.edge_key(PLAN, last=True),
    statements.chunk_end(PLAN, (1, 2), (8, 9), 100),
    statements.copy_chunk(PLAN, Chunk(0, None, (1, 2), 100)),
    statements.copy_chunk(PLAN, Chunk(1, (1, 2), (3, 4), 100)),
    statements.replace_keys(PLAN, [(1, 2), (3, 4)]),
    statements.insert_keys(PLAN, [(1, 2)]),
]


@pytest.mark.parametrize("statement", READING)
def test_i2_the_original_is_only_read_and_never_locked(statement: str) -> None:
    words = [word.text.upper() for word in words_of(statement)[1]]
    written, _, read = statement.partition("SELECT ")
    assert NAME.sql in read
    assert NAME.sql not in written
    assert not {"LOCK", "SHARE", "DELETE", "JOIN"} & set(words)
    assert "FOR UPDATE" not in statement.upper()


def test_i2_a_delete_does_not_know_the_original() -> None:
    assert statements.delete_keys(PLAN, [(1, 2), (3, 4)]) == (
        "DELETE FROM `shop`.`_t_gho` WHERE ((`a` = 1 AND `b` = 2) OR (`a` = 3 AND `b` = 4))"
    )


@pytest.mark.parametrize("version", ["9.7.1", "10.11.6-MariaDB"])
def test_i2_every_session_reads_committed(version: str) -> None:
    setup = Dialect.of(version).session_setup(time_zone="'+00:00'")
    assert "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED" in setup


def test_a_range_is_open_below_and_closed_above() -> None:
    assert statements.in_range(PLAN.key, (1, 2), (3, 4)) == (
        "(`a` > 1 OR (`a` = 1 AND `b` > 2)) AND (`a` < 3 OR (`a` = 3 AND `b` <= 4))"
    )


def test_a_chunk_leaves_rows_alone_and_hides_no_error() -> None:
    statement = READING[3]
    assert "IGNORE" not in statement
    assert statement.endswith("ON DUPLICATE KEY UPDATE `a` = `shop`.`_t_gho`.`a`")


def test_i1_a_barrier_is_a_write_of_a_fresh_value() -> None:
    one, other = (statements.write_changelog(NAME, 4, "barrier", value) for value in ("x-1", "x-2"))
    assert one != other
    assert "ENGINE=InnoDB" in statements.create_changelog(NAME)
