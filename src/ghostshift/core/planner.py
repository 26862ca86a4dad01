"""From two tables and an ALTER to a plan, or a refusal. Pure.

The original as it is, the ghost as the ALTER left it: what the ALTER did is seen by comparing them. Its text is asked
only about renames and drops.
"""

from __future__ import annotations

import re

from ghostshift.core.conversions import check_padding, keeps_spelling
from ghostshift.core.fillings import fillings
from ghostshift.core.oddities import check_conversions
from ghostshift.core.uniqueness import check_uniqueness, new_uniqueness
from ghostshift.model.errors import Refused
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import HelperNames
from ghostshift.model.plan import ColumnPair, Plan
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import Alter
from ghostshift.sql.literals import text_literal

_KINDS = {
    "tinyint": KeyKind.INTEGER,
    "smallint": KeyKind.INTEGER,
    "mediumint": KeyKind.INTEGER,
    "int": KeyKind.INTEGER,
    "bigint": KeyKind.INTEGER,
    "year": KeyKind.INTEGER,
    "enum": KeyKind.ENUM,
    "set": KeyKind.SET,
    "bit": KeyKind.BIT,
    "binary": KeyKind.BYTES,
    "varbinary": KeyKind.BYTES,
    "char": KeyKind.TEXT,
    "varchar": KeyKind.TEXT,
    "decimal": KeyKind.DECIMAL,
    "date": KeyKind.DATE,
    "datetime": KeyKind.DATETIME,
    "timestamp": KeyKind.TIMESTAMP,
    "time": KeyKind.TIME,
    "inet4": KeyKind.INET4,
    "inet6": KeyKind.INET6,
    "uuid": KeyKind.UUID,
}

UTC = "'+00:00'"

SIGNED_SET = 64
"""A SET of so many members uses the highest bit, which is a sign where the server compares it with a number and none in
its index: no range of it can be had."""


def make_plan(
    original: Table,
    ghost: Table,
    helpers: HelperNames,
    alter: Alter,
    *,
    full_row_image: bool = True,
    server_time_zone: str = UTC,
    zero_dates: bool = True,
    nullable_key: bool = False,
    lossy: bool = False,
    pads_char: bool = False,
) -> Plan:
    """Decide. Raises Refused when no unique key can carry the migration or nothing would be copied.

    `full_row_image`: every column is logged; else only the key that the server itself puts into each image can be
    followed. `zero_dates`: a new column may begin with '0000-00-00'. `nullable_key`: the key may hold NULL, if no other
    will do. `lossy`: rows that clash may be lost. `pads_char`: the server fills up what it reads of a CHAR.
    """
    check_understood(original, ghost, alter)
    check_engine(original, ghost)
    columns = column_pairs(original, ghost, alter)
    if not columns:
        raise Refused("no-shared-columns", f"no column of {original.name} is left after the ALTER")
    check_padding(original, ghost, columns if pads_char else ())
    check_conversions(original, ghost, columns)
    key, ghost_key = shared_key(original, ghost, columns, full_row_image=full_row_image, nullable=nullable_key)
    uniqueness = new_uniqueness(original, ghost, columns)
    check_uniqueness(original, () if lossy else uniqueness)
    mapped, known = {pair.original for pair in columns}, {pair.ghost for pair in columns}
    zone = _session_zone(original, ghost, key, columns, server_time_zone)
    return Plan(
        original=original,
        ghost=ghost,
        helpers=helpers,
        alter=alter.options,
        key=key,
        ghost_key=ghost_key,
        columns=columns,
        session_time_zone=zone,
        keeps_numbers=not alter.sets_counter and any(_numbered(original, ghost, pair) for pair in columns),
        fillings=fillings(original, ghost, columns, zero_dates=zero_dates),
        new_uniqueness=uniqueness,
        wider_key=_is_wider(ghost, ghost_key),
        secondary_unique=any(set(k.columns) != set(ghost_key.names()) for k in ghost.unique_keys),
        dropped=tuple(c.name for c in original.columns if c.name not in mapped and not c.generated),
        added=tuple(c.name for c in ghost.columns if c.name not in known and not c.generated),
    )


def _numbered(original: Table, ghost: Table, pair: ColumnPair) -> bool:
    """Whether the server numbers this column on both sides."""
    before, after = original.column(pair.original), ghost.column(pair.ghost)
    return before is not None and after is not None and before.auto_increment and after.auto_increment


