"""A checkpoint: all that another process needs to go on with a migration. Frozen; it has no session and no clock.

What it says was true together at one moment (invariant 8): every row up to `copied` is in the ghost, every change in
the log before `position` has been applied to it or belongs to rows beyond `copied`, and nothing that was owed without a
change in the log is missing from that. It must never be saved before all this is so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ghostshift.model.index import Index
from ghostshift.model.phase import Phase
from ghostshift.model.position import Position
from ghostshift.model.server import Life, ServerIdentity

FORMAT = 1
"""Of what is written now. A greater one belongs to a newer version and is refused by name."""

PortableKey: TypeAlias = tuple[int | str, ...]
"""A key as JSON can hold it, column by column: numbers as they are, bytes in hex, the rest as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How far the verification had come."""

    after: PortableKey | None = None
    """Every row of this pass up to here was compared."""
    number: int = 1
    """Which pass it was in, from 1."""
    handed_out: bool = False
    """Every row of the last pass was compared."""
    extras_seen: bool = False
    """The ghost was walked along for rows that the original has not."""
    rows: int = 0
    explained: int = 0
    repaired: int = 0
    suspects: tuple[PortableKey, ...] = ()
    """Rows that differed and of which nothing was known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures of all runs so far, each up to its last word. For people: nothing is decided by them."""

    restarts: int = 0
    """How often a run ended before its time, and another went on."""
    reconnects: int = 0
    seen: int = 0
    applied: int = 0
    discarded: int = 0
    seconds: float = 0.0
    seconds_copy: float = 0.0
    rows: int = 0
    """Copied by the last run and those that it went on with, even where the checkpoint proves less."""
    chunks: int = 0
    verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """The storage engine's own numbers of the two tables before the swap; empty where the server does not show them."""

    original: tuple[int, ...] = ()
    ghost: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """See the module."""

    format: int = FORMAT
    tool: str
    """The version that wrote it."""
    table: str
    """The original, as it is shown to people: two originals may share the names of their helpers."""
    old: str
    """What the original is called after the swap; a name may hold the time of the run that began."""
    run: str
    """A token of the migration; every process that goes on with it keeps it."""
    phase: Phase
    alter: str
    """As it was given."""
    revert: bool = False
    """It brings an old table back: the ghost is that table, and nothing is copied."""
    back: str = ""
    """The name of the table that a revert brings back."""
    undone: bool = False
    """The table that is brought back has the definition before `alter`; else, after a revert of a revert, the other."""
    opened: bool = True
    """The log from `position` on is about the tables as they are called now: no swap of before comes first."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """Options that decide what the ghost holds: a run with others cannot go on with it."""
    original: str = ""
    """Digest of the original's definition."""
    ghost: str = ""
    """Digest of the ghost's definition as it is now."""
    later: tuple[Index, ...] = ()
    """Indexes that the ghost got, or is to get, after the copy."""
    whole: str = ""
    """Digest of the ghost's definition as the ALTER had made it, and as it will be in the end."""
    inspected: ServerIdentity
    """The server whose log is read."""
    migrated: ServerIdentity
    lives: tuple[Life, ...] = ()
    """That these two servers were in when this was written."""
    position: Position
    """A transaction boundary in the log of the inspected server."""
    gtids: str = ""
    """Transactions that lie before `position`, as the server lists them; empty where it keeps no GTIDs."""
    prepared: tuple[str, ...] = ()
    """XA transactions, in hex, that lie before `position`, have changed none of our rows and may end after it."""
    copied: PortableKey | None = None
    limit: PortableKey | None = None
    """The last key that is to be copied."""
    copy_done: bool = False
    rows: int = 0
    chunks: int = 0
    rows_lost: int = 0
    values_changed: int = 0
    compared: Compared = field(default_factory=Compared)
    identities: Identities = field(default_factory=Identities)
    totals: Totals = field(default_factory=Totals)
    hopeless: str = ""
    """Why it ended, where nobody can go on with it: what is to be read in the log next cannot be followed, say."""

    def is_ghost(self, digest: str) -> bool:
        """Whether a table of this definition may be the ghost. It may be whole by now, and nobody have noted it."""
        return not self.ghost or digest in (self.ghost, self.whole)

    @property
    def unfinished(self) -> bool:
        """Whether the ghost has another form now than it will have in the end."""
        return bool(self.whole) and self.whole != self.ghost

    def same_servers(self, other: Checkpoint) -> bool:
        """Whether both speak of the same two servers."""
        return (self.inspected, self.migrated) == (other.inspected, other.migrated)
