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
from ghostshift.hooks.endings import telling_the_end
from ghostshift.hooks.metrics import Collector
from ghostshift.hooks.programs import programs
from ghostshift.hooks.status import StatusTeller
from ghostshift.migration import Migration
from ghostshift.model.errors import MigrationError, Refused, ServerError
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
from ghostshift.workers import preparation, topology
from ghostshift.workers.figures import gather

Face = Callable[[], None]
"""Something to run beside the migration: a display, a command socket. It ends by itself at the stop."""

SAY_EVERY = 10.0
"""Seconds between two words about a server that is waited for."""

IN_A_ROW = 10
"""Runs that may end without a new checkpoint before it is given up."""

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
        alter = preparation.read_request(self._options)
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
        options, vain, reached = self._options, 0, None
        ended: MigrationError | None = None
        while True:
            run = Migration(options, self._board, self._stop.child(), self._began)
            try:
                return run.run(alter)
            except Refused as refusal:
                if ended is None:
                    raise
                ended.add_note(f"nobody can go on with it there: {refusal}")
                raise ended from refusal
            except MigrationError as failure:
                ended = failure
                vain = vain + 1 if run.reached == reached else 0
                reached = run.reached
                if self._stop.is_set() or not run.may_go_on(failure) or vain >= IN_A_ROW:
                    raise
                _log.warning("this run of the migration ended: %s", failure)
                self._stop.wait(backoff(vain + 1, base=0.2, most=10.0))
                self._await_server(failure)
            options = replace(options, recovery=replace(options.recovery, resume=True, anew=False))

    def _await_server(self, failure: MigrationError) -> None:
        """Return when the server answers. Raises `failure` when it does not in time, or the cause of a stop."""
        self._board.publish(Phase.WAITING)
        began, said = self._stop.now(), float("-inf")
        while not self._stop.is_set():
            try:
                topology.find(self._options, self._stop)
            except ServerError as error:
                now = self._stop.now()
                left = self._options.recovery.server_seconds - (now - began)
                if left <= 0:
                    raise failure from error
                if now - said >= SAY_EVERY:
                    said = now
                    _log.warning("waiting for the server, for %d more seconds at the most: %s", left, error)
                self._stop.wait(min(1.0, left))
            else:
                _log.info("the server answers: going on from the last checkpoint")
                return
        self._stop.raise_cause()
