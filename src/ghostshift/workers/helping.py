"""Who helps: copiers and appliers beyond the first. What they lack is no reason to end what the first can finish.

A server has so many connections and no more, and they are the application's. So a helper who gets none waits and asks
again later, which the pace's reason says; and one who is not needed for some seconds gives his back.

Must never be used by those without whom nothing goes on: that these get no connection is an error (docs/faults.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ghostshift.model.errors import ServerError
from ghostshift.mysql.retry import FULL
from ghostshift.mysql.session import RenewableSession, SessionPool
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop

LATER = 5.0
"""Seconds until one who got no connection asks again."""

SURPLUS = 5.0
"""Seconds without work after which a helper gives his connection back."""


@dataclass(frozen=True, slots=True)
class Lack:
    """On the board: the server had no connection for a helper."""

    at: float = -math.inf
    """Monotonic seconds."""

    def reason(self, now: float) -> str:
        """For people; empty where it is long ago."""
        lately = now - self.at < LATER + 1.0
        return "the server has no connection for another one" if lately else ""


class Helping:
    """One helper's session, which he has while he needs it. Of one thread."""

    def __init__(self, pool: SessionPool, board: StatusBoard, stop: Stop, *, first: bool = False) -> None:
        """`first`: no helper, but the one without whom nothing goes on; that he gets no session is an error."""
        self._pool = pool
        self._board = board
        self._stop = stop
        self._first = first
        self._session: RenewableSession | None = None
        self._used = stop.now()

    @contextmanager
    def session(self) -> Iterator[RenewableSession | None]:
        """The session, for a piece of work; None where the server has none left. Raises ServerError for all else."""
        if self._session is None:
            try:
                self._session = RenewableSession(self._pool, self._stop)
            except ServerError as error:
                if self._first or error.errno not in FULL:
                    raise
                self._board.publish(Lack(self._stop.now()))
        try:
            yield self._session
        finally:
            self._used = self._stop.now()

    def later(self) -> None:
        """Wait until it is time to ask again."""
        self._stop.wait(LATER)

    def tidy(self) -> None:
        """Give the session back if it has not been used for a while; whoever asks then gets another."""
        if self._stop.now() - self._used > SURPLUS:
            self.close()

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            session, self._session = self._session, None
            session.close()
