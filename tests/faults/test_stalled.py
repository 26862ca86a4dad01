"""Connections that end without a word, or through which nothing comes any more though nobody has closed them.

Here each thing befalls a migration in each of its phases; what cut connections do is in test_cut_connections.py.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pymysql
import pytest

from builders.directing import flag_file
from builders.faulty import Scene, eventually
from faults.conftest import MakeScene
from ghostshift.migration import Migration
from ghostshift.model.errors import MigrationError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Recovery
from ghostshift.mysql import patience, session
from ghostshift.workers import cutover_stage
from plugins.fix_proxy import DUMP, Deed, Link, Proxy

pytestmark = pytest.mark.divided

CHUNK = r"^INSERT INTO .* ON DUPLICATE KEY UPDATE `id`"
STRUCK = (
    Phase.COPYING,
    Phase.VERIFYING,
    Phase.CATCHING_UP,
    Phase.POSTPONED,
    Phase.CUTTING_OVER,
    Phase.CLEANING,
)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silence is looked into after a moment: a test need not wait for as long as users do."""
    monkeypatch.setattr(patience, "SILENCE", 0.5)
    monkeypatch.setattr(patience, "AGAIN", 0.2)
    monkeypatch.setattr(session, "KILL_SECONDS", 0.5)
    monkeypatch.setattr(session, "LOGIN_SECONDS", 1.0)


def slow(**more: object) -> Tunables:
    """Settings by which the copy takes several chunks."""
    return Tunables(chunk_size=100, throttle_additional_flag_file="", **more)  # type: ignore[arg-type]


Enough = Callable[[], bool]
"""Whether it has lasted long enough."""


def cut(_: Scene, proxy: Proxy, __: Enough) -> None:
    """All connections are closed."""
    proxy.cut()


def forget(_: Scene, proxy: Proxy, __: Enough) -> None:
    """All connections are closed for us; the server believes in them."""
    for link in proxy.living():
        link.cut_client()


def kill(scene: Scene, _: Proxy, __: Enough) -> None:
    """An administrator ends all our sessions."""
    for number in scene.sessions():
        with contextlib.suppress(pymysql.Error):  # gone by itself
            scene.server.execute(f"KILL {number}")


def stall(_: Scene, proxy: Proxy, enough: Enough) -> None:
    """Nothing comes through."""
    proxy.stall()

    def heal() -> None:
        eventually(enough, seconds=90.0)
        proxy.heal()

    threading.Thread(target=heal, name="witness", daemon=True).start()


@pytest.mark.parametrize("deed", [cut, forget, kill, stall])
def test_i8_all_connections_are_struck_at_the_beginning_of_each_phase(
    make_scene: MakeScene,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    deed: Callable[[Scene, Proxy, Enough], None],
) -> None:
    scene = make_scene(rows=600, rate=60.0)
    left, move = list(STRUCK), Migration._move

    def struck(run: Migration, phase: Phase) -> None:
        move(run, phase)
        if phase not in left:
            return
        left.remove(phase)
        known = len(proxy.links)

        def enough() -> bool:
            """The server is waited for, once; else some have tried in vain to connect anew."""
            if phase is Phase.COPYING:
                return run._board.get(Phase, phase) is Phase.WAITING
            return len(proxy.links) > known + 2

        deed(scene, proxy, enough)

    monkeypatch.setattr(Migration, "_move", struck)
    with flag_file(tmp_path / "postpone") as path:
        running = scene.start(tunables=slow(postpone_flag_file=path))
        running.until(lambda _: Phase.POSTPONED not in left, 90.0)
    running.result(90.0)
    proxy.cut()  # what the server still believes in
    scene.ended_right(running)
    assert not left


def test_connections_that_stall_one_by_one_are_replaced(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene(rows=1000)
    patterns = (
        CHUNK,
        r"^SELECT .* OFFSET",
        "'heartbeat'",
        "'barrier'",
        "^REPLACE INTO",
        "^LOCK TABLES",
        "^RENAME TABLE",
    )
    struck = [proxy.on(pattern, Deed.STALL, nth=1 if "TABLE" in pattern else 2) for pattern in patterns]
    running = scene.start(tunables=slow(), cut_over_lock_seconds=1)
    outcome = scene.ended_right(running, 90.0)
    assert all(event.is_set() for event in struck)
    assert outcome.cut_over.attempts == 2


def test_locks_that_we_cannot_give_back_are_given_back_by_the_server(
    make_scene: MakeScene, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutover_stage, "END_SECONDS", 1.0)
    scene = make_scene(rows=300, rate=60.0)

    def die(_: object, __: str) -> Deed:
        proxy.stall()
        return Deed.PASS  # when the network lives again

    struck = proxy.on("^RENAME TABLE", die)
    running = scene.start(cut_over_lock_seconds=1)
    assert struck.wait(60.0)
    seen = scene.load.transactions
    running.until(lambda _: scene.load.transactions > seen + 50)  # while nothing comes through yet
    proxy.heal()
    running.result(90.0)
    proxy.cut()  # what the server still believes in
    scene.ended_right(running)


def test_sessions_of_the_cut_over_that_an_administrator_ends(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene(rows=300, rate=60.0)

    def kill_it(link: Link, _: str) -> Deed:
        scene.server.execute(f"KILL {link.session}")
        return Deed.PASS

    struck = [proxy.on(pattern, kill_it) for pattern in ("^LOCK TABLES", "^RENAME TABLE")]
    running = scene.start(cut_over_lock_seconds=1)
    outcome = scene.ended_right(running)
    assert all(event.is_set() for event in struck)
    assert outcome.cut_over.attempts == 3


def test_a_reader_of_the_log_that_only_the_server_believes_in_is_ended(
    make_scene: MakeScene, proxy: Proxy, tmp_path: Path
) -> None:
    scene = make_scene(rows=300, rate=60.0)
    with flag_file(tmp_path / "postpone") as path:
        running = scene.start(tunables=slow(postpone_flag_file=path))
        running.until(lambda board: board.read(Phase) is Phase.POSTPONED)
        (lost,) = proxy.living(DUMP)
        lost.cut_client()
        running.until(lambda _: len(proxy.living(DUMP)) > 1)
        running.until(lambda _: lost.session not in scene.sessions())
    assert scene.ended_right(running).reconnects == 1


def test_what_was_begun_before_a_connection_was_lost_for_good_is_no_obstacle_to_the_same_command(
    make_scene: MakeScene, proxy: Proxy
) -> None:
    scene = make_scene(rows=50, rate=60.0)

    def part(_: Link, __: str) -> Deed:
        proxy.refuse()
        return Deed.CUT_AFTER

    proxy.on("^ALTER TABLE", part)
    failure = scene.start(recovery=Recovery(server_seconds=0.0)).failure(30.0)
    assert isinstance(failure, MigrationError)
    assert scene.left()
    proxy.heal()
    scene.ended_right(scene.start())
