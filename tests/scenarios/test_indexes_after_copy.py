"""--indexes-after-copy: the ghost is filled without its plain indexes, and ends as the ALTER had made it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from builders.directing import Director, Holder, helper, numbers, run, wait_until
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.core.progress import Snapshot
from ghostshift.model.errors import Aborted, ConnectionLost, MigrationError, ServerError
from ghostshift.model.phase import Phase
from ghostshift.mysql.session import Session
from ghostshift.workers.indexer import Indexer
from plugins.server_pool import TestServer

ALTER = "ADD COLUMN added int NOT NULL DEFAULT 7, ADD KEY latest (added)"

PLAIN = """
    KEY plain (a), KEY derived (kept), KEY `all` (s(10) DESC, a) USING BTREE COMMENT 'it''s \\\\ "all" \\n',
    KEY hidden (s, a) {hidden}
"""

COLUMNS = """
    id int NOT NULL PRIMARY KEY, n int NOT NULL AUTO_INCREMENT, a int NOT NULL, s varchar(40) NOT NULL DEFAULT '',
    kept int AS (a + 1) STORED, made int AS (a + 2) VIRTUAL
"""

STAYING = ("numbered", "unique_one", "computed", "words")


def make(server: TestServer, database: str) -> None:
    mysql = server.flavor == "mysql"
    plain = PLAIN.format(hidden="INVISIBLE" if mysql else "IGNORED")
    more = ", KEY expressed ((LOWER(s)), a)" if mysql else ""
    run(
        server,
        database,
        f"CREATE TABLE t ({COLUMNS}, KEY numbered (n), UNIQUE KEY unique_one (a, id), KEY computed (made), {plain}, "
        f"FULLTEXT KEY words (s){more}) ENGINE=InnoDB",
        f"INSERT INTO t (id, a, s) SELECT n, n, CONCAT('s', n) FROM ({numbers(300)}) numbers",
        "CREATE TABLE judge LIKE t",
    )


def definition(server: TestServer, database: str, table: str) -> str:
    text = str(server.execute(f"SHOW CREATE TABLE `{table}`", db=database)[0][1])
    body, _, tail = text.rpartition("\n)")
    return body.partition("(")[2] + tail.replace("AUTO_INCREMENT", "").split("=")[0]


def test_the_new_table_is_what_the_servers_own_alter_makes_of_it(
    server: TestServer, database: str, director: Director, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ghostshift")
    make(server, database)
    run(server, database, f"ALTER TABLE judge {ALTER}")
    gate = director.gate(Indexer, "run")
    running = director.start(options(server, database, ALTER, indexes_after_copy=True))
    gate.await_reached()
    assert running.phase is Phase.INDEXING
    bare = definition(server, database, helper(server, "gho"))
    assert [name for name in ("plain", "derived", "all", "hidden", "latest") if f"KEY `{name}`" in bare] == []
    assert [name for name in STAYING if f"KEY `{name}`" in bare] == list(STAYING)
    seen = running.count("received")
    run(server, database, "UPDATE t SET s = 'later' WHERE id < 50", "DELETE FROM t WHERE id > 290")
    running.await_settled(seen + 59)
    running.wait(lambda: "adding 5 indexes to" in running.board.get(Snapshot, Snapshot).doing, "what is being done")
    gate.open()
    outcome = running.result()
    assert definition(server, database, "t") == definition(server, database, "judge")
    assert server.execute("SELECT COUNT(*) FROM t FORCE INDEX (`all`) WHERE s LIKE 'later%'", db=database)[0][0] == 49
    assert server.execute("SELECT COUNT(*), SUM(added) FROM t", db=database)[0] == (290, 290 * 7)
    assert server.execute("CHECK TABLE t", db=database)[0][3] == "OK"
    assert outcome.verification.verified
    assert "which no throttle can stop" in caplog.text


def test_an_index_that_stays_keeps_those_before_it(
    server: TestServer, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Else it would come before them in the new table, which the server's own ALTER does not do."""
    keys = "PRIMARY KEY (id), KEY former (a), SPATIAL KEY places (g), KEY latter (a, id)"
    run(
        server,
        database,
        f"CREATE TABLE t (id int NOT NULL, a int NOT NULL, g geometry NOT NULL, {keys}) ENGINE=InnoDB",
        "INSERT INTO t VALUES (1, 10, POINT(1, 1)), (2, 20, POINT(2, 2))",
        "CREATE TABLE judge LIKE t",
        "ALTER TABLE judge ADD COLUMN added int",
    )
    outcome = migrate(server, database, "ADD COLUMN added int", indexes_after_copy=True)
    assert "gets 'latter' after the copy" in caplog.text
    assert definition(server, database, "t") == definition(server, database, "judge")
    run(server, database, f"DROP TABLE {outcome.old_table}")
    rehearsed = migrate(server, database, "DROP KEY latter", indexes_after_copy=True, execute=False)
    assert "--indexes-after-copy changes nothing" in caplog.text
    assert "KEY `former` (`a`)" in rehearsed.structure


