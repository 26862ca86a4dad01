"""What others do to the binary log under a migration: it goes on where nothing is lost, or stops by name."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest

from builders.directing import Director, assert_same, fill, flag_file, run, wait_until
from builders.migrating import options
from ghostshift.model.errors import MigrationError, ServerError, StreamError
from ghostshift.model.options import Options, Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers.crew import Crew
from ghostshift.workers.streamer import StreamReading
from plugins.server_pool import TestServer

CALM = Tunables(throttle_additional_flag_file="")


def waiting(server: TestServer, database: str, path: str) -> Options:
    fill(server, database, 300)
    chosen = options(server, database, tunables=replace(CALM, postpone_flag_file=path))
    return replace(chosen, recovery=replace(chosen.recovery, seconds=0.1))


def begin_the_log_anew(server: TestServer, database: str) -> None:
    """RESET: the first file again, and numbers of transactions from one."""
    word = "MASTER" if server.flavor.startswith("mariadb") else "BINARY LOGS AND GTIDS"
    run(server, database, f"RESET {word}")


def write_beyond(server: TestServer, database: str, offset: int) -> None:
    """Until the log's file is longer than that."""
    while int(server.execute("SHOW BINARY LOGS")[-1][1]) <= offset:
        run(server, database, *["UPDATE t SET v = v + 1 WHERE id < 250"] * 10)


def await_next_second(server: TestServer, second: int) -> None:
    """A file's birth is told in seconds."""
    wait_until(lambda: server.execute("SELECT UNIX_TIMESTAMP()")[0][0] > second)


@pytest.mark.parametrize("longer", [False, True])
def test_a_log_that_was_begun_anew_is_never_read_on(
    server: TestServer,
    database: str,
    director: Director,
    tmp_path: Path,
    longer: bool,  # noqa: FBT001
) -> None:
    """File and offset may exist again: that the file is another one is told by when it was made.

    GTIDs tell nothing: after a RESET they count from one again.
    """
    begin_the_log_anew(server, database)
    with flag_file(tmp_path / "postpone") as path:
        chosen = waiting(server, database, path)
        running = director.start(chosen)
        running.await_phase(Phase.POSTPONED)
        before = running.crew.journal.last.position
        running.wait(lambda: running.crew.journal.last.position > before, "a checkpoint")
        running.end()
        place = running.crew.journal.last.position
        assert place.born
        await_next_second(server, place.born)
        begin_the_log_anew(server, database)
        run(server, database, "UPDATE t SET v = -7 WHERE id = 7")
        if longer:
            write_beyond(server, database, place.offset)
        for _ in range(2):
            with pytest.raises(MigrationError, match="was begun anew") as caught:
                director.start(chosen).result()
            assert "no-resume" in " ".join((str(caught.value), *getattr(caught.value, "__notes__", ())))
    anew = replace(chosen, tunables=CALM, recovery=replace(chosen.recovery, anew=True))
    assert_same(server, director.start(anew).result(), database)


def test_the_log_is_begun_anew_while_it_is_read(server: TestServer, director: Director, tmp_path: Path) -> None:
    database = server.fresh_database()
    begin_the_log_anew(server, database)
    with flag_file(tmp_path / "postpone") as path:
        calls = iter(range(100))
        gate = director.gate(Crew, "_open_stream", when=lambda *_: next(calls) > 0)
        running = director.start(waiting(server, database, path))
        running.await_phase(Phase.POSTPONED)
        rows = server.execute("SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")
        run(server, database, *(f"KILL {number}" for (number,) in rows))
        gate.await_reached()
        await_next_second(server, int(server.execute("SELECT UNIX_TIMESTAMP()")[0][0]))
        place = running.board.read(StreamReading)
        assert place is not None
        begin_the_log_anew(server, database)
        write_beyond(server, database, place.position.offset)
        gate.open()
        with pytest.raises(StreamError, match="was begun anew"):
            running.result()


def test_a_log_that_is_rotated_all_the_time_loses_nothing(server: TestServer, director: Director) -> None:
    database = server.fresh_database()
    fill(server, database, 3000)
    over = threading.Event()

    def rotate() -> None:
        while not over.wait(0.02):
            run(server, database, "FLUSH BINARY LOGS", "UPDATE t SET v = v + 1 WHERE id % 50 = 0")

    thread = threading.Thread(target=rotate)
    thread.start()
    try:
        made = options(server, database, copy_threads=1)
        running = director.start(replace(made, tunables=replace(CALM, chunk_size=100)))
        running.wait(lambda: running.chunks() >= 10)
        over.set()
        thread.join()
        outcome = running.result()
    finally:
        over.set()
        thread.join()
    assert_same(server, outcome, database)


def test_a_server_that_is_to_log_statements_ends_it_with_what_to_do(
    server: TestServer, director: Director, tmp_path: Path
) -> None:
    database = server.fresh_database()
    with flag_file(tmp_path / "postpone") as path:
        chosen = waiting(server, database, path)
        running = director.start(chosen)
        running.await_phase(Phase.POSTPONED)
        heartbeat = "SELECT id FROM information_schema.processlist WHERE user = %s AND id <> CONNECTION_ID()"
        with server.set_global("binlog_format", "STATEMENT"):
            for (number,) in server.execute(heartbeat + " AND command = 'Sleep'", (server.user,)):
                with contextlib.suppress(pymysql.Error):  # gone already: the run has begun to end
                    run(server, database, f"KILL {number}")
            with pytest.raises(ServerError) as caught:
                running.result()
    assert caught.value.errno == 1665
    assert "binlog_format = 'ROW' before the next try" in " ".join(caught.value.__notes__)
    assert_same(server, director.start(replace(chosen, tunables=CALM)).result(), database)
