"""Who blocks a table lock: told to a person as lines of text. Used by the cut-over when its locks are not had in time.

It asks after the wait has ended, so that asking cannot lengthen it; whoever blocked for the whole wait is there still.
It must never raise for want of a privilege or a plug-in: a report that cannot be had is a line that says so.
"""

from __future__ import annotations

from collections.abc import Collection

from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.names import TableName
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.session import Row, Session
from ghostshift.sql import cutover_statements as sql


def report(
    session: Session, dialect: Dialect, names: Collection[TableName], seconds: int, ours: Collection[int] = ()
) -> tuple[str, ...]:
    """Lines that name the sessions which hold `names`, or may. `ours`: sessions of the cut-over itself, left out."""
    session.execute(sql.SYSTEM_TIME)
    trouble = ""
    for statement in sql.blockers(names, max(seconds - 1, 1), mariadb=dialect.mariadb):
        try:
            rows = session.query(statement)
        except ConnectionLost:
            raise
        except ServerError as error:
            trouble = f" ({error.server_message})"
            continue
        lines = {row[0]: line(row) for row in rows if int(row[0]) not in ours}
        if lines:
            return tuple(lines.values())
    return (f"who blocks the lock is not to be seen{trouble}",)


def line(row: Row) -> str:
    """A row of `sql.blockers` for a person."""
    number, user, host, command, state, seconds, info, age, lock = (_text(value) for value in row)
    words = [f"session {number} of {user}@{host or '?'}: {command}"]
    words += [f"({state})"] if state else []
    words += [f"for {seconds} s"] if seconds else []
    words += [f"in a transaction for {age} s"] if age else []
    words += [f"holding {lock}" if lock else "which may hold it"]
    return " ".join(words) + (f": {' '.join(info.split())}" if info else "")


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
