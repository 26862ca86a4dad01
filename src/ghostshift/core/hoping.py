"""Whether another run of a migration is worth its while, after one that ended for its server's sake. Pure.

Nobody knows what made a server go away: it may have been ourselves, by a statement that crashes it. So what brings the
work on may be repeated for ever, and what does not, a few times; before a row is copied, only once.
"""

from __future__ import annotations

from collections.abc import Hashable

from ghostshift.core.resuming import NOTHING_YET
from ghostshift.model.checkpoint import Checkpoint

IN_A_ROW = 10
"""Runs that may end without having brought anything on."""

LONG_ENOUGH = 60.0
"""Seconds after which the end of a run has nothing to do with the end of the one before."""


class Hope:
    """See the module. For the runs of one process."""

    def __init__(self) -> None:
        self._reached: Hashable = None
        self.vain = 0
        """Runs in a row that brought nothing on."""
        self._anew = False
        self.begun = False
        """Rows have been copied, or may have been: nobody begins anew any more."""

    def remains(self, reached: Checkpoint | None, seconds: float) -> bool:
        """After a run that took so long: `reached` is the last checkpoint it saved, None where it came to none."""
        if reached is not None and reached.phase not in NOTHING_YET:
            self.begun = True
            done = (reached.phase, reached.copied, reached.copy_done, reached.compared)
            if done != self._reached or seconds >= LONG_ENOUGH:
                self._reached, self.vain = done, 0
                return True
        elif not self.begun:
            worth, self._anew = reached is not None and not self._anew, True
            return worth
        self.vain += 1
        return self.vain < IN_A_ROW
