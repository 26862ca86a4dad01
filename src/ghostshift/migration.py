"""The migration: its phases in reading order. The conductor; it builds the crew, owns its group and makes the moves.

    inspect    look at the server and the table, refuse what cannot be done; nothing is touched
    prepare    take the table's lock, make changelog and ghost, alter the ghost, plan
    follow     read the log from a position that is older than any row we copy
    copy       copy and apply at the same time, and compare what is copied behind it
    verify     compare the rest
    cut over   when little is owed: lock, drain, swap
    clean up   remove what was made, say what is left

Whatever fails, the group ends everything first; then the error tells what was left behind and how to remove it. The
original is never written to, and swapped only by workers.cutover. When the swap is tried is workers.attempts' business.
"""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ghostshift.binlog.stream import current_position
from ghostshift.core import remarks
from ghostshift.core.checks import needs_rows
from ghostshift.core.progress import PointOfInterest
from ghostshift.core.report import describe
from ghostshift.hooks.endings import telling_the_end
from ghostshift.hooks.metrics import Collector
from ghostshift.hooks.programs import programs
from ghostshift.hooks.status import StatusTeller
from ghostshift.model.errors import (
    HookFailed,
    MigrationError,
    OutcomeUnknown,
    Refused,
    ServerError,
)
from ghostshift.model.messages import Began
from ghostshift.model.notice import Hear, Turn
from ghostshift.model.options import Options
from ghostshift.model.outcome import CutOverOutcome, Outcome, VerifyOutcome
from ghostshift.model.phase import Phase, may_move
from ghostshift.model.places import Mode
from ghostshift.model.plan import Plan
from ghostshift.model.position import Position
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session, abort_all, await_ended
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop, WorkerGroup
from ghostshift.runtime.notifier import Notifier
from ghostshift.sql.alter import Alter
from ghostshift.sql.literals import parse_key
from ghostshift.sql.statements import edge_key
from ghostshift.workers import arrival, counter, nulls, preparation, preparer, topology
from ghostshift.workers.arrival import Patience, await_applied, await_through_log, not_logged
from ghostshift.workers.attempts import Attempts
from ghostshift.workers.changelog import MIGRATED, READING_RANGE, TABLES_IN_PLACE, Changelog
from ghostshift.workers.crew import Crew
from ghostshift.workers.figures import gather
from ghostshift.workers.home import Home
from ghostshift.workers.instant import InstantDdl
from ghostshift.workers.sampler import CopyClock, RowEstimate, Sampler
from ghostshift.workers.streamer import StreamReading
from ghostshift.workers.topology import Sites
from ghostshift.workers.verification import Verification

Face = Callable[[], None]
"""Something to run in the group beside the workers: a display, a command socket. It ends by itself at the stop."""


