"""Which server is migrated, which log is read, and what must hold of replication between the two. Pure.

Two proofs stand on it (docs/invariants.md, I1). The *barrier* needs that whatever reaches the log that we read was in
the migrated server's log before: so the log must be the migrated server's own, or that of a server which gets
everything from it. The *arrival* of a marker needs that each server on the way applies in the order of its source
and leaves nothing out that concerns our tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ghostshift.model.address import show_address
from ghostshift.model.errors import Refused
from ghostshift.model.options import Options
from ghostshift.model.places import Mode
from ghostshift.model.remark import Remark
from ghostshift.model.schema import Table
from ghostshift.model.server import Channel, ServerFacts

ASSUME = "or name the server to migrate on with --assume-master-host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The servers from the one whose log is read to the one that is migrated; both may be the same."""

    mode: Mode
    servers: tuple[ServerFacts, ...]
    """First the inspected one, last the migrated one. Those between are unknown where the master was named to us."""
    assumed: bool = False
    """The migrated one was named, not found."""

    @property
    def inspected(self) -> ServerFacts:
        """Whose log is read."""
        return self.servers[0]

    @property
    def migrated(self) -> ServerFacts:
        """Where everything of ours is written."""
        return self.servers[-1]

    @property
    def passing(self) -> tuple[ServerFacts, ...]:
        """Those that must hand the marker on: all but the migrated one."""
        return self.servers[:-1]


# Finding the master --------------------------------------------------------------------------------------------------


def source_of(facts: ServerFacts) -> Channel | None:
    """What to look at next on the way up; None where this server is the primary. Raises Refused."""
    channels = [channel for channel in facts.channels if channel.running or channel.attached]
    if not channels:
        return None
    if len(channels) > 1:
        names = ", ".join(show_address(channel.host, channel.port) for channel in channels)
        raise Refused(
            "several-sources",
            f"{facts.identity} replicates from several servers ({names}): name the one that the table comes from with "
            "--assume-master-host",
        )
    channel = channels[0]
    if not channel.running:
        raise Refused("replication-broken", f"{_broken(facts, channel)}; mend it, {ASSUME}")
    if not channel.host or channel.host == "_" or channel.host.startswith("//") or not channel.port:
        return None
    return channel


def ring(visited: Sequence[ServerFacts], again: ServerFacts, options: Options) -> int | None:
    """Where a server has been visited that is met again; None where it is new. Raises Refused.

    In a ring the server through which we came in is the one to migrate: all that the inspected server gets has passed
    through its log, whoever wrote it. Of no other member is that true (invariant 1).
    """
    for index, facts in enumerate(visited):
        if facts.identity == again.identity:
            if not options.topology.allow_master_master:
                raise Refused(
                    "master-master",
                    f"{visited[-1].identity} and {facts.identity} replicate from each other; give "
                    f"--allow-master-master if only one of them is written to, {ASSUME}",
                )
            return index
    return None


def mode_of(options: Options, *, same: bool) -> Mode:
    """What is asked for; `same`: the server that we connect to is the one that would be migrated."""
    topology = options.topology
    if topology.test_on_replica:
        return Mode.TEST_ON_REPLICA
    if topology.migrate_on_replica:
        return Mode.ON_REPLICA
    return Mode.ON_PRIMARY if same else Mode.THROUGH_REPLICA


# What must hold ------------------------------------------------------------------------------------------------------


def check_route(route: Route, options: Options) -> None:
    """Raise Refused for the first rule that does not hold."""
    for refused in route_problems(route, options):
        raise refused


def route_problems(route: Route, options: Options) -> Iterator[Refused]:
    """All rules that do not hold."""
    return (Refused(code, text) for code, rule in _RULES if (text := rule(route, options)))


def check_same(migrated: Table, inspected: Table, route: Route) -> None:
    """Raise Refused where the log would describe another table than the one that is migrated."""
    ours, theirs = ([column.name for column in table.columns] for table in (migrated, inspected))
    differing = "their columns, or the order of these" if ours != theirs else ""
    keyed = {name for key in migrated.unique_keys for name in key.columns}
    for one, other in zip(migrated.columns, inspected.columns, strict=False):
        if not differing and one.name in keyed and one != other:
            differing = f"the column {one.name!r}, which is in a key"
    if not differing and migrated.logged_columns != inspected.logged_columns:
        differing = "their hidden columns"
    if differing:
        raise Refused(
            "tables-differ",
            f"{migrated.name} is not the same on {route.migrated.identity} and {route.inspected.identity}: they differ "
            f"in {differing}",
        )


