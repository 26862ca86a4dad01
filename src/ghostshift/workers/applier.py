"""The applier: takes keys from the delta buffer and makes the ghost's rows equal to the original's. Several threads.

One generation at a time: take, barrier, judge, apply in parallel batches, settle. The next generation begins when the
last batch of this one has ended, so no key, nor another key that the collation calls equal, is ever applied twice at
once (invariants 5 and 6). Copying goes on meanwhile (invariants 3 and 4 are the front's to judge).

It must never apply a key before its barrier has returned (invariant 1).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from ghostshift.core.batching import Batch, batches
from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.core.pacing import Pace
from ghostshift.model.change import Keys
from ghostshift.model.errors import ConnectionLost, DataLossError, ServerError
from ghostshift.model.key import Key
from ghostshift.model.options import Tunables
from ghostshift.model.plan import Plan
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import RenewableSession, Session, SessionPool
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql import statements
from ghostshift.workers import culprits
from ghostshift.workers.applying import apply_guarded
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.culprits import Culprits
from ghostshift.workers.guard import UniquenessGuard
from ghostshift.workers.helping import Helping
from ghostshift.workers.keeping import Keeper
from ghostshift.workers.losses import Job, Losses
from ghostshift.workers.throttler import may_go
from ghostshift.workers.warnings import CHANGED, WarningWatch

PACE = 0.1
"""Seconds between two flushes while little is pending: repeated changes of a row then cost one."""

GENERATION = 20_000
"""Keys in one generation at the most."""

LOCKED_SECONDS = 1.0
"""How long rows that do not fit are looked for while the application waits for the table."""


@dataclass(slots=True)
class _Lanes:
    """Batches of the current generation; shared through Guarded."""

    waiting: deque[Batch] = field(default_factory=deque)
    running: int = 0

    @property
    def empty(self) -> bool:
        return not self.waiting and not self.running


@dataclass(slots=True)
class ApplyState:
    """Pausing, and how fast applying goes; shared through Guarded."""

    paused: bool = False
    flushing: bool = False
    keys_per_second: float = 0.0


class Applier:
    """See the module."""

    def __init__(
        self,
        plan: Plan,
        pool: SessionPool,
        buffer: Guarded[DeltaBuffer],
        front: Guarded[CopyFront],
        changelog: Changelog,
        board: StatusBoard,
        stop: Stop,
        watch: WarningWatch,
        losses: Losses,
        *,
        batch: int,
        most_bytes: int,
        attempts: int,
    ) -> None:
        self._plan = plan
        self._pool = pool
        self._buffer = buffer
        self._front = front
        self._changelog = changelog
        self._board = board
        self._stop = stop
        self._watch = watch
        self._losses = losses
        self._batch = batch
        self._most = most_bytes
        self._attempts = attempts
        self._guard = UniquenessGuard(plan)
        self._keeper = Keeper(plan, watch) if plan.kept else None
        self._held = False
        """Whether the present generation was throttled on its way: then it does not show how fast applying goes."""
        self._lanes = Guarded(_Lanes(), stop)
        self.state = Guarded(ApplyState(), stop)

    def run(self) -> None:
        """Flush generation after generation, until stopped."""
        session = RenewableSession(self._pool, self._stop)
        try:
            while not self._stop.is_set():
                if self._may_flush():
                    try:
                        self._flush(session)
                    finally:
                        with self.state.open() as state:
                            state.flushing = False
        finally:
            session.close()

    def run_lane(self, number: int) -> None:
        """Help with the batches as applier `number` (from 2), until stopped, as long as the pace wants so many."""
        helping = Helping(self._pool, self._board, self._stop)
        try:
            while not self._stop.is_set():
                helping.tidy()
                if self._board.get(Pace, Pace()).appliers < number:
                    self._stop.wait(PACE)
                elif self._lanes.wait_until(lambda lanes: bool(lanes.waiting), 0.5):
                    with helping.session() as session:
                        if session is not None:
                            self._work(session)
                    if session is None:
                        helping.later()
        finally:
            helping.close()

    def pause(self, seconds: float) -> bool:
        """Start no new generation and wait for the present one; false when it takes longer than `seconds`."""
        with self.state.open() as state:
            state.paused = True
        return self.state.wait_until(lambda state: not state.flushing, seconds)

    def resume(self) -> None:
        """Go on."""
        with self.state.open() as state:
            state.paused = False

    def _may_flush(self) -> bool:
        """Wait for work, for the pause to end and for the throttle; true when a flush is due and announced."""
        self._buffer.wait_until(lambda buffer: buffer.pending >= GENERATION // 4, PACE)
        if not may_go(self._board):
            self._stop.wait(PACE)
            return False
        with self.state.open() as state:
            state.flushing = not state.paused
            return state.flushing

    def _flush(self, session: RenewableSession) -> None:
        with self._front.open() as front:
            ended = front.ended_below()
        with self._buffer.open() as buffer:
            generation = buffer.take(ended, GENERATION)
            if not generation:
                buffer.settle(0, 0)
                return
        began, self._held = self._stop.now(), False
        if generation.keys:
            retrying(
                lambda: self._changelog.barrier(session.session),
                self._stop,
                self._attempts,
                recover=lambda _: session.renew(),
                hold=self._hold,
            )
        with self._front.open() as front:
            verdicts = front.judge(generation.keys.items())
            number = front.next_number()
        with self._buffer.open() as buffer:
            buffer.defer(verdicts.defer, number)
        work = dict(generation.ready)
        for key, gone in verdicts.apply.items():
            work[key] = gone or work.get(key, False)
        self._apply(session, work)
        with self._buffer.open() as buffer:
            buffer.settle(len(work), verdicts.discarded)
        if not self._held:
            self._measure(len(work), self._stop.now() - began)

    def _measure(self, keys: int, seconds: float) -> None:
        if keys >= 100:
            rate = keys / max(seconds, 0.001)
            with self.state.open() as state:
                state.keys_per_second = rate if not state.keys_per_second else 0.7 * state.keys_per_second + 0.3 * rate

    def _apply(self, session: RenewableSession, work: dict[Key, bool]) -> None:
        if not work:
            return
        size = self._board.get(Tunables, Tunables()).dml_batch_size or self._batch
        with self._lanes.open() as lanes:
            lanes.waiting.extend(batches(work, size, self._most))
        self._work(session)
        while not self._stop.is_set() and not self._lanes.wait_until(lambda lanes: lanes.empty, 0.5):
            self._work(session)

    def _work(self, session: RenewableSession) -> None:
        """Apply batches while there are any."""
        while not self._stop.is_set():
            self._hold()
            with self._lanes.open() as lanes:
                if not lanes.waiting:
                    return
                batch = lanes.waiting.popleft()
                lanes.running += 1
            self._apply_batch(session, batch)
            with self._lanes.open() as lanes:
                lanes.running -= 1

    def _apply_batch(self, session: RenewableSession, batch: Batch) -> None:
        job = Job(dict.fromkeys(key for key, _ in batch))

        def attempt() -> None:
            if self._losses.accepted:
                self._owe(self._losses.write(session.session, job))
            elif self._keeper is not None:
                self._keeper.write(session.session, batch)
            else:
                apply_keys(session.session, self._plan, batch, self._guard, self._watch)

        def renew(_: ConnectionLost) -> None:
            session.renew()

        try:
            retrying(attempt, self._stop, self._attempts, recover=renew, hold=self._hold)
        except ServerError as error:
            self._watch.explain(error, CHANGED, lambda: self._culprits(session.session).among([k for k, _ in batch]))
            raise

    def _owe(self, keys: Collection[Key]) -> None:
        """These rows are to be looked at again, as if they had changed."""
        if keys:
            with self._buffer.open() as buffer:
                buffer.put(Keys("original", changed=list(keys), gone=[]))

    def _culprits(self, session: Session, seconds: float = culprits.SECONDS, *, begin: bool = True) -> Culprits:
        return Culprits(self._plan, session, self._stop.now, seconds, begin)

    def _hold(self) -> None:
        """Wait while throttled, but not where the cut-over waits for this generation to end."""
        while not self._stop.is_set() and not may_go(self._board):
            self._held = True
            with self.state.open() as state:
                if state.paused:
                    return
            self._stop.wait(PACE)

    def owe(self, keys: Keys) -> None:
        """Have these keys read again, as if the log had told of them."""
        with self._buffer.open() as buffer:
            buffer.put(keys)

    def drain(self, session: Session, seconds: float) -> int:
        """Apply all that is pending through a session that holds the tables' locks: nobody else can read them.

        No barrier is needed: the lock was granted after every earlier change had become visible. Returns the number of
        keys. Raises TimeoutError when it takes longer than `seconds`; what was not applied is pending again.
        """
        end = self._stop.now() + seconds
        total = 0
        # One transaction without START TRANSACTION, which would give the table locks up.
        session.execute("SET SESSION autocommit = 0")
        while True:
            with self._front.open() as front:
                ended = front.ended_below()
            with self._buffer.open() as buffer:
                generation = buffer.take(ended, GENERATION)
            work = dict(generation.ready)
            for key, gone in generation.keys.items():
                work[key] = gone or work.get(key, False)
            try:
                self._drain_generation(session, work, end)
            except BaseException:
                with self._buffer.open() as buffer:
                    buffer.restore()
                raise
            total += len(work)
            with self._buffer.open() as buffer:
                buffer.settle(len(work), 0)
                idle, held = buffer.idle, buffer.held
            if idle and held:
                # MariaDB grants the tables' locks over them once their connection is gone (invariant 9).
                raise ServerError(0, f"prepared XA transactions hold {held} changed rows; commit or roll them back")
            if idle:
                session.execute("SET SESSION autocommit = 1")
                return total

    def _drain_generation(self, session: Session, work: dict[Key, bool], end: float) -> None:
        known = self._losses.save()
        try:
            if self._losses.accepted:
                self._drain_leniently(session, work, end)
            elif self._keeper is not None:
                for batch in batches(work, self._batch, self._most):
                    self._in_time(end)
                    self._keeper.write(session, batch, begin=False)
            else:
                for statement in self._drain_statements(work):
                    self._in_time(end)
                    self._watch.check(session, session.execute(statement), CHANGED)
            session.execute("COMMIT")
        except ConnectionLost:
            self._losses.restore(known)
            raise
        except ServerError as error:
            self._losses.restore(known)
            session.execute("ROLLBACK")
            if error.errno == 1062:  # duplicate entry: the server's message names the value
                raise DataLossError(
                    f"{self._plan.table} cannot get its new unique index without losing rows: {error.server_message}"
                ) from error
            names = self._culprits(session, min(end - self._stop.now(), LOCKED_SECONDS), begin=False)
            self._watch.explain(error, CHANGED, lambda: names.among(list(work)))
            raise
        except BaseException:
            self._losses.restore(known)
            session.execute("ROLLBACK")
            raise

    def _in_time(self, end: float) -> None:
        if self._stop.now() > end:
            raise TimeoutError("the last changes take longer to apply than the lock may be held")

    def _drain_leniently(self, session: Session, work: dict[Key, bool], end: float) -> None:
        """Whoever comes back, now that nothing clashes with it any more, is brought under the same lock."""
        while work:
            again: set[Key] = set()
            for batch in batches(work, self._batch, self._most):
                self._in_time(end)
                again |= self._losses.write(session, Job(dict.fromkeys(key for key, _ in batch)), begin=False)
            work = dict.fromkeys(again, False)

    def _drain_statements(self, work: dict[Key, bool]) -> Iterator[str]:
        """The statements that bring these keys up to date under the lock.

        Where the ghost is more unique, all keys go before any comes: what then clashes is a real loss (invariant 7).
        """
        every = list(batches(work, self._batch, self._most))
        if self._guard.needed:
            for batch in every:
                yield statements.delete_keys(self._plan, [key for key, _ in batch])
            for batch in every:
                yield statements.insert_keys(self._plan, [key for key, _ in batch])
            return
        for batch in every:
            gone = gone_first(self._plan, batch)
            if gone:
                yield statements.delete_keys(self._plan, gone)
            yield statements.replace_keys(self._plan, [key for key, _ in batch])


def gone_first(plan: Plan, batch: Sequence[tuple[Key, bool]]) -> list[Key]:
    """The keys whose rows are deleted before they are read again: all, where REPLACE would not find the row."""
    return [key for key, gone in batch if gone or plan.wider_key]


def apply_keys(
    session: Session, plan: Plan, batch: Sequence[tuple[Key, bool]], guard: UniquenessGuard, watch: WarningWatch
) -> None:
    """Make the ghost's rows of these keys equal to the original's, in one transaction.

    Keys whose row may be gone are deleted first, and then *all* keys are read again: so the order in which keys arrive
    or are applied never matters, nor whether the collation takes two of them for one (invariant 6).
    Raises DataLossError, ServerError; nothing of the batch has then happened.
    """
    keys = [key for key, _ in batch]
    gone = gone_first(plan, batch)
    if guard.needed:
        apply_guarded(session, plan, keys, guard, watch)
        return
    if not gone:
        watch.check(session, session.execute(statements.replace_keys(plan, keys)), CHANGED)
        return
    session.execute("START TRANSACTION")
    try:
        session.execute(statements.delete_keys(plan, gone))
        watch.check(session, session.execute(statements.replace_keys(plan, keys)), CHANGED)
        session.execute("COMMIT")
    except ConnectionLost:
        raise
    except BaseException:
        session.execute("ROLLBACK")
        raise
