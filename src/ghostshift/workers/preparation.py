"""Inspection and preparation: from options to a plan, with ghost and changelog made. One thread, before any worker.

Inspection touches nothing and refuses what cannot be done; preparation makes tables of our own and no more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ghostshift.core import remarks, replicated, triggers
from ghostshift.core.checks import check_log, check_server, check_table, needs_rows
from ghostshift.core.filters import check_filters
from ghostshift.core.indexing import on_indexes
from ghostshift.core.losing import check_key_fits
from ghostshift.core.planner import UTC, make_plan
from ghostshift.core.topology import check_same
from ghostshift.model.errors import ConnectionLost, DataLossError, Refused, ServerError, UsageError
from ghostshift.model.names import HelperNames, TableName, helper_names
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.places import Mode
from ghostshift.model.plan import Plan
from ghostshift.model.trigger import PlannedTrigger
from ghostshift.mysql import inspector
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.session import Session, SessionPool
from ghostshift.mysql.triggers import drop_triggers, make_triggers, names_in, read_triggers
from ghostshift.runtime import flag_files
from ghostshift.runtime.group import Stop
from ghostshift.sql.alter import Alter, read_alter, without_renames
from ghostshift.sql.literals import text_literal
from ghostshift.sql.losses import KEEP_WARNINGS
from ghostshift.sql.readings import global_status
from ghostshift.sql.tokens import Executes, every
from ghostshift.workers import indexing, preparer
from ghostshift.workers import scout as scouting
from ghostshift.workers.constraints import Constraints
from ghostshift.workers.guard import UniquenessGuard
from ghostshift.workers.nulls import check_rows
from ghostshift.workers.scout import Scout
from ghostshift.workers.scratch import Scratch
from ghostshift.workers.topology import Site, Sites, switch_to_rows

SHORT_WAIT = "SET SESSION lock_wait_timeout = 5"
"""A rehearsal must not keep anybody waiting, nor wait for long itself."""

_log = logging.getLogger("ghostshift")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found before anything was touched."""

    sites: Sites
    alter: Alter
    names: HelperNames
    triggers: tuple[PlannedTrigger, ...] = ()

    @property
    def dialect(self) -> Dialect:
        """Of the server that is migrated."""
        return self.sites.migrated.dialect


def read_request(options: Options, executes: Executes = every) -> Alter:
    """The ALTER, read before anything is connected to, or for one server. Raises UsageError, Refused."""
    _ = options.original.sql  # a name that no server takes is refused here, rather than by an error of its own
    alter = read_alter(options.alter, executes)
    for said, meant, flag in ((alter.schema, options.schema, "database"), (alter.table, options.table, "table")):
        if said and said != meant:
            alike = " (the case of letters counts)" if said.lower() == meant.lower() else ""
            raise UsageError(f"the ALTER is about {said!r}, but --{flag} is {meant!r}{alike}")
    if options.allow.skip_renamed_columns:
        for remark in remarks.on_request(alter, options):
            _log.warning("%s", remark)
        return without_renames(alter)
    return alter


def make_postpone_file(options: Options) -> None:
    """Make the postpone flag file, if there is none: it is there for others to remove. Raises UsageError.

    A rehearsal makes none, for nobody would ever remove it.
    """
    path = options.tunables.postpone_flag_file
    if not path:
        return
    try:
        if not options.execute:
            Path(path).parent.stat()
            return
        if Path(path).exists() and not Path(path).is_file():
            raise UsageError(f"--postpone-cut-over-flag-file {path} is no plain file, which somebody could remove")
        if flag_files.make(path):
            _log.info("%s was made: the cut-over is postponed until it is removed", path)
    except OSError as error:
        raise UsageError(f"--postpone-cut-over-flag-file {path} cannot be made: {error.strerror or error}") from None


