"""When another run is worth its while: it brings the work on, or lasts; a server that we crash is not crashed again."""

from __future__ import annotations

from dataclasses import replace

from ghostshift.core.hoping import IN_A_ROW, LONG_ENOUGH, Hope
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.phase import Phase
from ghostshift.model.position import Position
from ghostshift.model.server import ServerIdentity

SERVER = ServerIdentity(server_id="1", uuid="u", host="h", port="3306")
COPYING = Checkpoint(
    tool="1", table="`s`.`t`", old="_t_del", run="r", phase=Phase.COPYING, alter="x", inspected=SERVER, migrated=SERVER,
    position=Position("binlog.000001", 4), copied=(10,),
)  # fmt: skip
PREPARING = replace(COPYING, phase=Phase.PREPARING, copied=None)


def test_a_server_that_cannot_be_reached_at_first_is_not_waited_for() -> None:
    assert not Hope().remains(None, 0.0)


def test_before_a_row_is_copied_it_is_begun_anew_once() -> None:
    hope = Hope()
    assert hope.remains(PREPARING, 1.0)
    assert not hope.begun
    assert not hope.remains(PREPARING, 1.0)


def test_a_run_that_brings_the_work_on_is_always_followed_by_another() -> None:
    hope = Hope()
    for row in range(100):
        assert hope.remains(replace(COPYING, copied=(row,)), 1.0)
    assert hope.begun


def test_runs_that_bring_nothing_on_have_an_end() -> None:
    hope = Hope()
    assert hope.remains(COPYING, 1.0)
    moved = (replace(COPYING, position=Position("binlog.000001", 4 + n)) for n in range(1, IN_A_ROW))
    assert [hope.remains(one, 1.0) for one in moved] == [True] * (IN_A_ROW - 1)
    assert not hope.remains(COPYING, 1.0)


def test_one_that_lasted_has_nothing_to_do_with_the_one_before() -> None:
    hope = Hope()
    assert all(hope.remains(COPYING, LONG_ENOUGH) for _ in range(3 * IN_A_ROW))


def test_a_run_that_did_not_get_to_its_checkpoint_counts_as_one_more() -> None:
    hope = Hope()
    assert hope.remains(COPYING, 1.0)
    assert [hope.remains(None, 0.1) for _ in range(IN_A_ROW)] == [True] * (IN_A_ROW - 1) + [False]