def test_where_the_servers_log_of_changes_is_too_small_they_wait_and_a_lost_answer_is_looked_for_in_the_table(
    server: TestServer, database: str, director: Director
) -> None:
    make(server, database)
    execute, make_index = Session.execute, Indexer._make
    indexers: set[int] = set()
    paused: list[bool] = []

    def noted(indexer: Indexer, session: Session) -> None:
        indexers.add(session.id)
        make_index(indexer, session)

    def strike(session: Session, statement: str) -> Any:
        if "_gho` ADD KEY" not in statement or session.id not in indexers:
            return execute(session, statement)
        with running.crew.applier.state.open() as state:
            paused.append(state.paused)
        if len(paused) == 1:
            raise ServerError(1799, "Creating index required more than 'innodb_online_alter_log_max_size' bytes")
        execute(session, statement)
        raise ConnectionLost(2013, "lost connection")

    director.replace(Indexer, "_make", noted)
    director.replace(Session, "execute", strike)
    running = director.start(options(server, database, indexes_after_copy=True))
    assert running.result().swapped
    assert paused == [False, True]
    assert len(indexers) == 2
    assert "KEY `plain`" in definition(server, database, "t")


def test_a_stop_ends_the_statement_and_the_next_run_finds_out_what_is_missing(
    server: TestServer, database: str, director: Director
) -> None:
    make(server, database)
    ghost = helper(server, "gho")
    gate = director.gate(Indexer, "run")
    running = director.start(options(server, database, indexes_after_copy=True))
    gate.await_reached()
    reader = Holder(server, database, f"SELECT COUNT(*) FROM {ghost}")  # it would wait for this one
    gate.open()
    running.wait(lambda: adding(server, ghost), "the statement")
    running.stop.set(Aborted("enough"))
    with pytest.raises(Aborted):
        running.result()
    wait_until(lambda: not adding(server, ghost), what="its end on the server, though the reader is still there")
    reader.commit()
    assert "KEY `plain`" not in definition(server, database, ghost)
    # The flag is of before: what is still to be made stands in the checkpoint.
    outcome = director.start(options(server, database)).result()
    assert outcome.restarts == 1
    assert "KEY `plain`" in definition(server, database, "t")


def test_a_ghost_that_is_not_what_it_should_be_is_not_swapped_in(
    server: TestServer, database: str, director: Director
) -> None:
    make(server, database)
    gate = director.gate(Indexer, "_make", after=True)
    running = director.start(options(server, database, indexes_after_copy=True))
    gate.await_reached()
    # Where the log tells of it, it is the log that stops the migration.
    run(server, database, "SET SESSION sql_log_bin = 0", f"ALTER TABLE {helper(server, 'gho')} DROP KEY plain")
    gate.open()
    with pytest.raises(MigrationError, match="not what the ALTER had made of it"):
        running.result()
    assert "added" not in definition(server, database, "t")


def adding(server: TestServer, ghost: str) -> bool:
    """Whether the server is at work on it."""
    rows = server.execute("SELECT 1 FROM information_schema.processlist WHERE info LIKE %s", (f"ALTER%{ghost}%",))
    return bool(rows)
