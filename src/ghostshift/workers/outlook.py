"""What a migration would do with what an earlier run left, for a plan or a rehearsal: it only asks, changes nothing.

The same rules decide as in earnest (core/resuming.py). Sessions of a dead run are left alone, and nothing is dropped.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from ghostshift.core.report import describe
from ghostshift.core.resuming import Way, owns_ghost, way
from ghostshift.model.names import HelperNames
from ghostshift.model.options import Options
from ghostshift.model.outcome import Outcome
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql.alter import Alter
from ghostshift.workers import preparation
from ghostshift.workers.preparer import Made
from ghostshift.workers.resumption import look_for, placed
from ghostshift.workers.topology import Sites

_log = logging.getLogger("ghostshift")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be done, and in words."""

    way: Way
    text: str
    ours: bool
    """What bears the ghost's name may be dropped."""


NOTHING = Outlook(Way.BEGIN, "", ours=False)
"""Nobody was here before."""


def outlook(session: Session, sites: Sites, options: Options, names: HelperNames, stop: Stop) -> Outlook:
    """What to expect. Raises Refused where nobody can go on with it."""
    found = look_for(session, options, names, sites.migrated.dialect, stop, touch=False)
    chosen = way(found, options, names)
    if found is None:
        return NOTHING
    checkpoint = found.checkpoint if chosen is Way.BEGIN else placed(session, sites, found, options, stop)
    ended = f"an earlier run of this migration ended while {checkpoint.phase.value}"
    if chosen is Way.RESUME:
        text = f"{ended}: it would go on from {checkpoint.position}, {checkpoint.rows} rows copied"
    elif chosen is Way.FINISH:
        text = f"{ended}: the tables are swapped, and only what was left to clean up would be done"
    else:
        text = f"{ended}, and would not be gone on with: the migration would begin anew"
    return Outlook(chosen, text, owns_ghost(found))


def rehearse(
    home: Session, sites: Sites, options: Options, alter: Alter, names: HelperNames, made: Made, stop: Stop
) -> Outcome:
    """All that can be found out without --execute, beside what an earlier run has left. Raises Refused, DataLossError.

    Where the tables are swapped already there is nothing to rehearse: today's table is the new one.
    """
    earlier = outlook(home, sites, options, names, stop)
    if earlier.text:
        _log.info("%s", earlier.text)
    rehearsed = Outcome(table=str(options.original), swapped=False)
    if earlier.way is Way.FINISH:
        return rehearsed
    found = preparation.inspect(home, options, alter, sites)
    kept = earlier.way is Way.RESUME
    plan, structure = preparation.rehearse(home, options, found, made, ours=earlier.ours, kept=kept)
    return replace(rehearsed, plan=describe(plan), structure=structure)
