"""The write load on real servers: it knows what it wrote, and sees each way in which the table may be wrong."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pymysql
import pytest
from pymysql.connections import Connection

from ghostshift.demo.operations import MIXTURE
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload, WorkloadFailed
from plugins.server_pool import TestServer

QUIET = "SET SESSION innodb_lock_wait_timeout = 5"
Connect = Callable[[], Connection]


@pytest.fixture
def connect(server: TestServer, database: str) -> Connect:
    return lambda: server.connect(database, init_command=QUIET)


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def _until(met: Callable[[], bool], least: float = 0.5) -> None:
    """A busy machine gets the time that it needs."""
    _wait(least)
    end = time.monotonic() + 60
    while not met():
        assert time.monotonic() < end, "the writers did not get that far in a minute"
        _wait(0.05)


def _load(name: str, connect: Connect, rows: int, **more: Any) -> Workload:
    load = Workload(SHAPES[name], connect, "t", long_seconds=(0.1, 0.3), **more)
    print("seed", load.seed)  # noqa: T201 - pytest shows it when the test fails
    connection = connect()
    load.create(connection)
    load.fill(connection, rows)
    return load


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_what_was_acknowledged_is_what_is_there(name: str, connect: Connect) -> None:
    load = _load(name, connect, 400)
    assert load.verify(connect()).rows == 400
    load.start()
    wanted = {"insert", "update", "delete", "move", "replace"}
    _until(lambda: load.transactions > 100 and set(load.report().operations) >= wanted, 1.0)
    report = load.stop()
    verdict = load.verify(connect())
    assert verdict.ok, verdict
    assert verdict.rows == verdict.expected
    assert report.doubts == 0


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_python_and_the_server_fill_the_same_bytes(name: str, connect: Connect) -> None:
    """Nothing is touched, so every row must be recognised where it is, and none sent here."""
    load = _load(name, connect, 2100)
    shape = SHAPES[name]
    with connect().cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(shape.columns)} FROM t")
        found = {tuple(row) for row in cursor.fetchall()}
    assert found == {shape.values(n, shape.filled(n)) for n in range(2100)}
    assert load.verify(connect()).ok


DAMAGE = {
    "missing": ("DELETE FROM t WHERE {key}", "missing"),
    "extra": ("INSERT INTO t (tenant, code, k) VALUES (3, 'ü9999', 1)", "extra"),
    "not of any writer": ("INSERT INTO t (tenant, code, k) VALUES (3, 'other', 1)", "extra"),
    "a byte": ("UPDATE t SET raw = CONCAT(LEFT(COALESCE(raw, ''), 8), x'01') WHERE {key}", "different"),
    "a letter's case": ("UPDATE t SET note = UPPER(COALESCE(note, 'x')) WHERE {key}", "different"),
    "the counter": ("UPDATE t SET k = k + 1 WHERE {key}", "different"),
}


def _inserted(load: Workload) -> int:
    """The number of a row that a writer inserted."""
    return next(n for n in range(300, 400) if load.known(n) is not None)


@pytest.mark.parametrize("name", sorted(DAMAGE))
@pytest.mark.parametrize("touched", [True, False])
def test_damage_is_found(name: str, touched: bool, connect: Connect) -> None:  # noqa: FBT001 - a parameter of pytest
    load = _load("composite", connect, 300, seed=11, weights={"insert": 1})
    load.start()
    _until(lambda: load.transactions >= 20, 0)
    load.stop()
    assert load.verify(connect()).ok
    number = _inserted(load) if touched else 123
    key = f"tenant = {number % 50 - 10} AND code = 'ü{number // 50}'"
    sql, kind = DAMAGE[name]
    assert connect().query(sql.format(key=key)) == 1
    verdict = load.verify(connect())
    assert not verdict.ok
    assert [difference.kind for difference in verdict.differences] == [kind]


def test_a_stale_row_is_found(connect: Connect) -> None:
    """What a lost update looks like: the row is there, as it once was."""
    load = _load("text", connect, 50, weights={"update": 1, "delete": 0.2})
    connect().query("CREATE TABLE was AS SELECT * FROM t")
    load.start()
    _until(lambda: load.transactions >= 60, 0)
    load.stop()
    assert load.verify(connect()).ok
    connection = connect()
    assert connection.query("REPLACE INTO t SELECT * FROM was") > 0
    verdict = load.verify(connection)
    assert verdict.different + verdict.extra > 10, verdict
    assert verdict.missing == 0, verdict


class Flaky(Connection):
    """A connection that dies at commits: half of them after the server took it."""

    commits = 0

    def query(self, sql: str | bytes, unbuffered: bool | None = False) -> int:  # noqa: D102, FBT001, FBT002 - the driver's
        if sql == "COMMIT" or (isinstance(sql, str) and sql.startswith(("UPDATE", "DELETE", "INSERT"))):
            Flaky.commits += 1
            if Flaky.commits % 10 == 0:
                if Flaky.commits % 20 == 0:
                    super().query(sql, unbuffered)
                self._force_close()
                raise pymysql.OperationalError(2013, "Lost connection to MySQL server during query")
        return super().query(sql, unbuffered)


def test_a_commit_whose_answer_is_lost_is_found_out(server: TestServer, database: str) -> None:
    where = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}

    def connect() -> Connection:
        return Flaky(**where, database=database, init_command=QUIET, charset="utf8mb4")

    plain = server.connect(database)
    load = Workload(SHAPES["text"], connect, "t")
    load.create(plain)
    load.fill(plain, 200)
    load.start()
    _until(lambda: load.report().lost >= 10)
    report = load.stop()
    assert report.doubts < report.lost, "only what was lost at the very end, when they were to stop, stays in doubt"
    verdict = load.verify(server.connect(database))
    assert verdict.ok, verdict


def test_killed_connections_lose_nothing(server: TestServer, connect: Connect, database: str) -> None:
    load = _load("binary", connect, 200)
    load.start()
    while load.report().lost < 5:
        _wait(0.1)
        busy = [row[0] for row in server.execute("SHOW PROCESSLIST") if row[3] == database and row[4] != "Sleep"]
        for number in busy[:1]:
            with contextlib.suppress(pymysql.MySQLError):  # gone by itself
                server.execute(f"KILL {number}")
    load.stop()
    verdict = load.verify(connect())
    assert verdict.ok, verdict


def test_a_table_that_is_gone_for_a_moment_is_an_error(connect: Connect) -> None:
    failures: list[BaseException] = []
    load = _load("unsigned", connect, 100, on_error=failures.append)
    load.start()
    _wait(0.3)
    connection = connect()
    connection.query("RENAME TABLE t TO away")
    _until(lambda: bool(failures), 0)
    connection.query("RENAME TABLE away TO t")
    with pytest.raises(WorkloadFailed, match="1146") as caught:
        load.stop()
    assert caught.value.report.errors
    assert load.verify(connection).ok


def test_a_row_that_vanishes_under_a_writer_is_an_error(connect: Connect) -> None:
    failures: list[BaseException] = []
    load = _load("datetime", connect, 60, weights={"update": 1}, on_error=failures.append)
    load.start()
    _wait(0.2)
    connect().query("DELETE FROM t ORDER BY k LIMIT 20")
    _until(lambda: bool(failures), 0)
    with pytest.raises(WorkloadFailed, match="changed 0 rows instead of 1"):
        load.stop()


def test_the_rate_is_kept(connect: Connect) -> None:
    load = _load("sysbench", connect, 500, rate=20, weights={"oltp": 1})
    load.start()
    _wait(2.5)
    report = load.stop()
    assert 10 <= report.transactions <= 20 * (report.ended - report.started) + 8
    assert load.verify(connect()).ok
    assert set(report.operations) == {"oltp"}


def test_every_operation_of_the_mixture_is_really_done(connect: Connect) -> None:
    load = _load("text", connect, 300, weights={kind: 1 if kind != "long" else 0.3 for kind in MIXTURE})
    load.start()
    done = set(MIXTURE) - {"rollback"}
    _until(lambda: set(load.report().operations) == done and load.report().rolled_back > 0)
    load.stop()
    assert load.verify(connect()).ok
