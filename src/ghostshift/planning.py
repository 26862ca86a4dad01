"""`ghostshift plan`: says what an ALTER would do and why, and collects every refusal instead of stopping at the first.

The conductor of a survey: it walks the way of a migration up to the first row (migration.py) and does nothing of it.
What the server must be asked is asked on empty tables of our own beside the table, with a rehearsal's names; they are
removed again whatever happens. No row is written, nothing of others is dropped, nothing is waited for for long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ghostshift.core import forecast, remarks, replicated, report
from ghostshift.core.checks import log_problems, server_problems, table_problems
from ghostshift.core.comparing import comparison
from ghostshift.core.filters import check_filters
from ghostshift.core.indexing import on_indexes
from ghostshift.core.planner import make_plan
from ghostshift.core.problems import problems
from ghostshift.core.resuming import Way
from ghostshift.core.topology import Route, check_same, route_problems, warnings
from ghostshift.model.errors import ConnectionLost, MigrationError, Refused, ServerError
from ghostshift.model.names import HelperNames, TableName, quote_name
from ghostshift.model.options import Options
from ghostshift.model.places import Mode
from ghostshift.model.plan import Plan
from ghostshift.model.remark import Remark
from ghostshift.model.report import Helpers, Native, Report, TriggerReport
from ghostshift.model.schema import Table
from ghostshift.model.trigger import PlannedTrigger
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session, await_ended
from ghostshift.runtime.group import Stop
from ghostshift.sql.alter import Alter, read_alter
from ghostshift.sql.instant import unfit
from ghostshift.sql.native import unasked
from ghostshift.workers import preparation, preparer, topology
from ghostshift.workers.constraints import Constraints
from ghostshift.workers.foresight import look_at_rows
from ghostshift.workers.home import Home
from ghostshift.workers.native import NativeQuestion
from ghostshift.workers.outlook import outlook
from ghostshift.workers.survey import Survey
from ghostshift.workers.topology import Sites

T = TypeVar("T")

_MAKING = frozenset({"CREATE", "DROP", "ALTER"})
"""Without these privileges nothing is made: it could not be altered, or not be removed."""


@dataclass
class _Found:
    """What has been found so far: the report as it grows, and what forbids the migration."""

    report: Report
    refused: list[Refused] = field(default_factory=list)
    later: list[Refused] = field(default_factory=list)
    """What forbids it only where rows are copied, not where the server does it instantly."""
    remarks: list[Remark] = field(default_factory=list)

    def get(self, question: Callable[[], T]) -> T | None:
        """The answer; None where it is a refusal, which is kept."""
        try:
            return question()
        except Refused as refused:
            self.refused.append(refused)
            return None

    def holds(self, check: Callable[[], object]) -> bool:
        """Whether a check passes; its refusal is kept."""
        before = len(self.refused)
        self.get(check)
        return len(self.refused) == before

    def say(self, **more: Any) -> None:
        """More of the report."""
        self.report = replace(self.report, **more)

    def unknown(self, text: str) -> None:
        """Something that could not be found out."""
        self.say(unknown=(*self.report.unknown, text))

    def whole(self) -> Report:
        """The report."""
        said = dict.fromkeys(map(report.saying, self.refused))
        warned = dict.fromkeys(map(report.saying, self.remarks))
        return replace(self.report, goes=not said, refusals=tuple(said), warnings=tuple(warned))


class Planning:
    """One survey, to be made once."""

    def __init__(self, options: Options, stop: Stop, said: Sequence[str] = ()) -> None:
        self._options = options
        self._stop = stop
        self._made = preparer.Made()
        self._found = _Found(Report(table=str(options.original), alter=options.alter, goes=False))
        self._found.remarks += [Remark("flag", text) for text in said]

    def run(self) -> Report:
        """Look at everything. Raises MigrationError where that cannot be; its notes name what was left."""
        options, found = self._options, self._found
        alter = found.get(lambda: preparation.read_request(options))
        found.remarks += remarks.on_options(replace(options, execute=True))
        if alter is not None:
            found.remarks += remarks.on_request(read_alter(options.alter), options)
            found.say(alter=alter.options)
        sites = found.get(lambda: topology.find(options, self._stop, self._judge))
        if sites is None:
            found.unknown("nothing of the table was looked at: the server to migrate on is not known")
            return found.whole()
        found.remarks += warnings(sites.route, options)
        facts = sites.migrated.facts
        found.say(
            server=str(facts.identity),
            version=f"{facts.flavor} {facts.version}",
            log_of=str(sites.inspected.facts.identity),
        )
        home: Home | None = None
        try:
            home = Home(lambda: self._connect(sites), self._stop)
            self._look(home, sites, alter)
        except BaseException as failure:  # noqa: BLE001 - even a Ctrl-C must remove what was made
            raise self._undone(failure, home, sites) from failure.__cause__
        finally:
            if home is not None:
                home.close()
        return found.whole()

    def _judge(self, route: Route, options: Options) -> None:
        self._found.refused += route_problems(route, options)

    def _connect(self, sites: Sites) -> Session:
        session = sites.migrated.open()
        self._stop.on_set(session.abort)
        try:
            _settle(session, sites)
        except MigrationError:
            session.close()
            raise
        return session

    def _undone(self, failure: BaseException, home: Home | None, sites: Sites) -> BaseException:
        """What to raise: the cause rather than what it interrupted, once everything of ours is removed."""
        cause = self._stop.cause
        error = cause if cause is not None and isinstance(failure, ServerError) else failure
        if home is not None:
            home.close()
            try:
                await_ended(sites.migrated.endpoint, home.session.id)
                preparation.undo_rehearsal(sites.migrated.endpoint, self._made)
            except MigrationError as trouble:
                error.add_note(f"while ending our own session: {trouble}")
        if remedy := self._made.remedy():
            error.add_note(f"left on the server; to remove it: {remedy}")
        return error

    # -- what is there

    def _look(self, home: Home, sites: Sites, alter: Alter | None) -> None:
        options, found, session = self._options, self._found, home.session
        found.refused += server_problems(sites.migrated.facts, options)
        found.refused += log_problems(sites.inspected.facts, options)
        if alter is not None and alter.conditional:
            alter = found.get(lambda: preparation.read_request(options, sites.migrated.dialect.executes))
        found.get(lambda: preparation.check_load(session, options))
        seen = not options.allow.skip_foreign_key_checks
        table = found.get(
            lambda: inspector.read_table(session, sites.migrated.dialect, options.original, foreign_keys=seen)
        )
        if table is None:
            return
        for site in (sites.migrated, sites.inspected):
            found.refused += table_problems(table, site.facts, options)
        found.remarks += remarks.on_table(table, options)
        if sites.apart:
            found.get(lambda: self._compare(table, sites))
        names = found.get(lambda: preparation.names_of(options, sites.migrated.dialect))
        triggers: tuple[PlannedTrigger, ...] = ()
        if names is not None:
            found.get(lambda: check_filters(sites.route, options.original, names))
            triggers = found.get(lambda: preparation.planned_triggers(session, options, names)) or ()
            found.say(helpers=Helpers(ghost=str(names.ghost), old=str(names.old), changelog=str(names.changelog)))
        found.say(
            triggers=tuple(TriggerReport(name=one.source.name, new_name=one.name) for one in triggers),
            cut_over=report.cut_over(
                options.original, options, under_lock=sites.migrated.dialect.renames_under_lock,
                test=sites.mode is Mode.TEST_ON_REPLICA,
            ),
            verified=options.verification.wanted,
        )  # fmt: skip
        scene = _Scene(home, sites, table, names, triggers)
        if alter is None or not self._may_make(scene):
            self._measure(scene, None, None)
            return
        self._ask(scene, alter)

    def _compare(self, table: Table, sites: Sites) -> None:
        with sites.inspected.look(preparation.setup_of(sites.inspected.dialect)) as session:
            there = inspector.read_table(session, sites.inspected.dialect, self._options.original)
            check_same(table, there, sites.route)

    def _may_make(self, scene: _Scene) -> bool:
        """Whether tables of our own can be made beside it, and removed again."""
        found, names = self._found, scene.names
        lacking = _MAKING & set(scene.sites.migrated.facts.missing_grants)
        why = ""
        if scene.table.kind != "BASE TABLE" or names is None:
            why = "no empty copy of it can be made"
        elif lacking:
            why = f"the user lacks {', '.join(sorted(lacking))}, so that no empty copy of it could be made and removed"
        elif any(refused.code == "read-only" for refused in found.refused):
            why = "the server cannot be written to, so that no empty copy of it can be made"
        elif not found.holds(lambda: scene.home.lock(self._options.original, names.ghost)):
            why = "another run is at work on it"
        if why:
            found.unknown(f"what the server itself would do, and what the new table would be like: {why}")
        return not why

    # -- what the server says

    def _ask(self, scene: _Scene, alter: Alter) -> None:
        options, found, session = self._options, self._found, scene.home.session
        assert scene.names is not None  # noqa: S101 - else nothing may be made
        wanted = scene.names
        known = len(found.refused)
        earlier = found.get(lambda: outlook(session, scene.sites, options, wanted, self._stop))
        found.say(earlier="" if earlier is None else earlier.text)
        if earlier is not None and earlier.way is Way.FINISH:
            found.unknown("what the ALTER would do: it is done")
            self._measure(scene, None, None)
            return
        ours = (earlier is not None and earlier.ours) or any(
            one.code != "leftover-table" for one in found.refused[known:]
        )
        rehearsal = found.get(lambda: preparer.rehearsal_names(session, wanted, options, ours=ours))
        if rehearsal is None:
            found.unknown("what the server itself would do, and what the new table would be like: its name is taken")
            self._measure(scene, None, None)
            return
        names, in_the_way = rehearsal
        kept = earlier is not None and earlier.way is Way.RESUME
        found.say(dropped_first=() if kept else tuple(map(str, in_the_way)))
        shared = scene.sites.migrated.dialect.checks_share_names
        checks = found.get(lambda: Constraints(session, options.original, names, shared=shared))
        native = self._native(scene, names.ghost, alter, checks)
        found.say(native=native)
        instant = native.way == "instant" and not unfit(alter.options, skip_renamed=options.allow.skip_renamed_columns)
        if instant and not options.allow.instant_ddl:
            found.remarks.append(remarks.instant_possible(alter.options))
        before, found.refused = found.refused, []
        if checks is not None:
            self._rehearse(scene, names, alter, checks)
        if instant and options.allow.instant_ddl and not options.verification.only:
            # It is done before a ghost is made: what forbids a copy comes up only where the lock cannot be had.
            found.remarks += [Remark(one.code, report.saying(one).text) for one in found.refused]
            found.refused = before
        else:
            found.refused = before + found.refused

    def _native(self, scene: _Scene, copy: TableName, alter: Alter, checks: Constraints | None) -> Native:
        why = unasked(alter.options)
        if why:
            return Native(why=why)
        session, dialect = scene.home.session, scene.sites.migrated.dialect
        altering = dialect.altering_setup(zero_dates=self._options.allow.zero_in_date)
        settings = _setup(scene.sites), (altering, f"USE {quote_name(self._options.schema)}")
        try:
            native = NativeQuestion(session, dialect, scene.table.name, alter.options, settings, checks).ask(
                copy, self._made
            )
        except ConnectionLost:
            raise
        except ServerError as error:
            native = Native(why=f"the server does not take the ALTER at all: {error.server_message}")
        _settle(session, scene.sites)
        keyed = scene.table.parents or scene.table.children
        return replace(native, why="asked on a copy without foreign keys") if keyed and not native.why else native

    def _rehearse(self, scene: _Scene, names: HelperNames, alter: Alter, checks: Constraints) -> None:
        """Make the ghost as a migration would, look at it, remove it."""
        options, found, session, sites = self._options, self._found, scene.home.session, scene.sites
        wanted = sites.migrated.dialect.altering_setup(zero_dates=options.allow.zero_in_date), alter.options
        there = found.holds(
            lambda: preparer.make_ghost(session, options.original, names.ghost, wanted, self._made, checks)
        )
        _settle(session, sites)
        if not there:
            self._measure(scene, None, None)
            return
        try:
            left = found.get(lambda: checks.left(session, allowed=options.allow.renamed_checks)) or ()
            found.remarks += remarks.on_checks(options.original, left)
            ghost = inspector.read_table(session, sites.migrated.dialect, names.ghost)
            plan = self._plan(scene, ghost, names, alter)
            found.say(structure=inspector.read_create(session, names.ghost))
            if plan is not None:
                self._try(scene, plan, alter, names)
            self._measure(scene, ghost, plan)
            if plan is not None:
                seen = look_at_rows(session, options, plan, self._stop.now)
                found.refused += seen.refused
                found.remarks += seen.remarks
                found.say(unknown=(*found.report.unknown, *seen.unknown))
        finally:
            _settle(session, sites)  # a limit of time must not keep it from being removed
            preparer.remove(session, names.ghost, self._made)

    def _plan(self, scene: _Scene, ghost: Table, names: HelperNames, alter: Alter) -> Plan | None:
        found, facts = self._found, preparation.planning_facts(self._options, scene.sites)
        refused = problems(scene.table, ghost, names, alter, **facts)
        found.refused += refused
        plan = None if refused else make_plan(scene.table, ghost, names, alter, **facts)
        found.say(
            columns=report.columns(scene.table, ghost, alter, plan),
            keys=report.keys(scene.table, ghost, alter, plan, full_row_image=facts["full_row_image"]),
        )
        if plan is None:
            return None
        found.say(uniqueness=report.uniqueness(plan), session_time_zone=plan.session_time_zone.strip("'"))
        compared = comparison(plan, lenient=self._options.allow.skip_strict_mode)
        if self._options.verification.wanted:
            found.say(uncompared=compared.uncompared)
        found.remarks += remarks.on_plan(plan, self._options, found.report.uncompared)
        found.remarks += remarks.on_images(plan, scene.sites.inspected.facts.variables)
        found.remarks += remarks.on_log_writing(scene.sites.migrated.facts.variables)
        return plan

    def _try(self, scene: _Scene, plan: Plan, alter: Alter, names: HelperNames) -> None:
        """What only a trial can tell."""
        found, session = self._found, scene.home.session
        if self._options.indexes_after_copy:
            seen = preparation.Inspection(scene.sites, alter, names, scene.triggers)
            later = preparation.with_indexes_later(session, self._options, seen, plan, self._made)
            found.remarks.append(on_indexes(plan.table, later.later))
        if scene.sites.mode is Mode.ON_REPLICA:
            found.get(lambda: replicated.check_positions(plan))
            found.remarks += remarks.on_replica(plan)
        if scene.triggers:
            tried = preparation.tried_triggers(session, self._options, scene.triggers)
            found.get(lambda: preparation.try_triggers(session, replace(plan, triggers=tried)))

    def _measure(self, scene: _Scene, ghost: Table | None, plan: Plan | None) -> None:
        """Sizes and speed; from here on each query of the session is limited in time."""
        found, session = self._found, scene.home.session
        if scene.table.kind != "BASE TABLE":
            return
        survey = Survey(session, scene.sites.migrated.dialect, self._stop)
        survey.limited()
        sizes = survey.sizes(scene.table.name, None if ghost is None else ghost.name)
        key = (plan.key.index, plan.key.names()) if plan is not None else None
        probe = None if "SELECT" in scene.sites.migrated.facts.missing_grants else survey.probe(scene.table, key)
        found.say(volume=forecast.volume(sizes, probe))
        if probe is None:
            found.unknown("how long it would take: a short reading of its rows gave no answer in time")
            return
        found.say(forecast=forecast.forecast(sizes, probe, self._options, survey.replicas()))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the questions are about."""

    home: Home
    sites: Sites
    table: Table
    names: HelperNames | None
    triggers: tuple[PlannedTrigger, ...]


def _setup(sites: Sites) -> tuple[str, ...]:
    """The settings of our session, with little patience for locks."""
    return (*preparation.setup_of(sites.migrated.dialect), preparation.SHORT_WAIT)


def _settle(session: Session, sites: Sites) -> None:
    for statement in _setup(sites):
        session.execute(statement)
