"""Drops what a migration left, once it is certain that none lives. For `ghostshift cleanup`.

Between a look and a drop a migration may begin. So the locks that a migration takes are taken first, sessions of a dead
run are ended, and everything is looked at and judged again, under the locks, which are held until the last drop. What
is then not what was shown is left alone. The checkpoint goes last: whoever comes after a half-done clean-up finds in it
what the rest is.

Must never drop what core/cleaning.py does not give free at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from ghostshift.core.cleaning import Ruled, Wishes, chosen, rule
from ghostshift.core.leftovers import Family, Kind, Piece
from ghostshift.core.planner import UTC
from ghostshift.model.errors import Aborted, ConnectionLost, MigrationError, Refused, ServerError
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.grants import read_grants
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql.cutover_statements import (
    LOCK_TIMEOUT,
    SENTRY_COMMENT,
    UNLOCK,
    drop_sentry,
    lock_tables,
    table_comment,
)
from ghostshift.sql.statements import drop_table
from ghostshift.workers.emptying import Emptier, Pace, Tell
from ghostshift.workers.fence import end_sessions
from ghostshift.workers.leftovers import Answered, Held, again, find, held, locks_of, read_server, renaming
from ghostshift.workers.preparer import take_lock

PATIENCE = "SET SESSION lock_wait_timeout = 10"
"""Whoever reads one of the tables is waited for this long."""

_FORBIDDEN = frozenset({1044, 1142, 1227})
_SEEING_EVERYBODY = frozenset({"PROCESS"})
_POINTED_TO = frozenset({1217, 1451, 3730})


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one table."""

    table: TableName
    removed: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is."""

    found: tuple[Ruled, ...]
    held: tuple[Held, ...]


def survey(endpoint: Endpoint, answered: Answered, stop: Stop, schema: str = "") -> Survey:
    """All that migrations left, judged. Nothing is touched. Raises MigrationError."""
    with Session.open(endpoint) as session:
        server = read_server(session)
        found = find(session, server, answered, stop, schema)
        return Survey(tuple(map(rule, found)), tuple(held(session, server, found, schema)))


class Cleaner:
    """See the module."""

    def __init__(self, endpoint: Endpoint, answered: Answered, stop: Stop, *, pace: Pace | None, tell: Tell) -> None:
        """`pace`: how old tables are emptied before they are dropped; None drops them at once."""
        self._endpoint = endpoint
        self._answered = answered
        self._stop = stop
        self._pace = pace
        self._tell = tell

    def run(self, shown: Iterable[Ruled], wishes: Wishes) -> list[Done]:
        """Drop what is wanted of each family. Raises Aborted, whose notes say what was removed by then."""
        done: list[Done] = []
        for ruled in shown:
            if chosen(ruled, wishes):
                self._family(ruled, wishes, done)
        return done

    def _family(self, shown: Ruled, wishes: Wishes, done: list[Done]) -> None:
        """Drop what is wanted of one, and add to `done` what became of each table."""
        wanted = chosen(shown, wishes)
        try:
            self._stop.raise_cause()
            with Session.open(self._endpoint) as session:
                server = read_server(session)
                for statement in (*server.dialect.session_setup(time_zone=UTC), PATIENCE):
                    session.execute(statement)
                for name in locks_of(shown.family):
                    take_lock(session, name)
                if shown.family.checkpoint is not None:
                    end_sessions(session, shown.family.checkpoint.run, self._stop)
                now = rule(again(session, server, shown.family, self._answered))
                _check_silent(shown.family, now.family)
                agreed = [piece for piece in chosen(now, wishes) if _is_as_shown(piece, wanted)]
                emptier = Emptier(session, server.dialect, self._pace or Pace(), self._stop, self._tell)
                work = _Work(session, server.dialect, emptier)
                for piece in agreed:
                    work.drop(piece, now.family, agreed, gently=self._pace is not None, done=done)
        except Aborted as error:
            for one in done:
                error.add_note(f"{'removed' if one.removed else 'NOT removed'}: {one.table}")
            raise
        except MigrationError as error:
            gone = {one.table for one in done}
            done += [Done(piece.name, removed=False, why=_why(error)) for piece in wanted if piece.name not in gone]
        gone = {one.table for one in done}
        changed = "it is not what it was any more: look again"
        done += [Done(piece.name, removed=False, why=changed) for piece in wanted if piece.name not in gone]


@dataclass(frozen=True, slots=True)
class _Work:
    """Drops, under the locks."""

    session: Session
    dialect: Dialect
    emptier: Emptier

    def drop(self, piece: Piece, family: Family, agreed: list[Piece], *, gently: bool, done: list[Done]) -> None:
        """Drop one table, unless that was done; what was done is added to `done`."""
        if any(one.table == piece.name for one in done):
            return
        if piece.kind is Kind.SENTRY:
            done.append(self._sentry(piece.name, family))
            return
        remark = ""
        if gently and piece.kind in (Kind.OLD, Kind.LEAVING):
            remark = self.emptier.obstacle(piece.name)
            if remark:
                remark = f"at once: {remark}"
            else:
                # Once a row is gone nobody may go back to this table: what a revert would begin from goes first.
                checkpoints = [other.name for other in agreed if other.kind is Kind.CHECKPOINT]
                self.emptier.run(piece.name, partial(self._all, checkpoints, done))
        self._plainly(piece.name, done, remark)

    def _all(self, names: Iterable[TableName], done: list[Done]) -> None:
        for name in names:
            self._plainly(name, done)

    def _plainly(self, name: TableName, done: list[Done], remark: str = "") -> None:
        self.session.execute(drop_table(name))
        done.append(Done(name, removed=True, why=remark))

    def _sentry(self, name: TableName, family: Family) -> Done:
        """Only under a lock, and only if no RENAME waits behind that: it would then go through undrained."""
        if not read_grants(self.session, self.dialect, name.schema).may(_SEEING_EVERYBODY):
            why = "only with the privilege PROCESS can be seen whether a RENAME waits behind it"
            return Done(name, removed=False, why=why)
        try:
            self.session.execute(lock_tables([name]))
            if self.session.query(table_comment(name)) != [(SENTRY_COMMENT,)]:
                return Done(name, removed=False, why="it is no sentry any more")
            waiting = renaming(self.session, family)
            if waiting:
                return Done(name, removed=False, why=f"session {waiting[0]} waits with a RENAME behind it")
            self.session.execute(drop_sentry(name))
            return Done(name, removed=True)
        finally:
            with suppress(ServerError):
                self.session.execute(UNLOCK)


def _check_silent(before: Family, now: Family) -> None:
    """Raise Refused where something has been written meanwhile that only a migration writes."""
    if before.signs.pulse != now.signs.pulse:
        raise Refused("already-running", f"a migration of {now.title} has gone on meanwhile")


def _is_as_shown(piece: Piece, shown: Iterable[Piece]) -> bool:
    return any((piece.name, piece.kind, piece.made) == (other.name, other.kind, other.made) for other in shown)


def _why(error: MigrationError) -> str:
    """What went wrong, and what to do about it."""
    if not isinstance(error, ServerError):
        return str(error)
    if isinstance(error, ConnectionLost):
        return f"the connection was lost, and whether it is gone is not known: look again ({error.server_message})"
    if error.errno in _FORBIDDEN:
        return f"a privilege is missing: {error.server_message}; as that user, or after a GRANT DROP, run this again"
    if error.errno in _POINTED_TO:
        return f"foreign keys of other tables point to it: {error.server_message}"
    if error.errno == LOCK_TIMEOUT:
        return "somebody uses it (a backup, a long query): try again later"
    return str(error)
