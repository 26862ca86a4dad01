"""The statements about replication, in old words and new: names in, text out."""

from __future__ import annotations

from ghostshift.sql.literals import text_literal


def show_status(*, mariadb: bool, modern: bool) -> str:
    """One row for each source that a server replicates from."""
    if mariadb:
        return "SHOW ALL SLAVES STATUS"
    return "SHOW REPLICA STATUS" if modern else "SHOW SLAVE STATUS"


def show_followers(*, mariadb: bool, modern: bool) -> str:
    """One row for each replica that has registered with the server."""
    return "SHOW REPLICAS" if modern and not mariadb else "SHOW SLAVE HOSTS"


RUNNING = "SHOW GLOBAL STATUS LIKE 'Slave%running'"
"""Whether a server replicates, for users who may not ask for more."""

RECEIVER, APPLIER = "IO_THREAD", "SQL_THREAD"


def control(verb: str, thread: str, channel: str, *, mariadb: bool, modern: bool) -> str:
    """STOP or START one thread, or both where none is given, of one channel."""
    if mariadb:
        return " ".join(part for part in (verb, "SLAVE", text_literal(channel), thread) if part)
    words = [verb, "REPLICA" if modern else "SLAVE", thread]
    return " ".join(word for word in words if word) + f" FOR CHANNEL {text_literal(channel)}"


SWITCH_TO_ROWS = "SET GLOBAL binlog_format = 'ROW'"
