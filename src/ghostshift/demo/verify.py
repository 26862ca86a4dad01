"""Does the table hold exactly what the ledgers say? The server compares filled, untouched rows where they are.

Two scans of one snapshot. The first returns, for each 64 numbers, a bit mask of those whose row is to the byte as it
was filled; the second returns every other row, and those are compared here. So the answer is exact, and yet a million
untouched rows cost 16,000 masks. Nothing here ever repairs or writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pymysql.connections import Connection
from pymysql.cursors import SSCursor

from ghostshift.demo.ledger import Doubt, Row
from ghostshift.demo.shapes import Shape, Values
from ghostshift.model.names import quote_name

_NAMED = 10
"""How many differences are named."""
_WORD = 64
_CHUNK = 5000

Allowed: TypeAlias = Callable[[int], tuple[Row | None, ...]]
"""The rows that the table may show at a number."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not as it should be. `expected` and `found` are column values; None means no row."""

    kind: str
    """missing, extra or different."""
    n: int | None
    expected: Values | None
    found: Values | None

    def __str__(self) -> str:
        if self.expected is None:
            return f"extra: {self.found!r}"
        if self.found is None:
            return f"missing: {self.expected!r}"
        return f"different: expected {self.expected!r}, found {self.found!r}"


@dataclass(slots=True)
class Verdict:
    """What verifying found."""

    rows: int = 0
    """Rows in the table."""
    expected: int = 0
    """Rows that the ledgers know."""
    touched: int = 0
    """Keys that a writer ever changed."""
    missing: int = 0
    extra: int = 0
    different: int = 0
    torn: int = 0
    """Transactions of unknown outcome of which a part is there and a part is not."""
    differences: list[Difference] = field(default_factory=list)
    """The first few of all, with exact values."""

    @property
    def ok(self) -> bool:
        """Whether the table is what the writers know."""
        return not (self.missing or self.extra or self.different or self.torn)

    def __str__(self) -> str:
        if self.ok:
            return f"equal: {self.rows} rows, {self.touched} keys touched by writers"
        counts = f"{self.missing} missing, {self.extra} extra, {self.different} different, {self.torn} torn"
        return "\n".join([f"NOT equal ({self.rows} rows, {counts})", *(f"  {item}" for item in self.differences)])

    def add(self, difference: Difference) -> None:
        """Count a difference and keep it if it is among the first."""
        setattr(self, difference.kind, getattr(self, difference.kind) + 1)
        if len(self.differences) < _NAMED:
            self.differences.append(difference)


