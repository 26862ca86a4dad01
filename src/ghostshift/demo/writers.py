"""One writer: a thread with its own connection that changes own rows and keeps the ledger of what was acknowledged.

It goes on through whatever an application would go on through: deadlocks, lock waits, a lost connection. Everything
else (a table that does not exist for a moment, a statement that finds fewer rows than the ledger knows) ends it with
an error, for that is what these tests look for. It must never write down what the server did not acknowledge.
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import pymysql
from pymysql.connections import Connection

from ghostshift.demo.ledger import Doubt, Ledger, LedgerError, Row, Staging
from ghostshift.demo.operations import SINGLE, Operations, Space, Statement
from ghostshift.demo.shapes import Shape, Values
from ghostshift.demo.timing import Timing

Connect: TypeAlias = Callable[[], Connection]

STARTS_OVER = frozenset(
    {
        1205,  # lock wait timeout
        1213,  # deadlock
        1020,  # record changed since last read (MariaDB)
        1317,  # query interrupted
        1412,  # table definition has changed, please retry transaction
        1969,  # max_statement_time (MariaDB)
        3024,  # max_execution_time
    }
)
"""Errors after which an application runs its transaction again."""

DIED = frozenset({0, 1053, 1152, 1158, 1159, 1160, 1161, 1927, 2003, 2006, 2013, 2055, 3169, 4031})
"""Errors that mean: the connection is gone."""


class WriteError(LedgerError):
    """A statement did what no application may see during a migration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a writer works."""

    weights: Mapping[str, float]
    rate: float | None = None
    """Transactions a second of this writer; None for full speed."""
    long_seconds: tuple[float, float] = (0.2, 1.5)
    """How long a long transaction stays open."""
    patience: float = 30.0
    """Seconds that a writer tries to come back after its connection died."""


class _GoneError(Exception):
    """The connection died. `committing` says whether the server may have been asked to commit."""

    def __init__(self, *, committing: bool) -> None:
        super().__init__(committing)
        self.committing = committing


class _StartOverError(Exception):
    """The server rolled the transaction back, or we did because it said no."""


class Writer:
    """One thread's worth of writing. `run` ends after `stop` is set, or with an error in `error`."""

    def __init__(
        self, shape: Shape, table: str, connect: Connect, space: Space, seed: int, pace: Pace, stop: threading.Event
    ) -> None:
        self.ledger = Ledger(lambda n: shape.filled(n) if 0 <= n < space.filled else None)
        self.timing = Timing()
        self.error: BaseException | None = None
        self.retried: Counter[int] = Counter()
        self.done: Counter[str] = Counter()
        self.lost = 0
        self.rolled_back = 0
        self._shape = shape
        self._connect = connect
        self._pace = pace
        self._stop = stop
        self._rng = random.Random(f"{seed}/{space.index}")  # noqa: S311 - a load, no secret
        self._make = Operations(shape, table, space, self._rng)
        self._kinds = list(pace.weights)
        self._weights = [float(weight) for weight in pace.weights.values()]
        self._connection: Connection | None = None

    def run(self) -> None:
        """The thread's body."""
        try:
            self._reconnect()
            self._loop()
        except BaseException as error:  # noqa: BLE001 - whatever ended the writer is handed to whoever joins it
            self.error = error
        finally:
            self._disconnect()

    def abort(self) -> None:
        """Wake a thread that waits for an answer which does not come: its statement's outcome stays open."""
        connection = self._connection
        sock = getattr(connection, "_sock", None)  # the driver has no way of its own to be interrupted
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _loop(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self._step(self._rng.choices(self._kinds, self._weights)[0])
            if self._pace.rate is not None:
                due = max(due + 1 / self._pace.rate, time.monotonic() - 1.0)
                self._stop.wait(max(0.0, due - time.monotonic()))

    def _step(self, kind: str) -> None:
        """One transaction, in whatever way it ends."""
        staging = self.ledger.begin()
        try:
            if kind in SINGLE and self._rng.random() < 0.9:
                self._alone(self._make.make(kind, staging)[0])
            elif not self._together(kind, staging):
                self.rolled_back += 1
                return
        except _StartOverError:
            return
        except _GoneError as gone:
            self.lost += 1
            self._recover(self.ledger.doubt(staging) if gone.committing else None)
            return
        self.ledger.commit(staging)
        self.timing.finished.append(time.monotonic())
        self.done[kind] += 1

    def _alone(self, statement: Statement) -> None:
        """A statement that commits by itself: when the connection dies meanwhile, nobody knows."""
        self._send(statement, committing=True)

    def _together(self, kind: str, staging: Staging) -> bool:
        """Several statements in a transaction; false when it was meant to be rolled back."""
        self._send(Statement("BEGIN", None))
        for part in self._parts(kind):
            for statement in self._make.oltp(staging) if part == "oltp" else self._make.make(part, staging):
                self._send(statement)
            if kind == "long":
                self._stop.wait(self._rng.uniform(*self._pace.long_seconds) / 3)
        if kind == "rollback":
            self._send(Statement("ROLLBACK", None))
            return False
        self._send(Statement("COMMIT", None), committing=True)
        return True

    def _parts(self, kind: str) -> list[str]:
        if kind in ("several", "long", "rollback"):
            several = (*SINGLE, "update", "reinsert", "swap", "reuse")
            return self._rng.choices(several, k=3 if kind == "long" else self._rng.randrange(2, 7))
        return [kind]

    def _send(self, statement: Statement, *, committing: bool = False) -> None:
        """Run a statement and measure it. A failed one never leaves a transaction open."""
        connection = self._connected()
        begun = time.monotonic()
        try:
            affected = connection.query(statement.sql)
        except (pymysql.MySQLError, OSError) as error:
            self._measure(begun)
            self._judge(error, statement, committing=committing)
        self._measure(begun)
        if statement.affected is not None and affected != statement.affected:
            raise WriteError(f"changed {affected} rows instead of {statement.affected}: {statement.sql[:300]}")

    def _measure(self, begun: float) -> None:
        now = time.monotonic()
        self.timing.took.append(now - begun)
        self.timing.ended.append(now)

    def _judge(self, error: Exception, statement: Statement, *, committing: bool) -> NoReturn:
        """Say what a failure means."""
        errno = errno_of(error)
        if isinstance(error, OSError) or errno in DIED:
            raise _GoneError(committing=committing) from error
        if errno not in STARTS_OVER:
            raise WriteError(f"{error} (in: {statement.sql[:300]})") from error
        self.retried[errno] += 1
        try:
            self._connected().rollback()
        except (pymysql.MySQLError, OSError) as second:
            raise _GoneError(committing=False) from second
        raise _StartOverError from error

    # --- coming back -------------------------------------------------------------------------------------------------

    def _recover(self, doubt: Doubt | None) -> None:
        """Connect again and settle what is in doubt, unless we are asked to stop first."""
        end = time.monotonic() + self._pace.patience
        while not self._stop.is_set():
            try:
                self._reconnect()
                if doubt is not None:
                    self._settle(doubt)
                return  # noqa: TRY300 - the loop's way out
            except (pymysql.MySQLError, OSError) as error:
                errno = errno_of(error)
                if not (isinstance(error, OSError) or errno in DIED | STARTS_OVER) or time.monotonic() > end:
                    raise
            self._stop.wait(0.1)

    def _settle(self, doubt: Doubt) -> None:
        """Read the doubtful rows under locks: a dead transaction that still holds them is waited for."""
        connection = self._connected()
        found: dict[int, Values | None] = {}
        connection.query("BEGIN")
        with connection.cursor() as cursor:
            for n in doubt.new:
                cursor.execute(self._make.select_locked(n))
                found[n] = cursor.fetchone()
        connection.rollback()

        def holds(n: int, row: Row | None) -> bool:
            return found[n] == (None if row is None else self._shape.values(n, row))

        self.ledger.settle(doubt, holds)

    def _connected(self) -> Connection:
        if self._connection is None:
            raise WriteError("the writer has no connection")
        return self._connection

    def _reconnect(self) -> None:
        self._disconnect()
        connection = self._connect()
        connection.autocommit(True)
        self._connection = connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(pymysql.MySQLError, OSError):
                connection.close()


def errno_of(error: BaseException) -> int:
    """The server's or driver's number of an error, -1 where it has none."""
    first = error.args[0] if error.args else -1
    return first if isinstance(first, int) else -1
