"""A scene for faults: a table under writers, a user of its own for the migration, and what must hold at the end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from builders import migrating
from builders.migrating import options
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload, WorkloadFailed
from ghostshift.model.errors import MigrationError
from ghostshift.model.options import Endpoint
from ghostshift.model.outcome import Outcome
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Recovery, Topology
from ghostshift.runtime.board import StatusBoard
from plugins.fix_proxy import Proxy
from plugins.server_pool import TestServer

PASSWORD = "a-Quite:secret/word"
SECONDS = 10.0
"""What "within seconds" means at the most."""

SERVER_SECONDS = 4.0
"""For which a server that has gone is waited for, where a test does not say otherwise."""

NOT_OURS = ("proxy", "writer-", "MainThread", "pytest", "witness")


class Running(migrating.Running):
    """A migration in a thread."""

    def failure(self, seconds: float) -> BaseException | None:
        """What ended it, None where it ended well."""
        self._thread.join(seconds)
        assert not self.alive, "the migration did not end in time"
        return self.error


class Scene:
    """One table `t`, its writers, and a database user for the migration alone."""

    def __init__(
        self,
        server: TestServer,
        database: str,
        proxy: Proxy | None = None,
        *,
        rows: int = 3000,
        writers: int = 2,
        rate: float = 150.0,
        shape: str = "sysbench",
    ) -> None:
        self.server = server
        self.database = database
        self.proxy = proxy
        self.user = f"mig_{database}"
        self._threads = set(threading.enumerate())
        self._stopped = False
        self._running: list[Running] = []
        self.load = Workload(
            SHAPES[shape], self.connect, "t", writers=writers or 1, rate=rate, long_seconds=(0.05, 0.1)
        )
        server.execute(f"CREATE USER IF NOT EXISTS '{self.user}'@'%' IDENTIFIED BY '{PASSWORD}'")
        server.execute(f"GRANT ALL PRIVILEGES ON *.* TO '{self.user}'@'%'")
        connection = self.connect()
        self.load.create(connection)
        self.load.fill(connection, rows)
        if writers:
            self.load.start()

    def connect(self) -> Any:
        """A connection of the application."""
        return self.server.connect(self.database, init_command="SET SESSION innodb_lock_wait_timeout = 10")

    def endpoint(self) -> Endpoint:
        """How the migration reaches the server: through the proxy where there is one."""
        where = self.proxy or self.server
        return Endpoint(host=where.host, port=where.port, user=self.user, password=PASSWORD)

    def start(self, **more: Any) -> Running:
        """Begin to migrate."""
        # The proxy's port is not the server's.
        chosen = {
            "endpoint": self.endpoint(), "chunk_seconds": 0.02, "topology": Topology(skip_port_check=True),
            "recovery": Recovery(server_seconds=SERVER_SECONDS), **more
        }  # fmt: skip
        self._running.append(Running(options(self.server, self.database, **chosen)))
        return self._running[-1]

    def close(self) -> None:
        """Whatever happened, the writers and the migrations end."""
        for running in self._running:
            running.stop.set()
        if not self._stopped:
            self._stopped = True
            with contextlib.suppress(WorkloadFailed):
                self.load.stop()

    # -- what must hold

    def sessions(self) -> dict[int, str]:
        """The migration's sessions on the server, and what each is at."""
        rows = self.server.execute(
            "SELECT id, CONCAT(command, ' ', COALESCE(info, '')) FROM information_schema.processlist WHERE user = %s",
            (self.user,),
        )
        links = self.proxy.links if self.proxy is not None else []
        said = {link.session: f", after {list(link.said)[-3:]}" for link in links}
        return {int(number): f"{text}{said.get(int(number), '')}" for number, text in rows}

    def tables(self) -> set[str]:
        """The names of all tables in the database."""
        return {str(row[0]) for row in self.server.execute("SHOW TABLES", db=self.database)}

    def left(self) -> set[str]:
        """Tables of ours that are still there."""
        return self.tables() - {"t"}

    def migrated(self) -> bool:
        """Whether `t` is the new table."""
        rows = self.server.execute("SHOW COLUMNS FROM t LIKE 'added'", db=self.database)
        return bool(rows)

    def rest(self) -> None:
        """Stop the writers; the table is what they know."""
        if not self._stopped:
            self._stopped = True
            self.load.stop()
        connection = self.connect()
        verdict = self.load.verify(connection)
        connection.close()
        assert verdict.ok, verdict

    def nothing_runs(self) -> None:
        """No session and no thread of ours is left."""
        eventually(lambda: not self.sessions(), self.sessions)
        eventually(lambda: not self.threads(), self.threads)

    def threads(self) -> list[str]:
        """Threads that this scene's migration has begun and not ended."""
        living = [thread for thread in threading.enumerate() if thread not in self._threads]
        return [thread.name for thread in living if not thread.name.startswith(NOT_OURS)]

    def ended_right(self, running: Running, seconds: float = 60.0) -> Outcome:
        """The migration ends, and the new table is what the writers know."""
        outcome = running.result(seconds)
        assert outcome.swapped
        assert not outcome.warnings, outcome.warnings
        assert outcome.cut_over.slipped == 0
        assert self.migrated()
        self.rest()
        self.nothing_runs()
        old = {name for name in self.left() if name.endswith("_del")}
        assert len(old) == 1
        assert {name for name in self.left() if not name.endswith("_ghk")} == old
        return outcome

    def stopped_cleanly(self, running: Running, seconds: float = SECONDS) -> MigrationError:
        """The migration stops in time; the original is intact; what is left is named with the way to remove it."""
        began = time.monotonic()
        try:
            running.result(seconds)
        except MigrationError as error:
            failure = error
        else:
            raise AssertionError("it should have stopped")
        assert time.monotonic() - began < seconds
        self.intact(failure)
        return failure

    def intact(self, failure: BaseException) -> None:
        """The original is what the writers know, and the error says how to remove what is left."""
        self.nothing_runs()
        assert not self.migrated()
        self.rest()
        self.remove_left(failure)

    def remove_left(self, failure: BaseException) -> None:
        """Do what the error says; then nothing is left."""
        remedies = remedies_of(failure)
        for statement in remedies:
            self.server.execute(statement)
        assert not self.left(), (self.left(), remedies, getattr(failure, "__notes__", ()))

    def went_on_or_stopped(self, running: Running, seconds: float = 60.0) -> Outcome | MigrationError:
        """Either of the two, and nothing in between."""
        try:
            running.result(seconds)
        except MigrationError as failure:
            self.intact(failure)
            return failure
        return self.ended_right(running)


def remedies_of(failure: BaseException) -> list[str]:
    """The DROP statements that an error's notes give."""
    notes = getattr(failure, "__notes__", ())
    return [note[note.index("DROP TABLE") :] for note in notes if "DROP TABLE" in note]


def phase_is(*phases: Phase) -> Callable[[StatusBoard], bool]:
    """For Running.until."""
    return lambda board: board.read(Phase) in phases


def eventually(
    ready: Callable[[], object],
    shown: Callable[[], object] | None = None,
    *,
    seconds: float = 8.0,
    step: float = 0.02,
) -> None:
    """Wait until it is so."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, shown() if shown is not None else "it never came to be so"
        pause.wait(step)


def drop_user(server: TestServer, database: str) -> None:
    """Remove the migration's user."""
    server.execute(f"DROP USER IF EXISTS 'mig_{database}'@'%'")
