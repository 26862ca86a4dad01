"""Writes the throttle's changes of state into the changelog: a start, another reason, and the end.

In a thread of its own, for the verdict must not wait for a server that is slow to commit. What could not be written is
written again over a new connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.changelog import Changelog

DONE = "done throttling"
"""gh-ost's word for the end."""

MOST = 100
"""Changes that may wait to be written; of more the oldest are not told."""

LONGEST = 500
"""Characters of a reason."""


class Announcer:
    """See the module."""

    def __init__(self, connect: Callable[[], Session], changelog: Changelog, stop: Stop, *, attempts: int) -> None:
        self._connect = connect
        self._changelog = changelog
        self._stop = stop
        self._attempts = attempts
        self._session: Session | None = None
        self._texts: Guarded[deque[str]] = Guarded(deque(maxlen=MOST), stop)

    def tell(self, text: str) -> None:
        """Have this written soon."""
        with self._texts.open() as texts:
            texts.append(text[:LONGEST])

    def run(self) -> None:
        """Write until stopped. Raises what writing raises after `attempts` tries."""
        try:
            while not self._stop.is_set():
                if self._texts.wait_until(bool, 0.5):
                    with self._texts.open() as texts:
                        text = texts.popleft()
                    retrying(partial(self._write, text), self._stop, self._attempts, recover=self._lost)
        finally:
            self._lost()

    def _write(self, text: str) -> None:
        if self._session is None:
            self._session = self._connect()
        self._changelog.throttle(self._session, text)

    def _lost(self, _: object = None) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
