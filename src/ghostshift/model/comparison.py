"""The comparison of two tables as values: which columns are compared how, and what was found. Frozen.

`left` is the original, `right` the ghost; for `ghostshift verify` any two tables. Made by core.comparing only.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ghostshift.model.key import Key, KeyKind, KeySpec
from ghostshift.model.names import TableName


class How(enum.Enum):
    """How a value is written so that different values are written differently."""

    PLAIN = "plain"
    """The server's own text, which is exact and holds no comma."""
    WHOLE = "whole"
    """The number behind it: ENUM, SET, BIT, YEAR, whatever is shown with leading zeros."""
    REAL = "real"
    """The exact double: the text of a FLOAT shows six digits of it."""
    DECIMAL = "decimal"
    MOMENT = "moment"
    """Text with the ghost's digits of fractional seconds."""
    INSTANT = "instant"
    """Seconds since 1970: local text says an hour of autumn twice."""
    BYTES = "bytes"
    """The bytes as stored; may hold commas, so the length is written too."""
    DIGEST = "digest"
    """A digest of the bytes: for values that may be too large to be put into one text with the others."""
    HEX = "hex"
    """For types that cannot be put into a text."""
    NULLNESS = "nullness"
    """Only whether it is NULL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTest:
    """One pair of columns and how they are compared."""

    left: str
    right: str
    how: How
    nullable: bool = False
    """Either side may be NULL."""
    charset: str = ""
    """The left value is converted to this character set first."""
    lossy: str = ""
    """The left's own character set, where some of its letters have no like in `charset` and become '?'."""
    strip: bool = False
    """The left value loses its trailing blanks, as CHAR does."""
    digits: tuple[int, int] = (0, 0)
    """MOMENT, INSTANT: digits of fractional seconds, left and right."""
    decimal: tuple[int, int] = (0, 0)
    """DECIMAL: precision and scale on the right."""
    reading: str = ""
    """In scratch mode: the expression by which the copy reads the left (sql.transfers made it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two tables and all that is needed to compare them."""

    left: TableName
    right: TableName
    left_key: KeySpec
    """The shared key as the left has it. Every Key is in its terms."""
    right_key: KeySpec
    tests: tuple[ColumnTest, ...]
    """In scratch mode of the right's definitions on both sides."""
    scratch: bool = False
    """Some column is converted by the server itself: the left's rows go through a temporary table first."""
    bulky: bool = False
    """A row's values together may be too large for one text."""
    uncompared: tuple[str, ...] = ()
    """Columns of the right that both have and that cannot be compared."""

    @property
    def own_order(self) -> bool:
        """The right's key has an order or an equality of its own.

        Then ranges of the left are none of the right: rows that only the right has are found by `Comparer.extras`,
        a walk in the right's own order, and by nothing else.
        """
        return any(
            ours.kind is KeyKind.TEXT and (ours.charset, ours.collation) != (theirs.charset, theirs.collation)
            for ours, theirs in zip(self.left_key.columns, self.right_key.columns, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Sums:
    """What a range held."""

    rows_left: int
    rows_right: int
    equal: bool


class Kind(enum.Enum):
    """What is wrong with a row of the right."""

    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Stray:
    """Instead of a key: a row of the right whose key, to the letter, the left does not have.

    Where the right's key has an order or letters of its own, two such rows may have one key in the left's terms, and it
    may be that of a third row that is right: 'A' and 'a', or whatever becomes '?'.
    """

    key: Key
    """In terms of the right's key."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One key whose rows differ. A row that goes on differing with the same hashes is not moving."""

    key: Key
    """In terms of the left's key, or a Stray."""
    kind: Kind
    left_hash: int | None
    """None where the left has no such row."""
    right_hash: int | None
    right_key: Key | None = None
    """The key as the right spells it, where that is not `key`; in terms of the right's key."""
    spelled: Key | None = None
    """The same in terms of the left's key, as far as its character set has the letters."""
