"""What the cut-over does with single sessions: look at tables, end a session for certain, run a RENAME in a thread.

Apart from workers/cutover.py because each is used at several places of a script. It must never kill a session that is
not ours: a server that was restarted gives the same numbers to others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from ghostshift.core.cutover_steps import Failed, Lost, Ok, Outcome, Picture, Seen, TimedOut
from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.names import HelperNames, TableName
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.session import Session, process_of
from ghostshift.runtime.group import Stop
from ghostshift.sql import cutover_statements as sql

WAITING = "table metadata lock"
"""In the state of a session that waits for a table's lock, on both flavours. Other locks are called otherwise: global
read lock, schema metadata lock, backup lock; a RENAME that waits for one of those is not queued on the original."""

NO_SUCH_THREAD = 1094


def look(session: Session, original: TableName, helpers: HelperNames, dialect: Dialect) -> Picture:
    """What the three names of the swap stand for."""
    original_seen, ghost, old = (_seen(session, name, dialect) for name in (original, helpers.ghost, helpers.old))
    return Picture(original=original_seen, ghost=ghost, old=old)


def _seen(session: Session, name: TableName, dialect: Dialect) -> Seen:
    rows = session.query(sql.table_comment(name))
    if not rows:
        return Seen()
    return Seen(exists=True, sentry=rows[0][0] == sql.SENTRY_COMMENT, ids=_ids(session, name, dialect))


def _ids(session: Session, name: TableName, dialect: Dialect) -> frozenset[int]:
    statement, stored = sql.table_ids(name, mariadb=dialect.mariadb), sql.stored_name(name)
    if statement is None or stored is None:
        return frozenset()
    try:
        rows = [(int(row[0]), _table_part(str(row[1]))) for row in session.query(statement)]
    except ConnectionLost:
        raise
    except ServerError:
        return frozenset()  # the privilege PROCESS is missing: the script then goes by the names
    exact = frozenset(number for number, table in rows if table == stored)
    # Where the server lower-cases names, ours may be written otherwise; of two that differ only in case none is taken.
    return exact or (frozenset(n for n, _ in rows) if len({table for _, table in rows}) == 1 else frozenset())


def _table_part(stored: str) -> str:
    cut = stored.lower().find("#p#")
    return stored if cut < 0 else stored[:cut]


def unhindered(watcher: Session) -> Outcome:
    """Whether nobody waits for a backup lock. Waiting is all there can be: our LOCK TABLES keeps it from being granted.

    Without the privilege PROCESS other people's sessions are not seen; then `QueuedRename.await_end` is what remains.
    """
    rows = watcher.query(sql.WAITING_FOR_BACKUP)
    return Failed(0, f"session {rows[0][0]} waits to begin a backup, behind which it would wait") if rows else Ok()


def remove_sentry(session: Session, old: TableName) -> Outcome:
    """Drop our sentry, if that is what bears the old table's name: it is looked at under a lock, then dropped under it.

    After a swap that name is the whole original table: between a look and a DROP without lock it could come to be that.
    """
    if session.query(sql.table_comment(old)) != [(sql.SENTRY_COMMENT,)]:
        return Ok()
    try:
        session.execute(sql.lock_tables([old]))
        if session.query(sql.table_comment(old)) == [(sql.SENTRY_COMMENT,)]:
            session.execute(sql.drop_sentry(old))
    finally:
        with suppress(ServerError):
            session.execute(sql.UNLOCK)
    return Ok()


def await_gone(watcher: Session, number: int, opened: float, clock: Stop, seconds: float) -> Outcome:
    """Kill session `number`, which was opened at `opened`, and wait until the server has none of it."""
    end = clock.now() + seconds
    polite = clock.now() + 0.02  # one that was closed in order is about to go by itself
    while process_of(watcher, number) is not None:
        if clock.now() > end:
            return TimedOut()
        if clock.now() > polite:
            uptime = int(watcher.one(sql.UPTIME)[1])
            if uptime + 1 < clock.now() - opened:
                return Ok()  # another life of the server: its session of that number is somebody else's
            _kill(watcher, number)
        clock.wait(0.005)
    return Ok()


def _kill(watcher: Session, number: int) -> None:
    try:
        watcher.execute(f"KILL {number:d}")
    except ServerError as error:
        if error.errno != NO_SUCH_THREAD:
            raise


class QueuedRename:
    """Session B at work: the RENAME in a thread of its own, because it waits for a lock that another session holds."""

    def __init__(self, session: Session, statement: str) -> None:
        self._session = session
        self._statement = statement
        self._outcome: Outcome | None = None
        self._thread = threading.Thread(target=self._run, name="cut-over-rename", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._session.execute(self._statement)
        except ConnectionLost as error:
            self._outcome = Lost(error.server_message)
        except ServerError as error:
            self._outcome = Failed(error.errno, error.server_message)
        else:
            self._outcome = Ok()

    def done(self) -> bool:
        """Whether the RENAME has ended, however."""
        return not self._thread.is_alive()

    def early_end(self) -> Outcome:
        """The outcome of a RENAME that ended while it should have waited: never Ok."""
        outcome = self.join(0)
        return Failed(0, "the RENAME did not wait for the locks", fatal=True) if isinstance(outcome, Ok) else outcome

    def waits(self, watcher: Session) -> bool:
        """Whether the server shows this RENAME waiting for a table's lock."""
        found = process_of(watcher, self._session.id)
        return found is not None and WAITING in found[1].lower() and found[2].startswith("RENAME TABLE")

    def await_end(self, watch: Callable[[], Session], clock: Stop, seconds: float) -> Outcome:
        """As `join`, but TimedOut at once when the RENAME is seen to have let go of its tables.

        It would take them again behind the application's writes, which would then be in the old table only.
        """
        end = clock.now() + seconds
        while not self.done() and clock.now() < end:
            with suppress(ServerError):
                found = process_of(watch(), self._session.id)
                if found is not None and found[1] == sql.BACKUP_LOCK:
                    return TimedOut()
            self._thread.join(0.002)
        return self.join(0)

    def join(self, seconds: float) -> Outcome:
        """What became of it, TimedOut while it still runs."""
        self._thread.join(seconds)
        return TimedOut() if self._thread.is_alive() else self._outcome or Lost("the thread of the RENAME broke")

    def abandon(self) -> None:
        """End the thread; the session is shut, whatever the server makes of it."""
        self._session.abort()
        self._thread.join(5.0)
