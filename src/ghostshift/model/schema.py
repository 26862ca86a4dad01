"""A table as the server describes it: columns, unique keys, engine. Frozen; made by mysql.inspector only.

Nothing here interprets an ALTER: what an ALTER did is read from the ghost table afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ghostshift.model.names import TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `ordinal` counts from 0 in the order of the row images in the binary log."""

    name: str
    ordinal: int
    data_type: str
    """Lower case, without arguments: int, varchar, datetime, …"""
    column_type: str
    """As the server writes it: `int unsigned`, `varchar(20)`, `enum('a','b')`."""
    nullable: bool = False
    charset: str = ""
    collation: str = ""
    characters: int = 0
    """Declared length in characters (0 where the type has none)."""
    octets: int = 0
    """Largest length in bytes (0 where the type has none)."""
    precision: int = 0
    scale: int = 0
    fraction: int = 0
    """Digits of fractional seconds."""
    generated: str = ""
    """"" or "virtual" or "stored"."""
    expression: str = ""
    """What a generated column is computed from, as the server writes it."""
    auto_increment: bool = False
    defaultless: bool = False
    """NOT NULL, and neither a default nor anything else gives it a value."""
    null_by_default: bool = False
    """Where no value is given it is NULL."""

    @property
    def unsigned(self) -> bool:
        """Whether the integer has no sign."""
        return "unsigned" in self.column_type.lower().split("(")[-1] and self.data_type not in ("enum", "set")


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueKey:
    """A unique index. `columns` is empty where the index has an expression among its parts."""

    name: str
    columns: tuple[str, ...]
    nullable: bool = False
    prefixed: bool = False
    """Some part indexes only the first characters of its column: uniqueness is then stricter than the values'."""
    functional: bool = False
    parts: tuple[str, ...] = ()
    """Where prefixed or functional: each part as the server has it, with its length or expression."""
    visible: bool = True

    @property
    def whole_columns(self) -> tuple[str, ...]:
        """Its columns that are indexed in full; none where it has an expression among its parts."""
        if not self.parts:
            return self.columns
        return tuple(c for c, part in zip(self.columns, self.parts, strict=False) if part.startswith(f"{c}|None|"))

    @property
    def prefixes(self) -> tuple[int, ...]:
        """How much of each column is indexed, 0 for all of it; empty where no part is a prefix."""
        lengths = [part.split("|")[1] for part in self.parts]
        return () if self.functional else tuple(int(text) if text.isdigit() else 0 for text in lengths)

    @property
    def primary(self) -> bool:
        """Whether this is the primary key."""
        return self.name == "PRIMARY"


# No slots: what is looked up by name is kept.
@dataclass(frozen=True, kw_only=True)
class Table:
    """All that the planner needs to know of a table."""

    name: TableName
    columns: tuple[Column, ...]
    unique_keys: tuple[UniqueKey, ...]
    engine: str
    kind: str = "BASE TABLE"
    rows_estimate: int = 0
    row_bytes: int = 0
    """Average bytes of a row by the server's statistics, 0 where unknown."""
    auto_increment: int = 0
    """Next value, 0 where the table has none."""
    triggers: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    """Foreign keys of other tables that point here, as `schema.table.constraint`."""
    parents: tuple[str, ...] = ()
    """Foreign keys of this table that point elsewhere, by constraint name."""
    cascades: tuple[str, ...] = ()
    """Those among them by which a change of the other table changes or deletes rows of this one."""
    views: tuple[str, ...] = ()
    """Views of the same schema whose text names this table."""
    hidden_columns: int = 0
    """Columns that no one sees but the binary log: MariaDB's, one for each unique key over a long column."""
    periods: bool = False
    """MariaDB: PERIOD FOR, with or without keys WITHOUT OVERLAPS."""
    elsewhere: bool = False
    """DATA DIRECTORY: its file, or that of a partition, is outside of the server's data folder."""
    versioned: bool = False
    """MariaDB: WITH SYSTEM VERSIONING."""
    comment: str = field(default="")
    mariadb: bool = False
    """Of a MariaDB server, whose conversions differ from MySQL's in places."""

    @property
    def logged_columns(self) -> int:
        """How many columns the table has in the binary log."""
        return len(self.columns) + self.hidden_columns

    def column(self, name: str) -> Column | None:
        """The column of this name, letters' case ignored as the server ignores it."""
        return self._by_name.get(name.lower())

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name.lower(): column for column in reversed(self.columns)}
