"""What any statement of the application would feel: one more connection, which changes one row every ten milliseconds.

It is a process of its own, so that it waits for the server and for a core, and never for our writers' interpreter. It
sends its next statement when the last has answered; what that hides of a stall is put back in reckoning (`felt`).
"""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from typing import Any

import pymysql

from bench.arena import DATABASE, TABLE, Arena
from bench.felt import Sample
from ghostshift.demo.shapes import literal

BEAT = 0.01
_AWAY = 1000
"""Rows between the last filled one and the probe's."""
_READY_SECONDS = 60.0


@dataclass
class Found:
    """What the probe's process found."""

    samples: list[Sample] = field(default_factory=list)
    acknowledged: int = 0
    problem: str = ""


class Probe:
    """One row, one connection, one process. `samples` and `problems` are there once it has stopped."""

    def __init__(self, arena: Arena) -> None:
        self.samples: list[Sample] = []
        self.problems: list[str] = []
        self._arena = arena
        if arena.table is None:
            raise RuntimeError("there is no table yet")
        key = arena.table.shape.key
        names = [f"`{name}`" for name in key.columns]
        values = [literal(value) for value in key.encode(arena.rows + _AWAY, 0)]
        self._insert = f"INSERT INTO {TABLE} ({', '.join(names)}, k) VALUES ({', '.join(values)}, 0)"
        self._where = " AND ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
        context = multiprocessing.get_context("spawn")  # no copy of our threads' locks
        self._pipe, theirs = context.Pipe()
        update = f"UPDATE {TABLE} SET k = k + 1 WHERE {self._where}"
        self._process = context.Process(target=_probe, args=(theirs, _way(arena), update), name="probe", daemon=True)

    def start(self) -> None:
        """Put the row there and begin; comes back when it feels."""
        with self._arena.connect() as connection:
            connection.query(self._insert)
        self._process.start()
        if not self._pipe.poll(_READY_SECONDS):
            raise RuntimeError("the probe does not start")
        self._pipe.recv()

    @property
    def pids(self) -> list[int]:
        """Its process."""
        return [self._process.pid] if self._process.pid else []

    def stop(self) -> None:
        """End, and take the row away: no ledger knows it."""
        found = Found(problem="probe: it did not answer")
        try:
            self._pipe.send("stop")
            if self._pipe.poll(30):
                found = self._pipe.recv()
        except (OSError, EOFError) as error:
            found.problem = f"probe: it ended before its time ({error!r})"
        self._process.join(5)
        self._process.kill()
        self._pipe.close()
        self.samples = found.samples
        self.problems = [found.problem] if found.problem else []
        with self._arena.connect() as connection:
            gone = connection.query(f"DELETE FROM {TABLE} WHERE {self._where} AND k = {found.acknowledged}")
        if gone != 1 and not self.problems:
            self.problems.append("the probe's row is not what it acknowledged")


def _way(arena: Arena) -> dict[str, Any]:
    """How to connect; it goes through a pipe, never through a command line."""
    server = arena.server
    return {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "database": DATABASE,
        "autocommit": True,
        "ssl_disabled": True,
    }


def _probe(pipe: Pipe, way: dict[str, Any], update: str) -> None:
    """The process: feel until told to stop, then tell."""
    found = Found()
    try:
        with pymysql.connect(**way) as connection:
            pipe.send("ready")
            while not pipe.poll(BEAT):
                _feel(connection, update, found)
    except (pymysql.MySQLError, OSError) as error:
        found.problem = f"probe: {error}"
    except KeyboardInterrupt:
        found.problem = "probe: interrupted"
    pipe.send(found)


def _feel(connection: Any, update: str, found: Found) -> None:
    begun = time.monotonic()
    try:
        changed = connection.query(update)
    except pymysql.MySQLError as error:
        if error.args[0] not in (1205, 1213):
            raise
        changed = None
    ended = time.monotonic()
    found.samples.append(Sample(ended, ended - begun))
    if changed == 1:
        found.acknowledged += 1
    elif changed is not None:
        raise pymysql.MySQLError(f"the probe's row was not there ({changed} rows changed)")
