"""What any statement of the application would feel: one more connection, which changes one row every ten milliseconds.

It sends its next statement when the last has answered; what that hides of a stall is put back in reckoning (`felt`).
"""

from __future__ import annotations

import threading
import time

import pymysql

from bench.arena import TABLE, Arena
from bench.felt import Sample
from ghostshift.demo.shapes import literal

BEAT = 0.01
_AWAY = 1000
"""Rows between the last filled one and the probe's."""


class Probe:
    """One row, one connection."""

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
        self._acknowledged = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)

    def start(self) -> None:
        """Put the row there and begin."""
        with self._arena.connect() as connection:
            connection.query(self._insert)
        self._thread.start()

    def stop(self) -> None:
        """End, and take the row away: no ledger knows it."""
        self._stop.set()
        self._thread.join(30)
        with self._arena.connect() as connection:
            gone = connection.query(f"DELETE FROM {TABLE} WHERE {self._where} AND k = {self._acknowledged}")
        if gone != 1 and not self.problems:
            self.problems.append("the probe's row is not what it acknowledged")

    def _run(self) -> None:
        try:
            with self._arena.connect() as connection:
                while not self._stop.wait(BEAT):
                    self._feel(connection.query)
        except (pymysql.MySQLError, OSError) as error:
            self.problems.append(f"probe: {error}")

    def _feel(self, query: object) -> None:
        begun = time.monotonic()
        try:
            changed = query(f"UPDATE {TABLE} SET k = k + 1 WHERE {self._where}")  # type: ignore[operator]
        except pymysql.MySQLError as error:
            if error.args[0] not in (1205, 1213):
                raise
            changed = None
        ended = time.monotonic()
        self.samples.append(Sample(ended, ended - begun))
        if changed == 1:
            self._acknowledged += 1
        elif changed is not None:
            raise pymysql.MySQLError(f"the probe's row was not there ({changed} rows changed)")
