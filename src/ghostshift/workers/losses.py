"""Accepted losses (--allow-data-loss): fills the ghost as far as it goes, and knows exactly what it lacks.

Of rows that clash in a unique index the one with the lowest key stays, as if the rows had been inserted in the key's
order: the set of rows that stay depends on the original alone, not on who came first. A row that is left out is
remembered with a lower one that is in its way. When that one is written and has not the same values any more, the row
is looked at again; so a row comes back when nothing clashes with it any longer. The memory is bounded (invariant 12).

One thread writes changes then; the copiers only ever add rows, and whatever they leave out is written here. It must
never lose count: a row of the original is in the ghost, or is known here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ghostshift.core.misfits import ROW_LOSERS
from ghostshift.model.chunk import Chunk
from ghostshift.model.errors import ConnectionLost, DataLossError, ServerError
from ghostshift.model.key import Key
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Result, Row, Session
from ghostshift.sql import losses as sql
from ghostshift.sql.literals import parse_key
from ghostshift.sql.statements import delete_keys
from ghostshift.sql.uniqueness import missing, missing_keys
from ghostshift.workers.guard import show_key
from ghostshift.workers.scratch import Scratch

MOST = 1_000_000
"""Rows that may be left out: some 200 MB of memory."""

ROUNDS = 50
"""How often a batch is widened by rows that must give way before it is given up for now."""

SHOWN = 5
"""How many rows are named."""

TAKEN = 1062

_log = logging.getLogger("ghostshift")


class _InTheWayError(Exception):
    """A row has no place, and nobody was seen in its way: he came, or the row changed, between two looks."""


@dataclass(slots=True)
class _Memory:
    out: dict[Key, Key | None] = field(default_factory=dict)
    """Rows that are left out, each with one in its way; None where it is not for another row."""
    behind: dict[Key, set[Key]] = field(default_factory=dict)
    """The same the other way round."""

    def forget(self, keys: Iterable[Key]) -> None:
        for key in keys:
            blocker = self.out.pop(key, None)
            if blocker is not None:
                waiting = self.behind[blocker]
                waiting.discard(key)
                if not waiting:
                    del self.behind[blocker]

    def leave_out(self, key: Key, blocker: Key | None) -> None:
        self.forget([key])
        self.out[key] = blocker
        if blocker is not None:
            self.behind.setdefault(blocker, set()).add(key)

    def copy(self) -> _Memory:
        return _Memory(dict(self.out), {key: set(waiting) for key, waiting in self.behind.items()})


@dataclass(slots=True)
class Job:
    """Keys that are written together, and what is found out meanwhile; it survives a failure."""

    touched: dict[Key, None]
    before: dict[Key, str] = field(default_factory=dict)
    """Of rows that others wait for: what they held."""
    released: set[Key] = field(default_factory=set)
    """Rows that had to give way, or hold something else now."""


class Losses:
    """What is lost so far; written by one thread at a time, asked by all."""

    def __init__(self, plan: Plan, *, accepted: bool) -> None:
        self.accepted = accepted
        """Whether anything may be lost at all; if not, nothing here is ever used."""
        self._plan = plan
        self._lock = threading.Lock()
        self._memory = _Memory()
        self._values = 0
        self._scratch = Scratch(plan)
        self._told = 0

    # -- asked by all

    @property
    def rows(self) -> int:
        """Rows of the original that the ghost lacks."""
        with self._lock:
            return len(self._memory.out)

    @property
    def values(self) -> int:
        """How often a value was changed to fit while rows were written, by the server's warnings.

        A row that is written twice counts twice; of NULLs in a statement MySQL warns once.
        """
        with self._lock:
            return self._values

    def explains(self, keys: Collection[Key]) -> set[Key]:
        """Those of these keys whose rows are left out on purpose: that the ghost lacks them is no fault."""
        with self._lock:
            return {key for key in keys if key in self._memory.out}

    def summary(self) -> tuple[str, ...]:
        """For the outcome."""
        with self._lock:
            rows, values, some = len(self._memory.out), self._values, list(self._memory.out)[:SHOWN]
        shown = "; ".join(show_key(self._plan.key, key) for key in some)
        said = [f"{rows} rows of {self._plan.table} are lost, the first of them: {shown}"] if rows else []
        if values:
            said.append(f"values were changed to fit the new table {values} times while rows were written")
        return tuple(said)

    def save(self) -> object:
        """What is known, to come back to when what is written now is undone."""
        with self._lock:
            return self._memory.copy(), self._values

    def restore(self, saved: object) -> None:
        """Come back to what `save` gave."""
        with self._lock:
            self._memory, self._values = saved  # type: ignore[misc]  # what save gave

    # -- the copy

    def needs_look(self, session: Session, result: Result) -> bool:
        """After a chunk: count what was changed; whether rows were left out."""
        lost = self._count(session, result)
        return lost or result.records > result.affected

    def left_out(self, session: Session, chunk: Chunk) -> list[Key]:
        """The keys that a chunk has left out: whether they are lost is for `write` to say."""
        return self._parsed(session.query(missing(self._plan, chunk)))

    # -- the changes

    def write(self, session: Session, job: Job, *, begin: bool = True) -> set[Key]:
        """Make the ghost's rows of these keys what they can be; the keys that must be looked at again for it.

        `begin` False leaves the transaction to the caller. Raises ServerError, DataLossError; the same job may be
        tried again then.
        """
        self._scratch.have(session)
        unknown = ""
        for _ in range(ROUNDS):
            with self._lock:
                holders = [key for key in job.touched if key in self._memory.behind and key not in job.before]
            job.before.update(dict.fromkeys(holders, ""))
            job.before.update(self._held(session, holders))
            lacking = self._rewrite(session, list(job.touched), begin=begin)
            try:
                out, yielding = self._judge(session, lacking)
            except _InTheWayError as somebody:
                unknown = str(somebody)  # the row, or who is in its way, may just have changed: look again
                continue
            if not yielding:
                break
            job.released |= yielding
            job.touched.update(dict.fromkeys(yielding))
        else:
            if unknown:
                raise DataLossError(unknown)
            raise ServerError(0, f"the rows of {self._plan.table} that clash change too fast to tell which stay")
        after = self._held(session, list(job.before))
        job.released |= {key for key, values in job.before.items() if after.get(key) != values}
        return self._settle(job.touched, out, job.released)

    def _settle(self, touched: Iterable[Key], out: dict[Key, Key | None], released: set[Key]) -> set[Key]:
        with self._lock:
            again = {waiting for key in released for waiting in self._memory.behind.get(key, ())}
            self._memory.forget(touched)
            for key, blocker in out.items():
                self._memory.leave_out(key, blocker)
            count, told = len(self._memory.out), self._told
            self._told = max(self._told, min(count, SHOWN))
        for key in list(out)[: max(SHOWN - told, 0)]:
            _log.warning("%s loses the row %s", self._plan.table, show_key(self._plan.key, key))
        if count > MOST:
            raise DataLossError(
                f"more than {MOST} rows of {self._plan.table} would be lost: too many to keep in mind. Nothing was "
                "swapped; remove them first, or change the ALTER"
            )
        return again - set(touched)

    def _rewrite(self, session: Session, keys: list[Key], *, begin: bool) -> list[Key]:
        """Delete and insert these keys; those that the ghost lacks then."""
        if begin:
            session.execute("START TRANSACTION")
        try:
            session.execute(delete_keys(self._plan, keys))
            self._count(session, session.execute(sql.rewrite(self._plan, keys)))
            if begin:
                session.execute("COMMIT")
        except ConnectionLost:
            raise
        except BaseException:
            if begin:
                session.execute("ROLLBACK")
            raise
        return self._parsed(session.query(missing_keys(self._plan, keys)))

    def _judge(self, session: Session, lacking: list[Key]) -> tuple[dict[Key, Key | None], set[Key]]:
        """Who is in the way of each of these: one of a lower key, or some that must give way."""
        out: dict[Key, Key | None] = {}
        yielding: set[Key] = set()
        todo = lacking
        while todo:
            self._scratch.fill(session, todo)
            shown = self._scratch.shown(session)
            lower, higher = self._rivals(session)
            for key in shown:
                if key in lower:
                    out[key] = lower[key]
                elif key in higher:
                    yielding |= higher[key]
                elif self._alone(session, key):
                    out[key] = None
            rest = [key for key in todo if key not in shown]
            if len(rest) == len(todo):  # not even the scratch table will have them: it is not for another row
                out.update(dict.fromkeys((key for key in rest if self._alone(session, key)), None))
                rest = []
            todo = rest
        return out, yielding

    def _rivals(self, session: Session) -> tuple[dict[Key, Key], dict[Key, set[Key]]]:
        lower: dict[Key, Key] = {}
        higher: dict[Key, set[Key]] = {}
        for index in sql.watched(self._plan):
            for one, other, is_lower in self._scratch.rivals(session, index):
                if is_lower:
                    lower[one] = other
                else:
                    higher.setdefault(one, set()).add(other)
        return lower, higher

    def _alone(self, session: Session, key: Key) -> bool:
        """Whether a row that nobody is known to be in the way of is left out for itself.

        Raises _InTheWayError where the server says that somebody is in its way.
        """
        result = session.execute(sql.rewrite(self._plan, [key]))
        if result.affected or not result.warnings:
            return False
        for _, code, text in session.query("SHOW WARNINGS"):
            if int(code) == TAKEN:
                raise _InTheWayError(
                    f"the row {show_key(self._plan.key, key)} of {self._plan.table} has no place in the new table, and "
                    f"it cannot be told which row is in its way: {text}. Nothing was swapped; remove the duplicates"
                )
        return True

    def _held(self, session: Session, keys: Collection[Key]) -> dict[Key, str]:
        if not keys:
            return {}
        rows = session.query(sql.held(self._plan, keys))
        return {parse_key(self._plan.key, row[:-1]): str(row[-1]) for row in rows}

    def _count(self, session: Session, result: Result) -> bool:
        """Count the values that were changed; whether rows were left out for themselves."""
        if not result.warnings:
            return False
        codes = [int(row[1]) for row in session.query("SHOW WARNINGS")]
        losers = sum(code in ROW_LOSERS for code in codes)
        with self._lock:
            self._values += max(result.warnings, len(codes)) - losers - codes.count(TAKEN)
        return losers > 0

    def _parsed(self, rows: Iterable[Row]) -> list[Key]:
        return [parse_key(self._plan.key, row) for row in rows]
