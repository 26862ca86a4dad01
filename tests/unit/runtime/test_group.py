"""Stop and WorkerGroup: nothing outlives the block, the first failure is the one that is raised."""
# ruff: noqa: PT012 - what is tested is the block as a whole

from __future__ import annotations

import threading

import pytest

from ghostshift.model.errors import MigrationError
from ghostshift.runtime.group import Stop, WorkerGroup


class BoomError(Exception):
    """What a worker fails with."""


def nothing() -> None:
    """An abort that has nothing to abort."""


# -- Stop


def test_the_first_cause_stays_and_later_ones_are_its_notes() -> None:
    stop = Stop()
    first = BoomError("first")
    stop.set(first)
    stop.set(BoomError("second"))
    stop.set(first)
    stop.set()
    assert stop.cause is first
    assert first.__notes__ == ["meanwhile: second"]


def test_a_cause_may_come_after_a_stop_without_one() -> None:
    stop = Stop()
    stop.set()
    assert (stop.is_set(), stop.cause) == (True, None)
    late = BoomError("late")
    stop.set(late)
    assert stop.cause is late


def test_listeners_are_called_once_and_at_once_where_it_is_too_late() -> None:
    stop = Stop()
    heard: list[str] = []
    stop.on_set(lambda: heard.append("early"))
    assert heard == []
    stop.set()
    stop.set()
    stop.on_set(lambda: heard.append("late"))
    assert heard == ["early", "late"]


def test_a_listener_may_stop_again_without_blocking() -> None:
    stop = Stop()
    stop.on_set(lambda: stop.set(BoomError("from a listener")))
    stop.set()
    assert str(stop.cause) == "from a listener"


def test_a_wait_ends_with_its_time_or_with_the_stop() -> None:
    stop = Stop()
    assert not stop.wait(0)
    began = stop.now()
    threading.Timer(0.05, stop.set).start()
    assert stop.wait(30)
    assert stop.now() - began < 10


# -- WorkerGroup


def test_a_clean_end_waits_for_workers_that_look_at_the_stop() -> None:
    stop, done = Stop(), threading.Event()
    aborted: list[int] = []

    def work() -> None:
        stop.wait(30)
        done.set()

    with WorkerGroup(stop, lambda: aborted.append(1)) as group:
        group.start("worker", work)
        assert group.alive() == ["worker"]
    assert done.is_set()
    assert group.alive() == []
    assert aborted == []


def test_a_workers_failure_stops_the_others_and_is_raised_at_the_end_of_the_block() -> None:
    stop, seen = Stop(), threading.Event()

    def fail() -> None:
        raise BoomError("disk on fire")

    def look() -> None:
        stop.wait(30)
        seen.set()

    with pytest.raises(BoomError, match="disk on fire"), WorkerGroup(stop, nothing) as group:
        group.start("looker", look)
        group.start("failer", fail)
        assert stop.wait(10)
    assert seen.is_set()


def test_the_blocks_own_failure_stops_all_and_is_what_is_raised() -> None:
    stop = Stop()
    with pytest.raises(BoomError, match="in the block"), WorkerGroup(stop, nothing) as group:
        group.start("looker", lambda: stop.wait(30) and None)
        raise BoomError("in the block")
    assert str(stop.cause) == "in the block"


def test_where_a_worker_failed_first_its_error_is_the_news_and_the_blocks_is_a_note() -> None:
    stop = Stop()
    cause = BoomError("cause")
    with pytest.raises(BoomError) as raised, WorkerGroup(stop, nothing):
        stop.set(cause)
        raise BoomError("a consequence")
    assert raised.value is cause
    assert cause.__notes__ == ["meanwhile: a consequence"]


def test_what_breaks_after_the_stop_is_our_own_doing_and_no_news() -> None:
    stop = Stop()

    def break_late() -> None:
        stop.wait(30)
        raise BoomError("socket closed")

    with WorkerGroup(stop, nothing) as group:
        group.start("late", break_late)
    assert stop.cause is None


def test_who_does_not_look_is_aborted() -> None:
    stop, socket = Stop(), threading.Event()
    with pytest.raises(BoomError), WorkerGroup(stop, socket.set, deadline=10) as group:
        group.start("deaf", lambda: socket.wait(30) and None)
        raise BoomError
    assert socket.is_set()
    assert group.alive() == []


def test_who_only_listens_is_aborted_without_a_grace_and_the_others_have_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard, real = threading.Event(), threading.Thread.join
    order: list[str] = []

    def join(thread: threading.Thread, timeout: float | None = None) -> None:
        order.append(thread.name)
        real(thread, timeout)

    def abort() -> None:
        order.append("abort")
        heard.set()

    monkeypatch.setattr(threading.Thread, "join", join)
    stop = Stop()
    with WorkerGroup(stop, abort) as group:
        group.start("listener", lambda: heard.wait(30) and None, listening=True)
        group.start("worker", lambda: stop.wait(30) and None)
        stop.set()
    assert order == ["worker", "abort", "listener", "worker"]


def test_who_would_not_die_is_named() -> None:
    stop, released = Stop(), threading.Event()
    try:
        with (
            pytest.raises(BoomError) as raised,
            WorkerGroup(stop, nothing, deadline=0.05) as group,
        ):
            group.start("undead-7", lambda: released.wait(30) and None)
            raise BoomError
        assert "undead-7" in raised.value.__notes__[-1]
    finally:
        released.set()


def test_who_would_not_die_is_an_error_where_there_was_none() -> None:
    stop, released = Stop(), threading.Event()
    try:
        stop.set()
        with (
            pytest.raises(MigrationError, match=r"did not end within 0\.05 s: undead-8"),
            WorkerGroup(stop, nothing, deadline=0.05) as group,
        ):
            group.start("undead-8", lambda: released.wait(30) and None)
    finally:
        released.set()


def test_a_worker_may_start_others_and_all_are_waited_for() -> None:
    stop, ended = Stop(), []

    def child() -> None:
        stop.wait(20)
        ended.append("child")

    with WorkerGroup(stop, nothing) as group:
        group.start("parent", lambda: group.start("child", child))
        while "child" not in group.alive():
            assert not stop.wait(0.005)
    assert ended == ["child"]


def test_one_that_only_reads_elsewhere_and_cannot_be_interrupted_is_no_failure() -> None:
    release = threading.Event()
    group = WorkerGroup(Stop(), nothing, deadline=0.1)
    with group:
        group.start("look-up", lambda: release.wait(20) and None, harmless=True)
    assert group.alive() == ["look-up"]
    release.set()
