"""Invariant 2: copying and applying take no lock on the original, and wait for none that the application holds.

A chunk is made to hang in the middle of its range: another session holds a row of the ghost that it wants to write.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builders.directing import (
    Directed,
    Director,
    Holder,
    assert_same,
    fill,
    flag_file,
    helper,
    rows_of,
    run,
    waits_for_lock,
)
from builders.migrating import options
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.mysql.dialect import Dialect
from ghostshift.workers.copier import Copier
from plugins.server_pool import TestServer

PATIENCE = "SET SESSION innodb_lock_wait_timeout = 1"
"""An application that waits for us fails, rather than to be late."""


def hanging_chunk(director: Director, server: TestServer, database: str) -> tuple[Directed, Holder]:
    """A migration whose only chunk has read rows and waits for row 500 of the ghost."""
    gate = director.gate(Copier, "_next")
    running = director.start(options(server, database, chunk_seconds=10.0))
    gate.await_reached()
    holder = Holder(server, database, f"INSERT INTO {helper(server, 'gho')} (id, v) VALUES (500, 0)")
    gate.open()
    running.wait(lambda: waits_for_lock(server, "INSERT INTO"), "a chunk that waits")
    return running, holder


def tables_locked(server: TestServer, database: str, *, rows_only: bool = True) -> set[str]:
    """The tables of the database on whose rows somebody holds locks, or waits for them."""
    if server.flavor.startswith("mysql"):
        kind = "AND lock_type = 'RECORD'" if rows_only else ""
        rows = server.execute(
            f"SELECT DISTINCT object_name FROM performance_schema.data_locks WHERE object_schema = %s {kind}",
            (database,),
        )
        return {row[0] for row in rows}
    with server.set_global("innodb_status_output_locks", 1):
        text = server.execute("SHOW ENGINE INNODB STATUS")[0][2]
    words = "RECORD LOCKS" if rows_only else "(?:RECORD LOCKS|TABLE LOCK)"
    return set(re.findall(rf"{words} .*?table `{database}`\.`(.+?)`", text))


def test_i2_a_chunk_that_hangs_holds_no_lock_on_the_original(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 1000)
    running, holder = hanging_chunk(director, server, database)
    locked = tables_locked(server, database, rows_only=False)
    assert helper(server, "gho") in locked
    assert "t" not in locked
    holder.rollback()
    assert_same(server, running.result(), database)


def test_i2_the_application_writes_at_will_inside_a_chunk_that_hangs(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 1000)
    run(server, database, "DELETE FROM t WHERE id IN (300, 700)")
    running, holder = hanging_chunk(director, server, database)
    run(
        server,
        database,
        PATIENCE,
        "UPDATE t SET v = -v WHERE id IN (1, 250, 499, 500, 501, 750, 1000)",
        "DELETE FROM t WHERE id IN (2, 498, 502, 999)",
        "INSERT INTO t (id, v) VALUES (300, 3), (700, 7), (1001, 1)",
        "UPDATE t SET id = id + 2000 WHERE id IN (3, 503)",
    )
    assert waits_for_lock(server, "INSERT INTO"), "the chunk did not hang for as long as it should"
    holder.rollback()
    outcome = running.result()
    assert_same(server, outcome, database)
    assert (300, 3) in rows_of(server, database)


def test_i2_locks_of_the_application_hold_up_neither_copy_nor_apply(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    fill(server, database, 1000)
    with flag_file(tmp_path / "postpone") as path:
        gate = director.gate(Copier, "_next")
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        gate.await_reached()
        holder = Holder(server, database, "UPDATE t SET v = v + 1", "SELECT * FROM t FOR UPDATE")
        gate.open()
        running.await_phase(Phase.POSTPONED)
        assert len(rows_of(server, database, helper(server, "gho"))) == 1000
        holder.commit()
        # Keys that are owed are applied while their rows are locked again.
        running.wait(lambda: running.count("received") >= 1000)
        holder.run("UPDATE t SET v = v + 1")
        running.await_settled(1000)
        assert running.count("applied") >= 1000
        assert (7, 8) in rows_of(server, database, helper(server, "gho"))
        holder.commit()
    outcome = running.result()
    assert_same(server, outcome, database)
    assert (7, 9) in rows_of(server, database)


def test_i2_at_repeatable_read_the_same_chunk_would_lock_the_original(
    server: TestServer, database: str, director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = Dialect.session_setup

    def repeatable(self: Dialect, *, time_zone: str) -> tuple[str, ...]:
        return tuple(text.replace("READ COMMITTED", "REPEATABLE READ") for text in setup(self, time_zone=time_zone))

    monkeypatch.setattr(Dialect, "session_setup", repeatable)
    fill(server, database, 1000)
    running, holder = hanging_chunk(director, server, database)
    assert "t" in tables_locked(server, database)
    holder.rollback()
    running.end()
