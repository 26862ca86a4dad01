"""An application that goes on writing, and knows what the server has acknowledged: row by row, whatever happens around.

One connection, autocommit, three kinds of writes. A write whose connection died is asked about before the next one.
"""

from __future__ import annotations

import contextlib
import random
import threading
from typing import Self

import pymysql

from plugins.server_pool import TestServer

PAUSE = 0.008
"""Between two writes, so that others get a turn on a small machine."""


class Application:
    """Writes to `t (id, v)` from entering to leaving its block; then `rows` is what the table must hold."""

    def __init__(self, server: TestServer, database: str, rows: int, *, seed: int = 1, pause: float = PAUSE) -> None:
        self._server = server
        self._database = database
        self.rows: dict[int, str] = {number: f"row {number}" for number in range(1, rows + 1)}
        self._next = rows + 1
        self._random = random.Random(seed)
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self.writes = 0
        self.problem: BaseException | None = None

    def make(self, alter: str = "") -> Self:
        """The table, with its first rows."""
        server, database = self._server, self._database
        server.execute("CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(40) NOT NULL)", db=database)
        numbers = list(self.rows)
        for first in range(0, len(numbers), 2000):
            values = ",".join(f"({number},'row {number}')" for number in numbers[first : first + 2000])
            server.execute(f"INSERT INTO t VALUES {values}", db=database)
        if alter:
            server.execute(f"ALTER TABLE t {alter}", db=database)
        return self

    def knowing(self) -> Self:
        """It takes for acknowledged what the server has now."""
        found = self._server.execute("SELECT id, v FROM t", db=self._database)
        self.rows = {int(row[0]): str(row[1]) for row in found}
        self._next = max(self.rows) + 1
        return self

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """No more writes; raises what went wrong with them."""
        self._over.set()
        self._thread.join(30.0)
        assert not self._thread.is_alive(), "the application is stuck"
        if self.problem is not None:
            raise self.problem

    def assert_kept(self) -> None:
        """The table holds what was acknowledged, no row more and none less."""
        found = {int(row[0]): str(row[1]) for row in self._server.execute("SELECT id, v FROM t", db=self._database)}
        lost = sorted(self.rows.keys() - found.keys())
        more = sorted(found.keys() - self.rows.keys())
        other = sorted(key for key in found.keys() & self.rows.keys() if found[key] != self.rows[key])
        wrong = {"lost": lost[:5], "too many": more[:5], "other": other[:5]}
        assert not any(wrong.values()), wrong

    def _write(self) -> None:
        try:
            while not self._over.wait(self._pause):
                with contextlib.closing(self._server.connect(self._database)) as connection:
                    self._work(connection)
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.problem = error

    def _work(self, connection: pymysql.Connection) -> None:  # type: ignore[type-arg]
        with connection.cursor() as cursor:
            while not self._over.wait(self._pause):
                kind = self._random.random()
                if kind < 0.25 or len(self.rows) < 10:
                    key, value = self._next, f"new {self._next}"
                    self._next += 1
                    cursor.execute(f"INSERT INTO t (id, v) VALUES ({key}, '{value}')")
                    self.rows[key] = value
                elif kind < 0.4:
                    key = self._some_key()
                    cursor.execute(f"DELETE FROM t WHERE id = {key}")
                    del self.rows[key]
                else:
                    key, value = self._some_key(), f"changed {self.writes}"
                    cursor.execute(f"UPDATE t SET v = '{value}' WHERE id = {key}")
                    self.rows[key] = value
                self.writes += 1

    def _some_key(self) -> int:
        while True:
            key = self._random.randrange(1, self._next)
            if key in self.rows:
                return key
