"""Every statement of the cut-over, one function each: names and numbers in, text out.

No statement here uses an alias for a table that is to be read under LOCK TABLES, except the one that must fail.
The only DROP is the sentry's. This module must not know of sessions, nor which statement comes when.
"""

from __future__ import annotations

from collections.abc import Collection

from ghostshift.model.names import HelperNames, TableName, quote_name
from ghostshift.sql.literals import text_literal

SENTRY_COMMENT = "ghostshift cut-over sentry"
"""By this comment a table is known as a sentry of ours, whoever left it behind."""

UNLOCK = "UNLOCK TABLES"

NOT_LOCKED = 1100
"""What a server says to a statement on a table, or an alias, that the session's LOCK TABLES did not name."""

LOCK_TIMEOUT = 1205
"""Lock wait timeout exceeded."""


def session_limits(lock_seconds: int, idle_seconds: int) -> str:
    """How long a cut-over session waits for locks, and how long the server lets it be silent before it ends it."""
    return f"SET SESSION lock_wait_timeout = {lock_seconds:d}, wait_timeout = {idle_seconds:d}"


def lock_tables(write: Collection[TableName], read: Collection[TableName] = ()) -> str:
    """Lock them all at once, as LOCK TABLES must."""
    return "LOCK TABLES " + ", ".join([f"{name.sql} WRITE" for name in write] + [f"{name.sql} READ" for name in read])


def swap(original: TableName, helpers: HelperNames, *, back: bool = False) -> str:
    """The swap: one statement, so that nobody sees a moment without the table.

    With `back` it is undone in the same statement: a swap with all that belongs to it, after which every name stands
    for what it stood for before, and in between nobody can have read or written anything.
    """
    steps = [(original, helpers.old), (helpers.ghost, original)]
    if back:
        steps += [(original, helpers.ghost), (helpers.old, original)]
    return "RENAME TABLE " + ", ".join(f"{source.sql} TO {target.sql}" for source, target in steps)


def swap_begins(original: TableName, old: TableName) -> str:
    """How a swap by which the original becomes `old` begins, whatever came into its place."""
    return f"RENAME TABLE {original.sql} TO {old.sql}"


def analyze(name: TableName) -> str:
    """Gather a table's statistics; also on replicas."""
    return f"ANALYZE TABLE {name.sql}"


def create_sentry(name: TableName) -> str:
    """An empty table; with a primary key, because servers may demand one."""
    comment = text_literal(SENTRY_COMMENT)
    return f"CREATE TABLE {name.sql} (id int NOT NULL PRIMARY KEY) ENGINE=InnoDB COMMENT={comment}"


def drop_sentry(name: TableName) -> str:
    """Only for a caller that holds the table locked and has seen the sentry's comment under that lock."""
    return f"DROP TABLE {name.sql}"


def is_locked(name: TableName) -> str:
    """Fails with NOT_LOCKED exactly as long as the session is under LOCK TABLES: no such alias was locked."""
    return f"SELECT 1 FROM {name.sql} AS {quote_name('ghostshift_not_locked')} LIMIT 0"


def table_comment(name: TableName) -> str:
    """The comment of a table or none. One name at a time: MariaDB opens every table of the schema for an IN list."""
    return (
        "SELECT table_comment FROM information_schema.tables "
        f"WHERE table_schema = {text_literal(name.schema)} AND table_name = {text_literal(name.table)}"
    )


def table_ids(name: TableName, *, mariadb: bool) -> str | None:
    """Number and stored name of the table and its partitions, perhaps of others whose names differ only in case.

    None for names whose stored form only the server knows (letters beyond ASCII).
    """
    stored = stored_name(name)
    if stored is None:
        return None
    view = "innodb_sys_tables" if mariadb else "innodb_tables"
    pattern = stored.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
    return (
        f"SELECT table_id, name FROM information_schema.{view} "
        f"WHERE name = {text_literal(stored)} OR name LIKE {text_literal(pattern + '#p#%')}"
    )


def stored_name(name: TableName) -> str | None:
    """`schema/table` as InnoDB stores it: all but digits, ASCII letters and underscore as @ and four hex digits."""
    if not (name.schema + name.table).isascii():
        return None
    return "/".join(
        "".join(letter if letter.isalnum() or letter == "_" else f"@{ord(letter):04x}" for letter in part)
        for part in (name.schema, name.table)
    )


BACKUP_LOCK = "Waiting for backup lock"
"""The state of a session that waits for MariaDB's backup lock (FLUSH TABLES WITH READ LOCK, BACKUP STAGE).

MariaDB's RENAME asks for that lock last, when it has its tables. If a backup is first, it lets go of the tables, waits,
and begins anew: meanwhile the application writes to a table that is about to be the old one.
"""

WAITING_FOR_BACKUP = f"SELECT id FROM information_schema.processlist WHERE state = {text_literal(BACKUP_LOCK)} LIMIT 1"


UPTIME = "SHOW GLOBAL STATUS LIKE 'Uptime'"
"""A server that was started after a session of ours has none of it, whatever its list of sessions says."""

SYSTEM_TIME = "SET SESSION time_zone = 'SYSTEM'"
"""The start of transactions is shown in the system's time zone; NOW() must be, too, for their age to be right."""

_WHO = "p.id, p.user, p.host, p.command, p.state, p.time, LEFT(p.info, 120)"
_AGE = "TIMESTAMPDIFF(SECOND, x.trx_started, NOW())"
_TRANSACTION = "LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = p.id"


def blockers(names: Collection[TableName], seconds: int, *, mariadb: bool) -> tuple[str, ...]:
    """Queries for who may hold the tables, the surest first: (…who, transaction's age, lock). Some servers lack some.

    The last one sees no locks, only who has been busy, or in a transaction, for as long as we waited.
    """
    if mariadb:
        wanted = _any_of(names, "m.TABLE_SCHEMA", "m.TABLE_NAME")
        held = (
            f"SELECT {_WHO}, {_AGE}, m.LOCK_MODE FROM information_schema.METADATA_LOCK_INFO m "
            f"JOIN information_schema.processlist p ON p.id = m.THREAD_ID {_TRANSACTION} WHERE ({wanted})"
        )
    else:
        wanted = _any_of(names, "m.object_schema", "m.object_name")
        held = (
            f"SELECT {_WHO}, {_AGE}, m.lock_type FROM performance_schema.metadata_locks m "
            "JOIN performance_schema.threads t ON t.thread_id = m.owner_thread_id "
            f"JOIN performance_schema.processlist p ON p.id = t.processlist_id {_TRANSACTION} "
            f"WHERE m.object_type = 'TABLE' AND m.lock_status = 'GRANTED' AND ({wanted})"
        )
    everybody = f"{'information' if mariadb else 'performance'}_schema.processlist"
    busy = (
        f"SELECT {_WHO}, {_AGE}, '' FROM {everybody} p {_TRANSACTION} "
        f"WHERE ({_AGE} >= {seconds:d} OR (p.command = 'Query' AND p.time >= {seconds:d}))"
    )
    tail = "AND p.id <> CONNECTION_ID() ORDER BY 8 DESC, p.time DESC LIMIT 10"
    return f"{held} {tail}", f"{busy} {tail}"


def _any_of(names: Collection[TableName], schema: str, table: str) -> str:
    return " OR ".join(
        f"({schema} = {text_literal(name.schema)} AND {table} = {text_literal(name.table)})" for name in names
    )
