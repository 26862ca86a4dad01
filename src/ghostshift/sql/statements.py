"""Every statement of the row copy, of applying and of the changelog, one function each: values in, text out.

The original is only ever read by a plain SELECT part, which takes no lock at READ COMMITTED (invariant 2). It is never
joined in a DELETE, for that locks. This module must not know of sessions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from ghostshift.model.chunk import Chunk
from ghostshift.model.key import Key, KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import TableName, quote_name
from ghostshift.model.plan import Plan
from ghostshift.sql.literals import Form, forms, ghost_forms, select_expression, text_literal, value_literal
from ghostshift.sql.transfers import transfer


def edge_key(plan: Plan, *, last: bool) -> str:
    """The first or last key of the original."""
    direction = "DESC" if last else "ASC"
    order = ", ".join(f"{quote_name(c.name)} {direction}" for c in plan.key.columns)
    return f"SELECT {_selected(plan.key)} FROM {_indexed(plan)} ORDER BY {order} LIMIT 1"


def greatest_ghost_key(plan: Plan) -> str:
    """The last key of the ghost by its own order, in the form of the original's."""
    pairs = list(zip(plan.key.columns, plan.ghost_key.columns, strict=True))
    shown = ", ".join(select_expression(ours, name=theirs.name) for ours, theirs in pairs)
    order = ", ".join(f"{quote_name(theirs.name)} DESC" for _, theirs in pairs)
    return f"SELECT {shown} FROM {plan.ghost.name.sql} ORDER BY {order} LIMIT 1"


def set_counter(table: TableName, value: int) -> str:
    """Set the table's next AUTO_INCREMENT value."""
    return f"ALTER TABLE {table.sql} AUTO_INCREMENT = {value:d}"


def one_row(plan: Plan, key: Key) -> str:
    """Whether the original has this row: one key is looked up."""
    return f"SELECT 1 FROM {_indexed(plan)} WHERE {key_in(plan.key, [key])} LIMIT 1"


def count_rows(table: TableName) -> str:
    """How many rows there are."""
    return f"SELECT COUNT(*) FROM {table.sql}"


def null_keys(plan: Plan) -> str:
    """The key of a row that has NULL in it, if there is one."""
    columns = [quote_name(column.name) for column in plan.key.columns if column.nullable]
    return (
        f"SELECT {_selected(plan.key)} FROM {plan.table.sql} "
        f"WHERE {' OR '.join(f'{name} IS NULL' for name in columns)} LIMIT 1"
    )


def chunk_end(plan: Plan, after: Key | None, limit: Key, rows: int) -> str:
    """The key of the row number `rows` above `after`, none where fewer are left up to `limit`."""
    order = ", ".join(quote_name(c.name) for c in plan.key.columns)
    found = keys_where(plan.table, plan.key, in_range(plan.key, after, limit))
    return f"{found} ORDER BY {order} LIMIT 1 OFFSET {rows - 1:d}"


def keys_where(table: TableName, spec: KeySpec, condition: str) -> str:
    """The keys of a table's rows under a condition, to the letter."""
    return f"SELECT {_selected(spec)} FROM {table.sql} FORCE INDEX ({quote_name(spec.index)}) WHERE {condition}"


def copy_chunk(plan: Plan, chunk: Chunk) -> str:
    """Copy a range. Rows that are there already stay: whoever put them there read a later state (invariant 3).

    Not INSERT IGNORE, which would turn a value that does not fit into a warning.
    """
    first = quote_name(plan.ghost_key.columns[0].name)
    return (
        f"INSERT INTO {plan.ghost.name.sql} ({_ghost_columns(plan)}) SELECT {_original_columns(plan)} "
        f"FROM {_indexed(plan)} WHERE {in_range(plan.key, chunk.after, chunk.upto)} "
        f"ON DUPLICATE KEY UPDATE {first} = {plan.ghost.name.sql}.{first}"
    )


