"""A scene for cut-overs on a real server: a table, a ghost, writers that count their writes, a trivial follower.

Each writer owns one row and counts it up; what the server acknowledged must be in the table that bears the original's
name. The follower needs no binary log: it drains by copying the (small) table anew through the locked session, so the
ghost equals the original exactly at that moment, and what the old table holds beyond it has slipped.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pymysql

from ghostshift.core.cutover_steps import Step
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import HelperNames, TableName, helper_names
from ghostshift.model.options import Endpoint
from ghostshift.model.plan import ColumnPair, Plan
from ghostshift.model.schema import Table
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.session import Session, SessionPool
from ghostshift.runtime.group import Stop
from ghostshift.sql import cutover_statements as sql
from ghostshift.workers.cutover import CutOver
from plugins.server_pool import TestServer

ROWS = 32


class RecordingPool(SessionPool):
    """Remembers its sessions in the order of their opening: A, then B where there is one, then the watcher."""

    def __init__(self, endpoint: Endpoint, setup: tuple[str, ...], stop: Stop) -> None:
        super().__init__(endpoint, setup, stop)
        self.sessions: list[Session] = []

    def session(self, *, exempt: bool = False, read_timeout: float = 0) -> Session:
        """Open one and remember it."""
        session = super().session(exempt=exempt, read_timeout=read_timeout)
        assert exempt, "a stop must not tear a cut-over's session"
        self.sessions.append(session)
        return session


@dataclass
class Follower:
    """Follows nothing: drains by a whole copy."""

    original: TableName
    helpers: HelperNames
    applying: bool = True
    drained: dict[int, int] = field(default_factory=dict)
    in_drain: Callable[[Session], None] | None = None

    def pause(self, seconds: float) -> bool:
        """At once."""
        assert seconds > 0
        self.applying = False
        return True

    def resume(self) -> None:
        """At once."""
        self.applying = True

    def mark(self, session: Session) -> str:
        """A row in the changelog, through the session that holds the locks."""
        session.execute(f"INSERT INTO {self.helpers.changelog.sql} (hint) VALUES ('marker')")
        return "marker"

    def arrived(self, marker: str, seconds: float) -> bool:
        """There is no stream to wait for."""
        assert marker == "marker"
        assert seconds > 0
        return True

    def drain(self, session: Session, seconds: float) -> int:
        """All rows anew."""
        assert seconds > 0
        if self.in_drain is not None:
            self.in_drain(session)
        session.execute("SET SESSION autocommit = 0")  # as the applier does: START TRANSACTION would unlock
        session.execute(f"DELETE FROM {self.helpers.ghost.sql}")
        session.execute(f"INSERT INTO {self.helpers.ghost.sql} (id, v) SELECT id, v FROM {self.original.sql}")
        rows = session.query(f"SELECT id, v FROM {self.helpers.ghost.sql}")
        session.execute("COMMIT")
        self.drained = {int(key): int(value) for key, value in rows}
        return len(self.drained)


@dataclass(frozen=True)
class Address:
    """As much of a server as a child process needs."""

    host: str
    port: int
    user: str
    password: str
    version: str

    @classmethod
    def of(cls, server: TestServer) -> Address:
        """The address of a server that a test holds."""
        return cls(server.host, server.port, server.user, server.password, server.version)

    def connect(self) -> pymysql.connections.Connection[Any]:
        """A new connection."""
        where = {"host": self.host, "port": self.port, "user": self.user, "password": self.password}
        return pymysql.connect(**where, autocommit=True)

    def execute(self, statement: str) -> tuple[tuple[Any, ...], ...]:
        """One statement on a connection of its own."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return tuple(cursor.fetchall())


