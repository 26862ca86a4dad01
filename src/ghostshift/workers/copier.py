"""The copier: chunk after chunk from the original to the ghost. Several threads run `Copier.run`; each has its session.

A chunk is in flight from before its statement is sent until its commit is known, or until a lost session is known to be
dead: only then is its range free again (invariant 3). Where the next range begins is decided by one thread at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.core.gapless import Gapless
from ghostshift.core.sizing import ChunkSizer
from ghostshift.model.change import Keys
from ghostshift.model.chunk import Chunk
from ghostshift.model.errors import ServerError
from ghostshift.model.key import Key
from ghostshift.model.notice import Turn
from ghostshift.model.options import Tunables
from ghostshift.model.plan import Plan
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import RenewableSession, Result, SessionPool
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.runtime.meter import Meter
from ghostshift.runtime.notifier import Notifier
from ghostshift.sql import losses, statements
from ghostshift.sql.literals import parse_key
from ghostshift.workers.culprits import Culprits
from ghostshift.workers.gate import Gate
from ghostshift.workers.guard import UniquenessGuard
from ghostshift.workers.helping import Helping
from ghostshift.workers.losses import Losses
from ghostshift.workers.throttler import wait_for_go
from ghostshift.workers.warnings import WarningWatch, between

T = TypeVar("T")


@dataclass(slots=True)
class CopyTally:
    """What the copy has done so far; shared through Guarded."""

    rows: int = 0
    chunks: int = 0
    retries: int = 0
    chunk_rows: int = 0
    """Rows of the last chunk that was cut."""
    again: bool = False
    """An earlier run may have copied some of these rows: then each counts that is read, not only those written."""


class Copier:
    """See the module."""

    def __init__(
        self,
        plan: Plan,
        pool: SessionPool,
        buffer: Guarded[DeltaBuffer],
        front: Guarded[CopyFront],
        tally: Guarded[CopyTally],
        sizer: ChunkSizer,
        board: StatusBoard,
        stop: Stop,
        watch: WarningWatch,
        losses: Losses,
        gate: Gate,
        *,
        attempts: int,
        seconds: float = 0.0,
    ) -> None:
        """`seconds`: how long a chunk should take; 0 is what the pace says."""
        self._plan = plan
        self._pool = pool
        self._buffer = buffer
        self._front = front
        self._tally = tally
        self._sizer = sizer
        self._board = board
        self._stop = stop
        self._watch = watch
        self._losses = losses
        self._gate = gate
        self._seconds = seconds
        self._attempts = attempts
        self._cutting = threading.Lock()
        self._guard = UniquenessGuard(plan)
        self._gapless = Gapless(plan.key)

    def run(self, number: int) -> None:
        """Copy chunks as copier `number` (from 1) until none is left. Raises DataLossError, ServerError."""
        helping = Helping(self._pool, self._board, self._stop, first=number == 1)
        try:
            while self._may_go_on() and self._gate.enter(number, self._all_handed_out, helping.tidy):
                try:
                    with helping.session() as worker:
                        seconds = self._turn(worker) if worker is not None else 0.0
                finally:
                    self._gate.leave()
                if worker is not None:
                    self._gate.rest(seconds)
                else:
                    helping.later()
        finally:
            helping.close()

    def _turn(self, worker: RenewableSession) -> float:
        """Copy the next range, if there is one; the seconds that it took."""
        chunk = self._next(worker)
        return self._copy(worker, chunk) if chunk is not None else 0.0

    def _all_handed_out(self) -> bool:
        with self._front.open() as front:
            return front.dispatched_all or front.limit is None

    def _next(self, worker: RenewableSession) -> Chunk | None:
        """Cut the next range off, or None when all are handed out."""
        with self._cutting:
            with self._front.open() as front:
                after, limit, complete = front.after, front.limit, front.dispatched_all
            if complete or limit is None:
                return None
            self._sizer.aim(self._seconds or self._gate.pace.chunk_seconds)
            upto, rows = self._cut(worker, after, limit)
            with self._front.open() as front:
                chunk = front.dispatch(upto, rows)
        with self._tally.open() as tally:
            tally.chunk_rows = rows
        return chunk

    def _cut(self, worker: RenewableSession, after: Key | None, limit: Key) -> tuple[Key, int]:
        """Where the next range ends, and how many rows it was meant to have."""
        fixed = self._board.get(Tunables, Tunables()).chunk_size
        rows = self._sizer.rows(fixed)
        upto = self._chunk_end(worker, after, limit, rows)
        shared = not fixed and self._gate.pace.threads > 1
        if upto == limit and shared and (less := self._sizer.last(rows)) < rows:
            return self._chunk_end(worker, after, limit, less), less
        return upto, rows

    def _chunk_end(self, worker: RenewableSession, after: Key | None, limit: Key, rows: int) -> Key:
        counted = self._gapless.end(after, limit, rows)
        if counted is not None:
            return counted
        statement = statements.chunk_end(self._plan, after, limit, rows)
        found = retrying(
            lambda: self._queried("range_select", "source", lambda: worker.session.query(statement)),
            self._stop,
            self._attempts,
            recover=lambda _: worker.renew(),
            hold=self._hold,
        )
        return parse_key(self._plan.key, found[0]) if found else limit

    def _copy(self, worker: RenewableSession, chunk: Chunk) -> float:
        """Copy a range; the seconds that it took, without those in which it was throttled."""
        copying = losses.copy if self._losses.accepted else statements.copy_chunk
        statement = copying(self._plan, chunk)
        began = self._stop.now()

        def hold() -> None:
            nonlocal began
            since = self._stop.now()
            self._hold()
            began += self._stop.now() - since

        try:
            result: Result = retrying(
                lambda: self._queried("chunk_copy", "target", lambda: worker.session.execute(statement)),
                self._stop,
                self._attempts,
                recover=lambda _: worker.renew(),
                on_retry=self._count_retry,
                hold=hold,
            )
        except ServerError as error:
            self._watch.explain(error, between(chunk.after, chunk.upto), lambda: self._culprits(worker, chunk))
            raise
        if result.warnings:
            where = between(chunk.after, chunk.upto)
            self._watch.check(worker.session, result, where, lambda: self._culprits(worker, chunk))
        seconds = self._stop.now() - began
        # A row that is there already counts as no duplicate for the server, since nothing of it changes.
        if result.records > result.affected or result.warnings:
            self._look_again(worker, chunk, result)
        with self._front.open() as front:
            front.finish(chunk)
        self._sizer.ended(result.records, seconds)
        self._gapless.ended(chunk, result.records)
        with self._tally.open() as tally:
            tally.rows += result.records if tally.again else result.affected
            tally.chunks += 1
        return seconds

    def _look_again(self, worker: RenewableSession, chunk: Chunk, result: Result) -> None:
        """Rows that were left out are owed as if they had changed; before the chunk ends, or the swap comes first."""
        if self._losses.accepted:
            found = self._losses.needs_look(worker.session, result)
        else:
            found = self._guard.needed and result.records > result.affected
        if not found:
            return
        who = self._losses if self._losses.accepted else self._guard
        missing = retrying(
            lambda: who.left_out(worker.session, chunk),
            self._stop,
            self._attempts,
            recover=lambda _: worker.renew(),
            hold=self._hold,
        )
        if missing:
            with self._buffer.open() as buffer:
                buffer.put(Keys("original", changed=missing, gone=[]))

    def _culprits(self, worker: RenewableSession, chunk: Chunk) -> str:
        return Culprits(self._plan, worker.session, self._stop.now).in_chunk(chunk)

    def _queried(self, kind: str, side: str, ask: Callable[[], T]) -> T:
        """Ask the server, and drop on the meter how long it took."""
        began, outcome = self._stop.now(), "error"
        try:
            answer = ask()
            outcome = "ok"
        finally:
            seconds = self._stop.now() - began
            Meter.of(self._board).milliseconds("query.duration", seconds, side=side, kind=kind, outcome=outcome)
        return answer

    def _hold(self) -> None:
        self._may_go_on()

    def _may_go_on(self) -> bool:
        """Wait while throttled; false when stopped."""
        began = self._stop.now()
        go = wait_for_go(self._board, self._stop)
        seconds = self._stop.now() - began
        if seconds > 0.01:
            Meter.of(self._board).slept("chunk_throttle", seconds)
        return go

    def _count_retry(self, error: ServerError, __: int) -> None:
        with self._tally.open() as tally:
            tally.retries += 1
        Notifier.of(self._board).tell(Turn.BATCH_COPY_RETRY, last_batch_copy_error=str(error))
