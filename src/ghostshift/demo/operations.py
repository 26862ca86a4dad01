"""What a writer does: each operation picks own rows, says the statements, and stages what they will have changed.

Pure: decides only, with a random generator that the seed fixes. A writer owns the numbers n with n % writers == index
and knows each of their rows, so it also knows how many rows a statement must change: a statement that finds fewer has
met a lost write. No operation may touch a key or a tag of another writer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from ghostshift.demo.ledger import Row, Staging
from ghostshift.demo.shapes import Shape, literal

_WRITTEN = 1 << 40
"""Seeds and tags of the writers start here: none is ever the same as a filled row's."""
_FREED = 2000
"""How many freed numbers a writer remembers."""


class Statement(NamedTuple):
    """One statement and how many rows it must change (None: do not look)."""

    sql: str
    affected: int | None = 1


@dataclass(slots=True)
class Space:
    """One writer's share of the key space."""

    index: int
    writers: int
    filled: int
    """How many numbers were filled, of all writers together."""
    top: int = 0
    """The first own number that was never used."""
    serial: int = 0
    """Counts the seeds and tags made so far."""
    freed: list[int] = field(default_factory=list)
    """Own numbers that probably have no row: the next inserts come back to them."""

    def __post_init__(self) -> None:
        rest = (self.index - self.filled) % self.writers
        self.top = self.filled + rest

    def unique(self) -> int:
        """A value that no row ever had."""
        self.serial += 1
        return _WRITTEN + self.serial * self.writers + self.index

    def fresh(self) -> int:
        """An own number that was never used."""
        self.top += self.writers
        return self.top - self.writers

    def free(self, rng: random.Random, staging: Staging) -> int:
        """An own number without a row: mostly one that had a row before."""
        while self.freed and rng.random() < 0.8:
            at = rng.randrange(len(self.freed))
            self.freed[at], self.freed[-1] = self.freed[-1], self.freed[at]
            n = self.freed.pop()
            if staging.get(n) is None:
                return n
        return self.fresh()

    def release(self, n: int) -> None:
        """Number n lost its row, in a transaction that may yet be rolled back."""
        if len(self.freed) < _FREED:
            self.freed.append(n)

    def pick(self, rng: random.Random, wanted: Callable[[int], bool]) -> int | None:
        """A random own number for which `wanted` holds; None when a few dozen throws found none."""
        own = (self.top - self.index) // self.writers
        for _ in range(40 if own else 0):
            n = self.index + self.writers * rng.randrange(own)
            if wanted(n):
                return n
        return None


