"""Whether a changed table can go on taking its source's rows, where only the replica is migrated. Pure.

Row events name columns by their position. A column that stands elsewhere in the new table would be given another one's
values, without any error, for as long as the replica replicates: that is refused. A changed type is no silent danger:
replication stops unless the server converts it.
Source: the MySQL manual, "Replication with Differing Table Definitions on Source and Replica", and tests on servers.
"""

from __future__ import annotations

from ghostshift.model.errors import Refused
from ghostshift.model.plan import Plan


def check_positions(plan: Plan) -> None:
    """Raise Refused where a column of the original is not at its place in the ghost."""
    mapped = {pair.original: pair.ghost for pair in plan.columns}
    for ours, theirs in zip(plan.original.columns, plan.ghost.columns, strict=False):
        if mapped.get(ours.name, ours.name) != theirs.name:
            raise Refused(
                "columns-moved",
                f"in the new {plan.table} {theirs.name!r} is where {ours.name!r} was: replication gives values by "
                "position, and this replica would silently take wrong ones. Add columns at the end and drop them from "
                "the end only, or migrate the primary",
            )


def changed_types(plan: Plan) -> tuple[str, ...]:
    """The columns whose type is another one in the ghost: replication must be told to convert their values."""
    return tuple(
        ours.name
        for ours, theirs in zip(plan.original.columns, plan.ghost.columns, strict=False)
        if (ours.column_type, ours.charset) != (theirs.column_type, theirs.charset)
    )
