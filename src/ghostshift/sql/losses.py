"""Statements for filling the ghost where losses are accepted (--allow-data-loss). Pure.

INSERT IGNORE is to an INSERT what ALTER IGNORE is to an ALTER: values that do not fit are brought within the column's
bounds, rows that a unique index, a CHECK or the partitions forbid are left out. Who is in a row's way is asked of a
temporary table of the session, which has the row as the ghost would have it. Nothing here locks the original
(invariant 2), and under LOCK TABLES no table is called by another name than its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ghostshift.model.chunk import Chunk
from ghostshift.model.key import Key, KeyColumn, KeyKind
from ghostshift.model.names import TableName, quote_name
from ghostshift.model.plan import NewUniqueness, Plan
from ghostshift.model.schema import UniqueKey
from ghostshift.sql.literals import ghost_forms, select_expression, text_literal
from ghostshift.sql.statements import copy_chunk, one_of, replace_keys
from ghostshift.sql.uniqueness import duplicates

KEEP_WARNINGS = "SET SESSION max_error_count = 65535"
"""All warnings of a batch are looked at, not the first 64."""

_PARTITIONS = re.compile(r"\n ?(?:/\*!\d+ )?PARTITION BY ")
"""Where the partitions begin in SHOW CREATE TABLE: the last clause, on a line of its own."""

_SCRATCH = "_ghostshift_rivals"


def copy(plan: Plan, chunk: Chunk) -> str:
    """Copy a range as it can be."""
    return copy_chunk(plan, chunk).replace("INSERT INTO", "INSERT IGNORE INTO", 1)


def rewrite(plan: Plan, keys: Collection[Key], target: TableName | None = None) -> str:
    """Put what the original has of these keys into the ghost; of those that clash the first by the key's order."""
    order = ", ".join(quote_name(column.name) for column in plan.key.columns)
    text = replace_keys(plan, keys, target=target).replace("REPLACE INTO", "INSERT IGNORE INTO", 1)
    return f"{text} ORDER BY {order}"


def scratch(plan: Plan) -> TableName:
    """The session's temporary table."""
    return plan.ghost.name.sibling(_SCRATCH)


def drop_scratch(plan: Plan) -> str:
    """Remove one of an earlier time."""
    return f"DROP TEMPORARY TABLE IF EXISTS {scratch(plan).sql}"


def make_scratch(plan: Plan, shown: str) -> tuple[str, ...]:
    """Make it: the ghost, by its CREATE TABLE, without its unique indexes as far as it can do without them.

    Without its partitions, too, which no temporary table may have: so CREATE … LIKE does not serve.
    """
    name = scratch(plan)
    drops = [
        f"DROP INDEX {quote_name(key.name)}"
        for key in plan.ghost.unique_keys
        if not key.primary and not any(_numbered(plan, column) for column in key.columns)
    ]
    body = _PARTITIONS.split(shown, maxsplit=1)[0]
    made = f"CREATE TEMPORARY TABLE {name.sql} {body[body.index('(') :]}"
    return (made, *([f"ALTER TABLE {name.sql} {', '.join(drops)}"] if drops else []))


def _numbered(plan: Plan, name: str) -> bool:
    column = plan.ghost.column(name)
    return column is not None and column.auto_increment


def clear_scratch(plan: Plan) -> str:
    """Empty it."""
    return f"DELETE FROM {scratch(plan).sql}"


def loaded(plan: Plan) -> str:
    """The keys of its rows, as the original has them."""
    return f"SELECT {_selected(plan, 's')} FROM {scratch(plan).sql} s"


def rivals(plan: Plan, key: UniqueKey) -> str:
    """Who in the ghost has a value of this index that a row of the scratch table needs; whether its key is lower."""
    same = " AND ".join(_part(key, number) for number in range(len(key.columns)))
    return (
        f"SELECT {_selected(plan, 's')}, {_selected(plan, 'g')}, {_lower(plan)} FROM {scratch(plan).sql} s "
        f"JOIN (SELECT * FROM {plan.ghost.name.sql}) g ON {same} WHERE NOT ({_one_row(plan)})"
    )