def warnings(route: Route, options: Options) -> list[Remark]:
    """What is no reason to refuse, and should be known."""
    found = []
    migrated, inspected = route.migrated, route.inspected
    if route.mode.on_replica and migrated.on("gtid_mode"):
        text = (
            f"what is written on {migrated.identity} gets GTIDs of its own, which its source does not have (errant "
            "transactions): do not make this replica a primary afterwards"
        )
        found.append(Remark("errant-gtids", text))
    if options.topology.keep_replicating:
        text = "replication goes on during the test: the two tables will differ as soon as the table changes"
        found.append(Remark("replication-goes-on", text))
    if route.assumed and route.mode is Mode.THROUGH_REPLICA and not _follows(inspected, migrated):
        text = (
            f"{inspected.identity} does not replicate from {migrated.identity} directly; the servers between the two "
            "are not checked: they must log what they apply, in their source's order, without filters"
        )
        found.append(Remark("servers-between", text))
    if options.topology.allow_master_master and _replicates(migrated):
        text = f"only {migrated.identity} may be written to while the table is migrated"
        found.append(Remark("ring-one-writer", text))
    return found


def disorder(facts: ServerFacts) -> str:
    """Why a replica may log what it applies in another order than its source's; empty where it cannot."""
    if facts.flavor == "MariaDB":
        domains = {part.split("-")[0].strip() for part in facts.variables.get("gtid_slave_pos", "").split(",") if part}
        by_gtid = any(channel.by_gtid for channel in facts.channels)
        if facts.number("slave_parallel_threads") and by_gtid and len(domains) > 1:
            return (
                "applies several GTID domains side by side: SET GLOBAL slave_parallel_threads = 0 while replication is "
                "stopped"
            )
        return ""
    workers = max(facts.number("replica_parallel_workers"), facts.number("slave_parallel_workers"))
    if workers > 1 and not (facts.on("replica_preserve_commit_order") or facts.on("slave_preserve_commit_order")):
        return (
            f"applies with {workers} workers that do not keep the order of commits: while replication is stopped, SET "
            "GLOBAL replica_preserve_commit_order = ON, or replica_parallel_workers = 1"
        )
    return ""


def logs_updates(facts: ServerFacts) -> bool:
    """Whether what is replicated to a server is in its own log."""
    return facts.on("log_replica_updates") or facts.on("log_slave_updates")


def _role(route: Route, options: Options) -> str:
    if route.mode is Mode.ON_PRIMARY and not options.allow_on_master:
        return (
            f"{route.migrated.identity} is a primary; give --allow-on-master to migrate on it, or connect to one of "
            "its replicas, whose log is then read"
        )
    return ""


def _is_replica(route: Route, options: Options) -> str:
    if route.inspected.is_replica or (options.topology.tungsten and not route.mode.on_replica):
        return ""
    if route.mode.on_replica:
        return f"{route.inspected.identity} is not a replica, as --migrate-on-replica and --test-on-replica need"
    if route.mode is Mode.THROUGH_REPLICA:
        return (
            f"{route.inspected.identity} does not replicate from anywhere, so nothing of {route.migrated.identity} "
            "would be in its log"
        )
    return ""


def _one_flavor(route: Route, _: Options) -> str:
    flavors = {facts.flavor for facts in route.servers}
    if len(flavors) == 1:
        return ""
    return f"{route.inspected.identity} and {route.migrated.identity} are of different flavours"


def _log_updates(route: Route, options: Options) -> str:
    for facts in route.servers:
        replicates = _replicates(facts) or (facts is route.inspected and route.passing)
        if replicates and not logs_updates(facts):
            if options.topology.tungsten and not facts.channels:
                continue
            return (
                f"{facts.identity} does not log what it gets by replication; start it with log_replica_updates "
                "(log_slave_updates)"
            )
    return ""


def _order(route: Route, _: Options) -> str:
    for facts in route.passing:
        problem = disorder(facts)
        if problem:
            return f"{facts.identity} {problem}; else the last changes could come after the cut-over"
    return ""


def _running(route: Route, _: Options) -> str:
    if not (route.passing or route.mode.on_replica):
        return ""
    channels = route.inspected.channels
    for channel in [one for one in channels if one.attached or one.running] or channels:
        if not channel.running:
            return _broken(route.inspected, channel)
    return ""