class Scene:
    """Tables on a server, and the cut-over that works on them."""

    def __init__(
        self,
        server: TestServer | Address,
        database: str,
        *,
        table: str = "t",
        sort_after: bool = True,
        seconds: int = 2,
        found: bool = False,
    ) -> None:
        self.server = server
        self.original = TableName(database, table)
        self.helpers = helper_names(self.original, sort_after=sort_after)
        self.stop = Stop()
        self.dialect = Dialect.of(server.version)
        endpoint = Endpoint(host=server.host, port=server.port, user=server.user, password=server.password)
        self.pool = RecordingPool(endpoint, self.dialect.session_setup(time_zone="'+00:00'"), self.stop)
        self.follower = Follower(self.original, self.helpers)
        self.seconds = seconds
        if not found:
            self._make()

    def _make(self) -> None:
        self.execute(f"CREATE TABLE {self.original.sql} (id int PRIMARY KEY, v int NOT NULL DEFAULT 0)")
        self.execute(f"INSERT INTO {self.original.sql} (id) VALUES " + ",".join(f"({n})" for n in range(ROWS)))
        self.execute(f"CREATE TABLE {self.helpers.changelog.sql} (id int AUTO_INCREMENT PRIMARY KEY, hint text)")
        self.make_ghost()

    def execute(self, statement: str) -> tuple[tuple[Any, ...], ...]:
        """One statement on a connection of its own."""
        return self.server.execute(statement)

    def make_ghost(self) -> None:
        """The ghost has a column that the first original has not."""
        self.execute(
            f"CREATE TABLE {self.helpers.ghost.sql} (id int PRIMARY KEY, v int NOT NULL DEFAULT 0, added int DEFAULT 5)"
        )

    @property
    def plan(self) -> Plan:
        """As much of a plan as a cut-over looks at."""

        def table(name: TableName) -> Table:
            return Table(name=name, columns=(), unique_keys=(), engine="InnoDB")

        key = KeySpec(index="PRIMARY", columns=(KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER),))
        return Plan(
            original=table(self.original),
            ghost=table(self.helpers.ghost),
            helpers=self.helpers,
            alter="ADD added int",
            key=key,
            ghost_key=key,
            columns=(ColumnPair(original="id", ghost="id"), ColumnPair(original="v", ghost="v")),
            session_time_zone="'+00:00'",
        )

    def cutover(self, observe: Callable[[Step], None] | None = None) -> CutOver:
        """The cut-over under test."""
        return CutOver(
            plan=self.plan,
            dialect=self.dialect,
            pool=self.pool,
            stop=self.stop,
            follower=self.follower,
            lock_seconds=self.seconds,
            observe=observe,
        )

    def exists(self, name: TableName) -> bool:
        """Whether a table bears this name."""
        return bool(self.execute(sql.table_comment(name)))

    def swapped(self) -> bool:
        """The truth, by what the ghost alone has."""
        return "added" in str(self.execute(f"SHOW CREATE TABLE {self.original.sql}"))

    def sentry_left(self) -> bool:
        """Whether a sentry of ours bears the old name."""
        return self.execute(sql.table_comment(self.helpers.old)) == ((sql.SENTRY_COMMENT,),)

    def values(self, name: TableName) -> dict[int, int]:
        """The counters in a table."""
        return dict(self.execute(f"SELECT id, v FROM {name.sql}"))  # type: ignore[arg-type]

    def slipped(self) -> dict[int, int]:
        """Rows of the old table that changed after the drain."""
        after = self.values(self.helpers.old)
        return {key: value for key, value in after.items() if self.follower.drained.get(key) != value}

    def connections(self) -> int:
        """Sessions of the cut-over that the server still has."""
        ids = ",".join(str(session.id) for session in self.pool.sessions) or "0"
        return int(self.execute(f"SELECT COUNT(*) FROM information_schema.processlist WHERE id IN ({ids})")[0][0])

    def kill(self, number: int) -> None:
        """End a session as an administrator would."""
        with suppress(pymysql.Error):
            self.execute(f"KILL {number:d}")


@dataclass
class Writers:
    """What the application saw."""

    acknowledged: dict[int, int] = field(default_factory=dict)
    longest: float = 0.0
    problems: list[str] = field(default_factory=list)


@contextmanager
def writing(scene: Scene, threads: int) -> Iterator[Writers]:
    """An application that writes without a pause while the block runs."""
    seen, over = Writers(), threading.Event()

    def work(number: int) -> None:
        statement = f"UPDATE {scene.original.sql} SET v = v + 1 WHERE id = {number}"
        connection = scene.server.connect()
        try:
            with connection.cursor() as cursor:
                while not over.is_set():
                    begun = time.monotonic()
                    if cursor.execute(statement) == 1:
                        seen.acknowledged[number] = seen.acknowledged.get(number, 0) + 1
                    else:
                        seen.problems.append(f"row {number} is missing")
                    seen.longest = max(seen.longest, time.monotonic() - begun)
        except pymysql.Error as error:
            seen.problems.append(str(error))
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield seen
    finally:
        over.set()
        for worker in workers:
            worker.join(30)


def die_at(address: Address, database: str, step: str) -> None:
    """Run in a child process: begin a cut-over and be killed, as by kill -9, right before a step."""
    scene = Scene(address, database, found=True)

    def die(asked: Step) -> None:
        if type(asked).__name__ == step:
            os.kill(os.getpid(), signal.SIGKILL)

    scene.cutover(die).attempt()
