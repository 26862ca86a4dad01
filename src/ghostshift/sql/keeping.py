"""Statements of a revert into a table that has columns of its own. Values in, text out.

A row is put together in a temporary table of the session (sql/losses.py): what both tables have comes from the
original, the rest from the row that is there, or from the columns' defaults. Under LOCK TABLES no table may be called
by another name than its own, so none is.
"""

from __future__ import annotations

from collections.abc import Collection

from ghostshift.model.key import Key
from ghostshift.model.names import quote_name
from ghostshift.model.plan import Plan
from ghostshift.sql.literals import ghost_forms
from ghostshift.sql.losses import scratch
from ghostshift.sql.statements import one_of

BEFORE = "SAVEPOINT ghostshift_kept"
UNDO = "ROLLBACK TO SAVEPOINT ghostshift_kept"


def carry(plan: Plan, keys: Collection[Key]) -> str:
    """Take over, for these keys, what the ghost's row has in the columns that are kept.

    Every other column is set to what it is, for one may change by itself (ON UPDATE CURRENT_TIMESTAMP).
    """
    here, there = scratch(plan).sql, plan.ghost.name.sql
    same = " AND ".join(f"{here}.{name} = {there}.{name}" for name in map(quote_name, plan.ghost_key.names()))
    kept = set(plan.kept)
    settings = ", ".join(
        f"{here}.{quoted} = {there if name in kept else here}.{quoted}"
        for name, quoted in ((name, quote_name(name)) for name in _columns(plan))
    )
    wanted = one_of(plan.ghost_key, ghost_forms(plan.key, plan.ghost_key), keys, here)
    return f"UPDATE {here} JOIN {there} ON {same} SET {settings} WHERE {wanted}"


def take_over(plan: Plan) -> str:
    """Put the rows into the ghost; a unique value that is taken is an error."""
    columns = ", ".join(map(quote_name, _columns(plan)))
    return f"INSERT INTO {plan.ghost.name.sql} ({columns}) SELECT {columns} FROM {scratch(plan).sql}"


def _columns(plan: Plan) -> list[str]:
    return [column.name for column in plan.ghost.columns if not column.generated]
