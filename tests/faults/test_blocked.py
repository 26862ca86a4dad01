"""Locks of others: rows of the ghost that somebody holds, and a transaction that sleeps on the original."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest

from builders.faulty import Scene, eventually, phase_is
from faults.conftest import MakeScene
from ghostshift.model.errors import CutOverFailed
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.mysql import retry
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.retry import is_retryable
from ghostshift.workers import readiness
from plugins.fix_proxy import Deed, Link, Proxy

pytestmark = pytest.mark.divided

CHUNK = r"^INSERT INTO .* ON DUPLICATE KEY UPDATE `id`"
LOCK_SECONDS = 1


@pytest.fixture
def retried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the server errors after which a statement was sent again."""
    numbers: list[int] = []

    def spy(error: object) -> bool:
        again = is_retryable(error)  # type: ignore[arg-type]
        if again:
            numbers.append(error.errno)  # type: ignore[attr-defined]
        return again

    monkeypatch.setattr(retry, "is_retryable", spy)
    return numbers


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our sessions wait one second for a row lock, so that a test need not wait for five."""
    setup = Dialect.session_setup

    def quick(self: Dialect, *, time_zone: str) -> tuple[str, ...]:
        return (*setup(self, time_zone=time_zone), "SET SESSION innodb_lock_wait_timeout = 1")

    monkeypatch.setattr(Dialect, "session_setup", quick)


def take_last_row(connection: Any, chunk: str) -> str:
    """Put the last row of a chunk's range into the ghost, uncommitted; the ghost's name."""
    found = re.search(r"INSERT INTO (\S+) .*`id` <= (\d+)", chunk)
    assert found
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {found[1]} (id, k, c, pad) VALUES ({found[2]}, 0, '', '')")
    return str(found[1])


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seconds", [0.5, 1.6])
def test_rows_of_the_ghost_that_somebody_holds_are_waited_for(
    make_scene: MakeScene, proxy: Proxy, retried: list[int], seconds: float
) -> None:
    scene = make_scene()
    holder = scene.connect()
    holder.begin()

    def hold(_: Link, statement: str) -> Deed:
        take_last_row(holder, statement)
        return Deed.PASS

    struck = proxy.on(CHUNK, hold, nth=3)
    running = scene.start(tunables=Tunables(chunk_size=100, throttle_additional_flag_file=""))
    assert struck.wait(20.0)
    running.stop.wait(seconds)
    assert running.alive, running.error
    holder.rollback()
    scene.ended_right(running)
    assert bool(retried) == (seconds > 1)
    assert set(retried) <= {1205}


def test_a_deadlock_on_the_ghost_is_tried_again(make_scene: MakeScene, proxy: Proxy, retried: list[int]) -> None:
    scene = make_scene()
    # The server gives up the transaction that has written less: ours, for this one has written a lot.
    heavy = scene.connect()
    with heavy.cursor() as cursor:
        cursor.execute("CREATE TABLE heavy SELECT id FROM t")
        cursor.execute("BEGIN")
        cursor.execute("UPDATE heavy SET id = id + 1")
    chunks: list[tuple[str, int]] = []

    def hold(link: Link, statement: str) -> Deed:
        chunks.append((take_last_row(heavy, statement), link.session))
        return Deed.PASS

    struck = proxy.on(CHUNK, hold, nth=2)
    running = scene.start(tunables=Tunables(chunk_size=200, throttle_additional_flag_file=""))
    assert struck.wait(20.0)
    ghost, session = chunks[0]
    waits = (
        f"SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_mysql_thread_id = {session}"
    )
    eventually(lambda: scene.server.execute(waits), scene.sessions, step=0.2)  # MariaDB shows a picture of 0.1 s ago
    with heavy.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {ghost} FOR UPDATE")
        cursor.execute("ROLLBACK")
        cursor.execute("DROP TABLE heavy")
    scene.ended_right(running)
    assert 1213 in retried


@contextmanager
def sleeper(scene: Scene) -> Iterator[int]:
    """A transaction that has read the original and sleeps on it."""
    connection = scene.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT COUNT(*) FROM t")
        yield int(connection.thread_id())
    finally:
        connection.close()


class Probe:
    """An application that reads the table again and again; the longest that it had to wait."""

    def __init__(self, scene: Scene) -> None:
        self.worst = 0.0
        self._connection = scene.connect()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(0.01):
            began = time.monotonic()
            with contextlib.suppress(pymysql.err.InterfaceError), self._connection.cursor() as cursor:  # the test ended
                cursor.execute("SELECT id FROM t LIMIT 1")
            self.worst = max(self.worst, time.monotonic() - began)

    def end(self) -> float:
        """Stop; the longest wait."""
        self._over.set()
        self._thread.join(20.0)
        return self.worst


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for sleepers before it asks for the lock, as on servers that do not show them."""
    monkeypatch.setattr(readiness, "PATIENCE", 0.0)


@pytest.mark.usefixtures("hasty")
def test_a_sleeping_transaction_makes_the_cut_over_back_off_until_it_ends(
    make_scene: MakeScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene = make_scene(rows=500)
    probe = Probe(scene)
    with caplog.at_level(logging.INFO, "ghostshift"):
        with sleeper(scene) as number:
            running = scene.start(cut_over_lock_seconds=LOCK_SECONDS)
            running.until(phase_is(Phase.CUTTING_OVER))
            eventually(lambda: caplog.text.count("cut-over attempt") >= 2, seconds=15.0)
            assert not scene.migrated()
        outcome = scene.ended_right(running)
    assert outcome.cut_over.attempts >= 3
    assert probe.end() < LOCK_SECONDS + 0.7
    assert f"session {number} of {scene.server.user}@" in caplog.text
    assert outcome.cut_over.lock_seconds < LOCK_SECONDS


def test_a_sleeper_that_the_server_shows_is_not_queued_behind(
    make_scene: MakeScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene = make_scene(rows=500)
    if scene.server.flavor == "mariadb":
        pytest.skip("MariaDB shows who holds a table's lock only with a plug-in")
    caplog.set_level("INFO", "ghostshift")
    probe = Probe(scene)
    with sleeper(scene):
        running = scene.start(cut_over_lock_seconds=LOCK_SECONDS)
        running.until(phase_is(Phase.CATCHING_UP, Phase.CUTTING_OVER))
        running.stop.wait(3.0)
        assert running.alive, running.error
    scene.ended_right(running)
    assert probe.end() < LOCK_SECONDS + 0.7
    assert caplog.text.count("before the tables are locked, up to 20 s are given to session") == 1
    assert caplog.text.count("cut-over attempt") <= 1  # one that began before the sleeper was a second old


@pytest.mark.usefixtures("hasty")
def test_a_transaction_that_sleeps_on_makes_every_attempt_fail(
    make_scene: MakeScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene = make_scene(rows=500)
    with sleeper(scene) as number:
        running = scene.start(cut_over_lock_seconds=LOCK_SECONDS, retries=2)
        failure = running.failure(20.0)
        assert isinstance(failure, CutOverFailed)
        assert f"session {number} of {scene.server.user}@" in str(failure)
    scene.intact(failure)
    assert caplog.text.count("cut-over attempt") == 2
