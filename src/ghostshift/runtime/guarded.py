"""Guarded: an object behind a lock and a condition. The pure twins of the workers are shared through it.

Waits end with a condition, a deadline or `Stop`; nobody waits for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from ghostshift.runtime.group import Stop

T = TypeVar("T")


class Guarded(Generic[T]):
    """One thread at a time inside; others may wait for a state of the object."""

    def __init__(self, value: T, stop: Stop) -> None:
        self._value = value
        self._stop = stop
        self._condition = threading.Condition()
        stop.on_set(self._wake)

    def _wake(self) -> None:
        # A stop may be asked for while another thread is inside, and in a signal's handler: never block here.
        if self._condition.acquire(blocking=False):
            self._condition.notify_all()
            self._condition.release()
            return
        threading.Thread(target=self._wake_slowly, daemon=True).start()

    def _wake_slowly(self) -> None:
        with self._condition:
            self._condition.notify_all()

    @contextmanager
    def open(self) -> Iterator[T]:
        """Use the object; everybody who waits looks again afterwards."""
        with self._condition:
            yield self._value
            self._condition.notify_all()

    def wait_until(self, ready: Callable[[T], bool], seconds: float) -> bool:
        """Wait for `ready`, at most `seconds`. False on time-out or stop."""
        with self._condition:
            self._condition.wait_for(lambda: self._stop.is_set() or ready(self._value), seconds)
            return not self._stop.is_set() and ready(self._value)
