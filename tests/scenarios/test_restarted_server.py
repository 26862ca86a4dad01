"""The server dies and comes back in the middle of a migration: it is waited for, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.directing import Director, assert_same, fill, flag_file
from builders.migrating import options
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from plugins.fix_server import MakeServer


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_i8_a_server_that_dies_during_the_copy_is_waited_for(
    special_server: MakeServer, director: Director, tmp_path: Path, flavor: str
) -> None:
    server = special_server(flavor, settings={"max_connections": 100})
    assert server.sandbox is not None
    database = server.fresh_database()
    fill(server, database, 4000)
    with flag_file(tmp_path / "throttle") as path:
        tunables = Tunables(throttle_additional_flag_file=path, chunk_size=100)
        running = director.start(options(server, database, tunables=tunables))
        running.wait(lambda: running.board.get(Phase, Phase.INSPECTING) is Phase.COPYING)
        server.sandbox.primary.kill9()
        running.wait(lambda: running.board.get(Phase, Phase.INSPECTING) is Phase.WAITING, seconds=40)
        server.sandbox.primary.start()
    assert_same(server, running.result(60), database)
