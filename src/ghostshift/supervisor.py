"""The supervisor: sees one migration to its end, through as many runs as that takes.

It starts what shows and tells how the migration stands, and runs it (migration.py). Where a run ends because its server
has gone, restarted, or is another one by now, it waits for the server, for a while and for all to see, and runs the
migration again, which goes on from its last checkpoint as any new process would. In memory nothing is carried over:
after a restart a server may lack what it had acknowledged, and only what it holds itself is true.

It must never begin anew what a run has begun, and never repeat a failure that has another ground.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ghostshift.core import remarks
from ghostshift.core.checks import READ_ONLY
from ghostshift.core.hoping import IN_A_ROW, Hope
from ghostshift.core.parting import refuted
from ghostshift.hooks.endings import telling_the_end
from ghostshift.hooks.metrics import Collector
from ghostshift.hooks.programs import programs
from ghostshift.hooks.status import StatusTeller
from ghostshift.migration import Migration
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import MigrationError, OutcomeUnknown, Refused, ServerGone
from ghostshift.model.messages import Began
from ghostshift.model.notice import Hear, Turn
from ghostshift.model.options import Options
from ghostshift.model.outcome import Outcome
from ghostshift.model.phase import Phase
from ghostshift.mysql.retry import backoff
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop, WorkerGroup
from ghostshift.runtime.notifier import Notifier
from ghostshift.sql.alter import Alter
from ghostshift.waiting import Waiting
from ghostshift.workers import preparation
from ghostshift.workers.figures import gather
from ghostshift.workers.journal import STILL
from ghostshift.workers.totals import NOTHING, Before

Face = Callable[[], None]
"""Something to run beside the migration: a display, a command socket. It ends by itself at the stop."""

PASSING_REFUSALS = frozenset({"already-running", READ_ONLY})
"""Of a later run only: the session that the run before has lost may not have been ended yet, nor a fail-over."""

NO_ALTER = Alter(options="")
"""What a revert begins with: which ALTER it is about stands in the checkpoint."""

_log = logging.getLogger("ghostshift")


class Supervisor:
    """See the module. For one migration."""

    def __init__(
        self,
        options: Options,
        board: StatusBoard,
        stop: Stop,
        faces: dict[str, Face] | None = None,
        hear: Sequence[Hear] = (),
    ) -> None:
        self._options = options
        self._board = board
        self._stop = stop
        self._faces = faces or {}
        began = stop.now()
        self._began = began
        board.publish(options.tunables)
        board.publish(Phase.INSPECTING)
        hearers = (*programs(options, stop), *hear)
        self._notices = Notifier(hearers, lambda: gather(options, board, stop.now, began))
        board.publish(self._notices)
        self._metrics = Collector(options.metrics, board, stop)
        board.publish(Began(time.time()))

    def run(self) -> Outcome:
        """Migrate. Raises MigrationError; its notes then name what was left on the server."""
        alter = NO_ALTER if self._options.recovery.revert else preparation.read_request(self._options)
        self._metrics.begin()
        try:
            return telling_the_end(self._notices, lambda: self._shown(alter))
        finally:
            self._metrics.end()

    def _shown(self, alter: Alter) -> Outcome:
        """Run it with all who show or tell how it stands beside it."""
        try:
            self._notices.tell(Turn.STARTUP)
            for remark in remarks.on_options(self._options):
                _log.warning("%s", remark)
            preparation.make_postpone_file(self._options)
            with WorkerGroup(self._stop, lambda: None) as group:
                for name, face in self._faces.items():
                    group.start(name, face)
                seconds = self._options.hooks.status_seconds
                if self._notices.hearers and seconds > 0:
                    group.start("status-hook", StatusTeller(self._board, seconds, self._stop).run)
                if self._metrics.wanted:
                    group.start("metrics", self._metrics.run)
                outcome = self._runs(alter)
                self._stop.set()
        except BaseException:
            self._board.publish(Phase.FAILED)
            raise
        self._board.publish(Phase.DONE)
        _log.info("%s", Phase.DONE.value)
        return outcome

    def _runs(self, alter: Alter) -> Outcome:
        """Run after run, as long as there is reason to hope."""
        options, hope, before = self._options, Hope(), NOTHING
        ended: MigrationError | None = None
        while True:
            since = self._stop.now()
            run = Migration(options, self._board, self._stop.child(), self._began, before)
            try:
                outcome = run.run(alter)
                lost = run.unfinished
                return outcome if lost is None else self._finished(outcome, lost, run.after, alter)
            except MigrationError as failure:
                refused = isinstance(failure, Refused)
                if isinstance(failure, Refused) and not (ended is not None and failure.code in PASSING_REFUSALS):
                    raise self._refused(failure, ended) from failure
                hopes = (refused or run.may_go_on(failure)) and hope.remains(run.reached, self._stop.now() - since)
                if self._stop.is_set() or not hopes:
                    if hope.vain >= IN_A_ROW:
                        failure.add_note(f"{hope.vain} runs in a row ended without having brought anything on")
                    raise
                ended, before = failure, run.after
                _log.warning("this run of the migration ended: %s", failure)
                self._stop.wait(backoff(hope.vain + 1, base=0.2, most=10.0))
                self._await_server(self._open(failure, run.reached))
                _log.info(
                    "the server answers: %s", "going on from the last checkpoint" if hope.begun else "beginning anew"
                )
            if hope.begun:
                options = replace(options, recovery=replace(options.recovery, resume=True, anew=False))

    def _refused(self, refusal: Refused, ended: MigrationError | None) -> MigrationError:
        """What to raise: what ended the run before, where the same command cannot go on with that."""
        if ended is None:
            return refusal
        ended.__notes__ = refuted(getattr(ended, "__notes__", ()), str(refusal))
        return ended

    def _await_server(self, failure: MigrationError) -> None:
        """Return when the server answers. Raises where it does not in time, or the cause of a stop.

        Where a run ended in its cut-over only the server knows which table bears the name: then that is what is raised.
        """
        waiting = Waiting(self._options, self._board, self._stop, self._began, str(failure))
        ended: MigrationError
        try:
            if waiting.over():
                return
            seconds = self._options.recovery.server_seconds
            said = f"the server was waited for in vain, for {seconds:g} s (--server-wait-seconds): {waiting.problem}"
            ended = ServerGone(f"{self._options.original}: {said}. Give the same command again when it is there")
        except MigrationError as stopped:
            ended = stopped
        if isinstance(failure, OutcomeUnknown):
            failure.add_note(str(ended))
            raise failure
        for note in getattr(failure, "__notes__", ()):
            ended.add_note(note)
        raise ended from failure

    def _open(self, failure: MigrationError, reached: Checkpoint | None) -> MigrationError:
        """The failure of a run, as one whose outcome is not known where that ended while the tables were swapped."""
        if reached is None or reached.phase not in STILL or isinstance(failure, OutcomeUnknown):
            return failure
        unknown = OutcomeUnknown(
            f"whether {self._options.original} was swapped is not known while its server is away: {failure}. The same "
            "command finds out, and goes on, when it is there"
        )
        for note in getattr(failure, "__notes__", ()):
            unknown.add_note(note)
        unknown.__cause__ = failure
        return unknown

    def _finished(self, outcome: Outcome, lost: MigrationError, before: Before, alter: Alter) -> Outcome:
        """The tables are swapped, and the server went away before all was cleaned up: that is left to do.

        Tried a few times; what is left even so is no more than a warning.
        """
        _log.warning("%s is migrated, but the server went away before all was cleaned up", outcome.table)
        options = replace(self._options, recovery=replace(self._options.recovery, resume=True, anew=False))
        warnings = outcome.warnings
        for vain in range(IN_A_ROW):
            self._stop.wait(backoff(vain, base=0.2, most=10.0) if vain else 0.0)
            try:
                self._await_server(lost)
            except MigrationError as trouble:
                return replace(outcome, warnings=(*warnings, str(trouble)))
            run = Migration(options, self._board, self._stop.child(), self._began, before)
            try:
                last = run.run(alter)
                outcome, found = replace(outcome, restarts=last.restarts), run.unfinished
                warnings = last.warnings
            except MigrationError as trouble:
                if isinstance(trouble, Refused) and trouble.code == "no-checkpoint":  # dropped, only not answered
                    return replace(outcome, warnings=outcome.warnings[:-1])
                warnings = (*outcome.warnings, str(trouble))
                found = trouble if run.may_go_on(trouble) else None
            if found is None or self._stop.is_set():
                break
            lost = found
        return replace(outcome, warnings=warnings)