def delete_keys(plan: Plan, keys: Collection[Key], table: TableName | None = None) -> str:
    """Delete these keys from the ghost (or from `table`, which has the ghost's columns).

    Where the ghost's collation may call keys equal that the original holds apart, only the very spelling goes: each
    spelling that changed is a key of its own here.
    """
    ours, theirs = plan.key, plan.ghost_key
    condition = one_of(theirs, ghost_forms(ours, theirs), keys)
    pairs = list(zip(ours.columns, theirs.columns, strict=True))
    if any(one.kind is KeyKind.TEXT and one.collation != other.collation for one, other in pairs):
        each = (" AND ".join(map(_spelled, pairs, ours.values(key))) for key in keys)
        condition += f" AND ({' OR '.join(f'({one})' for one in each)})"
    return f"DELETE FROM {(table or plan.ghost.name).sql} WHERE {condition}"


def _spelled(pair: tuple[KeyColumn, KeyColumn], value: object) -> str:
    """The ghost's column has exactly this value of the original's."""
    ours, theirs = pair
    if ours.kind is KeyKind.TEXT and isinstance(value, bytes):
        return f"CAST(CONVERT({quote_name(theirs.name)} USING {ours.charset}) AS BINARY) = X'{value.hex()}'"
    return f"{quote_name(theirs.name)} = {value_literal(ours, value)}"


def replace_keys(
    plan: Plan, keys: Collection[Key], source: TableName | None = None, target: TableName | None = None
) -> str:
    """Read these keys again from the original (or `source`) and put what is there into the ghost (or `target`)."""
    into = target or plan.ghost.name
    origin = f"{(source or plan.table).sql} FORCE INDEX ({quote_name(plan.key.index)})"
    return (
        f"REPLACE INTO {into.sql} ({_ghost_columns(plan)}) SELECT {_original_columns(plan)} FROM {origin} "
        f"WHERE {key_in(plan.key, keys)}"
    )


def insert_keys(plan: Plan, keys: Collection[Key]) -> str:
    """As `replace_keys`, but a row whose unique value is taken is an error."""
    return replace_keys(plan, keys).replace("REPLACE INTO", "INSERT INTO", 1)


def key_in(spec: KeySpec, keys: Iterable[Key], alias: str = "") -> str:
    """A condition that holds for these keys, and for what the collation calls equal to them."""
    return one_of(spec, forms(spec), keys, alias)


def one_of(spec: KeySpec, forms: Sequence[Form], keys: Iterable[Key], alias: str = "") -> str:
    """A condition for keys that are written so, column by column, for row constructors are not to be trusted.

    In one MySQL compares TIME, ENUM and SET with a literal as text and finds nothing, and MariaDB's DELETE takes no
    index for a list of one row.

    A statement has thousands of keys: nothing here is done once for each but what C does.
    """
    names = [f"{alias}.{quote_name(name)}" if alias else quote_name(name) for name in spec.names()]
    if spec.single:
        return f"{names[0]} IN ({','.join(forms[0].write_all(keys))})"
    each = " AND ".join(f"{name.replace('%', '%%')} = {form.text}" for name, form in zip(names, forms, strict=True))
    columns: Iterator[tuple[object, ...]] = zip(*keys, strict=True)
    plain = [map(form.plain, column) for form, column in zip(forms, columns, strict=True)]
    return f"({' OR '.join(map(f'({each})'.__mod__, zip(*plain, strict=True)))})"


def in_range(spec: KeySpec, after: Key | None, upto: Key | None) -> str:
    """`after` < key <= `upto`, spelled out column by column: the optimizer reads no range from row comparisons.

    None is an open end.
    """
    ends = []
    if after is not None:
        ends.append(_beyond(spec.columns, spec.values(after), ">", closed=False))
    if upto is not None:
        ends.append(_beyond(spec.columns, spec.values(upto), "<", closed=True))
    return " AND ".join(ends) or "TRUE"


def _beyond(columns: tuple[KeyColumn, ...], values: tuple[object, ...], sign: str, *, closed: bool) -> str:
    column, value = columns[0], values[0]
    if len(columns) == 1:
        return _compared(column, sign, value, closed=closed)
    rest = _beyond(columns[1:], values[1:], sign, closed=closed)
    same = f"{quote_name(column.name)} = {value_literal(column, value)}"
    return f"({_compared(column, sign, value, closed=False)} OR ({same} AND {rest}))"


