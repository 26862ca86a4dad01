"""Finds the servers of a migration: the one whose log is read, and the one that is migrated. Before anything else.

What to do is decided in core/topology.py; this module asks the servers. It touches nothing but the one setting that
--switch-to-rbr names, and never goes on with a server that is not the one that replication speaks of.
"""

from __future__ import annotations

import contextlib
import logging
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from ghostshift.core.checks import check_version
from ghostshift.core.filters import check_filters
from ghostshift.core.topology import ASSUME, Route, check_route, mode_of, ring, source_of, warnings
from ghostshift.model.address import read_address, show_address
from ghostshift.model.errors import Refused, ServerChanged, ServerError
from ghostshift.model.names import HelperNames
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.places import Mode, Places
from ghostshift.model.server import Life, ServerFacts
from ghostshift.mysql import inspector, replication
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql.lives import started

_log = logging.getLogger("ghostshift")


def life_of(session: Session, dialect: Dialect) -> Life:
    """The life that the server of this session is in."""
    row = session.one(started(mariadb=dialect.mariadb))
    return Life(since=int(row[0]), durable=int(row[1]) == 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server: how to reach it, and what it is."""

    endpoint: Endpoint
    dialect: Dialect
    facts: ServerFacts
    life: Life = field(default=Life(), compare=False, repr=False)
    stop: Stop = field(default_factory=Stop, compare=False, repr=False)

    @contextlib.contextmanager
    def look(self, setup: Iterable[str] = ()) -> Iterator[Session]:
        """A session as `open` gives it, for questions that nobody waits for any more once there is a stop."""
        with self.open(setup) as session, self.stop.heard_by(session.abort):
            yield session

    def open(self, setup: Iterable[str] = ()) -> Session:
        """A session there; raises ServerChanged where another server answers by now (invariant 10)."""
        session = Session.open(self.endpoint, setup)
        try:
            self.check(session)
        except BaseException:
            session.close()
            raise
        return session

    def check(self, session: Session) -> None:
        """Raise ServerChanged where the session is not one of this server, or it was restarted meanwhile.

        After a restart it may lack what it had acknowledged (innodb_flush_log_at_trx_commit, sync_binlog), so that
        nothing in memory is sure any more (invariant 8).
        """
        answered = inspector.read_identity(session, self.dialect)
        if answered != self.facts.identity:
            raise ServerChanged(f"another server answers at {self.endpoint}: {answered}; it was {self.facts.identity}")
        if self.life.since and life_of(session, self.dialect).since != self.life.since:
            raise ServerChanged(f"{self.endpoint} was restarted: {answered}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """Both servers, decided."""

    mode: Mode
    migrated: Site
    inspected: Site
    route: Route

    @property
    def apart(self) -> bool:
        """The log that is read is another server's."""
        return self.inspected is not self.migrated

    def places(self) -> Places:
        """What the faces may know."""
        return Places(
            mode=self.mode,
            migrated=self.migrated.endpoint,
            inspected=self.inspected.endpoint,
            migrated_name=self.migrated.facts.identity.host,
            inspected_name=self.inspected.facts.identity.host,
            migrated_version=self.migrated.facts.version,
            inspected_version=self.inspected.facts.version,
            executing=platform.node(),
        )

    def recheck(self, options: Options, helpers: HelperNames) -> None:
        """Look again at what may have changed since the start: roles, order, filters. Raises Refused, StreamError."""
        fresh = {}
        for site in (self.inspected, self.migrated):
            with site.look() as session:
                fresh[site.facts.identity] = inspector.read_facts(session, site.dialect, options.schema)
        servers = tuple(fresh.get(facts.identity, facts) for facts in self.route.servers)
        route = replace(self.route, servers=servers)
        check_route(route, options)
        check_filters(route, options.original, helpers)


def find(options: Options, stop: Stop | None = None, judge: Callable[[Route, Options], None] = check_route) -> Sites:
    """Where to migrate and whose log to read. Raises Refused, ServerError where a server cannot be reached.

    `judge` says whether that will do; a plan lets it only collect what does not.
    """
    stop = stop or Stop()
    first = _visit(options.endpoint, options, stop)
    _check_port(first, options)
    path, assumed = [first], False
    if not (options.topology.migrate_on_replica or options.topology.test_on_replica):
        if options.topology.assume_master:
            path, assumed = _to_the_assumed(first, options, stop), True
        else:
            path = _climb(first, options, stop)
    mode = mode_of(options, same=len(path) == 1)
    route = Route(mode=mode, servers=tuple(site.facts for site in path), assumed=assumed)
    judge(route, options)
    for text in warnings(route, options):
        _log.warning("%s", text)
    _log.info("migrating on %s, reading the log of %s", path[-1].facts.identity, first.facts.identity)
    return Sites(mode=mode, migrated=path[-1], inspected=first, route=route)


def switch_to_rows(site: Site) -> None:
    """Do what --switch-to-rbr asks for; what replication applies is logged so from its next start, which is now."""
    with site.open() as session:
        replication.switch_to_rows(session, site.dialect, [channel.name for channel in site.facts.channels])
    _log.warning("binlog_format of %s was set to ROW; it is not set back", site.facts.identity)


def _climb(first: Site, options: Options, stop: Stop) -> list[Site]:
    """From replica to source, up to the server that replicates from none, or to the ring that we came into."""
    path = [first]
    while True:
        here = path[-1]
        channel = source_of(here.facts)
        if channel is None:
            return path
        address = show_address(channel.host, channel.port)
        try:
            site = _visit(options.endpoint.at(channel.host, channel.port), options, stop)
        except ServerError as error:
            stop.raise_cause()
            raise Refused(
                "source-unreachable",
                f"{here.facts.identity} replicates from {address}, which cannot be reached from here: {error}. Make it "
                f"reachable for this user, {ASSUME}",
            ) from error
        if channel.server_id and site.facts.identity.server_id != channel.server_id:
            raise Refused(
                "source-differs",
                f"{here.facts.identity} replicates from server id {channel.server_id} at {address}, but from here "
                f"{site.facts.identity} answers there; {ASSUME.removeprefix('or ')}",
            )
        met = ring([one.facts for one in path], site.facts, options)
        if met is not None:
            return path[: met + 1]
        path.append(site)


def _to_the_assumed(first: Site, options: Options, stop: Stop) -> list[Site]:
    topology = options.topology
    host, port = read_address(topology.assume_master)
    endpoint = replace(
        options.endpoint.at(host, port),
        user=topology.master_user or options.endpoint.user,
        password=topology.master_password or options.endpoint.password,
    )
    site = _visit(endpoint, options, stop)
    _check_port(site, options)
    # One server under two addresses is one server; the credentials given for the master are then the ones to use.
    return [first] if site.facts.identity == first.facts.identity else [first, site]


def _visit(endpoint: Endpoint, options: Options, stop: Stop) -> Site:
    with Session.open(endpoint) as session, stop.heard_by(session.abort):
        dialect = inspector.read_dialect(session)
        facts = inspector.read_facts(session, dialect, options.schema)
        life = life_of(session, dialect)
        if options.topology.switch_to_rbr:
            facts = replace(facts, followers=replication.count_followers(session, dialect))
    check_version(facts)
    if facts.reading_grants:
        raise Refused(
            "missing-grants",
            f"the user {facts.user} lacks {', '.join(facts.reading_grants)} on {facts.identity}; GRANT them and try "
            "again",
        )
    return Site(endpoint=endpoint, dialect=dialect, facts=facts, life=life, stop=stop)


def _check_port(site: Site, options: Options) -> None:
    """That we are where we believe to be: a forwarded port may lead to another server than the one that was meant."""
    endpoint, facts = site.endpoint, site.facts
    if options.topology.skip_port_check or endpoint.socket:
        return
    ports = {facts.identity.port, facts.variables.get("extra_port", "0")}
    if str(endpoint.port) not in ports:
        raise Refused(
            "port-differs",
            f"the server at {endpoint} says that its port is {facts.identity.port}; connect to it directly, or give "
            "--skip-port-validation if the connection is forwarded on purpose",
        )
