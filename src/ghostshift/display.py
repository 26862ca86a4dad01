"""The plain lines of a migration's standard output where that is no terminal. A face: it reads the board, no more."""

from __future__ import annotations

import math
import sys
from typing import TextIO

from ghostshift.core.progress import PointOfInterest, Snapshot
from ghostshift.hint import hint
from ghostshift.model.messages import Echo, Printed
from ghostshift.model.phase import Phase
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.status import Rhythm, status_line

TICK = 0.25

HINT_EVERY = 600
"""Seconds between two hint blocks."""

BEFORE_END_OF_COPY = {Phase.INSPECTING, Phase.PREPARING, Phase.COPYING}
DRAINED = {Phase.CUTTING_OVER, Phase.CLEANING, Phase.DONE}


class PlainDisplay:
    """Prints status lines in gh-ost's rhythm, the hint block now and then, and the answers to commands.

    At the start, at the end of the row copy, and when the tables are locked there is a line in any case.
    """

    def __init__(self, board: StatusBoard, stop: Stop, out: TextIO | None = None) -> None:
        self._board = board
        self._stop = stop
        self._out = out or sys.stdout
        self._rhythm = Rhythm()
        self._hinted = -1
        self._phase = Phase.INSPECTING

    def run(self) -> None:
        """Print until stopped, and once more at the end."""
        while not self._stop.wait(TICK):
            self._echo()
            snapshot = self._board.read(Snapshot)
            if snapshot is not None and snapshot.position:
                self._look(snapshot)
        self._echo()
        snapshot = self._board.read(Snapshot)
        if snapshot is not None:
            self._look(snapshot, last=True)

    def _look(self, snapshot: Snapshot, *, last: bool = False) -> None:
        since = self._stop.now() - self._board.get(PointOfInterest, PointOfInterest(-math.inf)).at
        copied = self._phase in BEFORE_END_OF_COPY and snapshot.phase not in BEFORE_END_OF_COPY
        drains = self._phase not in DRAINED and snapshot.phase in DRAINED
        self._phase = snapshot.phase
        period = int(snapshot.elapsed) // HINT_EVERY
        if drains or period != self._hinted:
            self._hinted = period
            self._write(hint(self._board))
        if self._rhythm.due(snapshot, since) or copied or drains or last:
            self._write(status_line(snapshot) + "\n")
            self._board.publish(Printed(snapshot.state))

    def _echo(self) -> None:
        echo = self._board.take(Echo)
        for text in echo.texts if echo is not None else ():
            self._write(text)

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
