"""The pacer: feels what the application feels, and sets the pace of those who copy and compare. One thread.

It sends a tiny commit and a tiny read again and again, and takes the time; a few times a second core/pacing.py decides
from that and from the server's own figures. A figure that a server does not show counts as nothing: the commits tell
anyway.

It must never ask for more than it measures with: one row of the changelog, one key of the original.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.core.pacing import WORKING, Felt, Pace, Pacer
from ghostshift.core.throttling import Readings
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.plan import Plan
from ghostshift.mysql import sent
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import RenewableSession, SessionPool
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql.readings import global_status
from ghostshift.sql.statements import one_row
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.copier import CopyTally
from ghostshift.workers.gate import Gate
from ghostshift.workers.helping import Lack
from ghostshift.workers.throttler import may_go

T = TypeVar("T")

TICK = 0.2
"""Seconds between two decisions."""

OFTEN, BESIDE, SELDOM = 0.025, 0.05, 0.5
"""Seconds between two tiny commits: where somebody shall not notice us or is looked at alone; beside others; else.

Not more often where nobody is there to be spared: with innodb_log_writer_threads=OFF a commit that meets a session in
the middle of its own writing to the redo log waits for 100 ms, and with it each that comes behind (decision 24)."""

BEFORE = 4
"""Tiny commits before anybody begins."""

FIGURES_EVERY = 1.0
"""Seconds between two looks at the server's own figures."""

OTHERS = 30.0
"""Statements a second of others from which on an application is at work."""

QUERIES = "Queries"
REDO_SIZE, REDO_LIMIT = "Innodb_redo_log_logical_size", "Innodb_redo_log_capacity_resized"
"""MySQL 8.0.30 and later (manual, Server Status Variables), which keeps below a third under steady writing. MariaDB
lets its own distance grow to nine tenths of the limit and stay there at its ease: there it is no sign of anything."""
HISTORY = "Innodb_history_list_length"
"""MariaDB; MySQL shows it to administrators only."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the server says of itself."""

    at: float = -math.inf
    queries: int = 0
    """Statements of others since the server started, roughly."""
    others: float = 0.0
    """The same, a second, between the last two looks."""
    redo: float = 0.0
    history: int = 0
    compared: bool = False
    """Whether there was a look before."""


class PaceKeeper:
    """See the module."""

    def __init__(
        self,
        plan: Plan,
        pool: SessionPool,
        changelog: Changelog,
        gate: Gate,
        front: Guarded[CopyFront],
        buffer: Guarded[DeltaBuffer],
        tally: Guarded[CopyTally],
        board: StatusBoard,
        stop: Stop,
        hire: Callable[[Pace], None],
        *,
        attempts: int,
    ) -> None:
        self._plan = plan
        self._pool = pool
        self._changelog = changelog
        self._gate = gate
        self._front = front
        self._buffer = buffer
        self._tally = tally
        self._board = board
        self._stop = stop
        self._hire = hire
        self._attempts = attempts
        self._pacer = Pacer()
        self._alone: list[float] = []
        self._beside: list[float] = []
        self._figures = Figures()

    def run(self) -> None:
        """Measure and decide until stopped. Raises what a tiny commit raises after `attempts` tries."""
        worker = RenewableSession(self._pool, self._stop)
        try:
            self._read_figures(worker)
            for _ in range(BEFORE):  # nobody has begun: the gate is shut until the first decision
                self._feel(worker)
            decided = self._decide()
            while not self._stop.is_set():
                if self._board.get(Phase, Phase.INSPECTING) in WORKING:
                    self._feel(worker)
                    self._read_figures(worker)
                if self._stop.now() - decided >= TICK:
                    decided = self._decide()
                self._stop.wait(self._interval())
        finally:
            worker.close()

    def _interval(self) -> float:
        tunables = self._board.get(Tunables, Tunables())
        if tunables.gentle or self._gate.pace.looking:
            return OFTEN
        return BESIDE if self._figures.others > OTHERS else SELDOM

    def _decide(self) -> float:
        now = self._stop.now()
        tunables = self._board.get(Tunables, Tunables())
        with self._tally.open() as tally:
            rows = tally.rows
        with self._buffer.open() as buffer:
            backlog = buffer.backlog
        felt = Felt(
            at=now,
            alone=tuple(self._alone),
            beside=tuple(self._beside),
            busy=self._figures.others > OTHERS,
            rows=rows,
            backlog=backlog,
            redo=self._figures.redo,
            history=self._figures.history,
            throttled=not may_go(self._board),
            lag=_worst_lag(self._board.get(Readings, Readings()), tunables),
        )
        self._alone, self._beside = [], []
        pace = self._pacer.decide(felt, tunables)
        copying = self._board.get(Phase, Phase.INSPECTING) in WORKING  # else what held that back is over
        lack = self._board.get(Lack, Lack()).reason(now)
        self._gate.set(replace(pace, reason=(pace.reason if copying else "") or lack))
        self._hire(pace)
        return now

    def _feel(self, worker: RenewableSession) -> None:
        """One tiny commit and one tiny read, as an application would send them."""
        with self._gate.commit() as beside:
            began = self._stop.now()
            self._tried(worker, lambda: self._changelog.probe(worker.session))
            with self._front.open() as front:
                after = front.after
            if after is not None:
                statement = one_row(self._plan, after)
                self._tried(worker, lambda: worker.session.query(statement))
            seconds = self._stop.now() - began
        (self._beside if beside() else self._alone).append(seconds)

    def _read_figures(self, worker: RenewableSession) -> None:
        now, last = self._stop.now(), self._figures
        if now - last.at < (FIGURES_EVERY if last.compared else TICK):
            return
        names = (QUERIES, REDO_SIZE, REDO_LIMIT, HISTORY)
        rows = self._tried(worker, lambda: worker.session.query(global_status(names)))
        found = {str(name): int(value) for name, value in rows}
        queries = found.get(QUERIES, 0) - sent.so_far()
        size, limit = found.get(REDO_SIZE, 0), found.get(REDO_LIMIT, 0)
        self._figures = Figures(
            at=now,
            queries=queries,
            others=(queries - last.queries) / (now - last.at) if math.isfinite(last.at) else 0.0,
            compared=math.isfinite(last.at),
            redo=size / limit if limit else 0.0,
            history=found.get(HISTORY, 0),
        )

    def _tried(self, worker: RenewableSession, work: Callable[[], T]) -> T:
        return retrying(work, self._stop, self._attempts, recover=lambda _: worker.renew())


def _worst_lag(readings: Readings, tunables: Tunables) -> float:
    """The slowest control replica's lag, over what it may be. One that cannot be read throttles."""
    lags = [one.value for one in readings.replicas.values() if one is not None and not one.problem]
    return max(lags, default=0.0) / (tunables.max_lag_millis / 1000)
