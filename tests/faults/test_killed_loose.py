"""MariaDB: killed after each statement that gives the ghost another form, or its last one: the same command goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builders.application import Application
from builders.killing import AFTER, LOOSE_POINTS, Point, Zygote
from builders.program import environment, run, tables, words
from plugins.server_pool import TestServer

ROWS = 700
FLAGS = {
    "execute": True,
    "chunk_size": 100,
    "checkpoint_seconds": 0.1,
    "no_display": True,
    "serve_socket_file": "-",
}


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    made = Zygote(tmp_path_factory.mktemp("loose"), loose=True)
    yield made
    made.close()


@pytest.mark.parametrize("point", LOOSE_POINTS, ids=[point.name.replace(" ", "-") for point in LOOSE_POINTS])
def test_i8_killed_in_between_the_same_command_goes_on(
    mariadb_server: TestServer, zygote: Zygote, point: Point
) -> None:
    server, database = mariadb_server, mariadb_server.fresh_database()
    flags, env = words(server, database, **FLAGS), environment(server.password)
    with Application(server, database, ROWS).make("MODIFY id int NOT NULL AUTO_INCREMENT") as application:
        killed = zygote.run(flags, env, point, AFTER)
        assert killed.code == -9, f"the point was not reached: {killed}"
        ended = zygote.run(flags, env)
        assert ended.code == 0, ended
    application.assert_kept()
    made = str(server.execute("SHOW CREATE TABLE t", db=database)[0][1])
    assert "NOT NULL AUTO_INCREMENT" in made
    assert "PARTITION" not in made
    assert tables(server, database) == {"t", "t_del", "t_ghk"}
    server.execute("INSERT INTO t (v) VALUES ('new')", db=database)
    assert server.execute("SELECT id FROM t WHERE v = 'new'", db=database)[0][0] > max(application.rows)


@pytest.mark.parametrize(
    ("way", "point"),
    [("cleanup", "make the shell"), ("cleanup", "a chunk"), ("cleanup", "move the rows"), ("no-resume", "a chunk")],
)
def test_what_it_leaves_is_known_to_be_ours(mariadb_server: TestServer, zygote: Zygote, way: str, point: str) -> None:
    server, database = mariadb_server, mariadb_server.fresh_database()
    flags, env = words(server, database, **FLAGS), environment(server.password)
    Application(server, database, ROWS).make("MODIFY id int NOT NULL AUTO_INCREMENT")
    killed = zygote.run(flags, env, next(one for one in LOOSE_POINTS if one.name == point), AFTER)
    assert killed.code == -9
    assert "t_ghs" in tables(server, database)
    if way == "cleanup":
        connection = [f"--{name}={getattr(server, name)}" for name in ("host", "port", "user")]
        ended = run([*connection, f"--database={database}", "--yes", "--silent-for=0"], env, command="cleanup")
    else:
        ended = zygote.run([*flags, "--no-resume"], env)
    assert ended.code == 0, ended
    assert tables(server, database) == ({"t"} if way == "cleanup" else {"t", "t_del", "t_ghk"})
