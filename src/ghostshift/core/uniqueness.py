"""Where the ghost is more unique than the original: there REPLACE and a chunk could drop rows (invariant 7). Pure.

A unique index of the ghost is left alone only where the original surely guarantees the same. All others are watched: by
comparing values in the original where they can be compared there, else by asking the server what it makes of them. What
neither serves for is refused.
"""

from __future__ import annotations

from dataclasses import replace

from ghostshift.core.conversions import keeps_spelling, keeps_values
from ghostshift.model.errors import Refused
from ghostshift.model.plan import ColumnPair, NewUniqueness
from ghostshift.model.schema import Table, UniqueKey


def new_uniqueness(original: Table, ghost: Table, pairs: tuple[ColumnPair, ...]) -> tuple[NewUniqueness, ...]:
    """Unique indexes of the ghost that forbid what the original allows (invariant 7)."""
    back = {pair.ghost.lower(): pair for pair in pairs}
    found = []
    for key in ghost.unique_keys:
        added = [column for name in key.columns if (column := ghost.column(name)) and name.lower() not in back]
        if any(column.auto_increment or column.null_by_default for column in added):
            continue  # the server itself numbers a new AUTO_INCREMENT column, and NULLs never clash
        if _has_twin(original, ghost, key, pairs):
            continue
        mapped = tuple(back[name.lower()] for name in key.columns if name.lower() in back)
        whole = tuple(back[name.lower()] for name in key.whole_columns if name.lower() in back)
        if not _guaranteed(original, ghost, key, whole):
            complete = len(mapped) == len(key.columns) and bool(mapped)
            asked = complete and not key.prefixed and all(_comparable(original, ghost, pair) for pair in mapped)
            computed = not asked and _computed(ghost, key, {pair.ghost.lower() for pair in pairs})
            found.append(NewUniqueness(index=key.name, pairs=mapped if asked else (), asked=key if computed else None))
    return tuple(found)


def _computed(ghost: Table, key: UniqueKey, copied: set[str]) -> bool:
    """Whether the server makes this index's values of what is copied: by converting, cutting, or generating."""
    columns = [ghost.column(name) for name in key.columns]
    hashed = key.prefixed and not key.parts  # MariaDB's over a long column: no join would find anything by it
    return (
        bool(columns)
        and not hashed
        and all(column is not None and (column.generated or column.name.lower() in copied) for column in columns)
    )


def _comparable(original: Table, ghost: Table, pair: ColumnPair) -> bool:
    """Whether the original's values can be compared as the ghost will: text by its collation, the rest as they are."""
    before, after = original.column(pair.original), ghost.column(pair.ghost)
    return before is not None and after is not None and keeps_spelling(before, after)


def _guaranteed(original: Table, ghost: Table, key: UniqueKey, mapped: tuple[ColumnPair, ...]) -> bool:
    """Whether the original's own keys already forbid what this key of the ghost forbids.

    It is enough that rows differ in some of its columns, those of `mapped`, which it has whole.
    """
    names = {pair.original.lower() for pair in mapped}
    stricter = [
        k
        for k in original.unique_keys
        if k.columns and not k.functional and not k.prefixed and {n.lower() for n in k.columns} <= names
    ]
    return any(
        all(
            _same_values(original, ghost, pair)
            for pair in mapped
            if pair.original.lower() in {n.lower() for n in k.columns}
        )
        and (not k.nullable or key.nullable)
        for k in stricter
    )


def _has_twin(original: Table, ghost: Table, key: UniqueKey, pairs: tuple[ColumnPair, ...]) -> bool:
    """Whether the original has the very same key over a prefix, an expression or a generated column, unchanged."""
    made = [column for name in key.columns if (column := ghost.column(name)) is not None and column.generated]
    if not (key.prefixed or key.functional or made):
        return False
    same = any(replace(k, name=key.name) == key for k in original.unique_keys)
    as_before = all(
        before is not None and replace(before, ordinal=column.ordinal) == column
        for column in made
        for before in (original.column(column.name),)
    )
    return same and as_before and all(_same_values(original, ghost, pair) for pair in pairs)


def _same_values(original: Table, ghost: Table, pair: ColumnPair) -> bool:
    """Whether different values stay different through the conversion."""
    before, after = original.column(pair.original), ghost.column(pair.ghost)
    return before is not None and after is not None and keeps_values(before, after)


def check_uniqueness(original: Table, uniqueness: tuple[NewUniqueness, ...]) -> None:
    """Raise Refused where clashes in a new unique index could not be told beforehand."""
    for new in uniqueness:
        if not new.pairs and new.asked is None:
            raise Refused(
                "unique-on-new-values",
                f"the ALTER makes {original.name} unique by {new.index!r} on values that the original does not have "
                "(a new column, an expression, a long text): rows that clash could not be told. "
                "Change the column first, and add the unique index in a second migration",
            )
