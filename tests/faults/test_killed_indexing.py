"""`kill -9` around each statement by which indexes come after the copy: the same command again ends with all of them.

The application goes on writing all the while.
"""

from __future__ import annotations

import pytest

from builders.application import Application
from builders.killing import AFTER, BEFORE, INDEX_POINTS, Point, Zygote
from builders.program import environment, tables, words
from plugins.server_pool import TestServer

pytestmark = pytest.mark.divided

ROWS = 600

FLAGS = {
    "execute": True,
    "indexes_after_copy": True,
    "chunk_size": 100,
    "checkpoint_seconds": 0.1,
    "no_display": True,
    "serve_socket_file": "-",
}


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("point", INDEX_POINTS, ids=[point.name.replace(" ", "-") for point in INDEX_POINTS])
def test_i8_killed_anywhere_the_same_command_goes_on_with_the_indexes(
    server: TestServer, database: str, zygote: Zygote, point: Point, when: str
) -> None:
    flags, env = words(server, database, **FLAGS), environment(server.password)
    application = Application(server, database, ROWS).make("ADD KEY one (v), ADD KEY two (v(4) DESC, id)")
    server.execute("ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2", db=database)
    with application:
        killed = zygote.run(flags, env, point, when)
        assert killed.code == -9, f"the point was not reached: {killed}"
        ended = zygote.run(flags, env)
        assert ended.code == 0, ended.err
    application.assert_kept()
    text = str(server.execute("SHOW CREATE TABLE t", db=database)[0][1])
    assert text.index("KEY `one` (`v`)") < text.index("KEY `two` (`v`(4) DESC,`id`)"), text
    assert "added" in text
    assert len(tables(server, database) - {"t"}) == 2
    assert ended.err.count("adding 2 indexes") <= 1, ended
