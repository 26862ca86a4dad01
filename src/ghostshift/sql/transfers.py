"""How a column of the original is read so that the server puts into the ghost what its own ALTER TABLE would. Pure.

An ALTER copies field to field, an INSERT … SELECT mostly by value, and the two are not the same everywhere (measured on
MySQL 9.7 and MariaDB 10.11 and 11.8 by trying each type against each). Where a plain expression makes them the same it
stands here; where none does the ALTER is refused (core.oddities). It must never be used for less than the whole value:
row copy, changes and the scratch table of a comparison all read by it.
"""

from __future__ import annotations

from ghostshift.model.names import quote_name
from ghostshift.model.schema import Column

TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_LONG = frozenset({"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"})
_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_NUMBERS = _WHOLE | {"decimal", "float", "double", "year"}


def transfer(before: Column | None, after: Column | None, name: str, *, mariadb: bool) -> str:
    """The expression that reads the original's column `name` for the ghost's column `after`."""
    quoted = quote_name(name)
    if before is None or after is None or before.column_type == after.column_type:
        return quoted
    if before.data_type in _NUMBERS and after.data_type in TEXTS | BYTES:
        # An ALTER writes a number as it is shown: a FLOAT with its own digits, leading zeros, the year 0000.
        return f"CAST({quoted} AS CHAR)"
    if before.data_type in TEXTS | BYTES and after.data_type in _LONG and after.octets < before.octets:
        # MariaDB cuts the bare column in silence, strict mode or not; of an expression it says that it is too long.
        return f"COALESCE({quoted})"
    if _shortened(before, after):
        # An ALTER does not cut blanks off either, while MariaDB's copy makes a note of it at the most.
        return f"IF(CHAR_LENGTH({quoted}) > {after.characters:d}, CONCAT({quoted}, '.'), {quoted})"
    if mariadb and before.data_type in TEXTS | BYTES and after.data_type in _WHOLE:
        # MariaDB's ALTER takes no text with a fraction for a whole number, while its copy rounds.
        return f"IF({quoted} REGEXP '[.eE]', CONCAT({quoted}, '!'), {quoted})"
    return quoted


def _shortened(before: Column, after: Column) -> bool:
    same = before.data_type == after.data_type == "varchar" and before.charset == after.charset
    return same and after.characters < before.characters
