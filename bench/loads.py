# ruff: noqa: D102 - every method is described once, in the protocol
"""The application of a race: nobody, our own writers at a fixed rate, or sysbench at full speed (ours without it).

Each says what it did in ticks; what it felt, the same probe says for all of them (`probe`).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Protocol

from bench import scenarios
from bench.arena import DATABASE, TABLE, Arena
from bench.felt import Span, Tick, mean_rate
from ghostshift.demo.operations import OLTP, Space
from ghostshift.demo.timing import Report
from ghostshift.demo.workload import Workload, WorkloadFailed
from ghostshift.demo.writers import Writer

THREADS = 4
HOT_ROWS, HOT_CHANGES = 0.01, 0.9
"""A hot spot: this share of the rows gets that share of the changes."""
_STEP = 0.5
_LINE = re.compile(r"\[ (\d+)s \].* tps: ([\d.]+)")


class Load(Protocol):
    """What writes while a contestant works."""

    name: str
    pids: list[int]
    """Its processes, where it has some of its own."""

    def start(self) -> None:
        """Begin to write."""
        ...

    def stop(self) -> None:
        """Stop writing; nothing of it runs afterwards."""
        ...

    def ticks(self) -> list[Tick]:
        """The throughput, second by second."""
        ...

    def rate(self, span: Span) -> float | None:
        """Transactions a second in a stretch of time; None without any load."""
        ...

    def problems(self) -> list[str]:
        """What an application must not have met."""
        ...


class Nobody:
    """The idle table."""

    name = "nobody"

    def __init__(self) -> None:
        self.pids: list[int] = []

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def ticks(self) -> list[Tick]:
        return []

    def rate(self, _span: Span) -> None:
        return None

    def problems(self) -> list[str]:
        return []


class Writers:
    """Our own writers: they know what they wrote, so the table is compared afterwards."""

    def __init__(self, arena: Arena, rate: float | None, *, hot: bool = False) -> None:
        if arena.table is None:
            raise RuntimeError("there is no table yet")
        self.name = "own writers" + (f" at {rate:g}/s" if rate else "") + (", a hot spot" if hot else "")
        self.pids: list[int] = []
        self._arena = arena
        self._report: Report | None = None
        self._problems: list[str] = []
        self._load = Workload(
            arena.table.shape,
            arena.connect,
            TABLE,
            writers=THREADS,
            rate=rate,
            seed=1,
            weights=OLTP,
            make=_hot_writer if hot else Writer,
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

    def rate(self, span: Span) -> float | None:
        return None if self._report is None else self._report.window(*span).rate

    def problems(self) -> list[str]:
        if self._report is not None and not self._problems:
            with self._arena.connect() as connection:
                verdict = self._load.verify(connection)
            if not verdict.ok:
                self._problems.append(str(verdict))
        return self._problems


@dataclass(slots=True)
class HotSpace(Space):
    """A writer's share of the keys, of which a few are hot."""

    def pick(self, rng: Random, wanted: Callable[[int], bool]) -> int | None:
        """A hot one mostly; any where the hot ones do not serve."""
        own = (self.top - self.index) // self.writers
        hot = int(own * HOT_ROWS)
        if hot and rng.random() < HOT_CHANGES:
            for _ in range(40):
                n = self.index + self.writers * rng.randrange(hot)
                if wanted(n):
                    return n
        return Space.pick(self, rng, wanted)


def _hot_writer(shape: Any, table: str, connect: Any, space: Space, *more: Any) -> Writer:
    return Writer(shape, table, connect, HotSpace(space.index, space.writers, space.filled), *more)


class Sysbench:
    """oltp_write_only, four threads, at a rate or without limit. Its password is in a file of its own."""

    def __init__(self, arena: Arena, folder: Path, *, hot: bool = False, rate: float | None = None) -> None:
        self.name = "sysbench oltp_write_only" + (f" at {rate:g}/s" if rate else "") + (", a hot spot" if hot else "")
        self._rate = rate
        self.pids: list[int] = []
        self._arena = arena
        self._spread: dict[str, object] = {"rand-type": "uniform"}
        if hot:
            self._spread = {
                "rand-type": "special",
                "rand-spec-pct": round(HOT_ROWS * 100),
                "rand-spec-res": round(HOT_CHANGES * 100),
            }
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
            "threads": THREADS,
            "time": 0,
            "events": 0,
            "report-interval": 1,
            "percentile": 99,
            "mysql-ignore-errors": "1213,1020,1205,1062,1412",
            **({"rate": f"{self._rate:g}"} if self._rate else {}),
            **self._spread,
        }
        # A script's own options are heard on the command line only; from a file sysbench 1.0.20 passes over them.
        size = f"--table-size={self._arena.rows}"
        self._config.touch(mode=0o600)
        self._config.write_text("".join(f"{name}={value}\n" for name, value in words.items()), encoding="utf-8")
        self._process = subprocess.Popen(
            ["sysbench", f"--config-file={self._config}", "oltp_write_only", size, "run"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.pids = [self._process.pid]
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

    def rate(self, span: Span) -> float | None:
        return mean_rate(self._ticks, *span)

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


def make_load(writes: scenarios.Writes, arena: Arena, folder: Path, kind: str) -> Load:
    """The load of a scenario; `kind` says who writes without a limit: auto, own or sysbench."""
    if isinstance(writes, scenarios.Nobody):
        return Nobody()
    can = arena.table is not None and arena.table.sysbench
    sysbench = kind == "sysbench" or (kind == "auto" and can and sysbench_here())
    if isinstance(writes, scenarios.At):
        if writes.light and sysbench:
            return Sysbench(arena, folder, rate=writes.rate)
        return Writers(arena, writes.rate)
    hot = writes.spread == "hot"
    if sysbench:
        return Sysbench(arena, folder, hot=hot)
    return Writers(arena, None, hot=hot)


def sysbench_here() -> bool:
    """Whether sysbench and its scripts can be used."""
    if shutil.which("sysbench") is None:
        return False
    known = (Path("/usr/share/sysbench"), Path("/usr/local/share/sysbench"))
    folders = [Path(word) for word in os.environ.get("LUA_PATH", "").split(";") if word] + list(known)
    return any((folder / "oltp_write_only.lua").exists() for folder in folders)
