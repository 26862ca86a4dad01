"""StatusBoard: the last value published of each kind. Faces read it, workers publish on it; nobody shares more.

A kind is a class: `board.publish(Reading(…))` replaces the last Reading. Values are frozen, so a reader needs no lock
for longer than the look-up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class StatusBoard:
    """Last value by kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[type, Any] = {}

    def publish(self, value: object) -> None:
        """Replace the last value of this kind."""
        with self._lock:
            self._values[type(value)] = value

    def change(self, kind: type[T], default: T, work: Callable[[T], T]) -> T:
        """Replace the last value by what `work` makes of it, with nobody in between; returns the new one."""
        with self._lock:
            value = work(self._values.get(kind, default))
            self._values[kind] = value
            return value

    def take(self, kind: type[T]) -> T | None:
        """The last value of this kind, which is then gone: for what counts once."""
        with self._lock:
            value: T | None = self._values.pop(kind, None)
            return value

    def read(self, kind: type[T]) -> T | None:
        """The last value of this kind, None before the first."""
        with self._lock:
            value: T | None = self._values.get(kind)
            return value

    def get(self, kind: type[T], default: T) -> T:
        """The last value of this kind, or `default`."""
        value = self.read(kind)
        return default if value is None else value
