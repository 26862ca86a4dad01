"""Migrations that a test directs: it holds them at chosen points, looks inside, and lets them go on.

A `Gate` stops a thread of the migration at a method; `Directed` is a migration whose crew can be looked at; `Later` is
an application's statement in a thread of its own. Waits poll and have an end; none is a guess at how long things take.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pymysql
import pytest

from builders.migrating import Running
from ghostshift import migration
from ghostshift.model.errors import Aborted
from ghostshift.model.options import Options
from ghostshift.model.outcome import Outcome
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Verification
from ghostshift.workers.crew import Crew
from plugins.server_pool import TestServer

_pause = threading.Event()


def wait_until(ready: Callable[[], Any], seconds: float = 15.0, what: str = "") -> None:
    """Poll until true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what or ready}"
        _pause.wait(0.01)


def pause(seconds: float) -> None:
    """Let time go by: only to show that something does *not* happen."""
    _pause.wait(seconds)


class Gate:
    """Where a thread of the migration waits until the test opens it, or until the migration is told to stop."""

    def __init__(self, running: list[Directed]) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()
        self._running = running

    def await_reached(self, seconds: float = 15.0) -> None:
        """Until somebody waits here."""
        assert self.reached.wait(seconds), "nobody came to the gate"

    def open(self) -> None:
        """From now on all pass."""
        self._open.set()

    def pass_through(self) -> None:
        """The thread's side."""
        self.reached.set()
        end = time.monotonic() + 60.0
        while not self._open.wait(0.02):
            if any(running.stopping for running in self._running):
                return
            assert time.monotonic() < end, "the gate was never opened"


class Directed(Running):
    """A migration in a thread, whose crew can be seen."""

    def __init__(self, chosen: Options, crews: list[Crew], gates: list[Gate]) -> None:
        self._crews = crews
        self._gates = gates
        self._mine = len(crews)
        super().__init__(chosen)

    @property
    def stopping(self) -> bool:
        """Whether it has ended, or the run that it is in is about to."""
        runs = [crew.stop for crew in self._crews]
        return not self.alive or self.stop.is_set() or any(stop.is_set() for stop in runs[-1:])

    @property
    def crew(self) -> Crew:
        """The crew, once there is one."""
        self.wait(lambda: len(self._crews) > self._mine, "a crew")
        return self._crews[self._mine]

    @property
    def last(self) -> Crew:
        """The crew of the run that is under way."""
        return self._crews[-1]

    @property
    def phase(self) -> Phase:
        """The phase now."""
        return self.board.get(Phase, Phase.INSPECTING)

    def wait(self, ready: Callable[[], Any], what: str = "", seconds: float = 15.0) -> None:
        """Poll until true; fails when the migration ends before."""

        def look() -> bool:
            if ready():
                return True
            if not self.alive and not ready():
                raise AssertionError(f"the migration ended before {what or ready}: {self.error or self.outcome}")
            return False

        wait_until(look, seconds, what)

    def await_phase(self, *phases: Phase) -> None:
        """Until it is in one of these phases."""
        self.wait(lambda: self.phase in phases, f"phase {phases}, in {self.phase}")

    def count(self, name: str) -> int:
        """A figure of the delta buffer."""
        with self.crew.buffer.open() as buffer:
            return int(getattr(buffer, name))

    def chunks(self) -> int:
        """How many chunks have been copied."""
        with self.crew.tally.open() as tally:
            return tally.chunks

    def await_settled(self, received: int) -> None:
        """Until so many changes have come in and nothing is owed."""
        self.wait(lambda: self.count("received") >= received, f"{received} changes")
        self.wait(lambda: self.count("idle"), "nothing owed")

    def end(self) -> None:
        """Stop it if it runs, and wait."""
        for gate in self._gates:
            gate.open()
        if self.alive:
            self.stop.set(Aborted("the test is over"))
        self._thread.join(30.0)
        assert not self.alive, "the migration does not end"


