"""Scale: many rows, many changed keys, much of other tables' binary log. What a row costs and memory stay flat.

Sizes are set by GHOSTSHIFT_SOAK_ROWS (10 million; 100 million narrow rows are the same test at another size),
GHOSTSHIFT_SOAK_INDEXED (2 million rows with a secondary index) and GHOSTSHIFT_SOAK_KEYS (5 million); where the disk has
no room for them a test is skipped, visibly. The real program in a process of its own: its size is asked of the system.

What is asserted is the server's CPU per row, as ratios within one run: seconds are also those of whoever else is busy,
and of a machine that stood still. What was measured so, and what it means, is in docs/howto/large-tables.md.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest

from builders.directing import numbers, run
from builders.program import Child, environment, words
from ghostshift.runtime.footprint import peak_bytes
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer

pytestmark = [pytest.mark.soak, pytest.mark.timeout(6 * 3600)]

ROWS = int(os.environ.get("GHOSTSHIFT_SOAK_ROWS", "10000000"))
INDEXED = int(os.environ.get("GHOSTSHIFT_SOAK_INDEXED", "2000000"))
KEYS = int(os.environ.get("GHOSTSHIFT_SOAK_KEYS", "5000000"))
NOISE_SECONDS = float(os.environ.get("GHOSTSHIFT_SOAK_NOISE_SECONDS", "60"))
PIECE = 1_000_000
NARROW_BYTES = 150
WIDE_BYTES = 1200
"""Disk for a row: in the table, the ghost and the binary log, and as much to spare."""
FLAT = 1.2
LARGEST = 120 << 20
"""Bytes of the process at the most, whatever the size of the table."""
SETTLED = 16 << 20
"""Bytes by which the process may grow after the first tenth of the copy: the allocator's, not the table's."""
SETTINGS = {
    "innodb_flush_log_at_trx_commit": "0",
    "sync_binlog": "0",
    "innodb_buffer_pool_size": "2G",
    "innodb_redo_log_capacity": "2G",
}
PATIENCE = 5 * 3600.0
"""Seconds for a migration: a test that hangs ends some day."""
TICKS = os.sysconf("SC_CLK_TCK")


def needs_disk(rows: int, each: int = NARROW_BYTES) -> None:
    free = shutil.disk_usage(Path.home()).free
    if free < rows * each:
        pytest.skip(f"{rows:,} rows need {rows * each >> 30} GiB of disk; {free >> 30} GiB are free")


def fill(server: TestServer, database: str, rows: int) -> None:
    run(server, database, "CREATE TABLE t (id bigint NOT NULL PRIMARY KEY, v int NOT NULL)")
    for first in range(0, rows, PIECE):
        count = min(PIECE, rows - first)
        run(server, database, f"INSERT INTO t SELECT n + {first}, n FROM ({numbers(count)}) many")


def fill_indexed(server: TestServer, database: str, rows: int) -> None:
    """Sysbench's table: 190 bytes a row, and an index of random numbers."""
    columns = "id int NOT NULL PRIMARY KEY, k int NOT NULL, c char(120) NOT NULL, pad char(60) NOT NULL"
    run(server, database, f"CREATE TABLE t ({columns})")
    for first in range(0, rows, PIECE):
        values = f"n + {first}, FLOOR(RAND() * {rows}), REPEAT('0123456789-', 10), REPEAT('abcdefghi-', 5)"
        many = numbers(min(PIECE, rows - first))
        run(server, database, f"INSERT INTO t SELECT {values} FROM ({many}) many")
    run(server, database, "ALTER TABLE t ADD KEY k (k)", "ANALYZE TABLE t")


