"""The gate: who may begin a chunk, who must wait, and for how long at the most."""
# ruff: noqa: D102 - a clock; its methods are those of the stop token

from __future__ import annotations

from ghostshift.core.pacing import LOOK_LONGEST, Pace
from ghostshift.model.options import Tunables
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.workers.gate import LONGEST, Gate

GENTLE = Tunables(polite=True)


class Clock(Stop):
    """A stop token whose clock is moved by hand."""

    seconds = 1000.0

    def now(self) -> float:
        return self.seconds


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