def inspect(home: Session, options: Options, alter: Alter, sites: Sites) -> Inspection:
    """Look at everything that may forbid the migration. Raises Refused."""
    dialect = sites.migrated.dialect
    if alter.conditional:
        alter = read_request(options, dialect.executes)
    check_server(sites.migrated.facts, options)
    check_log(sites.inspected.facts, options)
    check_load(home, options)
    keys = not options.allow.skip_foreign_key_checks
    table = inspector.read_table(home, dialect, options.original, foreign_keys=keys)
    for site in (sites.migrated, sites.inspected):  # what a foreign key does must be logged on the whole way
        check_table(table, site.facts, options)
    for remark in remarks.on_table(table, options):
        _log.warning("%s", remark)
    if sites.apart:
        with sites.inspected.look(setup_of(sites.inspected.dialect)) as session:
            check_same(table, inspector.read_table(session, sites.inspected.dialect, options.original), sites.route)
    names = names_of(options, dialect)
    check_filters(sites.route, options.original, names)
    return Inspection(sites, alter, names, planned_triggers(home, options, names))


def names_of(options: Options, dialect: Dialect) -> HelperNames:
    """The helper tables' names. Raises Refused where there are none that will do."""
    return helper_names(
        options.original,
        sort_after=not dialect.renames_under_lock,
        base=options.force_table_names,
        stamp=time.strftime("%Y%m%d%H%M%S") if options.timestamp_old_table else "",
    )


def check_load(home: Session, options: Options) -> None:
    """Refuse a status variable that the server does not have: it would throttle for ever."""
    wanted = [name for name, _ in (*options.tunables.max_load, *options.tunables.critical_load)]
    known = {str(row[0]).lower() for row in home.query(global_status(wanted))} if wanted else set()
    for name in wanted:
        if name.lower() not in known:
            raise Refused(
                "no-such-status-variable",
                f"the server has no status variable {name!r}, which --max-load or --critical-load names: see SHOW "
                "GLOBAL STATUS",
            )


def planned_triggers(home: Session, options: Options, names: HelperNames) -> tuple[PlannedTrigger, ...]:
    """The triggers to make on the new table. Raises Refused where their names cannot be."""
    if not options.triggers.include:
        return ()
    found = triggers.planned(read_triggers(home, options.original), options.triggers)
    # Leftovers of an earlier run are dropped, and their triggers with them, or refused by themselves.
    problem = triggers.problem(found, names_in(home, options.schema, besides=(names.ghost, names.old)))
    if problem:
        raise Refused("trigger-name", f"{options.original}: {problem}; choose another --trigger-suffix, or drop it")
    return found


def make_ghost(
    home: Session, options: Options, found: Inspection, made: preparer.Made, trial: preparer.Trial | None = None
) -> Plan:
    """Make the ghost, alter it, and plan by what has become of it. Raises Refused."""
    checks = Constraints(home, options.original, found.names, shared=found.dialect.checks_share_names)
    alter = found.dialect.altering_setup(zero_dates=options.allow.zero_in_date), found.alter.options
    ready = preparer.make_ghost(home, options.original, found.names.ghost, alter, made, checks, trial)
    for statement in setup_of(found.dialect):
        home.execute(statement)
    if not ready:
        return make_ghost(home, options, found, made)
    try:
        for remark in remarks.on_checks(options.original, checks.left(home, allowed=options.allow.renamed_checks)):
            _log.warning("%s", remark)
        plan = replace(planned(home, options, found), triggers=found.triggers)
        if options.allow.data_loss:
            check_key_fits(plan)
        _try_scratch(home, options, plan)
        look_at_replication(found, plan)
        for remark in remarks.on_images(plan, found.sites.inspected.facts.variables):
            _log.warning("%s", remark)
        if plan.keeps_numbers:
            preparer.raise_auto_increment(home, plan.table, plan.ghost.name)
        try_triggers(home, plan)
    except Refused:
        preparer.remove(home, found.names.ghost, made)
        raise
    if options.indexes_after_copy:
        plan = with_indexes_later(home, options, found, plan, made)
        _log.warning("%s", on_indexes(plan.table, plan.later))
    return plan


def with_indexes_later(home: Session, options: Options, found: Inspection, plan: Plan, made: preparer.Made) -> Plan:
    """The plan, its ghost without the indexes that can be made after the copy. Raises Refused."""
    for choice in indexing.choices_of(home, plan):
        later = indexing.put_off(home, plan, choice)
        if later is not None:
            return later
        # What did not come back as it was is made anew, and the next choice is tried.
        preparer.remove(home, found.names.ghost, made)
        plan = make_ghost(home, replace(options, indexes_after_copy=False), found, made)
    return plan


