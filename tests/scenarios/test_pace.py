"""The pace on real servers: it gives way, says why, yields while a commit hangs, minds others, and may be changed."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from builders.directing import Directed, Director, assert_same, fill, pause
from builders.migrating import options
from ghostshift.core import sizing
from ghostshift.core.front import CopyFront
from ghostshift.core.pacing import BEGIN, LEAST, Pace
from ghostshift.core.progress import Snapshot
from ghostshift.core.sizing import ChunkSizer
from ghostshift.model.chunk import Chunk
from ghostshift.model.options import Tunables
from ghostshift.workers import gate as gates
from ghostshift.workers import helping
from ghostshift.workers.changelog import PROBE
from ghostshift.workers.pacer import Figures, PaceKeeper
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer

ROWS = 3000
CALM = Tunables(throttle_additional_flag_file="", chunk_size=10)


def pace_of(running: Directed) -> Pace:
    return running.board.get(Pace, Pace(looking=True))


def shown(running: Directed) -> str:
    snapshot = running.board.read(Snapshot)
    return "" if snapshot is None else snapshot.pace


def tune(running: Directed, **news: Any) -> None:
    running.board.change(Tunables, Tunables(), lambda present: replace(present, **news))


def test_a_target_that_cannot_be_met_leaves_a_share_and_says_why_until_it_is_taken_away(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, ROWS)
    wish = replace(CALM, app_latency_millis=0.1, nice_ratio=100.0)
    running = director.start(options(server, database, tunables=wish))
    running.wait(lambda: pace_of(running).copiers == LEAST, "the least share")
    running.wait(lambda: " copying, 2 applying, for commits take " in shown(running), "the reason in the status")
    before = running.chunks()
    running.wait(lambda: running.chunks() > before, "another chunk: a share remains")
    tune(running, app_latency_millis=60_000.0)
    running.wait(lambda: not pace_of(running).reason, "nothing holds it back", seconds=60.0)
    tune(running, nice_ratio=0.0, chunk_size=1000)
    outcome = running.result()
    assert outcome.rows_copied == ROWS
    assert_same(server, outcome, database)


def test_the_last_chunks_are_small_so_that_those_who_copy_side_by_side_end_together(
    server: TestServer, database: str, director: Director, monkeypatch: Any
) -> None:
    seen: list[int] = []
    dispatch = CopyFront.dispatch

    def noted(front: CopyFront, upto: Any, rows: int) -> Chunk:
        seen.append(upto - (front.after or 0))
        return dispatch(front, upto, rows)

    monkeypatch.setattr(CopyFront, "dispatch", noted)
    monkeypatch.setattr(sizing, "FIRST", 10)
    monkeypatch.setattr(ChunkSizer, "rows", lambda *_: 1000)
    fill(server, database, ROWS)
    outcome = director.start(options(server, database, tunables=replace(CALM, chunk_size=0, copy_threads=2))).result()
    assert seen == [1000, 1000, 250, 250, 250, 250]
    assert outcome.rows_copied == ROWS
    assert_same(server, outcome, database)


def test_while_a_commit_hangs_no_chunk_is_begun_for_some_seconds_and_then_all_goes_on(
    server: TestServer, database: str, director: Director, monkeypatch: Any
) -> None:
    monkeypatch.setattr(gates, "LONGEST", 600.0)
    fill(server, database, ROWS)
    running = director.start(options(server, database, tunables=replace(CALM, polite=True, throttled_by_user=True)))
    running.wait(lambda: pace_of(running).limit < 10.0 and not pace_of(running).looking, "a limit")
    with server.machine.connect(database=database) as holder, holder.cursor() as cursor:
        cursor.execute("START TRANSACTION")
        cursor.execute(f"SELECT * FROM {running.crew.changelog.name.sql} WHERE id = {PROBE} FOR UPDATE")
        gate = running.crew.gate
        running.wait(lambda: _hangs(gate, running, 0.5), "the tiny commit hangs")
        tune(running, throttled_by_user=False)
        pause(1.0)
        assert running.chunks() == 0
        assert "a tiny commit of ours takes too long" in pace_of(running).reason
        monkeypatch.setattr(gates, "LONGEST", 1.0)
        running.wait(lambda: running.chunks() > 0, "a chunk although it still hangs")
        assert _hangs(gate, running, 1.0)
        holder.rollback()
    before = running.chunks()
    running.wait(lambda: running.chunks() > before, "another chunk")
    tune(running, polite=False, chunk_size=1000)
    outcome = running.result()
    assert outcome.rows_copied == ROWS
    assert_same(server, outcome, database)


def _hangs(gate: Any, running: Directed, seconds: float) -> bool:
    with gate._inside.open() as inside:
        return bool(running.stop.now() - inside.commit_since > seconds)


def test_others_at_work_are_told_from_ourselves(mysql_server: TestServer, director: Director, monkeypatch: Any) -> None:
    """Our own statements, many a second here, are not taken for an application's; those of one are."""
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, ROWS)
    seen: list[Figures] = []
    look = PaceKeeper._read_figures

    def noted(self: PaceKeeper, worker: Any) -> None:
        look(self, worker)
        if self._figures.compared and (not seen or seen[-1] is not self._figures):
            seen.append(self._figures)

    monkeypatch.setattr(PaceKeeper, "_read_figures", noted)
    running = director.start(options(server, database, tunables=replace(CALM, nice_ratio=30.0)))
    running.wait(lambda: len(seen) >= 2, "figures")
    quiet = seen[-1].others
    over = threading.Event()

    def application() -> None:
        with server.machine.connect(database=database) as connection:
            while not over.is_set():
                connection.query("SELECT 1")

    thread = threading.Thread(target=application)
    thread.start()
    try:
        seen.clear()
        running.wait(lambda: len(seen) >= 2, "figures beside an application")
    finally:
        over.set()
        thread.join()
    assert seen[-1].others > 3 * max(quiet, 30.0)
    tune(running, nice_ratio=0.0, chunk_size=1000)
    assert running.result().rows_copied == ROWS
    assert quiet < 200.0, "tests beside this one may be at work on this server"


