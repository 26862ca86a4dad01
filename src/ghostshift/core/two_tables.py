"""Which columns of two tables belong together, and by which key their rows do. Pure; for `ghostshift verify`.

Here no ALTER says what was renamed: the person does, or names are taken as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ghostshift.core.planner import ghost_spec, key_spec
from ghostshift.model.errors import Refused, UsageError
from ghostshift.model.key import KeySpec
from ghostshift.model.plan import ColumnPair
from ghostshift.model.schema import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """How two tables lie side by side."""

    pairs: tuple[ColumnPair, ...]
    left_out: tuple[str, ...]
    key: KeySpec
    other_key: KeySpec


def paired(
    table: Table,
    other: Table,
    *,
    renames: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    ignored: Collection[str] = (),
) -> Pairing:
    """Columns by name, or as `renames` says; the key's columns always. Raises UsageError, Refused."""
    renamed = {name.lower(): new for name, new in (renames or {}).items()}
    for name in (*renamed, *only, *ignored):
        if table.column(name) is None:
            raise UsageError(f"{table.name} has no column {name!r}")
    for new in renamed.values():
        if other.column(new) is None:
            raise UsageError(f"{other.name} has no column {new!r}, to which --rename leads")
    there = {
        column.name.lower(): found.name
        for column in table.columns
        if (found := other.column(renamed.get(column.name.lower(), column.name))) is not None
        and (column.name.lower() in renamed or found.name.lower() not in {new.lower() for new in renamed.values()})
    }
    key, other_key = _shared_key(table, other, there)
    wanted = {name.lower() for name in only} or set(there)
    wanted = (wanted - {name.lower() for name in ignored}) | {name.lower() for name in key.names()}
    pairs = tuple(
        ColumnPair(original=column.name, ghost=there[column.name.lower()])
        for column in table.columns
        if column.name.lower() in wanted & set(there)
    )
    if missing := [name for name in only if name.lower() not in there]:
        raise Refused("no-shared-columns", f"{other.name} has no column {missing[0]!r}, which is to be compared")
    taken = {pair.ghost for pair in pairs}
    left = (*(c.name for c in table.columns if c.name not in {p.original for p in pairs}),)
    right = (*(c.name for c in other.columns if c.name not in taken and c.name not in left),)
    return Pairing(pairs=pairs, left_out=left + right, key=key, other_key=other_key)


def _shared_key(table: Table, other: Table, there: Mapping[str, str]) -> tuple[KeySpec, KeySpec]:
    """The primary key if it will do, else the first unique key that will."""
    if not there:
        raise Refused("no-shared-columns", f"no column of {table.name} bears the name of one of {other.name}")
    for key in sorted(table.unique_keys, key=lambda key: not key.primary):
        spec = key_spec(table, key)
        if spec is None or any(name.lower() not in there for name in key.columns):
            continue
        names = [there[name.lower()] for name in key.columns]
        match = ghost_spec(table, other, spec, names) if _is_unique(other, names) else None
        if match is not None:
            return spec, match
    raise Refused(
        "no-shared-key",
        f"rows of {table.name} cannot be found in {other.name}: no key is unique in both, without NULL, prefix or "
        "expression, of columns that both have and whose types can be told equal",
    )


def _is_unique(table: Table, names: list[str]) -> bool:
    """Whether no two rows have the same values in these columns."""
    known = {name.lower() for name in names}
    return any(
        key.columns and not key.functional and {name.lower() for name in key.columns} <= known
        for key in table.unique_keys
    )
