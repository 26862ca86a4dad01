"""The changelog table: one row each for heartbeat, state, throttle, barrier, marker and probe.

Barriers and markers prove two different things. A *barrier* is a commit of ours that was issued after events came in:
when it returns, those events' transactions are visible (invariant 1). A *marker* that comes back through the log proves
that everything before it has been received. Every value differs from the last one, or the server would log nothing.
"""

from __future__ import annotations

import itertools
import secrets
import time
from datetime import UTC, datetime

from ghostshift.model.errors import StreamError
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import TableName
from ghostshift.mysql.session import Result, Session
from ghostshift.sql.statements import append_changelog, write_changelog, write_marker

TABLES_IN_PLACE = "GhostTableMigrated"
READING_RANGE = "ReadMigrationRangeValues"
LOCKED = "AllEventsUpToLockProcessed"
MIGRATED = "Migrated"
"""gh-ost's words for the states of a migration (gh-ost-behaviour 2.2)."""

LONGEST = 4096
"""Characters of a value."""

HEARTBEAT, STATE, THROTTLE, BARRIER, MARKER, PROBE = 1, 2, 3, 4, 5, 6

CHANGELOG_KEY = KeySpec(
    index="PRIMARY",
    columns=(
        KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER, unsigned=True),
        KeyColumn(name="value", ordinal=3, kind=KeyKind.TEXT, charset="utf8mb4", collation="utf8mb4_bin"),
    ),
)
"""What is read of the changelog's rows in the log: the row's number and its value."""


class Changelog:
    """Writes the changelog; each method is one commit on the given session."""

    def __init__(self, name: TableName) -> None:
        self.name = name
        self._run = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    def beat(self, session: Session) -> None:
        """The time now, for lag here and on replicas."""
        self._write(session, HEARTBEAT, "heartbeat", moment())

    def state(self, session: Session, text: str) -> None:
        """What the migration is doing, for people and for other tools: set, and added to the story."""
        self._write(session, STATE, "state", f"{text}:{self._run}-{next(self._numbers)}")
        session.execute(append_changelog(self.name, f"state at {time.time_ns()}", text))

    def throttle(self, session: Session, text: str) -> None:
        """A change of the throttle's verdict: set, and added to the story."""
        self._write(session, THROTTLE, "throttle", f"{text} at {moment()}")
        session.execute(append_changelog(self.name, f"throttle at {time.time_ns()}", text))

    def printed(self, session: Session, iteration: int, state: str) -> None:
        """A status line was printed: how many chunks were copied by then, and the state that it told."""
        hint = f"copy iteration {iteration} at {int(time.time())}"
        session.execute(append_changelog(self.name, hint, state[:LONGEST]))

    def barrier(self, session: Session) -> None:
        """Returns when every transaction whose event was received before the call is visible."""
        self._write(session, BARRIER, "barrier", f"{self._run}-{next(self._numbers)}")

    def probe(self, session: Session) -> None:
        """A commit whose time tells what a commit of the application takes."""
        self._write(session, PROBE, "probe", f"{self._run}-{next(self._numbers)}")

    def mark(self, session: Session) -> str:
        """Write a fresh marker and return it."""
        marker = f"{self._run}-{next(self._numbers)}"
        self._write(session, MARKER, "marker", marker)
        return marker

    def mark_locked(self, session: Session) -> str:
        """The marker behind which no change of the original can come, and the state that says so; returns it."""
        marker = f"{self._run}-{next(self._numbers)}"
        state = f"{LOCKED}:{marker}"
        self._changed(session.execute(write_marker(self.name, (MARKER, marker), (STATE, state))), "marker")
        return marker

    def _write(self, session: Session, number: int, hint: str, value: str) -> None:
        self._changed(session.execute(write_changelog(self.name, number, hint, value)), hint)

    def _changed(self, result: Result, hint: str) -> None:
        if not result.affected:
            # Nothing changed, so nothing was logged: whatever this write was to prove is not proved (invariant 1).
            raise StreamError(f"a write of {hint!r} to {self.name} changed nothing; has somebody else written there?")


def moment() -> str:
    """The time now as RFC 3339 text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def seconds_since(text: str) -> float:
    """Seconds since a moment that `moment` wrote; both are this host's clock. Raises ValueError for other text."""
    then = datetime.fromisoformat(text)
    if then.tzinfo is None:
        raise ValueError(f"{text!r} does not say in which time zone")
    return (datetime.now(UTC) - then).total_seconds()


def is_moment(text: str) -> bool:
    """Whether `moment` may have written this."""
    try:
        seconds_since(text)
    except ValueError:
        return False
    return True
