"""A few of the rounds of which the soak plays hundreds, and the deaths behind the swap where the old table goes too."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from builders.application import Application
from builders.killing import AFTER, BEFORE, POINTS, Point, Zygote
from builders.program import columns, environment, make_table, tables, words
from builders.rounds import DROPPED, play
from plugins.server_pool import TestServer

ROUNDS = 5
"""On each flavour."""


@pytest.mark.parametrize("number", range(ROUNDS))
def test_i8_killed_and_resumed_at_random(
    server: TestServer, database: str, zygote: Zygote, tmp_path: Path, number: int
) -> None:
    seed = random.randrange(1 << 28) * ROUNDS + number  # pytest-randomly prints what it comes from
    play(server, database, zygote, tmp_path, seed, brief=True)


@pytest.mark.parametrize(("point", "when"), [(DROPPED[0], AFTER), (DROPPED[1], BEFORE)], ids=["old", "checkpoint"])
def test_killed_while_the_old_table_is_dropped_the_same_command_removes_what_is_left(
    server: TestServer, database: str, zygote: Zygote, point: object, when: str
) -> None:
    flags = words(server, database, execute=True, ok_to_drop_table=True, no_display=True, serve_socket_file="-")
    env = environment(server.password)
    with Application(server, database, 200).make() as application:
        killed = zygote.run(flags, env, point, when)  # type: ignore[arg-type]
        assert killed.code == -9, killed
        ended = zygote.run(flags, env)
        assert ended.code == 0, ended
    application.assert_kept()
    assert columns(server, database)[-1] == "added"
    assert tables(server, database) == {"t"}, ended


def test_i8_killed_once_the_next_number_was_raised_the_next_run_knows_that_statement_as_ours(
    server: TestServer, database: str, zygote: Zygote
) -> None:
    make_table(server, database, ddl="CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v int)")
    server.execute("INSERT INTO t (v) VALUES (1), (2), (3)", db=database)
    flags = words(server, database, execute=True, no_display=True, serve_socket_file="-")
    env = environment(server.password)
    copied = next(point for point in POINTS if point.name == "note the catching up")
    assert zygote.run(flags, env, copied, AFTER).code == -9
    server.execute("INSERT INTO t (v) VALUES (4), (5)", db=database)
    server.execute("DELETE FROM t WHERE v > 3", db=database)
    raised = Point("raise the next number", r"ALTER TABLE \S+gho` AUTO_INCREMENT")
    assert zygote.run(flags, env, raised, AFTER).code == -9
    ended = zygote.run(flags, env)
    assert ended.code == 0, ended
    server.execute("INSERT INTO t (v) VALUES (6)", db=database)
    assert [row[0] for row in server.execute("SELECT id FROM t ORDER BY id", db=database)] == [1, 2, 3, 6]
