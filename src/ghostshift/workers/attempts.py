"""The attempts of the cut-over: waits for the right moment, tries, and tries again until it is done or hopeless.

Before each attempt: not throttled, not postponed, nothing against locking (workers.readiness). While it waits, and
between two attempts, applying goes on. What an attempt does is in core.cutover; this module must never begin one while
the postpone flag file exists, nor take an unknown outcome for a failure (invariant 11).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ghostshift.core.attempts import pause_after
from ghostshift.core.cutover_steps import CutOverResult, NotSwapped, Swapped, Unknown
from ghostshift.model.errors import ConnectionLost, CutOverFailed, HookFailed, OutcomeUnknown, Refused, ServerError
from ghostshift.model.key import Key
from ghostshift.model.messages import Unpostpone
from ghostshift.model.notice import Turn
from ghostshift.model.options import Options, Tunables
from ghostshift.model.outcome import CutOverOutcome
from ghostshift.model.phase import Phase
from ghostshift.model.places import Mode
from ghostshift.model.plan import Plan
from ghostshift.mysql.retry import is_retryable
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.meter import Meter
from ghostshift.runtime.notifier import Notifier
from ghostshift.sql.cutover_statements import analyze
from ghostshift.workers.arrival import Patience, await_through_log
from ghostshift.workers.crew import Crew
from ghostshift.workers.cutover import CutOver
from ghostshift.workers.home import Home
from ghostshift.workers.slipped import repair
from ghostshift.workers.standstill import Standstill
from ghostshift.workers.throttler import wait_for_go


class Attempts:
    """See the module. For the conductor's thread only."""

    def __init__(
        self,
        crew: Crew,
        home: Home,
        plan: Plan,
        options: Options,
        board: StatusBoard,
        stop: Stop,
        move: Callable[[Phase], None],
    ) -> None:
        self._crew = crew
        self._home = home
        self._plan = plan
        self._options = options
        self._board = board
        self._stop = stop
        self._move = move
        self._standstill = Standstill(crew.sites, options, Notifier.of(board).pass_on)
        self._log = logging.getLogger("ghostshift")

    def run(self) -> CutOverOutcome:
        """Try to swap until it is done. Raises CutOverFailed, OutcomeUnknown, or what stopped the group."""
        attempts, reason = self._options.retries, ""
        for attempt in range(1, attempts + 1):
            result = self._attempt()
            if isinstance(result, Swapped):
                return self._swapped(result, attempt)
            if isinstance(result, Unknown):
                raise OutcomeUnknown(f"whether {self._plan.table} was swapped is not known: {result.look_at}")
            self._stop.raise_cause()
            reason = result.reason
            self._log.warning("cut-over attempt %d of %d: %s", attempt, attempts, reason)
            if not self._goes_on(result, attempt):
                break
        raise CutOverFailed(
            f"{self._plan.table} could not be swapped; it is intact and in place. Last reason: {reason}"
        )

    def _attempt(self) -> CutOverResult:
        try:
            self._await_moment()
            if self._crew.sites.apart:
                self._crew.sites.recheck(self._options, self._plan.helpers)
        except Refused as error:
            return NotSwapped(reason=f"before the tables were locked: {error}", retry=True)
        except HookFailed as objection:
            self._stop.raise_cause()
            return NotSwapped(reason=str(objection), retry=True)
        except ServerError as error:
            self._stop.raise_cause()
            if not (isinstance(error, ConnectionLost) or is_retryable(error)):
                raise
            return NotSwapped(reason=f"before the tables were locked: {error}", retry=True)
        self._stop.raise_cause()
        self._move(Phase.CUTTING_OVER)
        try:
            self._standstill.begin()
        except HookFailed as objection:
            return NotSwapped(reason=str(objection), retry=True)
        try:
            result = self._timed(self._crew.cut_over())
        except BaseException as failure:
            self._standstill.give_up(failure)
            raise
        if not isinstance(result, Swapped):
            self._standstill.undo()
        return result

    def _timed(self, cut_over: CutOver) -> CutOverResult:
        """An attempt, and its figures. They are dropped on the meter only; nothing waits for them."""
        meter, began, outcome = Meter.of(self._board), self._stop.now(), "abort"
        try:
            result = cut_over.attempt()
            if isinstance(result, Swapped):
                outcome = "success"
            elif isinstance(result, NotSwapped) and result.retry:
                outcome = "retry"
            locked = result.figures.lock_seconds
            meter.milliseconds("cut_over.phase_duration", locked, phase="original_table_lock", outcome=outcome)
            return result
        finally:
            meter.count("cut_over.attempts_total", outcome=outcome)
            meter.milliseconds("cut_over.total_duration", self._stop.now() - began, outcome=outcome)

    def _goes_on(self, result: NotSwapped, attempt: int) -> bool:
        """Wait before the next attempt; false where there is to be none."""
        if not result.retry:
            return False
        self._move(Phase.CATCHING_UP)
        if attempt < self._options.retries:
            since = self._stop.now()
            self._stop.wait(pause_after(attempt, self._options.cut_over))
            Meter.of(self._board).slept("retry_backoff", self._stop.now() - since)
        return True

    def _swapped(self, result: Swapped, attempt: int) -> CutOverOutcome:
        for note in result.notes:
            self._log.warning("%s", note)
        return CutOverOutcome(
            attempts=attempt,
            lock_seconds=result.figures.lock_seconds,
            lock_wait_seconds=result.figures.lock_wait_seconds,
            drained_keys=result.figures.keys_drained,
        )

    def _await_moment(self) -> None:
        """Wait until nothing is against an attempt. The flag file may come while the rest is waited for."""
        while not self._stop.is_set():
            let_go = self._postpone()
            if self._options.cut_over.analyze:
                self._analyze()
            self._crew.readiness().wait(self._crew.pool, self._home.keep)
            if let_go or not self._asked_to_wait():
                return

    def _postpone(self) -> bool:
        """Hold back while throttled, or while the postpone flag file exists; copying is done, applying goes on.

        True when somebody let us go although the file exists: that counts for one attempt.
        """
        wait_for_go(self._board, self._stop, self._home.keep)
        begun, let_go, since = False, False, self._stop.now()
        self._board.take(Unpostpone)  # what was said of an earlier postponement is over
        while not let_go and not self._stop.is_set() and self._asked_to_wait():
            if not begun:
                Notifier.of(self._board).tell(Turn.BEGIN_POSTPONED)
                begun = True
            if self._board.take(Unpostpone) is not None:
                self._log.info("the cut-over is let go by command, for this attempt")
                let_go = True
                continue
            self._move(Phase.POSTPONED)
            self._home.keep()
            self._stop.wait(0.2)
        if begun:
            Meter.of(self._board).slept("cut_over_postpone", self._stop.now() - since)
        self._move(Phase.CATCHING_UP)
        return let_go

    def _analyze(self) -> None:
        """Have the ghost's statistics gathered, here and on the replicas. Raises CutOverFailed where the server fails.

        It is written to the binary log, as gh-ost's is: replicas, too, answer queries by statistics as soon as the
        ghost has the table's name, and there as here nobody reads it yet who could be kept waiting.
        """
        ghost = self._plan.ghost.name
        with self._crew.pool.session() as session:
            rows = session.query(analyze(ghost))
        said = [(str(row[2]).lower(), str(row[3])) for row in rows]
        if ("status", "OK") not in said or any(kind == "error" for kind, _ in said):
            told = "; ".join(text for _, text in said) or "no answer"
            raise CutOverFailed(f"{ghost} could not be analyzed: {told}; {self._plan.table} is intact and in place")

    def _asked_to_wait(self) -> bool:
        path = self._board.get(Tunables, Tunables()).postpone_flag_file
        return bool(path) and Path(path).exists()

    def catch_slipped(self, swap: CutOverOutcome) -> CutOverOutcome:
        """The net: follow the log up to the swap; writes that came between drain and swap are re-applied."""
        if self._crew.sites.mode is not Mode.TEST_ON_REPLICA:
            return self._catch_slipped(swap)
        try:
            return self._tested(swap)
        except BaseException as failure:
            self._standstill.give_up(failure)
            raise

    def _tested(self, swap: CutOverOutcome) -> CutOverOutcome:
        """After a test the original is in place, so nothing is lost; but only equal tables make it a test."""
        crew, plan = self._crew, self._plan
        patience = Patience(crew.sites, self._stop)
        if not await_through_log(lambda seconds: crew.log.wait_until(lambda log: log.swapped, seconds), patience):
            self._stop.raise_cause()
            raise CutOverFailed(f"{plan.table} is in place; the swap of the test was not seen in the binary log")
        with crew.log.open() as log:
            slipped = len(log.slipped)
        if slipped and not self._options.topology.keep_replicating:
            raise CutOverFailed(
                f"{plan.table} is in place; {slipped} rows of it changed between the last look and the swap of the "
                f"test, so {plan.ghost.name} does not equal it: somebody writes on this replica"
            )
        return replace(swap, slipped=slipped)

    def _catch_slipped(self, swap: CutOverOutcome) -> CutOverOutcome:
        crew, plan = self._crew, self._plan
        look = f"compare {plan.helpers.old} with {plan.table}"
        patience = Patience(crew.sites, self._stop)
        if not await_through_log(lambda seconds: crew.log.wait_until(lambda log: log.swapped, seconds), patience):
            raise OutcomeUnknown(
                f"{plan.table} was swapped, but the swap has not been seen in the binary log: whether writes slipped "
                f"in before it is not known; {look}"
            ) from self._stop.cause
        with crew.log.open() as log:
            slipped = tuple(log.slipped)
        if not slipped:
            return swap
        if plan.triggers or plan.kept:
            why = "whose triggers would fire once more for them" if plan.triggers else "which has columns of its own"
            raise OutcomeUnknown(
                f"{plan.table} was swapped; {len(slipped)} rows changed in {plan.helpers.old} before it, and were not "
                f"brought over to it, {why}: {look} for these keys: {slipped[:10]!r}"
            )

        def changed_since() -> set[Key]:
            with crew.log.open() as log:
                return set(log.since_swap)

        try:
            report = repair(crew.pool, plan, slipped, changed_since, crew.follower)
        except TimeoutError as error:
            raise OutcomeUnknown(
                f"{plan.table} was swapped; {len(slipped)} rows changed in {plan.helpers.old} before it, and could not "
                f"be brought over to it: {error}; {look} for these keys: {slipped[:10]!r}"
            ) from error
        self._log.warning("%d writes slipped in before the swap and were re-applied", len(report.repaired))
        if report.conflicts:
            raise OutcomeUnknown(
                f"{plan.table} was swapped; {len(report.conflicts)} rows changed both before and after the swap, "
                f"{look} for these keys: {report.conflicts[:10]!r}"
            )
        return replace(swap, slipped=len(slipped))
