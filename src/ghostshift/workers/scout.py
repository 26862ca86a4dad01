"""The scout: looks ahead of the copy for rows that do not fit the ghost, so that hours of copying are not for nothing.

Only where the ALTER narrows a column in a way that SQL can ask about (sql.misfits). It reads range after range, by
plain SELECTs in the key's order, for a bounded time before the copy; the rest is looked at while the copy goes on, by a
thread that is throttled as the copiers are. Suspected rows are tried by the server itself, into the ghost, in a
transaction that is rolled back: so a suspicion that is wrong stops nobody. The copy looks at each row in any case:
what the scout does not know, it finds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ghostshift.model.errors import DataLossError, ServerError
from ghostshift.model.key import Key
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session
from ghostshift.sql import misfits
from ghostshift.sql.literals import parse_key
from ghostshift.sql.statements import chunk_end, edge_key
from ghostshift.workers.culprits import Culprits
from ghostshift.workers.guard import show_key
from ghostshift.workers.warnings import MEND

SECONDS = 10.0
"""How long a migration looks before it begins to copy. A rehearsal looks at all rows."""

ROWS = 20_000
"""Rows in one reading."""

TRIED = 20
"""Suspected rows of one reading that the server tries."""

_log = logging.getLogger("ghostshift")


class Scout:
    """One look through the table, which may be taken up again where it was left."""

    def __init__(self, plan: Plan, now: Callable[[], float], *, accepted: bool = False) -> None:
        """`accepted`: what is found is counted and told rather than an error (--allow-data-loss)."""
        self._plan = plan
        self._now = now
        self._accepted = accepted
        self._suspicions = misfits.suspicions(plan)
        self._after: Key | None = None
        self._limit: Key | None = None
        self._rows = 0
        self._counts = [0] * len(self._suspicions)
        self._examples: list[str] = []
        self.done = not self._suspicions

    def look(self, session: Session, seconds: float = 0.0, go: Callable[[], bool] = lambda: True) -> None:
        """Go on for so long (0: to the end), as long as `go` says so. Raises DataLossError, which names the rows."""
        if self.done:
            return
        end = self._now() + seconds
        if self._limit is None and not self._begin(session):
            return
        while go():
            if seconds and self._now() > end:
                _log.info("looked at %d rows of %s; the others are looked at during the copy", self._rows, self._table)
                return
            if self._step(session):
                self.done = True
                self._tell()
                return

    @property
    def _table(self) -> str:
        return str(self._plan.table)

    def _begin(self, session: Session) -> bool:
        """Find where the table ends; false where it has no rows."""
        names = ", ".join(dict.fromkeys(f"{one.column} ({one.what})" for one in self._suspicions))
        _log.info("the ALTER narrows columns of %s: looking for rows that do not fit: %s", self._table, names)
        last = session.query(edge_key(self._plan, last=True))
        self._limit = parse_key(self._plan.key, last[0]) if last else None
        self.done = not last
        return not self.done

    def look_along(self, open_session: Callable[[], Session], go: Callable[[], bool]) -> None:
        """Look at the rest while the copy goes on. A failure of the server only ends it: the copy finds all it would.

        Raises DataLossError.
        """
        try:
            with open_session() as session:
                self.look(session, go=go)
        except ServerError as error:
            _log.info("no further look ahead at the rows of %s, which the copy looks at itself: %s", self._table, error)

    def _step(self, session: Session) -> bool:
        """Look at the next range; true when it was the last."""
        limit = self._limit
        if limit is None:
            raise AssertionError("a look begins with finding the table's end")
        found = session.query(chunk_end(self._plan, self._after, limit, ROWS))
        upto = parse_key(self._plan.key, found[0]) if found else limit
        if self._accepted:
            row = session.one(misfits.counted(self._plan, self._suspicions, self._after, upto))
            self._counts = [count + int(more) for count, more in zip(self._counts, row, strict=True)]
        if not self._accepted or (any(self._counts) and not self._examples):
            rows = session.query(misfits.suspected(self._plan, self._suspicions, self._after, upto, TRIED))
            self._suspect(session, [parse_key(self._plan.key, row) for row in rows])
        self._after = upto
        self._rows += ROWS
        return upto == limit

    def _suspect(self, session: Session, keys: list[Key]) -> None:
        if self._accepted:
            self._examples += [show_key(self._plan.key, key) for key in keys[:5]]
            return
        if not keys:
            return
        search = Culprits(self._plan, session, self._now)
        told = search.among(keys)
        if search.found:
            raise DataLossError(
                f"rows of {self._table} do not fit the new table, the first of them: {told}. Nothing was swapped; "
                f"{MEND}"
            )
        _log.debug("%d rows were suspected of not fitting: %s", len(keys), told or "the server takes them")

    def _tell(self) -> None:
        counts = [
            f"{count} values of {one.column} ({one.what})"
            for one, count in zip(self._suspicions, self._counts, strict=True)
            if count
        ]
        if counts:
            _log.warning(
                "%s: about %s do not fit the new table and will be changed or lost, for --allow-data-loss was given; "
                "the first of them: %s",
                self._table, ", ".join(counts), "; ".join(self._examples),
            )  # fmt: skip
        elif not self._accepted:
            _log.info("no row of %s was found that does not fit", self._table)
