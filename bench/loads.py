# ruff: noqa: D102 - every method is described once, in the protocol
"""The application of a race: nobody, our own writers at a fixed rate, or sysbench at full speed (ours without it).

Whatever writes, the same probe feels: one more connection that changes one row every ten milliseconds. Its latencies
are what the table calls p99 and worst stall, so that they compare between loads.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pymysql
from bench.arena import DATABASE, TABLE, Arena

from ghostshift.demo.operations import OLTP
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.timing import Report, Timing
from ghostshift.demo.workload import Workload, WorkloadFailed

THREADS = 4
_PROBE_SECONDS = 0.01
_STEP = 0.5
_LINE = re.compile(r"\[ (\d+)s \].* tps: ([\d.]+)")


@dataclass(frozen=True)
class Tick:
    """Acknowledged transactions a second, in the `seconds` that ended at `at` (monotonic)."""

    at: float
    rate: float
    seconds: float = 1.0

    def overlap(self, since: float, until: float) -> float:
        """How much of a stretch of time this speaks of."""
        return max(0.0, min(self.at, until) - max(self.at - self.seconds, since))


def mean_rate(ticks: list[Tick], since: float, until: float) -> float | None:
    """Transactions a second in a stretch of time; None without any load. A load that died did nothing afterwards."""
    if not ticks:
        return None
    return sum(tick.rate * tick.overlap(since, until) for tick in ticks) / (until - since)


class Load(Protocol):
    """What writes while a contestant works."""

    name: str

    def start(self) -> None:
        """Begin to write."""
        ...

    def stop(self) -> None:
        """Stop writing; nothing of it runs afterwards."""
        ...

    def ticks(self) -> list[Tick]:
        """The throughput, second by second."""
        ...

    def problems(self) -> list[str]:
        """What an application must not have met."""
        ...


class Nobody:
    """The idle table."""

    name = "nobody"

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def ticks(self) -> list[Tick]:
        return []

    def problems(self) -> list[str]:
        return []


class Writers:
    """Our own writers: they know what they wrote, so the table is compared afterwards."""

    def __init__(self, arena: Arena, rate: float | None) -> None:
        self.name = "own writers" + (f" at {rate:g}/s" if rate else "")
        self._arena = arena
        self._report: Report | None = None
        self._problems: list[str] = []
        self._load = Workload(
            SHAPES["sysbench"], arena.connect, TABLE, writers=THREADS, rate=rate, seed=1, weights=OLTP
        )
        self._load.adopt(arena.rows)

    def start(self) -> None:
        self._load.start()

    def stop(self) -> None:
        try:
            self._report = self._load.stop()
        except WorkloadFailed as failure:
            self._report = failure.report
            self._problems += failure.report.errors

    def ticks(self) -> list[Tick]:
        if self._report is None:
            return []
        counts, begun = self._report.per_second(_STEP)[:-1], self._report.started
        return [Tick(begun + (at + 1) * _STEP, count / _STEP, _STEP) for at, count in enumerate(counts)]

    def problems(self) -> list[str]:
        if self._report is not None and not self._problems:
            with self._arena.connect() as connection:
                verdict = self._load.verify(connection)
            if not verdict.ok:
                self._problems.append(str(verdict))
        return self._problems


class Sysbench:
    """oltp_write_only, four threads, no limit. Its password is in a file of its own."""

    name = "sysbench oltp_write_only"

    def __init__(self, arena: Arena, folder: Path) -> None:
        self._arena = arena
        self._config = folder / "sysbench.cnf"
        self._process: subprocess.Popen[str] | None = None
        self._ticks: list[Tick] = []
        self._said: list[str] = []
        self._reader = threading.Thread(target=self._read, name="sysbench", daemon=True)
        self._stopping = False

    def start(self) -> None:
        server = self._arena.server
        words = {
            "mysql-user": server.user,
            "mysql-password": server.password,
            "mysql-socket": server.socket,
            "mysql-db": DATABASE,
            "tables": 1,
            "table-size": self._arena.rows,
            "threads": THREADS,
            "time": 0,
            "events": 0,
            "report-interval": 1,
            "percentile": 99,
            "mysql-ignore-errors": "1213,1020,1205,1062,1412",
        }
        self._config.touch(mode=0o600)
        self._config.write_text("".join(f"{name}={value}\n" for name, value in words.items()), encoding="utf-8")
        self._process = subprocess.Popen(
            ["sysbench", f"--config-file={self._config}", "oltp_write_only", "run"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader.start()

    def stop(self) -> None:
        self._stopping = True
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._reader.join(5)

    def ticks(self) -> list[Tick]:
        return list(self._ticks)

    def problems(self) -> list[str]:
        return [line for line in self._said if "FATAL" in line][:3]

    def _read(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        for line in self._process.stdout:
            found = _LINE.search(line)
            if found:
                self._ticks.append(Tick(time.monotonic(), float(found[2])))
            elif not self._stopping:
                self._said.append(line.strip())


class Probe:
    """One row, one connection, an update every ten milliseconds: what any statement of the application would feel."""

    def __init__(self, arena: Arena) -> None:
        self.timing = Timing()
        self.problems: list[str] = []
        self._arena = arena
        self._id = arena.rows + 1000
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)
        self._started = time.monotonic()

    def start(self) -> None:
        with self._arena.connect() as connection:
            connection.query(f"INSERT INTO {TABLE} (id, k) VALUES ({self._id}, 0)")
        self._thread.start()

    def stop(self) -> None:
        """End, and take the row away: no ledger knows it."""
        self._stop.set()
        self._thread.join(30)
        with self._arena.connect() as connection:
            gone = connection.query(f"DELETE FROM {TABLE} WHERE id = {self._id} AND k = {len(self.timing.finished)}")
        if gone != 1 and not self.problems:
            self.problems.append("the probe's row is not what it acknowledged")

    def report(self) -> Report:
        return Report(seed=0, started=self._started, ended=time.monotonic(), timings=(self.timing,))

    def _run(self) -> None:
        try:
            with self._arena.connect() as connection:
                while not self._stop.wait(_PROBE_SECONDS):
                    self._feel(connection.query)
        except (pymysql.MySQLError, OSError) as error:
            self.problems.append(f"probe: {error}")

    def _feel(self, query: object) -> None:
        begun = time.monotonic()
        try:
            changed = query(f"UPDATE {TABLE} SET k = k + 1 WHERE id = {self._id}")  # type: ignore[operator]
        except pymysql.MySQLError as error:
            if error.args[0] not in (1205, 1213):
                raise
            changed = None
        ended = time.monotonic()
        self.timing.took.append(ended - begun)
        self.timing.ended.append(ended)
        if changed == 1:
            self.timing.finished.append(ended)
        elif changed is not None:
            raise pymysql.MySQLError(f"the probe's row was not there ({changed} rows changed)")


def make_load(scenario: str, arena: Arena, folder: Path, *, rate: float, kind: str) -> Load:
    """The load of a scenario: idle, fixed, unlimited."""
    if scenario == "idle":
        return Nobody()
    if scenario == "fixed":
        return Writers(arena, rate)
    if kind == "sysbench" or (kind == "auto" and sysbench_here()):
        return Sysbench(arena, folder)
    return Writers(arena, None)


def sysbench_here() -> bool:
    """Whether sysbench and its scripts can be used."""
    if shutil.which("sysbench") is None:
        return False
    known = (Path("/usr/share/sysbench"), Path("/usr/local/share/sysbench"))
    folders = [Path(word) for word in os.environ.get("LUA_PATH", "").split(";") if word] + list(known)
    return any((folder / "oltp_write_only.lua").exists() for folder in folders)
