"""The gate: who copies or compares passes it before each chunk, and rests behind it. The pace says who may and when.

So one place knows whether anybody of ours is at work: what the application feels then, and what it feels without us,
are told apart by it (core/pacing.py). While a tiny commit takes longer than it may, nobody begins another chunk; for
some seconds, that is, for then it is not us: somebody may hold the row, and the pacer, who waits, decides nothing more.

It must never hold back whoever applies changes or swaps: those who fall behind with that never end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ghostshift.core.pacing import LOOK_LONGEST, Pace
from ghostshift.model.options import Tunables
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded

TICK = 0.05
"""Seconds between two looks of whoever waits or rests: another pace holds at once."""

LONGEST = 5.0
"""Seconds for which a tiny commit that is under way holds the others back."""

TOLD = 0.5
"""Seconds from which on that is said: until then the pace's own reason tells more."""

REST_LONGEST = 10.0
"""Seconds of rest behind a piece of work at the most, however long that took: it need not have been us."""


@dataclass(slots=True)
class _Inside:
    pace: Pace
    set: float = 0.0
    """When that pace was decided."""
    working: int = 0
    turns: int = 0
    """How often somebody came in."""
    commit_since: float = math.inf
    """When the tiny commit that is under way was sent."""


class Gate:
    """Shared by those who work, and by the pacer, who alone sets the pace."""

    def __init__(self, board: StatusBoard, stop: Stop, pace: Pace) -> None:
        self._board = board
        self._stop = stop
        self._inside = Guarded(_Inside(pace), stop)

    def set(self, pace: Pace) -> None:
        """From now on this is the pace."""
        with self._inside.open() as inside:
            inside.pace, inside.set = pace, self._stop.now()
        self._board.publish(pace)

    @property
    def pace(self) -> Pace:
        """The present one."""
        with self._inside.open() as inside:
            return inside.pace

    # -- those who work

    def enter(self, number: int, needless: Callable[[], bool], surplus: Callable[[], object] | None = None) -> bool:
        """Wait until worker `number` (from 1) may begin a piece of work; false when stopped, or when it is needless.

        `surplus` is called again and again while the pace has no place for so many.
        """
        while not self._stop.is_set() and not needless():
            with self._inside.open() as inside:
                if self._may(inside, number):
                    inside.working += 1
                    inside.turns += 1
                    return True
                if self._hangs(inside) and self._stop.now() - inside.commit_since > TOLD:
                    self._board.publish(replace(inside.pace, reason="a tiny commit of ours takes too long"))
                many = number > inside.pace.threads
            if surplus is not None and many:
                surplus()
            self._inside.wait_until(lambda inside: self._may(inside, number), TICK)
        return False

    def leave(self) -> None:
        """The piece of work is done."""
        with self._inside.open() as inside:
            inside.working -= 1

    def rest(self, seconds: float) -> None:
        """Rest behind a piece of work that took so long: as the pace has it, and by the nice ratio."""
        ended = self._stop.now()
        while True:
            nice = self._board.get(Tunables, Tunables()).nice_ratio
            left = ended + nice * seconds + min(self.pace.rest * seconds, REST_LONGEST) - self._stop.now()
            if left <= 0 or self._stop.wait(min(left, TICK)):
                return

    def _may(self, inside: _Inside, number: int) -> bool:
        pace = inside.pace
        looking = pace.looking and self._stop.now() - inside.set <= 2 * LOOK_LONGEST
        return not looking and number <= pace.threads and not self._hangs(inside)

    def _hangs(self, inside: _Inside) -> bool:
        """Whether a tiny commit takes longer than it may, where that matters now."""
        wish = self._board.get(Tunables, Tunables())
        return wish.gentle and inside.pace.limit < self._stop.now() - inside.commit_since <= LONGEST

    # -- the pacer

    @contextmanager
    def commit(self) -> Iterator[Callable[[], bool]]:
        """While a tiny commit is under way. What is yielded tells afterwards whether anybody worked beside it."""
        with self._inside.open() as inside:
            inside.commit_since = self._stop.now()
            working, turns = inside.working, inside.turns

        def beside() -> bool:
            with self._inside.open() as inside:
                return bool(working) or inside.turns != turns

        try:
            yield beside
        finally:
            with self._inside.open() as inside:
                inside.commit_since = math.inf
