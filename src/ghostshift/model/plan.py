"""The plan: all that inspection and planning found. Complete once it exists; whoever needs the key gets the plan.

It replaces a context that everybody holds: nothing in it ever changes during a run.
"""

from __future__ import annotations

from dataclasses import dataclass

from ghostshift.model.index import Index
from ghostshift.model.key import KeySpec
from ghostshift.model.names import HelperNames, TableName
from ghostshift.model.schema import Table, UniqueKey
from ghostshift.model.trigger import PlannedTrigger


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPair:
    """A column that is copied: its name in the original and in the ghost."""

    original: str
    ghost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """A new column of the ghost that must be given a value, and the literal that it begins with."""

    column: str
    literal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUniqueness:
    """A unique index of the ghost that the original does not already guarantee (invariant 7)."""

    index: str
    pairs: tuple[ColumnPair, ...]
    """Its columns, where their values can be compared in the original as they are; else empty."""
    asked: UniqueKey | None = None
    """The index of the ghost, where only the server can tell what it makes of the values: in a temporary table.

    Where there are neither pairs nor this the planner refuses.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One migration, decided."""

    original: Table
    ghost: Table
    helpers: HelperNames
    alter: str
    key: KeySpec
    """The shared unique key, in terms of the original."""
    ghost_key: KeySpec
    """The same columns as the ghost has them: other names, widths or collations perhaps."""
    columns: tuple[ColumnPair, ...]
    session_time_zone: str
    """A literal for `SET time_zone`: UTC where keys hold a TIMESTAMP, else the server's own, which an ALTER uses."""
    keeps_numbers: bool = False
    """The AUTO_INCREMENT column is the original's: its next number is carried over, so that none is given twice."""
    fillings: tuple[Filling, ...] = ()
    """New columns of the ghost that are NOT NULL and have no default."""
    new_uniqueness: tuple[NewUniqueness, ...] = ()
    wider_key: bool = False
    """The ghost's key has more columns than the shared one: a row that is put in replaces none of the same shared key,
    so what is there goes first."""
    secondary_unique: bool = False
    """The ghost has a unique index besides the shared key: then no change is ever discarded (invariant 4)."""
    triggers: tuple[PlannedTrigger, ...] = ()
    """The original's triggers, which are to be on the new table too."""
    later: tuple[Index, ...] = ()
    """Indexes of the ghost that are made after the copy."""
    loose: bool = False
    """The ghost is filled without AUTO_INCREMENT; a shell waits that has it."""
    whole: str = ""
    """Digest of the ghost's definition as the ALTER had made it, where it is filled in another form."""
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """A revert: columns of the ghost that the original has not. Rows that are there keep their values in them."""
    unsure: tuple[str, ...] = ()
    """A revert: columns of the ghost that may rightly differ in rows that nobody has changed since the first swap."""

    @property
    def table(self) -> TableName:
        """The original's name."""
        return self.original.name
