"""A secondary index as far as it may be made later: plain columns, perhaps prefixes of them. Frozen.

Whatever has more to it (an expression, a parser, an engine's attribute) is no such index and stays where it is. It is a
value and no SQL text: it lies in the checkpoint, and what lies there never becomes a statement as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPart:
    """One column of an index."""

    column: str
    length: int = 0
    """How much of it is indexed, 0 for all."""
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A non-unique index."""

    name: str
    parts: tuple[IndexPart, ...]
    btree: bool = False
    """USING BTREE was said; it is what it is in any case, but the server remembers that it was said."""
    block_size: int = 0
    """KEY_BLOCK_SIZE, 0 where none was said."""
    comment: str = ""
    hidden: bool = False
    """INVISIBLE on MySQL, IGNORED on MariaDB."""
