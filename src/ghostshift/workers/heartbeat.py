"""The heartbeat: writes the time into the changelog, and sees to it that invariant 1's ground stays firm. One thread.

binlog_order_commits can be switched off at any time; without it a barrier proves nothing, so the run must end. So can
the server be made read-only, for another to take over: a user with the privilege to write all the same must not do so.
"""

from __future__ import annotations

from collections.abc import Callable

from ghostshift.model.errors import ConnectionLost, ServerError, StreamError
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.workers.changelog import Changelog

CHECK_EVERY = 1.0
"""Seconds between two looks at the server's settings."""

READ_ONLY = 1290
"""The server's own number for what it may not do (ER_OPTION_PREVENTS_STATEMENT)."""

_OFF = ("0", "OFF")


class Heartbeat:
    """See the module."""

    def __init__(
        self,
        connect: Callable[[], Session],
        changelog: Changelog,
        dialect: Dialect,
        stop: Stop,
        *,
        seconds: float,
        attempts: int,
        writable: bool = True,
    ) -> None:
        """`writable`: whether the server must not be read-only."""
        self._connect = connect
        self._session = connect()
        self._changelog = changelog
        self._dialect = dialect
        self._stop = stop
        self._seconds = seconds
        self._attempts = attempts
        self._writable = writable
        self._checked = float("-inf")
        self._due = stop.now()

    def begin(self) -> None:
        """Beat once: who asks for a beat from here on finds one. Raises what a beat raises after `attempts` tries."""
        retrying(self._beat, self._stop, self._attempts, recover=self._reconnect)
        self._due = self._stop.now() + self._seconds

    def run(self) -> None:
        """Beat until stopped. Raises what a beat raises after `attempts` tries."""
        try:
            while not self._stop.wait(max(0.0, self._due - self._stop.now())):
                self.begin()
        finally:
            self._session.close()

    def _beat(self) -> None:
        self._changelog.beat(self._session)
        now = self._stop.now()
        if now - self._checked >= CHECK_EVERY:
            self._checked = now
            self._check()

    def _check(self) -> None:
        ordered = self._dialect.orders_commits_by_variable
        ask = "SELECT @@GLOBAL.read_only" + (", @@GLOBAL.binlog_order_commits" if ordered else "")
        read_only, *order = (str(value) not in _OFF for value in self._session.one(ask))
        if order == [False]:
            raise StreamError(
                "binlog_order_commits was switched off: changes can no longer be known to be visible. "
                "SET GLOBAL binlog_order_commits = ON and start again"
            )
        if read_only and self._writable:
            raise ServerError(READ_ONLY, "the server was made read-only (SET GLOBAL read_only)")

    def _reconnect(self, _: ConnectionLost) -> None:
        self._session.close()
        self._session = self._connect()
