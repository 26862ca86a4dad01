"""The meter: where a worker drops a figure for whoever collects them. Dropping never waits, fails or sends.

It lies on the status board as the notifier does: `Meter.of(board).count("startup")`. Where nobody collects, it does
nothing.
Even under a table lock a figure may be dropped; sending is the collector's business, in its own thread.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ghostshift.runtime.board import StatusBoard


class Kind(enum.Enum):
    """What is done with several figures of one name; the value is statsd's letter."""

    COUNT = "c"
    GAUGE = "g"
    HISTOGRAM = "h"


Take = Callable[[Kind, str, float, Mapping[str, str]], None]


def _nobody(_: Kind, __: str, ___: float, ____: Mapping[str, str]) -> None:
    """Nobody collects."""


@dataclass(frozen=True, slots=True)
class Meter:
    """See the module. For all threads."""

    take: Take = _nobody

    @classmethod
    def of(cls, board: StatusBoard) -> Meter:
        """The migration's own."""
        return board.get(cls, SILENT)

    def count(self, name: str, number: float = 1, **tags: str) -> None:
        """So many more."""
        self.take(Kind.COUNT, name, number, tags)

    def gauge(self, name: str, value: float, **tags: str) -> None:
        """So it is now."""
        self.take(Kind.GAUGE, name, value, tags)

    def milliseconds(self, name: str, seconds: float, **tags: str) -> None:
        """One more duration."""
        self.take(Kind.HISTOGRAM, f"{name}_milliseconds", seconds * 1000, tags)

    def slept(self, stage: str, seconds: float) -> None:
        """Time in which nothing was done, and why."""
        self.milliseconds("sleep.duration", seconds, stage=stage)
        self.count("sleep.total_milliseconds", seconds * 1000, stage=stage)


SILENT = Meter()
