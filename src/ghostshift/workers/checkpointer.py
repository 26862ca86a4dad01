"""The checkpointer: saves from time to time how far the migration is, so that another process can go on with it.

A checkpoint is a moment of the past. First it is looked how far copy and verification are, then the delta buffer tells
a moment and the log's position at it; once all that was owed at that moment is applied, what was seen is true of the
server's tables, and is written (invariant 8). Nothing waits for it but the checkpoint itself. Under a throttle nothing
is applied, so no new checkpoint comes; the last one stays right.

Must never write a moment that is not settled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from ghostshift.core.checkpoints import portable
from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.model.checkpoint import Compared, Totals
from ghostshift.model.errors import ServerError
from ghostshift.model.key import KeySpec
from ghostshift.model.position import Position
from ghostshift.mysql.packet import TOO_LARGE
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import RenewableSession, Session, SessionPool
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.copier import CopyTally
from ghostshift.workers.journal import Journal

LOOK = 0.5
"""Seconds between two looks whether there is a stop while a moment is waited for."""

SAMPLES = 100
"""Looks at the log's end that are remembered."""

_log = logging.getLogger("ghostshift")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Whom the checkpointer asks."""

    spec: KeySpec
    front: Guarded[CopyFront]
    buffer: Guarded[DeltaBuffer]
    tally: Guarded[CopyTally]
    compared: Callable[[], Compared]
    totals: Callable[[], Totals]
    lost: Callable[[], tuple[int, int]]
    """Rows and values, where a loss was accepted."""
    logged: Callable[[Session], tuple[Position, str]] | None = None
    """The end of the log, and transactions that lie before it; None where the server keeps no GTIDs."""
    reading: SessionPool | None = None
    """Sessions on the server whose log is read."""


class Checkpointer:
    """See the module. One thread."""

    def __init__(
        self, journal: Journal, sources: Sources, pool: SessionPool, stop: Stop, *, seconds: float, attempts: int
    ) -> None:
        self._journal = journal
        self._sources = sources
        self._pool = pool
        self._stop = stop
        self._seconds = seconds
        self._attempts = attempts
        self._samples: list[tuple[Position, str]] = []

    def run(self) -> None:
        """Save until stopped. Raises what writing raises after `attempts` tries."""
        worker = RenewableSession(self._pool, self._stop)
        log = self._sources.reading or self._pool
        reader = worker if log is self._pool else RenewableSession(log, self._stop)
        try:
            while not self._stop.is_set():
                self._sample(reader)
                if not self._stop.wait(self._seconds):
                    self._try(worker)
        finally:
            for session in {worker, reader}:
                session.close()

    def _try(self, worker: RenewableSession) -> None:
        """Save. A moment with so many suspects that the server would not take it is passed over: there are others."""
        try:
            self.save(worker)
        except ServerError as error:
            if error.errno != TOO_LARGE:
                raise
            _log.warning("the last checkpoint stays for now, this one is too large: %s", error)

    def save(self, worker: RenewableSession) -> None:
        """Save the present moment, once it is settled. Raises ServerError."""
        sources = self._sources
        compared = sources.compared()
        with sources.front.open() as front:
            copied, done = front.watermark, front.done
        with sources.tally.open() as tally:
            rows, chunks = tally.rows, tally.chunks
        lost, changed = sources.lost()
        totals = sources.totals()
        with sources.buffer.open() as buffer:
            moment = buffer.moment()
        if moment.position is None:
            return
        while not sources.buffer.wait_until(lambda buffer: buffer.settled(moment.mark), LOOK):
            if self._stop.is_set():
                return
        self._journal.save(
            lambda statement: self._execute(worker, statement),
            position=moment.position,
            prepared=tuple(sorted(xid.hex() for xid in moment.prepared)),
            gtids=self._gtids(moment.position),
            copied=portable(sources.spec, copied),
            copy_done=done,
            opened=True,
            rows=rows,
            chunks=chunks,
            rows_lost=lost,
            values_changed=changed,
            compared=compared,
            totals=totals,
        )

    def _execute(self, worker: RenewableSession, statement: str) -> None:
        retrying(
            lambda: worker.session.execute(statement), self._stop, self._attempts, recover=lambda _: worker.renew()
        )

    def _sample(self, reader: RenewableSession) -> None:
        logged = self._sources.logged
        if logged is not None:
            found = retrying(
                lambda: logged(reader.session), self._stop, self._attempts, recover=lambda _: reader.renew()
            )
            self._samples = [*self._samples[-SAMPLES:], found]

    def _gtids(self, position: Position) -> str:
        """Transactions that all lie before the position: those of the last look that was not beyond it."""
        known = [gtids for at, gtids in self._samples if at <= position]
        return known[-1] if known else self._journal.last.gtids
