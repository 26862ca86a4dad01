"""The verifier: compares the ghost with the original, range by range, while both are live.

Behind the copy: only what lies below the copy's watermark, where every row is either copied or owed by the delta
buffer; the rest once the copy has ended, both ends open. No lock, no long snapshot: one statement for each range, whose
view holds both tables. A range that differs is looked at row by row, and its suspects go to workers.inquiry. One thread
runs `run`; once the copy has ended others may help by `run_lane`.

It must never compare what the copy has not finished, and never end while a suspect is open that is not hot.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ghostshift.core.checkpoints import key_of, portable
from ghostshift.core.front import CopyFront
from ghostshift.core.sizing import ChunkSizer
from ghostshift.core.verifying import Suspects, VerifyProgress
from ghostshift.model.checkpoint import Compared
from ghostshift.model.comparison import Stray, Sums
from ghostshift.model.key import Key
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import RenewableSession, Session, SessionPool
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.comparer import Comparer
from ghostshift.workers.gate import Gate
from ghostshift.workers.inquiry import Inquiry, spellings
from ghostshift.workers.throttler import wait_for_go

T = TypeVar("T")

PACE = 0.03
"""Seconds between two looks whether the inquiry can go on."""

IDLE = 0.25
"""Seconds between two looks whether there is something to do at all."""


@dataclass(slots=True)
class _Walk:
    """Where the comparison is; shared through Guarded."""

    after: Key | None = None
    """The end of the last range that was handed out in this pass."""
    number: int = 1
    handed_out: bool = False
    """The last range of the last pass is handed out."""
    comparing: list[tuple[int, Key | None]] = field(default_factory=list)
    """Ranges that are being compared, the oldest first: pass and beginning."""
    extras_after: Key | None = None
    """Where the walk along the ghost is, in terms of the ghost's key."""
    extras_seen: bool = False
    """The ghost was walked along; or needs not be, since its ranges are those of the original."""
    rows: int = 0
    complete: bool = False


@dataclass(frozen=True, slots=True)
class _Range:
    after: Key | None
    upto: Key | None
    """None is the open end."""


