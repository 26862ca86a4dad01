"""Ranges of the copy that are counted out instead of asked for: how often the server is asked, and that no row lacks.

What the copy asks is counted where the statement is made; what it copied is what the server says.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from builders.directing import numbers, run
from builders.migrating import run as migrate
from ghostshift.model.options import Tunables
from ghostshift.sql import statements
from plugins.server_pool import TestServer

CHUNK = Tunables(throttle_additional_flag_file="", chunk_size=100)
BIG = 18_446_744_073_709_551_615


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the copy has asked where a range ends."""
    count, ask = itertools.count(), statements.chunk_end

    def counted(*args: object) -> str:
        next(count)
        return ask(*args)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(statements, "chunk_end", counted)
    return lambda: next(count)


def migrated(server: TestServer, database: str, kind: str, *rows: str) -> None:
    """A table of such keys is made, filled and migrated; it must have the same keys as before."""
    run(server, database, f"CREATE TABLE t (id {kind} NOT NULL PRIMARY KEY, v int NOT NULL)", *rows)
    before = server.execute("SELECT id, v, 7 FROM t ORDER BY id", db=database)
    outcome = migrate(server, database, tunables=CHUNK, copy_threads=2)
    assert server.execute("SELECT * FROM t ORDER BY id", db=database) == before
    assert outcome.rows_copied == len(before)


def filling(expression: str, rows: int = 2500) -> str:
    return f"INSERT INTO t SELECT {expression}, n FROM ({numbers(rows)}) many"


def test_where_numbers_have_no_gaps_hardly_any_range_is_asked_for(
    server: TestServer, database: str, asked: Callable[[], int]
) -> None:
    migrated(server, database, "int", filling("n - 1200"))
    assert asked() <= 4  # the first of each copier, and one whose end was not known yet


def test_where_they_have_many_each_range_is(server: TestServer, database: str, asked: Callable[[], int]) -> None:
    migrated(server, database, "int", filling("n * 3"))
    assert asked() >= 25


@pytest.mark.parametrize(
    ("kind", "expressions"),
    [
        pytest.param("bigint", ("n", "n + 5000000000000", "n * 77 + 9000000000000"), id="a-hole-and-a-thin-end"),
        pytest.param("bigint", ("n - 9223372036854775807", "9223372036854775807 - n"), id="both-ends-of-signed"),
        pytest.param("bigint unsigned", ("n", f"{BIG} - n"), id="both-ends-of-unsigned"),
        pytest.param("int", ("n + FLOOR(n / 300) * 200",), id="blocks"),
    ],
)
def test_gaps_that_come_later_cost_no_row(
    server: TestServer, database: str, kind: str, expressions: tuple[str, ...]
) -> None:
    migrated(server, database, kind, *(filling(one) for one in expressions))


def test_a_year_is_no_small_number(server: TestServer, database: str) -> None:
    """MySQL takes 10 for 2010 where it compares it with a year, so that none may be counted from 0 upwards."""
    run(
        server, database, "CREATE TABLE t (id year NOT NULL PRIMARY KEY, v int NOT NULL)", "INSERT INTO t VALUES (0, 1)"
    )
    run(server, database, filling("1900 + n", 255))
    tunables = Tunables(throttle_additional_flag_file="", chunk_size=10)
    migrate(server, database, tunables=tunables, copy_threads=2)
    rows = server.execute("SELECT COUNT(*), MIN(id), MAX(id), SUM(added = 7) FROM t", db=database)
    assert rows == ((256, 0, 2155, 256),)
