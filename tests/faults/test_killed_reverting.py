"""`kill -9` in the middle of a revert: the same command again ends it, with all that was written and all that was kept.

The application goes on writing all the while. Rows that it never touched must have the dropped column's old values.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.application import Application
from builders.directing import helper
from builders.killing import AFTER, BEFORE, REVERT_POINTS, Point, Zygote
from builders.migrating import run as migrate
from builders.program import columns, environment, tables, words
from plugins.server_pool import TestServer

ROWS = 300

FLAGS = {
    "alter": None,
    "revert": True,
    "execute": True,
    "checkpoint_seconds": 0.1,
    "dml_batch_size": 10,
    "no_display": True,
    "serve_socket_file": "-",
}


@pytest.mark.parametrize("point", REVERT_POINTS, ids=[point.name.replace(" ", "-") for point in REVERT_POINTS])
def test_i8_a_revert_that_was_killed_goes_on(
    server: TestServer, database: str, zygote: Zygote, tmp_path: Path, point: Point
) -> None:
    # What is killed before its statement on the one flavour is killed after it on the other: each way is run once.
    when = (BEFORE, AFTER)[(REVERT_POINTS.index(point) + server.flavor.startswith("mariadb")) % 2]
    flags, env = words(server, database, **FLAGS), environment(server.password)
    application = Application(server, database, ROWS)
    application.make("MODIFY id int NOT NULL AUTO_INCREMENT, ADD COLUMN c int NOT NULL DEFAULT -1")
    server.execute("UPDATE t SET c = id", db=database)
    migrate(server, database, "DROP COLUMN c")
    server.execute("UPDATE t SET v = CONCAT(v, '.')", db=database)
    server.execute("UPDATE t SET v = TRIM('.' FROM v)", db=database)
    server.execute("INSERT INTO t (id, v) VALUES (99999, 'gone')", db=database)
    server.execute("DELETE FROM t WHERE id = 99999", db=database)
    with application:
        held = [f"--postpone-cut-over-flag-file={tmp_path}/postpone"] if point.held else []
        killed = zygote.run([*flags, *held], env, point, when)
        assert killed.code == -9, f"the point was not reached: {killed}"
        ended = zygote.run(flags, env)
        if (point.name, when) == (REVERT_POINTS[-1].name, AFTER):
            assert "reverted-already" in ended.err, ended  # nothing was left to do
        else:
            assert ended.code == 0, ended
    application.assert_kept()
    assert columns(server, database)[-1] == "c"
    other = server.execute(f"SELECT id, c FROM t WHERE c <> IF(id <= {ROWS}, id, -1)", db=database)
    assert not list(other)
    server.execute("INSERT INTO t (v) VALUES ('next')", db=database)
    assert server.execute("SELECT MAX(id) >= 100000 FROM t", db=database)[0][0] == 1
    left = {name for name in tables(server, database) if name != "t"}
    assert left == {helper(server, "rev_del"), helper(server, "ghk")}


def test_i11_a_rehearsal_of_a_revert_that_was_killed_behind_its_swap_touches_nothing(
    server: TestServer, database: str, zygote: Zygote
) -> None:
    flags = words(server, database, **FLAGS, ok_to_drop_table=True)
    env = environment(server.password)
    server.execute("CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int)", db=database)
    server.execute("INSERT INTO t VALUES (1, 1), (2, 2)", db=database)
    migrate(server, database, "ADD COLUMN c int")
    killed = zygote.run(flags, env, next(one for one in REVERT_POINTS if one.name == "rename back"), AFTER)
    assert killed.code == -9, killed

    def world() -> object:
        there = sorted(tables(server, database))
        return there, [server.execute(f"SELECT * FROM `{name}`", db=database) for name in there]

    before = world()
    rehearsed = zygote.run([word for word in flags if word != "--execute"], env)
    assert (rehearsed.code, "the tables are swapped" in rehearsed.err) == (0, True), rehearsed
    assert world() == before
    assert zygote.run(flags, env).code == 0
    assert tables(server, database) == {"t"}