class Operations:
    """Makes the statements of one writer for one table (`table` is quoted already)."""

    def __init__(self, shape: Shape, table: str, space: Space, rng: random.Random) -> None:
        self._shape = shape
        self._table = table
        self._space = space
        self._rng = rng
        self._columns = ", ".join(f"`{name}`" for name in shape.columns)
        self._kinds: Mapping[str, Callable[[Staging], list[Statement]]] = {
            "insert": self.insert,
            "update": self.update,
            "delete": self.delete,
            "move": self.move,
            "respell": self.respell,
            "replace": self.replace,
            "reinsert": self.reinsert,
            "swap": self.swap,
            "reuse": self.reuse,
        }

    def make(self, kind: str, staging: Staging) -> list[Statement]:
        """The statements of one operation; where it has no row to work on, an insert instead."""
        return self._kinds[kind](staging) or self.insert(staging)

    def where(self, n: int) -> str:
        """A condition that names row n, in any spelling of its key."""
        key = self._shape.key
        values = key.encode(n, self._variant())
        return " AND ".join(f"`{c}`={literal(v)}" for c, v in zip(key.columns, values, strict=True))

    def select_locked(self, n: int) -> str:
        """Read row n under a lock, waiting for whoever still holds one."""
        return f"SELECT {self._columns} FROM {self._table} WHERE {self.where(n)} FOR UPDATE"

    def insert(self, staging: Staging) -> list[Statement]:
        """A row at a key that was deleted before, or at one that was never used."""
        return [self._insert(staging, self._space.free(self._rng, staging), self._new_row())]

    def update(self, staging: Staging) -> list[Statement]:
        """The counter, relative to what is there, or the texts, or both."""
        n = self._live(staging)
        if n is None:
            return []
        how = self._rng.random()
        return [self._update(staging, n, counter=how < 0.7, texts=how > 0.4)]

    def delete(self, staging: Staging) -> list[Statement]:
        """A row goes."""
        n = self._live(staging)
        return [] if n is None else [self._delete(staging, n)]

    def move(self, staging: Staging) -> list[Statement]:
        """A row gets another primary key, one that is free or was just left by another."""
        n, row = self._live_row(staging)
        if n is None or row is None:
            return []
        target = self._space.free(self._rng, staging)
        variant = self._variant()
        sql = f"UPDATE {self._table} SET {self._assign_key(target, variant)} WHERE {self.where(n)}"
        staging.put(n, None)
        self._space.release(n)
        staging.put(target, row._replace(variant=variant))
        return [Statement(sql)]

    def respell(self, staging: Staging) -> list[Statement]:
        """A key changes to another spelling that the collation calls equal."""
        n, row = self._live_row(staging)
        variants = self._shape.key.variants
        if n is None or row is None or variants == 1:
            return []
        variant = (row.variant + self._rng.randrange(1, variants)) % variants
        sql = f"UPDATE {self._table} SET {self._assign_key(n, variant)} WHERE {self.where(n)}"
        staging.put(n, row._replace(variant=variant))
        return [Statement(sql)]

    def replace(self, staging: Staging) -> list[Statement]:
        """REPLACE of a row that is there."""
        n, row = self._live_row(staging)
        if n is None or row is None:
            return []
        insert = self._insert(staging, n, self._new_row()._replace(tag=row.tag))
        return [Statement("REPLACE" + insert.sql.removeprefix("INSERT"), None)]

    def reinsert(self, staging: Staging) -> list[Statement]:
        """A row goes and comes back in one transaction, perhaps spelled otherwise (as sysbench's last two steps)."""
        n, row = self._live_row(staging)
        if n is None or row is None:
            return []
        return [self._delete(staging, n), self._insert(staging, n, self._new_row()._replace(tag=row.tag))]

    def swap(self, staging: Staging) -> list[Statement]:
        """Two rows exchange their unique values, by way of NULL."""
        first, one = self._live_row(staging)
        second, other = self._live_row(staging)
        if not self._shape.tagged or one is None or other is None or first is None or second is None or first == second:
            return []
        staging.put(first, one._replace(tag=other.tag))
        staging.put(second, other._replace(tag=one.tag))
        changes = [(first, None), (second, one.tag), (first, other.tag)]
        return [self._set_tag(n, tag) for n, tag in changes]

    def reuse(self, staging: Staging) -> list[Statement]:
        """A row goes and its unique value comes back with another key."""
        n, row = self._live_row(staging)
        if n is None or row is None or not self._shape.tagged:
            return []
        gone = self._delete(staging, n)
        return [gone, self._insert(staging, self._space.fresh(), self._new_row()._replace(tag=row.tag))]

    def oltp(self, staging: Staging) -> list[Statement]:
        """The steps of sysbench's oltp_write_only: two updates, a delete and an insert of the same key."""
        counter, texts, again = self._live(staging), self._live(staging), self._live_row(staging)
        n, row = again
        if counter is None or texts is None or n is None or row is None:
            return self.insert(staging)
        return [
            self._update(staging, counter, counter=True, texts=False),
            self._update(staging, texts, counter=False, texts=True),
            self._delete(staging, n),
            self._insert(staging, n, self._new_row()._replace(tag=row.tag)),
        ]

    def _live(self, staging: Staging) -> int | None:
        return self._space.pick(self._rng, lambda candidate: staging.get(candidate) is not None)

    def _live_row(self, staging: Staging) -> tuple[int | None, Row | None]:
        n = self._live(staging)
        return n, None if n is None else staging.get(n)

    def _variant(self) -> int:
        return self._rng.randrange(self._shape.key.variants) if self._shape.key.variants > 1 else 0

    def _new_row(self) -> Row:
        seed = self._space.unique()
        tag = seed if self._shape.tagged and self._rng.random() < 0.9 else None
        return Row(self._rng.randrange(1000003), seed, tag, self._variant())

    def _insert(self, staging: Staging, n: int, row: Row) -> Statement:
        staging.put(n, row)
        values = ",".join(literal(value) for value in self._shape.values(n, row))
        return Statement(f"INSERT INTO {self._table} ({self._columns}) VALUES ({values})")

    def _delete(self, staging: Staging, n: int) -> Statement:
        staging.put(n, None)
        self._space.release(n)
        return Statement(f"DELETE FROM {self._table} WHERE {self.where(n)}")

    def _update(self, staging: Staging, n: int, *, counter: bool, texts: bool) -> Statement:
        row = staging.get(n)
        if row is None:
            raise LookupError(n)
        sets = []
        if counter:
            row = row._replace(k=row.k + 1)
            sets.append("`k`=`k`+1")
        if texts:
            row = row._replace(seed=self._space.unique())
            payload = self._shape.payload
            pairs = zip(payload.columns, payload.make(row.seed), strict=True)
            sets += [f"`{column}`={literal(value)}" for column, value in pairs]
        staging.put(n, row)
        return Statement(f"UPDATE {self._table} SET {', '.join(sets)} WHERE {self.where(n)}")

    def _assign_key(self, n: int, variant: int) -> str:
        key = self._shape.key
        values = key.encode(n, variant)
        return ", ".join(f"`{c}`={literal(v)}" for c, v in zip(key.columns, values, strict=True))

    def _set_tag(self, n: int, tag: int | None) -> Statement:
        # Setting NULL over NULL changes nothing, so the count says nothing here.
        return Statement(f"UPDATE {self._table} SET `tag`={literal(tag)} WHERE {self.where(n)}", None)


SINGLE = ("insert", "update", "delete", "move", "respell", "replace")
"""Operations of one statement: they may run without BEGIN and COMMIT."""

MIXTURE: Mapping[str, float] = MappingProxyType(
    {
        "insert": 20,
        "update": 40,
        "delete": 12,
        "move": 8,
        "respell": 4,
        "replace": 4,
        "reinsert": 4,
        "swap": 4,
        "reuse": 2,
        "several": 4,
        "long": 0.3,
        "rollback": 3,
    }
)
"""Everything at once: what the tests run."""

LIVELY: Mapping[str, float] = MappingProxyType({"insert": 20, "update": 55, "delete": 15, "move": 5, "several": 5})
"""What an application might do, at full speed and without a transaction that would hold up another writer."""

OLTP: Mapping[str, float] = MappingProxyType({"oltp": 1})
"""Like sysbench's oltp_write_only."""
