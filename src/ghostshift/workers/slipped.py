"""The net under the cut-over: writes that reached the old table after the drain are brought to the new one.

With names in the right order none slip; the net is for the day on which that is not true (max_write_lock_count set low,
a foreign LOCK TABLES queued before our RENAME). The stream stays open until the RENAME is seen in it; keys of the
original between the drain's marker and the RENAME are the slipped ones.

A slipped key is read again from the old table, and put into the new one only if nobody has changed it there since the
swap: which of two writes should win is for people to say, so it is reported. The same holds for a row that could only
go in by pushing out another one (invariant 7). Both tables are locked meanwhile and all happens in one transaction,
so that a repair that breaks off has done nothing. This module must never write to the old table.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from ghostshift.model.errors import ServerError
from ghostshift.model.key import Key, KeyKind, KeySpec
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session, SessionPool
from ghostshift.runtime.group import Stop
from ghostshift.sql import cutover_statements as sql
from ghostshift.sql.statements import delete_keys, replace_keys
from ghostshift.workers.cutover_stage import Follower

_BEFORE_KEY = "SAVEPOINT ghostshift_key"
_UNDO_KEY = "ROLLBACK TO SAVEPOINT ghostshift_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlippedReport:
    """What became of the slipped writes."""

    repaired: tuple[Key, ...] = ()
    """The new table now has these rows as the old one has them (or has them not, as the old one)."""
    conflicts: tuple[Key, ...] = ()
    """Changed in the new table since the swap, or in the way of another row: left alone, a person must look."""
    lock_seconds: float = 0.0


def repair(
    pool: SessionPool,
    plan: Plan,
    slipped: Collection[Key],
    changed_since: Callable[[], Collection[Key]],
    follower: Follower,
    *,
    lock_seconds: int = 3,
    attempts: int = 5,
) -> SlippedReport:
    """Bring the slipped keys from the old table to the new one.

    `changed_since`: keys changed in the new table after the RENAME, as received from the stream so far; asked after a
    marker has arrived that was written under the lock. Raises TimeoutError when the marker does not arrive, ServerError
    when the locks are not had in `attempts`; nothing has been changed then.
    """
    if not slipped:
        return SlippedReport()
    clock = Stop()
    with pool.session(exempt=True, read_timeout=lock_seconds + 10.0) as session:
        session.execute(sql.session_limits(lock_seconds, lock_seconds + 10))
        _lock(session, plan, attempts, clock)
        begun = clock.now()
        try:
            marker = follower.mark(session)
            if not follower.arrived(marker, lock_seconds):
                raise TimeoutError(f"the marker did not come back within {lock_seconds} s: nothing was repaired")
            repaired, conflicts = _apply(session, plan, slipped, changed_since())
        finally:
            with suppress(ServerError):
                session.execute(sql.UNLOCK)
        return SlippedReport(repaired=repaired, conflicts=conflicts, lock_seconds=clock.now() - begun)


def _lock(session: Session, plan: Plan, attempts: int, clock: Stop) -> None:
    new, helpers = plan.table, plan.helpers
    for attempt in range(1, attempts + 1):
        try:
            session.execute(sql.lock_tables([new, helpers.changelog], [helpers.old]))
        except ServerError as error:
            if error.errno != sql.LOCK_TIMEOUT or attempt == attempts:
                raise
            clock.wait(0.5 * attempt)
        else:
            return


def _apply(
    session: Session, plan: Plan, slipped: Collection[Key], changed: Collection[Key]
) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    repaired: list[Key] = []
    conflicts: list[Key] = []
    taken = {folded(plan.key, key) for key in changed}
    # Not START TRANSACTION, which would give the table locks up. Leaving the mode commits, so roll back first.
    session.execute("SET SESSION autocommit = 0")
    try:
        for key in slipped:
            free = folded(plan.key, key) not in taken and _bring(session, plan, key)
            (repaired if free else conflicts).append(key)
        session.execute("COMMIT")
    except BaseException:
        with suppress(ServerError):
            session.execute("ROLLBACK")
        raise
    session.execute("SET SESSION autocommit = 1")
    return tuple(repaired), tuple(conflicts)


def _bring(session: Session, plan: Plan, key: Key) -> bool:
    """One key from the old table to the new; false, and undone, where another row is in its way."""
    session.execute(_BEFORE_KEY)
    session.execute(delete_keys(plan, [key], table=plan.table))
    placed = session.execute(replace_keys(plan, [key], source=plan.helpers.old, target=plan.table))
    if placed.affected <= 1:
        return True
    session.execute(_UNDO_KEY)
    return False


def folded(spec: KeySpec, key: Key) -> Key:
    """A form of the key that is equal for all keys that any collation may call equal (invariant 6), and some more.

    Too many conflicts are a nuisance, one too few is a lost write.
    """
    return tuple(
        _fold(value, column.charset) if column.kind is KeyKind.TEXT and isinstance(value, bytes) else value
        for column, value in zip(spec.columns, spec.values(key), strict=True)
    )


def _fold(value: bytes, charset: str) -> str:
    text = value.decode(_CODECS.get(charset, "latin-1"), "replace")
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFKD", plain.casefold()).rstrip()


_CODECS = {"utf8mb4": "utf-8", "utf8mb3": "utf-8", "utf8": "utf-8", "ucs2": "utf-16-be", "utf16": "utf-16-be"}
