"""Helpers' sessions: kept while they are used, given back when they are not. On servers: scenarios/test_pace.py."""

from __future__ import annotations

from typing import Any

import pytest

from ghostshift.model.errors import ServerError
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.workers import helping
from ghostshift.workers.helping import LATER, SURPLUS, Helping, Lack


class Clock(Stop):
    """Time that goes by when the test says so."""

    seconds = 0.0

    def now(self) -> float:
        """The present second."""
        return self.seconds


class Opened:
    """Stands for a session: how many are open is all that is asked."""

    errno = 0
    number = 0
    """How many were ever opened."""
    left = 0

    def __init__(self, *_: Any) -> None:
        if Opened.errno:
            raise ServerError(Opened.errno, "no more")
        Opened.number += 1
        Opened.left += 1

    def close(self) -> None:
        """One less."""
        Opened.left -= 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(helping, "RenewableSession", Opened)
    Opened.errno = Opened.number = Opened.left = 0
    return Clock()


def helper(clock: Clock, board: StatusBoard | None = None, *, first: bool = False) -> Helping:
    return Helping(None, board or StatusBoard(), clock, first=first)  # type: ignore[arg-type]  # no pool is needed


def test_work_that_takes_long_is_no_reason_to_give_the_session_back(clock: Clock) -> None:
    one = helper(clock)
    for _ in range(3):
        with one.session() as session:
            assert session is not None
            clock.seconds += SURPLUS * 10
        one.tidy()
    assert (Opened.number, Opened.left) == (1, 1)
    clock.seconds += SURPLUS + 0.1
    one.tidy()
    assert Opened.left == 0


@pytest.mark.parametrize("errno", [1040, 1203, 1226])
def test_a_server_that_is_full_is_said_for_a_while_and_only_the_first_ends_for_it(clock: Clock, errno: int) -> None:
    board = StatusBoard()
    assert not Lack().reason(clock.now())
    Opened.errno = errno
    with helper(clock, board).session() as session:
        assert session is None
    assert "no connection" in board.get(Lack, Lack()).reason(clock.now() + LATER)
    assert not board.get(Lack, Lack()).reason(clock.now() + 2 * LATER)
    with pytest.raises(ServerError), helper(clock, first=True).session():
        pass


def test_any_other_failure_is_one(clock: Clock) -> None:
    Opened.errno = 1045
    with pytest.raises(ServerError), helper(clock).session():
        pass
