"""What the cut-over needs of those who follow the log, in one place: pause, mark, wait for the marker, drain."""

from __future__ import annotations

from typing import Protocol

from ghostshift.model.change import Keys
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.applier import Applier
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.preparer import raise_auto_increment
from ghostshift.workers.streamer import LogState


class LastLook(Protocol):
    """Rows of which nobody could be sure before the locks."""

    def due(self) -> Keys | None:
        """To be deleted and read again under the locks, when nobody writes."""

    def look_at_last(self, session: Session) -> None:
        """All is drained: raises VerificationFailed for rows that differ even so."""


class LogFollower:
    """Joins the applier's and the streamer's sides for workers.cutover."""

    def __init__(self, plan: Plan, applier: Applier, changelog: Changelog, state: Guarded[LogState]) -> None:
        self._plan = plan
        self._applier = applier
        self._changelog = changelog
        self._state = state
        self.last_look: LastLook | None = None

    def pause(self, seconds: float) -> bool:
        """Tell the appliers to pause; true once they are idle."""
        return self._applier.pause(seconds)

    def resume(self) -> None:
        """Let the appliers go on."""
        self._applier.resume()

    def mark(self, session: Session) -> str:
        """Commit the marker of the locked tables through this session, which holds them; returns it."""
        return self._changelog.mark_locked(session)

    def probe(self, session: Session) -> str:
        """Commit a fresh marker that says nothing but itself; returns it."""
        return self._changelog.mark(session)

    def arrived(self, marker: str, seconds: float) -> bool:
        """Whether the marker came back through the log in time: then all events before it were received."""
        return self._state.wait_until(lambda state: marker in state.markers, seconds)

    def drain(self, session: Session, seconds: float) -> int:
        """Apply every key that is still owed through the locked session, and carry the next number over."""
        due = self.last_look.due() if self.last_look is not None else None
        if due is not None:
            self._applier.owe(due)
        keys = self._applier.drain(session, seconds)
        if self.last_look is not None and due is not None:
            self.last_look.look_at_last(session)
        if self._plan.keeps_numbers:
            raise_auto_increment(session, self._plan.table, self._plan.ghost.name)
        return keys
