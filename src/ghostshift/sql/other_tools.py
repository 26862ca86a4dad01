"""Statements about what other tools leave behind. Values in, text out."""

from __future__ import annotations

from ghostshift.model.names import TableName

FRESH = 10
"""Seconds for which a heartbeat is a sign of life: gh-ost writes one at least every two or so."""


def beats(changelog: TableName) -> str:
    """Whether somebody has written into a changelog just now, by the server's clock."""
    return f"SELECT COUNT(*) FROM {changelog.sql} WHERE last_update > NOW() - INTERVAL {FRESH:d} SECOND"
