"""The indexer: gives the filled ghost the indexes that were put off (--indexes-after-copy). One thread, one statement.

Meanwhile changes go on being applied, the server keeps them for the new indexes in a log of its own. Where that is too
small it gives up, and the statement is repeated while applying stands still: the changes wait in the delta buffer. A
session of the workers' pool does it, so that a stop ends it on the server, too, and the next run as well (the fence).

Whether it was done is never remembered but looked at: the ghost's definition is what it was without the indexes, or
what the ALTER had made of it; anything else stops the migration before the swap.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from ghostshift.core.indexing import doing, named
from ghostshift.core.pacing import BEGIN
from ghostshift.core.progress import Doing
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import ConnectionLost, MigrationError, ServerError
from ghostshift.model.options import Options
from ghostshift.model.phase import Phase
from ghostshift.mysql.patience import UNLIMITED
from ghostshift.mysql.replication import count_followers
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import RenewableSession, Session
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import WorkerGroup
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql.indexes import LOCKS, LOG_FULL, NOT_ONLINE, add_indexes
from ghostshift.workers.crew import Crew
from ghostshift.workers.definitions import digest
from ghostshift.workers.home import Home
from ghostshift.workers.throttler import wait_for_go

_log = logging.getLogger("ghostshift")


@dataclass(slots=True)
class _Ended:
    done: bool = False


class Indexer:
    """See the module."""

    def __init__(self, crew: Crew, last: Checkpoint, options: Options) -> None:
        self._crew = crew
        self._last = last
        self._options = options
        self._lock = LOCKS[0]
        self._still = False
        self.ended = Guarded(_Ended(), crew.stop)

    def run(self) -> None:
        """Make them, however often the connection is lost. Raises ServerError."""
        crew = self._crew
        worker = RenewableSession(crew.pool, crew.stop, read_timeout=UNLIMITED)
        try:
            retrying(
                lambda: self._make(worker.session),
                crew.stop,
                self._options.retries,
                recover=lambda _: worker.renew(),
                on_retry=lambda error, _: _log.warning("adding indexes to %s is begun again: %s", self._ghost, error),
            )
        except ServerError as error:
            error.add_note(
                f"{self._ghost} could not be given its indexes {named(self._last.later)}. If it is for want of room: "
                "they are sorted in files in the server's innodb_tmpdir, else in its tmpdir"
            )
            raise
        finally:
            crew.applier.resume()
            worker.close()
        with self.ended.open() as ended:
            ended.done = True

    @property
    def _ghost(self) -> object:
        return self._crew.plan.ghost.name

    def _make(self, session: Session) -> None:
        ghost, dialect = self._crew.plan.ghost.name, self._crew.sites.migrated.dialect
        if digest(session, ghost) == self._last.whole:
            return
        for statement in dialect.indexing_setup(self._options.tunables.copy_threads or BEGIN):
            session.execute(statement)
        while True:
            try:
                session.execute(add_indexes(ghost, self._last.later, self._lock, mariadb=dialect.mariadb))
            except ConnectionLost:
                raise
            except ServerError as error:
                if self._still or error.errno not in {LOG_FULL, *NOT_ONLINE}:
                    raise
                self._stand_still(error)
            else:
                return

    def _stand_still(self, error: ServerError) -> None:
        """Let changes wait in the buffer, and the log behind it, so that nobody writes to the ghost meanwhile."""
        if error.errno in NOT_ONLINE:
            self._lock = LOCKS[1]
        self._still = True
        _log.warning(
            "indexes are added to %s while no changes are applied, which are caught up with afterwards: %s",
            self._ghost, error.server_message,
        )  # fmt: skip
        while not self._crew.applier.pause(1.0):
            self._crew.stop.raise_cause()


def add(
    group: WorkerGroup, crew: Crew, home: Home, options: Options, board: StatusBoard, move: Callable[[Phase], None]
) -> None:
    """Make the indexes that were put off, if there are any that are not there yet. Raises what stopped the group."""
    last, ghost, stop = crew.journal.last, crew.plan.ghost.name, crew.stop
    if not last.later or last.ghost == last.whole:
        return
    wait_for_go(board, stop, home.keep)
    stop.raise_cause()
    move(Phase.INDEXING)
    if digest(home.renewed(), ghost) == last.whole:
        _log.info("%s has its indexes %s already", ghost, named(last.later))
        home.retried(lambda session: crew.journal.note(session, Phase.INDEXING, ghost=last.whole))
        return
    _log.info("%s%s", doing(len(last.later), ghost), _followers(home.session, crew))
    began = stop.now()
    board.publish(Doing(doing(len(last.later), ghost)))
    indexer = Indexer(crew, last, options)
    group.start("indexer", indexer.run)
    try:
        while not indexer.ended.wait_until(lambda ended: ended.done, 1.0):
            stop.raise_cause()
            home.keep()
    finally:
        board.publish(Doing())
    if digest(home.renewed(), ghost) != last.whole:
        raise MigrationError(
            f"{ghost} was given its indexes {named(last.later)}, and is not what the ALTER had made of it: look at "
            f"SHOW CREATE TABLE {ghost.sql}. {crew.plan.table} is intact and in place"
        )
    home.retried(lambda session: crew.journal.note(session, Phase.INDEXING, ghost=last.whole))
    _log.info("%s has its indexes %s, after %.1f s", ghost, named(last.later), stop.now() - began)


def _followers(session: Session, crew: Crew) -> str:
    """What it means for the replicas, where there are any or that may not be asked."""
    try:
        count = count_followers(session, crew.sites.migrated.dialect)
    except ConnectionLost:
        raise
    except ServerError:
        return "; replicas, if there are any, fall behind by as long as it takes"
    return f"; {count} registered replica(s) fall behind by as long as it takes" if count else ""
