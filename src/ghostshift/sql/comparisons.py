"""Statements that compare two tables. Pure: values in, text out.

All that read the original are plain SELECTs, or fill a temporary table by one: at READ COMMITTED neither locks it
(invariant 2). Where both tables are on one server, one statement reads both, so that it sees one state of them. The
key's index is forced on both sides: a range that the optimizer would rather scan the table for is read by nobody else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ghostshift.model.comparison import Comparison
from ghostshift.model.key import Key, KeyKind, KeySpec
from ghostshift.model.names import TableName, quote_name
from ghostshift.sql.fingerprints import LEFT, RIGHT, key_terms, row_hash, same_keys
from ghostshift.sql.literals import ghost_forms, select_expression, value_literal
from ghostshift.sql.statements import in_range, key_in, one_of

SCRATCH = "_ghostshift_scratch"
_UNICODE = frozenset({"utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32"})


def scratch_name(comparison: Comparison) -> TableName:
    """The temporary table; no other session sees it, or is hindered by it."""
    return comparison.right.sibling(SCRATCH)


def make_scratch(comparison: Comparison) -> str:
    """A temporary table with the right's definitions of what is compared.

    The key of its own is for servers that want one of every table (sql_require_primary_key).
    """
    columns = ", ".join(quote_name(test.right) for test in comparison.tests)
    return (
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {scratch_name(comparison).sql} "
        "(`_ghostshift_row` bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB "
        f"SELECT {columns} FROM {comparison.right.sql} LIMIT 0"
    )


def empty_scratch(comparison: Comparison) -> str:
    """Forget the last range. Not TRUNCATE, which is DDL."""
    return f"DELETE FROM {scratch_name(comparison).sql}"


def fill_scratch(comparison: Comparison, condition: str) -> str:
    """Let the server convert the left's rows, as the copy did."""
    into = ", ".join(quote_name(test.right) for test in comparison.tests)
    columns = ", ".join(test.reading or quote_name(test.left) for test in comparison.tests)
    return (
        f"INSERT INTO {scratch_name(comparison).sql} ({into}) SELECT {columns} FROM {comparison.left.sql} "
        f"FORCE INDEX ({quote_name(comparison.left_key.index)}) WHERE {condition}"
    )


def left_range(comparison: Comparison, after: Key | None, upto: Key | None) -> str:
    """The condition for a range on the left."""
    return in_range(comparison.left_key, after, upto)


def right_range(comparison: Comparison, after: Key | None, upto: Key | None) -> str:
    """The same range on the right, where its order is the left's."""
    return in_range(comparison.right_key, _there(comparison, after), _there(comparison, upto))


def left_keys(comparison: Comparison, keys: Collection[Key]) -> str:
    """The condition for these keys on the left."""
    return key_in(comparison.left_key, keys)


def right_keys(comparison: Comparison, keys: Collection[Key]) -> str:
    """The condition for the left's keys on the right."""
    ours, theirs = comparison.left_key, comparison.right_key
    return one_of(theirs, ghost_forms(ours, theirs), keys)


def _there(comparison: Comparison, key: Key | None) -> Key | None:
    """A key in the right's terms, but for text: BINARY that has got longer ends in zeros."""
    if key is None:
        return None
    spec = comparison.left_key
    columns = zip(spec.columns, comparison.right_key.columns, spec.values(key), strict=True)
    values = tuple(
        value.ljust(theirs.length, b"\0") if ours.kind is KeyKind.BYTES and isinstance(value, bytes) else value
        for ours, theirs, value in columns
    )
    return values[0] if spec.single else values


def _source(comparison: Comparison, side: str, condition: str) -> str:
    """The rows of one side; the scratch table holds nothing but the range."""
    if side == LEFT and comparison.scratch:
        return f"{scratch_name(comparison).sql} AS {LEFT}"
    table, spec = _of(comparison, side)
    return f"{table.sql} AS {side} FORCE INDEX ({quote_name(spec.index)}) WHERE {condition}"


def _of(comparison: Comparison, side: str) -> tuple[TableName, KeySpec]:
    if side == LEFT:
        return comparison.left, comparison.left_key
    return comparison.right, comparison.right_key


def sums(comparison: Comparison, side: str, condition: str) -> str:
    """How many rows, and the XOR of their hashes."""
    source = _source(comparison, side, condition)
    return f"SELECT COUNT(*) AS n, BIT_XOR({row_hash(comparison, side)}) AS x FROM {source}"


