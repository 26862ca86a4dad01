"""One heat of the bench on a real server: what is measured is there, and nothing of it is left."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench import arena as arenas
from bench import heat
from bench.arena import DATABASE, PRISTINE, RACER, Arena
from bench.contestants import Run, ServerAlter
from bench.heat import Heat, race
from bench.results import Result
from bench.scenarios import At, Scenario
from rich.console import Console

from plugins.server_pool import TestServer

NAMES = "SELECT table_schema FROM information_schema.tables WHERE table_schema IN (%s, %s)"


class Nothing(ServerAlter):
    """Says that it has done it."""

    def run(self, arena: Arena, folder: Path, cap: float) -> Run:
        """It has undone it."""
        done = super().run(arena, folder, cap)
        with arena.connect() as connection:
            connection.query("ALTER TABLE sbtest1 DROP COLUMN extra")
        return done


@pytest.fixture(params=["mysql", "mariadb"])
def arena(request: pytest.FixtureRequest, special_server: Callable[..., TestServer]) -> Iterator[Arena]:
    settings = {"userstat": "1"} if request.param == "mariadb" else {}
    server = special_server(request.param, settings=settings)
    yield Arena(server.sandbox)
    for name in (DATABASE, PRISTINE):
        server.execute(f"DROP DATABASE IF EXISTS {name}")
    server.execute(f"DROP USER {RACER}")


def test_a_heat_measures_what_it_says(arena: Arena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heat, "REST", heat.WARMING + 0.5)
    monkeypatch.setattr(arenas, "_SETTLE_SECONDS", 1.0)
    every = Heat(
        argparse.Namespace(rows=3000, load="auto", cap=60.0, own_cap=60.0), Console(file=io.StringIO()), tmp_path
    )
    scenario = Scenario("tried", At(50), table="text")

    def run(contestant: ServerAlter, number: int) -> Result:
        return race(scenario, contestant, arena, every, number)

    done = run(ServerAlter(), 1)
    assert (done.finished, done.problems, done.note) == (True, [], "")
    assert arena.rows == 1500
    assert done.load == "own writers at 50/s"
    assert done.rate_before is not None
    assert done.copy == done.during, "an ALTER has no cut-over"
    assert done.cut_over is None
    assert done.ticks
    assert done.received_mb is not None
    assert done.sent_mb is not None
    assert 0.0001 < done.received_mb < 0.1, "the load's bytes are not the contestant's"
    assert 0 < done.sent_mb < 0.1
    assert done.server_cpu_seconds is not None
    assert (done.lag_worst, done.lag_after) == (None, None)
    lied = run(Nothing(), 2)
    assert not lied.finished
    assert "the table is as it was" in lied.note
    assert not list(tmp_path.rglob("*.cnf"))
