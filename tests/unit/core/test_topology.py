"""Which server is migrated, and what must hold of replication on the way to the one whose log is read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ghostshift.core.filters import check_filters
from ghostshift.core.topology import (
    Route,
    check_route,
    check_same,
    disorder,
    mode_of,
    ring,
    source_of,
    warnings,
)  # fmt: skip
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.options import Endpoint, Options, Tunables
from ghostshift.model.places import Mode
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.model.server import Channel, Filters, ServerFacts, ServerIdentity
from ghostshift.model.settings import Topology

ORIGINAL = TableName("shop", "orders")
HELPERS = helper_names(ORIGINAL, sort_after=False)


def options(*, allow_on_master: bool = False, max_lag_millis: int = 1500, **topology: Any) -> Options:
    return Options(
        endpoint=Endpoint(), schema="shop", table="orders", alter="FORCE", allow_on_master=allow_on_master,
        topology=Topology(**topology), tunables=Tunables(max_lag_millis=max_lag_millis),
    )  # fmt: skip


def channel(source: int = 1, **more: Any) -> Channel:
    return Channel(
        **{"host": f"db{source}", "port": 3306, "receives": True, "applies": True, "server_id": str(source), **more}
    )


def server(number: int, *channels: Channel, mariadb: bool = False, **more: Any) -> ServerFacts:
    plain = {"log_replica_updates": "ON", "binlog_format": "ROW"}
    return ServerFacts(
        **{
            "identity": ServerIdentity(server_id=str(number), uuid="", host=f"db{number}", port="3306"),
            "version": "8.4.0", "flavor": "MariaDB" if mariadb else "MySQL", "renames_under_lock": True,
            "supported": True, "channels": channels, "user": "'me'@'%'", "may_stop_replication": True,
            **more, "variables": {**plain, **more.get("variables", {})},
        }
    )  # fmt: skip


PRIMARY = server(1)
REPLICA = server(2, channel(1))


def through(replica: ServerFacts = REPLICA, primary: ServerFacts = PRIMARY, *between: ServerFacts) -> Route:
    return Route(mode=Mode.THROUGH_REPLICA, servers=(replica, *between, primary))


def on(facts: ServerFacts, mode: Mode = Mode.ON_REPLICA) -> Route:
    return Route(mode=mode, servers=(facts,))


def with_variables(facts: ServerFacts, **variables: str) -> ServerFacts:
    return replace(facts, variables={**facts.variables, **variables})


# -- the way up


@pytest.mark.parametrize(
    "facts",
    [
        PRIMARY,
        server(2, channel(receives=False, applies=False, attached=False)),
        server(2, channel(host="")),
        server(2, channel(host="_")),
        server(2, channel(host="//nowhere")),
        server(2, channel(port=0)),
    ],
    ids=["no row", "never attached", "no host", "underscore", "slashes", "no port"],
)
def test_a_server_without_a_source_is_the_primary(facts: ServerFacts) -> None:
    assert source_of(facts) is None


def test_the_way_up_is_the_one_source_and_a_dead_channel_beside_it_does_not_count() -> None:
    assert source_of(REPLICA) == channel(1)
    dead = channel(9, receives=False, applies=False, attached=False)
    assert source_of(server(2, channel(1), dead)) == channel(1)
    assert source_of(server(2, channel(1, host="::1"))) == channel(1, host="::1")


@pytest.mark.parametrize(
    ("facts", "code", "says"),
    [
        (server(2, channel(1), channel(3)), "several-sources", r"db1:3306, db3:3306.*--assume-master-host"),
        (server(2, channel(1, receives=False)), "replication-broken", "it is not receiving; mend it, or name"),
        (server(2, channel(1, applies=False)), "replication-broken", "it is not applying"),
        (
            server(2, channel(1, receives=False, applies=False, problem="Duplicate entry")),
            "replication-broken", "not receiving and not applying: Duplicate entry; mend it",
        ),
        (server(2, channel(1, host="::1", applies=False)), "replication-broken", r"from \[::1\]:3306 to"),
    ],
)  # fmt: skip
def test_where_the_way_up_is_not_certain_it_is_not_gone(facts: ServerFacts, code: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        source_of(facts)
    assert refused.value.code == code


def test_a_ring_is_refused_unless_it_is_allowed_and_then_its_entry_is_migrated() -> None:
    entry, other = server(1, channel(3)), server(3, channel(1))
    assert ring([REPLICA, entry], other, options()) is None
    with pytest.raises(Refused, match=r"db3.* and db1.* replicate from each other; give --allow-master-master"):
        ring([REPLICA, entry, other], entry, options())
    allowed = options(allow_master_master=True)
    assert ring([REPLICA, entry, other], entry, allowed) == 1
    assert ring([entry, other], entry, allowed) == 0


def test_the_mode_is_what_is_asked_for() -> None:
    assert mode_of(options(), same=True) is Mode.ON_PRIMARY
    assert mode_of(options(), same=False) is Mode.THROUGH_REPLICA
    assert mode_of(options(migrate_on_replica=True), same=True) is Mode.ON_REPLICA
    assert mode_of(options(test_on_replica=True), same=True) is Mode.TEST_ON_REPLICA


# -- what must hold


def test_a_primary_must_be_allowed_by_a_flag() -> None:
    check_route(on(PRIMARY, Mode.ON_PRIMARY), options(allow_on_master=True))
    with pytest.raises(
        Refused, match=r"db1:3306.*is a primary; give --allow-on-master.*or connect to one of"
    ) as refused:
        check_route(on(PRIMARY, Mode.ON_PRIMARY), options())
    assert refused.value.code == "server-role"


def test_what_is_as_it_should_be_passes() -> None:
    check_route(through(), options())
    check_route(through(server(3, channel(2)), PRIMARY, REPLICA), options())
    check_route(on(REPLICA), options())
    check_route(on(REPLICA, Mode.TEST_ON_REPLICA), options(test_on_replica=True))
    check_route(through(with_variables(REPLICA, gtid_mode="ON", enforce_gtid_consistency="ON")), options(gtid=True))
    check_route(through(REPLICA, with_variables(PRIMARY, binlog_format="MIXED")), options())
    check_route(through(server(2), PRIMARY), options(tungsten=True))


WORKERS = {"replica_parallel_workers": "4", "replica_preserve_commit_order": "OFF"}
NO_LOG = {"log_replica_updates": "OFF"}
RING = server(1, channel(2))
HOP_NO_LOG = server(5, channel(1), variables=NO_LOG)
HOP_WORKERS = server(5, channel(1), variables=WORKERS)
BOTH_WAYS = options(allow_on_master=True, allow_master_master=True)


@pytest.mark.parametrize(
    ("route", "asked", "code", "says"),
    [
        (through(server(2)), options(), "not-a-replica", "db2.*does not replicate from anywhere"),
        (on(PRIMARY), options(), "not-a-replica", "is not a replica, as --migrate-on-replica and --test"),
        (on(PRIMARY), options(tungsten=True), "not-a-replica", "is not a replica"),
        (through(server(2, channel(1), mariadb=True)), options(), "flavours", "different flavours"),
        (through(server(2, channel(1, applies=False))), options(), "replication-broken", "is not applying"),
        (on(server(2, channel(1, receives=False))), options(), "replication-broken", "is not receiving"),
        (through(with_variables(REPLICA, **NO_LOG)), options(), "log-replica-updates", "db2.*does not log"),
        (through(REPLICA, PRIMARY, HOP_NO_LOG), options(), "log-replica-updates", "db5"),
        (on(with_variables(REPLICA, **NO_LOG)), options(), "log-replica-updates", "does not log what it gets"),
        (on(with_variables(REPLICA, **NO_LOG), Mode.ON_PRIMARY), BOTH_WAYS,
         "log-replica-updates", "does not log what it gets"),
        (through(with_variables(REPLICA, **WORKERS)), options(), "replica-order", "db2.*4 workers.*after the cut-over"),
        (through(REPLICA, PRIMARY, HOP_WORKERS), options(), "replica-order", "db5.*4 work"),
        (through(server(2, channel(1, delay_seconds=3600))), options(), "delayed-replica", "delayed by 3600 s"),
        (on(server(2, channel(1, delay_seconds=3600))), options(), "delayed-replica", "delayed by 3600 s"),
        (through(REPLICA, with_variables(PRIMARY, binlog_format="STATEMENT")), options(), "binlog-format-source",
         "STATEMENT on db1.*for our own statements"),
        (through(REPLICA, RING), options(), "master-master-written", "db1.*replicates from db2.*read_only"),
        (through(), options(gtid=True), "gtid-mode", "needs gtid_mode and enforce_gtid_consistency ON on db2"),
        (on(with_variables(REPLICA, gtid_strict_mode="ON")), options(), "gtid-strict-mode", "would break"),
        (on(server(2, channel(1, by_current_pos=True), mariadb=True)), options(), "gtid-current-pos", "use slave_pos"),
        (through(server(2, channel(7))), options(), "source-changed", "db2.*not replicate from db1.*any more"),
        (on(replace(REPLICA, may_stop_replication=False), Mode.TEST_ON_REPLICA), options(test_on_replica=True),
         "may-not-stop-replication", "'me'@'%' may not stop replication on db2"),
    ],
)  # fmt: skip
def test_each_rule_says_what_is_wrong_and_where(route: Route, asked: Options, code: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        check_route(route, asked)
    assert refused.value.code == code


def test_what_a_rule_is_not_about_passes() -> None:
    check_route(through(with_variables(REPLICA, read_only="ON"), RING), options())
    check_route(through(server(2, channel(1, delay_seconds=2))), options(max_lag_millis=3000))
    check_route(on(with_variables(REPLICA, **WORKERS)), options())  # its own log is in its own order
    check_route(
        on(replace(REPLICA, may_stop_replication=False), Mode.TEST_ON_REPLICA),
        options(test_on_replica=True, keep_replicating=True),
    )


@pytest.mark.parametrize(
    ("facts", "ordered"),
    [
        (with_variables(REPLICA, replica_parallel_workers="0"), True),
        (with_variables(REPLICA, replica_parallel_workers="1", replica_preserve_commit_order="OFF"), True),
        (with_variables(REPLICA, replica_parallel_workers="4", replica_preserve_commit_order="ON"), True),
        (with_variables(REPLICA, slave_parallel_workers="4", slave_preserve_commit_order="1"), True),
        (with_variables(REPLICA, slave_parallel_workers="4", slave_preserve_commit_order="0"), False),
        (with_variables(REPLICA, slave_parallel_workers="2"), False),
        (server(2, channel(by_gtid=True), mariadb=True, variables={"slave_parallel_threads": "8"}), True),
        (server(2, channel(by_gtid=True), mariadb=True,
                variables={"slave_parallel_threads": "8", "gtid_slave_pos": "0-1-77"}), True),
        (server(2, channel(by_gtid=True), mariadb=True,
                variables={"slave_parallel_threads": "8", "gtid_slave_pos": "0-1-77,1-5-3"}), False),
        (server(2, channel(by_gtid=False), mariadb=True,
                variables={"slave_parallel_threads": "8", "gtid_slave_pos": "0-1-77,1-5-3"}), True),
        (server(2, channel(by_gtid=True), mariadb=True,
                variables={"slave_parallel_threads": "0", "gtid_slave_pos": "0-1-77,1-5-3"}), True),
    ],
)  # fmt: skip
def test_which_replicas_log_in_the_order_of_their_source(facts: ServerFacts, *, ordered: bool) -> None:
    assert (disorder(facts) == "") is ordered


# -- filters


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (Filters(), True),
        (Filters(do_schemas=("Shop", "x")), True),
        (Filters(do_schemas=("x",)), False),
        (Filters(ignore_schemas=("x",)), True),
        (Filters(ignore_schemas=("shop",)), False),
        (Filters(do_tables=("shop.orders",)), False),
        (Filters(do_tables=("shop.orders", "shop._orders_gho", "shop._orders_ghc", "shop._orders_del")), True),
        (Filters(wild_do_tables=("shop.%",)), True),
        (Filters(do_tables=("shop.orders",), wild_do_tables=(r"shop.\_orders\_%",)), True),
        (Filters(wild_do_tables=("shop.orders%",)), False),
        (Filters(ignore_tables=("shop.other",)), True),
        (Filters(ignore_tables=("shop.orders",)), False),
        (Filters(ignore_tables=("shop._orders_gho",)), False),
        (Filters(wild_ignore_tables=("shop.o%",)), False),
        (Filters(wild_ignore_tables=("shop._rders",)), False),
        (Filters(wild_ignore_tables=(r"shop.\_rders",)), True),
        (Filters(wild_ignore_tables=("%.%\\_del",)), False),
        (Filters(rewritten=("a", "shop")), False),
        (Filters(ignore_servers=("1",)), False),
        (Filters(ignore_servers=("8",)), True),
        (Filters(by_domain=("3",)), False),
    ],
)
def test_a_filter_must_let_every_table_of_ours_through(filters: Filters, *, passes: bool) -> None:
    route = through(server(2, channel(1, filters=filters)))
    if passes:
        check_filters(route, ORIGINAL, HELPERS)
        return
    with pytest.raises(Refused, match=r"db2:3306.*has a replication filter that hides") as refused:
        check_filters(route, ORIGINAL, HELPERS)
    assert refused.value.code == "replication-filter"


def test_no_server_on_the_way_may_keep_our_tables_out_of_its_log() -> None:
    silent = replace(PRIMARY, log_filters=Filters(do_schemas=("x",)))
    with pytest.raises(Refused, match=r"db1:3306.*leaves `shop`.`orders` out of its log"):
        check_filters(through(REPLICA, silent), ORIGINAL, HELPERS)


# -- the table on both


def table(*columns: Column, **more: Any) -> Table:
    key = UniqueKey(name="PRIMARY", columns=("id",))
    return Table(**{"name": ORIGINAL, "columns": columns, "unique_keys": (key,), "engine": "InnoDB", **more})


def column(name: str, ordinal: int, column_type: str = "int") -> Column:
    return Column(name=name, ordinal=ordinal, data_type=column_type.split("(", maxsplit=1)[0], column_type=column_type)


ID, V, W = column("id", 0), column("v", 1), column("w", 2)


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        (table(ID, V, W), ""),
        (table(ID, column("v", 1, "bigint"), W), ""),
        (table(ID, column("w", 1), column("v", 2)), "the order of these"),
        (table(ID, V), "their columns"),
        (table(column("id", 0, "bigint"), V, W), "the column 'id', which is in a key"),
        (table(ID, V, W, hidden_columns=1), "hidden columns"),
    ],
)
def test_the_log_must_describe_the_table_that_is_migrated(theirs: Table, says: str) -> None:
    ours = table(ID, V, W)
    if not says:
        check_same(ours, theirs, through())
        return
    with pytest.raises(Refused, match=rf"`orders` is not the same on db1.* and db2.*{says}") as refused:
        check_same(ours, theirs, through())
    assert refused.value.code == "tables-differ"


# -- warnings


def test_what_should_be_known_is_told() -> None:
    errant = on(with_variables(REPLICA, gtid_mode="ON"))
    assert "errant transactions" in " ".join(map(str, warnings(errant, options(migrate_on_replica=True))))
    keeps = options(test_on_replica=True, keep_replicating=True)
    assert "replication goes on during the test" in " ".join(
        map(str, warnings(on(REPLICA, Mode.TEST_ON_REPLICA), keeps))
    )
    far = replace(through(server(3, channel(9))), assumed=True)
    assert "the servers between the two are not checked" in " ".join(map(str, warnings(far, options())))
    assert warnings(replace(through(), assumed=True), options()) == []
    assert "only db1" in " ".join(map(str, warnings(on(RING, Mode.ON_PRIMARY), options(allow_master_master=True))))
