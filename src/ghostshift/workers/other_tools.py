"""Tells whether gh-ost is at work on a table, or was: a version that takes no lock, or one whose names are not ours.

Two tools on one table write into each other's tables, or swap each other's half-made work in. Must never touch
anything: it only looks.
"""

from __future__ import annotations

from ghostshift.model.errors import Refused
from ghostshift.model.names import NAME_LIMIT, TableName
from ghostshift.mysql.inspector import table_comment, table_exists
from ghostshift.mysql.session import Session
from ghostshift.sql.other_tools import beats

GH_OST_CHANGELOG = "gh-ost changelog"
"""The comment of its changelog."""


def check_gh_ost(session: Session, original: TableName, ghost: TableName) -> None:
    """Raise Refused where gh-ost is at work on the table, or has left a ghost that is no name of ours."""
    if len(original.table) + len("_") + len("_gho") > NAME_LIMIT:
        return  # it cannot have made any
    theirs, changelog = (original.sibling(f"_{original.table}_{part}") for part in ("gho", "ghc"))
    if table_comment(session, changelog) == GH_OST_CHANGELOG and int(session.one(beats(changelog))[0]):
        raise Refused(
            "already-running",
            f"gh-ost is at work on {original}: {changelog} was written to just now. Wait for its end, or end it",
        )
    if theirs != ghost and table_exists(session, theirs):
        raise Refused(
            "leftover-table",
            f"{theirs} exists: gh-ost was at work on {original} and may be again; where it is not, drop that table",
        )
