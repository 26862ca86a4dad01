"""Reads tables, variables, role and grants into model values. Only SELECT and SHOW: it touches nothing.

Names are compared exactly, never by LIKE, whose wildcards would find neighbours (gh-ost-behaviour 13.1).
"""

from __future__ import annotations

import re

from ghostshift.model.errors import Refused, ServerError
from ghostshift.model.names import TableName
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.model.server import Filters, ServerFacts, ServerIdentity
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.grants import read_grants
from ghostshift.mysql.replication import read_channels, read_log_filters
from ghostshift.mysql.session import Row, Session
from ghostshift.sql.literals import text_literal

_VARIABLES = (
    "binlog_checksum",
    "binlog_format",
    "binlog_order_commits",
    "binlog_row_image",
    "enforce_gtid_consistency",
    "extra_port",
    "gtid_mode",
    "gtid_slave_pos",
    "gtid_strict_mode",
    "hostname",
    "innodb_autoinc_lock_mode",
    "innodb_log_writer_threads",
    "innodb_native_foreign_keys",
    "log_bin",
    "log_replica_updates",
    "log_slave_updates",
    "lower_case_table_names",
    "max_allowed_packet",
    "port",
    "read_only",
    "replica_parallel_workers",
    "replica_preserve_commit_order",
    "server_id",
    "server_uuid",
    "slave_parallel_threads",
    "slave_parallel_workers",
    "slave_preserve_commit_order",
    "sql_mode",
    "super_read_only",
    "time_zone",
)


def read_dialect(session: Session) -> Dialect:
    """The server's flavour and version."""
    version, comment = session.one("SELECT VERSION(), @@version_comment")
    return Dialect.of(str(version), str(comment))


def read_identity(session: Session, dialect: Dialect) -> ServerIdentity:
    """Who answers behind this connection. Asked of every session: a SHOW would look at all variables each time."""
    names = ("server_id", "hostname", "port", *(() if dialect.mariadb else ("server_uuid",)))
    row = session.one(f"SELECT {', '.join(f'@@GLOBAL.{name}' for name in names)}")
    found = dict(zip(names, map(_text, row), strict=True))
    return ServerIdentity(
        server_id=found["server_id"], uuid=found.get("server_uuid", ""), host=found["hostname"], port=found["port"]
    )


def read_facts(session: Session, dialect: Dialect, schema: str) -> ServerFacts:
    """All that the checks want to know of the server."""
    grants = read_grants(session, dialect, schema)
    reading = grants.missing_for_reading()
    channels = read_channels(session, dialect)
    unseen = ("REPLICA MONITOR" if dialect.mariadb else "REPLICATION CLIENT",) if channels is None else ()
    return ServerFacts(
        identity=read_identity(session, dialect),
        version=dialect.text,
        flavor=dialect.name,
        renames_under_lock=dialect.renames_under_lock,
        supported=dialect.supported,
        variables=_variables(session),
        channels=channels or (),
        log_filters=Filters() if reading else read_log_filters(session, dialect),
        missing_grants=tuple(dict.fromkeys((*grants.missing(), *unseen))),
        reading_grants=tuple(dict.fromkeys((*reading, *unseen))),
        losing_grants=grants.missing_for_losses(restricted=not dialect.mariadb and dialect.version >= (8, 0, 0)),
        may_write_anyway=grants.may_write_anyway,
        may_stop_replication=grants.may_stop_replication,
        user=str(session.one("SELECT CURRENT_USER()")[0]),
        prepared_xa=read_prepared(session),
    )


def read_prepared(session: Session) -> tuple[bytes, ...] | None:
    """XA transactions that are prepared now, as (format, gtrid, bqual) text; None where we may not ask."""
    try:
        rows = session.query("XA RECOVER")
    except ServerError:
        return None  # MySQL 8 wants XA_RECOVER_ADMIN; the stream then finds out by itself (invariant 9)
    return tuple(row[3] if isinstance(row[3], bytes) else str(row[3]).encode() for row in rows)


def table_exists(session: Session, name: TableName) -> bool:
    """Whether a table or view of exactly this name exists."""
    return bool(session.query(f"SELECT 1 FROM information_schema.tables WHERE {_is_table(name)}"))


def table_comment(session: Session, name: TableName) -> str:
    """The comment of a table; empty where there is no such table."""
    rows = session.query(f"SELECT table_comment FROM information_schema.tables WHERE {_is_table(name)}")
    return str(rows[0][0]) if rows else ""


