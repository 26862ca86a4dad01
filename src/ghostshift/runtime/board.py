"""StatusBoard: the last value published of each kind. Faces read it, workers publish on it; nobody shares more.

A kind is a class: `board.publish(Reading(…))` replaces the last Reading. Values are frozen, so a reader needs no lock
for longer than the look-up.
"""

from __future__ import annotations

import threading
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

    def read(self, kind: type[T]) -> T | None:
        """The last value of this kind, None before the first."""
        with self._lock:
            value: T | None = self._values.get(kind)
            return value

    def get(self, kind: type[T], default: T) -> T:
        """The last value of this kind, or `default`."""
        value = self.read(kind)
        return default if value is None else value
