"""An ALTER as an instant change of the table's definition, and which ALTERs must not even be tried so.

INSTANT changes no row: the server refuses it for whatever would convert values, build an index or move a row, so it can
lose none; what makes a migration refuse an ALTER (no shared key, a new unique index) cannot arise. A column that is
dropped is one that the ALTER names.
"""

from __future__ import annotations

import re

from ghostshift.model.names import TableName

_UNFIT = re.compile(r"algorithm|partition|tablespace", re.IGNORECASE)
"""Another ALGORITHM would win over ours, and lock the table for hours. What is done to partitions and tablespaces goes
by other rules. Found anywhere, even in a name or a comment: a false alarm costs no more than the usual migration."""

_RENAMES = re.compile(r"rename|change", re.IGNORECASE)


def unfit(options: str, *, skip_renamed: bool = False) -> str:
    """Why the ALTER must not be tried as an instant one; empty where it may."""
    if found := _UNFIT.search(options):
        return f"it says {found[0].upper()}"
    if skip_renamed and _RENAMES.search(options):
        return "--skip-renamed-columns wants renamed columns to lose their values, which INSTANT would keep"
    return ""


def instant_alter(table: TableName, options: str) -> str:
    """The statement. The algorithm comes first: nothing in the options can hide it."""
    return f"ALTER TABLE {table.sql} ALGORITHM=INSTANT, {options}"


def plain_structure(created: str) -> str:
    """A CREATE TABLE statement without what changes by itself."""
    return re.sub(r" AUTO_INCREMENT=\d+", "", created)