def _compared(column: KeyColumn, sign: str, value: object, *, closed: bool) -> str:
    """One column beyond a value. Of an ENUM the numbers are listed: MariaDB reads no range of them from an index."""
    name = quote_name(column.name)
    if not column.members or not isinstance(value, int):
        return f"{name} {sign}{'=' if closed else ''} {value_literal(column, value)}"
    first, last = (value + (not closed), column.members) if sign == ">" else (0, value - (not closed))
    return f"{name} IN ({','.join(map(str, range(first, last + 1)))})" if first <= last else "FALSE"


def _selected(spec: KeySpec) -> str:
    return ", ".join(select_expression(column) for column in spec.columns)


def _indexed(plan: Plan) -> str:
    return f"{plan.table.sql} FORCE INDEX ({quote_name(plan.key.index)})"


def _original_columns(plan: Plan) -> str:
    literals = (filling.literal for filling in plan.fillings)
    original, ghost = plan.original, plan.ghost
    read = (
        transfer(original.column(pair.original), ghost.column(pair.ghost), pair.original, mariadb=original.mariadb)
        for pair in plan.columns
    )
    return ", ".join([*read, *literals])


def _ghost_columns(plan: Plan) -> str:
    filled = (filling.column for filling in plan.fillings)
    return ", ".join(quote_name(name) for name in (*(pair.ghost for pair in plan.columns), *filled))


CHANGELOG_COLUMNS = 4
"""id, last_update, hint, value: gh-ost's layout, so that its readers find their way."""


def create_changelog(name: TableName) -> str:
    """The changelog: heartbeats, markers and barriers. InnoDB, or the barrier would prove nothing (invariant 1)."""
    return (
        f"CREATE TABLE {name.sql} (id bigint unsigned NOT NULL AUTO_INCREMENT, "
        "last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, "
        "hint varchar(64) CHARACTER SET ascii NOT NULL, value varchar(4096) CHARACTER SET utf8mb4 NOT NULL, "
        "PRIMARY KEY (id), UNIQUE KEY hint_uidx (hint)) ENGINE=InnoDB AUTO_INCREMENT=256 "
        "COMMENT='ghostshift changelog'"
    )


def changelog_begins(name: TableName) -> str:
    """How the statement begins by which it is made."""
    return f"CREATE TABLE {name.sql}"


def write_changelog(name: TableName, number: int, hint: str, value: str) -> str:
    """Set one row of the changelog; `value` must differ from the last one, or nothing would be logged."""
    return (
        f"INSERT INTO {name.sql} (id, hint, value) VALUES ({number:d}, {text_literal(hint)}, {text_literal(value)}) "
        f"ON DUPLICATE KEY UPDATE last_update = NOW(), value = {text_literal(value)}"
    )


def write_marker(name: TableName, marker: tuple[int, str], state: tuple[int, str]) -> str:
    """Set the marker and the state in one commit: the application waits for it."""
    (number, value), (other, text) = marker, state
    return (
        f"INSERT INTO {name.sql} (id, hint, value) VALUES ({number:d}, 'marker', {text_literal(value)}), "
        f"({other:d}, 'state', {text_literal(text)}) ON DUPLICATE KEY UPDATE last_update = NOW(), "
        f"value = IF(id = {number:d}, {text_literal(value)}, {text_literal(text)})"
    )


def append_changelog(name: TableName, hint: str, value: str) -> str:
    """Add a row to the changelog, behind those that are set again and again; one of the same hint is replaced."""
    return (
        f"INSERT INTO {name.sql} (hint, value) VALUES ({text_literal(hint)}, {text_literal(value)}) "
        f"ON DUPLICATE KEY UPDATE value = {text_literal(value)}"
    )


def read_changelog(name: TableName, number: int) -> str:
    """The value of one row of the changelog."""
    return f"SELECT value FROM {name.sql} WHERE id = {number:d}"


def drop_table(name: TableName) -> str:
    """Drop one of our own tables."""
    return f"DROP TABLE IF EXISTS {name.sql}"
