"""Questions about GTIDs. Values in, text out.

Which of a server's variables says what: MySQL Reference Manual, "Global Transaction ID System Variables"; MariaDB
Knowledge Base, "Global Transaction ID".
"""

from __future__ import annotations

from ghostshift.sql.literals import text_literal

LOGGED_SO_FAR = "/*M! @@GLOBAL.gtid_binlog_state */ /*!50700 @@GLOBAL.gtid_executed */"
"""An expression that each flavour reads as its own: MariaDB passes over comments for MySQL 5.7 and later, MySQL over
those for MariaDB."""

_HEAD_EVENTS = 6


def gtids_asked(*, mariadb: bool) -> str:
    """What a server has; what of it is in no file of its log; on MariaDB rather what came by replication."""
    if mariadb:
        return "SELECT @@GLOBAL.gtid_binlog_state, @@GLOBAL.gtid_slave_pos"
    return "SELECT @@GLOBAL.gtid_executed, @@GLOBAL.gtid_purged"


def logged_so_far() -> str:
    """What a server has logged."""
    return f"SELECT {LOGGED_SO_FAR}"


def head_of_file(file: str) -> str:
    """The first events of a file of the log; one of them lists what all files before it hold."""
    return f"SHOW BINLOG EVENTS IN {text_literal(file)} LIMIT {_HEAD_EVENTS}"


HEADS = frozenset({"Previous_gtids", "Gtid_list"})
"""The types of that event."""
