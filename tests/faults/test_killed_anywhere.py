"""`kill -9` before and after every statement that changes something: the same command again ends the migration.

The application goes on writing all the while; in the end the table is altered, and holds what the application knows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.application import Application
from builders.directing import helper
from builders.killing import AFTER, BEFORE, POINTS, Point, Zygote
from builders.program import columns, environment, run, tables, words
from plugins.server_pool import TestServer

pytestmark = pytest.mark.divided

ROWS = 1200

LOG = {
    "mysql": "REPLICATION SLAVE, REPLICATION CLIENT",
    "mariadb": "REPLICATION SLAVE, BINLOG MONITOR, REPLICA MONITOR",
}

FLAGS = {
    "execute": True,
    "chunk_size": 100,
    "copy_threads": 2,
    "checkpoint_seconds": 0.1,
    "nice_ratio": 3.0,
    "no_display": True,
    "serve_socket_file": "-",
}


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("point", POINTS, ids=[point.name.replace(" ", "-") for point in POINTS])
def test_i8_killed_anywhere_the_same_command_goes_on(
    server: TestServer, database: str, zygote: Zygote, point: Point, when: str, tmp_path: Path
) -> None:
    if point.only not in ("", server.flavor):
        pytest.skip("not a statement on this server")
    flags = words(server, database, **FLAGS)
    held = [f"--postpone-cut-over-flag-file={tmp_path}/postpone"] if point.held else []
    env = environment(server.password)
    with Application(server, database, ROWS).make() as application:
        killed = zygote.run([*flags, *held], env, point, when)
        assert killed.code == -9, f"the point was not reached: {killed}"
        ended = zygote.run(flags, env)
        if (point.name, when) == (POINTS[-1].name, AFTER):
            assert "exists already" in ended.err, ended  # nothing was left to do
        else:
            assert ended.code == 0, ended
    application.assert_kept()
    assert columns(server, database)[-1] == "added"
    left = {name for name in tables(server, database) if name != "t"}
    assert len(left) == 2, left  # the old table, and the checkpoint that a revert would begin with


@pytest.mark.parametrize("sees", [True, False], ids=["by-identity", "by-definition"])
def test_i11_killed_behind_the_swap_an_alter_is_never_done_twice(
    server: TestServer, database: str, zygote: Zygote, *, sees: bool
) -> None:
    """Whatever is done to the old table: the same ALTER again would change the names back.

    Without the privilege PROCESS the server does not show which table is which.
    """
    user = server.user if sees else f"few_{database}"
    if not sees:
        server.execute(f"CREATE USER '{user}'@'%%' IDENTIFIED BY %s", (server.password,))
        server.execute(f"GRANT ALL PRIVILEGES ON {database}.* TO '{user}'@'%'")
        server.execute(f"GRANT {LOG[server.flavor]} ON *.* TO '{user}'@'%'")
    server.execute("CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int, w int)", db=database)
    server.execute("INSERT INTO t VALUES (1, 1, 10), (2, 2, 20)", db=database)
    alter = "CHANGE v w int, CHANGE w v int"
    flags = words(server, database, **{**FLAGS, "alter": alter, "approve_renamed_columns": True, "user": user})
    env = environment(server.password)
    killed = zygote.run(flags, env, next(point for point in POINTS if point.name == "rename"), AFTER)
    assert killed.code == -9, killed
    before = tables(server, database)
    rehearsed = zygote.run([word for word in flags if word != "--execute"], env)
    assert (rehearsed.code, "the tables are swapped" in rehearsed.err) == (0, True), rehearsed
    assert "exists already" not in rehearsed.err
    assert tables(server, database) == before
    server.execute(f"DROP TABLE {helper(server, 'del')}", db=database)
    for more in ([], ["--no-resume"], ["--resume"], ["--initially-drop-ghost-table"]):
        refused = zygote.run([*flags, *more], env)
        assert (refused.code, "[swapped-already]" in refused.err) == (3, True), refused
    assert columns(server, database) == ["id", "w", "v"]
    connection = [f"--host={server.host}", f"--port={server.port}", f"--user={server.user}", f"--database={database}"]
    cleaned = run([*connection, "--yes", "--silent-for=0"], env, command="cleanup")
    assert cleaned.code == 0, cleaned
    assert tables(server, database) == {"t"}
    if not sees:
        server.execute(f"DROP USER '{user}'@'%'")
