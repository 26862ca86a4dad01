"""Critical load: when it is met, give up, or look once more after a while, or hibernate. Pure; it is told the time.

Kept apart from `core.throttling`, for this remembers: since when load is suspected, until when we hibernate. It must
never let work go on after a hibernation before the load has been read anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ghostshift.core.throttling import GO, Reading, Verdict, awaited, is_known, status_value
from ghostshift.model.options import Tunables

EVERY = 1.0
"""Seconds between two looks at the server's load, and between two throttle queries."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What critical load asks for: to give up for a reason, or to wait."""

    verdict: Verdict = GO
    abort: str = ""


class CriticalLoad:
    """What is remembered between two looks. For one thread; others may ask for `pause` and `resting`."""

    def __init__(self) -> None:
        self._suspected: float | None = None
        self._until: float | None = None
        self._until_text = ""

    def resting(self, now: float) -> bool:
        """Whether nothing is to be asked of the server."""
        until = self._until
        return until is not None and now < until

    def pause(self, last: float, now: float, interval: float) -> float:
        """Seconds until the load is to be read again; `interval` is that of the second look."""
        until, suspected = self._until, self._suspected
        regular = max(last + EVERY, until or 0.0) - now
        if until is not None or suspected is None or last >= suspected + interval:
            return regular
        return min(regular, suspected + interval - now)

    def look(self, tunables: Tunables, reading: Reading | None, now: float, wall: datetime) -> Ruling:
        """Judge the latest reading; the same one may come again and again."""
        if not tunables.critical_load:
            self._suspected = self._until = None
            return Ruling()
        if self.resting(now):
            return self._hibernating()
        if reading is None or not is_known(tunables.critical_load, reading):
            return Ruling(awaited("critical-load"))
        if self._until is not None:
            if reading.at <= self._until:
                return Ruling(Verdict("leaving hibernation", "leaving hibernation"))
            self._until = None
        return self._decide(tunables, reading, now, wall)

    def _decide(self, tunables: Tunables, reading: Reading, now: float, wall: datetime) -> Ruling:
        met = ""
        for name, limit in tunables.critical_load:
            try:
                value = status_value(name, reading)
            except ValueError as problem:
                return Ruling(Verdict(f"{name} {problem}", f"critical-load {name}"))
            if value >= limit:
                met = f"critical-load met: {name}={value}, >={limit}"
                break
        seconds = tunables.critical_load_hibernate_seconds
        if met and seconds > 0:
            self._suspected = None
            self._until = now + seconds
            self._until_text = (wall + timedelta(seconds=seconds)).isoformat(sep=" ", timespec="seconds")
            return self._hibernating()
        return self._suspect(met, reading.at, tunables.critical_load_interval_millis / 1000)

    def _suspect(self, met: str, at: float, interval: float) -> Ruling:
        """One look is enough without an interval; with one, the first look after it decides."""
        if self._suspected is None:
            if not met:
                return Ruling()
            if interval <= 0:
                return Ruling(abort=met)
            self._suspected = at
            return Ruling()
        if at < self._suspected + interval:
            return Ruling()
        self._suspected = None
        return Ruling(abort=met)

    def _hibernating(self) -> Ruling:
        return Ruling(Verdict(f"critical-load-hibernate until {self._until_text}", "critical-load-hibernate"))