def _part(key: UniqueKey, number: int) -> str:
    return f"{_half(key, number, 'g')} = {_half(key, number, 's')}"


def _half(key: UniqueKey, number: int, alias: str) -> str:
    """What the index holds of a part: a prefix is of letters, or of bytes where the column holds bytes."""
    column = f"{alias}.{quote_name(key.columns[number])}"
    length = key.prefixes[number] if key.prefixes else 0
    return f"LEFT({column}, {length:d})" if length else column


def twins(plan: Plan, key: UniqueKey, most: int) -> str:
    """Rows of the scratch table that share a value of this index: their keys, for a person."""
    values = [_half(key, number, "s") for number in range(len(key.columns))]
    names = (theirs.name for theirs in plan.ghost_key.columns)
    shown = ", ', ', ".join(f"{text_literal(f'{name}=')}, s.{quote_name(name)}" for name in names)
    there = " AND ".join(f"{value} IS NOT NULL" for value in values)
    return (
        f"SELECT GROUP_CONCAT(CONCAT('(', {shown}, ')') ORDER BY 1 SEPARATOR ' and ') FROM {scratch(plan).sql} s "
        f"WHERE {there} GROUP BY {', '.join(values)} HAVING COUNT(*) > 1 LIMIT {most:d}"
    )


def watched(plan: Plan) -> tuple[UniqueKey, ...]:
    """The ghost's unique indexes that can be asked about."""
    return tuple(key for key in plan.ghost.unique_keys if key.columns and not key.functional)


def held(plan: Plan, keys: Collection[Key]) -> str:
    """The values that these keys' rows of the ghost hold in its unique indexes, each row as one text."""
    where = one_of(plan.ghost_key, ghost_forms(plan.key, plan.ghost_key), keys, "g")
    names = dict.fromkeys(name for key in watched(plan) for name in key.columns)
    values = ", ".join(f"COALESCE(HEX(CAST(g.{quote_name(name)} AS BINARY)), '-')" for name in names)
    return (
        f"SELECT {_selected(plan, 'g')}, CONCAT_WS(',', {values}) FROM (SELECT * FROM {plan.ghost.name.sql}) g "
        f"WHERE {where}"
    )


def surplus(plan: Plan, new: NewUniqueness) -> str:
    """How many rows of the original have a value of a new index that a row before them has."""
    groups = duplicates(plan, new, 0).rpartition(" LIMIT ")[0]
    if not groups:
        return ""
    inner = groups.replace("SELECT ", "SELECT COUNT(*) AS n, ", 1)
    return f"SELECT COALESCE(SUM(d.n - 1), 0) FROM ({inner}) d"


def _selected(plan: Plan, alias: str) -> str:
    return ", ".join(
        select_expression(ours, name=theirs.name, alias=alias)
        for ours, theirs in zip(plan.key.columns, plan.ghost_key.columns, strict=True)
    )


def _value(ours: KeyColumn, theirs: KeyColumn, alias: str) -> str:
    """A key column of the ghost, compared the original's way."""
    name = f"{alias}.{quote_name(theirs.name)}"
    if ours.kind is KeyKind.TEXT and (ours.charset, ours.collation) != (theirs.charset, theirs.collation):
        return f"CONVERT({name} USING {ours.charset}) COLLATE {ours.collation}"
    return name


def _one_row(plan: Plan) -> str:
    pairs = zip(plan.key.columns, plan.ghost_key.columns, strict=True)
    return " AND ".join(f"{_value(ours, theirs, 'g')} = {_value(ours, theirs, 's')}" for ours, theirs in pairs)


def _lower(plan: Plan) -> str:
    """Whether g's key comes before s's in the original's order."""
    text = "FALSE"
    for ours, theirs in reversed(list(zip(plan.key.columns, plan.ghost_key.columns, strict=True))):
        there, here = _value(ours, theirs, "g"), _value(ours, theirs, "s")
        text = f"({there} < {here} OR ({there} = {here} AND {text}))"
    return text
