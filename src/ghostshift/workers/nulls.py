"""Keys with NULL: where --allow-nullable-unique-key lets rows be followed by a key that may be NULL, none must be.

A unique key says nothing of rows with NULL in it: no range of the copy holds them, and no literal finds them again. So
they are looked for before the copy and after it, and a change that brings one stops the migration. Costs nothing where
the key cannot be NULL. It must never let such a row be lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterable

from ghostshift.model.errors import DataLossError
from ghostshift.model.key import Key, KeySpec
from ghostshift.model.names import TableName
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session
from ghostshift.sql.literals import parse_value
from ghostshift.sql.statements import null_keys
from ghostshift.workers.guard import readable


def check_rows(session: Session, plan: Plan) -> None:
    """Raise DataLossError where a row of the original has NULL in its key."""
    if not plan.key.nullable:
        return
    rows = session.query(null_keys(plan))
    if rows:
        pairs = zip(plan.key.columns, rows[0], strict=True)
        raise _lost(
            plan.table, plan.key, [None if text is None else parse_value(column, text) for column, text in pairs]
        )


def check_keys(table: TableName, spec: KeySpec, keys: Iterable[Key]) -> None:
    """Raise DataLossError where one of these changed keys has NULL in it."""
    if not spec.nullable:
        return
    for key in keys:
        values = spec.values(key)
        if None in values:
            raise _lost(table, spec, values)


def _lost(table: TableName, spec: KeySpec, values: Iterable[object]) -> DataLossError:
    shown = ", ".join(
        f"{name}={'NULL' if value is None else readable(value)}"
        for name, value in zip(spec.names(), values, strict=True)
    )
    return DataLossError(
        f"a row of {table} has NULL in the unique key {spec.index!r} that rows are followed by ({shown}): it could "
        "neither be copied nor followed. Nothing was swapped; give the row a value, or the table a key that is NOT "
        "NULL, and start again"
    )