def test_the_number_of_copiers_may_be_changed_while_it_runs(mysql_server: TestServer, director: Director) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, ROWS)
    running = director.start(options(server, database, tunables=replace(CALM, nice_ratio=20.0, copy_threads=1)))
    running.wait(lambda: running.chunks() >= 2, "chunks")
    names = {thread.name for thread in threading.enumerate()}
    assert "copier-2" not in names
    tune(running, copy_threads=BEGIN + 1)
    running.wait(lambda: f"copier-{BEGIN + 1}" in {thread.name for thread in threading.enumerate()}, "one more")
    tune(running, nice_ratio=0.0, chunk_size=1000)
    outcome = running.result()
    assert outcome.rows_copied == ROWS
    assert_same(server, outcome, database)


def sessions(server: TestServer) -> int:
    return int(server.execute("SELECT COUNT(*) FROM information_schema.processlist")[0][0])


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_helpers_for_whom_the_server_has_no_connection_are_done_without_and_that_is_said(
    special_server: MakeServer, director: Director, flavor: str
) -> None:
    server = special_server(flavor, settings={"max_connections": "18"})
    database = server.fresh_database()
    fill(server, database, ROWS)
    running = director.start(options(server, database, tunables=replace(CALM, nice_ratio=100.0)))
    running.wait(lambda: running.chunks() > 2, "it copies")
    tune(running, copy_threads=16, apply_threads=16)
    running.wait(lambda: "for the server has no connection for another one" in shown(running), "the reason")
    tune(running, nice_ratio=0.0)
    outcome = running.result()
    assert outcome.rows_copied == ROWS
    assert_same(server, outcome, database)


def test_helpers_who_are_not_needed_any_more_give_their_connections_back(
    server: TestServer, database: str, director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helping, "SURPLUS", 0.2)
    fill(server, database, ROWS)
    running = director.start(options(server, database, tunables=replace(CALM, nice_ratio=20.0, copy_threads=1)))
    running.wait(lambda: running.chunks() > 2, "it copies")
    before = sessions(server)
    tune(running, copy_threads=16)
    running.wait(lambda: sessions(server) >= before + 12, "there are more of them")
    tune(running, copy_threads=1)
    running.wait(lambda: sessions(server) <= before + 2, "they are gone")
    tune(running, nice_ratio=0.0, copy_threads=4)
    outcome = running.result()
    assert outcome.rows_copied == ROWS
    assert_same(server, outcome, database)
