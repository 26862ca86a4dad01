"""When to lock: only when what is owed can be drained in a fraction of the lock's time (design, section 5).

Two questions: how far behind is the reader (asked by a marker's round trip, not by a clock), and how long would the
backlog take at the rate that applying has shown. Besides, the heartbeat's lag must keep the operator's limit, which may
be far below what the locks could bear. What is wanted at first, and how that is eased while it is not to be had, is
core.attempts' business.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ghostshift.core.attempts import bearable, too_late
from ghostshift.core.delta import DeltaBuffer
from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.options import Options, Tunables
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import Session, SessionPool
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql import cutover_statements as sql
from ghostshift.workers.applier import Applier
from ghostshift.workers.blockers import line
from ghostshift.workers.follower import LogFollower
from ghostshift.workers.streamer import StreamReading
from ghostshift.workers.throttler import wait_for_go

PATIENCE = 20.0
"""Seconds to wait for a transaction that sits on the tables, before trying all the same."""

TELL_SECONDS = 30.0
"""Between two log lines that say why there is no attempt yet."""

FEW = 50
"""Keys that are always few enough."""

ASSUMED_RATE = 2000.0
"""Keys a second, until applying has shown its rate."""


class Readiness:
    """See the module."""

    def __init__(
        self,
        buffer: Guarded[DeltaBuffer],
        applier: Applier,
        follower: LogFollower,
        board: StatusBoard,
        stop: Stop,
        options: Options,
        plan: Plan,
        *,
        mariadb: bool,
    ) -> None:
        self._buffer = buffer
        self._applier = applier
        self._follower = follower
        self._board = board
        self._stop = stop
        self._lock_seconds = options.cut_over_lock_seconds
        self._most = options.cut_over_lock_seconds / 2
        self._names = (plan.table, plan.ghost.name)
        self._mariadb = mariadb
        self._named = False
        self._log = logging.getLogger("ghostshift")

    def wait(self, pool: SessionPool, idle: Callable[[], None]) -> None:
        """Return when locking is worth it, or when stopped; `idle` is called again and again meanwhile."""
        with pool.session() as session:
            began = self._stop.now()
            patience = told = began + PATIENCE
            while wait_for_go(self._board, self._stop, idle):
                idle()
                reason = self._in_use(session, patient=self._stop.now() < patience)
                if not reason:
                    reason = self._behind(session, bearable(self._stop.now() - began, self._most))
                if not reason:
                    return
                if self._stop.now() >= told:
                    self._log.info("the tables are not locked yet: %s", reason)
                    told = self._stop.now() + TELL_SECONDS
                self._stop.wait(0.1)

    def _in_use(self, session: Session, *, patient: bool) -> str:
        """Who or what would keep the locks from being had, or the drain from ending."""
        if self._held():
            return "prepared XA transactions hold keys"
        blocker = self._blocker(session) if patient else ""
        if blocker and not self._named:
            self._named = True
            self._log.info("before the tables are locked, up to %g s are given to %s", PATIENCE, blocker)
        return f"somebody is in a transaction on them: {blocker}" if blocker else ""

    def _behind(self, session: Session, bar: float) -> str:
        """What would make the locks last longer than they should."""
        marker = self._follower.probe(session)
        if not self._follower.arrived(marker, bar):
            return f"the binary log is read more than {bar:.2g} s behind"
        drain, reading = self._drain_seconds(), self._board.read(StreamReading)
        if drain > bar:
            return f"what is owed would take {drain:.2g} s to apply, and {bar:.2g} s are allowed"
        most = self._board.get(Tunables, Tunables()).max_lag_millis
        lag = reading.lag() if reading is not None else float("inf")
        if too_late(lag, most, self._lock_seconds):
            return f"the heartbeat comes back {lag:.1f} s late (--max-lag-millis is {most})"
        return ""

    def _held(self) -> bool:
        """Whether prepared XA transactions hold keys: no drain can end before their outcome is seen (invariant 9)."""
        with self._buffer.open() as buffer:
            return buffer.held > 0

    def _blocker(self, session: Session) -> str:
        """Who, if anybody, sits on the tables: LOCK TABLES would wait for him, and the application behind us.

        Only some servers show who holds which table; on the others the lock's own time limit is all there is.
        """
        query = sql.blockers(self._names, 1, mariadb=self._mariadb)[0]
        try:
            rows = session.query(query)
        except ConnectionLost:
            raise
        except ServerError:
            return ""
        return next((line(row) for row in rows if row[7] is not None and int(row[7]) >= 1), "")

    def _drain_seconds(self) -> float:
        with self._buffer.open() as buffer:
            owed = buffer.backlog - buffer.held
        with self._applier.state.open() as state:
            rate = state.keys_per_second or ASSUMED_RATE
        return 0.0 if owed <= FEW else owed / rate