def check_understood(original: Table, ghost: Table, alter: Alter) -> None:
    """A column that is gone was dropped or renamed in words that we read, or its values would be lost in silence."""
    for column in original.columns:
        name = column.name.lower()
        if ghost.column(column.name) is None and name not in alter.renames and name not in alter.dropped:
            raise Refused(
                "alter-not-understood",
                f"the column {column.name!r} of {original.name} is gone after the ALTER, which, as far as it could be "
                "read, has neither dropped nor renamed it; write the ALTER in a plainer way",
            )


def _session_zone(
    original: Table, ghost: Table, key: KeySpec, pairs: tuple[ColumnPair, ...], server_time_zone: str
) -> str:
    """The zone of our sessions: the server's, in which an ALTER converts, but UTC where keys hold a TIMESTAMP."""
    if server_time_zone == UTC:
        return UTC
    if not any(column.kind is KeyKind.TIMESTAMP for column in key.columns):
        return text_literal(server_time_zone.strip("'"))
    for pair in pairs:
        before, after = original.column(pair.original), ghost.column(pair.ghost)
        if before and after and (before.data_type == "timestamp") != (after.data_type == "timestamp"):
            raise Refused(
                "time-zone",
                f"the ALTER converts {pair.original!r} of {original.name} between TIMESTAMP and another type, in the "
                f"server's time zone {server_time_zone}, while the key {key.index!r} has a TIMESTAMP and must be "
                "followed in UTC: both at once cannot be; SET GLOBAL time_zone = '+00:00', or change the key first",
            )
    return UTC


def check_engine(original: Table, ghost: Table) -> None:
    """Raise Refused where the ghost would not be an InnoDB table, or one that writes down its own history."""
    if ghost.engine.lower() != "innodb":
        raise Refused(
            "ghost-engine",
            f"the ALTER moves {original.name} to the engine {ghost.engine}; only InnoDB tables can be filled while "
            "changes are applied to them",
        )
    _check_history(original, ghost)


def _check_history(original: Table, ghost: Table) -> None:
    """MariaDB: our own writes would become the ghost's history, or clash with periods that overlap."""
    if ghost.versioned:
        raise Refused(
            "system-versioned",
            f"the ALTER makes {original.name} system-versioned: the changes that ghostshift applies to the new table "
            "would be its history. Run it on the server directly",
        )
    if ghost.periods:
        raise Refused(
            "application-time-period",
            f"the ALTER gives {original.name} an application-time period (PERIOD FOR), whose rows cannot be told apart "
            "one by one. Run it on the server directly",
        )


def column_pairs(original: Table, ghost: Table, alter: Alter) -> tuple[ColumnPair, ...]:
    """Which columns are copied, and into which. What the ghost generates is the server's to fill."""
    pairs = []
    for column in original.columns:
        lower = column.name.lower()
        target = ghost.column(alter.renames.get(lower, column.name))
        taken_over = lower in alter.renames or lower not in alter.dropped
        if taken_over and target is not None and not target.generated:
            pairs.append(ColumnPair(original=column.name, ghost=target.name))
    return tuple(pairs)


def key_column(column: Column) -> KeyColumn | None:
    """The column as part of a key; None for types without exact equality or order (FLOAT, JSON, BLOB, SET of 64, …)."""
    kind = _KINDS.get(column.data_type)
    if kind is None:
        return None
    if kind is KeyKind.TEXT and column.charset == "binary":
        kind = KeyKind.BYTES
    members = len(re.findall(r"'(?:[^']|'')*'", column.column_type)) if kind in (KeyKind.ENUM, KeyKind.SET) else 0
    if kind is KeyKind.SET and members == SIGNED_SET:
        return None
    length = 0
    if column.data_type == "binary":
        length = column.octets
    elif column.data_type == "bit":
        length = column.precision
    return KeyColumn(
        name=column.name,
        ordinal=column.ordinal,
        kind=kind,
        unsigned=column.unsigned,
        length=length,
        charset=column.charset,
        collation=column.collation,
        fraction=column.fraction,
        nullable=column.nullable,
        members=members if kind is KeyKind.ENUM else 0,
    )


def key_spec(table: Table, key: UniqueKey, *, nullable: bool = False) -> KeySpec | None:
    """The key as something to follow rows by; None where it cannot be. `nullable` lets its columns be NULL."""
    if (key.nullable and not nullable) or key.prefixed or key.functional or not key.visible or not key.columns:
        return None
    columns = []
    for name in key.columns:
        column = table.column(name)
        part = key_column(column) if column is not None and not column.generated else None
        if part is None:
            return None
        columns.append(part)
    return KeySpec(index=key.name, columns=tuple(columns))


