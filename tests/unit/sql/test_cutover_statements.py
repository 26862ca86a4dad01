"""The cut-over's statements, as text."""

from __future__ import annotations

import pytest

from ghostshift.model.names import TableName, helper_names
from ghostshift.sql import cutover_statements as sql

T = TableName("shop", "t")
NAMES = helper_names(T, sort_after=True)
ODD = TableName("s`x", "it's")


def test_the_swap_is_one_statement() -> None:
    assert sql.swap(T, NAMES) == "RENAME TABLE `shop`.`t` TO `shop`.`t_del`, `shop`.`t_gho` TO `shop`.`t`"


def test_tables_are_locked_by_one_statement() -> None:
    assert sql.lock_tables([T, NAMES.ghost], [NAMES.old]) == (
        "LOCK TABLES `shop`.`t` WRITE, `shop`.`t_gho` WRITE, `shop`.`t_del` READ"
    )


def test_the_sentry_is_known_by_its_comment() -> None:
    assert sql.create_sentry(NAMES.old).endswith(f"COMMENT='{sql.SENTRY_COMMENT}'")


def test_names_are_quoted_as_names_and_as_text() -> None:
    assert sql.drop_sentry(ODD) == "DROP TABLE `s``x`.`it's`"
    assert "table_schema = 's`x' AND table_name = 'it''s'" in sql.table_comment(ODD)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        (T, "shop/t"),
        (TableName("d-1", "t$"), "d@002d1/t@0024"),
        (TableName("d", "a b"), "d/a@0020b"),
        (TableName("d", "t\u00fc"), None),
    ],
)
def test_the_stored_name_is_the_file_name(name: TableName, stored: str | None) -> None:
    assert sql.stored_name(name) == stored
    assert (sql.table_ids(name, mariadb=False) is None) == (stored is None)


def test_an_underscore_in_a_name_matches_itself_only() -> None:
    statement = sql.table_ids(NAMES.ghost, mariadb=True)
    assert statement is not None
    assert "innodb_sys_tables" in statement
    assert "LIKE 'shop/t\\\\_gho#p#%'" in statement


@pytest.mark.parametrize("mariadb", [True, False])
def test_who_blocks_is_asked_of_the_locks_first_and_else_of_the_sessions(*, mariadb: bool) -> None:
    locks, sessions = sql.blockers([T, NAMES.ghost], 3, mariadb=mariadb)
    assert ("METADATA_LOCK_INFO" if mariadb else "metadata_locks") in locks
    assert "'t_gho'" in locks
    assert ">= 3" in sessions
