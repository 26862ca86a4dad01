"""Statements that ask a server how it is. Values in, text out; none of them changes anything but its own session."""

from __future__ import annotations

from collections.abc import Iterable

from ghostshift.sql.literals import text_literal


def global_status(names: Iterable[str]) -> str:
    """Name and value of these status variables; no row for one that does not exist."""
    return f"SHOW GLOBAL STATUS WHERE Variable_name IN ({', '.join(text_literal(name) for name in names)})"


READ_ONLY = "SET SESSION TRANSACTION READ ONLY"
"""From now on the session may change nothing but temporary tables, DDL included."""


def limit_queries(seconds: int, *, mariadb: bool) -> str:
    """Let the server give up each query of this session that takes longer."""
    if mariadb:
        return f"SET SESSION max_statement_time = {seconds:d}"
    return f"SET SESSION max_execution_time = {seconds * 1000:d}"
