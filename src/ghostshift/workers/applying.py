"""How changed keys are written where the ghost is more unique than the original, so that no row goes in silence.

REPLACE would remove whoever has a value that a row needs, also one that was copied a moment ago. So the rows are
deleted and inserted, and a value that is taken is an error of the server (invariant 7). Then it is found out by whom.
A row that has the value in the original, too, ends the migration. One that the ghost is behind with is read again
together with the rest, for what the original has at one moment never clashes. Reading a row again is always right: a
change of its own that is still to come brings it once more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.key import Key
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session
from ghostshift.sql.statements import delete_keys, insert_keys, replace_keys
from ghostshift.workers.guard import UniquenessGuard
from ghostshift.workers.warnings import CHANGED, WarningWatch

ROUNDS = 5
"""How often rows are written again although nobody new was found to be in their way."""

SPLIT = 3
"""After so many failures each half is written by itself: values change hands faster than all can be read at once."""

TAKEN = 1062
"""Duplicate entry: the unique value belongs to another row."""

_INDEX = re.compile(r"for key '(?:[^']*\.)?([^'.]+)'")


def apply_guarded(
    session: Session, plan: Plan, keys: Sequence[Key], guard: UniquenessGuard, watch: WarningWatch
) -> None:
    """Make the ghost's rows of these keys equal to the original's. Raises DataLossError, ServerError."""
    wanted = dict.fromkeys(keys)
    idle = rounds = 0
    while True:
        try:
            _written(session, watch, delete_keys(plan, wanted), insert_keys(plan, wanted))
            return  # noqa: TRY300 - it is written
        except ServerError as error:
            if error.errno != TAKEN:
                raise
            taken = error
        rounds += 1
        if rounds >= SPLIT and len(keys) > 1:
            half = len(keys) // 2
            apply_guarded(session, plan, keys[:half], guard, watch)
            apply_guarded(session, plan, keys[half:], guard, watch)
            return
        rivals = guard.rivals(session, wanted) | guard.spelled(session, wanted)
        if rivals <= wanted.keys():
            idle += 1
            if not _by_new_index(plan, taken):
                break
        if idle > ROUNDS:
            raise guard.unclear(taken)
        wanted.update(dict.fromkeys(rivals))
    # An index that the original has, too: whoever is in the way has changed since, and its own change brings it.
    guard.check_keys(session, list(wanted))
    _written(session, watch, delete_keys(plan, wanted), replace_keys(plan, wanted))


def _by_new_index(plan: Plan, error: ServerError) -> bool:
    """Whether the server speaks of an index that the original does not guarantee, or may do so."""
    match = _INDEX.search(error.server_message)
    old = {key.name for key in plan.ghost.unique_keys} - {new.index for new in plan.new_uniqueness}
    return match is None or match[1] not in old or match[1] == plan.ghost_key.index


def _written(session: Session, watch: WarningWatch, *texts: str) -> None:
    session.execute("START TRANSACTION")
    try:
        for text in texts:
            watch.check(session, session.execute(text), CHANGED)
        session.execute("COMMIT")
    except ConnectionLost:
        raise
    except BaseException:
        session.execute("ROLLBACK")
        raise
