"""Invariant 1: a change that the log tells of and nobody can read yet is neither missed nor read too early.

The window between "logged" and "visible" is held open at will: semi-synchronous replication with no replica attached
makes every commit hang after its events have been sent. Each scenario is played twice: as the code is, and with the
barrier taken out, which must lose the change, or the scenario shows nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from builders.directing import (
    Directed,
    Director,
    Later,
    assert_same,
    fill,
    flag_file,
    pause,
    rows_of,
    wait_until,
)
from builders.migrating import options
from builders.windows import Window
from ghostshift.binlog.stream import current_position
from ghostshift.model.errors import StreamError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.mysql.session import Session
from ghostshift.workers import copier, following
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.copier import Copier
from ghostshift.workers.heartbeat import Heartbeat
from ghostshift.workers.journal import Journal
from ghostshift.workers.pacer import PaceKeeper
from ghostshift.workers.readiness import Readiness
from plugins.server_pool import TestServer

MakeServer = Callable[..., TestServer]
BOTH = pytest.mark.parametrize("flavor", ["mysql", "mariadb"])


@pytest.fixture
def window(special_server: MakeServer, flavor: str) -> Iterator[Window]:
    made = Window(special_server, flavor)
    yield made
    made.close()


def without_barrier(director: Director) -> None:
    """Nor any other commit of ours that would wait for those before it."""
    director.unverified()
    director.replace(Changelog, "barrier", lambda _self, _session: None)
    director.replace(Changelog, "state", lambda _self, _session, _text: None)


def postponed(window: Window, path: str, **more: Any) -> Any:
    """A migration that own lag does not throttle: while commits hang, heartbeats do so too."""
    tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path, max_lag_millis=600_000)
    return options(window.server, window.database, tunables=tunables, **more)


CHANGES = ("UPDATE t SET v = -5 WHERE id = 5", "DELETE FROM t WHERE id = 5", "UPDATE t SET id = 5000 WHERE id = 5")
IDS = ["update", "delete", "key-change"]


@BOTH
@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_i1_a_key_received_before_it_is_visible_is_not_read_too_early(
    window: Window, director: Director, tmp_path: Path, change: str
) -> None:
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(postponed(window, path))
        running.await_phase(Phase.POSTPONED)
        with window.held(running, change):
            pause(0.5)
            assert running.count("applied") == 0
            assert running.count("idle") == 0
    outcome = running.result()
    assert outcome.swapped
    assert_same(window.server, outcome, window.database)
    assert (5, 5) not in rows_of(window.server, window.database)


@BOTH
@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_i1_without_the_barrier_the_same_change_is_lost(
    window: Window, director: Director, tmp_path: Path, change: str
) -> None:
    without_barrier(director)
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(postponed(window, path))
        running.await_phase(Phase.POSTPONED)
        with window.held(running, change):
            running.wait(lambda: _applied(running, window.server), "the key applied from a reading that is too early")
    outcome = running.result()
    with pytest.raises(AssertionError, match="not equal"):
        assert_same(window.server, outcome, window.database)
    assert (5, 5) in rows_of(window.server, window.database)


def _applied(running: Directed, server: TestServer) -> bool:
    """Whether the key has been applied, but perhaps for the commit, which hangs too."""
    commits = server.execute("SELECT 1 FROM information_schema.processlist WHERE info = 'COMMIT'")
    return bool(running.count("idle") or commits)


@BOTH
def test_i1_i4_a_key_above_the_copy_is_not_discarded_before_it_is_visible(window: Window, director: Director) -> None:
    gate = director.gate(Copier, "_next")
    running = director.start(postponed(window, ""))
    gate.await_reached()
    with window.held(running, "UPDATE t SET v = -5 WHERE id = 5"):
        pause(0.5)
        assert running.count("discarded") == 0
        gate.open()
        # The chunk that holds the row reads it as it was, and hangs in its own commit.
        wait_until(lambda: _dispatched(running))
        pause(0.3)
    outcome = running.result()
    assert outcome.changes_discarded == 0
    assert_same(window.server, outcome, window.database)


@BOTH
def test_i1_i4_without_the_barrier_a_key_above_the_copy_is_lost(window: Window, director: Director) -> None:
    without_barrier(director)
    gate = director.gate(Copier, "_next")
    running = director.start(postponed(window, ""))
    gate.await_reached()
    with window.held(running, "UPDATE t SET v = -5 WHERE id = 5"):
        running.wait(lambda: running.count("discarded") == 1, "the key discarded too early")
        gate.open()
        wait_until(lambda: _dispatched(running))
        pause(0.3)
    outcome = running.result()
    with pytest.raises(AssertionError, match="not equal"):
        assert_same(window.server, outcome, window.database)


def _dispatched(running: Directed) -> bool:
    with running.crew.front.open() as front:
        return front.dispatched_all


class BeforeStart:
    """An application's change that is logged just before our start position and not visible yet."""

    def __init__(self, window: Window, director: Director) -> None:
        self.late: Later | None = None
        self._window = window
        director.replace(following, "start_position", lambda _crew, home, _stop: (self._position(home.session), ""))

    def _position(self, session: Session) -> Any:
        first = current_position(session)
        self._window.open()
        self.late = Later(self._window.server, self._window.database, "UPDATE t SET v = -5 WHERE id = 5")
        wait_until(lambda: current_position(session) > first)
        return current_position(session)