def both_sums(comparison: Comparison, left: str, right: str) -> str:
    """The sums of both sides in one read view."""
    return (
        f"SELECT a.n, a.x, b.n, b.x FROM ({sums(comparison, LEFT, left)}) AS a, ({sums(comparison, RIGHT, right)}) AS b"
    )


def listing(comparison: Comparison, side: str, condition: str) -> str:
    """Each row: its key in the left's terms and in the right's, and its hash.

    The table itself has no alias: under LOCK TABLES it may have none that was not locked.
    """
    ours, theirs, _ = key_terms(comparison, side)
    columns = ", ".join((*ours, *theirs, row_hash(comparison, side)))
    return f"SELECT {columns} FROM {_rows(comparison, side, condition)}"


def both_differing(comparison: Comparison, left: str, right: str) -> str:
    """Keys whose rows differ, in one read view: each side's key, the right's own spelling, both hashes.

    Grouped by the key as the server compares it where both sides have one collation, else to the letter. The right may
    hold a key twice, where the ALTER widens it: then its hash is that of all its rows. NULL instead of 0 in
    the XOR, for beside a signed number MariaDB takes the hash for one.
    """
    groups = [f"e{number}" for number in range(len(comparison.left_key.columns))]
    sides = (_side(comparison, LEFT, 0, left), _side(comparison, RIGHT, 1, right))
    shown = [f"MAX(IF(d = {d}, {k}{n}, NULL))" for d, k in ((0, "k"), (1, "k"), (1, "w")) for n in range(len(groups))]
    hashes = (
        f"IF(SUM(d = {d}) = 0, NULL, BIT_XOR(IF(d = {d}, h, NULL))) AS {name}" for d, name in ((0, "lh"), (1, "rh"))
    )
    return (
        f"SELECT {', '.join(shown)}, {', '.join(hashes)} "
        f"FROM ({' UNION ALL '.join(sides)}) AS u GROUP BY {', '.join(groups)} HAVING NOT (lh <=> rh)"
    )


def _side(comparison: Comparison, side: str, number: int, condition: str) -> str:
    ours, theirs, same = key_terms(comparison, side)
    spec = comparison.right_key if side == RIGHT or comparison.scratch else comparison.left_key
    if not comparison.own_order:
        for place, column in enumerate(spec.columns):
            if column.kind is KeyKind.TEXT:
                same[place] = f"{side}.{quote_name(column.name)}"
    named = [
        f"{text} AS {letter}{place}"
        for letter, texts in (("k", ours), ("w", theirs), ("e", same))
        for place, text in enumerate(texts)
    ]
    source = _source(comparison, side, condition)
    return f"(SELECT {number} AS d, {', '.join(named)}, {row_hash(comparison, side)} AS h FROM {source})"


def joined_sums(comparison: Comparison, left: str) -> str:
    """Where the right has an order of its own: rows on the left, those found on the right, those that are equal."""
    there = f"{RIGHT}.{quote_name(comparison.right_key.columns[0].name)} IS NOT NULL"
    equal = f"{there} AND {row_hash(comparison, LEFT)} = {row_hash(comparison, RIGHT)}"
    return f"SELECT COUNT(*), COALESCE(SUM({there}), 0), COALESCE(SUM({equal}), 0) FROM {_joined(comparison, left)}"


def joined_differing(comparison: Comparison, left: str) -> str:
    """Where the right has an order of its own: the left's rows that are missing or different there."""
    absent = f"{RIGHT}.{quote_name(comparison.right_key.columns[0].name)} IS NULL"
    ours, _, _ = key_terms(comparison, LEFT)
    here, there, _ = key_terms(comparison, RIGHT)
    hashes = row_hash(comparison, LEFT), row_hash(comparison, RIGHT)
    return (
        f"SELECT {', '.join((*ours, *here, *there))}, {hashes[0]}, IF({absent}, NULL, {hashes[1]}) "
        f"FROM {_joined(comparison, left)} WHERE {absent} OR {hashes[0]} <> {hashes[1]}"
    )


