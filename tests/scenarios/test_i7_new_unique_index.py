"""Invariant 7: where the ghost is more unique than the original no row is dropped in silence: we stop and name it.

The original stays as it is whenever that happens; and what only looks like a clash, for the ghost is behind, is none.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from builders.directing import (
    Directed,
    Director,
    assert_same,
    fill,
    flag_file,
    helper,
    numbers,
    pause,
    rows_of,
    run,
    wait_until,
)
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.model.errors import DataLossError, MigrationError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers import applying
from ghostshift.workers.applier import Applier
from ghostshift.workers.copier import Copier
from ghostshift.workers.cutover_stage import Stage
from plugins.server_pool import TestServer

UNIQUE = "ADD UNIQUE KEY v_uidx (v)"


def stopped(running: Directed) -> DataLossError:
    """The data loss error that it ends with, and soon."""
    with pytest.raises(DataLossError) as caught:
        running.result(15)
    return caught.value


def assert_intact(server: TestServer, database: str, rows: int, error: BaseException | None = None) -> None:
    """The original has its rows and its shape, and the error says what was left."""
    assert len(rows_of(server, database)) == rows
    assert "v_uidx" not in server.execute("SHOW CREATE TABLE t", db=database)[0][1]
    assert not server.execute("SHOW TABLES LIKE %s", (helper(server, "del"),), db=database)
    if error is not None:
        notes = " ".join(getattr(error, "__notes__", ()))
        assert "DROP TABLE" in notes
        assert helper(server, "gho") in notes


def test_i7_values_that_occur_twice_stop_before_a_row_is_copied(server: TestServer, database: str) -> None:
    fill(server, database, 100)
    run(server, database, "UPDATE t SET v = 42 WHERE id IN (7, 77)")
    with pytest.raises(DataLossError, match=r"v_uidx.*42.*3 times"):
        migrate(server, database, UNIQUE)
    assert_intact(server, database, 100)
    assert server.execute("SHOW TABLES", db=database) == (("t",),)


@pytest.mark.parametrize(
    ("column", "one", "other", "alter"),
    [
        ("varchar(20) COLLATE utf8mb4_general_ci", "'Müller'", "'MULLER'", "ADD UNIQUE KEY u (x)"),
        (
            "varchar(20) COLLATE utf8mb4_bin",
            "'a'",
            "'A'",
            "MODIFY x varchar(20) COLLATE utf8mb4_general_ci, ADD UNIQUE (x)",
        ),
        ("varchar(20)", "'abcdef'", "'abcxyz'", "ADD UNIQUE KEY u (x(3))"),
        ("decimal(8,3)", "1.001", "1.002", "MODIFY x decimal(8,2), ADD UNIQUE KEY u (x)"),
        ("datetime(3)", "'2026-01-01 00:00:00.100'", "'2026-01-01 00:00:00.200'", "MODIFY x datetime, ADD UNIQUE (x)"),
        ("int", "1", "2", "ADD COLUMN g int AS (x DIV 10) STORED, ADD UNIQUE KEY u (g)"),
        ("int", "1", "2", "ADD COLUMN n int NOT NULL DEFAULT 7, ADD UNIQUE KEY u (n)"),
        ("int", "1", "2", "DROP COLUMN x, ADD COLUMN x int NOT NULL DEFAULT 0, ADD UNIQUE KEY u (x)"),
        ("int", "1", "1", "ADD UNIQUE KEY u (x, z)"),
    ],
    ids=[
        "collation",
        "looser-collation",
        "prefix",
        "scale",
        "fraction",
        "generated",
        "new-column",
        "dropped-and-new",
        "two",
    ],
)
def test_i7_every_way_of_becoming_more_unique_stops_us_or_is_refused(
    server: TestServer, database: str, column: str, one: str, other: str, alter: str
) -> None:
    run(
        server,
        database,
        f"CREATE TABLE t (id int NOT NULL PRIMARY KEY, x {column}, z int NOT NULL DEFAULT 0) DEFAULT CHARSET=utf8mb4",
        f"INSERT INTO t (id, x) VALUES (1, {one}), (2, {other})",
    )
    with pytest.raises(MigrationError) as caught:
        migrate(server, database, alter)
    assert caught.value.exit_code in (3, 5)
    assert server.execute("SELECT id FROM t ORDER BY id", db=database) == ((1,), (2,))


def test_i7_two_nulls_are_no_duplicates(server: TestServer, database: str) -> None:
    run(
        server,
        database,
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int)",
        "INSERT INTO t VALUES (1, NULL), (2, NULL), (3, 1)",
    )
    assert_same(server, migrate(server, database, UNIQUE), database)


def during_copy(director: Director, server: TestServer, database: str) -> tuple[Directed, Any]:
    fill(server, database, 1000)
    calls = iter(range(1000))
    gate = director.gate(Copier, "_next", when=lambda *_: next(calls) > 0)
    tunables = Tunables(throttle_additional_flag_file="", chunk_size=100)
    running = director.start(options(server, database, UNIQUE, tunables=tunables, copy_threads=1))
    gate.await_reached()
    running.wait(lambda: running.chunks() == 1)
    return running, gate


@pytest.mark.parametrize(
    "change",
    ["UPDATE t SET v = 900 WHERE id = 50", "UPDATE t SET v = 50 WHERE id = 900", "INSERT INTO t VALUES (1001, 50)"],
    ids=["below", "above", "beyond"],
)
@pytest.mark.parametrize("when", ["applied-before", "at-once"])
def test_i7_a_duplicate_that_appears_during_the_copy_stops_us(
    server: TestServer, database: str, director: Director, change: str, when: str
) -> None:
    running, gate = during_copy(director, server, database)
    run(server, database, change)
    if when == "applied-before":
        running.wait(lambda: running.count("applied") or running.stopping, "the key applied")
    gate.open()
    error = stopped(running)
    assert "v_uidx" in str(error)
    assert re.search(r"id=50\b|id=900|'50'|'900'", str(error))
    assert_intact(server, database, 1001 if "INSERT" in change else 1000, error)


def test_i7_a_duplicate_is_noticed_by_the_copy_alone(server: TestServer, database: str, director: Director) -> None:
    running, gate = during_copy(director, server, database)
    director.gate(Applier, "_flush")
    run(server, database, "UPDATE t SET v = 500 WHERE id = 600")
    gate.open()
    error = stopped(running)
    assert "id=500" in str(error)
    assert "id=600" in str(error)
    assert_intact(server, database, 1000, error)


def test_i7_a_row_left_out_for_a_clash_that_has_gone_comes_back(
    server: TestServer, database: str, director: Director
) -> None:
    """Row 950 is left out by its chunk, for row 50 has its value in the ghost, and no longer in the original."""
    running, gate = during_copy(director, server, database)
    run(server, database, "UPDATE t SET v = 950 WHERE id = 50")
    running.await_settled(1)
    held = director.gate(Applier, "_flush")
    held.await_reached()
    run(server, database, "UPDATE t SET v = 50 WHERE id = 50")
    gate.open()
    running.wait(lambda: running.chunks() == 10, "all chunks, the last of which skips row 950")
    held.open()
    assert_same(server, running.result(), database)
    assert len(rows_of(server, database)) == 1000


def test_i7_a_row_that_the_copy_brings_between_the_look_and_the_write_is_not_replaced(
    server: TestServer, database: str, director: Director
) -> None:
    """The change of row 50 finds nobody with its value; then row 950, which has it, is copied; then 50 is written."""
    running, gate = during_copy(director, server, database)
    written = director.gate(applying, "insert_keys", when=lambda _, keys: 50 in keys)
    run(server, database, "UPDATE t SET v = 950 WHERE id = 50")
    written.await_reached()
    gate.open()
    running.wait(lambda: running.chunks() == 10, "all chunks")
    written.open()
    error = stopped(running)
    assert "id=950" in str(error)
    assert "id=50" in str(error)


def postponed(director: Director, server: TestServer, database: str, path: str) -> Directed:
    tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
    running = director.start(options(server, database, UNIQUE, tunables=tunables))
    running.await_phase(Phase.POSTPONED)
    return running


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE t SET v = 90 WHERE id = 50",
        "INSERT INTO t VALUES (1001, 50)",
        "UPDATE t SET id = 2000, v = 90 WHERE id = 50",
    ],
    ids=["update", "insert", "key-change"],
)
def test_i7_a_duplicate_that_is_applied_stops_us(
    server: TestServer, database: str, director: Director, tmp_path: Path, change: str
) -> None:
    fill(server, database, 100)
    with flag_file(tmp_path / "postpone") as path:
        running = postponed(director, server, database, path)
        run(server, database, change)
        error = stopped(running)
    assert "v_uidx" in str(error)
    assert_intact(server, database, 101 if "INSERT" in change else 100, error)


def test_i7_a_duplicate_in_the_last_moment_before_the_lock_stops_us(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    fill(server, database, 100)
    gate = director.gate(Stage, "_lock")
    with flag_file(tmp_path / "postpone") as path:
        running = postponed(director, server, database, path)
    gate.await_reached()
    run(server, database, "UPDATE t SET v = 90 WHERE id = 50", "UPDATE t SET v = 1 WHERE id = 2")
    gate.open()
    error = stopped(running)
    assert "90" in str(error) or "'1'" in str(error)
    assert_intact(server, database, 100, error)
    run(server, database, "UPDATE t SET v = 50 WHERE id = 50")


def test_i7_values_that_change_hands_are_no_false_alarm(server: TestServer, database: str, director: Director) -> None:
    """Rows exchange values inside one transaction all the time; at every moment each value is there once."""
    fill(server, database, 20_000)
    stop = threading.Event()
    swaps = [0]

    def swap() -> None:
        with server.connect(database, autocommit=False) as connection, connection.cursor() as cursor:
            state = list(range(20_001))
            step = 0
            while not stop.is_set():
                step += 1
                a, b = 1 + step * 7919 % 20_000, 1 + step * 104_729 % 20_000
                if a == b:
                    continue
                for row, value in ((a, -1), (b, state[a]), (a, state[b])):
                    cursor.execute(f"UPDATE t SET v = {value} WHERE id = {row}")
                state[a], state[b] = state[b], state[a]
                connection.commit()
                swaps[0] += 1

    thread = threading.Thread(target=swap, daemon=True)
    thread.start()
    try:
        wait_until(lambda: swaps[0] > 10)
        running = director.start(options(server, database, UNIQUE, chunk_seconds=0.03))
        outcome = running.result(60)
        pause(0.1)
    finally:
        stop.set()
        thread.join(10)
    assert outcome.changes_seen > 20
    values = [row[0] for row in server.execute("SELECT v FROM t ORDER BY v", db=database)]
    assert values == list(range(1, 20_001))


def test_i7_values_that_changed_hands_around_a_chunk_are_no_false_alarm(
    server: TestServer, database: str, director: Director
) -> None:
    running, gate = during_copy(director, server, database)
    held = director.gate(Applier, "_flush")
    held.await_reached()
    run(
        server,
        database,
        "BEGIN",
        "UPDATE t SET v = -1 WHERE id = 50",
        "UPDATE t SET v = 50 WHERE id = 950",
        "UPDATE t SET v = 950 WHERE id = 50",
        "COMMIT",
    )
    gate.open()
    running.wait(lambda: running.chunks() == 10, "all chunks, the last of which skips row 950")
    held.open()
    assert_same(server, running.result(), database)


def test_i7_a_value_freed_by_a_delete_is_no_false_alarm(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    fill(server, database, 100)
    gate = director.gate(Stage, "_lock")
    with flag_file(tmp_path / "postpone") as path:
        running = postponed(director, server, database, path)
        run(server, database, "DELETE FROM t WHERE id = 50", "INSERT INTO t VALUES (1050, 50)")
        running.await_settled(2)
        run(server, database, "UPDATE t SET v = 7000 WHERE id = 7", "UPDATE t SET v = 7 WHERE id = 8")
        running.await_settled(4)
    gate.await_reached()
    # These are drained under the lock, all at once.
    run(server, database, "DELETE FROM t WHERE id = 60", "INSERT INTO t VALUES (1060, 60)")
    run(server, database, "BEGIN", "UPDATE t SET v = -1 WHERE id = 1", "UPDATE t SET v = 1 WHERE id = 2")
    run(server, database, "UPDATE t SET v = 70001 WHERE id = 3", "UPDATE t SET v = 3 WHERE id = 4")
    gate.open()
    outcome = running.result()
    assert_same(server, outcome, database)


def test_i7_the_same_index_as_before_costs_and_stops_nothing(server: TestServer, database: str) -> None:
    fill(server, database, 1000, extra=", UNIQUE KEY v_uidx (v)")
    outcome = migrate(
        server, database, "ADD COLUMN added int NOT NULL DEFAULT 7, DROP KEY v_uidx, ADD UNIQUE KEY w (v)"
    )
    assert_same(server, outcome, database)
    assert numbers(9)


MADE = {
    "prefix": ("varchar(20)", "LPAD(n, 6, '0')", "'000900x'", "ADD UNIQUE KEY v_uidx (v(6))"),
    "shortened": ("varchar(20) COLLATE utf8mb4_bin", "CONCAT(n, 'x')", "'900X'",
                  "MODIFY v varchar(9) COLLATE utf8mb4_general_ci, ADD UNIQUE KEY v_uidx (v)"),
    "scale": ("decimal(9,3)", "n", "900.001", "MODIFY v decimal(9,1), ADD UNIQUE KEY v_uidx (v)"),
    "fraction": ("datetime(3)", "'2026-01-01' + INTERVAL n SECOND", "'2026-01-01 00:15:00.100'",
                 "MODIFY v datetime, ADD UNIQUE KEY v_uidx (v)"),
    "converted": ("varchar(20)", "n", "'0900'", "MODIFY v int, ADD UNIQUE KEY v_uidx (v)"),
    "stored": ("int", "n * 10", "9001", "ADD g int AS (v DIV 10) STORED, ADD UNIQUE KEY v_uidx (g)"),
    "virtual": ("varchar(20)", "CONCAT(n, 'x')", "'900X'",
                "ADD g varchar(30) COLLATE utf8mb4_general_ci AS (LOWER(v)) VIRTUAL, ADD UNIQUE KEY v_uidx (g)"),
}  # fmt: skip
"""Column, its values in row n, one that becomes that of row 900, and the ALTER."""


def made(server: TestServer, database: str, kind: str) -> tuple[str, str]:
    """A thousand rows whose values stay different; returns the value that will not, and the ALTER."""
    column, value, twin, alter = MADE[kind]
    run(
        server,
        database,
        f"CREATE TABLE t (id int NOT NULL PRIMARY KEY, v {column}) DEFAULT CHARSET=utf8mb4",
        f"INSERT INTO t SELECT n, {value} FROM ({numbers(1000)}) numbers",
    )
    return twin, alter


@pytest.mark.parametrize("kind", MADE)
def test_i7_values_that_the_server_makes_equal_stop_before_the_copy_or_in_it(
    server: TestServer, database: str, kind: str
) -> None:
    twin, alter = made(server, database, kind)
    assert migrate(server, database, alter, execute=False).structure
    run(server, database, f"UPDATE t SET v = {twin} WHERE id = 50")
    with pytest.raises(DataLossError, match="v_uidx"):
        migrate(server, database, alter)
    assert len(rows_of(server, database)) == 1000


@pytest.mark.parametrize("kind", MADE)
def test_i7_values_that_the_server_makes_equal_for_a_while_lose_no_row(
    server: TestServer, database: str, director: Director, kind: str
) -> None:
    """Row 50 takes the value of row 900 and gives it back before anybody is sure; row 60 only exchanges values."""
    twin, alter = made(server, database, kind)
    calls = iter(range(1000))
    gate = director.gate(Copier, "_next", when=lambda *_: next(calls) > 0)
    tunables = Tunables(throttle_additional_flag_file="", chunk_size=100)
    running = director.start(options(server, database, alter, tunables=tunables, copy_threads=1))
    gate.await_reached()
    running.wait(lambda: running.chunks() == 1)
    before = server.execute("SELECT v FROM t WHERE id = 50", db=database)[0][0]
    run(server, database, f"UPDATE t SET v = {twin} WHERE id = 50")
    running.await_settled(1)
    held = director.gate(Applier, "_flush")
    held.await_reached()
    run(server, database, f"UPDATE t SET v = '{before}' WHERE id = 50")
    gate.open()
    running.wait(lambda: running.chunks() == 10, "all chunks, one of which skips row 900")
    held.open()
    running.result()
    assert server.execute("SELECT COUNT(*) FROM t", db=database)[0][0] == 1000


@pytest.mark.parametrize("kind", ["prefix", "converted", "virtual"])
def test_i7_a_change_that_the_server_makes_equal_stops_us(
    server: TestServer, database: str, director: Director, tmp_path: Path, kind: str
) -> None:
    twin, alter = made(server, database, kind)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, alter, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        run(server, database, f"UPDATE t SET v = {twin} WHERE id = 50")
        error = stopped(running)
    assert "(id=50) and (id=900)" in str(error)
