"""The server dies and comes back in the middle of a migration: it is waited for, and nothing is lost."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders.directing import Director, assert_same, fill, flag_file, run
from builders.killing import AFTER, BEFORE, POINTS
from builders.migrating import options
from builders.restarting import Strike, Survivor, assert_survived, crash, migrate_through, shut_down
from ghostshift.api import migrate
from ghostshift.control.commands import Commands
from ghostshift.core.throttling import Verdict
from ghostshift.model.errors import Aborted, OutcomeUnknown, ServerGone
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Recovery
from ghostshift.sandbox import Server
from ghostshift.workers.journal import Journal
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer

POINT = {point.name: point for point in POINTS}
STRIKES = (
    ("alter the ghost", AFTER, crash),
    ("the third chunk", BEFORE, crash),
    ("mark the locked tables", AFTER, shut_down),
    ("rename", AFTER, crash),
    ("drop the changelog", BEFORE, crash),
)
"""One of each kind; all of them: tests/soak/test_restarted_anywhere_soak.py."""


def special(make: MakeServer, flavor: str) -> TestServer:
    """The server of this file, which each test may kill."""
    return make(flavor, settings={"max_connections": 100})


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_i8_i11_a_server_that_dies_at_a_statement_is_gone_on_with(
    special_server: MakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flavor: str
) -> None:
    server = special(special_server, flavor)
    # A start of MySQL takes several times as long.
    for number, (name, when, deed) in enumerate(STRIKES if flavor == "mariadb" else STRIKES[1::2]):
        database = server.fresh_database()
        strike = Strike(POINT[name], when, deed, server.server)
        with Survivor(server, database, 600, seed=number).make() as application:
            outcome = migrate_through(monkeypatch, server, database, strike, tmp_path / "postpone")
        assert_survived(server, database, application, outcome, restarts=int(name != "alter the ghost"))


def test_a_server_that_is_away_is_waited_for_where_all_can_see_it(
    special_server: MakeServer, director: Director, tmp_path: Path
) -> None:
    server = special(special_server, "mariadb")
    database = server.fresh_database()
    fill(server, database, 500)
    began = time.monotonic()
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables, recovery=Recovery(seconds=0.1)))
        running.await_phase(Phase.POSTPONED)
        copied = running.crew.journal.last
        server.server.kill9()
        running.wait(lambda: running.phase is Phase.WAITING, seconds=40)
        commands = Commands(running.board, "t", running.stop)
        running.wait(lambda: re.search("waiting for the server, for .* cannot connect", commands.answer("sup")))
        assert "State: waiting for the server" in commands.answer("sup")
        told = json.loads(commands.answer("status-json"))
        assert (told["phase"], told["state"]) == ("waiting for the server", "waiting for the server")
        assert told["rows_copied"] == 500
        assert "not being postponed" in commands.answer("unpostpone")
        assert "chunk-size: 123;" in commands.answer("chunk-size=123")
        server.server.start()
        running.wait(lambda: running.phase is Phase.POSTPONED, seconds=60)
        assert "waiting for the server" not in commands.answer("sup")
        commands.answer("unpostpone")
        outcome = running.result()
    assert_same(server, outcome, database)
    assert running.board.get(Tunables, tunables).chunk_size == 123
    assert (outcome.restarts, outcome.rows_copied) == (1, 500)
    assert outcome.chunks >= copied.totals.chunks > 0
    assert outcome.seconds_copy >= copied.totals.seconds_copy > 0
    assert copied.totals.seconds < outcome.seconds_total < time.monotonic() - began


def test_a_server_that_does_not_come_back_in_time_is_an_error_and_the_same_command_goes_on(
    special_server: MakeServer, director: Director, tmp_path: Path
) -> None:
    server = special(special_server, "mariadb")
    database = server.fresh_database()
    fill(server, database, 500)
    with flag_file(tmp_path / "throttle") as path:
        tunables = Tunables(throttle_additional_flag_file=path, chunk_size=100)
        chosen = options(server, database, tunables=tunables, recovery=Recovery(server_seconds=0.5))
        running = director.start(chosen)
        running.wait(lambda: running.phase is Phase.COPYING)
        server.server.kill9()
        with pytest.raises(ServerGone, match=r"in vain, for 0\.5 s .*same command again when it is there") as gone:
            running.result()
        assert gone.value.exit_code == 4
        assert running.phase is Phase.FAILED
        assert any("DROP TABLE" in note for note in gone.value.__notes__)
        server.server.start()
    outcome = director.start(chosen).result()
    assert_same(server, outcome, database)
    assert outcome.restarts == 1


def test_i11_where_a_cut_over_ended_only_the_server_knows_and_the_same_command_asks_it(
    special_server: MakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = special(special_server, "mariadb")
    database = server.fresh_database()
    fill(server, database, 500)
    strike = Strike(POINT["rename"], AFTER, Server.kill9, server.server)
    flag = tmp_path / "postpone"
    with pytest.raises(OutcomeUnknown) as unknown:
        migrate_through(monkeypatch, server, database, strike, flag, recovery=Recovery(seconds=0.1, server_seconds=0.5))
    assert unknown.value.exit_code == 9
    assert "in vain" in " ".join(unknown.value.__notes__)
    server.server.start()
    outcome = migrate(options(server, database))
    assert_same(server, outcome, database)
    assert (outcome.restarts, outcome.rows_copied, outcome.verification.verified) == (1, 500, True)


def test_a_stop_ends_the_wait_though_the_server_neither_answers_nor_refuses(
    special_server: MakeServer, director: Director, tmp_path: Path
) -> None:
    server = special(special_server, "mariadb")
    database = server.fresh_database()
    fill(server, database, 500)
    with flag_file(tmp_path / "throttle") as path:
        chosen = options(server, database, tunables=Tunables(throttle_additional_flag_file=path, chunk_size=100))
        chosen = replace(chosen, endpoint=replace(chosen.endpoint, timeout=600))
        running = director.start(chosen)
        running.wait(lambda: running.phase is Phase.COPYING)
        server.server.kill9()
        with deaf(server) as ear:
            running.wait(lambda: running.phase is Phase.WAITING, seconds=40)
            with ear.accept()[0]:  # the server is being asked, and will not answer
                running.stop.set(Aborted("enough"))
                with pytest.raises(Aborted, match="enough") as stopped:
                    running.result()
                assert "to go on where it ended, give the same command again" in stopped.value.__notes__


@contextlib.contextmanager
def deaf(server: TestServer) -> Iterator[socket.socket]:
    """Somebody who takes calls at the server's port and says nothing."""
    with socket.socket() as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind((server.host, server.port))
        ear.listen(100)
        ear.settimeout(30.0)
        yield ear


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_i8_changes_that_a_crash_took_from_the_log_alone_are_found(
    special_server: MakeServer, director: Director, tmp_path: Path, flavor: str
) -> None:
    """What sync_binlog=0 does when the machine dies: the tables keep a change, the end of the binary log is gone."""
    server = special(special_server, flavor)
    database = server.fresh_database()
    fill(server, database, 300)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables, recovery=Recovery(seconds=0.1)))
        running.wait(lambda: running.phase is Phase.POSTPONED)
        running.wait(lambda: running.crew.journal.last.compared.handed_out)
        director.replace(Journal, "save", lambda *_, **__: None)  # the log is cut where the last checkpoint stands
        Commands(running.board, "t", running.stop).answer("throttle")
        running.wait(lambda: not running.board.get(Verdict, Verdict()).go)
        run(server, database, "UPDATE t SET v = -1 WHERE id = 5", "DELETE FROM t WHERE id = 6")
        run(server, database, "FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS")
        running.wait(lambda: running.count("backlog") == 2)
        server.server.kill9()
        place = running.crew.journal.last.position
        cut_log(server, place.file, place.offset)
        Commands(running.board, "t", running.stop).answer("no-throttle")
        server.server.start()
    outcome = running.result()
    assert_same(server, outcome, database)
    assert server.execute("SELECT v FROM t WHERE id IN (5, 6)", db=database) == ((-1,),)
    assert outcome.verification.repaired == 2


def cut_log(server: TestServer, name: str, size: int) -> None:
    """Take from the end of a file of the binary log what a crash of the machine would."""
    with next(server.server.datadir.parent.rglob(name)).open("r+b") as file:
        file.truncate(size)
