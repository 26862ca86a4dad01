"""--allow-data-loss: what does not fit is brought within bounds or left out, as by ALTER IGNORE, and counted exactly.

Of rows that clash the one with the lowest key stays, whoever came first; and it comes back when
nothing clashes any more.
"""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from builders.directing import Directed, Director, fill, flag_file, numbers, run, wait_until
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.model.errors import Refused
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Allowances
from ghostshift.workers.applier import Applier
from ghostshift.workers.copier import Copier
from ghostshift.workers.cutover_stage import Stage
from plugins.server_pool import TestServer

LOSSY = Allowances(data_loss=True)
UNIQUE = "ADD UNIQUE KEY v_uidx (v)"


def expected(server: TestServer, database: str, old: str, alter: str) -> list[tuple[object, ...]]:
    """What the server makes of the same rows: ALTER IGNORE where there is one, else the same by hand."""
    rows = f"INSERT IGNORE INTO own SELECT * FROM {old} ORDER BY id"
    run(server, database, "SET SESSION sql_mode = ''", f"CREATE TABLE own LIKE {old}")
    if server.flavor == "mariadb":
        run(server, database, f"INSERT INTO own SELECT * FROM {old}", f"ALTER IGNORE TABLE own {alter}")
    else:
        run(server, database, f"ALTER TABLE own {alter}", rows)
    return list(server.execute("SELECT * FROM own ORDER BY id", db=database))


def assert_as_the_server(server: TestServer, database: str, outcome: object, alter: str) -> None:
    old = outcome.old_table  # type: ignore[attr-defined]
    wanted = expected(server, database, old, alter)
    assert list(server.execute("SELECT * FROM t ORDER BY id", db=database)) == wanted
    total = server.execute(f"SELECT COUNT(*) FROM {old}", db=database)[0][0]
    assert outcome.rows_lost == total - len(wanted)  # type: ignore[attr-defined]


KINDS = {
    "too long": ("v varchar(9)", "IF(n % 3, 'ab', 'abcdef')", "MODIFY v varchar(3)", 33),
    "out of range": ("v int", "IF(n % 3, n, -300)", "MODIFY v tinyint", 33),
    "NULL": ("v int", "IF(n % 3, n, NULL)", "MODIFY v int NOT NULL", 33),
    "enum": ("v enum('a','b')", "IF(n % 3, 'a', 'b')", "MODIFY v enum('a')", 33),
    "letters": ("v varchar(9)", "IF(n % 3, 'a', '日')", "MODIFY v varchar(9) CHARACTER SET latin1", 33),
}


@pytest.mark.parametrize("kind", KINDS)
def test_i7_values_are_brought_within_bounds_as_by_the_server_itself(
    server: TestServer, database: str, kind: str
) -> None:
    column, value, alter, changed = KINDS[kind]
    run(
        server,
        database,
        f"CREATE TABLE t (id int NOT NULL PRIMARY KEY, {column}) DEFAULT CHARSET=utf8mb4",
        f"INSERT INTO t SELECT n, {value} FROM ({numbers(100)}) numbers",
    )
    outcome = migrate(server, database, alter, allow=LOSSY)
    once = kind == "NULL" and server.flavor == "mysql"  # it warns of NULLs once in a statement
    assert (outcome.rows_lost, outcome.values_changed) == (0, 1 if once else changed)
    assert_as_the_server(server, database, outcome, alter)
    assert outcome.verification.verified


@pytest.mark.parametrize(
    "alter",
    ["ADD CONSTRAINT c CHECK (v > 50)", "PARTITION BY RANGE (id) (PARTITION p VALUES LESS THAN (51))"],
    ids=["check", "partition"],
)
def test_i7_rows_that_have_no_place_are_left_out_and_counted(server: TestServer, database: str, alter: str) -> None:
    fill(server, database, 100)
    outcome = migrate(server, database, alter, allow=LOSSY)
    assert outcome.rows_lost == 50
    assert server.execute("SELECT COUNT(*) FROM t", db=database)[0][0] == 50
    assert any("50 rows" in warning for warning in outcome.warnings)


def during_copy(director: Director, server: TestServer, database: str, alter: str = UNIQUE) -> tuple[Directed, object]:
    calls = iter(range(1000))
    gate = director.gate(Copier, "_next", when=lambda *_: next(calls) > 0)
    tunables = Tunables(throttle_additional_flag_file="", chunk_size=100)
    running = director.start(options(server, database, alter, tunables=tunables, copy_threads=1, allow=LOSSY))
    gate.await_reached()
    running.wait(lambda: running.chunks() == 1)
    return running, gate


@pytest.mark.parametrize(
    "alter",
    [UNIQUE, "MODIFY v tinyint, ADD UNIQUE KEY v_uidx (v)", "ADD COLUMN g int AS (v DIV 7) STORED, ADD UNIQUE (g)"],
    ids=["twice", "clipped", "generated"],
)
def test_i7_of_rows_that_clash_the_first_stays(server: TestServer, database: str, alter: str) -> None:
    fill(server, database, 1000)
    run(server, database, "UPDATE t SET v = id % 400")
    outcome = migrate(server, database, alter, allow=LOSSY, tunables=Tunables(
        throttle_additional_flag_file="", chunk_size=100))  # fmt: skip
    old = outcome.old_table
    value = {"twice": "v", "clipped": "LEAST(v, 127)", "generated": "v DIV 7"}
    rule = value["generated" if "g int" in alter else "clipped" if "tinyint" in alter else "twice"]
    first = server.execute(f"SELECT MIN(id) FROM {old} GROUP BY {rule} ORDER BY 1", db=database)
    assert server.execute("SELECT id FROM t ORDER BY id", db=database) == first
    assert outcome.rows_lost == 1000 - len(first)


