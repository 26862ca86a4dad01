"""The server of a race and its table: every contestant meets the same rows, a quiet disk and an empty binary log.

A pristine copy stays beside; each fresh table is made from it. The filling is not logged, for it is nobody's work.
"""

from __future__ import annotations

import os
import platform
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pymysql
from pymysql.connections import Connection

from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload
from ghostshift.sandbox import Server

DATABASE = "bench"
PRISTINE = "bench_pristine"
TABLE = "sbtest1"
COLUMN = "extra"
ALTER = f"ADD COLUMN {COLUMN} int NOT NULL DEFAULT 0"

_DIRTY_PAGES = 200
_SETTLE_SECONDS = 30.0


def settings(flavor: str, *, relaxed: bool) -> dict[str, str]:
    """Realistic but small; commits are on disk before they are acknowledged unless `relaxed`."""
    log = {"innodb_redo_log_capacity": "1G"} if flavor == "mysql" else {"innodb_log_file_size": "1G"}
    return {
        "innodb_buffer_pool_size": "1G",
        "innodb_flush_log_at_trx_commit": "2" if relaxed else "1",
        "sync_binlog": "0" if relaxed else "1",
        **log,
    }


class Arena:
    """A running server with the pristine table."""

    def __init__(self, server: Server, rows: int) -> None:
        self.server = server
        self.rows = rows
        self._wait = threading.Event()
        with self.connect(None) as connection:
            for name in (PRISTINE, DATABASE):
                connection.query(f"DROP DATABASE IF EXISTS {name}")
                connection.query(f"CREATE DATABASE {name}")
            connection.select_db(PRISTINE)
            connection.query("SET SESSION sql_log_bin = 0")
            load = Workload(SHAPES["sysbench"], lambda: self.connect(PRISTINE), TABLE)
            load.create(connection)
            load.fill(connection, rows)

    def connect(self, database: str | None = DATABASE) -> Connection:
        """A connection of the bench itself."""
        connection: Connection = self.server.connect(database=database)
        return connection

    def fresh(self) -> None:
        """The table anew, whatever the last contestant left; then wait until the server has nothing left to write."""
        with self.connect(None) as connection:
            self._end_strangers(connection)
            connection.query(f"DROP DATABASE IF EXISTS {DATABASE}")
            connection.query(f"CREATE DATABASE {DATABASE}")
            connection.query("SET SESSION sql_log_bin = 0")
            connection.query(f"CREATE TABLE {DATABASE}.{TABLE} LIKE {PRISTINE}.{TABLE}")
            connection.query(f"INSERT INTO {DATABASE}.{TABLE} SELECT * FROM {PRISTINE}.{TABLE} ORDER BY id")
            connection.commit()
            connection.query(f"ANALYZE NO_WRITE_TO_BINLOG TABLE {DATABASE}.{TABLE}")
            connection.query("RESET BINARY LOGS AND GTIDS" if self.server.flavor == "mysql" else "RESET MASTER")
            self._settle(connection)

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
            "rows": self.rows,
            "alter": ALTER,
            "cpus": os.cpu_count(),
            "memory_mb": _memory_mb(),
            "load_before": os.getloadavg(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        }

    def _end_strangers(self, connection: Connection) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW PROCESSLIST")
            own = connection.thread_id()  # type: ignore[no-untyped-call]  # the stubs forgot it
            strangers = [row[0] for row in cursor.fetchall() if row[1] == self.server.user]
            for number in strangers:
                if number != own:
                    try:
                        cursor.execute(f"KILL {number}")
                    except pymysql.MySQLError as error:
                        if error.args[0] != 1094:  # gone by itself
                            raise

    def _settle(self, connection: Connection) -> None:
        """Have the dirty pages written now, so that the next contestant does not pay for them."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@innodb_max_dirty_pages_pct")
            found = cursor.fetchone()
            cursor.execute("SET GLOBAL innodb_max_dirty_pages_pct = 0")
            for _ in range(int(_SETTLE_SECONDS / 0.2)):
                if int(self._status(connection).get("Innodb_buffer_pool_pages_dirty", "0")) < _DIRTY_PAGES:
                    break
                self._wait.wait(0.2)
            cursor.execute("SET GLOBAL innodb_max_dirty_pages_pct = %s", (found[0] if found else 90,))

    def _status(self, connection: Connection) -> Mapping[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")
            return dict(cursor.fetchall())


def _memory_mb() -> int:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"MemTotal:\s+(\d+)", text)
    return int(found[1]) // 1024 if found else 0
