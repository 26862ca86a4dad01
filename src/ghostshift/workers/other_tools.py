"""Tells whether gh-ost is at work on a table, or was: a version that takes no lock, or one whose names are not ours.

Two tools on one table write into each other's tables, or swap each other's half-made work in. Must never touch
anything: it only looks.
"""

from __future__ import annotations

from ghostshift.model.errors import Refused, ServerError
from ghostshift.model.names import NAME_LIMIT, TableName
from ghostshift.mysql.inspector import table_comment, table_exists
from ghostshift.mysql.retry import NO_SUCH_COLUMN
from ghostshift.mysql.session import Session
from ghostshift.sql.other_tools import beats

GH_OST_CHANGELOG = "gh-ost changelog"
"""The comment of its changelog."""


def ghost_of_gh_ost(session: Session, original: TableName) -> TableName | None:
    """The ghost that gh-ost has left there. Raises Refused where gh-ost is at work on the table."""
    if len(original.table) + len("_") + len("_gho") > NAME_LIMIT:
        return None  # it cannot have made any
    theirs, changelog = (original.sibling(f"_{original.table}_{part}") for part in ("gho", "ghc"))
    if table_comment(session, changelog) == GH_OST_CHANGELOG and _is_written_to(session, changelog):
        raise Refused(
            "already-running",
            f"gh-ost is at work on {original}: {changelog} was written to just now. Wait for its end, or end it",
        )
    return theirs if table_exists(session, theirs) else None


def _is_written_to(session: Session, changelog: TableName) -> bool:
    try:
        return int(session.one(beats(changelog))[0]) > 0
    except ServerError as error:
        if error.errno != NO_SUCH_COLUMN:
            raise
        return False  # whoever has made it, gh-ost would not write into it
