"""The end of a run: removes what it has made, says what is left, and puts its figures together.

By then the tables are swapped, or were only to be compared: a failure here is a warning, never an error, and says what
is left to do by hand. Must never drop the old table but where that was asked for and the swap is certain.
"""

from __future__ import annotations

import logging
import resource

from ghostshift.core.report import describe
from ghostshift.model.errors import MigrationError
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.outcome import CutOverOutcome, Outcome, VerifyOutcome
from ghostshift.model.phase import Phase
from ghostshift.model.places import Mode
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import await_ended
from ghostshift.runtime.footprint import peak_bytes
from ghostshift.sql.statements import drop_table
from ghostshift.workers import preparation, preparer, resumption
from ghostshift.workers.changelog import MIGRATED
from ghostshift.workers.crew import Crew
from ghostshift.workers.home import Home
from ghostshift.workers.journal import Journal
from ghostshift.workers.preparer import Made

_log = logging.getLogger("ghostshift")


def clean_up(home: Home, plan: Plan, swap: CutOverOutcome | None, crew: Crew, made: Made, options: Options) -> None:
    """Remove changelog and checkpoint, the old table where that was asked for, a ghost that was only to be compared.

    `swap` is None where nothing was to be swapped. The checkpoint stays with the old table: it tells where in the log a
    revert would begin. Raises MigrationError where something is left.
    """
    swapped = swap is not None and crew.sites.mode is not Mode.TEST_ON_REPLICA
    kept = swapped and not options.ok_to_drop_table
    if swap is not None:
        made.tables.remove(plan.ghost.name)
        made.precious.clear()
    crew.changelog.state(home.renewed(), MIGRATED)
    preparer.remove(home.session, plan.helpers.changelog, made)
    if swap is None:
        for name in [name for name in (plan.helpers.shell, plan.ghost.name) if name in made.tables]:
            preparer.remove(home.session, name, made)
    elif swapped and not kept:
        home.session.execute(drop_table(plan.helpers.old))
    elif kept:
        _log.info("the old table is kept; to remove it: DROP TABLE %s", plan.helpers.old.sql)
    if crew.journal.kept and kept:
        crew.journal.note(home.session, Phase.DONE)
        made.tables.remove(plan.helpers.checkpoint)
    elif crew.journal.kept:
        preparer.remove(home.session, plan.helpers.checkpoint, made)


def after_a_failure(
    error: BaseException, endpoint: Endpoint, home: int, options: Options, made: Made, journal: Journal | None
) -> None:
    """See what is left on the server, remove what nobody can go on with, and say with the error what can be done."""
    try:
        # A CREATE or ALTER of ours may still be waiting for a lock: what is left is known only after its end.
        await_ended(endpoint, home)
        if not options.execute:
            preparation.undo_rehearsal(endpoint, made)
    except MigrationError as trouble:
        error.add_note(f"while ending our own session: {trouble}")
    try:
        resumption.sweep(endpoint, made, journal)
    except MigrationError as trouble:
        error.add_note(f"while removing the checkpoint: {trouble}")
    if journal is not None:
        resumption.leave_word(endpoint, journal, error)


def left_over(plan: Plan, swap: CutOverOutcome | None, made: Made, error: MigrationError) -> str:
    """What to say of a clean-up that failed: the work itself is done."""
    done = f"{plan.table} is {'migrated' if swap is not None else 'compared'}, but the clean-up failed"
    return f"{done}: {error}. {made.remedy()}"


def outcome(
    plan: Plan,
    swap: CutOverOutcome | None,
    crew: Crew,
    options: Options,
    *,
    verified: VerifyOutcome,
    warnings: list[str],
    notes: tuple[str, ...],
) -> Outcome:
    """How it ended, in figures."""
    swapped = swap is not None and crew.sites.mode is not Mode.TEST_ON_REPLICA
    kept = swapped and not options.ok_to_drop_table
    usage = resource.getrusage(resource.RUSAGE_SELF)
    totals = crew.totals()
    return Outcome(
        table=str(plan.table),
        swapped=swapped,
        reverted=swapped and options.recovery.revert,
        forward=swapped and options.recovery.revert and not crew.journal.last.undone,
        old_table=str(plan.helpers.old) if kept else "",
        tested=str(plan.ghost.name) if swap is not None and not swapped else "",
        compared_only=swap is None,
        rows_copied=totals.rows,
        chunks=totals.chunks,
        changes_seen=totals.seen,
        changes_applied=totals.applied,
        changes_discarded=totals.discarded,
        restarts=totals.restarts,
        reconnects=totals.reconnects,
        seconds_total=totals.seconds,
        seconds_copy=totals.seconds_copy,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_rss_bytes=peak_bytes(),
        cut_over=swap or CutOverOutcome(),
        verification=verified,
        rows_lost=max(crew.losses.rows, crew.journal.last.rows_lost),
        values_changed=max(crew.losses.values, crew.journal.last.values_changed),
        warnings=(*crew.warned.summary(), *crew.losses.summary(), *warnings),
        notes=notes,
        plan=describe(plan),
    )
