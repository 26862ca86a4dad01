"""Invariant 10: whatever we cannot follow stops us, soon and cleanly.

The original is then as the others left it, nothing was swapped, the error says what happened, and its note names what
we left behind and the statement that removes it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
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
    rows_of,
    run,
    wait_until,
)
from builders.migrating import options
from ghostshift.model.errors import MigrationError, Refused, StreamError
from ghostshift.model.options import Endpoint, Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Topology
from ghostshift.workers import arrival, preparation, streamer
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.copier import Copier
from ghostshift.workers.crew import Crew
from plugins.fix_proxy import MakeProxy
from plugins.server_pool import TestServer

SECONDS = 8.0
"""What "soon" means at the most, on a busy machine."""

TO_THE_ORIGINAL = {
    "alter": "ALTER TABLE t ADD COLUMN extra int NOT NULL DEFAULT 1",
    "create-index": "CREATE INDEX extra ON t (v)",
    "comment": "ALTER TABLE t COMMENT 'changed'",
    "truncate": "TRUNCATE TABLE t",
    "truncate-short": "TRUNCATE t",
    "rename": "RENAME TABLE t TO moved",
    "alter-rename": "ALTER TABLE t RENAME TO moved",
    "drop": "DROP TABLE t",
    "drop-among-others": "DROP TABLE IF EXISTS no_such_table, t",
    "trigger": "CREATE TRIGGER extra AFTER INSERT ON t FOR EACH ROW SET @a = 1",
    "force": "ALTER TABLE t ENGINE=InnoDB",
}
TO_THE_GHOST = {
    "ghost-alter": "ALTER TABLE {ghost} DROP COLUMN added",
    "ghost-drop": "DROP TABLE {ghost}",
    "ghost-truncate": "TRUNCATE {ghost}",
    "ghost-rename": "RENAME TABLE {ghost} TO moved",
    "changelog-drop": "DROP TABLE {changelog}",
}
STATEMENTS = {**TO_THE_ORIGINAL, **TO_THE_GHOST}


def following(director: Director, server: TestServer, database: str, path: str, **more: Any) -> Directed:
    """A migration that has copied and goes on following."""
    fill(server, database, 300)
    tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
    running = director.start(options(server, database, tunables=tunables, **more))
    running.await_phase(Phase.POSTPONED)
    return running


def picture(server: TestServer, database: str) -> dict[str, Any]:
    """All tables that are not ours: what they are and what they hold."""
    found = {}
    for (name,) in server.execute("SHOW TABLES", db=database):
        if name not in (helper(server, "gho"), helper(server, "ghc"), helper(server, "ghk")):
            created = server.execute(f"SHOW CREATE TABLE {name}", db=database)[0][1]
            found[name] = (created, server.execute(f"SELECT * FROM {name} ORDER BY 1", db=database))
    return found


def assert_stopped(
    running: Directed, server: TestServer, database: str, before: dict[str, Any], kind: type[MigrationError], match: str
) -> MigrationError:
    began = time.monotonic()
    with pytest.raises(kind, match=match) as caught:
        running.result(30)
    assert time.monotonic() - began < SECONDS
    assert picture(server, database) == before
    notes = " ".join(getattr(caught.value, "__notes__", ()))
    remedy = notes[notes.index("DROP TABLE") :]
    assert helper(server, "gho") in remedy
    assert helper(server, "ghc") in remedy
    run(server, database, remedy)
    left = {name for (name,) in server.execute("SHOW TABLES", db=database)}
    assert left == set(before)
    return caught.value


@pytest.mark.parametrize("name", STATEMENTS)
def test_i10_somebody_elses_ddl_stops_us_while_we_follow(
    server: TestServer, database: str, director: Director, tmp_path: Path, name: str
) -> None:
    with flag_file(tmp_path / "postpone") as path:
        running = following(director, server, database, path)
        run(server, database, STATEMENTS[name].format(ghost=helper(server, "gho"), changelog=helper(server, "ghc")))
        before = picture(server, database)
        assert_stopped(running, server, database, before, MigrationError, "somebody ran|doesn't exist|altered")


@pytest.mark.parametrize("name", ["alter", "truncate", "rename", "drop", "ghost-truncate", "ghost-alter"])
def test_i10_somebody_elses_ddl_stops_us_while_we_copy(
    server: TestServer, database: str, director: Director, name: str
) -> None:
    fill(server, database, 1000)
    calls = iter(range(1000))
    gate = director.gate(Copier, "_next", when=lambda *_: next(calls) > 2)
    tunables = Tunables(throttle_additional_flag_file="", chunk_size=100)
    running = director.start(options(server, database, tunables=tunables, copy_threads=1))
    gate.await_reached()
    run(server, database, STATEMENTS[name].format(ghost=helper(server, "gho"), changelog=""))
    before = picture(server, database)
    running.wait(lambda: running.stopping, "the stop")
    gate.open()
    assert_stopped(running, server, database, before, MigrationError, "somebody ran|doesn't exist")


@pytest.mark.parametrize(
    "statement",
    [
        "ANALYZE TABLE t",
        "CREATE TABLE another (id int PRIMARY KEY)",
        "CREATE TABLE t_2 (a int)",
        "CHECK TABLE t",
        "FLUSH TABLES",
    ],
)
def test_i10_what_changes_neither_rows_nor_shape_does_not_stop_us(
    server: TestServer, database: str, director: Director, tmp_path: Path, statement: str
) -> None:
    with flag_file(tmp_path / "postpone") as path:
        running = following(director, server, database, path)
        run(server, database, statement, "UPDATE t SET v = -1 WHERE id = 1")
        running.await_settled(1)
    assert_same(server, running.result(), database)


def test_i10_a_table_of_the_same_name_elsewhere_does_not_stop_us(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    other = server.fresh_database()
    fill(server, other, 10)
    with flag_file(tmp_path / "postpone") as path:
        running = following(director, server, database, path)
        run(server, other, "ALTER TABLE t ADD COLUMN x int", "TRUNCATE t", "DROP TABLE t", f"DROP DATABASE `{other}`")
        run(server, database, "UPDATE t SET v = -1 WHERE id = 1")
        running.await_settled(1)
    assert_same(server, running.result(), database)


@pytest.mark.parametrize(
    "write", ["UPDATE t SET v = v + 1 WHERE id < 10", "DELETE FROM t WHERE id = 1", "INSERT INTO t VALUES (9999, 1)"]
)
def test_i10_a_write_in_statement_format_stops_us(
    server: TestServer, database: str, director: Director, tmp_path: Path, write: str
) -> None:
    with flag_file(tmp_path / "postpone") as path:
        running = following(director, server, database, path)
        run(server, database, "SET SESSION binlog_format = 'STATEMENT'", write)
        before = picture(server, database)
        assert_stopped(running, server, database, before, StreamError, "statement .* cannot be followed")


def test_i10_the_table_is_altered_while_we_prepare(server: TestServer, database: str, director: Director) -> None:
    fill(server, database, 300)
    gate = director.gate(Crew, "follow")
    running = director.start(options(server, database))
    gate.await_reached()
    run(server, database, "ALTER TABLE t ADD COLUMN extra int")
    before = picture(server, database)
    gate.open()
    assert_stopped(running, server, database, before, StreamError, "altered|somebody ran")


def test_i10_a_log_that_was_purged_while_we_were_away_stops_us(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    with flag_file(tmp_path / "postpone") as path:
        calls = iter(range(100))
        gate = director.gate(Crew, "_open_stream", when=lambda *_: next(calls) > 0)
        running = following(director, server, database, path)
        dump = server.execute("SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")
        for (number,) in dump:
            run(server, database, f"KILL {number}")
        gate.await_reached()
        run(server, database, "UPDATE t SET v = -1 WHERE id = 1", "FLUSH BINARY LOGS", "FLUSH BINARY LOGS")
        last = server.execute("SHOW BINARY LOGS")[-1][0]  # the heartbeat goes on writing into it

        def purged() -> bool:
            # A server keeps a file for as long as a dump of it has not quite ended.
            run(server, database, f"PURGE BINARY LOGS TO '{last}'")
            return len(server.execute("SHOW BINARY LOGS")) == 1

        wait_until(purged)
        before = picture(server, database)
        gate.open()
        assert_stopped(running, server, database, before, StreamError, "log")


def test_i10_our_writes_are_filtered_out_of_the_log(
    special_server: Callable[..., TestServer], director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "SECONDS", 2.0)
    for flavor in ("mysql", "mariadb"):
        for setting in ("binlog_ignore_db", "binlog_do_db"):
            name = "hidden"
            server = special_server(flavor, settings={setting: name if "ignore" in setting else "another"})
            run(server, "information_schema", f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
            fill(server, name, 10)
            before = picture(server, name)
            with pytest.raises(Refused, match="out of its log"):
                director.start(options(server, name)).result(SECONDS)
            assert picture(server, name) == before
            with monkeypatch.context() as unseen:
                unseen.setattr(preparation, "check_filters", lambda *_: None)
                running = director.start(options(server, name))
                assert_stopped(running, server, name, before, MigrationError, "our writes are not logged")
            run(server, "information_schema", f"DROP DATABASE {name}")


def test_i10_heartbeats_that_no_longer_come_back_stop_us(
    server: TestServer, database: str, director: Director, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamer, "SILENCE", 1.5)
    with flag_file(tmp_path / "postpone") as path:
        running = following(director, server, database, path)
        director.replace(Changelog, "beat", lambda _self, _session: None)
        run(server, database, "CREATE TABLE noise (id int)")
        stop = threading.Event()

        def others() -> None:
            connection = server.connect(database)
            while not stop.wait(0.1):
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO noise VALUES (1)")

        thread = threading.Thread(target=others, daemon=True)
        thread.start()
        try:
            with pytest.raises(StreamError, match="no heartbeat"):
                running.result(SECONDS)
        finally:
            stop.set()
            thread.join()
    assert len(rows_of(server, database)) == 300


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_i10_another_server_behind_the_address_stops_us(
    special_server: Callable[..., TestServer], make_proxy: MakeProxy, director: Director, tmp_path: Path, flavor: str
) -> None:
    first = special_server(flavor)
    second = special_server(flavor, settings={"max_connections": 150})
    database = first.fresh_database()
    for server in (first, second):
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE USER 'mover'@'%' IDENTIFIED BY 'mover-password'")
            cursor.execute("GRANT ALL PRIVILEGES ON *.* TO 'mover'@'%'")
    try:
        run(second, "information_schema", f"CREATE DATABASE {database}")
        fill(second, database, 300)
        proxy = make_proxy(first)
        endpoint = Endpoint(host=proxy.host, port=proxy.port, user="mover", password="mover-password")
        with flag_file(tmp_path / "postpone") as path:
            forwarded = Topology(skip_port_check=True)
            running = following(director, first, database, path, endpoint=endpoint, topology=forwarded)
            before = picture(first, database)
            proxy._target = (second.host, second.port)
            proxy.cut()
            with pytest.raises(MigrationError) as caught:
                running.result(SECONDS)
        # Whichever connection sees it first: the log's reader, or a worker whose own was only cut.
        said = " ".join((str(caught.value), *caught.value.__notes__))
        assert "another server answers" in said
        assert picture(first, database) == before
        assert len(picture(second, database)) == 1
        assert helper(first, "gho") in said
        assert "mover-password" not in said
    finally:
        for server in (first, second):
            run(server, "information_schema", "DROP USER 'mover'@'%'")
        run(second, "information_schema", f"DROP DATABASE IF EXISTS {database}")


def test_i10_the_error_says_where_in_the_log_and_by_whom(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    with flag_file(tmp_path / "postpone") as path:
        running = following(director, server, database, path)
        run(server, database, "ALTER TABLE t ADD COLUMN extra int")
        with pytest.raises(StreamError) as caught:
            running.result(SECONDS)
    text = str(caught.value)
    assert f"`{database}`.`t`" in text
    assert "ADD COLUMN extra" in text
    assert "nothing was swapped" in text
    assert "Start again" in text
