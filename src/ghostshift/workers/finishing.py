"""Ends a migration whose tables were swapped by a run that died before it had cleaned up.

What may be missing is the last look behind the swap: on servers where the RENAME waits behind a sentry, writes of the
application may have slipped in between the drain and the swap. The log tells: it is read from the checkpoint on, what
came before the marker of the drain is owed no more, and what came between the marker and the swap is brought over.
"""

from __future__ import annotations

from dataclasses import replace

from ghostshift.core.planner import make_plan
from ghostshift.core.resuming import Remains
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import OutcomeUnknown
from ghostshift.model.options import Options
from ghostshift.model.outcome import CutOverOutcome, VerifyOutcome
from ghostshift.model.phase import Phase
from ghostshift.model.plan import Plan
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import WorkerGroup
from ghostshift.sql.alter import Alter
from ghostshift.sql.statements import read_changelog
from ghostshift.workers import preparation
from ghostshift.workers.attempts import Attempts
from ghostshift.workers.changelog import LOCKED, STATE
from ghostshift.workers.crew import Crew
from ghostshift.workers.home import Home
from ghostshift.workers.topology import Sites


def options_left(options: Options, remains: Remains) -> Options:
    """The options for what is left to do: an old table that is dropped already cannot be kept."""
    return replace(options, ok_to_drop_table=True) if remains.old_dropped else options


def plan_of_the_swapped(session: Session, options: Options, sites: Sites, alter: Alter, remains: Remains) -> Plan:
    """The plan as it was before the swap, by the tables as they are after it. Raises Refused."""
    for statement in preparation.setup_of(sites.migrated.dialect):
        session.execute(statement)
    names, dialect = remains.names, sites.migrated.dialect
    after = inspector.read_table(session, dialect, options.original)
    if remains.old_dropped:  # nothing will be read of it any more
        before, alter = after, replace(alter, renames={}, dropped=frozenset())
    else:
        before = inspector.read_table(session, dialect, names.old)
    return make_plan(
        replace(before, name=options.original),
        replace(after, name=names.ghost),
        names,
        alter,
        **preparation.planning_facts(options, sites),
    )


def verified_before(checkpoint: Checkpoint) -> VerifyOutcome:
    """What the run that has swapped had compared, as far as it has told."""
    done = checkpoint.compared
    return VerifyOutcome(
        verified=checkpoint.totals.verified, rows=done.rows, explained=done.explained, repaired=done.repaired
    )


def catch_slipped(group: WorkerGroup, crew: Crew, home: Home, attempts: Attempts) -> CutOverOutcome:
    """Bring over what slipped in before the swap, if that was not done yet. Raises OutcomeUnknown."""
    if crew.journal.last.phase is not Phase.CUTTING_OVER:
        return CutOverOutcome()
    rows = home.session.query(read_changelog(crew.changelog.name, STATE))
    state, _, marker = str(rows[0][0]).partition(":") if rows else ("", "", "")
    if state != LOCKED:
        raise OutcomeUnknown(
            f"{crew.plan.table} was swapped, but its changelog does not say any more up to where all changes had been "
            f"brought over: compare {crew.plan.helpers.old} with {crew.plan.table}"
        )
    with crew.log.open() as log:
        log.drained_by = marker
    crew.follow(group, crew.journal.last.position)
    return attempts.catch_slipped(CutOverOutcome(attempts=1))