class Reconciler:
    """The comparison itself, fed row by row. Pure."""

    def __init__(
        self, shape: Shape, filled: int, allowed: Allowed, touched: Iterable[int], columns: Sequence[str]
    ) -> None:
        self._shape = shape
        self._filled = filled
        self._allowed = allowed
        self._touched = set(touched)
        self._columns = tuple(columns)
        self._at = [shape.columns.index(name) for name in self._columns]
        self._keys = [self._columns.index(name) for name in shape.key.columns]
        self._masks: dict[int, int] = {}
        self._seen: dict[int, Values] = {}
        self.verdict = Verdict(touched=len(self._touched))

    def masks(self, masks: Mapping[int, int]) -> None:
        """Which filled rows the server found to be as filled. To be called first, once."""
        self._masks = dict(masks)
        self.verdict.rows += sum(bits.bit_count() for bits in self._masks.values())

    def row(self, found: Values) -> None:
        """A row that is not as filled."""
        self.verdict.rows += 1
        n = self._number(found)
        if n is None or self._as_filled(n) or n in self._seen:
            self.verdict.add(Difference("extra", n, None, found))
            return
        states = [None if state is None else self._values(n, state) for state in self._allowed(n)]
        if found in states:
            self._seen[n] = found
        elif all(state is None for state in states):
            self.verdict.add(Difference("extra", n, None, found))
        else:
            self._seen[n] = found
            self.verdict.add(Difference("different", n, next(s for s in states if s is not None), found))

    def finish(self, doubts: Iterable[Doubt] = ()) -> Verdict:
        """All rows were seen: find what is missing or stale."""
        self.verdict.expected = self._filled - sum(0 <= n < self._filled for n in self._touched)
        for n in sorted(self._touched):
            self._judge(n)
        for word in range((self._filled + _WORD - 1) // _WORD):
            self._judge_word(word)
        for doubt in doubts:
            if not any(all(self._shows(n, row) for n, row in side.items()) for side in (doubt.old, doubt.new)):
                self.verdict.torn += 1
        return self.verdict

    def _judge(self, n: int) -> None:
        """A key that writers touched: there if it must be, and not as filled if it must not."""
        states = self._allowed(n)
        self.verdict.expected += states[0] is not None
        if self._as_filled(n):
            found = self._values(n, self._shape.filled(n))
            values = [None if state is None else self._values(n, state) for state in states]
            if found not in values:
                kind = "extra" if values[0] is None else "different"
                self.verdict.add(Difference(kind, n, values[0], found))
        elif n not in self._seen and None not in states and states[0] is not None:
            self.verdict.add(Difference("missing", n, self._values(n, states[0]), None))

    def _judge_word(self, word: int) -> None:
        """The untouched ones among 64 filled numbers."""
        first = word * _WORD
        absent = ~self._masks.get(word, 0) & ((1 << min(_WORD, self._filled - first)) - 1)
        while absent:
            n = first + (absent & -absent).bit_length() - 1
            absent &= absent - 1
            if n not in self._touched and n not in self._seen:
                self.verdict.add(Difference("missing", n, self._values(n, self._shape.filled(n)), None))

    def _shows(self, n: int, row: Row | None) -> bool:
        found = self._values(n, self._shape.filled(n)) if self._as_filled(n) else self._seen.get(n)
        return found == (None if row is None else self._values(n, row))

    def _as_filled(self, n: int) -> bool:
        return bool(self._masks.get(n // _WORD, 0) >> (n % _WORD) & 1) if n >= 0 else False

    def _number(self, found: Values) -> int | None:
        try:
            return self._shape.key.decode(tuple(found[at] for at in self._keys))[0]
        except (ValueError, OverflowError):
            return None

    def _values(self, n: int, row: Row) -> Values:
        values = self._shape.values(n, row)
        return tuple(values[at] for at in self._at)


def scan(
    connection: Connection, table: str, shape: Shape, filled: int, reconciler: Reconciler, columns: Sequence[str]
) -> None:
    """Feed the whole table to the reconciler, from one snapshot. `table` is quoted already."""
    number = shape.key.sql_decode
    same = as_filled_sql(shape, number, columns)
    inside = f"({number} BETWEEN 0 AND {filled - 1} AND {same})"
    named = ", ".join(quote_name(name) for name in columns)
    connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT ({number}) DIV {_WORD} AS word, BIT_OR(1 << (({number}) MOD {_WORD})) "
                f"FROM {table} WHERE {inside} GROUP BY word"
            )
            reconciler.masks({int(word): int(bits) for word, bits in cursor.fetchall()})
        with connection.cursor(SSCursor) as stream:
            stream.execute(f"SELECT {named} FROM {table} WHERE {inside} IS NOT TRUE")
            while rows := stream.fetchmany(_CHUNK):
                for row in rows:
                    reconciler.row(tuple(row))
    finally:
        connection.rollback()


def as_filled_sql(shape: Shape, number: str, columns: Sequence[str]) -> str:
    """A condition that holds where the columns are to the byte as filled."""
    tests = []
    for name, expression in zip(shape.columns, shape.sql_filled(f"({number})"), strict=True):
        if name not in columns:
            continue
        column = quote_name(name)
        if name in _NUMERIC:
            tests.append(f"{column} <=> {expression}")
        elif name in _BYTES:
            tests.append(f"CAST({column} AS BINARY) <=> CAST({expression} AS BINARY)")
        else:
            tests.append(
                f"CAST(CONVERT({column} USING utf8mb4) AS BINARY) <=> "
                f"CAST(CONVERT({expression} USING utf8mb4) AS BINARY)"
            )
    return " AND ".join(tests)


_NUMERIC = frozenset({"id", "k", "tag", "tenant", "big", "at"})
_BYTES = frozenset({"uid", "raw"})