def cpu(server: TestServer) -> float:
    """Seconds that the server has had of the processors."""
    fields = Path(f"/proc/{server.server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@dataclass(frozen=True)
class Moment:
    """One look at a copy that goes on."""

    seconds: float
    cpu: float
    rows: int
    size: int


class Course:
    """What a copy cost, over its rows; looks again and again until `over`."""

    def __init__(
        self, server: TestServer, database: str, progress: str, over: Callable[[], bool], child: Child | None = None
    ) -> None:
        self.moments: list[Moment] = []
        pause, end, connection = threading.Event(), time.monotonic() + PATIENCE, server.connect(database)
        while not over():
            assert time.monotonic() < end, child and child.said()
            try:
                with connection.cursor() as cursor:
                    cursor.execute(progress)
                    rows = int((cursor.fetchall() or ((0,),))[0][0] or 0)
            except pymysql.Error:  # the ghost is not there yet, or has become the table
                rows = 0
            if rows and (not self.moments or rows > self.moments[-1].rows):
                size = peak_bytes(child.process.pid) if child else 0
                self.moments.append(Moment(time.monotonic(), cpu(server), rows, size))
            pause.wait(0.2)

    def tenths(self) -> list[float]:
        """The server's CPU seconds per million rows, for each tenth of the copy."""
        return self._tenths(lambda moment: moment.cpu)

    def walls(self) -> list[float]:
        """Seconds per million rows: for a person to read."""
        return self._tenths(lambda moment: moment.seconds)

    def _tenths(self, of: Callable[[Moment], float]) -> list[float]:
        first, last = self.moments[0].rows, self.moments[-1].rows
        edges = [min(self.moments, key=lambda one: abs(one.rows - first - n * (last - first) / 10)) for n in range(11)]
        pairs = itertools.pairwise(edges)
        return [round((of(end) - of(begin)) / max(1, end.rows - begin.rows) * 1e6, 2) for begin, end in pairs]

    def growth(self) -> float:
        """How many times as much a row costs at the end as at first."""
        tenths = self.tenths()
        return statistics.mean(tenths[-3:]) / statistics.mean(tenths[:3])

    def swelling(self) -> int:
        """Bytes by which the process has grown since the first tenth."""
        early = next(one for one in self.moments if one.rows >= self.moments[-1].rows / 10)
        return self.moments[-1].size - early.size


OURS = "SELECT MAX(id) FROM _t_gho"
THEIRS = (
    "SELECT MAX(WORK_COMPLETED) FROM performance_schema.events_stages_current WHERE EVENT_NAME LIKE '%copy to tmp%'"
)
STAGES = (
    "UPDATE performance_schema.setup_instruments SET ENABLED = 'YES' WHERE NAME LIKE 'stage/sql/copy to%'",
    "UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME LIKE 'events_stages%'",
)


def migrated(server: TestServer, database: str, folder: Path) -> Course:
    """The whole program, without comparing, and what it cost."""
    line = words(server, database, execute=True, no_verify=True)
    with Child(line, folder, environment(server.password)) as child:
        course = Course(server, database, OURS, lambda: child.process.poll() is not None, child)
        ended = child.end(PATIENCE)
    assert ended.code == 0, ended.said
    return course


def shown(**courses: Course) -> str:
    """The figures, which are what it is run for."""
    told = {
        name: {
            "server's CPU seconds per million rows": course.tenths(),
            "seconds per million rows": course.walls(),
            "MiB": max(one.size for one in course.moments) >> 20,
        }
        for name, course in courses.items()
    }
    print(json.dumps(told))  # noqa: T201 - as it says
    return json.dumps(told)


def test_the_last_rows_of_many_cost_what_the_first_did_in_the_same_memory(
    special_server: MakeServer, tmp_path: Path
) -> None:
    needs_disk(ROWS)
    server = special_server("mysql", settings=SETTINGS)
    database = server.fresh_database()
    fill(server, database, ROWS)
    course = migrated(server, database, tmp_path)
    told = shown(ours=course)
    assert max(one.size for one in course.moments) < LARGEST, told
    assert course.swelling() < SETTLED, told
    assert course.growth() < FLAT, told
    assert server.execute("SELECT COUNT(*), SUM(added = 7) FROM t", db=database) == ((ROWS, ROWS),)


def test_a_secondary_index_makes_later_rows_dearer_only_as_it_does_for_the_servers_own_alter(
    special_server: MakeServer, tmp_path: Path
) -> None:
    needs_disk(INDEXED, WIDE_BYTES)
    server = special_server("mysql", settings=SETTINGS)
    database = server.fresh_database()
    fill_indexed(server, database, INDEXED)
    ours = migrated(server, database, tmp_path)
    run(server, database, *STAGES)
    copying = "ALTER TABLE t ADD COLUMN other int NOT NULL DEFAULT 7, ALGORITHM = COPY"
    altering = threading.Thread(target=run, args=(server, database, copying))
    altering.start()
    theirs = Course(server, database, THEIRS, lambda: not altering.is_alive())
    altering.join()
    told = shown(ours=ours, theirs=theirs)
    assert max(one.size for one in ours.moments) < LARGEST, told
    assert ours.growth() < FLAT * max(1.0, theirs.growth()), told
    assert server.execute("SELECT COUNT(*), SUM(added = 7) FROM t", db=database) == ((INDEXED, INDEXED),)


def most_owed(said: str) -> int:
    """The longest backlog that a status line told of."""
    return max((int(found) for found in re.findall(r"Backlog: (\d+)/", said)), default=0)


def worst_lag(said: str) -> float:
    """Seconds by which the reader was behind, at the most, where the copy was over."""
    lines = (line for line in said.splitlines() if "State: postponing" in line)
    return max((float(found) for line in lines for found in re.findall(r" Lag: ([\d.]+)s", line)), default=0.0)


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
        size, pause = 0, threading.Event()
        while child.process.poll() is None:
            size = max(size, peak_bytes(child.process.pid))
            pause.wait(0.1)
        ended = child.end(PATIENCE)
        print(f"{size >> 20} MiB with {most_owed(ended.said):,} keys owed")  # noqa: T201 - as above
    assert ended.code == 0, ended.said
    assert size < LARGEST
    assert most_owed(ended.said) > KEYS * 0.9
    assert server.execute("SELECT COUNT(*), SUM(v < 0) FROM t", db=database) == ((KEYS, KEYS),)


@contextmanager
def noise(server: TestServer, database: str) -> Iterator[None]:
    """Another table's rows into the binary log, as fast as it takes them.

    A number changes, and the log gets the blob beside it twice: it is the log that is to be written, not the table.
    """
    stop = threading.Event()
    run(
        server,
        database,
        "CREATE TABLE noise (id int NOT NULL PRIMARY KEY, n int NOT NULL, v longblob NOT NULL)",
        *(f"INSERT INTO noise VALUES ({n}, 0, REPEAT('n', 4000000))" for n in range(4)),
    )

    def write(number: int) -> None:
        with server.connect(database) as connection, connection.cursor() as cursor:
            connection.autocommit(True)
            while not stop.is_set():
                cursor.execute(f"UPDATE noise SET n = n + 1 WHERE id = {number}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def flooded(server: TestServer, database: str) -> float:
    """Bytes of other tables' binary log, a second, while a little of `t` changes."""
    begin, before = time.monotonic(), changes(server, database)
    while time.monotonic() < begin + NOISE_SECONDS:
        server.execute("UPDATE t SET v = v + 1 WHERE id % 1000 = 7", db=database)
        threading.Event().wait(0.5)
        server.execute("PURGE BINARY LOGS BEFORE NOW() - INTERVAL 20 SECOND")
    return (changes(server, database) - before) * 8e6 / (time.monotonic() - begin)


def changes(server: TestServer, database: str) -> int:
    return int(server.execute("SELECT SUM(n) FROM noise", db=database)[0][0])


def test_a_flood_of_other_tables_binary_log_is_followed_and_the_migration_ends(
    special_server: MakeServer, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "max_binlog_size": "268435456", "binlog_cache_size": "16777216"}
    server = special_server("mysql", settings=settings)
    database = server.fresh_database()
    fill(server, database, 200_000)
    postpone = tmp_path / "postpone"
    postpone.touch()
    line = words(server, database, execute=True, postpone_cut_over_flag_file=postpone)
    with noise(server, database), Child(line, tmp_path, environment(server.password)) as child:
        child.until_says("postponing", PATIENCE)
        rate = flooded(server, database)
        postpone.unlink()
        ended = child.end(PATIENCE)
    print(f"{rate / 1e6:.0f} MB/s of other tables' binary log, {worst_lag(ended.said):.2f} s behind")  # noqa: T201
    assert ended.code == 0, ended.said
    assert server.execute("SELECT COUNT(*) FROM t WHERE added = 7", db=database) == ((200_000,),)
