"""Table map events: which table, and how many bytes each of its columns takes in a row image.

Layout and metadata: MySQL Source Code Documentation, "Table_map_event"; MariaDB documentation, "TABLE_MAP_EVENT". The
map does not say what a key needs besides (sign, character set, BINARY's length): that comes from KeyColumn. What it
does say is compared with KeyColumn, for another type means that somebody altered the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ghostshift.binlog import values
from ghostshift.binlog.events import Unusable, cut, packed_int
from ghostshift.binlog.values import Reader
from ghostshift.model.key import KeyColumn, KeyKind

TINY, SHORT, LONG, FLOAT, DOUBLE, NULL, TIMESTAMP, LONGLONG, INT24 = 1, 2, 3, 4, 5, 6, 7, 8, 9
DATE, TIME, DATETIME, YEAR, NEWDATE, VARCHAR, BIT, TIMESTAMP2, DATETIME2, TIME2 = 10, 11, 12, 13, 14, 15, 16, 17, 18, 19
BLOB_COMPRESSED, VARCHAR_COMPRESSED = 140, 141
VECTOR, JSON, NEWDECIMAL, ENUM, SET, TINY_BLOB, MEDIUM_BLOB, LONG_BLOB, BLOB = (
    242,
    245,
    246,
    247,
    248,
    249,
    250,
    251,
    252,
)
VAR_STRING, STRING, GEOMETRY = 253, 254, 255

_FIXED = {
    TINY: 1, SHORT: 2, INT24: 3, LONG: 4, LONGLONG: 8, FLOAT: 4, DOUBLE: 8, NULL: 0,
    YEAR: 1, DATE: 3, NEWDATE: 3, TIME: 3, DATETIME: 8, TIMESTAMP: 4,
}  # fmt: skip
_FRACTIONAL = {TIMESTAMP2: 4, DATETIME2: 5, TIME2: 3}
_BLOBS = frozenset({VECTOR, JSON, TINY_BLOB, MEDIUM_BLOB, LONG_BLOB, BLOB, BLOB_COMPRESSED, GEOMETRY})
_VARCHARS = frozenset({VARCHAR, VAR_STRING, VARCHAR_COMPRESSED})
_METADATA_BYTES = (
    dict.fromkeys((*_VARCHARS, BIT, NEWDECIMAL, STRING, ENUM, SET), 2)
    | dict.fromkeys((*_BLOBS, FLOAT, DOUBLE, *_FRACTIONAL), 1)
    | dict.fromkeys((TINY, SHORT, INT24, LONG, LONGLONG, NULL, YEAR, DATE, NEWDATE, TIME, DATETIME, TIMESTAMP), 0)
)
_MAX_COLUMNS = 4096


@dataclass(frozen=True, slots=True)
class Shape:
    """A column as the log describes it."""

    type: int
    """Its type number; that of ENUM and SET where they hide inside STRING."""
    first: int = 0
    second: int = 0
    """The two bytes of its metadata."""
    fixed: int = 0
    """Bytes of a value of fixed size."""
    prefix: int = 0
    """Bytes of the length before a value of variable size; 0 where the size is fixed."""


def names(body: bytes) -> tuple[bytes, bytes, int]:
    """Schema, table and where the columns start. `body` starts with the table id."""
    at = 8
    length = body[at]
    schema = cut(body, at + 1, length)
    at += length + 2
    length = body[at]
    table = cut(body, at + 1, length)
    return schema, table, at + length + 2


def shapes(body: bytes, at: int) -> tuple[Shape, ...]:
    """The columns, from where `names` stopped. Raises ValueError for a type that this reader does not know."""
    count, at = packed_int(body, at)
    if count > _MAX_COLUMNS:
        raise ValueError(f"{count} columns")
    types = cut(body, at, count)
    length, at = packed_int(body, at + count)
    metadata = cut(body, at, length)
    columns = []
    at = 0
    for kind in types:
        width = _METADATA_BYTES.get(kind)
        if width is None:
            raise ValueError(f"a column of type {kind}, which this reader does not know")
        pair = cut(metadata, at, width) + b"\0\0"
        at += width
        columns.append(_shape(kind, pair[0], pair[1]))
    if at != length:
        raise ValueError(f"{length} bytes of metadata, of which {at} belong to columns")
    return tuple(columns)


def _shape(kind: int, first: int, second: int) -> Shape:  # noqa: PLR0911 - one line per family of types
    if kind in _FIXED:
        return Shape(kind, fixed=_FIXED[kind])
    if kind in _FRACTIONAL:
        return Shape(kind, first, fixed=_FRACTIONAL[kind] + values.fraction_bytes(first))
    if kind in _BLOBS:
        if not 1 <= first <= 4:
            raise ValueError(f"a length of {first} bytes in front of a BLOB")
        return Shape(kind, prefix=first)
    if kind in _VARCHARS:
        return Shape(kind, first, second, prefix=2 if first + (second << 8) > 255 else 1)
    if kind == NEWDECIMAL:
        if not second <= first <= 65 or not first:
            raise ValueError(f"DECIMAL({first},{second})")
        return Shape(kind, first, second, fixed=values.decimal_bytes(first, second))
    if kind == BIT:
        return Shape(kind, first, second, fixed=second + (first > 0))
    return _string_shape(kind, first, second)


def _string_shape(kind: int, first: int, second: int) -> Shape:
    """STRING: the first byte of its metadata is the real type, into which lengths above 255 put two inverted bits."""
    if first in (ENUM, SET) or kind in (ENUM, SET):
        return Shape(first if first in (ENUM, SET) else kind, fixed=second)
    length = second | ((first & 0x30) ^ 0x30) << 4
    return Shape(STRING, length & 0xFF, length >> 8, prefix=2 if length > 255 else 1)


_INTEGERS = frozenset({TINY, SHORT, INT24, LONG, LONGLONG})
_STRINGS = frozenset({STRING, BLOB}) | _VARCHARS
_FITTING: dict[KeyKind, frozenset[int]] = {
    KeyKind.INTEGER: _INTEGERS | {YEAR},
    KeyKind.ENUM: frozenset({ENUM}),
    KeyKind.SET: frozenset({SET}),
    KeyKind.BIT: frozenset({BIT}),
    KeyKind.BYTES: _STRINGS,
    KeyKind.TEXT: _STRINGS,
    KeyKind.DECIMAL: frozenset({NEWDECIMAL}),
    KeyKind.DATE: frozenset({DATE, NEWDATE}),
    KeyKind.DATETIME: frozenset({DATETIME, DATETIME2}),
    KeyKind.TIMESTAMP: frozenset({TIMESTAMP, TIMESTAMP2}),
    KeyKind.TIME: frozenset({TIME, TIME2}),
    KeyKind.INET4: frozenset({STRING}),
    KeyKind.INET6: frozenset({STRING}),
    KeyKind.UUID: frozenset({STRING}),
}
_FIXED_READERS: dict[int, Reader] = {
    YEAR: values.year,
    ENUM: values.unsigned,
    SET: values.unsigned,
    BIT: values.bits,
    DATE: values.date,
    NEWDATE: values.date,
    DATETIME: values.old_datetime,
    TIMESTAMP: values.old_timestamp,
    TIME: values.old_time,
}
_FRACTIONAL_READERS: dict[int, Callable[[int], Reader]] = {
    DATETIME2: values.datetime,
    TIMESTAMP2: values.timestamp,
    TIME2: values.time,
}
_NETWORK_BYTES = {KeyKind.INET4: 4, KeyKind.INET6: 16, KeyKind.UUID: 16}


def key_reader(column: KeyColumn, shape: Shape) -> Reader:  # noqa: PLR0911 - one line per family of types
    """How to read a key column's values. Raises Unusable where the log's type is not the one that was planned for."""
    kind = shape.type
    if not _fits(column, shape):
        raise Unusable(
            f"the key column {column.name!r} is of another type in the binary log ({kind}) than when the "
            f"migration was planned ({column.kind.value}): the table was altered by someone else"
        )
    if kind in _INTEGERS:
        return values.unsigned if column.unsigned else values.signed
    if kind in _FRACTIONAL_READERS:
        return _FRACTIONAL_READERS[kind](shape.first)
    if kind == NEWDECIMAL:
        return values.packed_decimal(shape.first, shape.second)
    if kind in _FIXED_READERS:
        return _FIXED_READERS[kind]
    if column.kind in _NETWORK_BYTES:
        return values.padded(_NETWORK_BYTES[column.kind])
    if column.kind is KeyKind.BYTES and kind == STRING:
        return values.padded(column.length)
    return bytes


def _fits(column: KeyColumn, shape: Shape) -> bool:
    if shape.type not in _FITTING[column.kind]:
        return False
    if shape.type in _FRACTIONAL:
        return shape.first == column.fraction
    length = shape.first | shape.second << 8
    if column.kind is KeyKind.BYTES and shape.type == STRING:
        return length == column.length
    if column.kind in _NETWORK_BYTES:
        return length == _NETWORK_BYTES[column.kind]
    return True
