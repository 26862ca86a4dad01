"""Going on with another server: a promoted replica, a restored one, another replica whose log is read.

A checkpoint is a row of the same log as all that it speaks of, so wherever it is, what was committed before it should
be; that is asked for, and not believed: each transaction that had been logged when it was written must be there. Then
the place in this server's log is looked for behind which everything is that the checkpoint does not cover, by GTID.
What was compared was compared elsewhere, and counts no more.

Must never go on where a transaction may be missing from the tables, or from the log: then it refuses, and says which.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from ghostshift.binlog.history import History, look_through
from ghostshift.binlog.stream import FIRST_OFFSET, current_position
from ghostshift.core.gtids import GtidSet
from ghostshift.model.change import Statement
from ghostshift.model.checkpoint import Checkpoint, Compared, Identities
from ghostshift.model.errors import ConnectionLost, Refused, StreamError
from ghostshift.model.names import HelperNames, TableName
from ghostshift.model.position import Position
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql.checkpoints import BINARY_LOGS
from ghostshift.sql.gtids import HEADS, gtids_asked, head_of_file, logged_so_far
from ghostshift.sql.logged import concerns
from ghostshift.workers import arrival
from ghostshift.workers.lives import lives_of
from ghostshift.workers.topology import Site, Sites

SHOWN = 200
"""Letters of a set of GTIDs in a message."""

_log = logging.getLogger("ghostshift")


def keeps_gtids(site: Site) -> bool:
    """Whether every transaction of the server has a GTID."""
    return site.dialect.mariadb or site.facts.variables.get("gtid_mode", "").upper() == "ON"


def gtids_so_far(site: Site, session: Session) -> str:
    """Transactions that lie before any end of its log that is asked for afterwards; empty where it keeps no GTIDs."""
    return "".join(str(session.one(logged_so_far())[0] or "").split()) if keeps_gtids(site) else ""


def placed(
    sites: Sites,
    checkpoint: Checkpoint,
    after: str,
    names: tuple[TableName, HelperNames],
    stop: Stop,
    *,
    swapped: bool = False,
) -> Checkpoint:
    """The checkpoint as it is true of these servers; the same where they are those that it speaks of.

    `after`: what the migrated server had logged when it was written. `names`: the original, and its helpers. Raises
    Refused, ServerError.
    """
    place = _Place(sites, checkpoint, *names, stop, swapped=swapped)
    problem = place.lost()
    inspected, migrated = sites.inspected.facts.identity, sites.migrated.facts.identity
    found = checkpoint
    if checkpoint.migrated != migrated:
        place.check_covered(after)
        found = replace(found, migrated=migrated, compared=Compared(), identities=Identities())
    if problem:
        found = replace(found, inspected=inspected, position=place.by_gtid(problem))
        _log.warning("%s: going on with the log of %s from %s", problem, inspected, found.position)
    if found != checkpoint and checkpoint.lives:
        here = checkpoint.inspected == inspected, checkpoint.migrated == migrated
        known = zip(here, checkpoint.lives, lives_of(sites), strict=True)
        found = replace(found, lives=tuple(before if same else now for same, before, now in known))
    return found


class _Place:
    """Finds the place."""

    def __init__(
        self, sites: Sites, checkpoint: Checkpoint, table: TableName, helpers: HelperNames, stop: Stop, *, swapped: bool
    ) -> None:
        self._site = sites.inspected
        self._migrated = sites.migrated
        self._apart = sites.apart
        self._checkpoint = checkpoint
        self._table = table
        self._old = helpers.old
        self._swapped = swapped
        self._watched = (table, helpers.ghost, helpers.changelog)
        self._witness = helpers.checkpoint
        """It was written after what is known was looked at: a log without that commit has a hole."""
        self._stop = stop
        here = sites.inspected.facts.identity, sites.migrated.facts.identity
        self._anew = False
        """It is the same server, with another log than the one that the checkpoint speaks of."""
        self._elsewhere = here != (checkpoint.inspected, checkpoint.migrated)

    def lost(self) -> str:
        """Why the checkpoint's position is worth nothing here; empty where it is good."""
        wanted, here = self._checkpoint.position, self._site.facts.identity
        if self._checkpoint.inspected != here:
            return f"its checkpoint speaks of the log of {self._checkpoint.inspected}, and this is {here}"
        with self._site.look() as session:
            sizes = {str(row[0]): int(row[1]) for row in session.query(BINARY_LOGS)}
        if sizes.get(wanted.file, -1) >= wanted.offset:
            return ""
        # What is left of a log that was only purged is all behind our file; another log may count its GTIDs from one.
        self._anew = any(Position(file, 0) < Position(wanted.file, 1) for file in sizes) or not any(
            file.rpartition(".")[0] == wanted.file.rpartition(".")[0] for file in sizes
        )
        what = "ends before that" if wanted.file in sizes else "is not there any more"
        return f"its changes since {wanted} would have to be read from the binary log, whose file {wanted.file} {what}"

    def check_covered(self, after: str) -> None:
        """Raise Refused where the migrated server need not have all that the checkpoint relies on."""
        here, earlier = self._migrated.facts.identity, self._checkpoint.migrated
        why = f"it ran on {earlier}, and this is {here}"
        if not after or not keeps_gtids(self._migrated):
            raise self.refused(f"{why}; without GTIDs nobody can tell whether it has all that was done there")
        with self._migrated.look() as session:
            has, _ = self._sets(session, self._migrated)
        missing = self._read(after, why).last_of_domains().without(has)
        if missing:
            raise self.refused(f"{why}, which lacks transactions that were committed there: {_short(missing)}")

    def by_gtid(self, problem: str) -> Position:
        """The place before the first transaction that the checkpoint does not cover. Raises Refused."""
        known = self._read(self._checkpoint.gtids, problem)
        if self._anew:
            raise self.refused(f"{problem}; the log was begun anew since, and what has changed meanwhile is not known")
        if not known or not keeps_gtids(self._site):
            raise self.refused(f"{problem}; without GTIDs the place cannot be found in another log")
        if self._apart:
            self._await_known(known, problem)
        with self._site.look() as session:
            has, unlogged = self._sets(session, self._site)
            lost, gone = known.last_of_domains().without(has), unlogged.beyond(known)
            if lost:
                raise self.refused(f"{problem}; its log, begun anew, does not know of {_short(lost)} any more")
            if gone:
                raise self.refused(
                    f"{problem}; transactions since then are not in its log any more, or never were: {_short(gone)}"
                )
            first = self._file_before(session, known)
            if first is None:
                raise self.refused(f"{problem}; no file of its log reaches back to where that run had been")
            end = current_position(session)
        history = self._history(first, end, known, problem)
        self._check_whole(history, known, problem)
        if not self._apart and not history.witnessed:
            raise self.refused(f"{problem}; its log, begun anew, does not have the commit that wrote the checkpoint")
        if history.obstacle:
            raise self.refused(
                f"{problem}; this one has a transaction of its own, {history.stranger}, from before "
                f"{' '.join(history.obstacle.split())[:SHOWN]!r}"
            )
        return history.position

    def _read(self, text: str, problem: str) -> GtidSet:
        try:
            return GtidSet.parse(text)
        except ValueError as error:
            raise self.refused(f"{problem}; the checkpoint's GTIDs cannot be read: {error}") from None

    def _history(self, first: Position, end: Position, known: GtidSet, problem: str) -> History:
        def concerned(statement: Statement) -> bool:
            return concerns(statement.text, statement.schema, self._watched) is not None

        with self._site.look() as session:
            try:
                return look_through(
                    session, first, end, known, concerned, mariadb=self._site.dialect.mariadb, witness=self._witness
                )
            except StreamError as error:
                self._stop.raise_cause()
                raise self.refused(f"{problem}; {error}") from None
            except ConnectionLost:
                self._stop.raise_cause()
                raise

    def _file_before(self, session: Session, known: GtidSet) -> Position | None:
        """The start of the newest file before which all is known."""
        files = [str(row[0]) for row in session.query(BINARY_LOGS)]
        for file in reversed(files):
            heads = [row for row in session.query(head_of_file(file)) if str(row[2]) in HEADS]
            if heads and not GtidSet.parse(str(heads[0][5])).beyond(known):
                return Position(file, FIRST_OFFSET)
        return None

    def _check_whole(self, history: History, known: GtidSet, problem: str) -> None:
        """MariaDB forgets with RESET MASTER what it had: numbers of a domain follow each other, so a hole shows."""
        reach = known.domains() if history.first else {}
        for domain, number in history.first.items():
            if number > reach.get(domain, 0) + 1:
                raise self.refused(
                    f"{problem}; its log begins in domain {domain} with number {number}, and {reach.get(domain, 0)} "
                    "was the last that is known"
                )

    def _await_known(self, known: GtidSet, problem: str) -> None:
        """Until a replica has got what the checkpoint covers: our own DDL may be among it."""
        end = self._stop.now() + arrival.SECONDS
        while True:
            with self._site.look() as session:
                missing = known.last_of_domains().without(self._sets(session, self._site)[0])
            if not missing:
                return
            if self._stop.now() > end:
                raise self.refused(f"{problem}, which has not got {_short(missing)} yet")
            if self._stop.wait(0.2):
                self._stop.raise_cause()

    @staticmethod
    def _sets(session: Session, site: Site) -> tuple[GtidSet, GtidSet]:
        """What a server has, and what of it is in no file of its log."""
        one, other = (GtidSet.parse(str(text or "")) for text in session.one(gtids_asked(mariadb=site.dialect.mariadb)))
        return (one.joined(other), other.without(one)) if site.dialect.mariadb else (one, other)

    def refused(self, text: str) -> Refused:
        """What to raise."""
        if self._swapped:
            words = (
                f"{self._table} is swapped already, but whether writes slipped in just before cannot be read any "
                f"more: {text}. Compare {self._old} with {self._table}, bring over what is missing, then run "
                "ghostshift cleanup"
            )
        else:
            revert = self._checkpoint.revert
            what, or_else = ("reverted", "") if revert else ("resumed", ", or give --no-resume to begin anew")
            words = f"{self._table} cannot be {what}: {text}. {self._advice}{or_else}"
        if self._elsewhere:
            return Refused("resume-other-server", words)
        return Refused("resume-position-lost", words)

    @property
    def _advice(self) -> str:
        if self._elsewhere:
            return "Connect to that server"
        return (
            "Keep the log for longer than a migration may stand still, or may have to be reverted "
            "(binlog_expire_logs_seconds)"
        )


def _short(gtids: GtidSet) -> str:
    text = str(gtids)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
