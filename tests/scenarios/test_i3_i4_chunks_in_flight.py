"""Invariants 3 and 4: what changes while a chunk that holds it is under way, and above the point that was dispatched.

A chunk is made to hang after it has opened its view of the original and before it has come to the row in question:
another session holds row 500 of the ghost. All that happens above 500 meanwhile, the chunk brings as it was.
"""

from __future__ import annotations

import pytest

from builders.directing import (
    Directed,
    Director,
    Gate,
    Holder,
    assert_same,
    fill,
    helper,
    pause,
    rows_of,
    run,
    waits_for_lock,
)
from builders.migrating import options
from ghostshift.core.front import CopyFront, Verdicts
from ghostshift.model.options import Tunables
from ghostshift.workers.applier import Applier
from ghostshift.workers.copier import Copier
from plugins.server_pool import TestServer

CHANGES = {
    "delete": ("DELETE FROM t WHERE id = 700",),
    "key-change": ("UPDATE t SET id = 2000 WHERE id = 700",),
    "update-then-delete": ("UPDATE t SET v = 0 WHERE id = 700", "DELETE FROM t WHERE id = 700"),
    "delete-then-move-there": ("DELETE FROM t WHERE id = 800", "UPDATE t SET id = 800 WHERE id = 700"),
    "first-and-last-of-the-range": ("DELETE FROM t WHERE id IN (1, 501, 1000)", "DELETE FROM t WHERE id = 700"),
}


def hold(director: Director, server: TestServer, database: str) -> tuple[Directed, Holder]:
    gate = director.gate(Copier, "_next")
    running = director.start(options(server, database))
    gate.await_reached()
    holder = Holder(server, database, f"INSERT INTO {helper(server, 'gho')} (id, v) VALUES (500, 0)")
    gate.open()
    running.wait(lambda: waits_for_lock(server, "INSERT INTO"), "a chunk that waits")
    return running, holder


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_i3_a_row_that_goes_while_its_chunk_is_in_flight_does_not_come_back(
    server: TestServer, database: str, director: Director, name: str
) -> None:
    fill(server, database, 1000)
    running, holder = hold(director, server, database)
    run(server, database, *CHANGES[name])
    running.wait(lambda: running.count("deferred"), "the key put off until the chunk has ended")
    pause(0.3)
    assert running.count("applied") <= 1, "only a key outside the chunk may be applied meanwhile"
    holder.rollback()
    outcome = running.result()
    assert_same(server, outcome, database)
    assert (700, 700) not in rows_of(server, database)


@pytest.mark.parametrize("name", ["delete", "key-change"])
def test_i3_applied_at_once_the_same_row_would_come_back_for_good(
    server: TestServer, database: str, director: Director, name: str
) -> None:
    director.unverified()
    director.replace(CopyFront, "judge", lambda _self, keys: Verdicts(apply=dict(keys)))
    fill(server, database, 1000)
    running, holder = hold(director, server, database)
    run(server, database, *CHANGES[name])
    running.wait(lambda: running.count("applied"), "the key applied too early")
    running.wait(lambda: running.count("idle"))
    holder.rollback()
    outcome = running.result()
    with pytest.raises(AssertionError, match="not equal"):
        assert_same(server, outcome, database)
    assert (700, 700) in rows_of(server, database)


def test_i3_a_chunk_whose_session_is_killed_brings_nothing_back(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 1000)
    running, holder = hold(director, server, database)
    run(server, database, *CHANGES["delete"])
    running.wait(lambda: running.count("deferred"))
    waiting = server.execute(
        "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
    )
    server.execute(f"KILL {waiting[0][0]}")
    running.wait(lambda: waits_for_lock(server, "INSERT INTO"), "the chunk again, in another session")
    holder.rollback()
    outcome = running.result()
    assert_same(server, outcome, database)


def one_chunk_copied(director: Director, server: TestServer, database: str, extra: str = "") -> tuple[Directed, Gate]:
    """A migration that has copied the rows 1 to 100 and is held before it dispatches the rest."""
    fill(server, database, 1000, extra=extra)
    calls = iter(range(1000))
    gate = director.gate(Copier, "_next", when=lambda *_: next(calls) > 0)
    tunables = Tunables(throttle_additional_flag_file="", chunk_size=100)
    running = director.start(options(server, database, tunables=tunables, copy_threads=1))
    gate.await_reached()
    running.wait(lambda: running.chunks() == 1)
    return running, gate


def test_i4_changes_above_the_dispatch_point_are_left_to_the_copy(
    server: TestServer, database: str, director: Director
) -> None:
    running, gate = one_chunk_copied(director, server, database)
    run(
        server,
        database,
        "UPDATE t SET v = -v WHERE id IN (100, 101, 102, 1000)",
        "DELETE FROM t WHERE id IN (99, 103, 999)",
        "INSERT INTO t VALUES (1001, 1)",
        "UPDATE t SET id = id + 3000 WHERE id IN (98, 104)",
    )
    running.await_settled(12)
    # Above the front and up to the copy's limit: 101, 102, 103, 104, 999, 1000.
    assert running.count("discarded") == 6
    assert rows_of(server, database, helper(server, "gho"))[96:] == [
        (97, 97),
        (100, -100),
        (1001, 1),
        (3098, 98),
        (3104, 104),
    ]
    gate.open()
    outcome = running.result()
    assert outcome.changes_discarded == 6
    assert_same(server, outcome, database)


SWAP = (
    "BEGIN",
    "UPDATE t SET v = -1 WHERE id = 50",
    "UPDATE t SET v = 50 WHERE id = 950",
    "UPDATE t SET v = 950 WHERE id = 50",
    "COMMIT",
)


def swap_around_the_front(director: Director, server: TestServer, database: str) -> Directed:
    """Two rows, below and above the front, exchange a unique value; the upper one's chunk goes before both."""
    running, gate = one_chunk_copied(director, server, database, extra=", UNIQUE KEY v_uidx (v)")
    held = director.gate(Applier, "_apply")
    run(server, database, *SWAP)
    held.await_reached()
    gate.open()
    running.wait(lambda: running.chunks() == 10, "all chunks")
    held.open()
    return running


def test_i4_nothing_is_discarded_where_the_ghost_has_another_unique_index(
    server: TestServer, database: str, director: Director
) -> None:
    running = swap_around_the_front(director, server, database)
    outcome = running.result()
    assert outcome.changes_discarded == 0
    assert_same(server, outcome, database)


def test_i4_discarded_all_the_same_the_upper_row_would_be_lost(
    server: TestServer, database: str, director: Director
) -> None:
    made = CopyFront.__init__

    def careless(self: CopyFront, spec: object, *, may_discard: bool) -> None:
        assert not may_discard
        made(self, spec, may_discard=True)  # type: ignore[arg-type]

    director.unverified()
    director.replace(CopyFront, "__init__", careless)
    running = swap_around_the_front(director, server, database)
    outcome = running.result()
    assert outcome.changes_discarded == 1
    with pytest.raises(AssertionError, match="not equal"):
        assert_same(server, outcome, database)
