"""A server that comes back as it was some time ago: the migration goes on from the checkpoint that it has then."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.directing import Director, assert_same, fill, flag_file, run
from builders.migrating import options
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Recovery
from plugins.fix_server import MakeServer


@pytest.fixture
def director(monkeypatch: pytest.MonkeyPatch) -> Iterator[Director]:
    made = Director(monkeypatch)
    yield made
    made.close()


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_i8_a_server_that_came_back_older_is_gone_on_with_from_its_own_checkpoint(
    special_server: MakeServer, director: Director, tmp_path: Path, flavor: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = special_server(flavor, settings={"max_connections": 100})
    database = server.fresh_database()
    fill(server, database, 300)
    machine, saved = server.server, tmp_path / "saved"
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables, recovery=Recovery(seconds=0.1)))
        running.wait(lambda: running.phase is Phase.POSTPONED)
        running.wait(lambda: running.crew.journal.last.compared.handed_out)
        machine.stop()
        running.wait(lambda: running.phase is Phase.WAITING, seconds=40)
        shutil.copytree(machine.datadir, saved)
        machine.start()
        running.wait(lambda: running.phase is Phase.POSTPONED, seconds=60)
        run(server, database, "UPDATE t SET v = -1 WHERE id = 5", "DELETE FROM t WHERE id = 6")
        running.wait(lambda: server.execute(f"SELECT COUNT(*) FROM {ghost(flavor)}", db=database) == ((299,),))
        before = running.last.journal.last.position
        running.wait(lambda: before < running.last.journal.last.position)
        machine.kill9()
        running.wait(lambda: running.phase is Phase.WAITING, seconds=40)
        shutil.rmtree(machine.datadir)
        shutil.move(saved, machine.datadir)
        machine.start()
        running.wait(lambda: running.phase is Phase.POSTPONED, seconds=60)
    outcome = running.result()
    assert_same(server, outcome, database)
    assert server.execute("SELECT id, v FROM t WHERE id IN (5, 6)", db=database) == ((5, 5), (6, 6))
    assert "came back as it was earlier" in caplog.text
    assert outcome.restarts == 1  # as the server knows it: what came later it has forgotten, too


def ghost(flavor: str) -> str:
    """The new table's name."""
    return "t_gho" if flavor == "mariadb" else "_t_gho"
