"""What the binary log tells us, reduced to what a migration needs. Made by binlog.decoder, consumed by the streamer.

Row images never leave the decoder: of each changed row only its key does (decision 0002).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ghostshift.model.key import Key, KeySpec
from ghostshift.model.names import TableName
from ghostshift.model.position import Position


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """A table whose row events are decoded; all others are skipped by their header."""

    label: str
    """How the consumer knows it: `original`, `changelog`."""
    name: TableName
    key: KeySpec
    columns: int
    """How many columns the table has: another number in the log means that somebody altered it."""
    news: bool = False
    """Only what a row is after a change matters: the image before it need not hold the whole key (binlog_row_image)."""


@dataclass(slots=True)
class Keys:
    """Changed rows of one watched table, in no particular order. Keys may repeat.

    `changed` holds keys whose row exists after the change, `gone` those whose row was deleted or got another key.
    Both are hints only: whoever applies a key reads the row again (invariants 1 and 6).
    """

    label: str
    changed: list[Key]
    gone: list[Key]
    growth: int = field(default=0, compare=False)
    """Rows inserted less rows deleted; for show only."""


@dataclass(frozen=True, slots=True)
class XaStart:
    """The keys that follow, up to XaPrepared, belong to this XA transaction: they are not visible yet (invariant 9)."""

    xid: bytes


@dataclass(frozen=True, slots=True)
class XaPrepared:
    """The XA transaction's rows are complete; its outcome is open. `one_phase` means: committed right here."""

    xid: bytes
    one_phase: bool


@dataclass(frozen=True, slots=True)
class XaOutcome:
    """XA COMMIT or XA ROLLBACK of a prepared transaction."""

    xid: bytes
    committed: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in the log: DDL, or DML in statement format. Never BEGIN, COMMIT, SAVEPOINT or XA statements."""

    schema: str
    text: str


Rewatch: TypeAlias = Callable[[Statement], "Sequence[WatchedTable] | None"]
"""Asked about each statement in the log: which tables to watch from there on, None for the same as before."""

Event: TypeAlias = Keys | XaStart | XaPrepared | XaOutcome | Statement


@dataclass(frozen=True, slots=True)
class Batch:
    """What one reading brought, in the log's order."""

    events: list[Event]
    boundary: Position
    """The last transaction boundary at or before the end of this batch: where a reconnect starts again."""
    transactions: int = 0
    rows: int = 0
    size: int | None = None
    """Bytes that the reading brought, where that is known."""
