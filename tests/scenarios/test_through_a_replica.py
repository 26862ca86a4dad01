"""Connected to a replica, the migration runs on its primary: keys come by the replica's log, all else happens there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.directing import Director, assert_same, fill, flag_file, pause, run, wait_until
from builders.migrating import options
from builders.replicas import Family
from builders.windows import Window
from ghostshift.core.throttling import Verdict
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload
from ghostshift.model.errors import CutOverFailed, StreamError
from ghostshift.model.options import Options, Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.places import Mode, Places
from ghostshift.model.settings import Topology
from ghostshift.workers import arrival, preparation
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.cutover_stage import Stage
from plugins.fix_proxy import MakeProxy
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer


def by_replica(family: Family, number: int = 0, **more: object) -> Options:
    return options(family.replicas[number], family.database, **{"allow_on_master": False, **more})


def postponed(family: Family, path: str, **more: object) -> Options:
    return by_replica(family, tunables=Tunables(throttle_additional_flag_file="", postpone_flag_file=path), **more)


def test_no_acknowledged_write_is_lost_and_the_replicas_get_the_new_table(family: Family, director: Director) -> None:
    load = Workload(SHAPES["sysbench"], lambda: family.primary.connect(family.database), "t", writers=2, rate=200.0)
    connection = family.primary.connect(family.database)
    load.create(connection)
    load.fill(connection, 5_000)
    family.caught_up()
    load.start()
    try:
        threading.Event().wait(0.3)
        running = director.start(by_replica(family, chunk_seconds=0.05))
        outcome = running.result(90)
        threading.Event().wait(0.3)
    finally:
        load.stop()
    assert outcome.swapped
    assert outcome.cut_over.slipped == 0
    assert (outcome.verification.verified, outcome.verification.repaired) == (True, 0)
    assert outcome.changes_seen > 20
    verdict = load.verify(family.primary.connect(family.database))
    assert verdict.ok, verdict
    rows = family.same_everywhere("id, added")
    assert len(rows) == verdict.rows
    assert {row[1] for row in rows} == {7}
    places = running.board.read(Places)
    assert places is not None
    assert (places.mode, places.migrated.port, places.inspected.port) == (
        Mode.THROUGH_REPLICA, family.primary.port, family.replicas[0].port,
    )  # fmt: skip
    written = family.replicas[0].execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (family.database,)
    )
    old = outcome.old_table.split("`")[-2]
    assert {str(row[0]) for row in written} == {"t", old, old.removesuffix("del") + "ghk"}


def test_indexes_that_come_after_the_copy_come_on_the_replicas_too_which_is_told_before(
    family: Family, director: Director, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ghostshift")
    fill(family.primary, family.database, 200, extra=", KEY by_v (v)")
    family.caught_up()
    assert director.start(by_replica(family, indexes_after_copy=True)).result().swapped
    assert "2 registered replica(s) fall behind by as long as it takes" in caplog.text
    family.caught_up()
    for server in (family.primary, *family.replicas):
        assert [row[2] for row in server.execute("SHOW INDEX FROM t", db=family.database)] == ["PRIMARY", "by_v"]


def small(family: Family, rows: int = 300) -> None:
    fill(family.primary, family.database, rows)
    family.caught_up()


def migrated(family: Family) -> bool:
    return bool(family.primary.execute("SHOW COLUMNS FROM t LIKE 'added'", db=family.database))


def test_a_replica_that_is_behind_holds_the_cut_over_back_and_the_table_is_not_locked(
    family: Family, director: Director, tmp_path: Path
) -> None:
    small(family)
    locked = []
    plain = Stage._lock
    director.replace(Stage, "_lock", lambda stage, write: (locked.append(write), plain(stage, write))[1])
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(postponed(family, path))
        running.await_phase(Phase.POSTPONED)
        family.stop(family.replicas[0], "SQL_THREAD")
        run(family.primary, family.database, "UPDATE t SET v = -1 WHERE id = 1", "DELETE FROM t WHERE id = 2")
    running.wait(lambda: "lag" in running.board.get(Verdict, Verdict()).reason, "throttled by the replica's lag")
    run(family.primary, family.database, "UPDATE t SET v = -3 WHERE id = 3")
    pause(1.0)
    assert not locked
    assert not migrated(family)
    family.start(family.replicas[0])
    outcome = running.result()
    assert outcome.swapped
    assert_same(family.primary, outcome, family.database)
    rows = family.same_everywhere("id, v")
    assert {(1, -1), (3, -3)} <= set(rows)
    assert 2 not in {row[0] for row in rows}


def test_a_late_start_waits_for_the_replica_to_have_our_tables(
    family: Family, director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(family)
    monkeypatch.setattr(arrival, "SECONDS", 5.0)
    gate = director.gate(preparation, "prepare")
    running = director.start(by_replica(family))
    gate.await_reached()
    family.stop(family.replicas[0], "SQL_THREAD")
    gate.open()
    run(family.primary, family.database, "UPDATE t SET v = -1 WHERE id = 1")
    pause(1.5)
    assert running.phase is Phase.PREPARING
    family.start(family.replicas[0])
    outcome = running.result()
    assert_same(family.primary, outcome, family.database)
    assert (1, -1) in family.same_everywhere("id, v")


def test_a_replica_that_does_not_go_on_ends_the_preparation_with_a_reason(
    family: Family, director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(family)
    monkeypatch.setattr(arrival, "SECONDS", 1.0)
    gate = director.gate(preparation, "prepare")
    running = director.start(by_replica(family))
    gate.await_reached()
    family.stop(family.replicas[0], "SQL_THREAD")
    gate.open()
    with pytest.raises(StreamError, match=r"did not reach .* \(.* does not replicate\)"):
        running.result()


def test_a_replica_that_is_restarted_costs_another_run_and_no_row(
    family: Family, director: Director, tmp_path: Path
) -> None:
    small(family)
    machine = family.replicas[0].machine
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(postponed(family, path))
        running.await_phase(Phase.POSTPONED)
        run(family.primary, family.database, "UPDATE t SET v = -1 WHERE id = 1")
        machine.stop()  # type: ignore[union-attr]
        run(family.primary, family.database, "UPDATE t SET v = -2 WHERE id = 2", "DELETE FROM t WHERE id = 3")
        machine.start()  # type: ignore[union-attr]
        wait_until(lambda: family.replicates(family.replicas[0]), 30, "replication after the restart")
    outcome = running.result(90)
    assert_same(family.primary, outcome, family.database)
    assert {(1, -1), (2, -2)} <= set(family.same_everywhere("id, v"))


def test_i8_another_replica_behind_the_address_is_gone_on_with_by_gtid(
    family: Family, director: Director, make_proxy: MakeProxy, tmp_path: Path
) -> None:
    """Its log is another one, so the place is looked for in it; what was read from the first is not copied again."""
    first, second = family.replicas
    family.refresh(first)
    family.refresh(second)
    small(family)
    proxy = make_proxy(first)
    with flag_file(tmp_path / "postpone") as path:
        chosen = postponed(family, path, endpoint=proxy.endpoint(first), topology=Topology(skip_port_check=True))
        running = director.start(chosen)
        running.await_phase(Phase.POSTPONED)
        run(family.primary, family.database, "UPDATE t SET v = -1 WHERE id = 1", "FLUSH BINARY LOGS")
        family.stop(second, "SQL_THREAD")
        run(family.primary, family.database, "UPDATE t SET v = -2 WHERE id = 2", "DELETE FROM t WHERE id = 3")
        proxy.lead_to(second)
        family.start(second)
        running.wait(lambda: director.runs > 1 and running.phase is Phase.POSTPONED, "another run", 60)
        run(family.primary, family.database, "UPDATE t SET v = -4 WHERE id = 4")
    outcome = running.result()
    assert_same(family.primary, outcome, family.database)
    assert {(1, -1), (2, -2), (4, -4)} <= set(family.same_everywhere("id, v"))
    assert (outcome.verification.repaired, outcome.restarts) == (0, 1)


def test_a_replica_that_is_promoted_never_leads_to_a_cut_over(
    family: Family, director: Director, tmp_path: Path
) -> None:
    small(family)
    replica = family.replicas[0]
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(postponed(family, path))
        running.await_phase(Phase.POSTPONED)
        family.stop(replica)
        replica.execute("RESET REPLICA ALL")
        run(replica, family.database, "UPDATE t SET v = -1 WHERE id = 1")
        run(family.primary, family.database, "UPDATE t SET v = -2 WHERE id = 2")
    running.wait(lambda: not running.board.get(Verdict, Verdict()).go, "throttled")
    pause(1.0)
    assert running.alive
    assert not migrated(family)
    running.end()
    assert (1, 1) in set(family.primary.execute("SELECT id, v FROM t", db=family.database))


def test_ddl_of_others_on_the_primary_ends_it(family: Family, director: Director, tmp_path: Path) -> None:
    small(family)
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(postponed(family, path))
        running.await_phase(Phase.POSTPONED)
        run(family.primary, family.database, "ALTER TABLE t ADD COLUMN theirs int")
        with pytest.raises(StreamError, match="somebody ran a statement on"):
            running.result()
    assert not migrated(family)


def test_i9_a_transaction_prepared_on_the_primary_is_held_until_its_outcome_has_come_through(
    family: Family, director: Director, tmp_path: Path
) -> None:
    small(family)
    connection = family.primary.connect(family.database)

    def xa(*statements: str) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    with flag_file(tmp_path / "postpone") as path:
        running = director.start(postponed(family, path))
        running.await_phase(Phase.POSTPONED)
        xa("XA START 'a'", "UPDATE t SET v = -1 WHERE id = 1", "XA END 'a'", "XA PREPARE 'a'")
        running.wait(lambda: running.count("held") == 1, "the held key")
    pause(0.5)
    assert not migrated(family)
    xa("XA COMMIT 'a'")
    outcome = running.result()
    assert_same(family.primary, outcome, family.database)
    assert (1, -1) in family.same_everywhere("id, v")


def test_what_changed_on_the_way_is_looked_at_again_before_the_lock(
    family: Family, director: Director, tmp_path: Path
) -> None:
    small(family)
    replica, other = family.replicas
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(postponed(family, path, retries=1))
        running.await_phase(Phase.POSTPONED)
        family.point(replica, other)
    with pytest.raises(CutOverFailed, match=r"does not replicate from .* any more"):
        running.result()
    assert not migrated(family)


def test_a_filter_that_is_set_on_the_way_fails_the_attempt(family: Family, director: Director, tmp_path: Path) -> None:
    small(family)
    replica = family.replicas[0]
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(postponed(family, path, retries=1))
        running.await_phase(Phase.POSTPONED)
        family.filter_out(replica, f"{family.database}.t")
    try:
        with pytest.raises(CutOverFailed, match="replication filter that hides"):
            running.result()
    finally:
        family.filter_out(replica, "")
    assert not migrated(family)


@pytest.fixture
def window(special_server: MakeServer, request: pytest.FixtureRequest) -> Iterator[Window]:
    """A primary whose commits can be made to hang after its replica has got them."""
    flavor = str(request.param)
    if flavor not in request.config.getoption("--flavors").split(","):
        pytest.skip("not among --flavors")
    made = Window(special_server, flavor, replicas=1)
    yield made
    made.close()


BOTH = pytest.mark.parametrize("window", ["mysql", "mariadb"], indirect=True)


def by_late_replica(window: Window, path: str) -> Options:
    replica = TestServer(window.server.replicas[0], window.server.sandbox)
    window.server.sandbox.wait_caught_up()
    tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
    return options(replica, window.database, allow_on_master=False, tunables=tunables)


@BOTH
def test_i1_a_key_that_the_replica_has_before_it_is_visible_on_the_primary_is_not_read_too_early(
    window: Window, director: Director, tmp_path: Path
) -> None:
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(by_late_replica(window, path))
        running.await_phase(Phase.POSTPONED)
        with window.held(running, "UPDATE t SET v = -5 WHERE id = 5"):
            pause(0.5)
            assert running.count("applied") == 0
    outcome = running.result()
    assert_same(window.server, outcome, window.database)
    assert (5, -5) in set(window.server.execute("SELECT id, v FROM t", db=window.database))


@BOTH
def test_i1_without_the_barrier_the_same_change_is_lost(window: Window, director: Director, tmp_path: Path) -> None:
    director.replace(Changelog, "barrier", lambda _self, _session: None)
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(by_late_replica(window, path))
        running.await_phase(Phase.POSTPONED)
        with window.held(running, "UPDATE t SET v = -5 WHERE id = 5"):
            commits = "SELECT 1 FROM information_schema.processlist WHERE info = 'COMMIT'"
            running.wait(lambda: running.count("idle") or window.server.execute(commits), "a reading too early")
    outcome = running.result()
    with pytest.raises(AssertionError, match="not equal"):
        assert_same(window.server, outcome, window.database)
