"""Writes into the changelog what was printed: how many chunks are copied, and the state, each time a status line comes.

A face prints, and must not touch a server; so it leaves word on the board, and this worker writes. One thread; it has
no session before there is something to write.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ghostshift.model.messages import Printed
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import Session
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.copier import CopyTally

TICK = 0.25
"""Seconds between two looks."""


class Scribe:
    """See the module."""

    def __init__(
        self,
        connect: Callable[[], Session],
        changelog: Changelog,
        board: StatusBoard,
        tally: Guarded[CopyTally],
        stop: Stop,
        *,
        attempts: int,
    ) -> None:
        self._connect = connect
        self._changelog = changelog
        self._board = board
        self._tally = tally
        self._stop = stop
        self._attempts = attempts
        self._session: Session | None = None

    def run(self) -> None:
        """Write until stopped. Raises what writing raises after `attempts` tries."""
        try:
            while not self._stop.wait(TICK):
                printed = self._board.take(Printed)
                if printed is not None:
                    retrying(partial(self._write, printed), self._stop, self._attempts, recover=self._lost)
        finally:
            self._lost()

    def _write(self, printed: Printed) -> None:
        if self._session is None:
            self._session = self._connect()
        with self._tally.open() as tally:
            iteration = tally.chunks
        self._changelog.printed(self._session, iteration, printed.state)

    def _lost(self, _: object = None) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
