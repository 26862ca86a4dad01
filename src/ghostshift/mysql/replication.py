"""Replication as a server shows it, in old words and new, of both flavours; and its threads stopped and started.

Reading touches nothing. Only `stop`, `start` and `switch_to_rows` change anything, and only what the
caller names.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ghostshift.model.errors import ServerError
from ghostshift.model.server import Channel, Filters
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.session import Session
from ghostshift.sql import replication as sql

FORBIDDEN = frozenset({1044, 1045, 1142, 1227})


def read_channels(session: Session, dialect: Dialect) -> tuple[Channel, ...] | None:
    """What the server replicates from; None where the user may not ask although it replicates."""
    try:
        rows = _named(session, sql.show_status(mariadb=dialect.mariadb, modern=dialect.says_replica))
    except ServerError as error:
        if error.errno not in FORBIDDEN:
            raise
        replicates = any(
            str(value).upper() in ("ON", "YES") or _number(value) for _, value in session.query(sql.RUNNING)
        )
        return None if replicates else ()
    return tuple(channel_of(row) for row in rows)


def read_log_filters(session: Session, dialect: Dialect) -> Filters:
    """What the server leaves out of its own log."""
    rows = _named(session, dialect.position_statement)
    row = rows[0] if rows else {}
    return Filters(do_schemas=_list(row, "binlog_do_db"), ignore_schemas=_list(row, "binlog_ignore_db"))


def count_followers(session: Session, dialect: Dialect) -> int:
    """How many replicas have registered with the server."""
    return len(session.query(sql.show_followers(mariadb=dialect.mariadb, modern=dialect.says_replica)))


def behind(session: Session, dialect: Dialect) -> int | None:
    """Seconds by which a replica is behind, the worst of its channels; None while it does not replicate."""
    seconds = [channel.behind_seconds for channel in read_channels(session, dialect) or ()]
    known = [number for number in seconds if number is not None]
    return max(known) if known and len(known) == len(seconds) else None


def stop(session: Session, dialect: Dialect, channels: Collection[str]) -> None:
    """Stop receiving, then applying. What was received and not applied stays so until the start."""
    for thread in (sql.RECEIVER, sql.APPLIER):
        for channel in channels:
            _control(session, dialect, "STOP", thread, channel)


def start(session: Session, dialect: Dialect, channels: Collection[str]) -> None:
    """Start both threads; no error where they run."""
    for channel in channels:
        _control(session, dialect, "START", "", channel)


def switch_to_rows(session: Session, dialect: Dialect, channels: Collection[str]) -> None:
    """Let sessions and replication log rows. The applying thread keeps the format of its start: it starts anew.

    MySQL does not even take the setting while that thread runs.
    """
    for channel in channels:
        _control(session, dialect, "STOP", sql.APPLIER, channel)
    try:
        session.execute(sql.SWITCH_TO_ROWS)
    finally:
        for channel in channels:
            _control(session, dialect, "START", sql.APPLIER, channel)


def channel_of(row: dict[str, Any]) -> Channel:
    """One row of the status, its columns in the new words and lower case."""
    seconds = row.get("seconds_behind_source")
    return Channel(
        name=_text(row, "channel_name") or _text(row, "connection_name"),
        host=_text(row, "source_host"),
        port=_number(row.get("source_port")),
        receives=_text(row, "replica_io_running").lower() == "yes",
        applies=_text(row, "replica_sql_running").lower() == "yes",
        attached=bool(_text(row, "source_log_file")),
        problem=_text(row, "last_sql_error") or _text(row, "last_io_error"),
        server_id=_text(row, "source_server_id") if _number(row.get("source_server_id")) else "",
        delay_seconds=_number(row.get("sql_delay")),
        behind_seconds=None if seconds is None else int(str(seconds)),
        by_gtid=_text(row, "auto_position") == "1" or _text(row, "using_gtid").lower() not in ("", "no"),
        by_current_pos=_text(row, "using_gtid").lower() == "current_pos",
        filters=Filters(
            do_schemas=_list(row, "replicate_do_db"),
            ignore_schemas=_list(row, "replicate_ignore_db"),
            do_tables=_list(row, "replicate_do_table"),
            ignore_tables=_list(row, "replicate_ignore_table"),
            wild_do_tables=_list(row, "replicate_wild_do_table"),
            wild_ignore_tables=_list(row, "replicate_wild_ignore_table"),
            rewritten=_rewritten(_text(row, "replicate_rewrite_db")),
            ignore_servers=_list(row, "replicate_ignore_server_ids"),
            by_domain=(*_list(row, "replicate_do_domain_ids"), *_list(row, "replicate_ignore_domain_ids")),
        ),
    )


def _control(session: Session, dialect: Dialect, verb: str, thread: str, channel: str) -> None:
    session.execute(sql.control(verb, thread, channel, mariadb=dialect.mariadb, modern=dialect.says_replica))


def _named(session: Session, statement: str) -> list[dict[str, Any]]:
    rows = session.query(statement)
    names = [new_words(label) for label in session.labels()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def new_words(label: str) -> str:
    """A column's name as today's MySQL has it, in lower case: `Slave_IO_Running` is `replica_io_running`."""
    return label.lower().replace("master", "source").replace("slave", "replica")


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _list(row: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _text(row, name).split(",") if part.strip())


def _rewritten(text: str) -> tuple[str, ...]:
    """`(a,b),(c,d)` on MySQL, `a->b` on MariaDB: all names in it."""
    for sign in ("(", ")", "->"):
        text = text.replace(sign, ",")
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _number(value: object) -> int:
    text = "" if value is None else str(value)
    return int(text) if text.isascii() and text.isdigit() else 0
