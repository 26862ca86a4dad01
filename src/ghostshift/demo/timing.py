"""How long each statement of the writers took, and when: enough to say what an application felt, at any moment.

Two machine numbers per statement and no more, so that a minute at full speed stays in a few megabytes. Waits of the
writers themselves (a rate limit, a transaction held open) must not be in here: only what the server took.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field


class Timing:
    """What one writer measured. Appended to by its thread alone; read at any time."""

    def __init__(self) -> None:
        self.ended = array("d")
        """When each statement ended, by the monotonic clock."""
        self.took = array("f")
        """Seconds that it took."""
        self.finished = array("d")
        """When each transaction was acknowledged."""


@dataclass(frozen=True, slots=True)
class Window:
    """What the application felt in some seconds."""

    seconds: float
    transactions: int
    statements: int
    p50: float
    p99: float
    worst: float
    """The longest statement, in seconds."""
    worst_at: float
    """When it ended, by the monotonic clock."""

    @property
    def rate(self) -> float:
        """Transactions a second."""
        return self.transactions / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a load did and felt. Times are of the monotonic clock."""

    seed: int
    started: float
    ended: float
    timings: tuple[Timing, ...] = field(repr=False)
    rolled_back: int = 0
    retried: dict[int, int] = field(default_factory=dict)
    """How often the server made a transaction start over, by error number."""
    lost: int = 0
    """How often a connection died."""
    doubts: int = 0
    """Commits whose outcome is still not known."""
    errors: tuple[str, ...] = ()
    operations: dict[str, int] = field(default_factory=dict)
    """Acknowledged transactions by kind."""

    @property
    def transactions(self) -> int:
        """Acknowledged transactions."""
        return sum(len(timing.finished) for timing in self.timings)

    def window(self, since: float | None = None, until: float | None = None) -> Window:
        """What was felt by statements that overlapped the seconds from `since` to `until`; the whole run by default."""
        since = self.started if since is None else since
        until = self.ended if until is None else until
        took: list[float] = []
        worst, worst_at = 0.0, since
        for timing in self.timings:
            for ended, seconds in zip(timing.ended, timing.took, strict=False):
                if ended >= since and ended - seconds <= until:
                    took.append(seconds)
                    if seconds > worst:
                        worst, worst_at = seconds, ended
        took.sort()
        done = sum(since <= moment <= until for timing in self.timings for moment in timing.finished)
        return Window(until - since, done, len(took), percentile(took, 50), percentile(took, 99), worst, worst_at)

    def per_second(self, step: float = 1.0) -> list[int]:
        """Acknowledged transactions in each `step` seconds since the start."""
        counts = [0] * (int((self.ended - self.started) / step) + 1)
        for timing in self.timings:
            for moment in timing.finished:
                counts[min(int((moment - self.started) / step), len(counts) - 1)] += 1
        return counts


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value that `percent` of the ordered values do not exceed; 0 of none."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
