"""Hooks on real migrations: which run, in what order, and with what variables."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from builders.faulty import eventually
from builders.hooking import WHOLE, Hooks
from builders.program import Child, answer, environment, make_table, run, tables, words
from plugins.server_pool import TestServer


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    return Hooks(tmp_path)


def test_all_hooks_run_in_order_with_their_variables(server: TestServer, database: str, hooks: Hooks) -> None:
    make_table(server, database)
    flags = words(
        server, database, execute=True, exact_rowcount=True, concurrent_rowcount=False, hooks_path=hooks.path,
        hooks_hint="a hint",
        hooks_hint_owner="ada", hooks_hint_token="t-1",
    )  # fmt: skip
    hooks.add("gh-ost-on-before-cut-over-2", f"#!/bin/sh\nuntil grep -q on-status {hooks.log}; do sleep 0.05; done\n")
    secret = environment(server.password, GHOSTSHIFT_OTHER_PASSWORD="x", DB_PW=server.password, PLAIN="stays")
    ended = run(flags, secret)
    assert ended.code == 0, ended
    assert hooks.turns() == [*WHOLE, "success"]
    ran = dict(hooks.ran())
    for turn, variables in ran.items():
        assert variables["GH_OST_DATABASE_NAME"] == database
        assert variables["GH_OST_TABLE_NAME"] == "t"
        assert variables["GH_OST_DDL"] == "ADD COLUMN added int NOT NULL DEFAULT 7"
        assert variables["GH_OST_HOOKS_HINT"] == "a hint"
        assert variables["GH_OST_HOOKS_HINT_OWNER"] == "ada"
        assert variables["GH_OST_HOOKS_HINT_TOKEN"] == "t-1"
        assert variables["GH_OST_DRY_RUN"] == "false"
        assert variables["GH_OST_EXECUTING_HOST"] == os.uname().nodename
        assert variables["PLAIN"] == "stays"
        assert not [name for name in variables if "PASSWORD" in name], turn
        assert server.password not in variables.values()
    assert ran["startup"]["GH_OST_MIGRATED_HOST"] == ""
    assert ran["startup"]["GH_OST_ETA_SECONDS"] == "-9223372036854775808"
    assert ran["rowcount-complete"]["GH_OST_ESTIMATED_ROWS"] == "200"
    assert ran["validated"]["GH_OST_MIGRATED_HOST"] == server.execute("SELECT @@hostname")[0][0]
    assert ran["validated"]["GH_OST_GHOST_TABLE_NAME"] in {"_t_gho", "t_gho"}
    assert ran["row-copy-complete"]["GH_OST_COPIED_ROWS"] == "200"
    assert ran["row-copy-complete"]["GH_OST_PROGRESS"] == "100.000000"
    assert ran["success"]["GH_OST_INSTANT_DDL"] == "false"
    status = ran["status"]["GH_OST_STATUS"]
    assert status.startswith("'Copy: ")
    assert status.endswith("'")


def test_a_rehearsal_runs_the_hooks_of_its_turns(server: TestServer, database: str, hooks: Hooks) -> None:
    make_table(server, database)
    ended = run(words(server, database, hooks_path=hooks.path), environment(server.password))
    assert ended.code == 0, ended
    assert hooks.turns() == ["startup", "validated", "success"]
    assert all(variables["GH_OST_DRY_RUN"] == "true" for _, variables in hooks.ran())


def test_a_chunk_that_is_tried_again_is_told(server: TestServer, database: str, hooks: Hooks, tmp_path: Path) -> None:
    make_table(server, database)
    sock, wait = tmp_path / "sock", tmp_path / "wait"
    wait.touch()
    flags = words(
        server, database, execute=True, hooks_path=hooks.path, serve_socket_file=sock, throttle_flag_file=wait
    )
    with Child(flags, tmp_path, environment(server.password)) as child, server.connect(database) as blocker:
        eventually(lambda: "throttled" in answer(sock, "status"), child.said, seconds=30.0)
        ghost = next(iter(tables(server, database) & {"_t_gho", "t_gho"}))
        blocker.begin()
        blocker.cursor().execute(f"INSERT INTO {ghost} (id, v) VALUES (60, 'held')")
        wait.unlink()
        waiting = (
            "SELECT id FROM information_schema.processlist "
            f"WHERE db IS NULL AND info LIKE 'INSERT%{ghost}%' OR db = '{database}' AND info LIKE 'INSERT%{ghost}%'"
        )
        eventually(lambda: server.execute(waiting), child.said, seconds=30.0)
        server.execute(f"KILL QUERY {server.execute(waiting)[0][0]}")
        eventually(lambda: "batch-copy-retry" in hooks.turns(), child.said, seconds=30.0)
        blocker.rollback()
        ended = child.end()
    assert ended.code == 0, ended
    assert "interrupted" in dict(hooks.ran())["batch-copy-retry"]["GH_OST_LAST_BATCH_COPY_ERROR"]
