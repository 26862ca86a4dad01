"""Keys: what a row is known by. A key is the only thing of a row that ever reaches this process.

A key of one column is its bare value, of several columns a tuple of values. Values by kind:

    INTEGER, ENUM, SET, BIT   int (unsigned already fixed; ENUM and SET by ordinal and bit mask)
    BYTES                     bytes (BINARY padded back to its length)
    TEXT                      bytes in the column's own character set
    DECIMAL                   decimal.Decimal
    DATE DATETIME TIMESTAMP   text of fixed width: '2026-01-31', '2026-01-31 23:59:59.000000' (TIMESTAMP in UTC)
    TIME                      int, microseconds, negative ones too
    INET4, INET6, UUID        bytes as the server stores them (MariaDB)

All are hashable; where `comparable` is true, Python's order of the values is the server's order (invariant 6 forbids
to assume that of text: its order and equality belong to the collation, and only the server knows them).
"""

from __future__ import annotations

import enum
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeAlias

Key: TypeAlias = Hashable


class KeyKind(enum.Enum):
    """How a key column's values look in this process."""

    INTEGER = "integer"
    ENUM = "enum"
    SET = "set"
    BIT = "bit"
    BYTES = "bytes"
    TEXT = "text"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    TIMESTAMP = "timestamp"
    TIME = "time"
    INET4 = "inet4"
    INET6 = "inet6"
    UUID = "uuid"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyColumn:
    """One column of a key."""

    name: str
    ordinal: int
    """Its place in the row images of the binary log, from 0."""
    kind: KeyKind
    unsigned: bool = False
    length: int = 0
    """BINARY(n): n, to pad back what the log strips; BIT(n): n; else 0."""
    charset: str = ""
    collation: str = ""
    fraction: int = 0
    """Digits of fractional seconds."""
    members: int = 0
    """ENUM: how many members its list has; else 0."""
    nullable: bool = False

    @property
    def comparable(self) -> bool:
        """Whether Python's order of the values is the server's."""
        return self.kind not in (KeyKind.TEXT, KeyKind.INET6, KeyKind.UUID, KeyKind.INET4)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpec:
    """The unique key that rows are followed by: its index and its columns, in index order."""

    index: str
    columns: tuple[KeyColumn, ...]

    @property
    def single(self) -> bool:
        """Whether keys are bare values rather than tuples."""
        return len(self.columns) == 1

    @property
    def nullable(self) -> bool:
        """Whether a row's key may hold NULL (as None): such a row can be neither found nor copied by it."""
        return any(column.nullable for column in self.columns)

    @property
    def comparable_prefix(self) -> int:
        """How many leading columns this process can compare as the server does."""
        for count, column in enumerate(self.columns):
            if not column.comparable:
                return count
        return len(self.columns)

    def values(self, key: Key) -> tuple[Hashable, ...]:
        """The key as a tuple, whatever its number of columns."""
        return (key,) if self.single else key  # type: ignore[return-value]  # keys of several columns are tuples

    def names(self) -> tuple[str, ...]:
        """The columns' names in index order."""
        return tuple(column.name for column in self.columns)
