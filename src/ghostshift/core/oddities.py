"""Conversions that an INSERT … SELECT does not make as the server's own ALTER TABLE does, and no expression can. Pure.

Measured by trying each type against each (sql.transfers has those that an expression can put right). The new table
would hold other values than an ALTER makes, so they are refused. What only stops, where an ALTER would have gone on, is
not here: a stop loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ghostshift.model.errors import Refused
from ghostshift.model.plan import ColumnPair
from ghostshift.model.schema import Column, Table

_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_BROKEN = frozenset({"decimal", "float", "double"})
_MOMENTS = frozenset({"date", "datetime", "timestamp"})
_LISTS = frozenset({"enum", "set"})
_VALUES = _WHOLE | _BROKEN | _MOMENTS | {"year", "time", "bit"}


def check_conversions(original: Table, ghost: Table, pairs: Iterable[ColumnPair]) -> None:
    """Raise Refused for the first column whose conversion would not be the server's own."""
    for pair in pairs:
        before, after = original.column(pair.original), ghost.column(pair.ghost)
        reason = oddity(before, after, mariadb=original.mariadb) if before and after else ""
        if reason and before and after:
            raise Refused(
                "conversion",
                f"the ALTER converts {pair.original!r} of {original.name} from {before.column_type} to "
                f"{after.column_type}: {reason}. Add a column of the new type, fill it by an UPDATE that says what is "
                "meant, and drop the old one",
            )


def oddity(before: Column, after: Column, *, mariadb: bool) -> str:  # noqa: PLR0911 - one for each kind
    """Why this conversion cannot be had through a ghost table; empty where it can."""
    old, new = before.data_type, after.data_type
    if old == new:
        return ""
    if new == "bit" and old not in _WHOLE:
        return "an ALTER makes other bits of it than a copy"
    if old == "json" and new in _VALUES:
        return "an ALTER rounds and reads JSON values otherwise than a copy does"
    if new == "year" and old in _BROKEN | _MOMENTS:
        return "an ALTER rounds or refuses what a copy cuts off"
    if old == "time" and new in _MOMENTS:
        return "the server completes a time by the day on which it copies the row"
    if new in _LISTS and old in _BROKEN:
        return "an ALTER looks for the number among the words, a copy takes it as a place in the list"
    if new in _LISTS and old in _WHOLE | {"year"} and re.search(r"'[-+]?\d", after.column_type):
        return "a word of the list looks like a number, which an ALTER and a copy read differently"
    if (old, new) == ("char", "binary") and not mariadb and before.octets == before.characters == after.octets:
        return "MySQL's ALTER leaves the blanks that the CHAR is padded with, a copy puts zero bytes there"
    return ""
