"""The inquiry: finds out of each suspect whether it is explained or wrong, and has wrong rows written again.

One step after the other, none of which waits: the verifier's thread goes on comparing between them. What may be
concluded when is core.verifying's. A wrong row is put into the delta buffer as one that may be gone: the ordinary
applier deletes it and reads it again, barrier and all, and the next round looks whether that helped.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Collection, Iterable, Sequence

from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.verifying import NAMED, REPAIRS, Judgement, Suspects
from ghostshift.model.change import Keys
from ghostshift.model.comparison import Difference, Kind, Stray
from ghostshift.model.errors import VerificationFailed
from ghostshift.model.key import Key
from ghostshift.model.plan import Plan
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import RenewableSession, Session
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.arrival import LOOK_EVERY, Patience, not_logged
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.comparer import Comparer
from ghostshift.workers.follower import LogFollower
from ghostshift.workers.topology import Sites

KEYS = 500
"""Suspects that one statement looks at."""

Accepted = Callable[[Session, Sequence[Key]], Collection[Key]]
"""Of these keys those whose rows the ghost lacks, as was said beforehand that it may (--allow-data-loss)."""


class _Stage(enum.Enum):
    IDLE = "nobody is suspected"
    MARKED = "waiting for the marker"
    SETTLING = "waiting until what was received is applied"


class Inquiry:
    """See the module. For one thread, but for `suspects`."""

    def __init__(
        self,
        plan: Plan,
        suspects: Guarded[Suspects],
        buffer: Guarded[DeltaBuffer],
        follower: LogFollower,
        changelog: Changelog,
        comparer: Comparer,
        sites: Sites,
        stop: Stop,
        *,
        attempts: int,
        accepted: Accepted | None = None,
        repairs: bool = True,
    ) -> None:
        """`repairs`: a wrong row is written again; else it ends the run, for the ghost's row may be the better one."""
        self._plan = plan
        self._suspects = suspects
        self._buffer = buffer
        self._follower = follower
        self._changelog = changelog
        self._comparer = comparer
        self._sites = sites
        self._stop = stop
        self._attempts = attempts
        self._accepted = accepted
        self._repairs = repairs
        self._stage = _Stage.IDLE
        self._marker = ""
        self._patience = Patience(sites, stop)
        self._look_again = 0.0
        self._mark = 0
        self._seen: dict[Key, tuple[Key, ...]] | None = None
        """What differed in the last look; None before the first of a suspect's life."""
        self._kinds: dict[Key, Kind] = {}
        self._log = logging.getLogger("ghostshift")

    def step(self, worker: RenewableSession) -> bool:
        """Take the next step, if it can be taken now. Raises VerificationFailed, StreamError, ServerError."""
        if self._stage is _Stage.IDLE:
            with self._suspects.open() as suspects:
                if not len(suspects):
                    return False
            self._write_marker(worker)
            return True
        if self._stage is _Stage.MARKED:
            if not self._arrived():
                return False
            self._judge(worker)
            return True
        with self._buffer.open() as buffer:
            if not buffer.settled(self._mark):
                return False
        self._look(worker)
        return True

    def _write_marker(self, worker: RenewableSession) -> None:
        self._marker = retrying(
            lambda: self._follower.probe(worker.session), self._stop, self._attempts, recover=lambda _: worker.renew()
        )
        self._patience = Patience(self._sites, self._stop)
        self._look_again = self._stop.now() + LOOK_EVERY
        self._stage = _Stage.MARKED

    def _arrived(self) -> bool:
        if self._follower.arrived(self._marker, 0.0):
            return True
        if self._stop.now() >= self._look_again:
            self._look_again = self._stop.now() + LOOK_EVERY
            if not self._patience.left() and not self._stop.is_set():
                raise not_logged(self._changelog.name, self._patience)
        return False

    def _judge(self, worker: RenewableSession) -> None:
        """The marker is back: judge what differed, have wrong rows written again, and begin the next round."""
        with self._suspects.open() as suspects, self._buffer.open() as buffer:
            judgement = Judgement() if self._seen is None else suspects.judge(buffer.touched, self._seen)
            if judgement.repair and not self._repairs:
                raise self._not_to_be_touched(list(judgement.repair))
            if judgement.repair:
                buffer.put(again(judgement.repair.values()))
            watched = suspects.begin()
            self._mark = buffer.mark()
            buffer.watch(watched)
            repaired = suspects.repaired
        self._stage = _Stage.SETTLING
        if judgement.hopeless:
            raise self._failed(judgement.hopeless)
        self._remove(worker, [key for key in judgement.repair if isinstance(key, Stray)])
        for number, key in enumerate(judgement.repair, repaired - len(judgement.repair)):
            if number < NAMED:
                self._log.warning(
                    "verification: the row %s of %s is %s; it is written again and compared again",
                    self._comparer.show(key),
                    self._plan.ghost.name,
                    _WRONG[self._kinds.get(key, Kind.DIFFERENT)],
                )

    def _remove(self, worker: RenewableSession, strays: Collection[Stray]) -> None:
        """Rows that the applier cannot reach, for no key of the original's is theirs."""
        if strays:
            retrying(
                lambda: self._comparer.remove_strays(worker.session, strays), self._stop, self._attempts,
                recover=lambda _: worker.renew(),
            )  # fmt: skip

    def _look(self, worker: RenewableSession) -> None:
        """Look at all suspects again. All that was received before the round began has been applied."""
        with self._suspects.open() as suspects:
            asked = suspects.asked()
        found: list[Difference] = []
        for start in range(0, len(asked), KEYS):
            found += self._differing(worker, asked[start : start + KEYS])
        self._seen = spellings(found)
        self._kinds = {one.key: one.kind for one in found}
        with self._suspects.open() as suspects:
            left = suspects.looked(self._seen)
            more = bool(len(suspects))
        if not left:
            self._seen = None
        if more:
            self._write_marker(worker)
            return
        self._stage = _Stage.IDLE
        with self._buffer.open() as buffer:
            buffer.watch(())

    def _differing(self, worker: RenewableSession, keys: Sequence[Key]) -> list[Difference]:
        def ask() -> list[Difference]:
            session = worker.session
            before = self._lost(session, keys)  # a lost row may come back between the look and the question
            return self._refused(session, self._comparer.differing_keys(session, session, keys), before)

        return retrying(ask, self._stop, self._attempts, recover=lambda _: worker.renew())

    # -- the last look

    def due(self) -> Keys | None:
        """Rows that were never seen equal, for they change all the time: to be read again under the locks."""
        with self._suspects.open() as suspects:
            hot = suspects.hot
        return again(one for key, one in hot.items() if not isinstance(key, Stray)) if hot else None

    def look_at_last(self, session: Session) -> None:
        """Under the locks, when all is drained: nobody writes, so what differs is wrong. Raises VerificationFailed."""
        with self._suspects.open() as suspects:
            hot = list(suspects.hot)
        found = self._refused(session, self._comparer.differing_under_lock(session, hot), frozenset())
        if found:
            raise self._failed([one.key for one in found])

    def _refused(self, session: Session, found: list[Difference], before: Collection[Key]) -> list[Difference]:
        """These differences but for rows that are missing because it was accepted that they may be lost."""
        missing = [one.key for one in found if one.kind is Kind.MISSING]
        lost = {*before, *self._lost(session, missing)}
        return [one for one in found if one.kind is not Kind.MISSING or one.key not in lost]

    def _lost(self, session: Session, keys: Sequence[Key]) -> Collection[Key]:
        known = [key for key in keys if not isinstance(key, Stray)]
        return self._accepted(session, known) if self._accepted is not None and known else frozenset()

    def _not_to_be_touched(self, keys: Sequence[Key]) -> VerificationFailed:
        shown = ", ".join(map(self._comparer.show, keys[:NAMED]))
        return VerificationFailed(
            f"{self._plan.ghost.name} is not what {self._plan.table} is, although every change since the swap is in "
            f"it: these rows differ: {shown}. {self._plan.table} is intact and in place, nothing was swapped. Did "
            "somebody write to the old table? Compare these rows: a change of one in the table in use brings it over; "
            "--no-verify brings the old table back as it is"
        )

    def _failed(self, keys: Sequence[Key]) -> VerificationFailed:
        shown = ", ".join(map(self._comparer.show, keys[:NAMED]))
        more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
        return VerificationFailed(
            f"{self._plan.ghost.name} is not what {self._plan.table} is: every change is applied, and these rows were "
            f"written again, up to {REPAIRS} times, and differ still: {shown}{more}. "
            f"{self._plan.table} is intact and in place, nothing was swapped. "
            "Compare these rows in the two tables: does a trigger or another program write to the ghost?"
        )


def again(keys: Iterable[Iterable[Key]]) -> Keys:
    """The rows of these spellings are to be read again, as if they had gone. What is a Stray's no log can tell of."""
    return Keys("verifier", [], [key for key in frozenset().union(*keys) if not isinstance(key, Stray)])


def spellings(found: Collection[Difference]) -> dict[Key, tuple[Key, ...]]:
    """Differences by key, with each table's spelling of it, as the log would spell them."""
    return {one.key: (one.key,) if one.spelled is None else (one.key, one.spelled) for one in found}


_WRONG = {Kind.MISSING: "missing", Kind.EXTRA: "not in the original", Kind.DIFFERENT: "not as it is in the original"}
