"""What a new column without a default begins with: the server's implicit default, as its own ALTER would put it. Pure.

A strict session refuses to leave such a column out of an INSERT, although the same server's ALTER TABLE fills it
without a word. So it is named, with a literal. Nothing else is ever filled: what the original has is copied.
"""

from __future__ import annotations

from ghostshift.model.errors import Refused
from ghostshift.model.plan import ColumnPair, Filling
from ghostshift.model.schema import Table

_NUMBERS = ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "bit", "year")
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "set")
_BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
_ZERO_DATES = {"date": "'0000-00-00'", "datetime": "'0000-00-00 00:00:00'", "timestamp": "'0000-00-00 00:00:00'"}
_LITERALS = {
    **dict.fromkeys(_NUMBERS, "0"),
    **dict.fromkeys((*_TEXTS, *_BYTES), "''"),
    **_ZERO_DATES,
    "enum": "1",
    "time": "'00:00:00'",
    "json": "'null'",
    "inet4": "'0.0.0.0'",
    "inet6": "'::'",
    "uuid": "'00000000-0000-0000-0000-000000000000'",
}
"""By type. An ENUM's is its first member, by number."""


def fillings(original: Table, ghost: Table, pairs: tuple[ColumnPair, ...], *, zero_dates: bool) -> tuple[Filling, ...]:
    """The ghost's columns that nothing is copied into and that have no default.

    `zero_dates` says whether the server, or the person, has nothing against '0000-00-00'. Raises Refused.
    """
    copied = {pair.ghost for pair in pairs}
    found = []
    for column in ghost.columns:
        if column.name in copied or not column.defaultless:
            continue
        what = f"the ALTER gives {original.name} a column {column.name!r} of type {column.column_type}"
        literal = _LITERALS.get(column.data_type)
        if literal is None:
            raise Refused(
                "no-default",
                f"{what} that is NOT NULL and has no default: there is nothing to put into it "
                "for the rows that exist. Give it a default, or let it be NULL",
            )
        if column.data_type in _ZERO_DATES and not zero_dates:
            raise Refused(
                "no-default",
                f"{what} that is NOT NULL and has no default: the rows that exist would get {literal}, "
                "which the server's sql_mode forbids (NO_ZERO_DATE). Give it a default, let it be NULL, or give "
                "--allow-zero-in-date",
            )
        found.append(Filling(column=column.name, literal=literal))
    return tuple(found)
