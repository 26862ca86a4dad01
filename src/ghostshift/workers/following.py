"""Beginning to follow the log: from where, and what must be sure before the first row is read.

Our writes come back through the log; everything logged before our start is visible (the barrier closes the window in
which it is logged but not visible yet); and no XA transaction of before our start is still open. A run that goes on
with another one's work begins where that one's checkpoint says, and applies while it catches up.
"""

from __future__ import annotations

import logging

from ghostshift.binlog.stream import current_position
from ghostshift.core.checkpoints import portable
from ghostshift.model.errors import Refused, StreamError
from ghostshift.model.phase import Phase
from ghostshift.model.plan import Plan
from ghostshift.model.position import Position
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.sql.literals import parse_key
from ghostshift.sql.statements import edge_key
from ghostshift.workers import arrival, failover, nulls, resumption
from ghostshift.workers.arrival import Patience, await_applied, await_through_log, not_logged
from ghostshift.workers.crew import Crew
from ghostshift.workers.home import Home
from ghostshift.workers.streamer import StreamReading

_log = logging.getLogger("ghostshift")


def start_position(crew: Crew, home: Home, stop: Stop) -> tuple[Position, str]:
    """The end of the log that is read, with all our preparation before it: to a replica it may have to come yet.

    And the GTIDs of transactions that all lie before it.
    """
    site = crew.sites.inspected
    if crew.sites.apart:
        marker = crew.changelog.mark(home.session)
        await_applied(crew.sites, crew.changelog.name, marker, stop, home.keep)
        stop.raise_cause()
    with site.look() as session:
        gtids = failover.gtids_so_far(site, session)
        return current_position(session), gtids


def see_marker(crew: Crew, home: Home, board: StatusBoard, stop: Stop) -> None:
    """Return when a write of ours has come back through the log. Raises StreamError where it does not.

    Patience lasts for as long as the reader gets on with what was there before that write.
    """
    marker = crew.follower.probe(home.session)
    end = _end_of_log(crew, home)

    def read() -> object:
        reading = board.read(StreamReading)
        return None if reading is None else min(reading.position, end)

    patience = Patience(crew.sites, stop, home.keep, read)
    if not await_through_log(lambda seconds: crew.follower.arrived(marker, seconds), patience):
        stop.raise_cause()
        raise not_logged(crew.changelog.name, patience)
    with crew.log.open() as log:
        opened = log.opened
    if not opened:
        raise StreamError(
            f"the swap that is to be undone was not found in the binary log behind {crew.journal.last.position}: "
            f"{crew.plan.table} cannot be reverted"
        )


def await_prepared(session: Session, stop: Stop) -> bool:
    """Whether there were XA transactions that were prepared before our start; returns when they have ended.

    Raises Refused where they do not end.
    """
    old = set(inspector.read_prepared(session) or ())
    found = bool(old)
    end = stop.now() + arrival.SECONDS
    while old and stop.now() < end:
        _log.info("waiting for %d prepared XA transactions to end", len(old))
        if stop.wait(0.5):
            stop.raise_cause()
        old &= set(inspector.read_prepared(session) or ())
    if old:
        shown = ", ".join(repr(xid) for xid in sorted(old)[:5])
        raise Refused("xa-prepared", f"XA transactions stay prepared: {shown}; commit or roll them back first")
    return found


def begin_copy(crew: Crew, home: Home, plan: Plan) -> None:
    """Note up to where the table reaches now, and open the copy's front."""
    last = home.session.query(edge_key(plan, last=True))
    nulls.check_rows(home.session, plan)
    limit = parse_key(plan.key, last[0]) if last else None
    known = resumption.identities(home.session, plan, crew.sites.migrated.dialect)
    crew.journal.note(home.session, Phase.COPYING, limit=portable(plan.key, limit), identities=known)
    with crew.front.open() as front:
        front.open(limit)


def _end_of_log(crew: Crew, home: Home) -> Position:
    if not crew.sites.apart:
        return current_position(home.session)
    with crew.reading.session() as log:
        return current_position(log)
