"""A probe: one thread that asks one source of throttling again and again, and keeps its last reading.

Each source has a thread of its own, so a server that hangs holds up nobody but its own probe. The throttler starts a
probe when a source is wanted and dismisses it when it no longer is; what is asked of whom is the asker's business. A
source that has been silent for long has a problem: silence must never pass for a yes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ghostshift.core.throttling import Reading
from ghostshift.runtime.group import Stop

PATIENCE = 5.0
"""Seconds after which a question without an answer is a problem."""

STEP = 0.1
"""Seconds between two looks at whether it is time to ask again, or to end."""

AFTER_A_PROBLEM = 0.5
"""Seconds to wait at least before asking a source again that could not be read."""


class Asker(Protocol):
    """Asks one source. Used by one thread, but for `abort`."""

    def ask(self) -> Reading:
        """A reading; a source that cannot be read is one with a problem, not an exception."""

    def abort(self) -> None:
        """Make a present or future `ask` end soon. From any thread; must not block."""

    def close(self) -> None:
        """Let go of what is held."""


class Probe:
    """See the module. `pause` tells from the time of the last reading and now how many seconds to wait."""

    def __init__(self, asker: Asker, pause: Callable[[float, float], float], stop: Stop, patience: float) -> None:
        self._asker = asker
        self._pause = pause
        self._stop = stop
        self._patience = patience
        self._over = False
        self._since = stop.now()
        self._reading: Reading | None = None

    def run(self) -> None:
        """Ask until dismissed or stopped."""
        try:
            while not self._ended:
                reading = self._asker.ask()
                self._since, self._reading = reading.at, reading
                self._rest(reading)
        finally:
            self._asker.close()

    def latest(self) -> Reading | None:
        """The last reading; None where the first is not there yet; a problem where it should be there since long."""
        reading, now = self._reading, self._stop.now()
        overdue = -self._pause(self._since, now)
        return Reading(now, problem=f"no answer for {overdue:.0f} s") if overdue > self._patience else reading

    def forget(self) -> None:
        """What was read belongs to another time."""
        self._reading, self._since = None, self._stop.now()

    def dismiss(self) -> None:
        """End soon. From any thread; does not wait."""
        self._over = True
        self._asker.abort()

    @property
    def _ended(self) -> bool:
        return self._over or self._stop.is_set()

    def _rest(self, reading: Reading) -> None:
        least = AFTER_A_PROBLEM if reading.problem else 0.0
        while not self._ended:
            now = self._stop.now()
            left = max(self._pause(reading.at, now), reading.at + least - now)
            if left <= 0:
                return
            self._stop.wait(min(left, STEP))
