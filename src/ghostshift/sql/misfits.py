"""Statements that look for rows of the original that do not fit the ghost. Pure.

All are plain SELECTs, which lock nothing at READ COMMITTED (invariant 2).
"""

from __future__ import annotations

from ghostshift.model.key import Key
from ghostshift.model.names import quote_name
from ghostshift.model.plan import Plan
from ghostshift.sql.statements import key_in

SHORT = 40
"""How many letters of a value are shown."""

_BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "geometry", "vector"})


def short_value(plan: Plan, name: str, key: Key) -> str:
    """The beginning of a row's value in one column, as text."""
    return f"SELECT {shown(plan, name)} FROM {plan.table.sql} WHERE {key_in(plan.key, [key])}"


def shown(plan: Plan, name: str) -> str:
    """A column's value for a person: bytes as hex, long ones cut."""
    column, quoted = plan.original.column(name), quote_name(name)
    if column is not None and (column.data_type in _BYTES or column.charset == "binary"):
        return f"CONCAT('0x', HEX(LEFT({quoted}, {SHORT // 2:d})))"
    text = f"CONVERT({quoted} USING utf8mb4)"
    return f"IF(CHAR_LENGTH({text}) > {SHORT:d}, CONCAT(LEFT({text}, {SHORT:d}), '…'), {text})"
