"""Locks that others hold on tables of ours: rows of ghost, changelog and checkpoint, and the ghost as a whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.directing import Director, Holder, assert_same, fill, flag_file, helper, run, waits_for_lock
from builders.faulty import eventually, phase_is
from builders.migrating import options
from faults.conftest import MakeScene
from ghostshift.model.errors import ServerError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Recovery
from ghostshift.mysql import retry
from ghostshift.mysql.dialect import Dialect
from ghostshift.workers import readiness
from plugins.server_pool import TestServer

pytestmark = pytest.mark.divided

Retried = list[tuple[int, str]]


@pytest.fixture
def retried(monkeypatch: pytest.MonkeyPatch) -> Retried:
    """Errors after which a statement was sent again, and the statements. A row's lock is waited for a second only."""
    seen: Retried = []
    setup, judge = Dialect.session_setup, retry.is_retryable

    def spy(error: ServerError) -> bool:
        seen.append((error.errno, error.statement))
        return judge(error)

    def quick(self: Dialect, *, time_zone: str) -> tuple[str, ...]:
        return (*setup(self, time_zone=time_zone), "SET SESSION innodb_lock_wait_timeout = 1")

    monkeypatch.setattr(retry, "is_retryable", spy)
    monkeypatch.setattr(Dialect, "session_setup", quick)
    return seen


@pytest.fixture
def director(monkeypatch: pytest.MonkeyPatch) -> Iterator[Director]:
    """Starts migrations; ends them after the test."""
    made = Director(monkeypatch)
    yield made
    made.close()


def test_rows_of_ours_that_somebody_holds_are_waited_for_and_a_deadlock_is_tried_again(
    server: TestServer, database: str, director: Director, retried: Retried, tmp_path: Path
) -> None:
    fill(server, database, 300)
    ghost, changelog, checkpoint = (helper(server, part) for part in ("gho", "ghc", "ghk"))
    recovery = Recovery(seconds=0.1)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(postpone_flag_file=path, throttle_additional_flag_file="")
        running = director.start(options(server, database, tunables=tunables, recovery=recovery))
        running.await_phase(Phase.POSTPONED)
        for table, rows in ((changelog, "1 = 1"), (checkpoint, "1 = 1"), (ghost, "id < 50")):
            holder = Holder(server, database, f"SELECT * FROM {table} WHERE {rows} FOR UPDATE")
            run(server, database, "UPDATE t SET v = v + 1 WHERE id < 20")
            running.wait(
                lambda table=table: any(number == 1205 and table in text for number, text in retried), f"1205: {table}"
            )
            holder.rollback()
            running.await_settled(0)
        # The server gives up the transaction that has written less: the applier's, for this one has written a lot.
        heavy = Holder(server, database, f"UPDATE {ghost} SET v = v + 1000000 WHERE id > 100")
        run(server, database, "UPDATE t SET v = v + 1 WHERE id BETWEEN 90 AND 110")
        running.wait(lambda: waits_for_lock(server, "REPLACE"), "the applier waits")
        heavy.run(f"SELECT * FROM {ghost} WHERE id = 90 FOR UPDATE")
        running.wait(lambda: any(number == 1213 for number, _ in retried), "a deadlock")
        heavy.rollback()
        running.await_settled(0)
    assert_same(server, running.result(), database)


def test_a_row_of_ours_that_is_held_for_ever_ends_the_run_and_the_next_goes_on(
    server: TestServer, database: str, director: Director, retried: Retried, tmp_path: Path
) -> None:
    fill(server, database, 300)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(postpone_flag_file=path, throttle_additional_flag_file="")
        chosen = options(server, database, tunables=tunables, retries=2)
        running = director.start(chosen)
        running.await_phase(Phase.POSTPONED)
        holder = Holder(server, database, f"SELECT * FROM {helper(server, 'ghc')} FOR UPDATE")
        with pytest.raises(ServerError) as caught:
            running.result()
        holder.rollback()
    assert caught.value.errno == 1205
    assert "to go on where it ended, give the same command again" in caught.value.__notes__
    assert len(retried) >= 1
    again = options(server, database, tunables=Tunables(throttle_additional_flag_file=""))
    assert_same(server, director.start(again).result(), database)


def test_a_transaction_that_has_read_the_ghost_makes_the_cut_over_back_off(
    make_scene: MakeScene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whichever table is locked first, the application waits no longer than for one attempt."""
    monkeypatch.setattr(readiness, "PATIENCE", 0.0)
    scene = make_scene(rows=300, rate=60.0)
    with flag_file(tmp_path / "postpone") as path, caplog.at_level(logging.INFO, "ghostshift"):
        tunables = Tunables(postpone_flag_file=path, throttle_additional_flag_file="")
        running = scene.start(tunables=tunables, cut_over_lock_seconds=1)
        running.until(phase_is(Phase.POSTPONED))
        sleeper = Holder(scene.server, scene.database, f"SELECT * FROM {helper(scene.server, 'gho')} LIMIT 1")
        Path(path).unlink()
        for attempts in (1, 2):
            eventually(lambda attempts=attempts: caplog.text.count("cut-over attempt") >= attempts, seconds=30.0)
            seen = scene.load.transactions
            eventually(lambda seen=seen: scene.load.transactions > seen + 5, seconds=30.0)
        assert not scene.migrated()
        sleeper.rollback()
        outcome = scene.ended_right(running)
    assert outcome.cut_over.attempts >= 3
