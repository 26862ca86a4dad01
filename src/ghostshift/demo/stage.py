"""The parts of a demo, each of which cleans up behind itself: a filled table, the migrating child, the witness.

`ghostshift migrate` runs as a child process with the terminal to itself, as a person would run it. The password goes to
it through the environment only. Whatever happens, no child and no server may outlive the block that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pymysql
from pymysql.connections import Connection

from ghostshift.demo.operations import LIVELY
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload
from ghostshift.demo.writers import Connect, errno_of
from ghostshift.sandbox import Server

DATABASE = "demo"
TABLE = "orders"
COLUMN = "migrated"
ALTER = f"ADD COLUMN {COLUMN} varchar(20) NOT NULL DEFAULT 'by ghostshift', MODIFY k bigint NOT NULL DEFAULT 0"
_UNKNOWN_COLUMN = 1054


def server_settings(flavor: str) -> dict[str, str]:
    """What a small real server has: room for the table, and every commit on disk."""
    log = {"innodb_redo_log_capacity": "512M"} if flavor == "mysql" else {"innodb_log_file_size": "256M"}
    return {
        "innodb_buffer_pool_size": "512M",
        "innodb_flush_log_at_trx_commit": "1",
        "sync_binlog": "1",
        **log,
    }


def connector(server: Server) -> Connect:
    """Connections of the application to the demo's database."""
    return lambda: server.connect(database=DATABASE, init_command="SET SESSION innodb_lock_wait_timeout = 10")


def filled_load(server: Server, rows: int, writers: int, seed: int | None, rate: float | None) -> Workload:
    """A database with a filled table, and the writers for it, not yet started."""
    connection: Connection = server.connect(database=None)
    try:
        connection.query(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        connection.select_db(DATABASE)
        connection.query("SET SESSION sql_log_bin = 0")  # nobody replicates the filling, and logging takes its time
        load = Workload(
            SHAPES["sysbench"], connector(server), TABLE, writers=writers, seed=seed, rate=rate, weights=LIVELY
        )
        load.create(connection)
        load.fill(connection, rows)
    finally:
        connection.close()
    return load


class Witness:
    """A reader that asks for the new column until it is there: what it waits behind the cut-over's lock is exact."""

    def __init__(self, connect: Connect) -> None:
        self.seen_at: float | None = None
        self._connect = connect
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="witness", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(15.0)

    def _watch(self) -> None:
        connection: Connection | None = None
        while not self._stop.wait(0.02):
            try:
                connection = connection or self._connect()
                connection.query(f"SELECT {COLUMN} FROM {TABLE} LIMIT 0")
            except (pymysql.MySQLError, OSError) as error:
                if errno_of(error) != _UNKNOWN_COLUMN:
                    connection = None  # a broken connection: the writers will tell what is wrong
                continue
            self.seen_at = time.monotonic()
            break
        if connection is not None:
            with contextlib.suppress(pymysql.MySQLError, OSError):
                connection.close()


def migrate_command(server: Server, report_file: Path, more: Sequence[str] = ()) -> list[str]:
    """The command line of the migration, without its password."""
    return [
        *program(),
        "migrate",
        f"--host={server.host}",
        f"--port={server.port}",
        f"--user={server.user}",
        f"--database={DATABASE}",
        f"--table={TABLE}",
        f"--alter={ALTER}",
        "--allow-on-master",
        f"--report-file={report_file}",
        f"--serve-socket-file={report_file.with_suffix('.sock')}",
        "--execute",
        *more,
    ]


def program() -> list[str]:
    """How to start this very program."""
    script = Path(sys.executable).with_name("ghostshift")
    if script.exists():
        return [str(script)]
    return [sys.executable, "-c", "import sys; from ghostshift.cli import main; sys.exit(main())"]


@contextlib.contextmanager
def child(command: Sequence[str], password: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the migration; at the end of the block it is gone, asked first and then killed."""
    environment = {**os.environ, "GHOSTSHIFT_PASSWORD": password}
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own program, no shell
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def read_report(path: Path) -> Mapping[str, Any]:
    """What the migration wrote about itself; empty where it wrote nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
