"""How the sources of throttling are asked that speak SQL: the load, the throttle query, the heartbeat on a server.

Which server is asked for what is decided here and nowhere else. Each asker has a session of its own with short limits,
opens a new one when it was lost, and turns what a server says against it into a reading with a problem.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace

from ghostshift.core.throttling import Reading
from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint, Tunables
from ghostshift.mysql import replication
from ghostshift.mysql.session import Session, kill_queries
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.sql.readings import READ_ONLY, global_status, limit_queries
from ghostshift.sql.statements import read_changelog
from ghostshift.workers.changelog import HEARTBEAT, seconds_since
from ghostshift.workers.probes import Asker
from ghostshift.workers.topology import Site, Sites

ANSWER_SECONDS = 2.0
"""For connecting, and for an answer that is there at once where all is well."""

QUERY_SECONDS = 10
"""For a throttle query; the server gives it up after that, so that they cannot heap up there."""


class SqlAsker(ABC):
    """Asks by one statement after another; a subclass says which."""

    read_timeout = ANSWER_SECONDS
    database: str | None = None

    def __init__(self, endpoint: Endpoint, stop: Stop) -> None:
        self.endpoint = replace(endpoint, timeout=min(endpoint.timeout or ANSWER_SECONDS, ANSWER_SECONDS))
        self.aborted = False
        self._stop = stop
        self._session: Session | None = None

    @abstractmethod
    def read(self, session: Session) -> Reading:
        """Ask over this session. Raises ServerError; ValueError with the problem for an answer that is none."""

    def setup(self) -> Iterable[str]:
        """Statements for a new session."""
        return ()

    def ask(self) -> Reading:
        """See Asker."""
        try:
            return self.read(self._ready())
        except ConnectionLost as error:
            self._drop()
            return self._problem(error.server_message)
        except ServerError as error:
            return self._problem(error.server_message)
        except ValueError as error:
            return self._problem(str(error))

    def abort(self) -> None:
        """See Asker."""
        self.aborted = True
        session = self._session
        if session is not None:
            session.abort()

    def close(self) -> None:
        """See Asker."""
        self._drop()

    def now(self) -> float:
        """For the reading's time."""
        return self._stop.now()

    def _ready(self) -> Session:
        if self._session is None:
            self._session = Session.open(
                self.endpoint, self.setup(), database=self.database, read_timeout=self.read_timeout
            )
        if self.aborted:  # it may have come while we were connecting
            raise ConnectionLost(2013, "nobody wants to know any more")
        return self._session

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _problem(self, text: str) -> Reading:
        return Reading(self.now(), problem=" ".join(text.split())[:200])


class LagAsker(SqlAsker):
    """The age of the heartbeat that has arrived on a server. It is this host's clock that is compared with itself."""

    def __init__(self, endpoint: Endpoint, changelog: TableName, stop: Stop) -> None:
        super().__init__(endpoint, stop)
        self._changelog = changelog

    def read(self, session: Session) -> Reading:
        """Read the heartbeat."""
        rows = session.query(read_changelog(self._changelog, HEARTBEAT))
        if not rows:
            raise ValueError("no heartbeat there yet")
        try:
            return Reading(self.now(), max(0.0, seconds_since(str(rows[0][0]))))
        except ValueError:
            raise ValueError("the heartbeat there is not ours") from None


class ReplicationAsker(SqlAsker):
    """How far a replica is behind that is migrated itself: our heartbeats do not come to it by replication.

    Where it does not replicate (a test stops it), there is nothing that we could hold up.
    """

    def __init__(self, site: Site, stop: Stop) -> None:
        super().__init__(site.endpoint, stop)
        self._dialect = site.dialect

    def read(self, session: Session) -> Reading:
        """Ask for its status."""
        return Reading(self.now(), float(replication.behind(session, self._dialect) or 0))


class LoadAsker(SqlAsker):
    """The status variables that have a limit now."""

    def __init__(self, endpoint: Endpoint, board: StatusBoard, stop: Stop) -> None:
        super().__init__(endpoint, stop)
        self._board = board

    def read(self, session: Session) -> Reading:
        """Read them, in one statement."""
        tunables = self._board.get(Tunables, Tunables())
        names = sorted({name.lower() for name, _ in (*tunables.max_load, *tunables.critical_load)})
        found = session.query(global_status(names)) if names else []
        status = {str(name).lower(): str(value) for name, value in found}
        return Reading(self.now(), status=status, asked=frozenset(names))


class QueryAsker(SqlAsker):
    """The throttle query. No row and NULL are 0: neither is above it. Whatever is no number is a problem."""

    read_timeout = QUERY_SECONDS + 5.0

    def __init__(self, site: Site, schema: str, text: str, stop: Stop) -> None:
        super().__init__(site.endpoint, stop)
        self.database = schema
        self._mariadb = site.dialect.mariadb
        self._text = text
        self._running = 0

    def setup(self) -> Iterable[str]:
        """The server's own limit for each query; and none may write, for it runs with the migration's rights."""
        return (limit_queries(QUERY_SECONDS, mariadb=self._mariadb), READ_ONLY)

    def read(self, session: Session) -> Reading:
        """Ask, and take the first column of the first row."""
        self._running = session.id
        rows = session.query(self._text)
        self._running = 0
        value = rows[0][0] if rows else None
        try:
            return Reading(self.now(), 0.0 if value is None else float(value))
        except ValueError:
            raise ValueError("its answer is not a number") from None

    def close(self) -> None:
        """End the session, and the query on the server where it was us who hung up on it."""
        super().close()
        if self.aborted and self._running:
            try:
                kill_queries(self.endpoint, [self._running])
            except ServerError as error:
                logging.getLogger("ghostshift").warning("a throttle query may go on on the server: %s", error)


class Askers:
    """Makes the askers of one migration: the one place that knows which server is asked for what."""

    def __init__(self, sites: Sites, changelog: TableName, schema: str, board: StatusBoard, stop: Stop) -> None:
        self._sites = sites
        self._changelog = changelog
        self._schema = schema
        self._board = board
        self._stop = stop

    def own_lag(self) -> Asker:
        """By the heartbeat on the server whose log is read; where that one is migrated itself, by its replication."""
        if self._sites.mode.on_replica:
            return ReplicationAsker(self._sites.inspected, self._stop)
        return LagAsker(self._sites.inspected.endpoint, self._changelog, self._stop)

    def replica(self, address: tuple[str, int]) -> Asker:
        """A control replica, with the credentials for the server whose log is read."""
        return LagAsker(self._sites.inspected.endpoint.at(*address), self._changelog, self._stop)

    def load(self) -> Asker:
        """The load of the server that does the work."""
        return LoadAsker(self._sites.migrated.endpoint, self._board, self._stop)

    def query(self, text: str) -> Asker:
        """The throttle query, on the server that does the work; unqualified names are of the migrated schema."""
        return QueryAsker(self._sites.migrated, self._schema, text, self._stop)

    def http(self, address: str) -> Asker:
        """The throttle-http server."""
        from ghostshift.workers.http_asker import HttpAsker  # noqa: PLC0415 - few have one, and it needs much

        board = self._board
        return HttpAsker(
            address, lambda: board.get(Tunables, Tunables()).throttle_http_timeout_millis / 1000, self._stop
        )
