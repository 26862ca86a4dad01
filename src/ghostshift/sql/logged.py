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
    {"CHECK", "CHECKSUM", "FLUSH", "GRANT", "REVOKE", "REPAIR", "OPTIMIZE", "SET", "USE", "SHOW", "CALL"}
)
"""First words of statements that change neither rows nor the shape of a table that they name."""

_BENIGN_OBJECTS = frozenset({"VIEW", "PROCEDURE", "FUNCTION", "EVENT", "USER", "ROLE", "SERVER", "PACKAGE", "SEQUENCE"})

_BEFORE_NAMES = frozenset(
    {"FROM", "INTO", "TABLE", "UPDATE", "JOIN", "TO", "ON", "USING", "WITH", "EXISTS", "INSERT", "REPLACE"}
)
"""What a dot may follow that names no schema: MariaDB reads `.t` as the session's own t."""

_PREAMBLE = 24
"""Words between CREATE and the kind of object: a definer, an algorithm, a security clause."""


def concerns(text: str, schema: str, tables: Collection[TableName]) -> TableName | None:
    """The first of `tables` that the statement, run in `schema`, changes or may change; None where there is none."""
    lowered = text.lower()
    named = [table for table in tables if _mentions(lowered, table)]
    if not named:
        return None
    try:
        opened, words = words_of(text)
    except UsageError:
        return named[0]
    words = _inner([word for word in words if not word.literal or opened[word.start] == '"'])
    if not words or _leaves_alone(words) or _makes_other_object(words):
        return None
    target = _only_target(words, schema)
    if target is not None:
        return next((table for table in tables if _same(table, target)), None)
    for table in named:
        if _names(words, schema, table) or _names_schema(words, table.schema):
            return table
    return None


def _mentions(lowered: str, table: TableName) -> bool:
    """A first look without reading the words: quotes within a quoted name are doubled."""
    name, schema = table.table.lower(), table.schema.lower()
    if any(form in lowered for form in (name, name.replace("`", "``"), name.replace('"', '""'))):
        return True
    return schema in lowered and re.search(r"\b(drop|alter)\b.*\b(database|schema)\b", lowered, re.DOTALL) is not None


def _inner(words: list[Word]) -> list[Word]:
    """MariaDB: the statement within SET STATEMENT … FOR."""
    while len(words) > 1 and words[0].says("SET") and words[1].says("STATEMENT"):
        at = next((number for number, word in enumerate(words) if word.says("FOR")), len(words))
        words = words[at + 1 :]
    return words


def _leaves_alone(words: list[Word]) -> bool:
    if words[0].says("ANALYZE"):
        # MariaDB carries out what stands behind a bare ANALYZE.
        return len(words) > 1 and words[1].says("TABLE", "TABLES", "LOCAL", "NO_WRITE_TO_BINLOG")
    if words[0].says("CREATE") and [word.text.upper() for word in words[1:5]] == ["TABLE", "IF", "NOT", "EXISTS"]:
        # MySQL logs it for a table that exists, too, and ours do.
        return not any(word.says("REFERENCES", "SELECT") for word in words)
    return words[0].says(*HARMLESS)


def _makes_other_object(words: list[Word]) -> bool:
    """CREATE/ALTER/DROP of something that is not a table, an index or a trigger."""
    if not words[0].says("CREATE", "ALTER", "DROP"):
        return False
    for word in words[1:_PREAMBLE]:
        if word.says("TABLE", "INDEX", "TRIGGER", "DATABASE", "SCHEMA"):
            return False
        if word.says(*_BENIGN_OBJECTS):
            return True
    return False


def _same(one: TableName, other: TableName) -> bool:
    return (one.schema.lower(), one.table.lower()) == (other.schema.lower(), other.table.lower())


_TOUCHES_OTHERS = ("REFERENCES", "UNION", "EXCHANGE", "CONVERT", "IMPORT", "DISCARD")
"""Words of CREATE TABLE and ALTER TABLE by which they may be about further tables, and not only read them."""


def _only_target(words: list[Word], schema: str) -> TableName | None:
    """The one table that a common statement changes; None where that is not plain.

    Whatever else such a statement names it only reads (LIKE, SELECT), or is a column, an index or a trigger.
    """
    after = _after_kind(words)
    if after is None:
        return None
    for place, word in enumerate(after):
        moves = word.says("RENAME") and not (after[place + 1 :] and after[place + 1].says("COLUMN", "INDEX", "KEY"))
        if moves or word.says(*_TOUCHES_OTHERS):
            return None
    return _table_at(after, schema)


def _after_kind(words: list[Word]) -> list[Word] | None:
    """What follows CREATE TABLE, ALTER TABLE, CREATE INDEX … ON, DROP INDEX … ON, CREATE TRIGGER … ON."""
    if not words[0].says("CREATE", "ALTER", "DROP"):
        return None
    kinds = ("TABLE", "INDEX", "TRIGGER", *_BENIGN_OBJECTS)
    at = next((number for number, word in enumerate(words[:_PREAMBLE]) if number and word.says(*kinds)), None)
    if at is None:
        return None
    rest = words[at + 1 :]
    if words[at].says("TABLE") and words[0].says("CREATE", "ALTER"):
        while rest and rest[0].says("IF", "NOT", "EXISTS"):
            rest = rest[1:]
        return rest
    if (words[at].says("INDEX") and words[0].says("CREATE", "DROP")) or (
        words[at].says("TRIGGER") and words[0].says("CREATE")
    ):
        on = next((number for number, word in enumerate(rest) if word.says("ON")), len(rest))
        return rest[on + 1 :]
    return None


def _table_at(words: list[Word], schema: str) -> TableName | None:
    """The table that the words begin with, as `t` or `s.t`; None for what is neither."""
    names = words[:1]
    if len(words) > 2 and words[1].text == "." and not words[1].quoted:
        names.append(words[2])
    if not names or any(not name.quoted and not name.literal and "." in name.text for name in names):
        return None
    return TableName(names[0].text if len(names) == 2 else schema, names[-1].text)


def _names(words: list[Word], schema: str, table: TableName) -> bool:
    """Whether the table is among the words. A text in double quotes is a name, too, in a session with ANSI_QUOTES."""
    for index, word in enumerate(words):
        if word.text.lower() != table.table.lower():
            continue
        qualified = index >= 2 and words[index - 1].text == "." and not words[index - 1].quoted
        owner = words[index - 2].text if qualified and not words[index - 2].says(*_BEFORE_NAMES) else schema
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
