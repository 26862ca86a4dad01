"""Asks the server what it could do by itself: instantly, in place, or by a copy. On an empty copy, which is removed.

Nothing is guessed from the ALTER's words. What depends on the rows (a NULL where none may be, a value twice) the empty
copy cannot show; and it has no foreign keys. Both are said by whoever shows the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.names import TableName
from ghostshift.model.report import Attempt, Native
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.session import Session
from ghostshift.sql.native import MARIADB_WAYS, NO_SUCH_WAY, WAYS, Way, native_alter, row_versions, stored_name
from ghostshift.workers import preparer
from ghostshift.workers.constraints import Constraints

_NAMES = {"INSTANT": "instant", "NOCOPY": "nocopy", "INPLACE": "inplace", "COPY": "copy"}


@dataclass(frozen=True, slots=True)
class Versions:
    """What InnoDB tells of a table."""

    used: int
    table_id: int


def read_versions(session: Session, dialect: Dialect, name: TableName) -> Versions | None:
    """Row versions and id of a table; None where the server does not count them, or does not let us look."""
    stored = stored_name(name)
    if stored is None or dialect.row_versions_most is None:
        return None
    try:
        rows = session.query(row_versions(stored))
    except ConnectionLost:
        raise
    except ServerError:
        return None  # it takes the privilege PROCESS
    used, table_id = rows[0]
    return None if used is None else Versions(int(used), int(table_id))


def no_room(dialect: Dialect, real: Versions | None, after: Versions | None, before: Versions | None = None) -> str:
    """Why the table itself could not take what its empty copy took: its row versions are used up. Else nothing.

    `before`: the copy's own, which a fresh one has none of.
    """
    most = dialect.row_versions_most
    if real is None or after is None or most is None:
        return ""
    needed = after.used - (before.used if before is not None else 0)
    if needed <= 0 or real.used + needed <= most:
        return ""
    return (
        f"the table has {real.used} row versions from instant changes before, and {most} are the most; they go "
        "back to none when it is rebuilt"
    )


class NativeQuestion:
    """One ALTER, asked way by way. For one thread. It leaves the session with the settings of an ALTER."""

    def __init__(
        self,
        session: Session,
        dialect: Dialect,
        original: TableName,
        options: str,
        settings: tuple[Sequence[str], Sequence[str]],
        checks: Constraints | None = None,
    ) -> None:
        """`settings`: of the session itself, and for the ALTER. `checks`: to name the copy's as the ghost's are."""
        self._session = session
        self._dialect = dialect
        self._original = original
        self._options = options
        self._own, self._altering = settings
        self._checks = checks

    def ask(self, copy: TableName, made: preparer.Made, ways: Sequence[Way] = ()) -> Native:
        """What the server could do, of all `ways` that it has or of these. `copy` is made and removed.

        Raises ServerError where the ALTER itself will not do, in no way at all.
        """
        real = read_versions(self._session, self._dialect, self._original)
        asked: list[Attempt] = []
        try:
            options = self._fresh(copy, made)
            for way in ways or (MARIADB_WAYS if self._dialect.mariadb else WAYS):
                before = read_versions(self._session, self._dialect, copy)
                reason = self._refused(native_alter(copy, way, options))
                after = read_versions(self._session, self._dialect, copy)
                if not reason and way[0] == "INSTANT":
                    reason = no_room(self._dialect, real, after, before)
                    if reason:
                        preparer.remove(self._session, copy, made)
                        options = self._fresh(copy, made)
                asked.append(Attempt(algorithm=way[0], lock=way[1], taken=not reason, reason=reason))
                if not reason:
                    return self._answer(tuple(asked), way, real, before, after)
        finally:
            if copy in made.tables:
                preparer.remove(self._session, copy, made)
        return Native(attempts=tuple(asked), why="the server refused every way")

    def _fresh(self, copy: TableName, made: preparer.Made) -> str:
        """Make the copy; the ALTER's options in its words."""
        for statement in self._own:
            self._session.execute(statement)
        preparer.make_empty(self._session, self._original, copy, made)
        if self._checks is not None:
            self._checks.adopt(self._session)
        for statement in self._altering:
            self._session.execute(statement)
        return self._checks.options(self._options) if self._checks is not None else self._options

    def _refused(self, statement: str) -> str:
        """The server's own words where it will not do it so; empty where it has done it."""
        try:
            self._session.execute(statement)
        except ConnectionLost:
            raise
        except ServerError as error:
            if error.errno not in NO_SUCH_WAY:
                raise
            return error.server_message
        return ""

    def _answer(
        self, asked: tuple[Attempt, ...], way: Way, real: Versions | None, before: Versions | None,
        after: Versions | None,
    ) -> Native:  # fmt: skip
        algorithm, lock = way
        rebuilds: bool | None = {"INSTANT": False, "NOCOPY": False, "COPY": True}.get(algorithm)
        if rebuilds is None and self._dialect.mariadb:
            rebuilds = True  # else it would have been done with NOCOPY
        elif rebuilds is None and before is not None and after is not None:
            rebuilds = before.table_id != after.table_id
        return Native(
            way=_NAMES[algorithm],
            writes="reads" if lock == "SHARED" else "all",
            rebuilds=rebuilds,
            row_versions=real.used if real is not None else None,
            row_versions_most=self._dialect.row_versions_most,
            attempts=asked,
        )
