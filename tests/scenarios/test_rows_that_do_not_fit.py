"""Invariant 7: a row that does not fit the new table is named, by its key, its column and the beginning of its value.

In the copy, in a change that is applied, and under the cut-over's lock; and before the copy where it can be.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builders.directing import Directed, Director, flag_file, numbers, run
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.model.errors import DataLossError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers import scout
from ghostshift.workers.copier import Copier
from ghostshift.workers.cutover_stage import Stage
from ghostshift.workers.scout import Scout
from plugins.server_pool import TestServer

WRONG = (7, 51, 52, 90, 100)
"""The rows that do not fit, of a hundred: next to each other, and at an edge."""

KINDS = {
    "out of range": ("int", "300", "MODIFY v tinyint", "v = '300'"),
    "too long": ("varchar(90) NOT NULL", "REPEAT('x', 50)", "MODIFY v varchar(3) NOT NULL", "v = 'x{40}…'"),
    "NULL": ("int", "NULL", "MODIFY v int NOT NULL", "v = NULL"),
    "enum": ("enum('1','b')", "'b'", "MODIFY v enum('1')", "v = 'b'"),
    "date": ("varchar(20)", "'tomorrow'", "MODIFY v date", "v = 'tomorrow'"),
    "letters": ("varchar(9) CHARSET utf8mb4", "'日本'", "MODIFY v varchar(9) CHARACTER SET latin1", "v = '日本'"),
    "number": ("varchar(20)", "'one'", "MODIFY v int", "v = 'one'"),
    "bytes": ("varbinary(9)", "X'00ff41'", "MODIFY v varbinary(2)", "v = '0x00FF41'"),
    "json": ("varchar(20)", "'{'", "MODIFY v json", r"v = '\{'"),
    "check": ("int", "-5", "ADD CONSTRAINT v_check CHECK (v > 0)", "v_check"),
    "partition": ("int NOT NULL", "5000", "PARTITION BY RANGE (v) (PARTITION p VALUES LESS THAN (1000))", "partition"),
    "generated": ("bigint", "9223372036854775807", "ADD g bigint AS (v + 1) STORED", "out of range"),
}


FOUND_BY_THE_COPY = ("check", "partition", "generated")
"""What no condition is known for beforehand."""


def table(server: TestServer, database: str, kind: str, rows: int = 100) -> tuple[str, str, str]:
    """A table whose values all fit; returns the value that does not, the ALTER, and what an error says of it."""
    column, value, alter, said = KINDS[kind]
    first = {"date": "'2026-01-01'", "json": "'[]'"}.get(kind, "1")
    run(
        server,
        database,
        f"CREATE TABLE t (id int NOT NULL PRIMARY KEY, v {column}) DEFAULT CHARSET=utf8mb4",
        f"INSERT INTO t SELECT n, {first} FROM ({numbers(rows)}) numbers",
    )
    if kind == "partition":
        run(server, database, "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, v)")
    return value, alter, said


def named(error: BaseException) -> list[int]:
    """The rows that an error names."""
    return [int(number) for number in re.findall(r"\(id=(\d+)", str(error))]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in FOUND_BY_THE_COPY])
def test_i7_rows_that_do_not_fit_are_named_before_the_copy(
    server: TestServer, database: str, director: Director, kind: str
) -> None:
    if kind == "json" and server.flavor != "mysql":
        pytest.skip("MariaDB's JSON is a text with a CHECK")
    value, alter, said = table(server, database, kind)
    run(server, database, f"UPDATE t SET v = {value} WHERE id IN {WRONG}")
    director.replace(Copier, "run", lambda _: pytest.fail("nothing may be copied"))
    for execute in (False, True):
        with pytest.raises(DataLossError, match=said) as caught:
            migrate(server, database, alter, execute=execute)
        assert named(caught.value) == list(WRONG)
        assert server.execute("SHOW TABLES", db=database) == (("t",),)


def test_i7_what_is_only_suspected_stops_nobody(server: TestServer, database: str) -> None:
    run(
        server,
        database,
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, n varchar(9), d decimal(9,3), c char(9))",
        "INSERT INTO t VALUES (1, ' 12', 99.994, 'ab       '), (2, '007', -99.99, NULL)",
    )
    migrate(server, database, "MODIFY n int, MODIFY d decimal(4,2), MODIFY c char(3)")
    assert server.execute("SELECT n, d FROM t ORDER BY id", db=database)[0][0] == 12


def test_i7_the_rest_is_looked_at_while_the_copy_goes_on(
    server: TestServer, database: str, director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, alter, _ = table(server, database, "too long")
    monkeypatch.setattr(scout, "SECONDS", 1e-9)
    monkeypatch.setattr(scout, "ROWS", 10)
    run(server, database, f"UPDATE t SET v = {value} WHERE id IN (88, 99)")
    director.gate(Copier, "_next")
    with pytest.raises(DataLossError, match=r"rows of .* do not fit") as caught:
        director.start(options(server, database, alter)).result(15)
    assert named(caught.value) == [88]


@pytest.mark.parametrize("kind", KINDS)
def test_i7_the_copy_names_the_rows_that_do_not_fit(
    server: TestServer, database: str, director: Director, kind: str
) -> None:
    director.replace(Scout, "look", lambda *_, **__: None)
    value, alter, said = table(server, database, kind)
    run(server, database, f"UPDATE t SET v = {value} WHERE id IN {WRONG}")
    with pytest.raises(DataLossError, match=said) as caught:
        migrate(server, database, alter, copy_threads=1)
    assert named(caught.value) == list(WRONG)
    assert "Nothing was swapped" in str(caught.value)


def postponed(director: Director, server: TestServer, database: str, alter: str, path: str) -> Directed:
    tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
    running = director.start(options(server, database, alter, tunables=tunables))
    running.await_phase(Phase.POSTPONED)
    return running


@pytest.mark.parametrize("kind", ["out of range", "NULL", "check", "too long"])
@pytest.mark.parametrize("when", ["applied", "drained"])
def test_i7_a_change_that_does_not_fit_is_named(
    server: TestServer, database: str, director: Director, tmp_path: Path, kind: str, when: str
) -> None:
    value, alter, said = table(server, database, kind)
    gate = director.gate(Stage, "_lock", when=lambda *_: when == "drained")
    change = f"UPDATE t SET v = {value} WHERE id IN (7, 51)"
    with flag_file(tmp_path / "postpone") as path:
        running = postponed(director, server, database, alter, path)
        if when == "applied":
            run(server, database, "UPDATE t SET v = 2 WHERE id BETWEEN 1 AND 90", change)
            with pytest.raises(DataLossError, match=said) as caught:
                running.result(15)
    if when == "drained":
        gate.await_reached()
        run(server, database, "UPDATE t SET v = 2 WHERE id BETWEEN 1 AND 90", change)
        gate.open()
        with pytest.raises(DataLossError, match=said) as caught:
            running.result(15)
    assert sorted(named(caught.value)) == [7, 51]