def _try_scratch(home: Session, options: Options, plan: Plan) -> None:
    """Where the workers need a temporary table: whether there can be one. Raises Refused."""
    asked = [new.index for new in plan.new_uniqueness if new.asked is not None]
    if not asked and not options.allow.data_loss:
        return
    try:
        Scratch(plan).have(home)
    except ConnectionLost:
        raise
    except ServerError as error:
        why = f"the unique index {asked[0]!r} is on values that only the server can tell" if asked else "rows may clash"
        raise Refused(
            "unique-on-new-values",
            f"{plan.table}: {why}, and no temporary table can be made to ask it (privilege CREATE TEMPORARY TABLES?): "
            f"{error}",
        ) from error


def look_at_replication(found: Inspection, plan: Plan) -> None:
    """Where only a replica is migrated: whether it can go on replicating. Raises Refused."""
    if found.sites.mode is not Mode.ON_REPLICA:
        return
    replicated.check_positions(plan)
    for remark in remarks.on_replica(plan):
        _log.warning("%s", remark)


def try_triggers(home: Session, plan: Plan) -> None:
    """Make the triggers on the ghost, look whether they are the same, and drop them again. Raises Refused.

    Whether definers, privileges, columns and character sets allow them is thus known before any row is copied.
    """
    if not plan.triggers:
        return
    ghost, wanted = plan.ghost.name, tuple(trigger.target for trigger in plan.triggers)
    advice = "drop the table's triggers first, or migrate without --include-triggers"
    try:
        make_triggers(home, wanted, ghost)
        made = read_triggers(home, ghost)
        drop_triggers(home, [trigger.name for trigger in wanted], ghost)
    except ConnectionLost:
        raise
    except ServerError as error:
        raise Refused(
            "triggers", f"the triggers of {plan.table} cannot be made on {ghost}: {error}; {advice}"
        ) from error
    if made != wanted:
        odd = ", ".join(one.name for one in wanted if one not in made) or "their order"
        raise Refused("triggers", f"the triggers of {plan.table} cannot be made exactly ({odd} differ); {advice}")


def planned(home: Session, options: Options, found: Inspection, *, form: TableName | None = None) -> Plan:
    """The plan by what original and ghost are now, or `form`, which is what the ghost will be. Raises Refused."""
    original = inspector.read_table(home, found.dialect, options.original)
    ghost = inspector.read_table(home, found.dialect, form or found.names.ghost)
    ghost = replace(ghost, name=found.names.ghost) if form is not None else ghost
    return make_plan(original, ghost, found.names, found.alter, **planning_facts(options, found.sites))


def planning_facts(options: Options, sites: Sites) -> dict[str, Any]:
    """What the planner must know besides the two tables."""
    variables, logged = sites.migrated.facts.variables, sites.inspected.facts.variables
    modes = variables.get("sql_mode", "")
    return {
        "full_row_image": logged.get("binlog_row_image", "FULL").upper() == "FULL",
        "server_time_zone": text_literal(variables.get("time_zone", "+00:00")),
        "nullable_key": options.allow.nullable_key,
        "lossy": options.allow.data_loss,
        "zero_dates": options.allow.zero_in_date or "NO_ZERO_DATE" not in modes,
        "pads_char": "PAD_CHAR_TO_FULL_LENGTH" in modes,
    }


def rehearse(
    home: Session, options: Options, found: Inspection, made: preparer.Made, *, ours: bool = False, kept: bool = False
) -> tuple[Plan, str]:
    """All that `prepare` finds out, and the new structure, with nothing left behind and nothing of others touched.

    `ours`: a checkpoint proves what bears our names to be of an earlier run; `kept`: which would be gone on with.
    Raises Refused, DataLossError.
    """
    names, in_the_way = preparer.rehearsal_names(home, found.names, options, ours=ours)
    for name in () if kept else in_the_way:
        _log.info("with --execute, %s would be dropped first", name)
    tried = tried_triggers(home, options, found.triggers)
    plan = make_ghost(home, options, replace(found, names=names, triggers=tried), made)
    try:
        check_rows(home, plan)
        _look_for_clashes(home, options, plan)
        if not options.allow.skip_strict_mode:
            Scout(plan, time.monotonic, accepted=options.allow.data_loss).look(home)
        if plan.later:
            indexing.put_back(home, plan)
        structure = inspector.read_create(home, plan.ghost.name)
    finally:
        preparer.remove(home, plan.ghost.name, made)
    return plan, structure


