"""Tells the status every so many seconds, from the first snapshot on. One thread: a slow hook delays only the next one.

None is begun while an attempt of the cut-over is at work.
"""

from __future__ import annotations

from ghostshift.core.progress import Snapshot
from ghostshift.model.notice import Turn
from ghostshift.model.phase import Phase
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.notifier import Notifier
from ghostshift.status import status_line

TICK = 0.25


class StatusTeller:
    """See the module."""

    def __init__(self, board: StatusBoard, seconds: float, stop: Stop) -> None:
        self._board = board
        self._seconds = seconds
        self._stop = stop

    def run(self) -> None:
        """Tell until stopped."""
        due = self._stop.now()
        while not self._stop.wait(TICK):
            snapshot = self._board.read(Snapshot)
            if snapshot is None or not snapshot.position or self._stop.now() < due:
                continue
            if self._board.get(Phase, Phase.INSPECTING) is Phase.CUTTING_OVER:
                continue
            Notifier.of(self._board).tell(Turn.STATUS, status=status_line(snapshot))
            while due <= self._stop.now():
                due += self._seconds
