"""Performs the steps of one cut-over attempt with real sessions. It knows no policy: it obeys and tells.

Three sessions: A locks, marks and drains; B, on servers that need it, runs the queued RENAME in a thread of its own;
W watches the two and is replaced whenever it is lost. None of them is aborted by a stop: the script has its own way
back, and every wait here has an end. If this process hangs or dies, the server ends A after its short `wait_timeout`,
and nothing is lost: B's RENAME fails on the sentry, or had nothing left to wait for but A.

It must never open a session anew in place of A or B (that would hide a lost lock), never leave a thread behind, and
never answer Ok for what it has not seen done (invariant 11).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from ghostshift.core.cutover_steps import (
    AwaitMarker,
    AwaitRename,
    AwaitRenameQueued,
    CheckTriggers,
    ConfirmLocked,
    ConfirmUnhindered,
    CreateSentry,
    CreateTriggers,
    Drain,
    DropSentry,
    EndSession,
    Failed,
    Figures,
    Identify,
    Interrupted,
    LockTables,
    Lost,
    Mark,
    Ok,
    OpenSessions,
    Outcome,
    PauseApplying,
    ProbeTables,
    QueueRename,
    RemoveSentry,
    RemoveTriggers,
    RenameUnderLock,
    ReportBlockers,
    ResumeApplying,
    Step,
    TimedOut,
    Unlock,
    Who,
)
from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.names import TableName
from ghostshift.model.plan import Plan
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.session import Session, SessionPool
from ghostshift.runtime.group import Stop
from ghostshift.runtime.meter import SILENT, Meter
from ghostshift.sql import cutover_statements as sql
from ghostshift.workers import blockers
from ghostshift.workers.cutover_sessions import QueuedRename, await_gone, look, remove_sentry, unhindered
from ghostshift.workers.cutover_triggers import check_triggers, create_triggers, remove_triggers

PAUSE_SECONDS = 10.0
"""For the appliers to finish what they are at; nothing is locked meanwhile."""

END_SECONDS = 10.0
"""For a killed session to be gone."""

PROBE_SECONDS = 30.0
"""For the server to answer again after a lost connection: a crashed one must first recover."""

POLL_SECONDS = 0.003
"""Between two looks at what session B is doing: the application stands still meanwhile."""


class Follower(Protocol):
    """The part of the migration that follows the binary log, as the cut-over needs it. The conductor implements it."""

    def pause(self, seconds: float) -> bool:
        """Tell the appliers to pause; true once they are idle."""

    def resume(self) -> None:
        """Let the appliers go on; no error where they were never paused."""

    def mark(self, session: Session) -> str:
        """Commit a fresh marker row in the changelog through this session, and return the marker."""

    def arrived(self, marker: str, seconds: float) -> bool:
        """Whether the marker came back through the binary log in time: then all events before it were received."""

    def drain(self, session: Session, seconds: float) -> int:
        """Apply every key that is still owed through this session, which holds the tables locked; their number.

        Under LOCK TABLES a START TRANSACTION gives the locks up and an alias is not locked: use neither. Raises
        TimeoutError if it would take longer. Whatever it raises, the keys stay owed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a cut-over works on and with."""

    plan: Plan
    dialect: Dialect
    pool: SessionPool
    stop: Stop
    follower: Follower
    lock_seconds: int
    """How long the locks may be waited for, and how long they may then be held until the swap."""
    back: bool = False
    """Undo the swap in the statement that does it: a test, after which the tables are in place."""
    meter: Meter = SILENT
    observe: Callable[[Step], None] | None = None
    """Told each step before it is done."""


class Stage:
    """The sessions and the clock of one attempt."""

    def __init__(self, job: Job) -> None:
        self.figures = Figures()
        self.cause: BaseException | None = None
        self._job = job
        self._names = (job.plan.table, job.plan.helpers)
        # Waits go by a token that nobody sets: a stop must not turn the way back into a busy loop.
        self._clock = Stop()
        self._sessions: dict[Who, Session] = {}
        self._opened = self._clock.now()
        self._watcher: Session | None = None
        self._rename: QueuedRename | None = None
        self._deadline = 0.0
        self._granted: float | None = None
        self._marked = 0.0
        self._plain: dict[type[Step], Callable[[], Outcome]] = {
            Identify: self._look,
            CreateSentry: self._create_sentry,
            PauseApplying: self._pause,
            ReportBlockers: self._report,
            Mark: self._mark,
            Drain: self._drain,
            ConfirmLocked: self._confirm_locked,
            RenameUnderLock: self._rename_under_lock,
            QueueRename: self._queue_rename,
            AwaitRenameQueued: self._await_queued,
            DropSentry: self._drop_sentry,
            ConfirmUnhindered: self._confirm_unhindered,
            Unlock: self._unlock,
            AwaitRename: self._await_rename,
            ProbeTables: self._probe,
            RemoveSentry: self._remove_sentry,
            ResumeApplying: self._resume,
            CheckTriggers: lambda: self._by_watcher(partial(check_triggers, job.plan)),
            CreateTriggers: lambda: create_triggers(job.plan, self._a(), self._left),
            RemoveTriggers: lambda: self._patiently(partial(remove_triggers, job.plan), job.lock_seconds),
        }

    def perform(self, step: Step) -> Outcome:
        """Do a step; whatever goes wrong in it is its outcome."""
        if step.interruptible and self._job.stop.is_set():
            return Interrupted()
        try:
            if self._job.observe is not None:
                self._job.observe(step)
            return self._do(step)
        except ConnectionLost as error:
            return Lost(error.server_message)
        except ServerError as error:
            return TimedOut() if error.errno == sql.LOCK_TIMEOUT else Failed(error.errno, error.server_message)
        except TimeoutError:
            return TimedOut()
        except BaseException as error:  # noqa: BLE001 - even a Ctrl-C must first find its way back through the script
            self.cause = self.cause or error
            return Failed(0, f"{type(error).__name__}: {error}", fatal=True)

    def _do(self, step: Step) -> Outcome:
        match step:
            case OpenSessions(who):
                return self._open(who)
            case LockTables(write):
                return self._lock(write)
            case AwaitMarker(marker):
                return self._await_marker(marker)
            case EndSession(who):
                return self._end(who)
            case _:
                return self._plain[type(step)]()

    def close(self) -> None:
        """Leave nothing behind; what the script has ended already is not touched again."""
        if self._rename is not None:
            self._rename.abandon()
        for session in (*self._sessions.values(), self._watcher):
            if session is not None:
                session.close()

    # Sessions ---------------------------------------------------------------------------------------------------------

    def _open(self, wanted: tuple[Who, ...]) -> Outcome:
        seconds = self._job.lock_seconds
        for who in wanted:
            # A's bound is its lock wait: LOCK TABLES waits that long for each of its tables, while the application
            # queues behind the first. B waits for A as long as A may hold its locks, and then for whoever is left.
            patience = seconds + 1.0 if who is Who.LOCKER else 2.0 * seconds + 5.0
            session = self._job.pool.session(exempt=True, read_timeout=patience)
            self._sessions[who] = session
            session.execute(sql.session_limits(seconds, max(3 * seconds, 5)))
        self._watch()
        return Ok()

    def _a(self) -> Session:
        return self._sessions[Who.LOCKER]

    def _watch(self) -> Session:
        """Session W, opened when there is none. A call that loses it must call `_blind`."""
        if self._watcher is None:
            seconds = self._job.lock_seconds
            self._watcher = self._job.pool.session(exempt=True, read_timeout=seconds + 5.0)
            self._watcher.execute(sql.session_limits(seconds, 28800))
        return self._watcher

    def _blind(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None

    def _by_watcher(self, work: Callable[[Session], Outcome]) -> Outcome:
        try:
            return work(self._watch())
        except ConnectionLost:
            self._blind()
            raise

    def _patiently(self, work: Callable[[Session], Outcome], seconds: float) -> Outcome:
        """Through W, replaced as often as it is lost, until there is an outcome or the time is over."""
        end = self._clock.now() + seconds
        while True:
            try:
                return self._by_watcher(work)
            except ServerError:
                self._blind()
                if self._clock.now() >= end:
                    raise
                self._clock.wait(0.2)

    def _end(self, who: Who) -> Outcome:
        session = self._sessions.get(who)
        if session is None:
            return Ok()
        if who is Who.LOCKER or self._rename is None:
            session.close()
        number, opened = session.id, self._opened
        gone = self._patiently(
            lambda watcher: await_gone(watcher, number, opened, self._clock, END_SECONDS), END_SECONDS
        )
        if who is Who.LOCKER:
            self._note_release()
        elif isinstance(gone, Ok) and self._rename is not None:
            self._rename.join(END_SECONDS)
        return gone

    # Looking ----------------------------------------------------------------------------------------------------------

    def _look(self) -> Outcome:
        return self._by_watcher(lambda watcher: Ok(look(watcher, *self._names, self._job.dialect)))

    def _probe(self) -> Outcome:
        self._blind()  # a fresh connection: the old one may be a server's that is no more
        return self._patiently(lambda watcher: Ok(look(watcher, *self._names, self._job.dialect)), PROBE_SECONDS)

    def _report(self) -> Outcome:
        original, helpers = self._names
        ours = [session.id for session in self._sessions.values()]
        seconds = self._job.lock_seconds
        names = (original, helpers.ghost)
        return self._by_watcher(lambda watcher: Ok(blockers.report(watcher, self._job.dialect, names, seconds, ours)))

    # Before the lock --------------------------------------------------------------------------------------------------

    def _create_sentry(self) -> Outcome:
        return self._by_watcher(lambda watcher: Ok(watcher.execute(sql.create_sentry(self._names[1].old)).affected))

    def _remove_sentry(self) -> Outcome:
        old = self._names[1].old
        return self._patiently(lambda watcher: remove_sentry(watcher, old), self._job.lock_seconds)

    def _pause(self) -> Outcome:
        return Ok() if self._job.follower.pause(PAUSE_SECONDS) else TimedOut()

    def _resume(self) -> Outcome:
        self._job.follower.resume()
        return Ok()

    # Under the lock ---------------------------------------------------------------------------------------------------

    def _left(self) -> float:
        left = self._deadline - self._clock.now()
        if left <= 0:
            raise TimeoutError
        return left

    def _lock(self, write: tuple[TableName, ...]) -> Outcome:
        asked = self._clock.now()
        try:
            self._a().execute(sql.lock_tables(write))
        finally:
            now = self._clock.now()
            self.figures = replace(self.figures, lock_wait_seconds=now - asked)
        self._granted, self._deadline = now, now + self._job.lock_seconds
        return Ok()

    def _mark(self) -> Outcome:
        self._left()
        marker = self._job.follower.mark(self._a())
        self._marked = self._clock.now()
        self.figures = replace(self.figures, marker=marker)
        return Ok(marker)

    def _await_marker(self, marker: str) -> Outcome:
        if not self._job.follower.arrived(marker, self._left()):
            return TimedOut()
        self.figures = replace(self.figures, marker_seconds=self._clock.now() - self._marked)
        return Ok()

    def _drain(self) -> Outcome:
        begun = self._clock.now()
        keys = self._job.follower.drain(self._a(), self._left())
        self.figures = replace(self.figures, keys_drained=keys, drain_seconds=self._clock.now() - begun)
        return Ok(keys)

    def _confirm_locked(self) -> Outcome:
        self._left()
        try:
            self._a().query(sql.is_locked(self._names[0]))
        except ConnectionLost:
            raise
        except ServerError as error:
            if error.errno == sql.NOT_LOCKED:
                return Ok()
            raise
        return Failed(0, "session A has no lock any more: something it ran gave them up", fatal=True)

    def _rename_under_lock(self) -> Outcome:
        self._left()
        self._a().execute(sql.swap(*self._names, back=self._job.back))
        return Ok()

    def _queue_rename(self) -> Outcome:
        self._left()
        self._rename = QueuedRename(self._sessions[Who.RENAMER], sql.swap(*self._names, back=self._job.back))
        return Ok()

    def _await_queued(self) -> Outcome:
        rename = self._rename
        if rename is None:
            return Failed(0, "no RENAME was sent", fatal=True)
        while not rename.done():
            if self._by_watcher(lambda watcher: Ok(rename.waits(watcher))) == Ok(True):
                return self._confirm_unhindered()
            self._clock.wait(min(POLL_SECONDS, self._left()))
        return rename.early_end()

    def _drop_sentry(self) -> Outcome:
        old = self._names[1].old
        comments = self._a().query(sql.table_comment(old))
        if comments != [(sql.SENTRY_COMMENT,)]:
            return Failed(0, f"{old} is not our sentry any more")
        self._a().execute(sql.drop_sentry(old))
        return Ok()

    def _confirm_unhindered(self) -> Outcome:
        return self._by_watcher(unhindered)

    def _unlock(self) -> Outcome:
        session = self._sessions.get(Who.LOCKER)
        if session is None:
            return Ok()
        session.execute(sql.UNLOCK)
        self._note_release()
        return Ok()

    def _note_release(self) -> None:
        if self._granted is not None:
            self.figures = replace(self.figures, lock_seconds=self._clock.now() - self._granted)
            self._granted = None

    def _await_rename(self) -> Outcome:
        if self._rename is None:
            return Failed(0, "no RENAME was sent", fatal=True)
        return self._rename.await_end(self._watch, self._clock, self._job.lock_seconds + 2.0)
