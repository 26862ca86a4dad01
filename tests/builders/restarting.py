"""A server that dies and comes back in the middle of a migration, and an application that lives through it.

`Strike` lets the server die, or shut down, right before or right after one statement of a migration in this process;
it starts it again at once, or leaves that to the test. The statements are those of builders/killing.py.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymysql
import pytest

from builders.application import Application
from builders.killing import BEFORE, Point
from builders.migrating import Running, options
from builders.program import columns, tables
from ghostshift.model.options import Tunables
from ghostshift.model.outcome import Outcome
from ghostshift.model.settings import Recovery
from ghostshift.mysql.session import Session
from ghostshift.sandbox import Server
from plugins.server_pool import TestServer


def crash(server: Server) -> None:
    """SIGKILL, and start again."""
    server.kill9()
    server.start()


def shut_down(server: Server) -> None:
    """SIGTERM, and start again."""
    server.restart()


class Strike:
    """Does something to the server once, at a statement of ours that matches."""

    def __init__(self, point: Point, when: str, deed: Callable[[Server], None], server: Server) -> None:
        self.point = point
        self._pattern = re.compile(point.pattern, re.DOTALL)
        self._number = point.number
        self._before = when == BEFORE
        self._deed = deed
        self._server = server
        self._lock = threading.Lock()
        self._seen = 0
        self.struck = False

    def at(self, run: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
        """The function that sends a statement, with the strike in it."""

        def deadly(session: Any, statement: str) -> None:
            due = self._due(statement)
            if due and self._before:
                self._strike()
            run(session, statement)
            if due and not self._before:
                self._strike()

        return deadly

    def _due(self, statement: str) -> bool:
        if self._pattern.match(statement) is None:
            return False
        with self._lock:
            self._seen += 1
            return self._seen == self._number

    def _strike(self) -> None:
        self._deed(self._server)
        self.struck = True


def migrate_through(
    patch: pytest.MonkeyPatch,
    server: TestServer,
    database: str,
    strike: Strike,
    flag: Path,
    *,
    meanwhile: Callable[[Running], None] = lambda _: None,
    **more: Any,
) -> Outcome:
    """Migrate `t` while the strike falls; the cut-over is postponed until then where its statement comes only so."""
    if strike.point.held:
        flag.touch()
    tunables = Tunables(throttle_additional_flag_file="", chunk_size=100, nice_ratio=1.0, postpone_flag_file=str(flag))
    if not strike.point.held:
        tunables = replace(tunables, postpone_flag_file="")
    chosen = options(server, database, tunables=tunables, **{"recovery": Recovery(seconds=0.1), **more})
    with patch.context() as here:
        here.setattr(Session, "_run", strike.at(Session._run))
        running = Running(chosen)
        running.until(lambda _: strike.struck, 60.0)
        flag.unlink(missing_ok=True)
        meanwhile(running)
        return running.result(90.0)


def assert_survived(
    server: TestServer,
    database: str,
    application: Survivor,
    outcome: Outcome,
    *,
    restarts: int = 1,
    tables_left: int = 2,
) -> None:
    """The table is altered and holds what the application knows; only the old table and its checkpoint are left."""
    application.assert_kept()
    assert columns(server, database)[-1] == "added"
    left = {name for name in tables(server, database) if name != "t"}
    assert len(left) == tables_left, left
    assert outcome.swapped
    assert outcome.verification.verified
    assert outcome.restarts == restarts or 0 < restarts < outcome.restarts  # what shuts down may answer once more
    assert outcome.warnings == ()


class Survivor(Application):
    """An application that connects again when its server was away, and asks what became of its last write."""

    def __init__(self, server: TestServer, database: str, rows: int, *, seed: int = 1, pause: float = 0.008) -> None:
        super().__init__(server, database, rows, seed=seed, pause=pause)
        self.lost = 0
        """Connections that died under it."""

    def _write(self) -> None:
        try:
            while not self._over.wait(self._pause):
                with contextlib.suppress(pymysql.OperationalError, pymysql.InterfaceError, OSError):
                    self._once()
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.problem = error

    def _once(self) -> None:
        with contextlib.closing(self._server.connect(self._database)) as connection:
            try:
                self._work(connection)
            except (pymysql.OperationalError, pymysql.InterfaceError, OSError):
                self.lost += 1
                self._ask()
                raise

    def _ask(self) -> None:
        """Learn from the server what became of each row that the last write may have been about."""
        while True:
            with contextlib.suppress(pymysql.OperationalError, pymysql.InterfaceError, OSError):
                found = dict(self._server.execute("SELECT id, v FROM t", db=self._database))
                self._settle({int(key): str(value) for key, value in found.items()})
                return
            self._over.wait(0.05)

    def _settle(self, found: dict[int, str]) -> None:
        """One write at the most was not answered: only so much may differ from what was acknowledged."""
        keys = {key for key in self.rows.keys() | found.keys() if self.rows.get(key) != found.get(key)}
        if len(keys) > 1:
            raise AssertionError(f"acknowledged writes are gone, of {sorted(keys)[:5]}")
        for key in keys:
            self.rows.pop(key, None)
            if key in found:
                self.rows[key] = found[key]
