"""From counters to what a person wants to know: percent, rates, time left, and whether it can end at all. Pure."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass

from ghostshift.core.verifying import VerifyProgress
from ghostshift.model.phase import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Totals at one moment."""

    at: float
    """Monotonic seconds."""
    rows_copied: int = 0
    changes_received: int = 0
    changes_applied: int = 0
    changes_discarded: int = 0
    backlog: int = 0
    stream_behind: float = 0.0
    """Seconds that the reader lags behind the log's end, by the heartbeat."""


@dataclass(frozen=True, slots=True)
class PointOfInterest:
    """Something happened that people want to look at closely: status lines come more often for a minute."""

    at: float
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What the server has been told to do and is at work on, where that may take long."""

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that the status line and the live display show."""

    phase: Phase
    rows_copied: int
    rows_estimate: int
    percent: float
    rows_per_second: float
    changes_received: int
    changes_per_second: float
    applied: int
    applied_per_second: float
    backlog: int
    capacity: int
    lag: float
    """How far the reader of the log is behind."""
    elapsed: float
    copy_elapsed: float
    eta_seconds: float | None
    """Seconds left, 0 when due, None when unknown."""
    throttled: str
    position: str
    verdict: str
    """Why it will not end as things stand; empty when it will."""
    server_lag: float | None = None
    """How far the server is behind whose log is read, whatever we do; None while that is not known."""

    doing: str = ""
    """What the server is at work on, where nothing else shows that it goes on."""

    restarts: int = 0
    """How many runs went before, whose work this one goes on with."""

    pace: str = ""
    """How many copy, and why not more."""

    verification: VerifyProgress | None = None
    """How far the comparison with the original is; None where there is none, or not yet."""

    @property
    def inspected_lag(self) -> float:
        """The server's lag, or the reader's where nothing else is known."""
        return self.lag if self.server_lag is None else self.server_lag

    @property
    def state(self) -> str:
        """gh-ost's word for where we are (gh-ost-behaviour 9.2)."""
        if self.phase is Phase.POSTPONED:
            return str(self.phase.value)
        if self.throttled:
            return f"throttled, {self.throttled}"
        if self.phase in (Phase.COPYING, Phase.VERIFYING, Phase.CATCHING_UP, Phase.CUTTING_OVER):
            return str(Phase.COPYING.value)
        return str(self.phase.value)


STOOD_STILL = 4.0
"""Seconds between two samples beyond which it was not the log: all of this process, or of the machine, stood still."""


class Progress:
    """Keeps the last seconds of counters; rates are over that window."""

    def __init__(self, window: float = 10.0) -> None:
        self._window = window
        self._samples: deque[Counters] = deque()

    def add(self, counters: Counters) -> None:
        """One more sample; old ones go."""
        self._samples.append(counters)
        while len(self._samples) > 2 and self._samples[1].at < counters.at - self._window:
            self._samples.popleft()

    def rate(self, field: str) -> float:
        """Growth of a counter per second over the window."""
        if len(self._samples) < 2:
            return 0.0
        first, last = self._samples[0], self._samples[-1]
        seconds = last.at - first.at
        growth: float = getattr(last, field) - getattr(first, field)
        return growth / seconds if seconds > 0 else 0.0

    def not_converging(self, capacity: int) -> str:
        """Why the backlog will not drain at the present rates, or nothing."""
        if len(self._samples) < 2 or self._samples[-1].at - self._samples[0].at < self._window / 2:
            return ""
        if any(after.at - before.at > STOOD_STILL for before, after in itertools.pairwise(self._samples)):
            return ""
        received = self.rate("changes_received")
        settled = self.rate("changes_applied") + self.rate("changes_discarded")
        last, first = self._samples[-1], self._samples[0]
        growing = last.stream_behind > first.stream_behind + 0.5 and last.stream_behind > 1.0
        if growing and last.backlog >= capacity * 0.9:
            return f"not converging: changes arrive faster than {settled:.0f}/s, which is all that can be applied"
        if growing:
            return f"not converging: the binary log grows faster than it is read ({received:.0f} changes/s)"
        return ""


def percent_done(copied: int, estimate: int, *, complete: bool) -> float:
    """Rows copied in percent; 100 once the copy is complete, whatever the estimate was."""
    if complete or estimate <= 0:
        return 100.0
    return min(100.0, 100.0 * copied / estimate)


def seconds_left(copied: int, estimate: int, rate: float, *, complete: bool) -> float | None:
    """How long the copy still takes at this rate; None when there is nothing to go by."""
    if complete or estimate <= copied:
        return 0.0
    if rate <= 0 or copied < estimate * 0.001:
        return None
    return (estimate - copied) / rate
