"""The end of a migration: removes what it has made, and puts its figures together.

By then the tables are swapped, or were only to be compared: a failure here is a warning, never an error, and says what
is left to do by hand. Must never drop the old table but where that was asked for and the swap is certain.
"""

from __future__ import annotations

import logging
import resource

from ghostshift.core.report import describe
from ghostshift.model.errors import MigrationError
from ghostshift.model.options import Options
from ghostshift.model.outcome import CutOverOutcome, Outcome, VerifyOutcome
from ghostshift.model.phase import Phase
from ghostshift.model.places import Mode
from ghostshift.model.plan import Plan
from ghostshift.runtime.board import StatusBoard
from ghostshift.workers import preparer
from ghostshift.workers.changelog import MIGRATED
from ghostshift.workers.crew import Crew
from ghostshift.workers.home import Home
from ghostshift.workers.preparer import Made
from ghostshift.workers.sampler import CopyClock
from ghostshift.workers.streamer import StreamReading

_log = logging.getLogger("ghostshift")


def clean_up(
    home: Home, plan: Plan, swap: CutOverOutcome | None, crew: Crew, made: Made, options: Options
) -> list[str]:
    """Remove changelog and checkpoint, the old table where that was asked for, a ghost that was only to be compared.

    `swap` is None where nothing was to be swapped. What is left is said by warnings. The checkpoint stays with the old
    table: it tells where in the log a revert would begin.
    """
    swapped = swap is not None and crew.sites.mode is not Mode.TEST_ON_REPLICA
    kept = swapped and not options.ok_to_drop_table
    if swap is not None:
        made.tables.remove(plan.ghost.name)
    try:
        crew.changelog.state(home.renewed(), MIGRATED)
        preparer.remove(home.session, plan.helpers.changelog, made)
        if swap is None:
            preparer.remove(home.session, plan.ghost.name, made)
        elif swapped and not kept:
            home.session.execute(f"DROP TABLE {plan.helpers.old.sql}")
        else:
            _log.info("-- drop table %s", plan.helpers.old.sql)
        if crew.journal.kept and kept:
            crew.journal.note(home.session, Phase.DONE)
            made.tables.remove(plan.helpers.checkpoint)
        elif crew.journal.kept:
            preparer.remove(home.session, plan.helpers.checkpoint, made)
    except MigrationError as error:
        done = f"{plan.table} is {'migrated' if swap is not None else 'compared'}, but the clean-up failed"
        return [f"{done}: {error}. {made.remedy()}"]
    return []


def outcome(
    plan: Plan,
    swap: CutOverOutcome | None,
    crew: Crew,
    board: StatusBoard,
    options: Options,
    *,
    seconds: float,
    verified: VerifyOutcome,
    warnings: list[str],
    notes: tuple[str, ...],
) -> Outcome:
    """How it ended, in figures."""
    swapped = swap is not None and crew.sites.mode is not Mode.TEST_ON_REPLICA
    kept = swapped and not options.ok_to_drop_table
    usage = resource.getrusage(resource.RUSAGE_SELF)
    clock, reading = board.get(CopyClock, CopyClock()), board.read(StreamReading)
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
            seconds_total=seconds,
            seconds_copy=(clock.ended or 0.0) - (clock.began or 0.0),
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_rss_bytes=usage.ru_maxrss * 1024,
            cut_over=swap or CutOverOutcome(),
            verification=verified,
            rows_lost=crew.losses.rows,
            values_changed=crew.losses.values,
            warnings=(*crew.warned.summary(), *crew.losses.summary(), *warnings),
            notes=notes,
            plan=describe(plan),
        )