def read_table(session: Session, dialect: Dialect, name: TableName, *, foreign_keys: bool = True) -> Table:
    """The table as it is now, perhaps without a look for foreign keys. Raises Refused where there is none."""
    if not dialect.mariadb and dialect.version >= (8, 0, 0):
        # Else row counts and AUTO_INCREMENT may be a day old.
        session.execute("SET SESSION information_schema_stats_expiry = 0")
    rows = session.query(
        "SELECT table_schema, table_name, table_type, engine, table_rows, avg_row_length, auto_increment, "
        f"table_comment FROM information_schema.tables WHERE {_is_table(name)}"
    )
    if not rows:
        raise Refused("no-such-table", f"there is no table {name} on this server")
    schema, table, kind, engine, count, length, auto, comment = rows[0]
    actual = TableName(str(schema), str(table))
    return Table(
        name=actual,
        columns=_columns(session, actual, dialect),
        unique_keys=_unique_keys(session, actual),
        engine=str(engine or ""),
        kind="BASE TABLE" if str(kind) == "SYSTEM VERSIONED" else str(kind),
        rows_estimate=int(count or 0),
        row_bytes=int(length or 0),
        auto_increment=int(auto or 0),
        triggers=_texts(
            session,
            "SELECT trigger_name FROM information_schema.triggers WHERE "
            f"event_object_schema = {text_literal(actual.schema)} "
            f"AND event_object_table = {text_literal(actual.table)}",
        ),
        **(_foreign_keys(session, actual) if foreign_keys else {}),
        views=_texts(
            session,
            "SELECT table_name FROM information_schema.views WHERE table_schema = "
            f"{text_literal(actual.schema)} AND LOCATE({text_literal(actual.table)}, view_definition) > 0",
        ),
        versioned=str(kind) == "SYSTEM VERSIONED",
        hidden_columns=_hidden_columns(session, actual),
        periods=dialect.mariadb and _has_period(session, actual),
        elsewhere=_is_elsewhere(session, actual),
        comment=str(comment or ""),
        mariadb=dialect.mariadb,
    )


def _foreign_keys(session: Session, name: TableName) -> dict[str, tuple[str, ...]]:
    """The fields of a table that are about foreign keys."""
    ours = session.query(
        "SELECT constraint_name, delete_rule, update_rule FROM information_schema.referential_constraints "
        f"WHERE constraint_schema = {text_literal(name.schema)} AND table_name = {text_literal(name.table)}"
    )
    passive = {"RESTRICT", "NO ACTION"}
    return {
        "children": _texts(
            session,
            "SELECT CONCAT(constraint_schema, '.', table_name, '.', constraint_name) "
            f"FROM information_schema.referential_constraints WHERE unique_constraint_schema = "
            f"{text_literal(name.schema)} AND referenced_table_name = {text_literal(name.table)}",
        ),
        "parents": tuple(_text(row[0]) for row in ours),
        "cascades": tuple(_text(row[0]) for row in ours if not {_text(row[1]), _text(row[2])} <= passive),
    }


def read_auto_increment(session: Session, name: TableName) -> int:
    """The next AUTO_INCREMENT value from the table's own definition, 0 where it has none."""
    options = read_create(session, name).rsplit("\n)", 1)[-1]
    match = re.search(r"\bAUTO_INCREMENT=(\d+)", options)
    return int(match[1]) if match else 0


def read_create(session: Session, name: TableName) -> str:
    """The table's CREATE TABLE statement, for reading: MariaDB 10 puts a binary default's bytes there as they are."""
    rows = session.query_bytes(f"SHOW CREATE TABLE {name.sql}")
    return _text(rows[0][1])


def _hidden_columns(session: Session, name: TableName) -> int:
    """MariaDB adds one to the row images for each unique key over a long column, which it keeps as a hash."""
    rows = session.query(
        "SELECT COUNT(DISTINCT index_name) FROM information_schema.statistics "
        f"WHERE {_is_table(name)} AND index_type = 'HASH' AND non_unique = 0"
    )
    return int(rows[0][0])


def _has_period(session: Session, name: TableName) -> bool:
    return re.search(r"^\s*PERIOD FOR (?!SYSTEM_TIME)", read_create(session, name), re.MULTILINE) is not None


