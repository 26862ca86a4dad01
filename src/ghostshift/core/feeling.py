"""What tiny commits of our own tell of the application: how long they take without us, and how long lately. Pure.

*Lately* counts all of them, those beside our work and those while we rest: their mean over the mean without us is what
an application loses that waits for each answer. A single one that hung says nothing: each counts for a few times the
usual at the most.

*Without us* falls at once and rises slowly. An application that wants a fixed rate and fell behind makes up for it as
soon as we rest, as fast as it can, and so it looks slow just where it should be seen at its ease: were that
believed, we would never give way to it. One that does become slower of itself is believed within half a minute, and
the sooner the less we do: for the less can it be us.
"""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass, field

ENOUGH = 16
"""Commits that a judgement needs: what single ones take differs by far more than what is to be seen."""

AT_ONCE = 5
"""Commits that suffice where they took several times as long as is bearable."""

CLIP = 5.0
"""How many times as much as the usual, or as is bearable, one commit counts at the most."""

RISE = 0.03
"""By how much a second what they take without us rises at the most while we work all the time; twice that at half."""

SILENCE = 10.0
"""Seconds without a commit alone for which it may rise at the most."""


@dataclass(slots=True)
class Feeling:
    """See the module. Single-threaded."""

    baseline: float = 0.0
    """Seconds of a tiny commit without us; 0 while that is not known."""
    seen: int = 0
    """How many of them were seen."""
    _alone: deque[float] = field(default_factory=lambda: deque(maxlen=12))
    _lately: deque[float] = field(default_factory=lambda: deque(maxlen=40))
    _noted: float = 0.0

    def note(
        self, at: float, alone: tuple[float, ...], beside: tuple[float, ...], *, share: float, looked: bool
    ) -> None:
        """Commits that ended by `at` (monotonic seconds); `looked` where nobody worked so that these could be seen.

        `share` is the part of the time for which we worked.
        """
        if alone:
            self._alone.extend(alone)
            self.seen += len(alone)
            self._settle(at, RISE / share)
        self._lately.extend(beside if looked else (*alone, *beside))

    def _settle(self, at: float, rise: float) -> None:
        most = CLIP * statistics.median(self._alone)
        usual = statistics.fmean(min(one, most) for one in self._alone)
        if not self.baseline:
            self.baseline = usual
        elif usual < self.baseline:
            self.baseline = (self.baseline + usual) / 2
        else:
            self.baseline = min(usual, self.baseline * (1.0 + rise) ** min(at - self._noted, SILENCE))
        self._noted = at

    def lately(self, limit: float) -> float:
        """Mean seconds of a commit lately, where it may take `limit`; 0 while too few were seen."""
        if len(self._lately) < ENOUGH:
            return 0.0
        return statistics.fmean(min(one, CLIP * limit) for one in self._lately)

    def far_beyond(self, limit: float) -> float:
        """The same of the last few of them, where they took far longer than they may; else 0."""
        last = list(self._lately)[-AT_ONCE:]
        if len(last) == AT_ONCE and statistics.median(last) > 2.0 * limit:
            return statistics.median(last)
        return 0.0

    def forget(self) -> None:
        """What was felt lately belongs to another pace than the one from now on."""
        self._lately.clear()
