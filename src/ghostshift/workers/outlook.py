"""What a migration would do with what an earlier run left, for a plan or a rehearsal: it only asks, changes nothing.

The same rules decide as in earnest (core/resuming.py). Sessions of a dead run are left alone, and nothing is dropped.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ghostshift.core.resuming import Way, owns_ghost, way
from ghostshift.model.names import HelperNames
from ghostshift.model.options import Options
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.workers import preparation
from ghostshift.workers.preparation import Inspection
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


def outlook(session: Session, sites: Sites, options: Options, names: HelperNames, stop: Stop) -> Outlook | None:
    """None where no earlier run has left a checkpoint. Raises Refused where nobody can go on with it."""
    found = look_for(session, options, names, sites.migrated.dialect, stop, touch=False)
    chosen = way(found, options, names)
    if found is None:
        return None
    checkpoint = found.checkpoint if chosen is Way.BEGIN else placed(session, sites, found, options, stop)
    ended = f"an earlier run of this migration ended while {checkpoint.phase.value}"
    if chosen is Way.RESUME:
        text = f"{ended}: it would go on from {checkpoint.position}, {checkpoint.rows} rows copied"
    elif chosen is Way.FINISH:
        text = f"{ended}: the tables are swapped, and only what was left to clean up would be done"
    else:
        text = f"{ended}, and would not be gone on with: the migration would begin anew"
    return Outlook(chosen, text, owns_ghost(found, options))


def rehearse(
    home: Session, sites: Sites, options: Options, found: Inspection, made: Made, stop: Stop
) -> tuple[Plan, str]:
    """As preparation.rehearse, with a word about an earlier run. Raises Refused, DataLossError."""
    earlier = outlook(home, sites, options, found.names, stop)
    if earlier is not None:
        _log.info("%s", earlier.text)
    kept = earlier is not None and earlier.way is not Way.BEGIN
    return preparation.rehearse(home, options, found, made, ours=earlier is not None and earlier.ours, kept=kept)
