"""Connected to a replica, the migration runs on its primary: keys come by the replica's log, all else happens there."""

from __future__ import annotations

import threading

from builders.directing import Director
from builders.migrating import options
from builders.replicas import Family
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload
from ghostshift.model.options import Options, Tunables
from ghostshift.model.places import Mode, Places


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
    assert {str(row[0]) for row in written} == {"t", outcome.old_table.split("`")[-2]}
