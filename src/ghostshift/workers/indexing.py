"""Takes indexes from the empty ghost that are to be made after the copy: those that come back exactly as they were.

Nothing is believed of the server: on the empty ghost they are dropped and added again as they will be in the end, and
its definition must then be what the ALTER had made of it, to the letter. Only then are they dropped for good.
"""

from __future__ import annotations

from dataclasses import replace

from ghostshift.core.indexing import choices
from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.index import Index
from ghostshift.model.plan import Plan
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session
from ghostshift.sql.indexes import LOCKS, NOT_ONLINE, add_indexes, drop_indexes, read_indexes
from ghostshift.workers.definitions import digest


def choices_of(home: Session, plan: Plan) -> tuple[tuple[Index, ...], ...]:
    """The sets of its indexes that might be made later, the best first."""
    return choices(plan.ghost, read_indexes(inspector.read_create(home, plan.ghost.name)))


def put_off(home: Session, plan: Plan, later: tuple[Index, ...]) -> Plan | None:
    """Take these from the empty ghost. None where the server does not bring them back exactly: then it is another one.

    Raises ConnectionLost.
    """
    ghost = plan.ghost.name
    whole = digest(home, ghost)
    try:
        home.execute(drop_indexes(ghost, later))
        put_back(home, replace(plan, later=later))
        if digest(home, ghost) != whole:
            return None
        home.execute(drop_indexes(ghost, later))
    except ConnectionLost:
        raise
    except ServerError:
        return None
    return replace(plan, later=later, whole=whole)


def put_back(home: Session, plan: Plan) -> None:
    """Make them on the empty ghost, as it is done in the end. Raises ServerError."""
    online, readable = (add_indexes(plan.ghost.name, plan.later, lock, mariadb=plan.ghost.mariadb) for lock in LOCKS)
    try:
        home.execute(online)
    except ServerError as error:
        if error.errno not in NOT_ONLINE:
            raise
        home.execute(readable)
