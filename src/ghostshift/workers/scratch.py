"""A temporary table of a session in which the server itself shows what it would make of rows in the ghost.

For what no expression can say for sure: conversions, prefixes, generated columns. Who in the ghost holds a value that a
row needs is then a join of two tables of one kind; and rows that were loaded by one statement are one state of the
original, so two of them with one value really clash (invariant 7). It must never be used by two threads at once for one
session; each session has a table of its own.
"""

from __future__ import annotations

from collections.abc import Collection

from ghostshift.model.key import Key
from ghostshift.model.plan import Plan
from ghostshift.model.schema import UniqueKey
from ghostshift.mysql.inspector import read_create
from ghostshift.mysql.session import Session
from ghostshift.sql import losses as sql
from ghostshift.sql.literals import parse_key


class Scratch:
    """See the module."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._width = len(plan.key.columns)
        self._made: set[int] = set()
        """Sessions that have the table."""

    def have(self, session: Session) -> None:
        """Make the table, unless this session has it. Raises ServerError."""
        if session.id in self._made:
            return
        session.execute(sql.drop_scratch(self._plan))
        shown = read_create(session, self._plan.ghost.name)
        for statement in sql.make_scratch(self._plan, shown):
            session.execute(statement)
        self._made.add(session.id)

    def fill(self, session: Session, keys: Collection[Key]) -> None:
        """Have these rows in it, and no others; those that even it cannot have are left out."""
        self.have(session)
        session.execute(sql.clear_scratch(self._plan))
        session.execute(sql.rewrite(self._plan, keys, sql.scratch(self._plan)))

    def shown(self, session: Session) -> set[Key]:
        """The keys that are in it."""
        return {parse_key(self._plan.key, row) for row in session.query(sql.loaded(self._plan))}

    def rivals(self, session: Session, index: UniqueKey) -> list[tuple[Key, Key, bool]]:
        """Key of a row in it, key of the ghost's row that holds its value of this index, whether that is lower."""
        spec, width = self._plan.key, self._width
        rows = session.query(sql.rivals(self._plan, index))
        return [
            (parse_key(spec, row[:width]), parse_key(spec, row[width:-1]), str(row[-1]) == "1") for row in rows
        ]  # fmt: skip

    def twins(self, session: Session, index: UniqueKey, most: int) -> list[str]:
        """Rows in it that share a value of this index: their keys, in words."""
        return [str(row[0]) for row in session.query(sql.twins(self._plan, index, most))]
