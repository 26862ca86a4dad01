"""The keeper: brings changed rows into an old table that has columns which the original lacks, without losing those.

REPLACE would give them their defaults, and INSERT … ON DUPLICATE KEY UPDATE may hit a row of another key where the
table has a second unique index. So rows are put together in a temporary table, and go in by DELETE and INSERT; who is
in the way of a row is read again together with it, for what the original has at one moment never clashes (invariant 7).
A row whose key has gone is a new one when it comes back: it begins with the defaults.

For one thread at a time: it reads the original before it has the ghost's rows locked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ghostshift.model.errors import ConnectionLost, DataLossError, ServerError
from ghostshift.model.key import Key
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session
from ghostshift.sql import keeping as sql
from ghostshift.sql.losses import clear_scratch, scratch, watched
from ghostshift.sql.statements import delete_keys, replace_keys
from ghostshift.workers.scratch import Scratch
from ghostshift.workers.warnings import CHANGED, WarningWatch

TAKEN = 1062
"""Duplicate entry."""

NAMED = 5
"""Rows that an error names."""


class Keeper:
    """See the module."""

    def __init__(self, plan: Plan, watch: WarningWatch) -> None:
        self._plan = plan
        self._watch = watch
        self._scratch = Scratch(plan)

    def write(self, session: Session, batch: Sequence[tuple[Key, bool]], *, begin: bool = True) -> None:
        """Make the ghost's rows of these keys what the original's are, and keep the rest of them.

        `begin`: in a transaction of its own; else within the one that there is. Raises DataLossError, ServerError.
        """
        self._scratch.have(session)
        wanted = dict(batch)
        while True:
            self._load(session, wanted)
            taken = self._put(session, wanted, begin=begin)
            if taken is None:
                return
            rivals = self._rivals(session).difference(wanted)
            if not rivals:
                raise self._clash(session, taken) from taken
            wanted.update(dict.fromkeys(rivals, False))

    def _load(self, session: Session, wanted: dict[Key, bool]) -> None:
        """Put the rows together; those that are gone by now are not among them."""
        plan = self._plan
        session.execute(clear_scratch(plan))
        filled = session.execute(replace_keys(plan, wanted, target=scratch(plan)))
        self._watch.check(session, filled, CHANGED)
        stayed = [key for key in self._scratch.shown(session) if not wanted.get(key, False)]
        if stayed:
            session.execute(sql.carry(plan, stayed))

    def _put(self, session: Session, wanted: Collection[Key], *, begin: bool) -> ServerError | None:
        """Write them; what the server said where a unique value is taken, with nothing written."""
        session.execute("START TRANSACTION" if begin else sql.BEFORE)
        try:
            session.execute(delete_keys(self._plan, wanted))
            session.execute(sql.take_over(self._plan))
            if begin:
                session.execute("COMMIT")
        except ConnectionLost:
            raise
        except ServerError as error:
            session.execute("ROLLBACK" if begin else sql.UNDO)
            if error.errno != TAKEN:
                raise
            return error
        return None

    def _rivals(self, session: Session) -> set[Key]:
        """Keys of the ghost's rows that hold a unique value which one of the rows needs."""
        return {other for index in watched(self._plan) for _, other, _ in self._scratch.rivals(session, index)}

    def _clash(self, session: Session, taken: ServerError) -> DataLossError:
        for index in watched(self._plan):
            twins = self._scratch.twins(session, index, NAMED)
            if twins:
                return self._error(f"by {index.name!r} these rows have the same value: {'; '.join(twins)}")
        return self._error(taken.server_message)

    def _error(self, fact: str) -> DataLossError:
        return DataLossError(
            f"{self._plan.table} cannot go back into {self._plan.ghost.name} without losing rows, for that table is "
            f"more unique: {fact}. Nothing was swapped; mend the rows, and give the same command again"
        )
