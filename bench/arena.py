"""The servers of a race and the table: every contestant meets the same rows, a quiet disk and an empty binary log.

A pristine copy of each table stays beside; each fresh table is made from it, on replicas likewise. The filling is not
logged, for it is nobody's work. Contestants come as a user of their own, so that the server counts their bytes apart.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pymysql
from pymysql.connections import Connection

from bench.tables import ALTER, COLUMN, Table
from ghostshift.demo.workload import Workload
from ghostshift.sandbox import Sandbox, Server
from ghostshift.sandbox.replication import follow

DATABASE = "bench"
PRISTINE = "bench_pristine"
TABLE = "sbtest1"
BEAT = "beat"
RACER = "racer"

_DIRTY_PAGES = 200
_SETTLE_SECONDS = 30.0


def settings(flavor: str, *, relaxed: bool) -> dict[str, str]:
    """Realistic but small; commits are on disk before they are acknowledged unless `relaxed`."""
    log = {"innodb_redo_log_capacity": "1G"} if flavor == "mysql" else {"innodb_log_file_size": "1G", "userstat": "1"}
    return {
        "innodb_buffer_pool_size": "1G",
        "innodb_flush_log_at_trx_commit": "2" if relaxed else "1",
        "sync_binlog": "0" if relaxed else "1",
        **log,
    }


class Arena:
    """A primary, perhaps with replicas, and the table of the scenario that is being raced."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.server = sandbox.primary
        self.replicas = sandbox.replicas
        self.password = secrets.token_urlsafe(18)
        self.table: Table | None = None
        self.rows = 0
        self._wait = threading.Event()
        for server in sandbox.servers:
            with _unlogged(server) as connection:
                connection.query(f"CREATE DATABASE {PRISTINE}")
                connection.query(f"CREATE USER '{RACER}'@'%' IDENTIFIED BY '{self.password}'")
                connection.query(f"GRANT ALL PRIVILEGES ON *.* TO '{RACER}'@'%' WITH GRANT OPTION")

    def connect(self, database: str | None = DATABASE) -> Connection:
        """A connection of the bench itself."""
        connection: Connection = self.server.connect(database=database)
        return connection

    def connect_racer(self) -> Connection:
        """A connection of a contestant."""
        connection: Connection = self.server.connect(database=DATABASE, user=RACER, password=self.password)
        return connection

    def fresh(self, table: Table, rows: int) -> None:
        """The table anew, whatever the last contestant left; then wait until no server has anything left to write."""
        self.table, self.rows = table, rows
        for server in (self.server, *self.replicas):
            with _unlogged(server) as connection:
                _end_strangers(connection)
                if server is not self.server:
                    _leave(connection, server.flavor)
                connection.query(f"DROP DATABASE IF EXISTS {DATABASE}")
                connection.query(f"CREATE DATABASE {DATABASE}")
                self._copy(connection, server, table, rows)
                connection.query("RESET BINARY LOGS AND GTIDS" if server.flavor == "mysql" else "RESET MASTER")
        for replica in self.replicas:
            follow(replica, self.server)
        for server in (self.server, *self.replicas):
            with _unlogged(server) as connection:
                self._settle(connection)

    @contextlib.contextmanager
    def varied(self, variables: Iterable[tuple[str, str]]) -> Iterator[None]:
        """Global variables of the primary are these meanwhile, and afterwards what they were."""
        with self.connect(None) as connection, connection.cursor() as cursor:
            before: list[tuple[str, Any]] = []
            try:
                for name, value in variables:
                    cursor.execute(f"SELECT @@GLOBAL.{name}")
                    before.append((name, (cursor.fetchone() or ("",))[0]))
                    cursor.execute(f"SET GLOBAL {name} = %s", (value,))
                yield
            finally:
                for name, value in before:
                    cursor.execute(f"SET GLOBAL {name} = %s", (value,))

    def migrated(self) -> bool:
        """Whether the table has its new column."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"SHOW COLUMNS FROM {TABLE} LIKE '{COLUMN}'")
            return cursor.fetchone() is not None

    def facts(self) -> dict[str, Any]:
        """The server and the machine, for the record."""
        names = (*settings(self.server.flavor, relaxed=False), "binlog_row_image", "innodb_flush_method")
        with self.connect(None) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            found = cursor.fetchone()
            cursor.execute("SHOW GLOBAL VARIABLES WHERE Variable_name IN %s", (names,))
            variables = {str(name): str(value) for name, value in cursor.fetchall()}
        return {
            "server": f"{self.server.flavor} {found[0] if found else '?'}",
            "settings": variables,
            "alter": ALTER,
            "cpus": os.cpu_count(),
            "memory_mb": _memory_mb(),
            "load_before": os.getloadavg(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        }

    def _copy(self, connection: Connection, server: Server, table: Table, rows: int) -> None:
        """The table of this scenario, and one for the heartbeat; the pristine one is filled when it is first needed."""
        kept = f"{table.name}_{rows}"
        connection.select_db(PRISTINE)
        with connection.cursor() as cursor:
            if not cursor.execute(f"SHOW TABLES LIKE '{kept}'"):
                connection.query(table.create_sql(kept))
                writers = Workload(table.shape, lambda: server.connect(database=PRISTINE), kept)
                writers.fill(connection, rows)
        keys = ", ".join(f"`{name}`" for name in table.shape.key.columns)
        connection.query(f"CREATE TABLE {DATABASE}.{TABLE} LIKE {PRISTINE}.{kept}")
        connection.query(f"INSERT INTO {DATABASE}.{TABLE} SELECT * FROM {PRISTINE}.{kept} ORDER BY {keys}")
        connection.query(f"CREATE TABLE {DATABASE}.{BEAT} (id int PRIMARY KEY, at double NOT NULL)")
        connection.query(f"INSERT INTO {DATABASE}.{BEAT} VALUES (1, 0)")
        connection.commit()
        connection.query(f"ANALYZE NO_WRITE_TO_BINLOG TABLE {DATABASE}.{TABLE}")

    def _settle(self, connection: Connection) -> None:
        """Have the dirty pages written now, so that the next contestant does not pay for them."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@innodb_max_dirty_pages_pct")
            found = cursor.fetchone()
            cursor.execute("SET GLOBAL innodb_max_dirty_pages_pct = 0")
            for _ in range(int(_SETTLE_SECONDS / 0.2)):
                cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")
                if int(dict(cursor.fetchall()).get("Innodb_buffer_pool_pages_dirty", "0")) < _DIRTY_PAGES:
                    break
                self._wait.wait(0.2)
            cursor.execute("SET GLOBAL innodb_max_dirty_pages_pct = %s", (found[0] if found else 90,))


def _unlogged(server: Server) -> Connection:
    connection: Connection = server.connect()
    connection.query("SET SESSION sql_log_bin = 0")
    return connection


def _leave(connection: Connection, flavor: str) -> None:
    """The replica forgets whom it follows."""
    words = ("STOP REPLICA", "RESET REPLICA ALL") if flavor == "mysql" else ("STOP SLAVE", "RESET SLAVE ALL")
    for word in words:
        connection.query(word)


def _end_strangers(connection: Connection) -> None:
    """Sessions that a contestant left; others of ours are the replication's."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW PROCESSLIST")
        for number in [row[0] for row in cursor.fetchall() if row[1] == RACER]:
            try:
                cursor.execute(f"KILL {number}")
            except pymysql.MySQLError as error:
                if error.args[0] != 1094:  # gone by itself
                    raise


def _memory_mb() -> int:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"MemTotal:\s+(\d+)", text)
    return int(found[1]) // 1024 if found else 0
