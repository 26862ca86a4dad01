"""Judges a statement in the binary log: whether it concerns our tables and must stop us (invariant 10).

A false alarm stops a migration that could have gone on; a miss loses rows. So what is not known to be harmless, and
names one of our tables, stops.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ghostshift.model.errors import UsageError
from ghostshift.model.names import TableName
from ghostshift.sql.tokens import Word, words_of

HARMLESS = frozenset(
    {"ANALYZE", "CHECK", "CHECKSUM", "FLUSH", "GRANT", "REVOKE", "REPAIR", "OPTIMIZE", "SET", "USE", "SHOW", "CALL"}
)
"""First words of statements that change neither rows nor the shape of a table that they name."""

_BENIGN_OBJECTS = frozenset({"VIEW", "PROCEDURE", "FUNCTION", "EVENT", "USER", "ROLE", "SERVER", "PACKAGE", "SEQUENCE"})


def concerns(text: str, schema: str, tables: Collection[TableName]) -> TableName | None:
    """The first of `tables` that the statement, run in `schema`, changes or may change; None where there is none."""
    lowered = text.lower()
    named = [table for table in tables if table.table.lower() in lowered or _drops_schema(lowered, table.schema)]
    if not named:
        return None
    try:
        _, words = words_of(text)
    except UsageError:
        return named[0]
    if not words or words[0].says(*HARMLESS) or _makes_other_object(words):
        return None
    for table in named:
        if _names(words, schema, table) or _names_schema(words, table.schema):
            return table
    return None


def _drops_schema(lowered: str, schema: str) -> bool:
    return re.match(r"\s*(drop|alter)\s+(database|schema)", lowered) is not None and schema.lower() in lowered


def _makes_other_object(words: list[Word]) -> bool:
    """CREATE/ALTER/DROP of something that is not a table, an index or a trigger."""
    if not words[0].says("CREATE", "ALTER", "DROP"):
        return False
    for word in words[1:8]:
        if word.says("TABLE", "INDEX", "TRIGGER", "DATABASE", "SCHEMA"):
            return False
        if word.says(*_BENIGN_OBJECTS):
            return True
    return False


def _names(words: list[Word], schema: str, table: TableName) -> bool:
    for index, word in enumerate(words):
        if word.literal or word.text.lower() != table.table.lower():
            continue
        qualified = index >= 2 and words[index - 1].text == "." and not words[index - 1].quoted
        owner = words[index - 2].text if qualified else schema
        if owner.lower() == table.schema.lower():
            return True
    return False


def _names_schema(words: list[Word], schema: str) -> bool:
    return (
        len(words) > 2
        and words[0].says("DROP", "ALTER")
        and words[1].says("DATABASE", "SCHEMA")
        and any(word.text.lower() == schema.lower() for word in words[2:])
    )
