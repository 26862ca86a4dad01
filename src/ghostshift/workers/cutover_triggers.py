"""What the cut-over does about triggers: are the names free, make them under the lock, take them back.

A trigger on the ghost fires on every row that is written there. So they are made when the last of our writes is done,
and must be gone before the next one; after the swap they are the new table's. The original's are never touched.
"""

from __future__ import annotations

from collections.abc import Callable

from ghostshift.core.cutover_steps import Failed, Ok, Outcome
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session
from ghostshift.mysql.triggers import drop_triggers, make_triggers, names_in, read_triggers


def check_triggers(plan: Plan, session: Session) -> Outcome:
    """Whether nobody has taken one of the names since they were planned."""
    taken = {name.lower() for name in names_in(session, plan.table.schema)}
    for trigger in plan.triggers:
        if trigger.name.lower() in taken:
            return Failed(0, f"there is a trigger {trigger.name} in the schema now; drop or rename it", fatal=True)
    return Ok()


def create_triggers(plan: Plan, session: Session, left: Callable[[], float]) -> Outcome:
    """Make them on the ghost through the session that holds it locked, within what is left of its time."""
    if read_triggers(session, plan.table) != tuple(trigger.source for trigger in plan.triggers):
        return Failed(0, f"somebody has changed the triggers of {plan.table} since they were planned", fatal=True)
    make_triggers(session, [trigger.target for trigger in plan.triggers], plan.ghost.name, left)
    return Ok()


def remove_triggers(plan: Plan, session: Session) -> Outcome:
    """Drop those of them that are on the ghost."""
    drop_triggers(session, [trigger.name for trigger in plan.triggers], plan.ghost.name)
    return Ok()
