"""Statements of the uniqueness guard: who claims the same value of a new unique index (invariant 7). Pure.

All are plain SELECTs, which lock nothing at READ COMMITTED. Values are compared as the *ghost* compares them: a text
column is converted to the ghost's character set and compared by the ghost's collation.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ghostshift.model.chunk import Chunk
from ghostshift.model.key import Key, KeyKind, KeySpec
from ghostshift.model.names import quote_name
from ghostshift.model.plan import ColumnPair, NewUniqueness, Plan
from ghostshift.model.schema import Column, UniqueKey
from ghostshift.sql.literals import select_expression
from ghostshift.sql.statements import in_range, key_in


def duplicates(plan: Plan, new: NewUniqueness, most: int) -> str:
    """Values that occur more than once in the original; NULLs never clash. Empty where no expression says it."""
    if new.asked is not None:
        return _computed_duplicates(plan, new.asked, most)
    if not new.pairs:
        return ""
    values = [_as_ghost(plan, pair, quote_name(pair.original)) for pair in new.pairs]
    present = " AND ".join(f"{quote_name(pair.original)} IS NOT NULL" for pair in new.pairs)
    shown = ", ".join(f"MIN({quote_name(pair.original)})" for pair in new.pairs)
    return (
        f"SELECT {shown}, COUNT(*) FROM {plan.table.sql} "
        f"WHERE {present} GROUP BY {', '.join(values)} HAVING COUNT(*) > 1 LIMIT {most:d}"
    )


def _computed_duplicates(plan: Plan, key: UniqueKey, most: int) -> str:
    """The same of values that the ghost makes: over rows with the ghost's names, of which its expressions speak."""
    values = [_computed(plan, name) for name in key.columns]
    if not all(values):
        return ""
    cut = key.prefixes or (0,) * len(values)
    values = [f"LEFT({value}, {size:d})" if size else value for value, size in zip(values, cut, strict=True)]
    present = " AND ".join(f"{value} IS NOT NULL" for value in values)
    rows = ", ".join(
        f"{_as_ghost(plan, pair, quote_name(pair.original))} AS {quote_name(pair.ghost)}" for pair in plan.columns
    )
    shown = ", ".join(f"MIN({value})" for value in values)
    return (
        f"SELECT {shown}, COUNT(*) FROM (SELECT {rows} FROM {plan.table.sql}) r "
        f"WHERE {present} GROUP BY {', '.join(values)} HAVING COUNT(*) > 1 LIMIT {most:d}"
    )


def _computed(plan: Plan, name: str) -> str:
    """What a column of the ghost holds, if the copied ones say it for sure: equal here means equal there."""
    after = plan.ghost.column(name)
    pair = next((pair for pair in plan.columns if pair.ghost.lower() == name.lower()), None)
    if after is None:
        return ""
    if pair is not None:
        before = plan.original.column(pair.original)
        kept = before is not None and before.data_type == after.data_type
        return _sized(after, quote_name(pair.ghost)) if kept else ""
    known = {pair.ghost.lower() for pair in plan.columns}
    foreign = any(word.lower() not in known for word in _NAMES.findall(after.expression))
    if foreign or not after.expression or "\\" in after.expression:  # MySQL shows quotes with escapes of its own
        return ""
    return f"(({after.expression}) COLLATE {after.collation})" if after.collation else f"({after.expression})"


def _sized(after: Column, value: str) -> str:
    """As the column's own type keeps it."""
    if after.data_type == "decimal":
        return f"CAST({value} AS DECIMAL({after.precision:d},{after.scale:d}))"
    if after.data_type in ("datetime", "time"):
        return f"CAST({value} AS {after.data_type.upper()}({after.fraction:d}))"
    if after.data_type == "timestamp":
        return f"CAST({value} AS DATETIME({after.fraction:d}))"
    return value


_NAMES = re.compile(r"`([^`]+)`")


