"""Named time zones for throw-away servers, which come without any: Europe/Berlin and Australia/Lord_Howe, 2000 to 2037.

The rules are written out here, so that no zone files are needed: the last Sundays of March and October at 01:00 UTC,
and the days before the first ones of April and October at 15:00 and 15:30 UTC (half an hour of summer time).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

YEARS = range(2000, 2038)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone's name, and its offsets from UTC in seconds."""

    name: str
    standard: int
    summer: int
    abbreviations: tuple[str, str]

    def changes(self) -> Iterator[tuple[int, int]]:
        """Moments at which the clock changes, with 1 where summer time begins and 0 where it ends."""
        for year in YEARS:
            if self.name == "Europe/Berlin":
                yield _moment(_sunday(year, 4, before=True), 1, 0), 1
                yield _moment(_sunday(year, 11, before=True), 1, 0), 0
            else:
                yield _moment(_sunday(year, 4) - timedelta(days=1), 15, 0), 0
                yield _moment(_sunday(year, 10) - timedelta(days=1), 15, 30), 1


ZONES = (
    Zone("Europe/Berlin", 3600, 7200, ("CET", "CEST")),
    Zone("Australia/Lord_Howe", 37800, 39600, ("+1030", "+11")),
)


def _sunday(year: int, month: int, *, before: bool = False) -> datetime:
    """The first Sunday of a month, or the last one before it."""
    first = datetime(year, month, 1, tzinfo=UTC)
    sunday = first + timedelta(days=(6 - first.weekday()) % 7)
    return sunday - timedelta(days=7) if before else sunday


def _moment(day: datetime, hour: int, minute: int) -> int:
    return int(day.replace(hour=hour, minute=minute).timestamp())


def load(cursor: Any) -> None:
    """Make the server know the zones that it does not know."""
    for zone in ZONES:
        cursor.execute("SELECT CONVERT_TZ('2026-01-01', '+00:00', %s)", (zone.name,))
        if cursor.fetchall()[0][0] is not None:
            continue
        cursor.execute("INSERT INTO mysql.time_zone (Use_leap_seconds) VALUES ('N')")
        number = cursor.lastrowid
        for kind, offset in enumerate((zone.standard, zone.summer)):
            cursor.execute(
                "INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, `Offset`, Is_DST, "
                "Abbreviation) VALUES (%s, %s, %s, %s, %s)",
                (number, kind, offset, kind, zone.abbreviations[kind]),
            )
        moments = ", ".join(f"({number:d}, {at:d}, {kind:d})" for at, kind in zone.changes())
        columns = "Time_zone_id, Transition_time, Transition_type_id"
        cursor.execute(f"INSERT INTO mysql.time_zone_transition ({columns}) VALUES {moments}")
        cursor.execute("INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES (%s, %s)", (zone.name, number))
