"""Without --execute nothing on the server changes, whatever other flags say, and however the rehearsal ends."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from builders.directing import wait_until
from builders.migrating import Running, options
from builders.program import environment, make_table, run, words
from ghostshift.model.errors import Aborted, DataLossError, MigrationError, Refused
from ghostshift.sql.cutover_statements import SENTRY_COMMENT
from ghostshift.workers.guard import UniquenessGuard
from plugins.server_pool import TestServer

DANGEROUS: dict[str, Any] = {
    "initially_drop_ghost_table": True,
    "initially_drop_old_table": True,
    "ok_to_drop_table": True,
    "attempt_instant_ddl": True,
    "cut_over": "two-step",
    "analyze_ghost_table_before_cutover": True,
    "initially_drop_socket_file": True,
    "discard_foreign_keys": True,
    "timestamp_old_table": None,
}


def world(server: TestServer) -> dict[str, Any]:
    """Every table and trigger that is not the server's own, with its definition and its rows."""
    found: dict[str, Any] = {}
    own = "('mysql', 'sys', 'information_schema', 'performance_schema')"
    for schema, table in server.execute(
        f"SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN {own}"
    ):
        name = f"`{schema}`.`{table}`"
        found[name] = (server.execute(f"SHOW CREATE TABLE {name}"), server.execute(f"SELECT * FROM {name}"))
    found["triggers"] = server.execute(
        "SELECT trigger_schema, trigger_name, event_object_table, action_statement FROM information_schema.triggers "
        f"WHERE trigger_schema NOT IN {own} ORDER BY 1, 2"
    )
    return found


def helper(server: TestServer, part: str) -> str:
    return f"_t_{part}" if server.flavor == "mysql" else f"t_{part}"


def test_a_rehearsal_with_every_dangerous_flag_changes_nothing(
    server: TestServer, database: str, tmp_path: Path
) -> None:
    make_table(server, database, rows=20)
    for part, comment in (("gho", "mine"), ("del", "mine"), ("ghc", "gh-ost changelog")):
        server.execute(f"CREATE TABLE {helper(server, part)} (id int) COMMENT '{comment}'", db=database)
        server.execute(f"INSERT INTO {helper(server, part)} VALUES (1), (2)", db=database)
    server.execute(
        f"CREATE TRIGGER other BEFORE INSERT ON {helper(server, 'del')} FOR EACH ROW SET NEW.id = 7", db=database
    )
    before = world(server)
    flag = tmp_path / "postpone"
    ended = run(words(server, database, postpone_cut_over_flag_file=flag, **DANGEROUS), environment(server.password))
    assert ended.code == 0, ended
    assert world(server) == before
    assert not flag.exists()
    for part in ("gho", "del", "ghc"):
        assert f"`{helper(server, part)}` would be dropped first" in ended.err
    assert "would act with --execute only" in ended.err
    assert "`added` int" in ended.out
    assert "CREATE TABLE" in ended.out


def test_a_leftover_in_the_way_is_refused_as_the_real_run_would(server: TestServer, database: str) -> None:
    make_table(server, database, rows=5)
    server.execute(f"CREATE TABLE {helper(server, 'gho')} (id int)", db=database)
    before = world(server)
    ended = run(words(server, database), environment(server.password))
    assert ended.code == 3, ended
    assert "[leftover-table]" in ended.err
    assert "--initially-drop-ghost-table" in ended.err
    assert world(server) == before


def test_a_sentry_of_a_dead_run_is_left_to_the_real_run(server: TestServer, database: str) -> None:
    make_table(server, database, rows=5)
    server.execute(f"CREATE TABLE {helper(server, 'del')} (id int) COMMENT '{SENTRY_COMMENT}'", db=database)
    before = world(server)
    ended = run(words(server, database), environment(server.password))
    assert ended.code == 0, ended
    assert world(server) == before


def test_a_rehearsal_that_finds_lost_rows_leaves_nothing(server: TestServer, database: str) -> None:
    make_table(server, database, rows=5)
    server.execute("ALTER TABLE t ADD COLUMN same int NOT NULL DEFAULT 1", db=database)
    before = world(server)
    with pytest.raises(DataLossError):
        Running(options(server, database, "ADD UNIQUE KEY u (same)", execute=False)).result()
    assert world(server) == before


@pytest.mark.parametrize("alter", ["ADD COLUMN", "DROP PRIMARY KEY", "ADD COLUMN id int"])
def test_a_refused_rehearsal_leaves_nothing(server: TestServer, database: str, alter: str) -> None:
    make_table(server, database, rows=5)
    before = world(server)
    with pytest.raises((Refused, MigrationError)):
        Running(options(server, database, alter, execute=False)).result()
    assert world(server) == before


def test_a_rehearsal_that_is_interrupted_removes_what_it_made(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_table(server, database, rows=5)
    before = world(server)
    there, go_on = threading.Event(), threading.Event()
    check = UniquenessGuard.check_original

    def held(guard: UniquenessGuard, session: Any) -> None:
        there.set()
        assert go_on.wait(20)
        session.query("SELECT 1")
        check(guard, session)

    monkeypatch.setattr(UniquenessGuard, "check_original", held)
    running = Running(options(server, database, execute=False))
    wait_until(there.is_set, what="the ghost")
    assert world(server) != before
    running.stop.set(Aborted("Ctrl-C"))
    go_on.set()
    with pytest.raises(Aborted) as caught:
        running.result()
    assert world(server) == before
    assert not any("left on the server" in note for note in getattr(caught.value, "__notes__", ()))
