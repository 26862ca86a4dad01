"""Which errors and warnings of the server mean that a value would not arrive as it was. Pure.

In a strict session nearly every such value is an error. What is left as a warning, and all of them where the server's
own laxness was asked for (--skip-strict-mode), is looked at here: it must never pass in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MISFITS = frozenset(
    {
        1048,  # column cannot be null
        1264,  # out of range
        1265,  # data truncated
        1292,  # incorrect or truncated value
        1366,  # incorrect value, or one that the character set has no letters for
        1406,  # data too long
        1411,  # incorrect value for a function
        1416,  # no geometry, or none of this kind
        1526,  # no partition for this value
        1690,  # out of range in an expression
        1748,  # not in the given partition
        3140,  # invalid JSON
        3643,  # another reference system than the column's
        3819,  # check constraint
        4025,  # check constraint (MariaDB)
        6136,  # no vector
    }
)
"""Errors that say: a row of the original cannot be in the ghost as it is."""

ROW_LOSERS = frozenset({1526, 1748, 3819, 4025})
"""Those among them for which no value can be put right: INSERT IGNORE leaves the whole row out."""

_HARMLESS = frozenset(
    {
        1287,  # deprecated syntax
        1681,  # deprecated syntax
        3719,  # utf8 is an alias
        3778,  # deprecated collation
    }
)
"""Warnings about the text of a statement rather than about values."""


@dataclass(frozen=True, slots=True)
class Warned:
    """One line of SHOW WARNINGS."""

    level: str
    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.level} {self.code}: {self.text}"


def judge(found: Sequence[Warned], *, panic: bool, lenient: bool) -> tuple[tuple[Warned, ...], tuple[Warned, ...]]:
    """Those that must stop us, and those that a person must be told of.

    `panic` (--panic-on-warnings): all stop. `lenient` (--skip-strict-mode): a changed value is only told of. A note
    is what the server's own ALTER says, too, where nothing is lost but blanks or digits that have no place.
    """
    if panic:
        return tuple(found), ()
    serious = tuple(one for one in found if one.level.lower() != "note" and one.code not in _HARMLESS)
    return ((), serious) if lenient else (serious, ())
