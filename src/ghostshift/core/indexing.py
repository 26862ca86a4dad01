"""Which of the ghost's indexes may be made after the copy. Pure.

A unique one never (invariants 5 and 7 rest on it, and rows are found by it), nor one that an AUTO_INCREMENT column
needs. One over a virtual column stays as well: whether every row has a value for it is then found out as rows are
copied, and not at the end of everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ghostshift.model.index import Index
from ghostshift.model.names import TableName
from ghostshift.model.remark import Remark
from ghostshift.model.schema import Table


def choices(ghost: Table, found: Sequence[Index | None]) -> tuple[tuple[Index, ...], ...]:
    """Sets of indexes to make later, the best first; `found` are all that are not unique, in their order.

    The server puts an index that is made later behind those that have stayed, unless their kind decides. So where the
    first set does not come back in the same order, the second one does: those behind the last that stays.
    """
    movable = [one if one is not None and _may_wait(ghost, one) else None for one in found]
    behind: list[Index] = []
    for one in movable:
        behind = [] if one is None else [*behind, one]
    sets = (tuple(one for one in movable if one is not None), tuple(behind))
    return tuple(dict.fromkeys(one for one in sets if one))


def _may_wait(ghost: Table, index: Index) -> bool:
    columns = [ghost.column(part.column) for part in index.parts]
    if any(column is None or column.generated == "virtual" for column in columns):
        return False
    first = columns[0]
    return first is None or not first.auto_increment or _has_other(ghost, first.name)


def _has_other(ghost: Table, column: str) -> bool:
    """Whether a unique key begins with this column."""
    return any(key.columns and key.columns[0].lower() == column.lower() for key in ghost.unique_keys)


def named(indexes: Iterable[Index]) -> str:
    """Their names, for a person."""
    return ", ".join(repr(one.name) for one in indexes)


def doing(count: int, ghost: TableName) -> str:
    """What is done while they are made."""
    return f"adding {count} {'index' if count == 1 else 'indexes'} to {ghost}, which no throttle can stop"


def on_indexes(table: TableName, later: Sequence[Index]) -> Remark:
    """What a person should know who has asked for it."""
    if not later:
        text = f"--indexes-after-copy changes nothing: the new {table} has no index that could be made after the copy"
        return Remark("indexes-later", text)
    text = (
        f"--indexes-after-copy: the new {table} gets {named(later)} after the copy, in one ALTER TABLE; nothing can "
        "throttle it, and a replica applies it as one statement, so that it falls behind for about as long as it took"
    )
    return Remark("indexes-later", text)
