"""A replica alone is migrated: for good, or as a test that leaves both tables for comparison."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from builders import program
from builders.directing import Director, fill, rows_of, run, wait_until
from builders.migrating import options
from builders.program import environment, words
from builders.replicas import Family
from ghostshift.api import migrate
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload
from ghostshift.model.errors import MigrationError, Refused
from ghostshift.model.notice import Turn
from ghostshift.model.options import Options, Tunables
from ghostshift.model.outcome import Outcome
from ghostshift.model.places import Mode, Places
from ghostshift.model.settings import Topology
from ghostshift.runtime.notifier import Notifier
from ghostshift.workers.cutover_stage import Stage


def here(family: Family, topology: Topology, **more: Any) -> Options:
    return options(
        family.replicas[0], family.database, allow_on_master=False, topology=topology, chunk_seconds=0.05, **more
    )


def workload(family: Family) -> Workload:
    load = Workload(SHAPES["sysbench"], lambda: family.primary.connect(family.database), "t", writers=2, rate=150.0)
    connection = family.primary.connect(family.database)
    load.create(connection)
    load.fill(connection, 3_000)
    family.caught_up()
    return load


def under_load(family: Family, director: Director, topology: Topology) -> tuple[Outcome, Workload]:
    load = workload(family)
    load.start()
    try:
        threading.Event().wait(0.3)
        running = director.start(here(family, topology, tunables=Tunables(throttled_by_user=True)))
        running.wait(lambda: running.count("received") > 10, "changes that come through the replica")
        running.board.change(Tunables, Tunables(), lambda present: replace(present, throttled_by_user=False))
        outcome = running.result(90)
        assert (outcome.verification.verified, outcome.verification.repaired) == (True, 0)
        threading.Event().wait(0.3)
    finally:
        load.stop()
    places = running.board.read(Places)
    assert places is not None
    assert places.migrated == places.inspected
    assert places.mode is (Mode.TEST_ON_REPLICA if topology.test_on_replica else Mode.ON_REPLICA)
    return outcome, load


def turns(director: Director) -> list[Turn]:
    """What is told of replication."""
    told: list[Turn] = []
    director.replace(Notifier, "pass_on", lambda _self, notice: told.append(notice.turn))
    return told


def tables(family: Family) -> set[str]:
    return {str(row[0]) for row in family.replicas[0].execute("SHOW TABLES", db=family.database)}


def pair(family: Family, outcome: Outcome) -> tuple[list[Any], list[Any]]:
    """The rows of the original and of the new table, in the columns that both have."""
    replica = family.replicas[0]
    names = ", ".join(f"`{row[0]}`" for row in replica.execute("SHOW COLUMNS FROM t", db=family.database))
    assert "added" not in names
    return tuple(  # type: ignore[return-value]
        list(replica.execute(f"SELECT {names} FROM {table} ORDER BY 1", db=family.database))
        for table in ("t", outcome.tested)
    )


def test_migrate_on_replica_swaps_there_and_nowhere_else(family: Family, director: Director) -> None:
    outcome, load = under_load(family, director, Topology(migrate_on_replica=True))
    assert outcome.swapped
    assert outcome.changes_seen > 10
    family.caught_up()
    replica = family.replicas[0]
    verdict = load.verify(replica.connect(family.database))
    assert verdict.ok, verdict
    assert load.verify(family.primary.connect(family.database)).ok
    assert replica.execute("SHOW COLUMNS FROM t LIKE 'added'", db=family.database)
    for other in (family.primary, family.replicas[1]):
        assert not other.execute("SHOW COLUMNS FROM t LIKE 'added'", db=family.database)
    assert family.replicates(replica)


def test_a_test_leaves_equal_tables_and_stopped_replication(family: Family, director: Director) -> None:
    told = turns(director)
    outcome, load = under_load(family, director, Topology(test_on_replica=True))
    assert not outcome.swapped
    assert told == [Turn.STOP_REPLICATION]
    assert outcome.changes_seen > 10
    assert not family.replicates(family.replicas[0])
    original, new = pair(family, outcome)
    assert original == new
    assert len(original) > 2_000
    assert tables(family) == {"t", outcome.tested.split("`")[-2]}
    family.start(family.replicas[0])
    family.caught_up()
    for server in (family.primary, family.replicas[0]):
        verdict = load.verify(server.connect(family.database))
        assert verdict.ok, verdict


def test_a_test_that_lets_replication_go_on_loses_nothing_on_the_replica(family: Family, director: Director) -> None:
    outcome, load = under_load(family, director, Topology(test_on_replica=True, keep_replicating=True))
    assert not outcome.swapped
    assert family.replicates(family.replicas[0])
    assert tables(family) == {"t", outcome.tested.split("`")[-2]}
    family.caught_up()
    for server in (family.primary, *family.replicas):
        verdict = load.verify(server.connect(family.database))
        assert verdict.ok, verdict
    new = family.replicas[0].execute(f"SELECT COUNT(*) FROM {outcome.tested}", db=family.database)
    assert int(new[0][0]) > 2_000


def test_ok_to_drop_table_drops_nothing_after_a_test(family: Family, director: Director) -> None:
    fill(family.primary, family.database, 200)
    family.caught_up()
    outcome = director.start(here(family, Topology(test_on_replica=True), ok_to_drop_table=True)).result()
    assert len(rows_of(family.replicas[0], family.database, outcome.tested)) == 200
    assert len(rows_of(family.replicas[0], family.database)) == 200


def test_a_test_that_fails_lets_replication_go_on(family: Family, director: Director) -> None:
    fill(family.primary, family.database, 200)
    family.caught_up()
    stopped = []

    def fails(_: Stage) -> Any:
        stopped.append(not family.replicates(family.replicas[0]))
        raise MigrationError("broken on purpose")

    told = turns(director)
    director.replace(Stage, "_drain", fails)
    running = director.start(here(family, Topology(test_on_replica=True), retries=2))
    with pytest.raises(MigrationError, match="broken on purpose"):
        running.result()
    assert stopped == [True]
    assert told == [Turn.STOP_REPLICATION, Turn.START_REPLICATION]
    wait_until(lambda: family.replicates(family.replicas[0]), what="replication")
    run(family.primary, family.database, "UPDATE t SET v = -1 WHERE id = 7")
    family.caught_up()
    assert (7, -1) in rows_of(family.replicas[0], family.database)


def test_a_write_on_the_replica_makes_the_test_fail_and_is_not_lost(family: Family, director: Director) -> None:
    fill(family.primary, family.database, 200)
    family.caught_up()
    replica = family.replicas[0]
    swapped = director.gate(Stage, "_unlock", after=True)
    running = director.start(here(family, Topology(test_on_replica=True)))
    swapped.await_reached()
    run(replica, family.database, "UPDATE t SET v = -9 WHERE id = 9")  # after the swap and back: no matter for the test
    swapped.open()
    outcome = running.result()
    assert not outcome.swapped
    assert (9, -9) in rows_of(replica, family.database)
    assert (9, 9) in rows_of(replica, family.database, outcome.tested)


def test_a_replica_that_is_not_one_is_refused(family: Family, director: Director) -> None:
    fill(family.primary, family.database, 10)
    for topology in (Topology(test_on_replica=True), Topology(migrate_on_replica=True)):
        chosen = options(family.primary, family.database, allow_on_master=False, topology=topology)
        with pytest.raises(MigrationError, match="not-a-replica"):
            director.start(chosen).result()


def test_the_command_line_says_what_to_compare_and_that_replication_is_stopped(family: Family) -> None:
    fill(family.primary, family.database, 50)
    family.caught_up()
    replica = family.replicas[0]
    flags = words(replica, family.database, allow_on_master=None, test_on_replica=True, execute=True)
    ended = program.run(flags, environment(replica.password))
    assert ended.code == 0, ended
    assert "`t` is in place, tested with 50 rows copied" in ended.out
    assert "-- compare it with " in ended.out
    assert "replication is stopped, so that they stay equal; to start it again: START REPLICA" in ended.out
    assert ended.out.endswith("# Done\n")
    assert not family.replicates(replica)


def test_a_column_that_moves_is_refused_where_only_the_replica_is_migrated(
    family: Family, caplog: pytest.LogCaptureFixture
) -> None:
    fill(family.primary, family.database, 10)
    family.caught_up()
    replica = family.replicas[0]
    alone = Topology(migrate_on_replica=True)
    before = replica.execute("SHOW TABLES", db=family.database)
    with pytest.raises(Refused, match="columns-moved"):
        migrate(options(replica, family.database, "ADD c int AFTER id", allow_on_master=False, topology=alone))
    assert replica.execute("SHOW TABLES", db=family.database) == before
    migrate(options(replica, family.database, "MODIFY v bigint", allow_on_master=False, topology=alone, execute=False))
    assert "the types of v change on this replica only" in caplog.text
