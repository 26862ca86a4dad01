"""The migration: its phases in reading order. The conductor; it builds the crew, owns its group and makes the moves.

    inspect    look at the server and the table, refuse what cannot be done; nothing is touched
    prepare    take the table's lock, make changelog and ghost, alter the ghost, plan
    follow     read the log from a position that is older than any row we copy
    copy       copy and apply at the same time
    cut over   when little is owed: lock, drain, swap
    clean up   remove what was made, say what is left

Whatever fails, the group ends everything first; then the error tells what was left behind and how to remove it. The
original is never written to, and swapped only by workers.cutover.
"""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Callable
from pathlib import Path

from ghostshift.binlog.stream import current_position
from ghostshift.core.checks import check_server, check_table
from ghostshift.core.cutover_steps import NotSwapped, Swapped, Unknown
from ghostshift.core.planner import describe, make_plan
from ghostshift.core.progress import Snapshot
from ghostshift.model.errors import (
    Aborted,
    CutOverFailed,
    MigrationError,
    OutcomeUnknown,
    Refused,
    ServerError,
    StreamError,
    UsageError,
)
from ghostshift.model.names import HelperNames, helper_names
from ghostshift.model.options import Options, Tunables
from ghostshift.model.outcome import CutOverOutcome, Outcome
from ghostshift.model.phase import Phase, may_move
from ghostshift.model.plan import Plan
from ghostshift.model.server import ServerFacts, ServerIdentity
from ghostshift.mysql import inspector
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.retry import backoff
from ghostshift.mysql.session import Session, SessionPool, ensure_dead
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop, WorkerGroup
from ghostshift.sql.alter import Alter, read_alter
from ghostshift.sql.literals import parse_key
from ghostshift.sql.statements import edge_key
from ghostshift.workers import preparer
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.crew import Crew
from ghostshift.workers.guard import UniquenessGuard
from ghostshift.workers.readiness import Readiness
from ghostshift.workers.sampler import CopyClock, RowEstimate, Sampler
from ghostshift.workers.slipped import repair
from ghostshift.workers.streamer import StreamReading
from ghostshift.workers.throttler import wait_for_go

UTC = "'+00:00'"
ARRIVAL_SECONDS = 60.0
"""For a row of ours to come back through the log; far more than any healthy server needs."""

Face = Callable[[], None]
"""Something to run in the group beside the workers: a display, a command socket. It ends by itself at the stop."""