def shared_key(
    original: Table, ghost: Table, pairs: tuple[ColumnPair, ...], *, full_row_image: bool, nullable: bool
) -> tuple[KeySpec, KeySpec]:
    """The key to follow rows by, as the original and as the ghost has it. Raises Refused where there is none."""
    to_ghost = {pair.original.lower(): pair.ghost for pair in pairs}
    candidates = sorted(original.unique_keys, key=lambda key: _preference(original, key))
    if not candidates:
        raise Refused("no-unique-key", f"{original.name} has neither a primary key nor a unique key to follow rows by")
    if not full_row_image:
        # The server logs the primary key, or without one its first unique NOT NULL key, and no more.
        candidates = [key for key in original.unique_keys if not key.nullable][:1]
    for key in candidates:
        spec = key_spec(original, key, nullable=True)
        if spec is None or any(name.lower() not in to_ghost for name in key.columns):
            continue
        match = ghost_spec(original, ghost, spec, [to_ghost[name.lower()] for name in key.columns])
        if match is not None:
            if key.nullable and not nullable:
                _refuse_nullable(original, key)
            return spec, match
    raise Refused(
        "no-shared-key",
        f"no unique key of {original.name} can carry the migration: it must be unique on both sides of the ALTER, "
        "without NULL, prefix or expression, of types with exact equality (no FLOAT, DOUBLE, TEXT, BLOB, SET of 64 "
        "members)" + ("" if full_row_image else ", and be the primary key, because binlog_row_image is not FULL"),
    )


def _refuse_nullable(original: Table, key: UniqueKey) -> None:
    raise Refused(
        "nullable-key",
        f"the only unique key of {original.name} that could carry the migration, {key.name!r} "
        f"({', '.join(key.columns)}), may hold NULL, and rows with NULL there would be lost; "
        "make its columns NOT NULL first, or, if no row has NULL there and none will get it, give "
        "--allow-nullable-unique-key",
    )


def _preference(table: Table, key: UniqueKey) -> tuple[bool, bool, bool, int]:
    spec = key_spec(table, key, nullable=True)
    text_first = spec is not None and spec.comparable_prefix == 0
    return (not key.primary, key.nullable, text_first, len(key.columns))


def ghost_spec(original: Table, ghost: Table, spec: KeySpec, names: list[str]) -> KeySpec | None:
    """The key in the ghost, provided that an index of the ghost finds its rows and its values convert in a known way.

    At best the ghost is unique on it; else the columns of a wider key begin with it (`Plan.wider_key`).
    """
    wanted = {name.lower() for name in names}
    exact = [k for k in ghost.unique_keys if {n.lower() for n in k.columns} == wanted]
    inside = [k for k in ghost.unique_keys if k.columns and {n.lower() for n in k.columns} <= wanted]
    wider = [k for k in ghost.unique_keys if {n.lower() for n in k.columns[: len(wanted)]} == wanted]
    usable = (k for k in (*exact, *inside, *wider) if not k.prefixed and not k.functional and k.visible)
    carrier = next(usable, None)
    if carrier is None:
        return None
    columns = []
    for part, name in zip(spec.columns, names, strict=True):
        before, column = original.column(part.name), ghost.column(name)
        target = key_column(column) if column is not None else None
        if before is None or column is None or target is None:
            return None
        if part.kind is not target.kind or not keeps_spelling(before, column):
            return None
        columns.append(target)
    return KeySpec(index=carrier.name, columns=tuple(columns))


def _is_wider(ghost: Table, spec: KeySpec) -> bool:
    """Whether no key of the ghost forbids two rows with one value of the shared key."""
    wanted = {name.lower() for name in spec.names()}
    plain = (k for k in ghost.unique_keys if k.columns and not k.prefixed and not k.functional)
    return not any({n.lower() for n in k.columns} <= wanted for k in plain)


def unlogged_keys(plan: Plan) -> tuple[str, ...]:
    """Columns of the key that a MINIMAL row image lacks where an INSERT leaves them to their default."""
    columns = (plan.original.column(name) for name in plan.key.names())
    return tuple(c.name for c in columns if c is not None and not c.defaultless and not c.auto_increment)
