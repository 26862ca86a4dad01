"""Memory runs out in a worker: the run ends by name, and the next goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders.directing import Director, assert_same, fill, run
from builders.migrating import options
from ghostshift.model.errors import MigrationError
from ghostshift.model.phase import Phase
from ghostshift.workers.streamer import Streamer
from plugins.server_pool import TestServer


def test_want_of_memory_in_a_worker_ends_the_run_and_the_next_goes_on(
    mysql_server: TestServer, director: Director, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, 300)
    path = tmp_path / "postpone"
    chosen = options(server, database)
    waiting = replace(chosen, tunables=replace(chosen.tunables, postpone_flag_file=str(path)))
    running = director.start(waiting)
    running.await_phase(Phase.POSTPONED)
    with monkeypatch.context() as patch:

        def greedy(*_: Any) -> None:
            raise MemoryError

        patch.setattr(Streamer, "_take_keys", greedy)
        run(server, database, "UPDATE t SET v = -v")
        with pytest.raises(MigrationError, match="refused memory by its host") as caught:
            running.result()
    assert "same command again" in " ".join(caught.value.__notes__)
    assert_same(server, director.start(chosen).result(), database)