class Migration:
    """One migration, to be run once."""

    def __init__(
        self,
        options: Options,
        board: StatusBoard,
        stop: Stop,
        faces: dict[str, Face] | None = None,
        hear: Sequence[Hear] = (),
    ) -> None:
        self._options = options
        self._board = board
        self._stop = stop
        self._faces = faces or {}
        self._log = logging.getLogger("ghostshift")
        self._made = preparer.Made()
        self._through = False
        """The work is done, and a stop only ends the workers: what is left to clean up goes on."""
        self._remarks: tuple[str, ...] = ()
        self._endpoint = options.endpoint
        self._began = stop.now()
        board.publish(options.tunables)
        board.publish(Phase.INSPECTING)
        hearers = (*programs(options, stop), *hear)
        self._notices = Notifier(hearers, lambda: gather(options, board, stop.now, self._began))
        board.publish(self._notices)
        self._metrics = Collector(options.metrics, board, stop)
        board.publish(Began(time.time()))

    def run(self) -> Outcome:
        """Run all phases. Raises MigrationError; its notes then name what was left on the server."""
        alter = preparation.read_request(self._options)
        self._metrics.begin()
        try:
            return telling_the_end(self._notices, lambda: self._all_phases(alter))
        finally:
            self._metrics.end()

    def _all_phases(self, alter: Alter) -> Outcome:
        home: Home | None = None
        try:
            self._notices.tell(Turn.STARTUP)
            for remark in remarks.on_options(self._options):
                self._log.warning("%s", remark)
            preparation.make_postpone_file(self._options)
            sites = topology.find(self._options, self._stop)
            self._endpoint = sites.migrated.endpoint
            self._board.publish(sites.places())
            home = Home(lambda: self._connect(sites), self._stop)
            outcome = self._run(home, alter, sites)
        except BaseException as failure:  # noqa: BLE001 - even a Ctrl-C must tell what is left behind
            raise self._explained(failure, home) from failure.__cause__
        finally:
            if home is not None:
                home.close()
        self._move(Phase.DONE)
        return outcome

    def _run(self, home: Home, alter: Alter, sites: Sites) -> Outcome:
        options, made = self._options, self._made
        found = preparation.inspect(home.session, options, alter, sites)
        home.lock(options.original, found.names.ghost)
        if not options.execute:
            plan, structure = preparation.rehearse(home.session, options, found, made)
            self._notices.tell(Turn.VALIDATED)
            self._log.info("this was a rehearsal: give --execute to migrate %s", plan.table)
            return Outcome(table=str(plan.table), swapped=False, plan=describe(plan), structure=structure)
        preparer.clear_leftovers(home.session, found.names, options)
        instant = InstantDdl(home, options, found, self._endpoint, self._board, self._stop)
        if options.allow.instant_ddl and not options.verification.only and instant.done(made):
            seconds = self._stop.now() - self._began
            return Outcome(table=str(options.original), swapped=False, instant=True, seconds_total=seconds)
        self._remarks = () if options.allow.instant_ddl else instant.noted(made)
        self._move(Phase.PREPARING)
        if needs_rows(sites.inspected.facts):
            topology.switch_to_rows(sites.inspected)
        plan = preparation.prepare(home.session, options, found, made)
        scout = preparation.scout(home.session, options, plan, made, self._stop.now)
        self._board.publish(plan)
        self._notices.tell(Turn.VALIDATED)
        self._board.publish(RowEstimate(plan.original.rows_estimate))
        if options.exact_rowcount and not options.concurrent_rowcount:
            self._move(Phase.COUNTING)
            counter.count(home.session, plan.table, self._board)
            self._notices.tell(Turn.ROWCOUNT_COMPLETE)
        pool = preparation.session_pool(sites.migrated, options, plan, self._stop)
        log = preparation.session_pool(sites.inspected, options, plan, self._stop) if sites.apart else pool
        changelog = Changelog(found.names.changelog)
        crew = Crew(
            plan, options, found.dialect, pool, changelog, self._board, self._stop, sites=sites, reading=log,
            scout=scout,
        )  # fmt: skip
        with pool, log, WorkerGroup(self._stop, lambda: abort_all(pool, log)) as group:
            sampler = self._show(group, crew)
            self._follow(group, crew, home)
            self._notices.tell(Turn.BEFORE_ROW_COPY)
            verification = self._copy(group, crew, home, plan)
            sampler.sample()
            self._notices.tell(Turn.ROW_COPY_COMPLETE)
            self._verify(group, home, verification)
            swap = None if options.verification.only else self._cut_over(crew, home, plan)
            self._through = True
            self._move(Phase.CLEANING)
            sampler.sample()
            self._stop.set()
        outcome = self._clean_up(home, plan, swap, crew, verification)
        return replace(outcome, rows_lost=crew.losses.rows, values_changed=crew.losses.values)

    def _show(self, group: WorkerGroup, crew: Crew) -> Sampler:
        """Start all who show or tell how the migration stands."""
        for name, face in self._faces.items():
            group.start(name, face)
        seconds = self._options.hooks.status_seconds
        if self._notices.hearers and seconds > 0:
            group.start("status-hook", StatusTeller(self._board, seconds, self._stop).run)
        if self._metrics.wanted:
            group.start("metrics", self._metrics.run)
        return crew.sample(group, self._began)

    # -- follow

    def _follow(self, group: WorkerGroup, crew: Crew, home: Home) -> None:
        """Follow the log from now on, and make sure of three things before the first row is read.

        Our writes come back through the log; everything logged before our start is visible (the barrier closes the
        window in which it is logged but not visible yet); and no XA transaction of before our start is still open.
        """
        crew.follow(group, self._start_position(crew, home))
        crew.check_unchanged(home.session)
        crew.changelog.state(home.session, TABLES_IN_PLACE)
        self._see_marker(crew, home)
        if self._await_prepared(home.session):
            self._see_marker(crew, home)  # their outcome is read before any row is
        crew.changelog.state(home.session, READING_RANGE)
        crew.changelog.barrier(home.session)

    def _start_position(self, crew: Crew, home: Home) -> Position:
        """The end of the log that is read, with all our preparation before it: to a replica it may have to come yet."""
        if not crew.sites.apart:
            return current_position(home.session)
        marker = crew.changelog.mark(home.session)
        await_applied(crew.sites, crew.changelog.name, marker, self._stop, home.keep)
        self._stop.raise_cause()
        with crew.reading.session() as log:
            return current_position(log)

    def _see_marker(self, crew: Crew, home: Home) -> None:
        marker = crew.follower.probe(home.session)
        patience = Patience(crew.sites, self._stop, home.keep)
        if not await_through_log(lambda seconds: crew.follower.arrived(marker, seconds), patience):
            self._stop.raise_cause()
            raise not_logged(crew.changelog.name, patience)

    def _await_prepared(self, session: Session) -> bool:
        """Whether there were XA transactions that were prepared before our start; returns when they have ended."""
        old = set(inspector.read_prepared(session) or ())
        found = bool(old)
        end = self._stop.now() + arrival.SECONDS
        while old and self._stop.now() < end:
            self._log.info("waiting for %d prepared XA transactions to end", len(old))
            if self._stop.wait(0.5):
                self._stop.raise_cause()
            old &= set(inspector.read_prepared(session) or ())
        if old:
            shown = ", ".join(repr(xid) for xid in sorted(old)[:5])
            raise Refused("xa-prepared", f"XA transactions stay prepared: {shown}; commit or roll them back first")
        return found

    # -- copy

    def _copy(self, group: WorkerGroup, crew: Crew, home: Home, plan: Plan) -> Verification | None:
        """Copy the rows while applying changes, until every chunk has ended."""
        last = home.session.query(edge_key(plan, last=True))
        nulls.check_rows(home.session, plan)
        with crew.log.open() as log:
            log.copying = True
        with crew.front.open() as front:
            front.open(parse_key(plan.key, last[0]) if last else None)
        self._move(Phase.COPYING)
        began = self._stop.now()
        self._board.publish(CopyClock(began))
        crew.apply(group)
        crew.copy(group)
        verification = crew.verify(group) if self._options.verification.wanted else None
        if self._options.exact_rowcount and self._options.concurrent_rowcount:
            group.start("counter", crew.counter.run)
        while not crew.front.wait_until(lambda front: front.done, 1.0):
            self._stop.raise_cause()
            home.keep()
        crew.counter.end()
        self._board.publish(CopyClock(began, self._stop.now()))
        nulls.check_rows(home.renewed(), plan)
        return verification

    def _verify(self, group: WorkerGroup, home: Home, verification: Verification | None) -> None:
        """Compare what was not compared behind the copy, until every row was seen equal."""
        if verification is None:
            self._log.warning("%s is not verified: --no-verify was given", self._options.original)
            return
        self._move(Phase.VERIFYING)
        verification.finish(group, home.keep)

    # -- cut over

    def _cut_over(self, crew: Crew, home: Home, plan: Plan) -> CutOverOutcome:
        self._move(Phase.CATCHING_UP)
        self._notices.tell(Turn.BEFORE_CUT_OVER)
        attempts = Attempts(crew, home, plan, self._options, self._board, self._stop, self._move)
        swap = attempts.run()
        self._through = True
        return attempts.catch_slipped(swap)

    # -- clean up

    def _clean_up(
        self, home: Home, plan: Plan, swap: CutOverOutcome | None, crew: Crew, verification: Verification | None
    ) -> Outcome:
        """Remove the changelog, and the old table where that was asked for; a ghost that was made only to compare it.

        A failure here is only a warning. `swap` is None where nothing was to be swapped.
        """
        swapped = swap is not None and crew.sites.mode is not Mode.TEST_ON_REPLICA
        kept = swapped and not self._options.ok_to_drop_table
        if swap is not None:
            self._made.tables.remove(plan.ghost.name)
        warnings = [*crew.warned.summary(), *crew.losses.summary()]
        try:
            crew.changelog.state(home.renewed(), MIGRATED)
            preparer.remove(home.session, plan.helpers.changelog, self._made)
            if swap is None:
                preparer.remove(home.session, plan.ghost.name, self._made)
            elif swapped and not kept:
                home.session.execute(f"DROP TABLE {plan.helpers.old.sql}")
            else:
                self._log.info("-- drop table %s", plan.helpers.old.sql)
        except MigrationError as error:
            done = f"{plan.table} is {'migrated' if swap is not None else 'compared'}, but the clean-up failed"
            warnings.append(f"{done}: {error}. {self._made.remedy()}")
        verified = VerifyOutcome() if verification is None else verification.outcome(locked=swap is not None)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        clock, reading = self._board.get(CopyClock, CopyClock()), self._board.read(StreamReading)
        with crew.tally.open() as tally, crew.buffer.open() as buffer:
            return Outcome(
                table=str(plan.table),
                swapped=swapped,
                old_table=str(plan.helpers.old) if kept else "",
                tested=str(plan.ghost.name) if swap is not None and not swapped else "",
                compared_only=swap is None,
                rows_copied=tally.rows,
                chunks=tally.chunks,
                changes_seen=buffer.received,
                changes_applied=buffer.applied,
                changes_discarded=buffer.discarded,
                reconnects=reading.reconnects if reading is not None else 0,
                seconds_total=self._stop.now() - self._began,
                seconds_copy=(clock.ended or 0.0) - (clock.began or 0.0),
                cpu_seconds=usage.ru_utime + usage.ru_stime,
                peak_rss_bytes=usage.ru_maxrss * 1024,
                cut_over=swap or CutOverOutcome(),
                verification=verified,
                warnings=tuple(warnings),
                notes=self._remarks,
                plan=describe(plan),
            )

    # -- common

    def _connect(self, sites: Sites) -> Session:
        session = sites.migrated.open()
        self._stop.on_set(lambda: None if self._through else session.abort())
        try:
            for statement in preparation.setup_of(sites.migrated.dialect):
                session.execute(statement)
        except MigrationError:
            session.close()
            raise
        return session

    def _explained(self, failure: BaseException, home: Home | None) -> BaseException:
        """What to raise: the cause rather than what it interrupted, with what was left behind."""
        self._board.publish(Phase.FAILED)
        cause = self._stop.cause
        error = cause if cause is not None and isinstance(failure, (ServerError, HookFailed)) else failure
        if home is not None:
            home.close()
            try:
                # A CREATE or ALTER of ours may still be waiting for a lock: what is left is known only after its end.
                await_ended(self._endpoint, home.session.id)
                if not self._options.execute:
                    preparation.undo_rehearsal(self._endpoint, self._made)
            except MigrationError as trouble:
                error.add_note(f"while ending our own session: {trouble}")
        remedy = self._made.remedy()
        if remedy and not isinstance(error, OutcomeUnknown):
            error.add_note(f"left on the server; to remove it: {remedy}")
        return error

    def _move(self, phase: Phase) -> None:
        present = self._board.get(Phase, Phase.INSPECTING)
        if phase is present:
            return
        if not may_move(present, phase):
            raise MigrationError(f"a migration cannot go from {present.value!r} to {phase.value!r}")
        self._board.publish(phase)
        self._board.publish(PointOfInterest(self._stop.now()))
        self._log.info("%s", phase.value)
