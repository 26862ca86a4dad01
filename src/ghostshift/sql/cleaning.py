"""Statements that look for what migrations left, and that remove an old table gently. Values in, text out.

The names are read first and the tables behind them one at a time: MariaDB opens every table of every schema for a
question about comments that does not name one. This module must not know what may be dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from ghostshift.model.key import Key, KeySpec
from ghostshift.model.names import TableName, quote_name
from ghostshift.sql.literals import text_literal
from ghostshift.sql.statements import in_range, keys_where

CHANGELOG_COMMENT = "ghostshift changelog"

LEAVING_COMMENT = "ghostshift: being removed"
"""By this comment an old table is known as one that somebody has decided to remove: rows of it may be gone already."""

_OURS = ("information_schema", "mysql", "performance_schema", "sys")

EVERYBODY = "SHOW FULL PROCESSLIST"
"""Whole statements: the names in a RENAME may stand far behind its beginning."""


def user_locks(*, mariadb: bool) -> str:
    """Name and session of the advisory locks that are held; MariaDB needs a plugin for it, MySQL a privilege."""
    if mariadb:
        return (
            "SELECT table_schema, thread_id FROM information_schema.METADATA_LOCK_INFO "
            "WHERE lock_type = 'User lock' ORDER BY table_schema"
        )
    return (
        "SELECT m.object_name, t.processlist_id FROM performance_schema.metadata_locks m "
        "JOIN performance_schema.threads t ON t.thread_id = m.owner_thread_id "
        "WHERE m.object_type = 'USER LEVEL LOCK' AND m.lock_status = 'GRANTED' ORDER BY m.object_name"
    )


def names_in(schema: str = "") -> str:
    """Schema and name of all tables, of one schema or of all that are people's."""
    where = (
        f"table_schema = {text_literal(schema)}"
        if schema
        else f"table_schema NOT IN ({', '.join(text_literal(name) for name in _OURS)})"
    )
    return f"SELECT table_schema, table_name FROM information_schema.tables WHERE {where}"


def facts_of(name: TableName) -> str:
    """Kind, comment, estimated rows, bytes, and when it was made; no row where there is none."""
    return (
        "SELECT table_type, table_comment, table_rows, data_length + index_length, create_time "
        "FROM information_schema.tables "
        f"WHERE table_schema = {text_literal(name.schema)} AND table_name = {text_literal(name.table)}"
    )


def pulse_of_checkpoint(name: TableName) -> str:
    """The state that was set, and seconds since, by the server's clock."""
    return (
        "SELECT ghostshift_state, TIMESTAMPDIFF(SECOND, gh_ost_chk_timestamp, NOW()) "
        f"FROM {name.sql} WHERE gh_ost_chk_id = 1"
    )


def pulse_of_changelog(name: TableName) -> str:
    """The rows that are set again and again, and seconds since the last was, by the server's clock."""
    return (
        "SELECT GROUP_CONCAT(value ORDER BY id), MIN(TIMESTAMPDIFF(SECOND, last_update, NOW())) "
        f"FROM {name.sql} WHERE id <= 5"
    )


def triggers_on(name: TableName) -> str:
    """Names and events of a table's triggers."""
    return (
        "SELECT trigger_name, event_manipulation FROM information_schema.triggers WHERE "
        f"event_object_schema = {text_literal(name.schema)} AND event_object_table = {text_literal(name.table)}"
    )


def leave(name: TableName) -> str:
    """Say on the table itself that it is being removed: only its definition is changed."""
    return f"ALTER TABLE {name.sql} COMMENT = {text_literal(LEAVING_COMMENT)}"


def batch_end(name: TableName, spec: KeySpec, after: Key | None, rows: int) -> str:
    """The key of the row number `rows` above `after`; no row where fewer are left."""
    return f"{keys_where(name, spec, in_range(spec, after, None))} ORDER BY {_order(spec)} LIMIT 1 OFFSET {rows - 1:d}"


def delete_range(name: TableName, spec: KeySpec, after: Key | None, upto: Key | None) -> str:
    """Delete the rows of a range, which starts where the last one ended: what is gone is not walked over again."""
    return f"DELETE FROM {name.sql} WHERE {in_range(spec, after, upto)}"


def without_log() -> Sequence[str]:
    """Before and after what replicas are not to hear of."""
    return "SET SESSION sql_log_bin = 0", "SET SESSION sql_log_bin = 1"


def _order(spec: KeySpec) -> str:
    return ", ".join(quote_name(column.name) for column in spec.columns)
