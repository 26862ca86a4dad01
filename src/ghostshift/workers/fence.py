"""The fence: no statement of a run that has died may still land among those of the run that goes on with its work.

A server goes on with a statement whose client has gone, and reads one that had only just been sent: a chunk of a dead
run could commit after the new one has begun, and bring rows back that were deleted meanwhile (invariant 3). So every
session that writes holds an advisory lock which its number and the migration's token name, before it writes anything.
Who goes on asks of each session on the server whether it holds such a lock, and ends those that do. A number alone
would not do: after a restart of the server it may be anybody's.
"""

from __future__ import annotations

from collections.abc import Callable

from ghostshift.model.errors import ServerError
from ghostshift.mysql.session import Session, ensure_dead
from ghostshift.runtime.group import Stop
from ghostshift.sql.literals import text_literal

AT_ONCE = 200
"""Sessions in one question."""


def holding(run: str) -> Callable[[Session], None]:
    """What each new session of a run does before all else. Raises ServerError where the lock is not to be had."""

    def hold(session: Session) -> None:
        name = lock_name(run, session.id)
        if str(session.one(f"SELECT GET_LOCK({text_literal(name)}, 0)")[0]) != "1":
            raise ServerError(0, f"the advisory lock {name!r} of our own session is held by another one")

    return hold


def end_sessions(session: Session, run: str, stop: Stop) -> int:
    """End all sessions of an earlier process of this migration, and wait until each is gone. Returns their number.

    Raises ServerError where one cannot be ended.
    """
    found = still_there(session, run)
    for number in found:
        ensure_dead(session, number, stop)
    return len(found)


def still_there(session: Session, run: str) -> list[int]:
    """Sessions on the server that belong to this migration; of other users' only those that this one may see."""
    numbers = [int(row[0]) for row in session.query_bytes("SHOW PROCESSLIST")]
    found = []
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        asked = ", ".join(f"IS_USED_LOCK({text_literal(lock_name(run, number))})" for number in some)
        answers = session.one(f"SELECT {asked}")
        found += [number for number, holder in zip(some, answers, strict=True) if str(holder) == str(number)]
    return found


def lock_name(run: str, number: int) -> str:
    """The name of a session's lock."""
    return f"ghostshift.{run}.{number:d}"
