"""Invariant 9: rows of an XA transaction are logged when it is prepared and visible when it is committed.

In between nobody may apply them, and whichever way it ends the new table has what the original has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from builders.directing import (
    Directed,
    Director,
    assert_same,
    fill,
    flag_file,
    helper,
    pause,
    rows_of,
    run,
    wait_until,
)
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.core.delta import DeltaBuffer
from ghostshift.model.errors import CutOverFailed, Refused, StreamError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.mysql import inspector
from ghostshift.workers import arrival
from ghostshift.workers.copier import Copier
from ghostshift.workers.readiness import Readiness
from plugins.server_pool import TestServer


class Xa:
    """One XA transaction of the application, with a name that needs quoting in the log."""

    def __init__(self, server: TestServer, database: str, name: str) -> None:
        self._server = server
        self.xid = f"'{database}-{name}','b''ranch',7"
        self._connection = server.connect(database)

    def prepare(self, *statements: str) -> None:
        """Run statements inside and prepare; the connection is closed then, as after a crash of the application."""
        with self._connection.cursor() as cursor:
            for text in (f"XA START {self.xid}", *statements, f"XA END {self.xid}", f"XA PREPARE {self.xid}"):
                cursor.execute(text)
        self._connection.close()

    def one_phase(self, *statements: str) -> None:
        """Run statements and commit without preparing."""
        with self._connection.cursor() as cursor:
            for text in (f"XA START {self.xid}", *statements, f"XA END {self.xid}", f"XA COMMIT {self.xid} ONE PHASE"):
                cursor.execute(text)

    def end(self, how: str) -> None:
        """COMMIT or ROLLBACK, from another connection."""

        def ended() -> bool:
            # For a moment after its connection has gone the transaction is nobody's yet.
            try:
                run(self._server, "information_schema", f"XA {how} {self.xid}")
            except pymysql.Error as error:
                if error.args[0] != 1397:
                    raise
                return False
            return True

        wait_until(ended)


@pytest.fixture
def xas(server: TestServer, database: str) -> Iterator[list[Xa]]:
    """Three XA transactions; what stays prepared is rolled back after the test."""
    yield [Xa(server, database, f"xa{number}") for number in range(3)]
    for row in server.execute("XA RECOVER CONVERT XID" if server.flavor == "mysql" else "XA RECOVER FORMAT='SQL'"):
        text = row[3]
        if server.flavor == "mysql":
            raw = bytes.fromhex(text[2:])
            text = f"X'{raw[: row[1]].hex()}',X'{raw[row[1] :].hex()}',{row[0]}"
        run(server, "information_schema", f"XA ROLLBACK {text}")


CHANGES = ("UPDATE t SET v = -5 WHERE id = 5", "DELETE FROM t WHERE id = 6", "UPDATE t SET id = 7000 WHERE id = 7")


@pytest.mark.parametrize("how", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("when", ["before-its-chunk", "after-its-chunk"])
def test_i9_prepared_during_the_copy_and_ended_later(
    server: TestServer, database: str, director: Director, tmp_path: Path, xas: list[Xa], how: str, when: str
) -> None:
    fill(server, database, 1000)
    gate = director.gate(Copier, "_next")
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        gate.await_reached()
        if when == "after-its-chunk":
            gate.open()
            running.await_phase(Phase.POSTPONED)
        xas[0].prepare(*CHANGES)
        running.wait(lambda: running.count("held") == 4, "the keys held back")
        gate.open()
        running.await_phase(Phase.POSTPONED)
        pause(0.4)
        assert running.count("applied") == 0
        assert (5, 5) in rows_of(server, database, helper(server, "gho"))
        xas[0].end(how)
        running.wait(lambda: running.count("held") == 0, "the outcome seen")
    outcome = running.result()
    assert_same(server, outcome, database)
    assert ((5, -5) in rows_of(server, database)) == (how == "COMMIT")


def test_i9_applied_at_the_prepare_the_changes_would_be_lost(
    server: TestServer, database: str, director: Director, tmp_path: Path, xas: list[Xa]
) -> None:
    director.replace(DeltaBuffer, "hold", lambda self, _xid, keys: self.put(keys))
    director.replace(DeltaBuffer, "release", lambda _self, _xid: True)
    fill(server, database, 1000)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        xas[0].prepare(*CHANGES)
        running.await_settled(4)
        xas[0].end("COMMIT")
    outcome = running.result()
    with pytest.raises(AssertionError, match="not equal"):
        assert_same(server, outcome, database)


def test_i9_one_phase_and_interleaved_transactions(
    server: TestServer, database: str, director: Director, tmp_path: Path, xas: list[Xa]
) -> None:
    fill(server, database, 1000)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        xas[0].prepare("UPDATE t SET v = -1 WHERE id BETWEEN 1 AND 10")
        xas[1].prepare("DELETE FROM t WHERE id BETWEEN 111 AND 120")
        xas[2].one_phase("UPDATE t SET v = -3 WHERE id BETWEEN 221 AND 230")
        run(server, database, "UPDATE t SET v = -4 WHERE id BETWEEN 331 AND 340")
        running.wait(lambda: running.count("applied") >= 20, "what is not prepared")
        assert running.count("held") == 20
        xas[1].end("COMMIT")
        running.wait(lambda: running.count("held") == 10)
        xas[0].end("ROLLBACK")
        running.wait(lambda: running.count("held") == 0)
    outcome = running.result()
    assert_same(server, outcome, database)
    assert len(rows_of(server, database)) == 990


def test_i9_prepared_before_the_start_is_waited_for(
    server: TestServer, database: str, director: Director, xas: list[Xa]
) -> None:
    fill(server, database, 1000)
    xas[0].prepare(*CHANGES)
    running = director.start(options(server, database))
    wait_until(lambda: running.phase is not Phase.INSPECTING or not running.alive)
    pause(0.7)
    assert running.alive, running.error
    assert running.phase is Phase.PREPARING
    assert rows_of(server, database) == [(n, n) for n in range(1, 1001)]
    xas[0].end("COMMIT")
    outcome = running.result()
    assert_same(server, outcome, database)
    assert (5, -5) in rows_of(server, database)


def test_i9_prepared_before_the_start_and_never_ended_is_refused(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch, xas: list[Xa]
) -> None:
    monkeypatch.setattr(arrival, "SECONDS", 1.0)
    fill(server, database, 10)
    xas[0].prepare("UPDATE t SET v = -1 WHERE id = 1")
    with pytest.raises(Refused, match="xa-prepared"):
        migrate(server, database)
    xas[0].end("ROLLBACK")


def test_i9_prepared_before_and_unknown_to_us_stops_us_when_it_is_committed(
    server: TestServer, database: str, director: Director, tmp_path: Path, xas: list[Xa]
) -> None:
    """Where we may not ask for prepared transactions (XA_RECOVER_ADMIN), only the log can tell, and too late."""
    director.replace(inspector, "read_prepared", lambda _session: None)
    fill(server, database, 100)
    xas[0].prepare("UPDATE t SET v = -1 WHERE id = 1")
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        try:
            running.wait(lambda: running.phase is Phase.POSTPONED, "the copy", seconds=8)
            xas[0].end("COMMIT")
            with pytest.raises(StreamError, match="prepared before the migration began"):
                running.result(15)
        except AssertionError:
            # A server that holds the table's metadata lock for it does not even let us make the ghost.
            assert running.phase in (Phase.INSPECTING, Phase.PREPARING)
            xas[0].end("COMMIT")
            assert_same(server, running.result(), database)


def test_i9_transactions_of_other_tables_do_not_stop_us(
    server: TestServer, database: str, director: Director, tmp_path: Path, xas: list[Xa]
) -> None:
    fill(server, database, 100)
    run(server, database, "CREATE TABLE other (id int PRIMARY KEY)")
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        xas[0].prepare("INSERT INTO other VALUES (1)")
        xas[1].prepare("INSERT INTO other VALUES (2)")
        xas[1].end("COMMIT")
    outcome = running.result()  # while one of them is still prepared
    assert outcome.swapped
    assert_same(server, outcome, database)
    xas[0].end("ROLLBACK")


def cut_over_with_prepared(director: Director, server: TestServer, database: str, path: Path, xa: Xa) -> Directed:
    """A cut-over that begins although a transaction is prepared, as when it is prepared at the last moment."""
    fill(server, database, 100)
    director.replace(Readiness, "_held", lambda _self: False)
    director.replace(Readiness, "_blocker", lambda _self, _session: "")
    with flag_file(path) as name:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=name)
        chosen = options(server, database, tunables=tunables, cut_over_lock_seconds=1, retries=2)
        running = director.start(chosen)
        running.await_phase(Phase.POSTPONED)
        xa.prepare("UPDATE t SET v = -1 WHERE id = 1")
        running.wait(lambda: running.count("held") == 1)
    return running


def test_i9_the_cut_over_does_not_swap_over_a_prepared_transaction(
    server: TestServer, database: str, director: Director, tmp_path: Path, xas: list[Xa]
) -> None:
    running = cut_over_with_prepared(director, server, database, tmp_path / "postpone", xas[0])
    with pytest.raises(CutOverFailed) as caught:
        running.result(30)
    expected = "prepared XA transactions hold 1 changed rows|locking the tables: not in time"
    assert re.search(expected, str(caught.value))
    assert server.execute("SELECT COUNT(*) FROM t", db=database) == ((100,),)
    xas[0].end("COMMIT")
    assert (1, -1) in rows_of(server, database)


def test_i9_the_cut_over_goes_on_when_the_transaction_ends(
    server: TestServer, database: str, director: Director, tmp_path: Path, xas: list[Xa]
) -> None:
    fill(server, database, 100)
    with flag_file(tmp_path / "postpone") as name:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=name)
        running = director.start(options(server, database, tunables=tunables, cut_over_lock_seconds=1))
        running.await_phase(Phase.POSTPONED)
        xas[0].prepare("UPDATE t SET v = -1 WHERE id = 1")
        running.wait(lambda: running.count("held") == 1)
    running.await_phase(Phase.CATCHING_UP)
    pause(1.2)
    assert running.alive
    assert running.phase is Phase.CATCHING_UP, "no lock is taken while a drain cannot end"
    xas[0].end("COMMIT")
    outcome = running.result(30)
    assert_same(server, outcome, database)
    assert (1, -1) in rows_of(server, database)