class Verifier:
    """See the module."""

    def __init__(
        self,
        pool: SessionPool,
        front: Guarded[CopyFront],
        comparer: Comparer,
        suspects: Guarded[Suspects],
        inquiry: Inquiry,
        sizer: ChunkSizer,
        board: StatusBoard,
        stop: Stop,
        gate: Gate,
        *,
        passes: int,
        attempts: int,
    ) -> None:
        self._pool = pool
        self._front = front
        self._comparer = comparer
        self._suspects = suspects
        self._inquiry = inquiry
        self._sizer = sizer
        self._board = board
        self._stop = stop
        self._gate = gate
        self._passes = passes
        self._attempts = attempts
        self._cutting = threading.Lock()
        self._walk = Guarded(_Walk(extras_seen=not comparer.comparison.own_order), stop)

    def run(self) -> None:
        """Compare until every row was compared as often as is wanted and no suspect is left, but hot ones."""
        worker = RenewableSession(self._pool, self._stop)
        try:
            while wait_for_go(self._board, self._stop):
                moved = self._inquiry.step(worker)
                moved = self._compare_next(worker) or self._look_for_extras(worker) or moved
                if moved:
                    self._publish()
                elif self._over():
                    return
                else:
                    self._await_work()
        finally:
            worker.close()

    def run_lane(self) -> None:
        """Help comparing, until all ranges are handed out. Only once the copy has ended."""
        worker = RenewableSession(self._pool, self._stop)
        try:
            while wait_for_go(self._board, self._stop):
                if not self._compare_next(worker):
                    with self._walk.open() as walk:
                        if walk.handed_out:
                            return
                    self._stop.wait(PACE)
        finally:
            worker.close()

    def _await_work(self) -> None:
        """Until the copy has finished another chunk; not for long where a step of the inquiry may be due."""
        with self._front.open() as front, self._suspects.open() as suspects:
            copying = not front.done and not len(suspects)
        if copying:
            self._front.wait_until(lambda front: bool(front.finished) or front.done, IDLE)
        else:
            self._stop.wait(PACE)

    def compared(self) -> Compared:
        """How far it is, for a checkpoint: what lies before is compared, and what differed is in it."""
        spec = self._comparer.comparison.left_key
        with self._walk.open() as walk, self._suspects.open() as suspects:
            number, after = walk.comparing[0] if walk.comparing else (walk.number, walk.after)
            # A Stray is found again by walking along the ghost once more.
            keys = suspects.keys
            known = [key for key in keys if not isinstance(key, Stray)]
            return Compared(
                after=portable(spec, after),
                number=number,
                handed_out=walk.handed_out and not walk.comparing,
                extras_seen=walk.extras_seen and len(known) == len(keys),
                rows=walk.rows,
                explained=suspects.explained,
                repaired=suspects.repaired,
                suspects=tuple(key for key in (portable(spec, one) for one in known) if key is not None),
            )

    def go_on(self, compared: Compared) -> None:
        """Begin where an earlier run was. Before anybody runs. Raises ValueError for keys that are none."""
        spec = self._comparer.comparison.left_key
        with self._walk.open() as walk, self._suspects.open() as suspects:
            walk.after, walk.number = key_of(spec, compared.after), min(compared.number, self._passes)
            walk.handed_out = compared.handed_out and compared.number >= self._passes
            walk.extras_seen = walk.extras_seen or compared.extras_seen
            walk.rows = compared.rows
            suspects.explained, suspects.repaired = compared.explained, compared.repaired
            found = [key_of(spec, key) for key in compared.suspects]
            suspects.add({key: (key,) for key in found if key is not None})

    def wait(self, seconds: float) -> bool:
        """Whether all is done within `seconds`."""
        return self._walk.wait_until(lambda walk: walk.complete, seconds)

    # -- ranges

    def _compare_next(self, worker: RenewableSession) -> bool:
        """Compare the next range, if there is one to be had now."""
        with self._suspects.open() as suspects:
            if suspects.full:
                return False
        handed = self._hand_out(worker)
        if handed is None:
            return False
        number, bounds = handed
        if not self._gate.enter(1, lambda: False):
            self._stop.raise_cause()
        began = self._stop.now()
        try:
            sums = self._compare(worker, bounds)
        finally:
            self._gate.leave()
        # Not where that failed: a checkpoint would take the range for compared (invariant 8).
        with self._walk.open() as walk:
            walk.comparing.remove((number, bounds.after))
            walk.rows += sums.rows_left
        seconds = self._stop.now() - began
        self._sizer.ended(sums.rows_left, seconds)
        self._gate.rest(seconds)
        return True

    def _look_for_extras(self, worker: RenewableSession) -> bool:
        """Where the ghost's key has an order of its own: walk along it, for rows that the original does not have."""
        with self._walk.open() as walk, self._suspects.open() as suspects:
            if not walk.handed_out or walk.extras_seen or suspects.full:
                return False
            after = walk.extras_after
        rows = self._sizer.rows(0)
        stretch = self._ask(worker, lambda session: self._comparer.extras(session, session, after, rows))
        with self._walk.open() as walk, self._suspects.open() as suspects:
            suspects.add(spellings(stretch.found))
            walk.extras_after = stretch.upto
            walk.extras_seen = stretch.upto is None
        return True

    def _compare(self, worker: RenewableSession, bounds: _Range) -> Sums:
        after, upto = bounds.after, bounds.upto
        sums = self._ask(worker, lambda session: self._comparer.same(session, session, after, upto))
        if not sums.equal:
            found = self._ask(worker, lambda session: self._comparer.differing(session, session, after, upto))
            with self._suspects.open() as suspects:
                suspects.add(spellings(found))
        return sums

    def _hand_out(self, worker: RenewableSession) -> tuple[int, _Range] | None:
        """The next range, and of which pass it is."""
        with self._cutting:
            with self._walk.open() as walk:
                if walk.handed_out:
                    return None
                after, number = walk.after, walk.number
            bounds = self._behind_the_copy(worker, after) if number == 1 else self._cut(worker, after, None)
            if bounds is None:
                return None
            with self._walk.open() as walk:
                walk.comparing.append((number, after))
                walk.after = bounds.upto
                if bounds.upto is None:
                    walk.number = min(number + 1, self._passes)
                    walk.handed_out = number == self._passes
            return number, bounds

    def _behind_the_copy(self, worker: RenewableSession, after: Key | None) -> _Range | None:
        """The next range below the watermark: as the copy cut it where that is known; at last the open end."""
        wanted = self._sizer.rows(0)
        with self._front.open() as front:
            finished, rows, upto = front.finished, 0, after
            while finished and finished[0].after == upto and (not rows or rows + finished[0].rows <= wanted):
                chunk = finished.popleft()
                rows, upto = rows + chunk.rows, chunk.upto
            if rows:
                return _Range(after, upto)
            limit = finished[0].after if finished else front.watermark
            done = front.done
        if limit != after:
            return self._cut(worker, after, limit)
        return self._cut(worker, after, None) if done else None

    def _cut(self, worker: RenewableSession, after: Key | None, upto: Key | None) -> _Range:
        rows = self._sizer.rows(0)
        end = self._ask(worker, lambda session: self._comparer.chunk_end(session, after, rows, upto))
        return _Range(after, upto if end is None else end)

    def _ask(self, worker: RenewableSession, question: Callable[[Session], T]) -> T:
        return retrying(
            lambda: question(worker.session),
            self._stop,
            self._attempts,
            recover=lambda _: worker.renew(),
            hold=lambda: wait_for_go(self._board, self._stop),
        )

    # -- how far it is

    def _over(self) -> bool:
        """Whether all is compared and explained, but for what is left to the last look; it is said on the board."""
        with self._walk.open() as walk, self._suspects.open() as suspects:
            complete = walk.handed_out and walk.extras_seen and not walk.comparing and suspects.only_hot
        if complete:
            self._publish(complete=True)  # before anybody who waits for it looks
            with self._walk.open() as walk:
                walk.complete = True
        return complete

    def _publish(self, *, complete: bool = False) -> None:
        with self._walk.open() as walk, self._suspects.open() as suspects:
            progress = VerifyProgress(
                rows=walk.rows,
                number=walk.number,
                passes=self._passes,
                suspects=len(suspects),
                explained=suspects.explained,
                repaired=suspects.repaired,
                hot=len(suspects.hot),
                wrong=tuple(map(self._comparer.show, suspects.wrong)),
                complete=complete,
            )
        self._board.publish(progress)
