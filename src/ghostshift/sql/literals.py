"""Values as SQL literals, and back. The only place where a value becomes SQL text.

Keys go back to the server as typed literals, so that the server's own equality decides and its index is used
(invariant 6): text as hex with the column's character set and collation, binary as hex, ENUM, SET and BIT as numbers,
temporal values as text in a session whose time zone is UTC where a TIMESTAMP is among them.

Literals assume a session without NO_BACKSLASH_ESCAPES (mysql.dialect sets the mode of every session of ours).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ghostshift.model.errors import MigrationError
from ghostshift.model.key import Key, KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import quote_name

_NUMBERS = frozenset({KeyKind.INTEGER, KeyKind.ENUM, KeyKind.SET, KeyKind.BIT})
_MOMENTS = frozenset({KeyKind.DATE, KeyKind.DATETIME, KeyKind.TIMESTAMP})
_HEXED = frozenset({KeyKind.BYTES, KeyKind.TEXT})
_NETWORK = {KeyKind.INET4: "INET4", KeyKind.INET6: "INET6", KeyKind.UUID: "UUID"}
_NETWORK_BYTES = {KeyKind.INET4: 4, KeyKind.INET6: 16, KeyKind.UUID: 16}


def text_literal(value: str) -> str:
    """Any text as a quoted string."""
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\0", "\\0")
    return f"'{escaped}'"


@dataclass(frozen=True, slots=True)
class Form:
    """How the values of one key column are written. Made once for a statement of many keys, not once for each."""

    text: str
    """The literal, with one `%s` in it and any other percent sign doubled."""
    plain: Callable[[Any], str]
    """What goes there; raises TypeError or AttributeError for a value of another kind."""

    def write(self, value: Any) -> str:
        """The literal of one value."""
        return self.text % self.plain(value)

    def write_all(self, values: Iterable[Any]) -> Iterator[str]:
        """The literals of many."""
        plain = map(self.plain, values)
        return plain if self.text == BARE else map(self.text.__mod__, plain)


BARE = "%s"


def form(column: KeyColumn) -> Form:  # noqa: PLR0911 - one for each kind
    """Literals of a column's own type."""
    kind = column.kind
    if kind in _NUMBERS:
        return Form(BARE, int.__repr__)
    if kind is KeyKind.TEXT:
        return Form(f"_{_percent(column.charset)} X'%s' COLLATE {_percent(column.collation)}", bytes.hex)
    if kind is KeyKind.BYTES:
        return Form("X'%s'", bytes.hex)
    if kind in _MOMENTS:
        return Form("'%s'", str)
    if kind is KeyKind.DECIMAL:
        return Form(BARE, "{:f}".format)
    if kind is KeyKind.TIME:
        return Form("'%s'", time_text)
    return Form(f"CAST(X'%s' AS {_NETWORK[kind]})", bytes.hex)


def forms(spec: KeySpec) -> tuple[Form, ...]:
    """Those of a key's columns."""
    return tuple(map(form, spec.columns))


def ghost_forms(spec: KeySpec, ghost: KeySpec) -> tuple[Form, ...]:
    """A key of the original as the ghost holds it after the ALTER's conversion; compared by the ghost's collation."""
    return tuple(map(ghost_form, spec.columns, ghost.columns))


def ghost_form(column: KeyColumn, ghost: KeyColumn) -> Form:
    """One column of `ghost_forms`."""
    if column.kind is KeyKind.TEXT and (column.charset, column.collation) != (ghost.charset, ghost.collation):
        converted = f"CONVERT(_{column.charset} X'\0' USING {ghost.charset}) COLLATE {ghost.collation}"
        return Form(_percent(converted).replace("\0", BARE), bytes.hex)
    if column.kind is KeyKind.BYTES and ghost.length:
        return Form("X'%s'", lambda value: value.ljust(ghost.length, bytes(1)).hex())
    return form(column)


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def value_literal(column: KeyColumn, value: Any) -> str:
    """One key value as a literal of its column's own type."""
    return form(column).write(value)


def time_text(microseconds: int) -> str:
    """A TIME of so many microseconds: `-838:59:59.000000`."""
    sign = "-" if microseconds < 0 else ""
    seconds, micro = divmod(abs(microseconds), 1_000_000)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micro:06d}"


def select_expression(column: KeyColumn, *, name: str = "", alias: str = "") -> str:
    """How to ask for a key column so that `parse_value` can read the answer exactly.

    `name` replaces the column's, `alias` is the table's.
    """
    quoted = f"{alias}.{quote_name(name or column.name)}" if alias else quote_name(name or column.name)
    if column.kind is KeyKind.TEXT:
        return f"HEX(CONVERT({quoted} USING {column.charset}))"
    if column.kind is KeyKind.BYTES:
        return f"HEX({quoted})"
    if column.kind in _NETWORK:
        return f"HEX(CAST({quoted} AS BINARY({_NETWORK_BYTES[column.kind]})))"
    if column.kind in (KeyKind.ENUM, KeyKind.SET, KeyKind.BIT):
        return f"CAST({quoted} AS UNSIGNED)"
    if column.kind is KeyKind.INTEGER or column.kind is KeyKind.DECIMAL:
        return quoted
    return f"CAST({quoted} AS CHAR)"


def parse_value(column: KeyColumn, raw: Any) -> Hashable:
    """A selected key value in the form of model.key. Raises MigrationError for what cannot be one."""
    text = raw.decode("ascii") if isinstance(raw, bytes) else raw
    try:
        if column.kind in _NUMBERS:
            return int(text)
        if column.kind in _HEXED or column.kind in _NETWORK:
            return bytes.fromhex(text)
        if column.kind is KeyKind.DECIMAL:
            return Decimal(text)
        if column.kind is KeyKind.TIME:
            return _time_microseconds(text)
        return _full_moment(column, text)
    except (TypeError, ValueError, AttributeError, ArithmeticError):
        raise MigrationError(f"the server sent {raw!r} as a value of the key column {column.name!r}") from None


def parse_key(spec: KeySpec, row: Sequence[Any]) -> Key:
    """A selected row of key columns as a key."""
    values = tuple(map(parse_value, spec.columns, row))
    return values[0] if spec.single else values


def _full_moment(column: KeyColumn, text: str) -> str:
    if column.kind is KeyKind.DATE:
        return text
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(6, '0')}"


def _time_microseconds(text: str) -> int:
    whole, _, fraction = text.lstrip("-").partition(".")
    hours, minutes, seconds = (int(part) for part in whole.split(":"))
    total = (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + int(fraction.ljust(6, "0") or 0)
    return -total if text.startswith("-") else total
