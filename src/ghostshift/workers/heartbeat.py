"""The heartbeat: writes the time into the changelog, and sees to it that invariant 1's ground stays firm. One thread.

binlog_order_commits can be switched off at any time; without it a barrier proves nothing, so the run must end.
"""

from __future__ import annotations

from collections.abc import Callable

from ghostshift.model.errors import ConnectionLost, StreamError
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.workers.changelog import Changelog

CHECK_EVERY = 1.0
"""Seconds between two looks at binlog_order_commits."""


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
    ) -> None:
        self._connect = connect
        self._session = connect()
        self._changelog = changelog
        self._dialect = dialect
        self._stop = stop
        self._seconds = seconds
        self._attempts = attempts
        self._checked = float("-inf")

    def run(self) -> None:
        """Beat until stopped. Raises what a beat raises after `attempts` tries."""
        try:
            while not self._stop.is_set():
                retrying(self._beat, self._stop, self._attempts, recover=self._reconnect)
                self._stop.wait(self._seconds)
        finally:
            self._session.close()

    def _beat(self) -> None:
        self._changelog.beat(self._session)
        now = self._stop.now()
        if self._dialect.orders_commits_by_variable and now - self._checked >= CHECK_EVERY:
            self._checked = now
            value = self._session.one("SELECT @@GLOBAL.binlog_order_commits")[0]
            if str(value) not in ("1", "ON"):
                raise StreamError(
                    "binlog_order_commits was switched off: changes can no longer be known to be visible. "
                    "SET GLOBAL binlog_order_commits = ON and start again"
                )

    def _reconnect(self, _: ConnectionLost) -> None:
        self._session.close()
        self._session = self._connect()
