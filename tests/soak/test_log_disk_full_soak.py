"""The disk of the binary log is full: the server makes every commit wait, we wait with it, and go on when it has room.

Only by make soak: a server looks for room once a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.directing import Director, Later, assert_same, fill
from builders.migrating import options
from builders.small_disk import SmallDisk, small_disk
from ghostshift.core.throttling import Verdict
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from plugins.fix_server import MakeServer

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "log"
    folder.mkdir()
    with small_disk(folder, 16) as made:
        yield made


@pytest.fixture
def director(monkeypatch: pytest.MonkeyPatch) -> Iterator[Director]:
    made = Director(monkeypatch)
    yield made
    made.close()


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_a_log_without_room_is_waited_for(
    disk: SmallDisk, special_server: MakeServer, director: Director, tmp_path: Path, flavor: str
) -> None:
    server = special_server(flavor, settings={"log_bin": str(disk.folder / "binlog")})
    database = server.fresh_database()
    fill(server, database, 300)
    path = tmp_path / "postpone"
    tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=str(path))
    running = director.start(options(server, database, tunables=tunables))
    running.await_phase(Phase.POSTPONED)
    disk.fill()
    later = Later(server, database, "UPDATE t SET v = -v")
    running.wait(lambda: running.board.get(Verdict, Verdict()).reason.startswith("lag"), "the lag as the reason")
    assert not later.ended
    disk.free()
    path.unlink()
    outcome = running.result(150)
    later.join(60)
    assert_same(server, outcome, database)