def joined_extras(comparison: Comparison, right: str) -> str:
    """Rows of the right whose key the left does not have, to the letter; in the shape of `both_differing`."""
    comparison = replace(comparison, scratch=False)
    width = len(comparison.left_key.columns)
    here, there, _ = key_terms(comparison, RIGHT)
    rows = _rows(comparison, RIGHT, right)
    other = f"{comparison.left.sql} AS {LEFT} FORCE INDEX ({quote_name(comparison.left_key.index)})"
    first = comparison.left_key.columns[0]
    return (
        f"SELECT {', '.join(['NULL'] * width)}, {', '.join((*here, *there))}, NULL, {row_hash(comparison, RIGHT)} "
        f"FROM {rows} LEFT JOIN {other} ON {same_keys(comparison, known=RIGHT)} "
        f"WHERE {LEFT}.{quote_name(first.name)} IS NULL"
    )


def delete_unspellable(comparison: Comparison, keys: Collection[Key]) -> str:
    """Delete rows of the right with these keys, in its own terms, if the left's character set cannot spell them.

    Such a key does not come back from the left's character set as it was: no row of the left has ever become it. That
    is certain only where the right's is Unicode, to which and back nothing is ambiguous. Empty where there can be none.
    """
    spec = comparison.right_key
    lost = [
        f"CAST(CONVERT(CONVERT({name} USING {left.charset}) USING {right.charset}) AS BINARY) <> CAST({name} AS BINARY)"
        for left, right in zip(comparison.left_key.columns, spec.columns, strict=True)
        for name in (quote_name(right.name),)
        if left.kind is KeyKind.TEXT and left.charset != right.charset and right.charset in _UNICODE
    ]
    if not lost:
        return ""
    each = (_to_the_letter(spec, key) for key in keys)
    found = f"{key_in(spec, keys)} AND ({' OR '.join(each)})"
    return f"DELETE FROM {comparison.right.sql} WHERE {found} AND ({' OR '.join(lost)})"


def _to_the_letter(spec: KeySpec, key: Key) -> str:
    """The columns have exactly these values, whatever the collation calls equal to them."""
    tests = [
        f"CAST({quote_name(column.name)} AS BINARY) = X'{value.hex()}'"
        if column.kind is KeyKind.TEXT and isinstance(value, bytes)
        else f"{quote_name(column.name)} = {value_literal(column, value)}"
        for column, value in zip(spec.columns, spec.values(key), strict=True)
    ]
    return f"({' AND '.join(tests)})"


def _joined(comparison: Comparison, condition: str) -> str:
    there = f"{comparison.right.sql} AS {RIGHT} FORCE INDEX ({quote_name(comparison.right_key.index)})"
    return f"{_rows(comparison, LEFT, condition)} LEFT JOIN {there} ON {same_keys(comparison, known=LEFT)}"


def _rows(comparison: Comparison, side: str, condition: str) -> str:
    """The rows of one side as a derived table. By name, for `*` would leave out invisible columns."""
    if side == LEFT and comparison.scratch:
        return f"{scratch_name(comparison).sql} AS {LEFT}"
    table, spec = _of(comparison, side)
    names = {test.left if side == LEFT else test.right for test in comparison.tests} | set(spec.names())
    return (
        f"(SELECT {', '.join(map(quote_name, sorted(names)))} FROM {table.sql} "
        f"FORCE INDEX ({quote_name(spec.index)}) WHERE {condition}) AS {side}"
    )


def end_of(table: TableName, spec: KeySpec, after: Key | None, upto: Key | None, rows: int) -> str:
    """The key of the row number `rows` above `after`; none where fewer are left up to `upto`."""
    order = ", ".join(quote_name(name) for name in spec.names())
    columns = ", ".join(select_expression(column) for column in spec.columns)
    return (
        f"SELECT {columns} FROM {table.sql} FORCE INDEX ({quote_name(spec.index)}) "
        f"WHERE {in_range(spec, after, upto)} ORDER BY {order} LIMIT 1 OFFSET {rows - 1:d}"
    )


def end_on_the_right(comparison: Comparison, after: Key | None, rows: int) -> str:
    """As `end_of`, for the right, in terms of the left's key."""
    ours, _, _ = key_terms(comparison, RIGHT)
    spec = comparison.right_key
    order = ", ".join(f"{RIGHT}.{quote_name(name)}" for name in spec.names())
    return (
        f"SELECT {', '.join(ours)} FROM {_source(comparison, RIGHT, right_range(comparison, after, None))} "
        f"ORDER BY {order} LIMIT 1 OFFSET {rows - 1:d}"
    )