def _is_elsewhere(session: Session, name: TableName) -> bool:
    """Whether the table, or one of its partitions, names a folder for its file."""
    created = read_create(session, name)
    return " DATA DIRECTORY" in created.rsplit("\n)", 1)[-1]


def _columns(session: Session, name: TableName, dialect: Dialect) -> tuple[Column, ...]:
    rows = session.query(
        "SELECT column_name, data_type, column_type, is_nullable, character_set_name, collation_name, "
        "character_maximum_length, character_octet_length, numeric_precision, numeric_scale, datetime_precision, "
        f"extra, generation_expression, column_default FROM information_schema.columns WHERE {_is_table(name)} "
        "ORDER BY ordinal_position"
    )
    # MySQL says nothing where the default is NULL, MariaDB says NULL, and puts texts into quotes.
    null = "NULL" if dialect.mariadb else None
    return tuple(_column(ordinal, row, null) for ordinal, row in enumerate(rows))


def _column(ordinal: int, row: Row, null: str | None) -> Column:
    (
        name,
        data_type,
        column_type,
        nullable,
        charset,
        collation,
        chars,
        octets,
        precision,
        scale,
        fraction,
        extra,
        made,
        default,
    ) = row
    extras = str(extra or "").lower()
    generated = ""
    if re.search(r"\bvirtual\b", extras):
        generated = "virtual"
    elif re.search(r"\b(stored|persistent) generated\b|^(stored|persistent)\b", extras):
        generated = "stored"
    return Column(
        name=str(name),
        ordinal=ordinal,
        data_type=_text(data_type).lower(),
        column_type=_text(column_type),
        nullable=nullable == "YES",
        charset=str(charset or ""),
        collation=str(collation or ""),
        characters=int(chars or 0),
        octets=int(octets or 0),
        precision=int(precision or 0),
        scale=int(scale or 0),
        fraction=int(fraction or 0),
        generated=generated,
        expression=_text(made or "") if generated else "",
        auto_increment="auto_increment" in extras,
        defaultless=default is None and nullable == "NO" and not generated and "auto_increment" not in extras,
        null_by_default=nullable == "YES" and not generated and (None if default is None else _text(default)) == null,
    )


def _unique_keys(session: Session, name: TableName) -> tuple[UniqueKey, ...]:
    """Unique indexes, the primary key first, the others in the server's own order."""
    rows = session.query(f"SHOW INDEX FROM {name.sql}")
    names = _labels(session)
    keys: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        entry = dict(zip(names, row, strict=True))
        if str(entry["non_unique"]) == "0":
            keys.setdefault(str(entry["key_name"]), []).append(entry)
    found = [_unique_key(index, parts) for index, parts in keys.items()]
    return tuple(sorted(found, key=lambda key: not key.primary))


def _unique_key(index: str, parts: list[dict[str, object]]) -> UniqueKey:
    parts.sort(key=lambda part: int(str(part["seq_in_index"])))
    functional = any(part["column_name"] is None for part in parts)
    return UniqueKey(
        name=index,
        columns=() if functional else tuple(str(part["column_name"]) for part in parts),
        nullable=any(part["null"] == "YES" for part in parts),
        # MariaDB's unique keys over long columns are hashes: they order nothing.
        prefixed=any(part["sub_part"] is not None or part["index_type"] == "HASH" for part in parts),
        functional=functional,
        parts=_parts(parts) if functional or any(part["sub_part"] is not None for part in parts) else (),
        visible=all(part.get("visible", "YES") != "NO" and part.get("ignored", "NO") != "YES" for part in parts),
    )


def _parts(parts: list[dict[str, object]]) -> tuple[str, ...]:
    return tuple(f"{part['column_name']}|{part['sub_part']}|{part.get('expression')}" for part in parts)


def _labels(session: Session) -> list[str]:
    return [name.lower() for name in session.labels()]


def _variables(session: Session) -> dict[str, str]:
    names = ", ".join(text_literal(name) for name in _VARIABLES)
    rows = session.query(f"SHOW GLOBAL VARIABLES WHERE variable_name IN ({names})")
    return {str(name).lower(): str(value) for name, value in rows}


def _is_table(name: TableName) -> str:
    return f"table_schema = {text_literal(name.schema)} AND table_name = {text_literal(name.table)}"


def _texts(session: Session, statement: str) -> tuple[str, ...]:
    return tuple(_text(row[0]) for row in session.query(statement))


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
