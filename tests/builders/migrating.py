"""Migrations for tests: options for a test server, and a migration in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ghostshift.api import migrate
from ghostshift.model.options import Endpoint, Options, Tunables
from ghostshift.model.outcome import Outcome
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.supervisor import Supervisor
from plugins.server_pool import TestServer


def endpoint(server: TestServer) -> Endpoint:
    """How to reach a test server."""
    return Endpoint(host=server.host, port=server.port, user=server.user, password=server.password)


def options(
    server: TestServer, schema: str, alter: str = "ADD COLUMN added int NOT NULL DEFAULT 7", **more: Any
) -> Options:
    """Options for a migration of table `t`. Fields of Tunables may be given as such."""
    tunables = more.pop("tunables", Tunables(throttle_additional_flag_file=""))
    for name in ("copy_threads", "apply_threads"):
        if name in more:
            tunables = replace(tunables, **{name: more.pop(name)})
    return Options(
        **{
            "endpoint": endpoint(server),
            "schema": schema,
            "table": "t",
            "alter": alter,
            "execute": True,
            "allow_on_master": True,
            "heartbeat_millis": 50,
            "tunables": tunables,
            **more,
        }
    )


def run(
    server: TestServer, schema: str, alter: str = "ADD COLUMN added int NOT NULL DEFAULT 7", **more: Any
) -> Outcome:
    """Migrate, and wait for the end."""
    return migrate(options(server, schema, alter, **more))


class Running:
    """A migration in a thread: look at its board, stop it, wait for its end."""

    def __init__(self, chosen: Options) -> None:
        self.board = StatusBoard()
        self.stop = Stop()
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None
        self._migration = Supervisor(chosen, self.board, self.stop)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.outcome = self._migration.run()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    @property
    def alive(self) -> bool:
        """Whether it is still running."""
        return self._thread.is_alive()

    def until(self, ready: Callable[[StatusBoard], bool], seconds: float = 30.0) -> None:
        """Wait until the board says so; fails when the migration ends before."""
        pause = threading.Event()
        for _ in range(int(seconds / 0.01)):
            if ready(self.board):
                return
            if not self.alive:
                raise AssertionError(f"the migration ended too early: {self.error or self.outcome}")
            pause.wait(0.01)
        raise AssertionError("the board never said so")

    def result(self, seconds: float = 60.0) -> Outcome:
        """The outcome; raises what the migration raised."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the migration did not end in time"
        if self.error is not None:
            raise self.error
        assert self.outcome is not None
        return self.outcome