@BOTH
def test_i1_a_change_logged_before_the_start_but_not_visible_is_not_missed(window: Window, director: Director) -> None:
    before = BeforeStart(window, director)
    running = director.start(postponed(window, ""))
    wait_until(lambda: before.late)
    pause(0.5)
    assert running.phase is Phase.PREPARING
    assert before.late is not None
    assert not before.late.ended
    window.close()
    outcome = running.result()
    assert outcome.changes_seen == 0, "the change lies before the start: only the copy can bring it"
    assert_same(window.server, outcome, window.database)
    assert (5, -5) in rows_of(window.server, window.database)


@BOTH
def test_i1_without_waiting_at_the_start_the_same_change_is_lost(window: Window, director: Director) -> None:
    without_barrier(director)
    director.replace(
        following, "see_marker", lambda *_: None
    )  # a marker is a commit; MariaDB's end of the log waits too
    director.replace(copier, "wait_for_go", lambda *_: True)  # no heartbeat is ever seen, which would throttle
    # A checkpoint is a commit, too, and would wait as a barrier does; so is what the pace is measured by.
    director.replace(Journal, "_write", lambda journal, _, checkpoint: setattr(journal, "_last", checkpoint))
    director.replace(PaceKeeper, "_feel", lambda *_: None)
    # Nobody begins before the first heartbeat: one more commit that waits.
    begin, begun = Heartbeat.begin, threading.Event()

    def begin_later(heartbeat: Heartbeat) -> None:
        if begun.is_set():
            begin(heartbeat)
        begun.set()

    director.replace(Heartbeat, "begin", begin_later)
    before = BeforeStart(window, director)
    gate = director.gate(Readiness, "wait")
    running = director.start(postponed(window, ""))
    running.wait(lambda: before.late is not None and _dispatched(running), "the chunk")
    pause(0.3)
    window.close()
    gate.await_reached()
    ghost = rows_of(window.server, window.database, str(running.crew._plan.ghost.name))
    assert (5, 5) in ghost
    assert (5, -5) in rows_of(window.server, window.database)
    assert running.count("received") == 0


def test_i1_commits_out_of_order_stop_us(mysql_server: TestServer, director: Director, tmp_path: Path) -> None:
    database = mysql_server.fresh_database()
    fill(mysql_server, database, 10)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(mysql_server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        with (
            mysql_server.set_global("binlog_order_commits", 0),
            pytest.raises(StreamError, match="binlog_order_commits"),
        ):
            running.result(10)
    assert len(rows_of(mysql_server, database)) == 10
