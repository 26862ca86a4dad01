"""Counts the rows of the original, for an exact progress (--exact-rowcount): beside the copy, or before it.

The count is a long SELECT, which holds the table's metadata lock as any does: it must be over when the copy is, or the
cut-over would wait for it. It is only ever for show, so no failure of it stops a migration; each is told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ghostshift.model.errors import ServerError
from ghostshift.model.names import TableName
from ghostshift.mysql.session import Session, SessionPool, kill_queries
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql.statements import count_rows
from ghostshift.workers.sampler import RowEstimate
from ghostshift.workers.streamer import StreamReading

Told = Callable[[int], None]
"""Somebody who is told of the number of rows once it is known."""


def _nobody(_: int) -> None:
    """Nobody is told."""


class _Running:
    """The session that counts, while it does; shared through Guarded."""

    def __init__(self) -> None:
        self.session: Session | None = None
        self.unwanted = False


class RowCounter:
    """See the module. `run` is for a thread of its own; `end` is called by another."""

    def __init__(
        self, table: TableName, pool: SessionPool, board: StatusBoard, stop: Stop, told: Told = _nobody
    ) -> None:
        self._table = table
        self._pool = pool
        self._board = board
        self._stop = stop
        self._told = told
        self._running = Guarded(_Running(), stop)
        self._log = logging.getLogger("ghostshift")

    def run(self) -> None:
        """Count, publish, tell."""
        try:
            with self._pool.session() as session:
                with self._running.open() as running:
                    if running.unwanted:
                        return
                    running.session = session
                try:
                    rows = count(session, self._table, self._board)
                finally:
                    with self._running.open() as running:
                        running.session = None
        except ServerError as error:
            with self._running.open() as running:
                unwanted = running.unwanted
            if not (unwanted or self._stop.is_set()):
                self._log.warning("the rows of %s could not be counted, progress stays a guess: %s", self._table, error)
            return
        self._told(rows)

    def end(self) -> None:
        """Give the count up, and tell the server so."""
        with self._running.open() as running:
            running.unwanted = True
            session = running.session
        if session is not None:
            self._log.info("the copy is done before all rows of %s were counted", self._table)
            session.abort()
            try:
                kill_queries(self._pool.endpoint, [session.id])
            except ServerError as error:
                self._log.warning(
                    "the server could not be told to stop counting, which the lock may wait for: %s", error
                )


def count(session: Session, table: TableName, board: StatusBoard) -> int:
    """Count the rows through this session, and publish their number. Raises ServerError.

    What the log told before the count began is in it, and what it tells from then on is added: see sampler.
    """
    reading = board.read(StreamReading)
    before = reading.growth if reading is not None else 0
    rows = int(session.one(count_rows(table))[0])
    board.publish(RowEstimate(rows - before, exact=True))
    return rows