def try_structure(home: Session, options: Options, found: Inspection, made: preparer.Made, *, ours: bool) -> None:
    """Ask the server whether it will have the ALTER, by an empty table, which is gone again. Raises Refused."""
    names, _ = preparer.rehearsal_names(home, found.names, options, ours=ours)
    triggers = tried_triggers(home, options, found.triggers)
    options = replace(options, indexes_after_copy=False)
    plan = make_ghost(home, options, replace(found, names=names, triggers=triggers), made)
    preparer.remove(home, plan.ghost.name, made)


def tried_triggers(home: Session, options: Options, wanted: tuple[PlannedTrigger, ...]) -> tuple[PlannedTrigger, ...]:
    """The triggers for a rehearsal: a leftover that stays may hold the names that the real run would use."""
    held = set(names_in(home, options.schema)) if wanted else set()
    return tuple(
        replace(trigger, name=f"ghostshift_rehearsal_{number}") if trigger.name in held else trigger
        for number, trigger in enumerate(wanted)
    )


def undo_rehearsal(endpoint: Endpoint, made: preparer.Made) -> None:
    """Remove what an interrupted rehearsal has surely made; its own session must have ended. Raises MigrationError."""
    if not made.tables:
        return
    with Session.open(endpoint, [SHORT_WAIT]) as session:
        preparer.remove_rehearsed(session, made)


def prepare(
    home: Session, options: Options, found: Inspection, made: preparer.Made, trial: preparer.Trial | None = None
) -> Plan:
    """Ghost, plan, a look for rows that a new unique index would lose, changelog. Raises Refused, DataLossError."""
    if needs_rows(found.sites.inspected.facts):
        switch_to_rows(found.sites.inspected)
    plan = make_ghost(home, options, found, made, trial)
    try:
        check_rows(home, plan)
        _look_for_clashes(home, options, plan)
    except DataLossError:
        preparer.remove(home, plan.ghost.name, made)
        raise
    preparer.make_changelog(home, found.names.changelog, made)
    return plan


def _look_for_clashes(home: Session, options: Options, plan: Plan) -> None:
    """Rows that a new unique index would lose: an error, or where that is accepted a warning with their number."""
    guard = UniquenessGuard(plan)
    if not options.allow.data_loss:
        guard.check_original(home)
        return
    for index, rows in guard.count_original(home):
        _log.warning("%s loses about %d rows to the unique index %r (--allow-data-loss)", plan.table, rows, index)


def scout(home: Session, options: Options, plan: Plan, made: preparer.Made, now: Callable[[], float]) -> Scout | None:
    """A short look for rows that do not fit; what is left of it goes on beside the copy. Raises DataLossError.

    None where the server's own sql_mode is to decide (--skip-strict-mode).
    """
    if options.allow.skip_strict_mode:
        return None
    ahead = Scout(plan, now, accepted=options.allow.data_loss)
    try:
        ahead.look(home, scouting.SECONDS)
    except DataLossError:
        preparer.remove(home, plan.ghost.name, made)
        preparer.remove(home, plan.helpers.changelog, made)
        raise
    return ahead


def setup_of(dialect: Dialect) -> tuple[str, ...]:
    """Settings of the conductor's own session."""
    return dialect.session_setup(time_zone=UTC)


def session_pool(site: Site, options: Options, plan: Plan, stop: Stop) -> SessionPool:
    """Sessions for the workers: each is set up alike, and each is on that server and no other."""
    allow = options.allow
    setup = (
        *site.dialect.session_setup(time_zone=plan.session_time_zone),
        *site.dialect.writing_setup(strict=not allow.skip_strict_mode, notes=allow.panic_on_warnings),
    )
    if allow.data_loss:
        setup = (*setup, site.dialect.lenient_setup(), KEEP_WARNINGS)
    pool = SessionPool(site.endpoint, setup, stop)
    pool.on_open(site.check)
    return pool
