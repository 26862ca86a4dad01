"""What a SIGHUP does: the --conf file is read again, and what it newly says of a running migration holds from now on.

Only what the file says differently from last time is taken, so that an operator's command stays in force; what a flag
or a variable decided stays as well. A file that cannot be used is warned about and changes nothing.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from typing import Any

from ghostshift.core.progress import PointOfInterest
from ghostshift.flags import Settings, reread
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Tunables
from ghostshift.runtime.board import StatusBoard

_log = logging.getLogger("ghostshift")


class Reload:
    """Reads the file of a migration again."""

    def __init__(self, settings: Settings, board: StatusBoard) -> None:
        self._settings = settings
        self._board = board
        self._last = _now(settings)

    def run(self) -> None:
        """Take over what is new. Never raises."""
        self._board.publish(PointOfInterest(time.monotonic()))
        warnings: list[str] = []
        try:
            found = reread(self._settings, os.environ, warnings)
        except UsageError as error:
            _log.warning("SIGHUP: %s; nothing was changed, and the migration goes on", error)
            return
        for warning in warnings:
            _log.warning("SIGHUP: %s", warning)
        news = {name: value for name, value in found.items() if self._last.get(name) != value}
        self._last = found
        self._board.change(Tunables, Tunables(), lambda present: dataclasses.replace(present, **news))
        told = ", ".join(f"{name} is {value}" for name, value in news.items())
        _log.info("SIGHUP: %s; the migration goes on", told or "nothing new")


def _now(settings: Settings) -> dict[str, Any]:
    """What the file says at the start: it was read a moment ago."""
    try:
        return reread(settings, os.environ, [])
    except UsageError:
        return {}
