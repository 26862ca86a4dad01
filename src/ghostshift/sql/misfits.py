"""Statements that look for rows of the original that would not fit the ghost. Pure.

Where the ALTER narrows a column, a condition says which values are *suspected*: it may suspect too many, and is no
proof. Whoever asks has the server try the suspected rows (workers.scout). Conversions that no condition is known for
are left to the copy. All are plain SELECTs, which lock nothing at READ COMMITTED (invariant 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ghostshift.model.key import Key
from ghostshift.model.names import quote_name
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Column
from ghostshift.sql.literals import select_expression
from ghostshift.sql.statements import in_range, key_in

SHORT = 40
"""How many letters of a value are shown."""

_BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit"})
_WHOLE_ONLY = frozenset({"vector", "geometry", "point", "linestring", "polygon"})
"""Types of which no part can be asked for."""
_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_BLOBS = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_MOMENTS = frozenset({"date", "datetime", "timestamp"})
_ALL_LETTERS = frozenset({"utf8mb4", "utf16", "utf16le", "utf32"})


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Values of one column that may not fit."""

    column: str
    what: str
    """For a person: what is wrong with them."""
    condition: str


def short_value(plan: Plan, name: str, key: Key) -> str:
    """The beginning of a row's value in one column, as text."""
    return f"SELECT {shown(plan, name)} FROM {plan.table.sql} WHERE {key_in(plan.key, [key])}"


def shown(plan: Plan, name: str) -> str:
    """A column's value for a person: bytes as hex, long ones cut."""
    column, quoted = plan.original.column(name), quote_name(name)
    if column is not None and column.data_type in _WHOLE_ONLY:
        return f"CONCAT('0x', LEFT(HEX({quoted}), {SHORT:d}))"
    if column is not None and (column.data_type in _BYTES or column.charset == "binary"):
        return f"CONCAT('0x', HEX(LEFT({quoted}, {SHORT // 2:d})))"
    text = f"CONVERT({quoted} USING utf8mb4)"
    return f"IF(CHAR_LENGTH({text}) > {SHORT:d}, CONCAT(LEFT({text}, {SHORT:d}), '…'), {text})"


def suspected(plan: Plan, suspicions: tuple[Suspicion, ...], after: Key | None, upto: Key, most: int) -> str:
    """Keys of a range whose rows may not fit."""
    either = " OR ".join(f"({one.condition})" for one in suspicions)
    keys = ", ".join(select_expression(column) for column in plan.key.columns)
    return f"SELECT {keys} FROM {_range(plan, after, upto)} AND ({either}) LIMIT {most:d}"


def counted(plan: Plan, suspicions: tuple[Suspicion, ...], after: Key | None, upto: Key) -> str:
    """How many values of a range are suspected, for each suspicion."""
    sums = ", ".join(f"COALESCE(SUM(({one.condition})), 0)" for one in suspicions)
    return f"SELECT {sums} FROM {_range(plan, after, upto)}"


def _range(plan: Plan, after: Key | None, upto: Key) -> str:
    index = quote_name(plan.key.index)
    return f"{plan.table.sql} FORCE INDEX ({index}) WHERE {in_range(plan.key, after, upto)}"


def suspicions(plan: Plan) -> tuple[Suspicion, ...]:
    """Where the ALTER narrows a column: which values to suspect."""
    found = []
    for pair in plan.columns:
        before, after = plan.original.column(pair.original), plan.ghost.column(pair.ghost)
        if before is None or after is None:
            continue
        name = quote_name(pair.original)
        if before.nullable and not after.nullable and not after.auto_increment and after.data_type != "timestamp":
            found.append(Suspicion(pair.original, "NULL", f"{name} IS NULL"))
        if before.column_type != after.column_type or before.charset != after.charset:
            found += [Suspicion(pair.original, what, text) for what, text in _narrowed(before, after, name)]
    return tuple(found)


def _narrowed(before: Column, after: Column, name: str) -> Iterator[tuple[str, str]]:
    old, new = before.data_type, after.data_type
    if new in _BITS and old in (*_BITS, "decimal"):
        yield from _integers(before, after, name)
    elif old == new == "decimal":
        yield from _decimals(before, after, name)
    elif old in _TEXTS and new in _TEXTS:
        yield from _texts(before, after, name)
    elif old in _BLOBS and new in _BLOBS and before.octets > after.octets:
        yield "longer than the new type", f"LENGTH({name}) > {after.octets:d}"
    elif old == new == "enum" and "\\" not in after.column_type:
        members = ", ".join(re.findall(r"'(?:[^']|'')*'", after.column_type))
        yield "not a member any more", f"CAST({name} AS CHAR) NOT IN ({members})"
    elif old in _TEXTS and new in _BITS:
        yield "not a whole number", f"{name} NOT REGEXP '^[-+]?[0-9]+$'"
    elif old in _TEXTS and new in _MOMENTS:
        kind = "DATE" if new == "date" else "DATETIME"
        yield "not a date", f"{name} IS NOT NULL AND CAST({name} AS {kind}) IS NULL"
    elif old in _TEXTS and new == "json":
        yield "not JSON", f"NOT JSON_VALID({name})"


def _integers(before: Column, after: Column, name: str) -> Iterator[tuple[str, str]]:
    low, high = _bounds(after)
    if before.data_type in _BITS:
        least, greatest = _bounds(before)
        if least >= low and greatest <= high:
            return
        value = name
    else:
        value = f"ROUND({name})"
    yield "out of range", f"{value} < {low:d} OR {value} > {high:d}"


def _bounds(column: Column) -> tuple[int, int]:
    bits = _BITS[column.data_type]
    return (0, 2**bits - 1) if column.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _decimals(before: Column, after: Column, name: str) -> Iterator[tuple[str, str]]:
    whole = after.precision - after.scale
    if before.precision - before.scale > whole or before.scale > after.scale:
        yield "out of range", f"ABS(ROUND({name}, {after.scale:d})) >= 1{'0' * whole}"
    if after.unsigned and not before.unsigned:
        yield "negative", f"{name} < 0"


def _texts(before: Column, after: Column, name: str) -> Iterator[tuple[str, str]]:
    """Whether blanks at the end may be cut is the server's to say: MySQL will not have it, MariaDB does not mind."""
    if after.data_type in ("char", "varchar"):
        if before.data_type not in ("char", "varchar") or before.characters > after.characters:
            length = after.characters
            yield "too long", f"CHAR_LENGTH({name}) > {length:d}"
    elif before.octets > after.octets or before.charset != after.charset:
        yield "too long", f"LENGTH(CONVERT({name} USING {after.charset})) > {after.octets:d}"
    if before.charset not in (after.charset, "ascii") and after.charset not in _ALL_LETTERS:
        again = f"CONVERT(CONVERT({name} USING {after.charset}) USING utf8mb4)"
        yield (
            f"letters that {after.charset} lacks",
            f"CAST({again} AS BINARY) <> CAST(CONVERT({name} USING utf8mb4) AS BINARY)",
        )
