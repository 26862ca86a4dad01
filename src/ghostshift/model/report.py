"""What `ghostshift plan` found: the structure of its --json, field by field. docs/reference/plan-json.md is made of it.

Fields are added, never renamed, removed or given another meaning while `format` is the same.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One question to the server: would it do the ALTER in this way? Asked on an empty copy of the table."""

    algorithm: str
    """`INSTANT`, `NOCOPY` (MariaDB), `INPLACE` or `COPY`."""
    lock: str
    """`NONE`, `SHARED`, or empty where nothing was said of locks."""
    taken: bool
    """The server did it."""
    reason: str
    """The server's own words where it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """What the server's own ALTER TABLE could do."""

    way: str = "unknown"
    """`instant`, `nocopy`, `inplace`, `copy`, or `unknown` where it was not asked."""
    writes: str = "unknown"
    """What the application may do meanwhile: `all` (read and write), `reads` (only read), or `unknown`."""
    rebuilds: bool | None = None
    """Whether the server would write the whole table anew; null where that could not be seen."""
    row_versions: int | None = None
    """MySQL: how many row versions the table has from instant changes before; null where that cannot be read."""
    row_versions_most: int | None = None
    """MySQL: how many it may have; null where the server knows no such limit."""
    why: str = ""
    """Why it was not asked, or what else is to be said."""
    attempts: tuple[Attempt, ...] = ()
    """All that was asked, in this order, up to the first way that the server took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReport:
    """What becomes of a column."""

    original: str
    """Its name in the original; empty for a new one."""
    ghost: str
    """Its name in the new table; empty for one that is dropped."""
    fate: str
    """`copied`, `converted`, `dropped`, `added`, `filled` (new, NOT NULL, without a default) or `generated`."""
    renamed: bool
    """It has another name in the new table."""
    before: str
    """Its type in the original, with the character set and collation of a text."""
    after: str
    """Its type in the new table."""
    value: str = ""
    """What a filled column begins with, as a literal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReport:
    """A unique key of the original."""

    name: str
    """Its name."""
    columns: tuple[str, ...]
    """Its columns; empty where it has an expression."""
    used: bool
    """Rows are followed by it."""
    why: str
    """Why it is used, or why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UniquenessReport:
    """A unique index of the new table that forbids what the original allows."""

    index: str
    """Its name."""
    columns: tuple[str, ...]
    """Its columns, by their names in the original."""
    watched: str
    """How rows that clash in it are found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerReport:
    """A trigger that is made on the new table."""

    name: str
    """Its name now."""
    new_name: str
    """Its name on the new table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpers:
    """The tables that a migration makes beside the original."""

    ghost: str = ""
    """The new table, until the swap."""
    old: str = ""
    """The original, after the swap."""
    changelog: str = ""
    """Marks and heartbeat; removed at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the least to the most that is expected."""

    low: float
    """The least."""
    high: float
    """The most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Sizes. The server's statistics are estimates, and so is all that is reckoned from them."""

    rows: int
    """Rows by the server's statistics."""
    data_bytes: int
    """Bytes of the table's rows by the same."""
    index_bytes: int
    """Bytes of its secondary indexes by the same."""
    row_bytes: float
    """Bytes of a row's values, as the probe saw them; 0 where there was none."""
    row_image: str
    """The server's binlog_row_image."""
    disk_bytes: Span
    """Disk space that the new table needs beside the original."""
    binlog_bytes: Span
    """Binary log that the copy writes; what the application changes meanwhile is logged once more on top."""
    how: str
    """How these were reckoned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How long it may take. A range, and only for a server as busy as it was at the probe, without throttling."""

    probed_rows: int
    """Rows that the probe read."""
    probed_seconds: float
    """How long the server needed for them."""
    pages_from_disk: int | None
    """Pages that the whole server read from disk meanwhile; null where that could not be seen."""
    writes_per_second: float | None
    """Rows that the whole server wrote a second meanwhile; null where that could not be seen."""
    copy_seconds: Span
    """The row copy, verification included where it is wanted."""
    how: str
    """How it was reckoned."""
    replicas: int | None
    """Replicas that have registered with the migrated server; null where that may not be asked."""
    replica_seconds: Span | None
    """How far they may fall behind; null where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A refusal or a warning."""

    code: str
    """Its stable code."""
    text: str
    """The sentence."""
    page: str
    """Its page in the documentation; `ghostshift explain CODE` prints it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole plan."""

    format: int = 1
    """Version of this structure."""
    table: str
    """The original."""
    alter: str
    """What was asked for, without the table's name."""
    goes: bool
    """`ghostshift migrate` would go; else there is a refusal."""
    server: str = ""
    """The server that is migrated."""
    version: str = ""
    """Its flavour and version."""
    log_of: str = ""
    """The server whose binary log is read."""
    earlier: str = ""
    """What would be done with what an earlier run left; empty where none did."""
    refusals: tuple[Saying, ...] = ()
    """Everything that forbids the migration."""
    warnings: tuple[Saying, ...] = ()
    """What nobody forbids, and a person should know."""
    unknown: tuple[str, ...] = ()
    """What could not be found out, and why."""
    native: Native = Native()
    """What the server's own ALTER TABLE could do."""
    columns: tuple[ColumnReport, ...] = ()
    """All columns of both tables."""
    keys: tuple[KeyReport, ...] = ()
    """The original's unique keys."""
    uniqueness: tuple[UniquenessReport, ...] = ()
    """Where the new table is more unique."""
    triggers: tuple[TriggerReport, ...] = ()
    """Triggers that travel to the new table."""
    helpers: Helpers = Helpers()
    """Tables that would be made."""
    dropped_first: tuple[str, ...] = ()
    """Leftovers that the flags allow to drop."""
    session_time_zone: str = ""
    """The zone in which values are converted."""
    cut_over: str = ""
    """How the tables are swapped on this server."""
    verified: bool = True
    """The new table is compared with the original before the swap."""
    uncompared: tuple[str, ...] = ()
    """Columns of the new table whose values cannot be compared."""
    volume: Volume | None = None
    """Sizes; null where the table could not be looked at."""
    forecast: Forecast | None = None
    """Time; null where nothing could be probed."""
    structure: str = ""
    """The new table's CREATE TABLE statement, under the ghost's name."""
