"""The migration: its phases in reading order. The conductor; it builds the crew, owns its group and makes the moves.

    inspect    look at the server and the table, refuse what cannot be done; nothing is touched
    prepare    take the table's lock, make changelog and ghost, alter the ghost, plan
    follow     read the log from a position that is older than any row we copy
    copy       copy and apply at the same time, and compare what is copied behind it
    index      make the indexes that were put off, if that was asked for
    verify     compare the rest
    cut over   when little is owed: lock, drain, swap
    clean up   remove what was made, say what is left

Whatever fails, the group ends everything first; then the error tells what was left behind and how to remove it. The
original is never written to, and swapped only by workers.cutover. When the swap is tried is workers.attempts' business.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from ghostshift.core.advice import advice, out_of_memory
from ghostshift.core.progress import PointOfInterest
from ghostshift.core.resuming import Remains, Way
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import HookFailed, MigrationError, OutcomeUnknown, ServerError
from ghostshift.model.names import HelperNames
from ghostshift.model.notice import Turn
from ghostshift.model.options import Options
from ghostshift.model.outcome import CutOverOutcome, Outcome, VerifyOutcome
from ghostshift.model.phase import Phase, may_move
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session, abort_all
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop, WorkerGroup
from ghostshift.runtime.notifier import Notifier
from ghostshift.sql.alter import Alter
from ghostshift.workers import (
    beginning,
    counter,
    ending,
    finishing,
    following,
    indexer,
    lives,
    loosening,
    nulls,
    outlook,
    preparation,
    preparer,
    resumption,
    reverting,
    topology,
)
from ghostshift.workers.attempts import Attempts
from ghostshift.workers.changelog import READING_RANGE, TABLES_IN_PLACE, Changelog
from ghostshift.workers.crew import Crew
from ghostshift.workers.fence import holding
from ghostshift.workers.home import Home
from ghostshift.workers.instant import InstantDdl, InstantNote
from ghostshift.workers.journal import Journal
from ghostshift.workers.preparation import Inspection
from ghostshift.workers.sampler import CopyClock, RowEstimate
from ghostshift.workers.scout import Scout
from ghostshift.workers.topology import Sites
from ghostshift.workers.totals import NOTHING, Before
from ghostshift.workers.verification import Verification

NOTED = frozenset(
    {Phase.COPYING, Phase.INDEXING, Phase.VERIFYING, Phase.CATCHING_UP, Phase.POSTPONED, Phase.CUTTING_OVER}
)
"""Phases that a checkpoint tells of before they begin."""


class Migration:
    """One run of a migration: from its start or a checkpoint to its end. Why there may be several: supervisor.py."""

    def __init__(
        self, options: Options, board: StatusBoard, stop: Stop, began: float, before: Before = NOTHING
    ) -> None:
        """`began`: when the first run of this process did, by the clock of `stop`."""
        self._options = options
        self._board = board
        self._stop = stop
        self._notices = Notifier.of(board)
        self._log = logging.getLogger("ghostshift")
        self._made = preparer.Made()
        self._through = False
        """The work is done, and a stop only ends the workers: what is left to clean up goes on."""
        self._remarks: tuple[str, ...] = ()
        self._endpoint = options.endpoint
        self._began = began
        self._before = before
        self.unfinished: MigrationError | None = None
        """The tables are swapped, and the server went away before all was cleaned up."""
        self._journal: Journal | None = None
        self._home: Home | None = None
        self._crew: Crew | None = None
        board.publish(Phase.INSPECTING)

    @property
    def after(self) -> Before:
        """What the next run is to know."""
        return Before(self._before.seconds or 0.0, self.reached or self._before.reached)

    @property
    def reached(self) -> Checkpoint | None:
        """The last checkpoint that was saved."""
        return None if self._journal is None else self._journal.last

    def may_go_on(self, failure: MigrationError) -> bool:
        """Whether another run could go on where this one failed."""
        return resumption.may_go_on(self._journal, failure, self._options)

    def run(self, alter: Alter) -> Outcome:
        """Run all phases. Raises MigrationError; its notes then name what was left on the server."""
        home: Home | None = None
        try:
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
        return outcome

    def _run(self, home: Home, alter: Alter, sites: Sites) -> Outcome:
        options = self._options
        names = preparation.names_of(options, sites.migrated.dialect)
        home.lock(options.original, names.ghost)
        if options.recovery.revert:
            return self._revert(home, sites, names)
        if not options.execute:
            return self._rehearse(home, sites, alter, names)
        way, remains = resumption.find(home.session, options, names, sites.migrated.dialect, self._stop)
        if way is Way.FINISH and remains is not None:
            return self._finish(home, sites, alter, remains)
        found = preparation.inspect(home.session, options, alter, sites)
        if way is Way.RESUME and remains is not None:
            return self._migrate(home, sites, *self._resumed(home, sites, found, remains))
        beginning.clear(home.session, found, options, remains, self._made)
        self._journal = journal = beginning.begin(options, found)
        with beginning.journalled(home.session, journal, self._made):
            if self._instantly(home, found):
                beginning.end(home.session, journal, self._made)
                seconds = self._stop.now() - self._began
                return Outcome(table=str(options.original), swapped=False, instant=True, seconds_total=seconds)
            plan, scout = self._prepared(home, sites, found, journal)
        return self._migrate(home, sites, plan, journal, scout)

    def _instantly(self, home: Home, found: Inspection) -> bool:
        """Whether the table itself was altered, as was asked for."""
        options = self._options
        ddl = InstantDdl(home, options, found, self._endpoint, self._board, self._stop)
        return options.allow.instant_ddl and not options.verification.only and ddl.done(self._made)

    def _rehearse(self, home: Home, sites: Sites, alter: Alter, names: HelperNames) -> Outcome:
        rehearsed = outlook.rehearse(home.session, sites, self._options, alter, names, self._made, self._stop)
        self._notices.tell(Turn.VALIDATED)
        self._log.info("this was a rehearsal: give --execute to migrate %s", rehearsed.table)
        return rehearsed

    def _revert(self, home: Home, sites: Sites, names: HelperNames) -> Outcome:
        """Bring an old table back: the same way, with the roles swapped and nothing to copy."""
        revert = reverting.find(home, self._options, names, sites, self._stop, self._made)
        self._options = revert.options
        if not self._options.execute:
            return reverting.rehearsed(home.session, revert, sites)
        if revert.way is Way.FINISH:
            return self._finish(home, sites, revert.alter, revert.remains)
        plan = reverting.plan(home.session, revert, sites)
        self._move(Phase.PREPARING)
        return self._migrate(home, sites, plan, reverting.begin(home.session, plan, revert, self._made), None)

    # -- prepare, or take over what an earlier run has prepared

    def _prepared(self, home: Home, sites: Sites, found: Inspection, journal: Journal) -> tuple[Plan, Scout | None]:
        """Changelog, ghost and plan, all new."""
        options, made = self._options, self._made
        self._move(Phase.PREPARING)
        note = InstantNote(options, found)
        plan = preparation.prepare(home.session, options, found, made, note.trial)
        self._remarks = note.remarks
        scout = preparation.scout(home.session, options, plan, made, self._stop.now)
        plan = loosening.loosen(home.session, plan, sites, options, made)
        journal.note(home.session, Phase.PREPARING, **resumption.known_again(home.session, plan))
        return plan, scout

    def _resumed(
        self, home: Home, sites: Sites, found: Inspection, remains: Remains
    ) -> tuple[Plan, Journal, Scout | None]:
        """The plan over the tables of an earlier run, which are as it left them."""
        self._move(Phase.PREPARING)
        lives.say_if_older(self._before.reached, remains.checkpoint)
        plan = resumption.plan_again(home.session, self._options, found, remains)
        journal = self._journal_again(home, sites, remains)
        resumption.adopt(home.session, plan.helpers, remains.checkpoint, self._made)
        return plan, journal, None

    def _journal_again(self, home: Home, sites: Sites, remains: Remains, *, swapped: bool = False) -> Journal:
        journal = resumption.journal_again(home.session, sites, remains, self._options, self._stop, swapped=swapped)
        if self._before.seconds is None:
            self._before = Before(journal.last.totals.seconds)
        return journal

    def _elapsed(self) -> float:
        """Seconds, over all runs."""
        return self._stop.now() - self._began + (self._before.seconds or 0.0)

    def _migrate(self, home: Home, sites: Sites, plan: Plan, journal: Journal, scout: Scout | None) -> Outcome:
        """Follow, copy, verify, swap, clean up."""
        options = self._options
        self._journal, self._home = journal, home
        self._board.publish(plan)
        self._notices.tell(Turn.VALIDATED)
        self._board.publish(RowEstimate(plan.original.rows_estimate))
        if options.exact_rowcount and not options.concurrent_rowcount:
            self._move(Phase.COUNTING)
            counter.count(home.session, plan.table, self._board)
            self._notices.tell(Turn.ROWCOUNT_COMPLETE)
        with self._crewed(sites, plan, journal, scout) as (group, crew):
            sampler = crew.sample(group, self._began)
            self._follow(group, crew, home)
            self._notices.tell(Turn.BEFORE_ROW_COPY)
            verification = self._copy(group, crew, home, plan)
            sampler.sample()
            self._notices.tell(Turn.ROW_COPY_COMPLETE)
            indexer.add(group, crew, home, self._options, self._board, self._move)
            self._verify(group, home, verification)
            swap = None if options.verification.only else self._cut_over(crew, home, plan)
            self._through = True
            self._move(Phase.CLEANING)
            crew.note_swap(home)
            sampler.sample()
            self._stop.set()
        verified = VerifyOutcome() if verification is None else verification.outcome(locked=swap is not None)
        return self._end(home, plan, swap, crew, verified)

    @contextlib.contextmanager
    def _crewed(
        self, sites: Sites, plan: Plan, journal: Journal, scout: Scout | None
    ) -> Iterator[tuple[WorkerGroup, Crew]]:
        """The workers, their sessions, and the group that ends them together."""
        options = self._options
        pool = preparation.session_pool(sites.migrated, options, plan, self._stop)
        pool.on_open(holding(journal.last.run))
        log = preparation.session_pool(sites.inspected, options, plan, self._stop) if sites.apart else pool
        crew = Crew(
            plan, options, sites.migrated.dialect, pool, Changelog(plan.helpers.changelog), self._board, self._stop,
            sites=sites, reading=log, journal=journal, scout=scout, elapsed=self._elapsed,
        )  # fmt: skip
        self._crew = crew
        with pool, log, WorkerGroup(self._stop, lambda: abort_all(pool, log)) as group:
            yield group, crew

    # -- follow

    def _follow(self, group: WorkerGroup, crew: Crew, home: Home) -> None:
        """Follow the log, and be sure of it before a row is read: from now on, or from where an earlier run was."""
        if crew.journal.last.phase is Phase.PREPARING:
            start, gtids = following.start_position(crew, home, self._stop)
            crew.journal.note(home.session, Phase.PREPARING, position=start, gtids=gtids)
            crew.follow(group, crew.journal.last.position)
            crew.check_unchanged(home.session)
            crew.changelog.state(home.session, TABLES_IN_PLACE)
            following.see_marker(crew, home, self._board, self._stop)
            if following.await_prepared(home.session, self._stop):
                following.see_marker(crew, home, self._board, self._stop)  # their outcome is read before any row is
        else:
            crew.follow(group, crew.journal.last.position)
            crew.check_unchanged(home.session)
            with crew.front.open() as front:
                front.open(**resumption.opening(crew.plan, crew.journal.last, home.session, self._options))
            crew.apply(group)
            following.see_marker(crew, home, self._board, self._stop)
        crew.changelog.state(home.session, READING_RANGE)
        crew.changelog.barrier(home.session)

    # -- copy

    def _copy(self, group: WorkerGroup, crew: Crew, home: Home, plan: Plan) -> Verification | None:
        """Copy the rows while applying changes, until every chunk has ended."""
        with crew.log.open() as log:
            log.copying = True
        if crew.journal.last.phase is Phase.PREPARING:
            following.begin_copy(crew, home, plan)
            crew.apply(group)
        self._move(Phase.COPYING)
        began = self._stop.now()
        began -= crew.journal.last.totals.seconds_copy
        self._board.publish(CopyClock(began))
        crew.copy(group)
        verification = crew.verify(group) if self._options.verification.wanted else None
        crew.keep(group)
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
        loosening.seal(crew, self._options, self._made, home.keep)
        self._notices.tell(Turn.BEFORE_CUT_OVER)
        attempts = self._attempts(crew, home, plan)
        swap = attempts.run()
        self._through = True
        return attempts.catch_slipped(swap)

    def _attempts(self, crew: Crew, home: Home, plan: Plan) -> Attempts:
        return Attempts(crew, home, plan, self._options, self._board, self._stop, self._move)

    # -- clean up

    def _end(self, home: Home, plan: Plan, swap: CutOverOutcome | None, crew: Crew, verified: VerifyOutcome) -> Outcome:
        warnings: list[str] = []
        try:
            ending.clean_up(home, plan, swap, crew, self._made, self._options)
        except MigrationError as error:
            warnings = [ending.left_over(plan, swap, self._made, error)]
            if swap is not None and self.may_go_on(error):
                self.unfinished = error
        return ending.outcome(
            plan, swap, crew, self._options, verified=verified, warnings=warnings, notes=self._remarks
        )

    def _finish(self, home: Home, sites: Sites, alter: Alter, remains: Remains) -> Outcome:
        """An earlier run has swapped the tables and did not come to its end: this one does what was left to do."""
        self._options = finishing.options_left(self._options, remains)
        plan = finishing.plan_of_the_swapped(home.session, self._options, sites, alter, remains)
        journal = self._journal_again(home, sites, remains, swapped=True)
        resumption.adopt(home.session, plan.helpers, remains.checkpoint, self._made)
        self._board.publish(plan)
        with self._crewed(sites, plan, journal, None) as (group, crew):
            swap = finishing.catch_slipped(group, crew, home, self._attempts(crew, home, plan))
            self._through = True
            self._move(Phase.CLEANING)
            crew.note_swap(home)
            self._stop.set()
        return self._end(home, plan, swap, crew, finishing.verified_before(remains.checkpoint))

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
        cause = self._stop.cause
        error = out_of_memory(
            cause if cause is not None and isinstance(failure, (ServerError, HookFailed)) else failure
        )
        if word := advice(error):
            error.add_note(word)
        if home is not None:
            home.close()
            ending.after_a_failure(error, self._endpoint, home.session.id, self._options, self._made, self._journal)
        if (remedy := self._made.remedy()) and not isinstance(error, OutcomeUnknown):
            error.add_note(f"left on the server; to remove it: {remedy}")
        return error

    def _move(self, phase: Phase) -> None:
        present = self._board.get(Phase, Phase.INSPECTING)
        if phase is present:
            return
        if not may_move(present, phase):
            raise MigrationError(f"a migration cannot go from {present.value!r} to {phase.value!r}")
        if self._journal is not None and self._home is not None and phase in NOTED:
            journal = self._journal
            facts = {} if self._crew is None else {"totals": self._crew.totals()}
            self._home.retried(lambda session: journal.note(session, phase, **facts))
        self._board.publish(phase)
        self._board.publish(PointOfInterest(self._stop.now()))
        self._log.info("%s", phase.value)
