"""Guarded and StatusBoard: what workers share."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded


def test_a_wait_is_over_when_another_thread_has_made_it_so() -> None:
    shared: Guarded[list[int]] = Guarded([], Stop())

    def add() -> None:
        with shared.open() as value:
            value.append(1)

    threading.Timer(0.05, add).start()
    assert shared.wait_until(bool, 30)


def test_a_wait_ends_with_its_time_and_says_no() -> None:
    assert not Guarded([], Stop()).wait_until(bool, 0.01)


def test_a_stop_ends_the_wait_and_says_no_even_where_it_is_so() -> None:
    stop = Stop()
    shared: Guarded[list[int]] = Guarded([], stop)
    threading.Timer(0.05, stop.set).start()
    began = stop.now()
    assert not shared.wait_until(bool, 30)
    assert stop.now() - began < 10
    assert not Guarded([1], stop).wait_until(bool, 30)


def test_a_stop_asked_for_by_the_thread_that_is_inside_blocks_nobody() -> None:
    stop = Stop()
    shared: Guarded[list[int]] = Guarded([], stop)
    with shared.open():
        stop.set()
    assert stop.is_set()


def test_one_thread_at_a_time_is_inside() -> None:
    shared: Guarded[list[int]] = Guarded([0], Stop())

    def count() -> None:
        for _ in range(2000):
            with shared.open() as value:
                value[0] = value[0] + 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with shared.open() as value:
        assert value == [8000]


def test_a_failure_inside_lets_the_next_one_in() -> None:
    shared: Guarded[list[int]] = Guarded([], Stop())
    with pytest.raises(KeyError), shared.open():
        raise KeyError
    assert shared.wait_until(lambda value: value == [], 1)


@dataclass(frozen=True)
class Reading:
    """A kind of value."""

    number: int


class Finer(Reading):
    """Another kind, although it inherits."""


def test_the_board_keeps_the_last_value_of_each_kind() -> None:
    board = StatusBoard()
    assert board.read(Reading) is None
    assert board.get(Reading, Reading(0)) == Reading(0)
    board.publish(Reading(1))
    board.publish(Finer(5))
    board.publish(Reading(2))
    assert board.read(Reading) == Reading(2)
    assert board.get(Reading, Reading(0)) == Reading(2)
    assert board.read(Finer) == Finer(5)
    assert board.read(int) is None


def test_a_value_that_counts_as_false_is_still_a_value() -> None:
    board = StatusBoard()
    board.publish(0)
    assert board.read(int) == 0
    assert board.get(int, 7) == 0