class Migration:
    """One migration, to be run once."""

    def __init__(self, options: Options, board: StatusBoard, stop: Stop, faces: dict[str, Face] | None = None) -> None:
        self._options = options
        self._board = board
        self._stop = stop
        self._faces = faces or {}
        self._log = logging.getLogger("ghostshift")
        self._made = preparer.Made()
        self._swapped = False
        self._began = stop.now()
        board.publish(options.tunables)
        board.publish(Phase.INSPECTING)

    def run(self) -> Outcome:
        """Run all phases. Raises MigrationError; its notes then name what was left on the server."""
        try:
            with Session.open(self._options.endpoint) as home:
                self._stop.on_set(lambda: None if self._swapped else home.abort())
                outcome = self._run(home)
        except BaseException as failure:
            self._board.publish(Phase.FAILED)
            # A stop shows in this thread as whatever it interrupted; its cause is the news.
            cause = self._stop.cause
            error = cause if cause is not None and isinstance(failure, ServerError) else failure
            remedy = self._made.remedy()
            if remedy and not isinstance(error, OutcomeUnknown):
                error.add_note(f"left on the server; to remove it: {remedy}")
            if error is not failure:
                raise error from None
            raise
        self._move(Phase.DONE)
        return outcome

    def _run(self, home: Session) -> Outcome:
        dialect, facts, alter = self._inspect(home)
        names = self._names(dialect)
        preparer.take_lock(home, self._options.original)
        preparer.clear_leftovers(home, names, self._options)
        if not self._options.execute:
            return self._rehearse(home, dialect, facts, alter, names)
        self._move(Phase.PREPARING)
        plan = self._prepare(home, dialect, facts, alter, names)
        pool = self._pool(plan, dialect, facts.identity)
        changelog = Changelog(names.changelog)
        crew = Crew(plan, self._options, dialect, pool, changelog, self._board, self._stop)
        beat = pool.session()
        with WorkerGroup(self._stop, pool.abort_all) as group:
            for name, face in self._faces.items():
                group.start(name, face)
            sampler = crew.sample(group, self._began)
            self._follow(group, crew, home, beat)
            self._copy(group, crew, home, plan)
            swap = self._cut_over(crew, plan)
            swap = self._catch_slipped(crew, pool, plan, swap)
            sampler.sample()
            outcome = self._clean_up(home, plan, swap, crew, sampler)
        return outcome

    # -- inspect

    def _inspect(self, home: Session) -> tuple[Dialect, ServerFacts, Alter]:
        """Look at everything that may forbid the migration, before anything is touched."""
        options = self._options
        alter = read_alter(options.alter)
        _check_target(alter, options)
        dialect = inspector.read_dialect(home)
        for statement in dialect.session_setup(time_zone=UTC):
            home.execute(statement)
        facts = inspector.read_facts(home, dialect, options.schema)
        check_server(facts, options)
        check_table(inspector.read_table(home, dialect, options.original))
        return dialect, facts, alter

    def _names(self, dialect: Dialect) -> HelperNames:
        return helper_names(
            self._options.original,
            sort_after=not dialect.renames_under_lock,
            base=self._options.force_table_names,
            stamp=time.strftime("%Y%m%d%H%M%S") if self._options.timestamp_old_table else "",
        )

    # -- prepare

    def _rehearse(
        self, home: Session, dialect: Dialect, facts: ServerFacts, alter: Alter, names: HelperNames
    ) -> Outcome:
        """Without --execute: make the ghost, plan, and remove what was made. The original is not touched."""
        plan = self._make_ghost(home, dialect, facts, alter, names)
        preparer.remove(home, names.ghost, self._made)
        self._log.info("this was a rehearsal: give --execute to migrate %s", plan.table)
        return Outcome(table=str(plan.table), swapped=False, plan=describe(plan))

    def _prepare(
        self, home: Session, dialect: Dialect, facts: ServerFacts, alter: Alter, names: HelperNames
    ) -> Plan:
        plan = self._make_ghost(home, dialect, facts, alter, names)
        UniquenessGuard(plan).check_original(home)
        preparer.make_changelog(home, names.changelog, self._made)
        self._board.publish(plan)
        estimate = plan.original.rows_estimate
        if self._options.exact_rowcount:
            estimate = int(home.one(f"SELECT COUNT(*) FROM {plan.table.sql}")[0])
        self._board.publish(RowEstimate(estimate))
        return plan

    def _make_ghost(
        self, home: Session, dialect: Dialect, facts: ServerFacts, alter: Alter, names: HelperNames
    ) -> Plan:
        with Session.open(self._options.endpoint, ("SET SESSION lock_wait_timeout = 60",)) as plain:
            preparer.make_ghost(plain, self._options.original, names.ghost, alter.options, self._made)
        original = inspector.read_table(home, dialect, self._options.original)
        ghost = inspector.read_table(home, dialect, names.ghost)
        return make_plan(
            original,
            ghost,
            names,
            alter,
            full_row_image=facts.variables.get("binlog_row_image", "FULL").upper() == "FULL",
            server_time_zone=f"'{facts.variables.get('time_zone', '+00:00')}'",
        )

    def _pool(self, plan: Plan, dialect: Dialect, identity: ServerIdentity) -> SessionPool:
        """Sessions for all workers: each is set up alike, and each is on the server that was inspected."""
        pool = SessionPool(
            self._options.endpoint, dialect.session_setup(time_zone=plan.session_time_zone), self._stop
        )

        def same_server(session: Session) -> None:
            found = inspector.read_identity(session)
            if found != identity:
                raise StreamError(f"another server answers at {self._options.endpoint}: {found}, it was {identity}")

        pool.on_open(same_server)
        return pool

    # -- follow

    def _follow(self, group: WorkerGroup, crew: Crew, home: Session, beat: Session) -> None:
        """Follow the log from now on, and make sure of three things before the first row is read.

        Our writes come back through the log; everything logged before our start is visible (the barrier closes the
        window in which it is logged but not visible yet); and no XA transaction of before our start is still open.
        """
        start = current_position(home)
        before = home.id

        def reopen() -> Session:
            session = crew.pool.session()
            ensure_dead(session, before, self._stop)
            preparer.take_lock(session, self._options.original)
            return session

        crew.follow(group, start, beat, reopen)
        crew.check_unchanged(home)
        marker = crew.follower.mark(home)
        if not crew.follower.arrived(marker, ARRIVAL_SECONDS):
            self._raise_cause()
            raise StreamError(
                f"a row written to {crew.changelog.name} did not come back through the binary log within "
                f"{ARRIVAL_SECONDS:g} s: our writes are not logged (a filter? sql_log_bin?), or the log cannot be read"
            )
        self._await_prepared(home)
        crew.changelog.barrier(home)

    def _await_prepared(self, home: Session) -> None:
        """Wait for XA transactions that were prepared before our start: their rows are in the log behind us."""
        old = set(inspector.read_prepared(home) or ())
        end = self._stop.now() + ARRIVAL_SECONDS
        while old and self._stop.now() < end:
            self._log.info("waiting for %d prepared XA transactions to end", len(old))
            if self._stop.wait(0.5):
                self._raise_cause()
            old &= set(inspector.read_prepared(home) or ())
        if old:
            shown = ", ".join(repr(xid) for xid in sorted(old)[:5])
            raise Refused("xa-prepared", f"XA transactions stay prepared: {shown}; commit or roll them back first")

    # -- copy

    def _copy(self, group: WorkerGroup, crew: Crew, home: Session, plan: Plan) -> None:
        """Copy the rows while applying changes, until every chunk has ended."""
        last = home.query(edge_key(plan, last=True))
        with crew.log.open() as log:
            log.copying = True
        with crew.front.open() as front:
            front.open(parse_key(plan.key, last[0]) if last else None)
        self._move(Phase.COPYING)
        began = self._stop.now()
        self._board.publish(CopyClock(began))
        crew.apply(group)
        crew.copy(group)
        while not crew.front.wait_until(lambda front: front.done, 1.0):
            self._raise_cause()
        self._board.publish(CopyClock(began, self._stop.now()))
        self._move(Phase.CATCHING_UP)

    # -- cut over

    def _cut_over(self, crew: Crew, plan: Plan) -> CutOverOutcome:
        """Try to swap until it is done. Raises CutOverFailed, OutcomeUnknown, or what stopped the group."""
        options = self._options
        reason = ""
        for attempt in range(1, options.retries + 1):
            self._postpone()
            Readiness(crew.buffer, crew.applier, crew.follower, self._board, self._stop, options).wait(crew.pool)
            self._raise_cause()
            self._move(Phase.CUTTING_OVER)
            result = crew.cut_over().attempt()
            figures = result.figures
            if isinstance(result, Swapped):
                for note in result.notes:
                    self._log.warning("%s", note)
                return CutOverOutcome(
                    attempts=attempt,
                    lock_seconds=figures.lock_seconds,
                    lock_wait_seconds=figures.lock_wait_seconds,
                    drained_keys=figures.keys_drained,
                )
            if isinstance(result, Unknown):
                raise OutcomeUnknown(f"whether {plan.table} was swapped is not known: {result.look_at}")
            reason = _told(result)
            self._log.warning("cut-over attempt %d of %d: %s", attempt, options.retries, reason)
            if not result.retry:
                break
            self._move(Phase.CATCHING_UP)
            self._stop.wait(backoff(attempt, base=0.5, most=30.0))
        raise CutOverFailed(f"{plan.table} could not be swapped; it is intact and in place. Last reason: {reason}")

    def _postpone(self) -> None:
        """Hold back while throttled, or while the postpone flag file exists; copying is done, applying goes on."""
        self._move(Phase.CATCHING_UP)
        wait_for_go(self._board, self._stop)
        while not self._stop.is_set():
            path = self._board.get(Tunables, Tunables()).postpone_flag_file
            if not path or not Path(path).exists():
                break
            self._move(Phase.POSTPONED)
            self._stop.wait(0.2)
        self._move(Phase.CATCHING_UP)

    def _catch_slipped(self, crew: Crew, pool: SessionPool, plan: Plan, swap: CutOverOutcome) -> CutOverOutcome:
        """The net: follow the log up to the swap; writes that came between drain and swap are re-applied."""
        if not crew.log.wait_until(lambda log: log.swapped, ARRIVAL_SECONDS):
            self._raise_cause()
            raise OutcomeUnknown(
                f"{plan.table} was swapped, but the swap has not been seen in the binary log: whether writes slipped in "
                f"before it is not known. Compare {plan.helpers.old} with {plan.table}"
            )
        with crew.log.open() as log:
            slipped = tuple(log.slipped)
        if not slipped:
            return swap

        def changed_since() -> set[object]:
            with crew.log.open() as log:
                return set(log.since_swap)

        report = repair(pool, plan, slipped, changed_since, crew.follower)
        self._log.warning("%d writes slipped in before the swap and were re-applied", len(report.repaired))
        if report.conflicts:
            raise OutcomeUnknown(
                f"{plan.table} was swapped; {len(report.conflicts)} rows changed both before and after the swap and "
                f"need a look, in {plan.helpers.old} and {plan.table}: {report.conflicts[:10]!r}"
            )
        return CutOverOutcome(
            attempts=swap.attempts,
            lock_seconds=swap.lock_seconds,
            lock_wait_seconds=swap.lock_wait_seconds,
            drained_keys=swap.drained_keys,
            slipped=len(slipped),
        )

    # -- clean up

    def _clean_up(
        self, home: Session, plan: Plan, swap: CutOverOutcome, crew: Crew, sampler: Sampler
    ) -> Outcome:
        self._swapped = True
        self._move(Phase.CLEANING)
        self._made.tables.remove(plan.ghost.name)
        self._stop.set()
        warnings = []
        try:
            preparer.remove(home, plan.helpers.changelog, self._made)
            if self._options.ok_to_drop_table:
                home.execute(f"DROP TABLE {plan.helpers.old.sql}")
        except MigrationError as error:
            warnings.append(f"{plan.table} is migrated, but the clean-up failed: {error}")
        usage = resource.getrusage(resource.RUSAGE_SELF)
        snapshot, clock = sampler.sample(), self._board.get(CopyClock, CopyClock())
        reading = self._board.read(StreamReading)
        with crew.tally.open() as tally, crew.buffer.open() as buffer:
            return Outcome(
                table=str(plan.table),
                swapped=True,
                old_table="" if self._options.ok_to_drop_table else str(plan.helpers.old),
                rows_copied=tally.rows,
                chunks=tally.chunks,
                changes_seen=buffer.received,
                changes_applied=buffer.applied,
                changes_discarded=buffer.discarded,
                reconnects=reading.reconnects if reading is not None else 0,
                seconds_total=self._stop.now() - self._began,
                seconds_copy=(clock.ended or 0.0) - (clock.began or 0.0) if snapshot else 0.0,
                cpu_seconds=usage.ru_utime + usage.ru_stime,
                peak_rss_bytes=usage.ru_maxrss * 1024,
                cut_over=swap,
                warnings=tuple(warnings),
                plan=describe(plan),
            )

    # -- common

    def _move(self, phase: Phase) -> None:
        present = self._board.get(Phase, Phase.INSPECTING)
        if phase is present:
            return
        if not may_move(present, phase):
            raise MigrationError(f"a migration cannot go from {present.value!r} to {phase.value!r}")
        self._board.publish(phase)
        self._log.info("%s", phase.value)

    def _raise_cause(self) -> None:
        """Where the group was stopped, say why."""
        if self._stop.is_set():
            raise self._stop.cause or Aborted("the migration was stopped")


def _check_target(alter: Alter, options: Options) -> None:
    for said, meant, flag in ((alter.schema, options.schema, "database"), (alter.table, options.table, "table")):
        if said and said.lower() != meant.lower():
            raise UsageError(f"the ALTER is about {said!r}, but --{flag} is {meant!r}")


def _told(result: NotSwapped) -> str:
    return result.reason


__all__ = ["Face", "Migration", "Snapshot"]
