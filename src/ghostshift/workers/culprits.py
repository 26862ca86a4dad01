"""Finds the rows that a failed statement failed for, by halving what it wrote, so that an error can name them.

The server says in which column a value does not fit, but not in which row. So the same statement is run over one half
and the other, in transactions that are rolled back: they take no lock on the original (invariant 2) and are never
logged. The migration is stopping in any case; so it gives up after a few seconds, and what it cannot find out only
makes an error say less. It must never hide the error that it is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ghostshift.core.misfits import MISFITS, Warned, judge
from ghostshift.model.chunk import Chunk
from ghostshift.model.errors import ServerError
from ghostshift.model.key import Key
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session
from ghostshift.sql import statements
from ghostshift.sql.literals import parse_key
from ghostshift.sql.misfits import short_value
from ghostshift.workers.guard import show_key

SHOWN = 5
"""How many rows are named."""

SECONDS = 5.0
"""How long is looked."""

MOST = 150
"""How many statements are tried: twenty halvings of a chunk for each row that is named, and some that find nothing."""

_COLUMN = re.compile(r"column '([^']+)'|column `[^`]+`\.`[^`]+`\.`([^`]+)`|constraint `([^`]+)` failed", re.IGNORECASE)
"""The column that a message names. MariaDB checks JSON by a constraint that is called like the column."""
_ROW = re.compile(r" (?:for|at) row \d+")


@dataclass(slots=True)
class Culprits:
    """One search. `now` is a clock; `begin` False where the session's transaction is begun by other means."""

    plan: Plan
    session: Session
    now: Callable[[], float]
    seconds: float = SECONDS
    begin: bool = True
    found: list[str] = field(default_factory=list)
    """What was found, each row in words."""
    _tries: int = 0
    _end: float = 0.0

    def in_chunk(self, chunk: Chunk) -> str:
        """The rows of a range of the copy that do not fit, in words; empty where none could be found."""
        return self._named(lambda: self._range(chunk.after, chunk.upto, chunk.rows))

    def among(self, keys: Sequence[Key]) -> str:
        """The same of changed keys."""
        return self._named(lambda: self._keys(list(keys)))

    def _named(self, search: Callable[[], None]) -> str:
        self._end = self.now() + self.seconds
        trouble = ""
        try:
            search()
        except ServerError as error:
            trouble = f"{'other' if self.found else 'the'} rows could not be named: {error.server_message}"
        return "; ".join([*self.found, *([trouble] if trouble else [])])

    @property
    def _spent(self) -> bool:
        return len(self.found) >= SHOWN or self._tries >= MOST or self.now() > self._end

    def _range(self, after: Key | None, upto: Key, rows: int) -> None:
        """Rows in (after, upto], at most `rows` of them when the range was cut."""
        if self._spent:
            return
        fault = self._fault(statements.copy_chunk(self.plan, Chunk(0, after, upto, rows)))
        if fault is None:
            return
        half = max(rows // 2, 1)
        middle = self._key_at(after, upto, half)
        while middle is None and half > 1:  # fewer rows than that are left
            half = max(half // 2, 1)
            middle = self._key_at(after, upto, half)
        if middle is None:
            return
        if middle != upto:
            self._range(after, middle, half)
            self._range(middle, upto, max(rows - half, 1))
        elif half > 1:
            self._range(after, upto, half)
        else:
            self._tell(upto, fault)

    def _key_at(self, after: Key | None, upto: Key, number: int) -> Key | None:
        found = self.session.query(statements.chunk_end(self.plan, after, upto, number))
        return parse_key(self.plan.key, found[0]) if found else None

    def _keys(self, keys: list[Key]) -> None:
        if self._spent or not keys:
            return
        fault = self._fault(statements.replace_keys(self.plan, keys))
        if fault is None:
            return
        if len(keys) == 1:
            self._tell(keys[0], fault)
            return
        middle = len(keys) // 2
        self._keys(keys[:middle])
        self._keys(keys[middle:])

    def _fault(self, statement: str) -> str | None:
        """What the server says against the statement; nothing of it stays. Raises ServerError that is no misfit."""
        self._tries += 1
        if self.begin:
            self.session.execute("START TRANSACTION")
        try:
            result = self.session.execute(statement)
            if not result.warnings:
                return None
            found = [Warned(str(a), int(b), str(c)) for a, b, c in self.session.query("SHOW WARNINGS")]
            stops, _ = judge(found, panic=False, lenient=False)
            return str(stops[0]) if stops else None
        except ServerError as error:
            if error.errno not in MISFITS:
                raise
            return error.server_message
        finally:
            if not self.session.closed:
                self.session.execute("ROLLBACK")

    def _tell(self, key: Key, fault: str) -> None:
        text = f"{show_key(self.plan.key, key)}: {_ROW.sub('', fault).rstrip('.')}"
        match = _COLUMN.search(fault)
        said = (match[1] or match[2] or match[3]).removeprefix(f"{self.plan.ghost.name.table}.") if match else ""
        pair = next((pair for pair in self.plan.columns if pair.ghost == said), None)
        if pair:
            rows = self.session.query(short_value(self.plan, pair.original, key))
            if rows:
                text += f", {pair.original} = {shown_value(rows[0][0])}"
        self.found.append(text)


def shown_value(value: object) -> str:
    """A short value as a person reads it."""
    return "NULL" if value is None else repr(str(value))
