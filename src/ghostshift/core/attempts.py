"""How the attempts of the cut-over follow each other: the pause between two, and how much lag forbids one. Pure.

Both are gh-ost's rules, so that a runbook written for it holds: a second between two attempts, or twice as long after
each failed one; none while the log's reader is further behind than the operator's limit, or than the locks may last.
Ours is the third: the application waits while the last changes are drained, so little is wanted to be owed at first,
and ever more is put up with, for a loaded server may never do better.
"""

from __future__ import annotations

import math

from ghostshift.model.settings import CutOverSettings

PAUSE_SECONDS = 1.0

FIRST_SECONDS = 0.05
"""What the drain may take at first."""

EASING = 1.2
"""How many times as long it may take after another second of waiting."""


def pause_after(attempt: int, settings: CutOverSettings) -> float:
    """Seconds between failed attempt number `attempt` (from 1) and the next."""
    if not settings.exponential_backoff:
        return PAUSE_SECONDS
    return max(PAUSE_SECONDS, min(float(settings.backoff_most_seconds), float(2 ** min(attempt - 1, 62))))


def too_late(lag_seconds: float, max_lag_millis: int, lock_seconds: int) -> bool:
    """Whether the reader is too far behind for the tables to be locked now."""
    return lag_seconds * 1000 > max_lag_millis or lag_seconds > lock_seconds


def bearable(waited: float, most: float) -> float:
    """Seconds that the drain may take, after so many of waiting for less to be owed; never more than `most`."""
    return min(most, FIRST_SECONDS * math.pow(EASING, min(max(waited, 0.0), 1000.0)))
