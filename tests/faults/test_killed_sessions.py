"""Sessions killed, a statement that outlives its connection, a server that is gone, a worker that fails."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pymysql
import pytest

from builders.faulty import SECONDS, Running, Scene, eventually, phase_is
from faults.conftest import MakeScene
from ghostshift.model.errors import Aborted, ConnectionLost, MigrationError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers import home
from ghostshift.workers.applier import Applier
from ghostshift.workers.copier import Copier
from ghostshift.workers.heartbeat import Heartbeat
from ghostshift.workers.sampler import Sampler
from ghostshift.workers.streamer import Streamer
from ghostshift.workers.throttler import Throttler
from plugins.fix_proxy import DUMP, Deed, Link, Proxy

pytestmark = pytest.mark.divided

CHUNK = r"^INSERT INTO .* ON DUPLICATE KEY UPDATE `id`"
SLOW = Tunables(chunk_size=50, throttle_additional_flag_file="")


def _held(scene: Scene, proxy: Proxy, nth: int = 3, **more: object) -> tuple[Running, Callable[[], None]]:
    """A migration that copies and does not get on with it until it is released."""
    waiting, free = threading.Event(), threading.Event()

    def hold(_: Link, __: str) -> Deed:
        waiting.set()
        free.wait(30.0)
        return Deed.PASS

    proxy.on(CHUNK, hold, nth=nth)
    running = scene.start(tunables=SLOW, **more)
    assert waiting.wait(20.0)
    return running, free.set


def test_each_session_is_killed_once_during_the_copy(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene()
    running, release = _held(scene, proxy)
    killed = 0
    for number in sorted(scene.sessions()):
        try:
            scene.server.execute(f"KILL {number}")
        except pymysql.Error:
            continue  # gone by itself
        killed += 1
        eventually(lambda number=number: number not in scene.sessions(), scene.sessions)
        assert running.alive, running.error
    release()
    outcome = scene.ended_right(running)
    assert killed >= 6  # home, heartbeat, log, two copiers, an applier at least
    assert outcome.reconnects == 1


def test_the_log_s_connection_is_killed_again_and_again(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene(rate=300.0)
    running, release = _held(scene, proxy)
    for _ in range(3):
        eventually(lambda: proxy.living(DUMP))
        link = proxy.living(DUMP)[0]
        before = scene.load.transactions
        eventually(lambda before=before: scene.load.transactions > before + 20)
        scene.server.execute(f"KILL {link.session}")
        eventually(lambda link=link: not link.alive)
    eventually(lambda: proxy.living(DUMP))
    release()
    assert scene.ended_right(running).reconnects == 3


def test_a_chunk_that_outlives_its_connection_is_over_before_its_range_is_copied_again(
    make_scene: MakeScene, proxy: Proxy
) -> None:
    """Invariant 3: the server goes on with a statement whose client has gone."""
    scene = make_scene(rate=300.0)
    blocker = scene.connect()
    zombies: list[Link] = []
    seen: list[dict[int, str]] = []

    def block(link: Link, statement: str) -> Deed:
        # Somebody holds a row of the range in the ghost, so the chunk is still at it when its connection is lost.
        found = re.search(r"INSERT INTO (\S+) .*`id` <= (\d+)", statement)
        assert found
        with blocker.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"INSERT INTO {found[1]} (id, k, c, pad) VALUES ({found[2]}, 0, '', '')")
        zombies.append(link)

        def look(_: Link, again: str) -> Deed | None:
            if again != statement:
                return None
            seen.append(scene.sessions())
            return Deed.PASS

        proxy.on(re.escape(statement), look, nth=1)
        return Deed.PASS

    struck = proxy.on(CHUNK, block, nth=3)
    running = scene.start(tunables=SLOW)
    assert struck.wait(20.0)
    number = zombies[0].session
    eventually(lambda: "ON DUPLICATE KEY" in scene.sessions().get(number, ""), scene.sessions)
    zombies[0].cut_client()
    eventually(lambda: number not in scene.sessions(), scene.sessions)
    blocker.rollback()
    scene.ended_right(running)
    assert seen
    assert number not in seen[0]


def test_the_server_is_gone_for_good(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene()
    server = scene.server.server
    running, release = _held(scene, proxy)
    server.kill9()
    release()
    with pytest.raises(MigrationError) as caught:
        running.result(SECONDS)
    assert not scene.threads()
    server.start()
    assert not scene.migrated()
    scene.intact(caught.value)


def test_a_stop_while_the_network_is_dead_ends_within_seconds(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene()
    running, release = _held(scene, proxy)
    proxy.stall()
    release()
    running.stop.wait(0.3)
    running.stop.set(Aborted("enough"))
    failure = running.failure(25.0)
    assert isinstance(failure, Aborted)
    assert not scene.threads()
    proxy.heal()
    proxy.cut()
    scene.intact(failure)


def test_a_stop_while_nobody_answers_any_more_ends_within_seconds(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene()
    running, release = _held(scene, proxy)
    proxy.stall()
    proxy.refuse()
    release()
    running.stop.wait(0.3)
    running.stop.set(Aborted("enough"))
    failure = running.failure(SECONDS)
    assert isinstance(failure, Aborted)
    assert not scene.threads()
    proxy.cut()
    scene.intact(failure)


@pytest.mark.parametrize(
    ("worker", "method"),
    [
        (Copier, "_copy"),
        (Applier, "_apply_batch"),
        (Streamer, "_take"),
        (Heartbeat, "_beat"),
        (Throttler, "look"),
        (Sampler, "sample"),
    ],
)
def test_a_worker_that_fails_stops_all_others(
    make_scene: MakeScene, monkeypatch: pytest.MonkeyPatch, worker: type, method: str
) -> None:
    scene = make_scene()
    original = getattr(worker, method)
    calls = 0
    armed = threading.Event()

    def fails(self: object, *args: object) -> object:
        nonlocal calls
        calls += 1
        if armed.is_set() and threading.current_thread().name != "MainThread":
            raise LookupError("a fault of our own")
        return original(self, *args)

    monkeypatch.setattr(worker, method, fails)
    running = scene.start(tunables=Tunables(chunk_size=10, throttle_additional_flag_file=""))
    running.until(phase_is(Phase.COPYING, Phase.CATCHING_UP, Phase.CUTTING_OVER))
    armed.set()
    failure = running.failure(SECONDS)
    assert isinstance(failure, LookupError)
    scene.intact(failure)


def test_a_lost_lock_is_never_taken_twice(make_scene: MakeScene, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server still believes in the connections that we have lost: they must be ended, or their lock stays."""
    monkeypatch.setattr(home, "KEEP_EVERY", 0.2)
    scene = make_scene()
    running, release = _held(scene, proxy)
    for role in ("GET_LOCK.'gh-ost", "'heartbeat'"):
        for _ in range(2):
            eventually(lambda role=role: proxy.living(role), lambda: (running.error, scene.sessions()))
            for link in proxy.living(role):
                link.cut_client()
                link.alive = False
            running.stop.wait(0.1)
    assert running.alive, running.error
    release()
    running.result()
    for link in proxy.links:  # the server would go on believing in the old heartbeats
        if link.says("'heartbeat'"):
            link.cut()
    scene.ended_right(running)


def test_stopping_is_not_waited_for_by_a_table_lock(make_scene: MakeScene) -> None:
    scene = make_scene(writers=0)
    holder = scene.connect()
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLES t WRITE")
    running = scene.start(exact_rowcount=True)
    eventually(lambda: any("Query" in text for text in scene.sessions().values()), scene.sessions)
    running.stop.wait(0.3)
    running.stop.set(Aborted("enough"))
    failure = running.failure(SECONDS)
    assert isinstance(failure, Aborted)
    eventually(lambda: not scene.sessions(), scene.sessions)
    holder.close()
    scene.intact(failure)


def test_connection_lost_names_no_password(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene(writers=0)
    proxy.refuse()
    failure = scene.start().failure(SECONDS)
    assert isinstance(failure, ConnectionLost)
    assert "a-Quite" not in f"{failure!r} {failure} {failure.__dict__}"
