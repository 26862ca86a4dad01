"""The gate: who may begin a chunk, who must wait, and for how long at the most."""
# ruff: noqa: D102 - a clock; its methods are those of the stop token

from __future__ import annotations

import pytest

from ghostshift.core.pacing import LOOK_LONGEST, Pace
from ghostshift.model.options import Tunables
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.workers.gate import LONGEST, REST_LONGEST, TOLD, Gate

GENTLE = Tunables(polite=True)


class Clock(Stop):
    """A stop token whose clock is moved by hand."""

    seconds = 1000.0

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float | None = None) -> bool:
        """Time passes."""
        self.seconds += seconds or 0.0
        return False


class Bench:
    """A gate with its board and clock."""

    def __init__(self, pace: Pace, wish: Tunables = GENTLE) -> None:
        self.clock = Clock()
        self.board = StatusBoard()
        self.board.publish(wish)
        self.gate = Gate(self.board, self.clock, Pace())
        self.gate.set(pace)

    def passes(self, number: int = 1) -> bool:
        """Whether this worker may begin: it asks once."""
        asked = iter((False, True))
        passed = self.gate.enter(number, lambda: next(asked))
        if passed:
            self.gate.leave()
        return passed


def test_those_beyond_the_number_wait() -> None:
    bench = Bench(Pace(copiers=1.5))
    assert bench.passes(2)
    assert not bench.passes(3)


def test_a_look_holds_all_back_but_not_for_ever() -> None:
    bench = Bench(Pace(looking=True))
    assert not bench.passes()
    bench.clock.seconds += 2 * LOOK_LONGEST + 0.1
    assert bench.passes(), "the pacer waits for something else"


def test_a_commit_that_takes_too_long_holds_back_says_so_and_ends_after_some_seconds() -> None:
    bench = Bench(Pace(limit=0.01))
    with bench.gate.commit():
        assert bench.passes()
        bench.clock.seconds += 0.02
        assert not bench.passes()
        assert not bench.board.get(Pace, Pace()).reason, "figures of the pace's own tell more than that"
        bench.clock.seconds += TOLD
        assert not bench.passes()
        assert "takes too long" in bench.board.get(Pace, Pace()).reason
        bench.clock.seconds += LONGEST
        assert bench.passes()


def test_who_is_not_asked_to_be_gentle_any_more_passes_at_once() -> None:
    bench = Bench(Pace(limit=0.01))
    with bench.gate.commit():
        bench.clock.seconds += 0.02
        assert not bench.passes()
        bench.board.publish(Tunables())
        assert bench.passes()


def test_the_rest_behind_a_chunk_is_the_pace_s_and_has_an_end() -> None:
    bench = Bench(Pace(copiers=0.5))
    began = bench.clock.seconds
    bench.gate.rest(2.0)
    assert bench.clock.seconds - began == pytest.approx(2.0, abs=0.1)
    began = bench.clock.seconds
    bench.gate.rest(3600.0)
    assert bench.clock.seconds - began == pytest.approx(REST_LONGEST, abs=0.1), "a server that stood still was not us"