def _delay(route: Route, options: Options) -> str:
    for facts in route.servers[: -1 if route.passing else None]:
        for channel in facts.channels:
            if channel.delay_seconds * 1000 > options.tunables.max_lag_millis and route.mode is not Mode.ON_PRIMARY:
                return (
                    f"{facts.identity} is delayed by {channel.delay_seconds} s on purpose, more than --max-lag-millis "
                    "allows; connect to another one"
                )
    return ""


def _originating_format(route: Route, _: Options) -> str:
    value = route.migrated.variables.get("binlog_format", "ROW").upper()
    if not route.passing or value != "STATEMENT":
        return ""
    return f"binlog_format is STATEMENT on {route.migrated.identity}; set it to MIXED or ROW, for our own statements"


def _written_ring(route: Route, _: Options) -> str:
    """A change that is made on the server whose log is read would be known before it is on the migrated one."""
    if not route.passing or not _follows(route.migrated, route.inspected):
        return ""
    if route.inspected.on("read_only") or route.inspected.on("super_read_only"):
        return ""
    return (
        f"{route.migrated.identity} replicates from {route.inspected.identity}, whose log would be read; make that one "
        "read_only, or connect to the server that is to be migrated"
    )


def _gtid(route: Route, options: Options) -> str:
    if not options.topology.gtid or route.inspected.flavor == "MariaDB":
        return ""
    variables = route.inspected.variables
    if variables.get("gtid_mode", "OFF").upper() == "ON" and route.inspected.on("enforce_gtid_consistency"):
        return ""
    return f"--gtid needs gtid_mode and enforce_gtid_consistency ON on {route.inspected.identity}"


def _gtid_strict(route: Route, _: Options) -> str:
    if not route.mode.on_replica or not route.migrated.on("gtid_strict_mode"):
        return ""
    return (
        f"gtid_strict_mode is ON on {route.migrated.identity}: replication to it would break after the first "
        "transaction of ours; SET GLOBAL gtid_strict_mode = OFF while the replica is used so"
    )


def _current_pos(route: Route, _: Options) -> str:
    if not route.mode.on_replica or not any(channel.by_current_pos for channel in route.migrated.channels):
        return ""
    return (
        f"{route.migrated.identity} replicates with MASTER_USE_GTID = current_pos and would ask its source for what "
        "follows our own transactions; use slave_pos while the replica is used so"
    )


def _linked(route: Route, _: Options) -> str:
    """Each server still replicates from the next one: it may have been given another source since."""
    for replica, source in () if route.assumed else pairwise(route.servers):
        known = [channel for channel in replica.channels if channel.server_id]
        if known and not _follows(replica, source):
            return f"{replica.identity} does not replicate from {source.identity} any more"
    return ""


def _may_stop(route: Route, options: Options) -> str:
    stops = route.mode is Mode.TEST_ON_REPLICA and not options.topology.keep_replicating
    if not stops or route.migrated.may_stop_replication:
        return ""
    return (
        f"the user {route.migrated.user} may not stop replication on {route.migrated.identity}; GRANT it REPLICATION "
        "SLAVE ADMIN (MySQL: REPLICATION_SLAVE_ADMIN), or give --test-on-replica-skip-replica-stop"
    )


def _broken(facts: ServerFacts, channel: Channel) -> str:
    threads = [name for name, runs in (("receiving", channel.receives), ("applying", channel.applies)) if not runs]
    said = f": {channel.problem}" if channel.problem else ""
    return (
        f"replication from {show_address(channel.host, channel.port)} to {facts.identity} is broken: it is not "
        f"{' and not '.join(threads)}{said}"
    )


def _replicates(facts: ServerFacts) -> bool:
    return any(channel.running or channel.attached for channel in facts.channels)


def _follows(replica: ServerFacts, source: ServerFacts) -> bool:
    return any(channel.server_id == source.identity.server_id for channel in replica.channels)


_RULES: tuple[tuple[str, Callable[[Route, Options], str]], ...] = (
    ("server-role", _role),
    ("not-a-replica", _is_replica),
    ("flavours", _one_flavor),
    ("replication-broken", _running),
    ("log-replica-updates", _log_updates),
    ("replica-order", _order),
    ("delayed-replica", _delay),
    ("binlog-format-source", _originating_format),
    ("master-master-written", _written_ring),
    ("gtid-mode", _gtid),
    ("gtid-strict-mode", _gtid_strict),
    ("gtid-current-pos", _current_pos),
    ("source-changed", _linked),
    ("may-not-stop-replication", _may_stop),
)
