"""The conductor's own session: inspection, DDL on our own tables, and the table's advisory lock. Never idle for long.

A lost one is replaced only when the server has ended the old one, and only together with the lock: a run without the
lock could meet another one on the same table.
"""

from __future__ import annotations

from collections.abc import Callable

from ghostshift.model.errors import ConnectionLost
from ghostshift.model.names import TableName
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import Session, ensure_dead
from ghostshift.runtime.group import Stop
from ghostshift.workers.preparer import take_lock

KEEP_EVERY = 10.0
"""Seconds between two signs of life: far less than any server or firewall lets a connection idle."""

ATTEMPTS = 8
"""To replace a lost session: about two seconds in all."""


class Home:
    """See the module. For the conductor's thread only."""

    def __init__(self, connect: Callable[[], Session], stop: Stop) -> None:
        self._connect = connect
        self._stop = stop
        self._locked: tuple[TableName, ...] = ()
        self._seen = stop.now()
        self.session = connect()

    def lock(self, *names: TableName) -> None:
        """Take the advisory locks of tables: the original's, and the ghost's, whose name another original may share.

        Raises Refused where another run has one of them.
        """
        for name in names:
            take_lock(self.session, name)
        self._locked = names

    def keep(self) -> None:
        """Give a sign of life when it is time; replace a lost session. Raises what connecting or locking raises."""
        now = self._stop.now()
        if now - self._seen < KEEP_EVERY or self._stop.is_set():
            return
        self._seen = now
        try:
            self.session.query("SELECT 1")
        except ConnectionLost:
            self._replace()

    def renewed(self) -> Session:
        """The session, proved alive at this moment."""
        self._seen = float("-inf")
        try:
            self.session.query("SELECT 1")
        except ConnectionLost:
            self._replace()
        return self.session

    def retried(self, work: Callable[[Session], object]) -> None:
        """Do what may be done twice, on a session that may have to be a new one. Raises what `work` raises."""
        try:
            work(self.session)
        except ConnectionLost:
            self._replace()
            work(self.session)

    def _replace(self) -> None:
        """A new session with the lock, once every lost one is ended: a session that died while it asked may hold it."""
        lost = {self.session.id}

        def renew() -> None:
            self.session.close()
            self.session = self._connect()
            for number in lost - {self.session.id}:
                ensure_dead(self.session, number, Stop())
            lost.add(self.session.id)
            for name in self._locked:
                take_lock(self.session, name)

        retrying(renew, self._stop, ATTEMPTS, recover=lambda _: None)

    def close(self) -> None:
        """End the session, and the lock with it."""
        self.session.close()
