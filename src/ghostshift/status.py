"""The status line and the hint block, byte for byte what gh-ost's readers parse (gh-ost-behaviour 9), and more behind.

Pure text from values; and the rhythm in which the line is printed when nobody watches a terminal.
"""

from __future__ import annotations

import math

from ghostshift.core.progress import Snapshot
from ghostshift.model.phase import Phase
from ghostshift.model.shown import one_line


def duration(seconds: float) -> str:
    """Go style without fractions: 0s, 59s, 1m3s, 2h0m5s."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def eta_text(snapshot: Snapshot) -> str:
    """`due`, `N/A` or a duration."""
    if snapshot.eta_seconds is None:
        return "N/A"
    if snapshot.percent >= 100.0:
        return "due"
    return duration(snapshot.eta_seconds)


def status_line(snapshot: Snapshot) -> str:
    """One line: gh-ost's fields, then, where there is something to say, ours."""
    line = (
        f"Copy: {snapshot.rows_copied}/{snapshot.rows_estimate} {snapshot.percent:.1f}%; "
        f"Applied: {snapshot.applied}; Backlog: {snapshot.backlog}/{snapshot.capacity}; "
        f"Time: {duration(snapshot.elapsed)}(total), {duration(snapshot.copy_elapsed)}(copy); "
        f"streamer: {snapshot.position}; Lag: {snapshot.inspected_lag:.2f}s, HeartbeatLag: {snapshot.lag:.2f}s, "
        f"State: {snapshot.state}; ETA: {eta_text(snapshot)}"
    )
    if snapshot.verification is not None and snapshot.phase is Phase.VERIFYING:
        line = f"{line}; {snapshot.verification.text}"
    if snapshot.doing:
        line = f"{line}; {snapshot.doing}"
    if snapshot.restarts:
        line = f"{line}; resumed"
    return one_line(f"{line}; {snapshot.verdict}" if snapshot.verdict else line)


class Rhythm:
    """Whether a status line is due at this second: every one at first and near the end, then every 5, then every 30.

    For a minute after a point of interest it is every 5.
    """

    def __init__(self) -> None:
        self._last = -1

    def due(self, snapshot: Snapshot, since_interest: float = math.inf) -> bool:
        """Ask on each tick; true at most once a second. `since_interest`: seconds since something happened."""
        second = int(snapshot.elapsed)
        if second == self._last:
            return False
        self._last = second
        eta = snapshot.eta_seconds
        if second <= 60 or eta is None or eta <= 60:
            return True
        if second <= 180 or eta <= 180 or since_interest <= 60:
            return second % 5 == 0
        return second % 30 == 0
