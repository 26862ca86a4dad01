"""The ledger: what one writer knows the server acknowledged. Pure; it never talks to a server and never guesses.

A row is a handful of small integers, for its column values are a function of them (see `shapes`): half a million
touched rows fit into memory, and filled rows that nobody touched are not kept at all. A key's number `n` stands for
the key.

A commit that was acknowledged is a fact. A commit whose connection died is a `Doubt`: all of its keys are new, or all
are old, until somebody reads them again under the locks of the dead transaction. The ledger must never turn a doubt
into a fact by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ghostshift.model.errors import MigrationError


class Row(NamedTuple):
    """A row, whose column values are a function of these and of its key."""

    k: int
    """The plain counter column."""
    seed: int
    """What the text and binary columns are made from."""
    tag: int | None = None
    """The secondary unique value, in shapes that have one."""
    variant: int = 0
    """Which of the spellings of the key that the collation calls equal."""


Filled = Callable[[int], Row | None]
"""The row that the filling made for a key, None where it made none."""


class LedgerError(MigrationError):
    """The server holds what no acknowledged history explains."""


class Staging:
    """The changes of one open transaction, over the ledger that it started from."""

    __slots__ = ("_get", "changes")

    def __init__(self, get: Filled) -> None:
        self._get = get
        self.changes: dict[int, Row | None] = {}

    def get(self, n: int) -> Row | None:
        """The row of key `n` as this transaction sees it."""
        return self.changes[n] if n in self.changes else self._get(n)

    def put(self, n: int, row: Row | None) -> None:
        """Row `n` is now `row`; None means deleted."""
        self.changes[n] = row


@dataclass(frozen=True, slots=True)
class Doubt:
    """A transaction whose outcome nobody knows: either `old` holds of all of its keys, or `new` does."""

    old: dict[int, Row | None]
    new: dict[int, Row | None]


class Ledger:
    """What one writer knows of its own keys. Used by one thread at a time."""

    def __init__(self, filled: Filled) -> None:
        self._filled = filled
        self._known: dict[int, Row | None] = {}
        self._doubts: list[Doubt] = []

    def get(self, n: int) -> Row | None:
        """The last acknowledged row of key `n`."""
        known = self._known
        return known[n] if n in known else self._filled(n)

    def begin(self) -> Staging:
        """A place for the changes of one transaction."""
        return Staging(self.get)

    def commit(self, staging: Staging) -> None:
        """The server acknowledged the transaction."""
        self._known.update(staging.changes)

    def doubt(self, staging: Staging) -> Doubt:
        """The connection died while the server was asked to commit."""
        doubt = Doubt({n: self.get(n) for n in staging.changes}, dict(staging.changes))
        self._doubts.append(doubt)
        return doubt

    def settle(self, doubt: Doubt, holds: Callable[[int, Row | None], bool]) -> bool:
        """Find out which side of a doubt is true and make it a fact; true means that the transaction was committed.

        `holds(n, row)` says whether the table shows `row` at key `n`. Raises LedgerError where neither side is whole.
        """
        new = all(holds(n, row) for n, row in doubt.new.items())
        old = all(holds(n, row) for n, row in doubt.old.items())
        if not new and not old:
            keys = sorted(doubt.new)[:10]
            raise LedgerError(f"a transaction over keys {keys} is neither committed nor rolled back: it was torn apart")
        self._doubts.remove(doubt)
        self._known.update(doubt.new if new else doubt.old)
        return new

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Transactions that are still open questions."""
        return tuple(self._doubts)

    def touched(self) -> Iterable[int]:
        """Every key that a fact or a doubt speaks of."""
        keys = set(self._known)
        for doubt in self._doubts:
            keys.update(doubt.new)
        return keys

    def allowed(self, n: int) -> tuple[Row | None, ...]:
        """The rows that the table may show at key `n`: one, or both sides of a doubt."""
        states = [self.get(n)]
        for doubt in self._doubts:
            for side in (doubt.old, doubt.new):
                if n in side and side[n] not in states:
                    states.append(side[n])
        return tuple(states)
