"""Waiting for a server that has gone: bounded, for all to see, and over at once where somebody wants to stop.

The server is asked again and again in a thread of its own, for a connection to a host that is dead takes as long as it
likes to fail. Whoever asks how the migration stands meanwhile is told so, by the last figures that there were.
Must never decide what is to be done with the server that answers.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from ghostshift.core.checks import check_writable
from ghostshift.core.progress import PointOfInterest, Snapshot
from ghostshift.core.throttling import Readings, Verdict
from ghostshift.core.verifying import VerifyProgress
from ghostshift.model.errors import MigrationError, Refused, ServerError
from ghostshift.model.messages import Unpostpone
from ghostshift.model.options import Options
from ghostshift.model.phase import Phase
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop, WorkerGroup
from ghostshift.runtime.meter import Meter
from ghostshift.workers import topology
from ghostshift.workers.sampler import CopyClock
from ghostshift.workers.streamer import StreamReading

SAY_EVERY = 10.0
"""Seconds between two words about a server that is waited for."""

ASK_EVERY = 1.0

AT_LEAST = 10.0
"""Seconds for the first answer of a server that is there, however short it is to be waited for."""

SHOW_EVERY = 0.25

OF_A_RUN = (CopyClock, Readings, StreamReading, Unpostpone, Verdict, VerifyProgress)
"""What stands on the board is true of the run that put it there, but for what people have set."""

_log = logging.getLogger("ghostshift")


class Waiting:
    """One wait. For the conductor's thread only."""

    def __init__(self, options: Options, board: StatusBoard, stop: Stop, began: float, why: str) -> None:
        """`began`: when this process did; `why`: what was said when the server went away."""
        self._options = options
        self._board = board
        self._stop = stop
        self._process_began = began
        self._since = stop.now()
        self._said = float("-inf")
        self._last = board.read(Snapshot)
        self.problem = why
        """What was said last."""

    def over(self) -> bool:
        """Whether the server answers; false where it did not in time. Raises the cause of a stop."""
        self._board.publish(Phase.WAITING)
        self._board.publish(PointOfInterest(self._since))
        try:
            while not self._stop.is_set():
                if self._answers():
                    return True
                if self._left() <= 0:
                    return False
                self._stop.wait(min(ASK_EVERY, self._left()))
            self._stop.raise_cause()
            return False
        finally:
            Meter.of(self._board).slept("server_wait", self._stop.now() - self._since)
            for kind in OF_A_RUN:
                self._board.take(kind)

    def _left(self) -> float:
        return self._options.recovery.server_seconds - (self._stop.now() - self._since)

    def _late(self) -> bool:
        """Whether no answer is waited for any more; the first has some time in any case."""
        return self._left() <= 0 and self._stop.now() - self._since > AT_LEAST

    def _answers(self) -> bool:
        """Ask once; an answer that does not come before time is up, or before a stop, is none."""
        came = threading.Event()
        trouble: list[MigrationError] = []

        def ask() -> None:
            try:
                check_writable(topology.find(self._options, asking).migrated.facts, self._options)
            except (ServerError, Refused) as error:
                trouble.append(error)
            came.set()

        asking = Stop(self._stop)
        with self._stop.heard_by(asking.set), WorkerGroup(asking, lambda: None, deadline=SHOW_EVERY) as group:
            group.start("waiting", ask, harmless=True)
            while True:
                self._show()
                if came.wait(SHOW_EVERY) or self._late() or asking.is_set():
                    break
        if trouble:
            self.problem = str(trouble[0])
            self._say()
        return came.is_set() and not trouble

    def _say(self) -> None:
        if self._stop.now() - self._said >= SAY_EVERY and not self._stop.is_set():
            self._said = self._stop.now()
            _log.warning("%s", self._text())

    def _text(self) -> str:
        left = max(0.0, self._left())
        return f"waiting for the server, for {left:.0f} more seconds at the most: {self.problem}"

    def _show(self) -> None:
        last, now = self._last, self._stop.now()
        if last is not None:
            self._board.publish(
                replace(
                    last,
                    phase=Phase.WAITING,
                    rows_per_second=0.0,
                    changes_per_second=0.0,
                    applied_per_second=0.0,
                    lag=last.lag + now - self._since,
                    elapsed=now - self._process_began,
                    eta_seconds=None,
                    throttled="",
                    verdict=self._text(),
                )
            )
