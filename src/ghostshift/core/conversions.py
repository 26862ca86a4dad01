"""What an ALTER's conversion of a column does to its values: which stay different, and can be found again.

A list of what is known to be safe; all else counts as unsafe. The strict mode of our sessions turns a value that does
not fit into an error, but it says nothing where two values become one: padding, stripping and rounding are silent.
"""

from __future__ import annotations

from collections.abc import Iterable

from ghostshift.model.errors import Refused
from ghostshift.model.plan import ColumnPair
from ghostshift.model.schema import Column, Table

_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_MOMENTS = frozenset({"datetime", "timestamp", "time"})
_TEXTS = frozenset({"char", "varchar"})


def keeps_numbers(before: Column, after: Column) -> bool:
    """Whether an ENUM or SET has its old members at their old places: the same list, or one that goes on behind it."""
    if before.data_type != after.data_type or before.data_type not in ("enum", "set"):
        return False
    members, rest = before.column_type.rstrip(")"), after.column_type
    return rest == before.column_type or rest.startswith(members + ",")


def keeps_values(before: Column, after: Column) -> bool:
    """Different values stay different, also for the ghost's collation."""
    return before.collation == after.collation and keeps_spelling(before, after)


def keeps_spelling(before: Column, after: Column) -> bool:
    """Different values stay different but for what another collation calls equal; a literal finds its value again."""
    old, new = before.data_type, after.data_type
    if before.column_type == after.column_type or keeps_numbers(before, after):
        return True
    if old in _INTEGERS | {"year"} and new in _INTEGERS:
        return True
    if old in _TEXTS and new in _TEXTS:
        return _keeps_text(before, after)
    if (old, new) in {("binary", "binary"), ("binary", "varbinary"), ("varbinary", "varbinary"), ("bit", "bit")}:
        return True
    if old == new and old in _MOMENTS:
        return after.fraction >= before.fraction
    return old == new == "decimal" and after.scale >= before.scale


def _keeps_text(before: Column, after: Column) -> bool:
    """CHAR strips trailing blanks, and so does a shorter VARCHAR: harmless only where collations ignore them."""
    strips = (before.data_type, after.data_type) == ("varchar", "char") or after.characters < before.characters
    return not strips or (_ignores_blanks(before.collation) and _ignores_blanks(after.collation))


def _ignores_blanks(collation: str) -> bool:
    """PAD SPACE, by name: MySQL's UCA 9.0.0 collations and MariaDB's nopad ones are NO PAD, all others pad."""
    return "_0900_" not in collation and "nopad" not in collation and collation not in ("", "binary")


def check_padding(original: Table, ghost: Table, pairs: Iterable[ColumnPair]) -> None:
    """Refuse to convert a CHAR where the server's mode pads what is read of it, as its own ALTER does.

    Our sessions do not: keys would be read with blanks that are not theirs. Raises Refused.
    """
    for pair in pairs:
        before, after = original.column(pair.original), ghost.column(pair.ghost)
        if before and after and before.data_type == "char" and after.data_type != "char":
            raise Refused(
                "char-padding",
                f"the ALTER converts the CHAR {pair.original!r} of {original.name} into {after.column_type}, and the "
                "server's sql_mode has PAD_CHAR_TO_FULL_LENGTH: its own ALTER would fill the values up with blanks, a "
                "copy would not. Take that mode (it is deprecated) out of the server's sql_mode first",
            )
