"""Waiting for something of ours to come through the log, with a patience that knows of replicas.

On one server a marker is back within moments, and a minute without it means that our writes are not logged. By way of
a replica it comes when the replica has caught up, which may take hours: the minute counts only while the replica says
that it is not behind. Waiting never proves anything by itself: only what was waited for does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ghostshift.model.errors import ConnectionLost, ServerError, StreamError
from ghostshift.model.names import TableName
from ghostshift.mysql import replication
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql.statements import read_changelog
from ghostshift.workers.changelog import MARKER
from ghostshift.workers.topology import Site, Sites

SECONDS = 60.0
"""For a row of ours to come back through the log; far more than any healthy server needs."""

LOOK_EVERY = 1.0
"""Seconds between two looks at how far behind the replica is."""

SAY_EVERY = 10.0

_log = logging.getLogger("ghostshift")


class Patience:
    """Counts the time for which a wait has no excuse."""

    def __init__(
        self,
        sites: Sites,
        stop: Stop,
        idle: Callable[[], None] = lambda: None,
        moved: Callable[[], object] = lambda: None,
    ) -> None:
        """`moved` tells how far the reader is: as long as that changes, waiting has an excuse."""
        self._sites = sites
        self._stop = stop
        self._idle = idle
        self._moved = moved
        self._last: object = None
        self._end = stop.now() + SECONDS
        self._said = stop.now()
        self.problem = ""

    def left(self) -> bool:
        """Whether waiting is worth while; called about once a second."""
        self._idle()
        now, reached = self._stop.now(), self._moved()
        if reached != self._last:
            self._last, self._end = reached, now + SECONDS
        if self._sites.apart:
            seconds = self._behind()
            if seconds is not None and seconds > LOOK_EVERY:
                self._end = now + SECONDS
                if now - self._said >= SAY_EVERY:
                    self._said = now
                    _log.info("waiting for %s, which is %d s behind", self._sites.inspected.endpoint, seconds)
        return now < self._end and not self._stop.is_set()

    def _behind(self) -> int | None:
        site = self._sites.inspected
        try:
            with site.look() as session:
                seconds = replication.behind(session, site.dialect)
        except ConnectionLost as error:
            self.problem = f"{site.endpoint} cannot be asked: {error}"
            return None
        self.problem = f"{site.endpoint} does not replicate" if seconds is None else ""
        return seconds


def await_applied(sites: Sites, changelog: TableName, marker: str, stop: Stop, idle: Callable[[], None]) -> None:
    """Return when the inspected server has this marker's row: what we did before it is then in that server's log.

    Raises StreamError when it does not come; returns early when stopped.
    """
    patience = Patience(sites, stop, idle)
    with sites.inspected.look() as session:
        look = stop.now()
        while not stop.is_set() and not _has(session, sites.inspected, changelog, marker):
            if stop.now() >= look:
                look = stop.now() + LOOK_EVERY
                if not patience.left():
                    raise StreamError(
                        f"a row written to {changelog} on {sites.migrated.endpoint} did not reach "
                        f"{sites.inspected.endpoint} within {SECONDS:g} s{_because(patience)}: is that one of its "
                        "replicas? Is there a filter?"
                    )
            stop.wait(0.05)


def await_through_log(arrived: Callable[[float], bool], patience: Patience) -> bool:
    """Whether `arrived` comes true before patience ends; it is asked to wait for a second at a time."""
    while not arrived(LOOK_EVERY):
        if not patience.left():
            return False
    return True


def not_logged(changelog: TableName, patience: Patience) -> StreamError:
    """What to raise where a marker did not come back."""
    return StreamError(
        f"a row written to {changelog} did not come back through the binary log within {SECONDS:g} s"
        f"{_because(patience)}: our writes are not logged (a filter? sql_log_bin?), or the log cannot be read"
    )


def _because(patience: Patience) -> str:
    return f" ({patience.problem})" if patience.problem else ""


def _has(session: Session, site: Site, changelog: TableName, marker: str) -> bool:
    try:
        return session.query(read_changelog(changelog, MARKER)) == [(marker,)]
    except ConnectionLost:
        raise
    except ServerError as error:
        if error.errno in (1146, 1049):  # not there yet: the replica is behind
            return False
        raise ServerError(error.errno, f"{site.endpoint}: {error.server_message}", error.statement) from error
