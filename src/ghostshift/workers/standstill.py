"""Replication of the replica that a test runs on: stopped before the swap, started again where the test fails.

After a test that went well it stays stopped, so that both tables can be compared at leisure. This module must never
leave replication stopped behind a failure without saying so, nor start what it has not stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ghostshift.model.errors import MigrationError
from ghostshift.model.notice import Hear, Notice, Turn
from ghostshift.model.options import Options
from ghostshift.model.places import Mode
from ghostshift.mysql import replication
from ghostshift.mysql.session import Session
from ghostshift.workers.topology import Sites

_log = logging.getLogger("ghostshift")


class Standstill:
    """For the conductor's thread only. Does nothing unless a test on a replica asks for it."""

    def __init__(self, sites: Sites, options: Options, hear: Hear = lambda _: None) -> None:
        self._site = sites.migrated
        self._test = sites.mode is Mode.TEST_ON_REPLICA
        self._keeps = options.topology.keep_replicating
        self._hear = hear
        self._channels = [channel.name for channel in sites.migrated.facts.channels]
        self._stopped = False

    def begin(self) -> None:
        """Stop receiving, then applying. Raises what a hearer objects with, ServerError; then nothing is stopped."""
        if not self._test:
            return
        self._hear(Notice(Turn.STOP_REPLICATION))  # told even where replication goes on, as gh-ost does
        if self._keeps:
            return
        self._stopped = True  # from the request on: it may take effect although its answer is lost
        try:
            self._do(lambda session: replication.stop(session, self._site.dialect, self._channels))
        except MigrationError:
            self.undo()
            raise
        _log.info("replication of %s is stopped", self._site.endpoint)

    def undo(self) -> None:
        """Start what was stopped. Raises ServerError, with a note that says what to do."""
        if not self._test:
            return
        if self._stopped:
            try:
                self._do(lambda session: replication.start(session, self._site.dialect, self._channels))
            except MigrationError as error:
                error.add_note(
                    f"replication of {self._site.endpoint} was stopped and could not be started: START REPLICA"
                )
                raise
            self._stopped = False
            _log.info("replication of %s goes on", self._site.endpoint)
        self._hear(Notice(Turn.START_REPLICATION))

    def give_up(self, failure: BaseException) -> None:
        """As `undo`, on the way out with a failure, which is told what goes wrong with that."""
        try:
            self.undo()
        except MigrationError as trouble:
            failure.add_note(f"{trouble}")
            for note in getattr(trouble, "__notes__", ()):
                failure.add_note(note)

    def _do(self, work: Callable[[Session], None]) -> None:
        with self._site.open() as session:
            work(session)
