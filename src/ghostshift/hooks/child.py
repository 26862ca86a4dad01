"""One running hook: waits for it, and ends it with all that it has started when it may not go on.

    its time is over                                      SIGTERM, then SIGKILL
    the migration is stopped while it runs                the same, after a short time in which it may end by itself
    on-success, on-failure: somebody asks once more       the same, at once
    on-failure after somebody stopped the migration       the same, after a minute if no time was given
    a second Ctrl-C                                       SIGKILL

What a hook that ended by itself has left running is let alone, as gh-ost does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ghostshift.model.errors import Aborted
from ghostshift.model.notice import Turn
from ghostshift.runtime.group import Stop

GRACE_SECONDS = 2.0
"""Between the stop and SIGTERM, and between SIGTERM and SIGKILL. Together less than what a group waits for a worker."""

LAST_WORD_SECONDS = 60.0
"""For on-failure of a run that somebody stopped: whoever stopped it wants it to end."""

TICK = 0.02

_LAST = frozenset({Turn.SUCCESS, Turn.FAILURE})
"""They run when the stop has been set already."""


class Child:
    """See the module. For one thread."""

    def __init__(self, path: Path, variables: Mapping[bytes, bytes], output: IO[bytes]) -> None:
        """Start it. Raises OSError."""
        self._clock = Stop()  # nobody sets it: a stop of the migration must not turn our waiting into a busy loop
        self._began = self._clock.now()
        self._process = subprocess.Popen(  # noqa: S603 - running a person's own programs is what this is for
            [os.fsencode(path.absolute())],
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait(self, stop: Stop, turn: Turn, timeout: float) -> str:
        """Wait for its end; what is to be complained of, or nothing."""
        why = ""
        try:
            while not why and not self._ended():
                why = self._must_end(stop, turn, timeout)
                self._clock.wait(TICK)
            if why:
                self._terminate()
        except BaseException:
            self._signal(signal.SIGKILL)
            self._process.wait()
            raise
        code = self._process.wait()
        return why or _said(code)

    def _must_end(self, stop: Stop, turn: Turn, timeout: float) -> str:
        seconds = self._clock.now() - self._began
        if timeout > 0 and seconds >= timeout:
            return f"did not end within {timeout:g} s (--hooks-timeout) and was ended with all that it had started"
        if turn in _LAST:
            if stop.insisted:
                return "was ended: somebody asked a second time to stop"
            if turn is Turn.FAILURE and isinstance(stop.cause, Aborted) and seconds >= max(timeout, LAST_WORD_SECONDS):
                return f"did not end within {LAST_WORD_SECONDS:g} s after the migration was stopped, and was ended"
        elif stop.is_set():
            end = self._clock.now() + GRACE_SECONDS
            while self._clock.now() < end and not self._ended():
                self._clock.wait(TICK)
            if not self._ended():
                return "was ended because the migration stops"
        return ""

    def _terminate(self) -> None:
        """End its process group. It is not reaped meanwhile, so that its number stays its own."""
        self._signal(signal.SIGTERM)
        end = self._clock.now() + GRACE_SECONDS
        while self._clock.now() < end and not self._ended():
            self._clock.wait(TICK)
        self._signal(signal.SIGKILL)

    def _ended(self) -> bool:
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it is gone, or has become somebody else
            os.killpg(self._process.pid, number)


def _said(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"failed with exit code {code}" if code else ""
