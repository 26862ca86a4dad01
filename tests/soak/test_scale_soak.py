"""Scale: many rows, many changed keys, much of other tables' binary log. Time per row and memory stay flat.

Sizes are set by GHOSTSHIFT_SOAK_ROWS (10 million; 100 million narrow rows are the same test at another size) and
GHOSTSHIFT_SOAK_KEYS (5 million); where the disk has no room for them a test is skipped, visibly. The real program in a
process of its own: its size is asked of the system. Ratios within one run are asserted, never seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builders.directing import numbers, run
from builders.program import Child, environment, words
from ghostshift.runtime.footprint import peak_bytes
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer

pytestmark = [pytest.mark.soak, pytest.mark.timeout(6 * 3600)]

ROWS = int(os.environ.get("GHOSTSHIFT_SOAK_ROWS", "10000000"))
KEYS = int(os.environ.get("GHOSTSHIFT_SOAK_KEYS", "5000000"))
NOISE_SECONDS = float(os.environ.get("GHOSTSHIFT_SOAK_NOISE_SECONDS", "60"))
PIECE = 1_000_000
ROW_BYTES = 400
"""Disk for a narrow row: in the table, the ghost, and three times in the binary log, and as much to spare."""
FLAT = 1.2
LARGEST = 120 << 20
"""Bytes of the process at the most, whatever the size of the table."""
SETTINGS = {
    "innodb_flush_log_at_trx_commit": "0",
    "sync_binlog": "0",
    "innodb_buffer_pool_size": "1G",
    "innodb_redo_log_capacity": "2G",
}
PATIENCE = 5 * 3600.0
"""Seconds for a migration: a test that hangs ends some day."""


def needs_disk(rows: int) -> None:
    free = shutil.disk_usage(Path.home()).free
    if free < rows * ROW_BYTES:
        pytest.skip(f"{rows:,} rows need {rows * ROW_BYTES >> 30} GiB of disk; {free >> 30} GiB are free")


def fill(server: TestServer, database: str, rows: int) -> None:
    run(server, database, "CREATE TABLE t (id bigint NOT NULL PRIMARY KEY, v int NOT NULL)")
    for first in range(0, rows, PIECE):
        count = min(PIECE, rows - first)
        run(server, database, f"INSERT INTO t SELECT n + {first}, n FROM ({numbers(count)}) many")


class Watched:
    """Looks at a running program until it ends: rows copied and memory, over time."""

    def __init__(self, child: Child, server: TestServer, database: str, rows: int) -> None:
        self.moments: list[tuple[float, int]] = []
        self.sizes: list[int] = []
        pause = threading.Event()
        end = time.monotonic() + PATIENCE
        place = f"SELECT COALESCE(MAX(id), 0) FROM {database}._t_gho"
        while child.process.poll() is None:
            assert time.monotonic() < end, child.said()
            copied = rows
            if not self.moments or self.moments[-1][1] < rows:
                try:
                    copied = int(server.execute(place)[0][0])
                except Exception:  # noqa: BLE001 - the ghost is not there yet, or has become the table
                    copied = rows if self.moments else 0
            if copied and (not self.moments or copied > self.moments[-1][1]):
                self.moments.append((time.monotonic(), copied))
            if child.process.poll() is None:
                self.sizes.append(peak_bytes(child.process.pid))
            pause.wait(0.1)
        assert child.process.returncode == 0, child.said()

    def pace(self, first: float, last: float, rows: int) -> float:
        """Seconds per row between two shares of the copy."""
        inside = [moment for moment in self.moments if first * rows <= moment[1] <= last * rows]
        (begin, some), (end, more) = inside[0], inside[-1]
        return (end - begin) / max(1, more - some)


def test_the_last_tenth_of_many_rows_is_copied_as_fast_as_the_first_in_the_same_memory(
    special_server: MakeServer, tmp_path: Path
) -> None:
    needs_disk(ROWS)
    server = special_server("mysql", settings=SETTINGS)
    database = server.fresh_database()
    fill(server, database, ROWS)
    line = words(server, database, execute=True, no_verify=True)
    with Child(line, tmp_path, environment(server.password)) as child:
        watched = Watched(child, server, database, ROWS)
    tenths = [watched.pace(n / 10, (n + 1) / 10, ROWS) * 1e6 for n in range(10)]
    shown = json.dumps({"seconds per million rows": tenths, "MiB": max(watched.sizes) >> 20})
    print(shown)  # noqa: T201 - the figures are what it is run for
    assert max(watched.sizes) < LARGEST, shown
    assert statistics.mean(tenths[-2:]) < FLAT * max(tenths[0], statistics.median(tenths)), shown
    assert server.execute("SELECT COUNT(*), SUM(added = 7) FROM t", db=database) == ((ROWS, ROWS),)


def test_millions_of_changed_keys_are_owed_in_bounded_memory_and_all_are_applied(
    special_server: MakeServer, tmp_path: Path
) -> None:
    needs_disk(2 * KEYS)
    server = special_server("mysql", settings=SETTINGS)
    database = server.fresh_database()
    fill(server, database, KEYS)
    postpone, throttle = tmp_path / "postpone", tmp_path / "throttle"
    postpone.touch()
    line = words(server, database, execute=True, postpone_cut_over_flag_file=postpone, throttle_flag_file=throttle)
    with Child(line, tmp_path, environment(server.password)) as child:
        child.until_says("postponing", PATIENCE)
        throttle.touch()
        threading.Event().wait(2.0)  # it looks for the file every tenth of a second
        for first in range(0, KEYS, PIECE):
            run(server, database, f"UPDATE t SET v = -v WHERE id > {first} AND id <= {first + PIECE}")
        throttle.unlink()
        postpone.unlink()
        watched = Watched(child, server, database, 1)
        print(f"{max(watched.sizes) >> 20} MiB with {KEYS:,} keys owed")  # noqa: T201 - as above
    assert max(watched.sizes) < LARGEST
    assert server.execute("SELECT COUNT(*), SUM(v < 0) FROM t", db=database) == ((KEYS, KEYS),)


@contextmanager
def noise(server: TestServer, database: str) -> Iterator[list[int]]:
    """Another table's rows into the binary log, as fast as it takes them; yields the bytes that were written."""
    stop, written = threading.Event(), [0]
    run(
        server,
        database,
        "CREATE TABLE noise (id int NOT NULL PRIMARY KEY, v longblob NOT NULL)",
        *(f"INSERT INTO noise VALUES ({n}, REPEAT('n', 4000000))" for n in range(4)),
    )

    def write(number: int) -> None:
        while not stop.is_set():
            run(server, database, f"UPDATE noise SET v = REPEAT(CHAR(65 + RAND() * 25), 4000000) WHERE id = {number}")
            written[0] += 8_000_000

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield written
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_flood_of_other_tables_binary_log_is_followed_and_the_migration_ends(
    special_server: MakeServer, tmp_path: Path
) -> None:
    server = special_server("mysql", settings={**SETTINGS, "max_binlog_size": "268435456"})
    database = server.fresh_database()
    fill(server, database, 200_000)
    postpone = tmp_path / "postpone"
    postpone.touch()
    line = words(server, database, execute=True, postpone_cut_over_flag_file=postpone)
    with noise(server, database) as written, Child(line, tmp_path, environment(server.password)) as child:
        child.until_says("postponing", PATIENCE)
        begin, before = time.monotonic(), written[0]
        while time.monotonic() < begin + NOISE_SECONDS:
            server.execute("UPDATE t SET v = v + 1 WHERE id % 1000 = 7", db=database)
            threading.Event().wait(0.5)
            server.execute("PURGE BINARY LOGS BEFORE NOW() - INTERVAL 60 SECOND")
        rate = (written[0] - before) / (time.monotonic() - begin)
        postpone.unlink()
        ended = child.end(PATIENCE)
        print(f"{rate / 1e6:.0f} MB/s of other tables' binary log")  # noqa: T201 - as above
    assert ended.code == 0, ended.said
    assert server.execute("SELECT COUNT(*) FROM t WHERE added = 7", db=database) == ((200_000,),)