def test_i7_a_lower_key_takes_the_place_of_one_that_came_first(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 1000)
    running, gate = during_copy(director, server, database)
    run(server, database, "UPDATE t SET v = 40 WHERE id IN (50, 950)")  # 40 stays, 50 and 950 do not
    running.await_settled(2)
    run(server, database, "UPDATE t SET v = 950 WHERE id = 40")  # now 50 comes back, 950 does not
    gate.open()  # type: ignore[attr-defined]
    outcome = running.result()
    assert outcome.rows_lost == 1
    assert_as_the_server(server, database, outcome, UNIQUE)


@pytest.mark.parametrize("change", ["DELETE FROM t WHERE id = 50", "UPDATE t SET v = 50 WHERE id = 50"])
@pytest.mark.parametrize("when", ["copying", "under the lock"])
def test_i7_a_row_comes_back_when_nothing_clashes_any_more(
    server: TestServer, database: str, director: Director, tmp_path: Path, change: str, when: str
) -> None:
    fill(server, database, 1000)
    run(server, database, "UPDATE t SET v = 7000 WHERE id IN (50, 150, 950)")
    if when == "copying":
        running, gate = during_copy(director, server, database)
        held = director.gate(Applier, "_flush")
        held.await_reached()
        run(server, database, change)
        gate.open()  # type: ignore[attr-defined]
        running.wait(lambda: running.chunks() == 10, "all chunks")
        held.open()
    else:
        lock = director.gate(Stage, "_lock")
        with flag_file(tmp_path / "postpone") as path:
            tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
            running = director.start(options(server, database, UNIQUE, tunables=tunables, allow=LOSSY))
            running.await_phase(Phase.POSTPONED)
        lock.await_reached()
        run(server, database, change)
        lock.open()
    outcome = running.result()
    assert outcome.rows_lost == 1
    assert_as_the_server(server, database, outcome, UNIQUE)


def test_i7_under_random_writers_the_loss_is_what_the_server_would_lose(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 2000)
    run(server, database, "UPDATE t SET v = id % 800")
    stop, done = threading.Event(), [0]
    chance = random.Random(11)

    def write() -> None:
        with server.connect(database) as connection, connection.cursor() as cursor:
            while not stop.wait(0.004):  # a row that has to be tried costs several statements here
                row, value = chance.randrange(1, 2100), chance.randrange(800)
                statement = chance.choice([
                    f"UPDATE IGNORE t SET v = {value} WHERE id = {row}",
                    f"DELETE FROM t WHERE id = {row}",
                    f"REPLACE INTO t VALUES ({row}, {value})",
                    f"UPDATE IGNORE t SET id = {row + 2100} WHERE id = {row}",
                ])  # fmt: skip
                cursor.execute(statement)
                done[0] += 1

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        wait_until(lambda: done[0] > 10)
        outcome = director.start(options(server, database, UNIQUE, chunk_seconds=0.02, allow=LOSSY)).result(60)
    finally:
        stop.set()
        thread.join(10)
    # The writer goes on with the new table, so what was lost is judged by the old one, which nobody writes to.
    old = outcome.old_table
    kept = server.execute(f"SELECT COUNT(DISTINCT v) FROM {old}", db=database)[0][0]
    total = server.execute(f"SELECT COUNT(*) FROM {old}", db=database)[0][0]
    assert outcome.changes_seen > 20
    assert outcome.rows_lost == total - kept
    assert outcome.verification.verified


def test_i7_a_key_that_letters_case_no_longer_tells_apart(server: TestServer, database: str) -> None:
    run(
        server,
        database,
        "CREATE TABLE t (id varchar(9) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY, v int) DEFAULT CHARSET=utf8mb4",
        "INSERT INTO t VALUES ('a', 1), ('A', 2), ('b', 3), ('C', 4), ('c', 5)",
    )
    outcome = migrate(server, database, "MODIFY id varchar(9) COLLATE utf8mb4_general_ci NOT NULL", allow=LOSSY)
    assert server.execute("SELECT CAST(id AS BINARY), v FROM t ORDER BY id", db=database) == (
        (b"A", 2), (b"b", 3), (b"C", 4),
    )  # fmt: skip
    assert outcome.rows_lost == 2


def test_i7_the_key_that_rows_are_followed_by_may_not_be_cut(server: TestServer, database: str) -> None:
    fill(server, database, 10)
    with pytest.raises(Refused, match=r"the rows of .* are followed by"):
        migrate(server, database, "MODIFY id tinyint NOT NULL", allow=LOSSY)
    assert server.execute("SHOW TABLES", db=database) == (("t",),)