def clashes(plan: Plan, new: NewUniqueness, keys: Collection[Key], most: int) -> str:
    """Pairs (key of the original, key of another row in the ghost) that share the new index's value."""
    same = " AND ".join(
        f"g.{quote_name(pair.ghost)} = {_as_ghost(plan, pair, f'o.{quote_name(pair.original)}')}" for pair in new.pairs
    )
    other = _same_key(plan)
    wanted = key_in(plan.key, keys)
    return (
        f"SELECT {_keys(plan.key, 'o')}, {_ghost_keys(plan, 'g')} FROM "
        f"(SELECT * FROM {plan.table.sql} WHERE {wanted}) o JOIN {plan.ghost.name.sql} g ON {same} "
        f"WHERE NOT ({other}) LIMIT {most:d}"
    )


def within(plan: Plan, new: NewUniqueness, keys: Collection[Key], most: int) -> str:
    """Pairs among these keys that live in the original at one moment, in two rows with one value of the new index."""
    same = " AND ".join(
        f"{_as_ghost(plan, pair, f'a.{quote_name(pair.original)}')} = "
        f"{_as_ghost(plan, pair, f'b.{quote_name(pair.original)}')}"
        for pair in new.pairs
    )
    one_row = " AND ".join(f"a.{quote_name(name)} = b.{quote_name(name)}" for name in plan.key.names())
    rows = f"(SELECT * FROM {plan.table.sql} WHERE {key_in(plan.key, keys)})"
    return (
        f"SELECT {_keys(plan.key, 'a')}, {_keys(plan.key, 'b')} FROM {rows} a JOIN {rows} b ON {same} "
        f"WHERE NOT ({one_row}) LIMIT {most:d}"
    )


def missing(plan: Plan, chunk: Chunk) -> str:
    """Keys of the chunk's range that the original has and the ghost has not."""
    return _missing(plan, in_range(plan.key, chunk.after, chunk.upto))


def missing_keys(plan: Plan, keys: Collection[Key]) -> str:
    """Those of these keys that the original has and the ghost has not."""
    return _missing(plan, key_in(plan.key, keys))


def _missing(plan: Plan, condition: str) -> str:
    """No table has an alias, for LOCK TABLES knows only the names that it was given."""
    return (
        f"SELECT {_keys(plan.key, 'o')} FROM (SELECT * FROM {plan.table.sql} WHERE {condition}) o WHERE NOT EXISTS "
        f"(SELECT 1 FROM {plan.ghost.name.sql} WHERE {_same_key(plan, quote_name(plan.ghost.name.table))})"
    )


def _same_key(plan: Plan, ghost: str = "g") -> str:
    """Whether g is the row o: to the letter where the collations differ, for the ghost may call two keys equal."""
    tests = []
    for ours, theirs in zip(plan.key.columns, plan.ghost_key.columns, strict=True):
        there, here = f"{ghost}.{quote_name(theirs.name)}", f"o.{quote_name(ours.name)}"
        tests.append(f"{there} = {_as_ghost(plan, ColumnPair(original=ours.name, ghost=theirs.name), here)}")
        if ours.kind is KeyKind.TEXT and ours.collation != theirs.collation:
            tests.append(f"CAST(CONVERT({there} USING {ours.charset}) AS BINARY) = CAST({here} AS BINARY)")
    return " AND ".join(tests)


def _as_ghost(plan: Plan, pair: ColumnPair, expression: str) -> str:
    """The original's value, compared the ghost's way."""
    before, after = plan.original.column(pair.original), plan.ghost.column(pair.ghost)
    if before is None or after is None or not after.collation or before.collation == after.collation:
        return expression
    if not before.collation:
        return expression
    return f"CONVERT({expression} USING {after.charset}) COLLATE {after.collation}"


def _keys(spec: KeySpec, alias: str) -> str:
    return ", ".join(select_expression(column, alias=alias) for column in spec.columns)


def _ghost_keys(plan: Plan, alias: str) -> str:
    """The ghost's key columns in the form of the original's; TEXT of another character set goes back first."""
    return ", ".join(
        select_expression(ours, name=theirs.name, alias=alias)
        for ours, theirs in zip(plan.key.columns, plan.ghost_key.columns, strict=True)
    )
