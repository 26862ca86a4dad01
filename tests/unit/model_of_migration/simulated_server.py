"""The model's server and its application: a log, visibility, locks, and transactions of every kind."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ghostshift.model.key import Key
from unit.model_of_migration.shapes import RIGHT, Rules, Shape

Row: TypeAlias = tuple[Key, int, int]
"""A row: its key as stored, a value, and the value of the secondary unique index."""
Wait: TypeAlias = Callable[[], bool]
Actor: TypeAlias = Iterator[Wait]
Table: TypeAlias = dict[Any, Row]
"""Rows by folded key: what the collation calls equal is one key to the server."""


@dataclass
class Entry:
    """One group in the log."""

    changed: list[Key] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)
    """Folded keys whose rows vanish when this becomes visible."""
    stored: list[Row] = field(default_factory=list)
    """Rows that are there when this has become visible."""
    locks: set[Any] = field(default_factory=set)
    prepares: bytes = b""
    ends: bytes = b""
    visible: bool = False


@dataclass
class Reading:
    """A statement that reads the original and writes into the ghost: it may have opened its view, or have landed."""

    rows: list[Row] = field(default_factory=list)
    over: bool = False


class Server:
    """Original, ghost and log; whoever inherits schedules the actors."""

    def __init__(self, seed: int, shape: Shape, rules: Rules = RIGHT) -> None:
        self.random = random.Random(seed)
        self.shape = shape
        self.rules = rules
        self.log: list[Entry] = []
        self.tip: Table = {}
        self.original: Table = {}
        self.ghost: Table = {}
        self.locks: dict[Any, object] = {}
        """Rows and unique values of the ghost by the transaction that holds them."""
        self.app_done = False
        self.actors: list[list[Any]] = []
        self._gone, self._renamed, self._swapped = self.random.choice(
            ((0.3, 0.2, 0.3), (0.7, 0.1, 0.1), (0.1, 0.1, 0.7))
        )

    def start(self, name: str, actor: Actor) -> None:
        """Add an actor; it is stepped when what it waits for is true."""
        self.actors.append([name, actor, lambda: True])

    # -- the server

    def _commits(self) -> Actor:
        """Engine commits, one by one."""
        while True:
            yield lambda: not all(entry.visible for entry in self.log)
            waiting = [entry for entry in self.log if not entry.visible]
            entry = waiting[0] if self.rules.ordered_commits else self.random.choice(waiting)
            entry.visible = True
            if not entry.prepares:
                _bring(self.original, entry, self.shape.fold)

    def _commit_ours(self) -> Entry:
        entry = Entry()
        self.log.append(entry)
        return entry

    def _view(self, wanted: Callable[[Any], bool]) -> list[Row]:
        """What a read view that opens now shows."""
        return [row for folded, row in sorted(self.original.items()) if wanted(folded)]

    def _free(self, owner: object, rows: list[Row]) -> bool:
        """Whether none of these rows, nor any they clash with in the ghost, is locked by somebody else."""
        if not self.locks:
            return True
        needed: set[Any] = set()
        for row in rows:
            needed |= {("k", self.shape.fold(row[0])), ("u", row[2])}
            for other in self._clashing(row):
                needed |= {("k", self.shape.fold(other[0])), ("u", other[2])}
        return not any(self.locks.get(lock, owner) is not owner for lock in needed)

    def _clashing(self, row: Row) -> list[Row]:
        folded = self.shape.fold(row[0])
        found = [self.ghost[folded]] if folded in self.ghost else []
        if self.shape.unique:
            found += [other for key, other in self.ghost.items() if other[2] == row[2] and key != folded]
        return found

    def _insert(self, rows: list[Row]) -> None:
        """INSERT … ON DUPLICATE KEY UPDATE nothing."""
        for row in rows:
            if not self._clashing(row):
                self.ghost[self.shape.fold(row[0])] = row

    def _replace(self, rows: list[Row]) -> None:
        for row in rows:
            for other in self._clashing(row):
                del self.ghost[self.shape.fold(other[0])]
            self.ghost[self.shape.fold(row[0])] = row

    # -- the application

    def _locked(self) -> set[Any]:
        busy = (entry for entry in self.log if not entry.visible or entry.prepares)
        return {lock for entry in busy for lock in entry.locks}

    def _insert_before(self) -> None:
        key = self.random.choice(self.shape.keys)
        folded = self.shape.fold(key)
        row = (key, 0, self._free_unique(self._locked()) or 0)
        if folded not in self.tip:
            self.tip[folded] = self.original[folded] = row

    def _last_key(self) -> Key | None:
        return self.original[max(self.original)][0] if self.original else None

    def _application(self, transactions: int) -> Actor:
        for number in range(transactions):
            yield lambda: True
            entry = self._transaction(number + 1)
            if entry.changed or entry.gone:
                if self.random.random() < 0.25:
                    prepare = Entry(entry.changed, entry.gone, locks=entry.locks, prepares=b"%d" % number)
                    self.log.append(prepare)
                    self.start("app", self._outcome(prepare, entry))
                else:
                    self._install(entry)
                    self.log.append(entry)
        yield lambda: not any(entry.prepares for entry in self.log)
        self.app_done = True

    def _outcome(self, prepare: Entry, entry: Entry) -> Actor:
        yield lambda: prepare.visible
        yield lambda: True
        xid = prepare.prepares
        outcome = Entry(ends=xid, locks=entry.locks)
        if self.random.random() < 0.7:
            outcome.removed, outcome.stored = entry.removed, entry.stored
            self._install(outcome)
        self.log.append(outcome)
        prepare.prepares, prepare.ends = b"", b"-" + xid  # its locks are the outcome's from here on
        prepare.locks = set()

    def _install(self, entry: Entry) -> None:
        _bring(self.tip, entry, self.shape.fold)

    def _transaction(self, value: int) -> Entry:
        entry = Entry()
        busy = self._locked()
        for _ in range(self.random.choice((1, 1, 2, 3))):
            self._operation(entry, busy, value)
            busy |= entry.locks
        return entry

    def _operation(self, entry: Entry, busy: set[Any], value: int) -> None:
        fold = self.shape.fold
        key = self.random.choice(self.shape.keys)
        old = self.tip.get(fold(key))
        if ("k", fold(key)) in busy or (old is not None and ("u", old[2]) in busy):
            return
        if old is None:
            unique = self._free_unique(busy)
            if unique is not None:
                self._write(entry, changed=[key], rows=[(key, value, unique)])
            return
        choice = self.random.random()
        if choice < self._gone:
            self._write(entry, gone=[old[0]], removed=[fold(key)], uniques=[old[2]])
        elif choice < self._gone + self._renamed:
            self._rename(entry, busy, old, value)
        elif choice < self._gone + self._renamed + self._swapped and self.shape.unique:
            self._swap_uniques(entry, busy, old, value)
        else:
            self._write(entry, changed=[old[0]], rows=[(old[0], value, old[2])])

    def _rename(self, entry: Entry, busy: set[Any], old: Row, value: int) -> None:
        """Another key, perhaps one that the collation calls equal."""
        fold = self.shape.fold
        key = self.random.choice(self.shape.keys)
        if fold(key) != fold(old[0]) and (fold(key) in self.tip or ("k", fold(key)) in busy):
            return
        if key == old[0]:
            return
        self._write(entry, changed=[key], gone=[old[0]], removed=[fold(old[0])], rows=[(key, value, old[2])])

    def _swap_uniques(self, entry: Entry, busy: set[Any], old: Row, value: int) -> None:
        """The unique values of two rows change places, or one row takes what another gives up."""
        others = [
            row
            for folded, row in self.tip.items()
            if folded != self.shape.fold(old[0]) and ("k", folded) not in busy and ("u", row[2]) not in busy
        ]
        if not others:
            return
        other = self.random.choice(others)
        if self.random.random() < 0.5:
            rows = [(old[0], value, other[2]), (other[0], value, old[2])]
            self._write(entry, changed=[old[0], other[0]], rows=rows)
        else:
            rows = [(old[0], value, other[2])]
            removed = [self.shape.fold(other[0])]
            self._write(
                entry, changed=[old[0]], gone=[other[0]], removed=removed, rows=rows, uniques=[old[2], other[2]]
            )

    def _write(
        self,
        entry: Entry,
        *,
        changed: list[Key] | None = None,
        gone: list[Key] | None = None,
        removed: list[Any] | None = None,
        rows: list[Row] | None = None,
        uniques: list[int] | None = None,
    ) -> None:
        fold = self.shape.fold
        entry.changed += changed or []
        entry.gone += gone or []
        entry.removed += removed or []
        entry.stored += rows or []
        entry.locks |= {("k", fold(key)) for key in (*(changed or []), *(gone or []))}
        if self.shape.unique:
            entry.locks |= {("u", row[2]) for row in rows or []} | {("u", value) for value in uniques or []}

    def _free_unique(self, busy: set[Any]) -> int | None:
        if not self.shape.unique:
            return 0
        used = {row[2] for row in self.tip.values()}
        free = [n for n in range(1, len(self.shape.keys) + 3) if n not in used and ("u", n) not in busy]
        return self.random.choice(free) if free else None


def _bring(table: Table, entry: Entry, fold: Callable[[Key], Any]) -> None:
    for key in entry.removed:
        table.pop(key, None)
    for row in entry.stored:
        table[fold(row[0])] = row
