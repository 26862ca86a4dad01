"""Which server errors may be tried again, and the one loop that does so.

Three classes: retryable (the statement was rolled back whole: deadlock, lock wait, a query killed by a time limit),
lost (the connection died: the outcome is open, only idempotent work may be repeated, and only once the old session is
known to be dead), fatal (all else). Call sites say what to run, never how often.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.runtime.group import Stop

T = TypeVar("T")

RETRYABLE = frozenset(
    {
        1205,  # lock wait timeout exceeded
        1213,  # deadlock
        1020,  # record has changed since last read (MariaDB, innodb_snapshot_isolation)
        1317,  # query execution was interrupted
        1969,  # max_statement_time exceeded (MariaDB)
        3024,  # max_execution_time exceeded
        3572,  # NOWAIT lock not available
    }
)

NO_SUCH_COLUMN = 1054
"""ER_BAD_FIELD_ERROR."""

FULL = frozenset(
    {
        1040,  # too many connections
        1203,  # too many connections of this user
        1226,  # the user has exceeded a limit of its account, as that of its connections
    }
)
"""The server has no connection left, as things are."""

LOST = frozenset(
    {
        1053,  # server shutdown in progress
        1927,  # connection was killed (MariaDB)
        2003,  # can't connect
        2006,  # server has gone away
        2013,  # lost connection during query
        2055,  # lost connection, with system error
        3169,  # session was killed
        4031,  # disconnected for inactivity
    }
)


def is_retryable(error: ServerError) -> bool:
    """Whether the same statement on the same session may simply be sent again."""
    return error.errno in RETRYABLE and not isinstance(error, ConnectionLost)


def backoff(attempt: int, *, base: float = 0.02, most: float = 2.0) -> float:
    """Seconds to wait after failure number `attempt` (from 1): exponential with full jitter."""
    return random.uniform(0.2, 1.0) * min(most, base * float(2 ** min(attempt, 16)))  # noqa: S311 - jitter is no secret


def retrying(
    work: Callable[[], T],
    stop: Stop,
    attempts: int,
    *,
    recover: Callable[[ConnectionLost], None] | None = None,
    on_retry: Callable[[ServerError, int], None] | None = None,
    hold: Callable[[], object] | None = None,
) -> T:
    """Run `work` until it succeeds, at most `attempts` times.

    A lost connection is retried only where `recover` is given: it must leave a session on which repeating is safe.
    `hold` is called before each repetition and may wait: a server that fails may be one that is throttled for.
    Raises the last error, or the first that is neither.
    """
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except ServerError as error:
            lost = isinstance(error, ConnectionLost)
            if stop.is_set() or attempt == attempts or not (is_retryable(error) or (lost and recover)):
                raise
            if on_retry is not None:
                on_retry(error, attempt)
            stop.wait(backoff(attempt))
            if isinstance(error, ConnectionLost) and recover is not None:
                recover(error)
            if hold is not None:
                hold()
    raise AssertionError("attempts must be at least 1")