class Director:
    """Starts migrations and sets gates, for the length of a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self._crews: list[Crew] = []
        self._gates: list[Gate] = []
        self._running: list[Directed] = []
        self._verified = True
        crews = self._crews

        class Seen(Crew):
            def __init__(self, *args: Any, **kw: Any) -> None:
                super().__init__(*args, **kw)
                crews.append(self)

        monkeypatch.setattr(migration, "Crew", Seen)

    def start(self, chosen: Options) -> Directed:
        """Begin a migration."""
        if not self._verified:
            chosen = replace(chosen, verification=Verification(skip=True))
        self._running.append(Directed(chosen, self._crews, self._gates))
        return self._running[-1]

    @property
    def runs(self) -> int:
        """How many runs have come to have a crew, of all migrations."""
        return len(self._crews)

    @property
    def last(self) -> Crew:
        """The crew of the latest run."""
        return self._crews[-1]

    def gate(self, owner: Any, name: str, *, after: bool = False, when: Callable[..., Any] | None = None) -> Gate:
        """Make callers of a method wait at a gate, before it or after it, where `when` says so of its arguments."""
        gate = Gate(self._running)
        self._gates.append(gate)
        original = getattr(owner, name)

        def method(*args: Any, **kw: Any) -> Any:
            chosen = when is None or when(*args, **kw)
            if chosen and not after:
                gate.pass_through()
            result = original(*args, **kw)
            if chosen and after:
                gate.pass_through()
            return result

        self._patch.setattr(owner, name, method)
        return gate

    def replace(self, owner: Any, name: str, work: Callable[..., Any]) -> None:
        """Break a rule on purpose."""
        self._patch.setattr(owner, name, work)

    def unverified(self) -> None:
        """Have no rows compared: what comes of a rule that the test breaks would be found and healed."""
        self._verified = False

    def close(self) -> None:
        """End all that still runs."""
        for running in self._running:
            running.end()


class Later:
    """Statements of an application in a thread, one after another on one connection."""

    def __init__(self, server: TestServer, database: str, *statements: str) -> None:
        self.error: BaseException | None = None
        self._connection = server.connect(database)
        self.id = self._connection.thread_id()
        self._statements = statements
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for statement in self._statements:
                with self._connection.cursor() as cursor:
                    cursor.execute(statement)
        except pymysql.Error as error:
            self.error = error

    @property
    def ended(self) -> bool:
        """Whether all have been answered."""
        return not self._thread.is_alive()

    def join(self, seconds: float = 15.0) -> None:
        """Wait for the end; raises what the server said."""
        self._thread.join(seconds)
        assert self.ended, f"still waiting: {self._statements}"
        if self.error is not None:
            raise self.error


class Holder:
    """An open transaction on a connection of its own."""

    def __init__(self, server: TestServer, database: str, *statements: str) -> None:
        self.connection = server.connect(database, autocommit=False)
        self.run(*statements)

    def run(self, *statements: str) -> None:
        """More statements in the transaction."""
        with self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def commit(self) -> None:
        """End it."""
        self.connection.commit()

    def rollback(self) -> None:
        """Give it up."""
        self.connection.rollback()


def run(server: TestServer, database: str, *statements: str) -> None:
    """Statements of an application, each committed at once, on one connection."""
    connection = server.connect(database)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def fill(server: TestServer, database: str, rows: int, table: str = "t", extra: str = "") -> None:
    """A table `(id int, v int)` with rows 1 to `rows`; `extra` stands after the columns."""
    run(
        server,
        database,
        f"CREATE TABLE {table} (id int NOT NULL, v int NOT NULL{extra}, PRIMARY KEY (id)) ENGINE=InnoDB",
        f"INSERT INTO {table} (id, v) SELECT n, n FROM ({numbers(rows)}) numbers",
    )


def numbers(rows: int) -> str:
    """A subquery with the numbers n from 1 to `rows`, at most 1,000,000."""
    digit = "(SELECT 0 d" + "".join(f" UNION ALL SELECT {n}" for n in range(1, 10)) + ")"
    places = len(str(rows))
    tables = ", ".join(f"{digit} d{place}" for place in range(places))
    value = " + ".join(f"d{place}.d * {10**place}" for place in range(places))
    return f"SELECT 1 + {value} AS n FROM {tables} HAVING n <= {rows}"


def rows_of(server: TestServer, database: str, table: str = "t", columns: str = "id, v", key: str = "id") -> list[Any]:
    """The rows in key order."""
    return list(server.execute(f"SELECT {columns} FROM {table} ORDER BY {key}", db=database))


def assert_same(server: TestServer, outcome: Outcome, database: str, columns: str = "id, v", key: str = "id") -> None:
    """The new table equals the old one, which nobody has written to since the swap."""
    new = rows_of(server, database, "t", columns, key)
    old = rows_of(server, database, outcome.old_table, columns, key)
    if new != old:
        surplus, missing = sorted(set(new) - set(old)), sorted(set(old) - set(new))
        raise AssertionError(f"not equal: only in the new table {surplus[:5]}, only in the old one {missing[:5]}")


def helper(server: TestServer, part: str, table: str = "t") -> str:
    """The name of a helper table on this flavour: gho, ghc, del."""
    return f"{table}_{part}" if server.flavor.startswith("mariadb") else f"_{table}_{part}"


def waits_for_lock(server: TestServer, text: str) -> bool:
    """Whether a statement that begins with `text` waits for a row lock."""
    # InnoDB shows the same picture again to whoever asks within a tenth of a second of the last look.
    pause(0.12)
    return bool(
        server.execute(
            "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE %s",
            (text + "%",),
        )
    )


@contextmanager
def flag_file(path: Any) -> Iterator[str]:
    """A flag file that is there for the length of the block."""
    path.touch()
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)
