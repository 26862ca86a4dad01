"""Which server is migrated: found by asking replicas upwards, or named; and what is refused on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from builders.directing import Director, fill
from builders.migrating import options
from builders.replicas import Family
from ghostshift.model.errors import Refused, ServerError, StreamError
from ghostshift.model.options import Options
from ghostshift.model.places import Mode
from ghostshift.model.settings import Topology
from ghostshift.workers import arrival, topology
from plugins.fix_proxy import MakeProxy
from plugins.server_pool import TestServer

PASSWORD = "only-Here/9"


def asked(family: Family, server: TestServer, *, allow_on_master: bool = False, **more: Any) -> Options:
    endpoint = more.pop("endpoint", None)
    chosen = options(
        server, family.database, allow_on_master=allow_on_master, topology=Topology(**more), execute=True
    )  # fmt: skip
    return chosen if endpoint is None else Options(**{**_fields(chosen), "endpoint": endpoint})


def _fields(chosen: Options) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in chosen.__slots__}


def found(chosen: Options) -> tuple[Mode, int, int]:
    sites = topology.find(chosen)
    return sites.mode, sites.migrated.endpoint.port, sites.inspected.endpoint.port


def refused(chosen: Options, code: str, says: str = ".") -> None:
    with pytest.raises(Refused, match=says) as caught:
        topology.find(chosen)
    assert caught.value.code == code, caught.value


def test_a_replica_leads_to_its_primary_and_a_chain_to_the_top(family: Family) -> None:
    primary, (far, near) = family.primary, family.replicas
    assert found(asked(family, near)) == (Mode.THROUGH_REPLICA, primary.port, near.port)
    family.point(far, near)
    assert found(asked(family, far)) == (Mode.THROUGH_REPLICA, primary.port, far.port)
    assert len(topology.find(asked(family, far)).route.servers) == 3
    assert found(asked(family, primary, allow_on_master=True)) == (Mode.ON_PRIMARY, primary.port, primary.port)
    refused(asked(family, primary), "server-role", "give --allow-on-master")


def test_a_chain_is_migrated_at_its_top(family: Family, director: Director) -> None:
    far, near = family.replicas
    fill(family.primary, family.database, 500)
    family.point(far, near)
    outcome = director.start(asked(family, far)).result()
    assert outcome.swapped
    assert len(family.same_everywhere("id, v, added")) == 500


def test_a_ring_is_entered_only_where_it_is_allowed_and_its_entry_is_migrated(family: Family) -> None:
    primary, (outside, member) = family.primary, family.replicas
    family.ring(member)
    for server in (primary, outside, member):
        refused(asked(family, server, allow_on_master=True), "master-master", "--allow-master-master")
    allowed = {"allow_master_master": True}
    assert found(asked(family, outside, **allowed)) == (Mode.THROUGH_REPLICA, primary.port, outside.port)
    for server in (primary, member):
        refused(asked(family, server, **allowed), "server-role")
        chosen = asked(family, server, allow_on_master=True, **allowed)
        assert found(chosen) == (Mode.ON_PRIMARY, server.port, server.port)
    # A change made on the member would be in its log before it is on the primary: the barrier would prove nothing.
    named = asked(family, member, assume_master=f"{primary.host}:{primary.port}")
    refused(named, "master-master-written", "read_only")


def test_the_primary_may_be_named_with_its_own_credentials(family: Family, director: Director) -> None:
    primary, replica = family.primary, family.replicas[0]
    fill(primary, family.database, 200)
    primary.execute(f"CREATE USER 'mover'@'%' IDENTIFIED BY '{PASSWORD}'")
    primary.execute("GRANT ALL PRIVILEGES ON *.* TO 'mover'@'%'")
    try:
        family.caught_up()
        chosen = asked(
            family, replica, assume_master=f"{primary.host}:{primary.port}", master_user="mover",
            master_password=PASSWORD,
        )  # fmt: skip
        sites = topology.find(chosen)
        assert (sites.migrated.endpoint.user, sites.inspected.endpoint.user) == ("mover", replica.user)
        assert PASSWORD not in repr(sites) + repr(chosen)
        assert director.start(chosen).result().swapped
    finally:
        primary.execute("DROP USER 'mover'@'%'")


def test_a_named_server_that_cannot_be_reached_or_is_the_wrong_one_is_told(
    family: Family, director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is written on the wrong server stays in its log: it must not be the one that a ring is made with.
    primary, (other, replica) = family.primary, family.replicas
    with pytest.raises(ServerError, match=r"cannot connect to 127\.0\.0\.1:1 "):
        topology.find(asked(family, replica, assume_master="127.0.0.1:1"))
    refused(asked(family, primary, assume_master=f"{other.host}:{other.port}"), "not-a-replica")
    fill(primary, family.database, 20)
    family.caught_up()
    monkeypatch.setattr(arrival, "SECONDS", 1.0)
    with pytest.raises(StreamError, match=rf"did not reach .*:{replica.port} within 1 s.*is that one of its replicas"):
        director.start(asked(family, replica, assume_master=f"{other.host}:{other.port}")).result()


@contextmanager
def local_user(server: TestServer) -> Iterator[tuple[str, str]]:
    """A user that only this one server knows."""
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"CREATE USER 'local'@'%' IDENTIFIED BY '{PASSWORD}'")
        cursor.execute("GRANT ALL PRIVILEGES ON *.* TO 'local'@'%'")
        try:
            yield "local", PASSWORD
        finally:
            cursor.execute("DROP USER 'local'@'%'")


def test_a_source_that_cannot_be_reached_is_named_with_the_way_out(family: Family) -> None:
    replica = family.replicas[0]
    with local_user(replica) as (user, password):
        endpoint = type(asked(family, replica).endpoint)(
            host=replica.host, port=replica.port, user=user, password=password
        )
        says = rf"replicates from 127\.0\.0\.1:{family.primary.port}, which cannot be reached.*--assume-master-host"
        refused(asked(family, replica, endpoint=endpoint), "source-unreachable", says)


def test_broken_replication_is_refused(family: Family) -> None:
    replica = family.replicas[0]
    family.stop(replica, "SQL_THREAD")
    for more in ({}, {"migrate_on_replica": True}, {"test_on_replica": True}):
        refused(asked(family, replica, **more), "replication-broken", "it is not applying")
    family.start(replica)
    family.stop(replica, "IO_THREAD")
    refused(asked(family, replica), "replication-broken", "it is not receiving")


def test_several_sources_are_refused_unless_the_primary_is_named(family: Family) -> None:
    primary, (replica, other) = family.primary, family.replicas
    family.caught_up()
    if family.mariadb:
        change = (
            f"CHANGE MASTER 'second' TO MASTER_HOST='{other.host}', MASTER_PORT={other.port}, MASTER_USER='x', "
            "MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4"
        )
        undo = "RESET REPLICA 'second' ALL"
    else:
        change = (
            f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{other.host}', SOURCE_PORT={other.port}, "
            "SOURCE_LOG_FILE='binlog.000001', SOURCE_LOG_POS=4 FOR CHANNEL 'second'"
        )
        undo = "RESET REPLICA ALL FOR CHANNEL 'second'"
    replica.execute(change)
    try:
        says = rf"{primary.port}.*{other.port}.*--assume-master-host"
        refused(asked(family, replica), "several-sources", says)
    finally:
        replica.execute(undo)


def test_a_filter_that_hides_a_table_of_ours_is_refused(family: Family, director: Director) -> None:
    replica = family.replicas[0]
    fill(family.primary, family.database, 20)
    family.caught_up()
    family.filter_out(replica, f"{family.database}.t")
    try:
        with pytest.raises(Refused, match=r"replication filter that hides .*`t`"):
            director.start(asked(family, replica)).result()
    finally:
        family.filter_out(replica, "")
    assert [row[0] for row in family.primary.execute("SHOW TABLES", db=family.database)] == ["t"]


def test_workers_that_do_not_keep_the_order_are_refused(family: Family) -> None:
    if family.mariadb:
        pytest.skip("MariaDB's workers keep the order within a domain")
    replica = family.replicas[0]
    family.stop(replica)
    replica.execute("SET GLOBAL replica_preserve_commit_order = OFF")
    replica.execute("SET GLOBAL replica_parallel_workers = 4")
    family.start(replica)
    try:
        refused(asked(family, replica), "replica-order", "4 workers that do not keep the order")
        assert found(asked(family, replica, migrate_on_replica=True))[0] is Mode.ON_REPLICA
    finally:
        family.stop(replica)
        replica.execute("SET GLOBAL replica_preserve_commit_order = ON")
        family.start(replica)


def test_a_table_that_differs_on_the_replica_is_refused(family: Family, director: Director) -> None:
    replica = family.replicas[0]
    fill(family.primary, family.database, 20)
    family.caught_up()
    connection = replica.connect(family.database)
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute("ALTER TABLE t ADD COLUMN local_only int")
    with pytest.raises(Refused, match=r"is not the same on .* they differ in their columns"):
        director.start(asked(family, replica)).result()


def test_the_format_is_switched_where_nobody_follows_and_refused_where_somebody_does(
    family: Family, director: Director
) -> None:
    far, near = family.replicas
    fill(family.primary, family.database, 50)
    family.caught_up()
    _format(family, near, "MIXED")
    with pytest.raises(Refused, match="binlog_format is MIXED"):
        director.start(asked(family, near)).result()
    assert director.start(asked(family, near, switch_to_rbr=True)).result().swapped
    assert near.execute("SELECT @@GLOBAL.binlog_format")[0][0] == "ROW"
    family.primary.execute("ALTER TABLE t DROP COLUMN added", db=family.database)
    family.point(far, near)
    _format(family, near, "MIXED")
    with pytest.raises(Refused, match=r"does not change it on a server that has replicas \(1 have registered\)"):
        director.start(asked(family, near, switch_to_rbr=True)).result()
    assert near.execute("SELECT @@GLOBAL.binlog_format")[0][0] == "MIXED"
    _format(family, near, "ROW")


def _format(family: Family, replica: TestServer, name: str) -> None:
    family.stop(replica, "SQL_THREAD")
    replica.execute(f"SET GLOBAL binlog_format = '{name}'")
    family.start(replica, "SQL_THREAD")


def test_a_forwarded_port_is_refused_unless_it_is_meant(family: Family, make_proxy: MakeProxy) -> None:
    replica = family.replicas[0]
    endpoint = make_proxy(replica).endpoint(replica)
    refused(asked(family, replica, endpoint=endpoint), "port-differs", "--skip-port-validation")
    mode, migrated, _ = found(asked(family, replica, endpoint=endpoint, skip_port_check=True))
    assert (mode, migrated) == (Mode.THROUGH_REPLICA, family.primary.port)


def test_a_read_only_replica_is_refused_only_where_it_is_to_be_written(family: Family, director: Director) -> None:
    replica = family.replicas[0]
    fill(family.primary, family.database, 50)
    family.caught_up()
    with replica.set_global("read_only", 1):
        assert director.start(asked(family, replica)).result().swapped


def test_who_may_not_see_that_a_server_replicates_is_told_what_to_grant(family: Family) -> None:
    replica = family.replicas[0]
    family.primary.execute(f"CREATE USER 'blind'@'%' IDENTIFIED BY '{PASSWORD}'")
    family.primary.execute("GRANT REPLICATION SLAVE ON *.* TO 'blind'@'%'")
    family.primary.execute(f"GRANT ALL PRIVILEGES ON `{family.database}`.* TO 'blind'@'%'")
    if family.mariadb:
        family.primary.execute("GRANT BINLOG MONITOR ON *.* TO 'blind'@'%'")
    try:
        family.caught_up()
        endpoint = type(asked(family, replica).endpoint)(
            host=replica.host, port=replica.port, user="blind", password=PASSWORD
        )
        wanted = "REPLICA MONITOR" if family.mariadb else "REPLICATION CLIENT"
        refused(asked(family, replica, endpoint=endpoint, allow_on_master=True), "missing-grants", wanted)
    finally:
        family.primary.execute("DROP USER 'blind'@'%'")
