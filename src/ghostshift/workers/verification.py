"""Puts together those who verify one migration, and says in the end what came of it. No policy of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ghostshift.core.comparing import comparison
from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.core.pacing import BEGIN, CHUNK_SECONDS
from ghostshift.core.sizing import ChunkSizer
from ghostshift.core.verifying import Suspects, VerifyProgress
from ghostshift.model.checkpoint import Compared
from ghostshift.model.comparison import Comparison
from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.options import Options
from ghostshift.model.outcome import VerifyOutcome
from ghostshift.model.plan import Plan
from ghostshift.mysql.session import SessionPool
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop, WorkerGroup
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql.comparisons import make_scratch
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.comparer import Comparer
from ghostshift.workers.follower import LogFollower
from ghostshift.workers.gate import Gate
from ghostshift.workers.inquiry import Accepted, Inquiry
from ghostshift.workers.topology import Sites
from ghostshift.workers.verifier import Verifier

UNCERTAIN_ROUNDS = 3
"""Rounds in which a row must differ untouched where the log may spell its key otherwise than the tables do."""

_log = logging.getLogger("ghostshift")


class Verification:
    """The comparison of one migration's tables, from the start of the copy to the swap."""

    def __init__(
        self,
        plan: Plan,
        options: Options,
        pool: SessionPool,
        front: Guarded[CopyFront],
        buffer: Guarded[DeltaBuffer],
        follower: LogFollower,
        changelog: Changelog,
        sites: Sites,
        board: StatusBoard,
        stop: Stop,
        gate: Gate,
        *,
        row_bytes: int,
        accepted: Accepted | None = None,
        repairs: bool = True,
    ) -> None:
        self._plan = plan
        self._options = options
        self._board = board
        self._stop = stop
        self._compared = _comparison(plan, options, pool)
        # Of a revert's rows that do not fit any more the applier speaks, which has them to write and can name them.
        comparer = Comparer(self._compared, patient=not repairs)
        exact = plan.key.comparable_prefix == len(plan.key.columns)
        suspects = Guarded(Suspects(certain_after=1 if exact else UNCERTAIN_ROUNDS), stop)
        inquiry = Inquiry(
            plan, suspects, buffer, follower, changelog, comparer, sites, stop, attempts=options.retries,
            accepted=accepted, repairs=repairs,
        )  # fmt: skip
        follower.last_look = inquiry
        sizer = ChunkSizer(
            seconds=options.chunk_seconds or CHUNK_SECONDS, most_bytes=options.chunk_bytes, row_bytes=row_bytes
        )
        self._verifier = Verifier(
            pool,
            front,
            comparer,
            suspects,
            inquiry,
            sizer,
            board,
            stop,
            gate,
            passes=options.verification.passes,
            attempts=options.retries,
        )
        self._seconds = 0.0

    def compared(self) -> Compared:
        """How far it is, for a checkpoint."""
        return self._verifier.compared()

    def start(self, group: WorkerGroup, since: Compared | None = None) -> None:
        """Compare behind the copy, which has just begun; `since` says what an earlier run has compared.

        Raises ValueError where that is of another key.
        """
        if since is not None:
            self._verifier.go_on(since)
        group.start("verifier", self._verifier.run)

    def finish(self, group: WorkerGroup, idle: Callable[[], None]) -> VerifyProgress:
        """The copy has ended: compare the rest with as many threads as it had. Raises what stopped the group."""
        began = self._stop.now()
        for number in range(2, (self._options.tunables.copy_threads or BEGIN) + 1):
            group.start(f"verifier-{number}", self._verifier.run_lane)
        while not self._verifier.wait(1.0):
            self._stop.raise_cause()
            idle()
        self._seconds = self._stop.now() - began
        progress = self._board.get(VerifyProgress, VerifyProgress())
        _log.info(
            "%s is verified: %d rows compared, %d differed until their changes were applied, %d had to be repaired%s",
            self._plan.ghost.name,
            progress.rows,
            progress.explained,
            progress.repaired,
            f"; {progress.hot} change all the time and are compared under the lock" if progress.hot else "",
        )
        return progress

    def outcome(self, *, locked: bool) -> VerifyOutcome:
        """The figures; `locked` says that the last look was taken too."""
        progress = self._board.get(VerifyProgress, VerifyProgress())
        return VerifyOutcome(
            verified=progress.complete and (locked or not progress.hot),
            rows=progress.rows,
            passes=progress.passes if progress.complete else progress.number - 1,
            explained=progress.explained,
            repaired=progress.repaired,
            wrong=progress.wrong,
            uncompared=self._compared.uncompared,
            seconds=self._seconds,
        )


def _comparison(plan: Plan, options: Options, pool: SessionPool) -> Comparison:
    """How to compare; without a temporary table where the server does not let us have one."""
    lenient = options.allow.skip_strict_mode or options.allow.data_loss
    wanted = comparison(plan, lenient=lenient)
    if wanted.scratch:
        try:
            with pool.session() as session:
                session.execute(make_scratch(wanted))
        except ConnectionLost:
            raise
        except ServerError as error:
            wanted = comparison(plan, lenient=lenient, scratch=False)
            _log.warning("%s is compared without a temporary table: %s", plan.table, error)
    if wanted.uncompared:
        _log.warning(
            "verification cannot compare these columns of %s: %s", plan.ghost.name, ", ".join(wanted.uncompared)
        )
    return wanted
