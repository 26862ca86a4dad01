"""Makes ready to swap an old table back: finds it, looks whether it is the one, and plans with the roles swapped.

What may be swapped back is decided in core/reverting.py. From its first checkpoint on a revert is a migration that has
copied all there is to copy, and is gone on with like any other. Until that checkpoint is written nothing is touched
but our own changelog of an earlier time; the old table is never dropped.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, replace

from ghostshift import __version__
from ghostshift.core import resuming
from ghostshift.core import reverting as rules
from ghostshift.core.cutover import Verdict
from ghostshift.core.planner import make_plan
from ghostshift.core.report import describe
from ghostshift.core.resuming import Remains, Way
from ghostshift.core.reverting import Candidate
from ghostshift.model.errors import Refused
from ghostshift.model.names import HelperNames
from ghostshift.model.options import Options
from ghostshift.model.outcome import Outcome
from ghostshift.model.plan import Plan
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql.alter import Alter, read_alter, without_renames
from ghostshift.sql.statements import drop_table
from ghostshift.workers import preparation, preparer, resumption, totals
from ghostshift.workers.definitions import digest
from ghostshift.workers.guard import UniquenessGuard
from ghostshift.workers.home import Home
from ghostshift.workers.journal import Journal
from ghostshift.workers.nulls import check_rows
from ghostshift.workers.topology import Sites

_log = logging.getLogger("ghostshift")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert:
    """What is to be done."""

    way: Way
    remains: Remains
    """Of the run that this one goes on with; of one that begins: names and first checkpoint, not written yet."""
    alter: Alter
    """From today's definition to the one that is brought back."""
    options: Options


def find(home: Home, options: Options, names: HelperNames, sites: Sites, stop: Stop, made: preparer.Made) -> Revert:
    """What there is to revert. Raises Refused. With --execute sessions of a dead run are ended by then."""
    session, dialect = home.session, sites.migrated.dialect
    remains = resumption.look_for(session, options, names, dialect, stop, touch=options.execute)
    candidate = None
    if remains is not None:
        old = remains.names.old
        there = inspector.table_exists(session, old)
        candidate = Candidate(
            remains=remains,
            old=digest(session, old) if there else "",
            elsewhere=remains.checkpoint.migrated != sites.migrated.facts.identity,
        )
    way = rules.way(candidate, options, names)
    if remains is None:
        raise AssertionError("a revert without a checkpoint is refused")
    if way is Way.BEGIN:
        remains = _begun(session, options, names, sites, remains)
    else:
        goes = "goes" if options.execute else "would go"
        _log.info("an earlier revert ended while %s: this one %s on", remains.checkpoint.phase.value, goes)
    made.precious |= {remains.names.ghost, remains.names.checkpoint}
    home.lock(options.original, remains.names.ghost)
    alter = _alter(session, options, sites, remains, swapped=way is Way.FINISH)
    options = replace(options, alter=remains.checkpoint.alter)
    if not rules.verifiable(remains.checkpoint):
        options = replace(options, verification=replace(options.verification, skip=True))
    if way is not Way.FINISH:
        remains = replace(remains, checkpoint=resumption.placed(session, sites, remains, options, stop))
    return Revert(way=way, remains=remains, alter=alter, options=options)


def _begun(session: Session, options: Options, names: HelperNames, sites: Sites, found: Remains) -> Remains:
    sort_after = not sites.migrated.dialect.renames_under_lock
    names = rules.names_of(options, found.checkpoint, names, sort_after=sort_after)
    if inspector.table_exists(session, names.old) and not options.initially_drop_old_table:
        raise Refused(
            "leftover-table",
            f"{names.old} exists already, and the reverted table will be called so; drop it, or give "
            "--initially-drop-old-table",
        )
    checkpoint = rules.begun(
        found.checkpoint, names, tool=__version__, run=secrets.token_hex(8), choices=dict(resuming.choices(options))
    )
    return replace(found, names=names, checkpoint=checkpoint, verdict=Verdict.IN_PLACE)


def _alter(session: Session, options: Options, sites: Sites, remains: Remains, *, swapped: bool) -> Alter:
    """The ALTER of the first migration, turned round where that is what is to be done."""
    checkpoint, names, dialect = remains.checkpoint, remains.names, sites.migrated.dialect
    alter = read_alter(checkpoint.alter, dialect.executes)
    if checkpoint.choices.get("skip-renamed-columns") == "true":
        alter = without_renames(alter)
    today = inspector.read_table(session, dialect, names.old if swapped else options.original)
    back = inspector.read_table(session, dialect, options.original if swapped else names.ghost)
    before, after = (back, today) if checkpoint.undone else (today, back)
    return rules.direction(alter, before, after, undone=checkpoint.undone)


def plan(session: Session, revert: Revert, sites: Sites) -> Plan:
    """The plan with the roles swapped; nothing is touched. Raises Refused, DataLossError."""
    options, remains = revert.options, revert.remains
    found = preparation.inspect(session, options, revert.alter, sites)
    for statement in preparation.setup_of(found.dialect):
        session.execute(statement)
    original = inspector.read_table(session, found.dialect, options.original)
    ghost = inspector.read_table(session, found.dialect, remains.names.ghost)
    rules.check_old(ghost)
    facts = preparation.planning_facts(options, sites)
    planned = make_plan(original, ghost, remains.names, revert.alter, **facts)
    planned = rules.plan_of(planned, remains.checkpoint)
    preparation.look_at_replication(found, planned)
    check_rows(session, planned)
    UniquenessGuard(planned).check_original(session)
    if not rules.verifiable(remains.checkpoint):
        _log.warning("%s is not verified: its migration was allowed to lose rows", ghost.name)
    return planned


def rehearsed(session: Session, revert: Revert, sites: Sites) -> Outcome:
    """What a run without --execute comes to; nothing is touched. Raises Refused, DataLossError."""
    outcome = Outcome(table=str(revert.options.original), swapped=False)
    if revert.way is Way.FINISH:
        _log.info("the tables are swapped, and only what was left to clean up would be done")
    else:
        outcome = replace(outcome, plan=describe(plan(session, revert, sites)))
    _log.info("this was a rehearsal: give --execute to revert %s", outcome.table)
    return outcome


def begin(session: Session, plan: Plan, revert: Revert, made: preparer.Made) -> Journal:
    """Write the first checkpoint, and have the tables that a run needs; or take over what an earlier run has."""
    names, checkpoint = plan.helpers, revert.remains.checkpoint
    if revert.way is Way.BEGIN:
        _clear(session, revert.options, names)
        journal = Journal(names.checkpoint, checkpoint)
        journal.note(session, checkpoint.phase)
    else:
        journal = Journal(names.checkpoint, totals.gone_on_with(checkpoint, revert.options, swapped=False))
    resumption.adopt(session, names, checkpoint, made)
    return journal


def _clear(session: Session, options: Options, names: HelperNames) -> None:
    """Our changelog of an earlier time, and what is to be dropped by name."""
    if inspector.table_exists(session, names.changelog):
        if inspector.table_comment(session, names.changelog) not in preparer.OUR_CHANGELOGS:
            raise Refused(
                "leftover-table", f"{names.changelog} exists and is not a changelog of ours; rename or drop it"
            )
        session.execute(drop_table(names.changelog))
    if options.initially_drop_old_table:
        session.execute(drop_table(names.old))
