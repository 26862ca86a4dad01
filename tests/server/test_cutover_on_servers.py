"""The cut-over on real servers: killed at every step, blocked, hammered, and with the names that lose writes."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context

import pymysql
import pytest

from ghostshift.core.cutover import sentry_script
from ghostshift.core.cutover_steps import NotSwapped, Step, Swapped
from ghostshift.model.errors import DataLossError, Refused
from ghostshift.model.key import Key
from ghostshift.model.names import helper_names
from ghostshift.mysql.session import Session
from ghostshift.sql.cutover_statements import WAITING_FOR_BACKUP, create_sentry
from ghostshift.workers.slipped import repair
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer
from server.cutover_scene import ROWS, Address, Scene, die_at, writing

LOCKED = ("LockTables", "Mark", "AwaitMarker", "Drain", "ConfirmLocked")
COMMON = ("Identify", "PauseApplying", *LOCKED, "Unlock", "EndSession")
UNDER_LOCK = (*COMMON, "RenameUnderLock")
SENTRY = (*COMMON, "CreateSentry", "QueueRename", "AwaitRenameQueued", "DropSentry", "ConfirmUnhindered", "AwaitRename")
HAMMERINGS = 12


@pytest.fixture
def scene(server: TestServer, database: str) -> Scene:
    return Scene(server, database)


def at(name: str, do: Callable[[], None]) -> Callable[[Step], None]:
    """Do something right before the first step of this name."""
    done: list[str] = []

    def observe(step: Step) -> None:
        if type(step).__name__ == name and not done:
            done.append(name)
            do()

    return observe


def assert_true_and_tidy(scene: Scene, result: object) -> None:
    """Invariant 11 on a real server."""
    assert isinstance(result, Swapped | NotSwapped), result
    assert isinstance(result, Swapped) == scene.swapped(), result
    assert scene.exists(scene.helpers.ghost) != scene.swapped()
    assert scene.exists(scene.helpers.old) == scene.swapped(), "the sentry, or nothing at all, bears the old name"
    assert not scene.sentry_left()
    assert scene.follower.applying != scene.swapped()
    assert scene.connections() == 0
    assert "cut-over-rename" not in {thread.name for thread in threading.enumerate()}
    with scene.server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION lock_wait_timeout = 1")
        assert cursor.execute(f"UPDATE {scene.original.sql} SET v = v + 1 WHERE id = 0") == 1


def test_a_quiet_table_is_swapped_with_figures(scene: Scene) -> None:
    result = scene.cutover().attempt()
    assert isinstance(result, Swapped)
    assert result.notes == ()
    assert_true_and_tidy(scene, result)
    assert result.figures.keys_drained == ROWS
    assert result.figures.marker == "marker"
    assert 0 < result.figures.lock_seconds < 1
    assert result.figures.drain_seconds < result.figures.lock_seconds


def test_names_with_every_odd_letter_are_swapped(server: TestServer, database: str) -> None:
    for table in ("we`ird t%_-$", "tüñ", "order"):
        scene = Scene(server, database, table=table)
        result = scene.cutover().attempt()
        assert isinstance(result, Swapped)
        assert scene.swapped()


@pytest.mark.parametrize("step", sorted({*UNDER_LOCK, *SENTRY}))
def test_session_a_killed_before_any_step_leaves_the_truth_known(scene: Scene, step: str) -> None:
    if step not in (UNDER_LOCK if scene.dialect.renames_under_lock else SENTRY):
        pytest.skip("not a step on this server")
    hit: list[int] = []

    def kill() -> None:
        hit.append(scene.pool.sessions[0].id)
        scene.kill(hit[0])

    result = scene.cutover(at(step, kill)).attempt()
    assert hit
    assert_true_and_tidy(scene, result)


@pytest.mark.parametrize("step", ["AwaitRenameQueued", "DropSentry", "Unlock", "AwaitRename"])
def test_session_b_killed_before_any_step_leaves_the_truth_known(mariadb_server: TestServer, step: str) -> None:
    scene = Scene(mariadb_server, mariadb_server.fresh_database())
    result = scene.cutover(at(step, lambda: scene.kill(scene.pool.sessions[1].id))).attempt()
    assert_true_and_tidy(scene, result)


@pytest.mark.parametrize("step", ["Identify", "LockTables", "ConfirmLocked", "Unlock", "EndSession"])
def test_the_watcher_killed_before_any_step_leaves_the_truth_known(scene: Scene, step: str) -> None:
    result = scene.cutover(at(step, lambda: scene.kill(scene.pool.sessions[-1].id))).attempt()
    assert_true_and_tidy(scene, result)


@pytest.mark.parametrize("step", ["LockTables", "Drain", "RenameUnderLock", "QueueRename", "DropSentry", "Unlock"])
@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_a_server_that_crashes_before_any_step_leaves_the_truth_known(
    special_server: MakeServer, flavor: str, step: str
) -> None:
    server = special_server(flavor)
    scene = Scene(server, server.fresh_database())
    if step not in (UNDER_LOCK if scene.dialect.renames_under_lock else SENTRY):
        pytest.skip("not a step on this server")

    def crash() -> None:
        server.server.kill9()
        threading.Thread(target=server.server.start).start()

    result = scene.cutover(at(step, crash)).attempt()
    if step == "Unlock" and scene.dialect.renames_under_lock:
        assert isinstance(result, Swapped), result
        assert scene.swapped(), "what RENAME has answered survives a crash"
        return
    assert isinstance(result, NotSwapped), result
    assert result.retry
    if scene.sentry_left():  # the server was away for longer than the clean-up waits
        assert "sentry" in result.reason
    assert isinstance(scene.cutover().attempt(), Swapped), "the next attempt finds everything in order"


@pytest.mark.parametrize("step", sorted({*UNDER_LOCK, *SENTRY} - {"Identify"}))
def test_our_death_before_any_step_loses_no_write_and_leaves_no_lock(
    server: TestServer, database: str, step: str
) -> None:
    scene = Scene(server, database, seconds=1)
    if step not in (UNDER_LOCK if scene.dialect.renames_under_lock else SENTRY):
        pytest.skip("not a step on this server")
    child = get_context("spawn").Process(target=die_at, args=(Address.of(server), database, step))
    with writing(scene, 4) as seen:
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        time.sleep(0.2)  # noqa: TID251 - the application goes on: whatever was locked is free again
    assert seen.problems == []
    assert seen.longest < 1.5
    # Behind the fallen sentry only a drained RENAME waits: it may swap, and does so without loss.
    swapped = scene.swapped()
    assert swapped <= (step in ("ConfirmUnhindered", "Unlock", "EndSession", "AwaitRename"))
    final = scene.values(scene.original)
    assert {key: final[key] for key in seen.acknowledged} == seen.acknowledged
    if not swapped:
        assert isinstance(scene.cutover().attempt(), Swapped), "the next process finds everything in order"


@pytest.mark.parametrize("step", ["RenameUnderLock", "DropSentry"])
def test_a_process_that_hangs_loses_the_locks_before_long(server: TestServer, database: str, step: str) -> None:
    scene = Scene(server, database, seconds=1)
    if step not in (UNDER_LOCK if scene.dialect.renames_under_lock else SENTRY):
        pytest.skip("not a step on this server")
    with writing(scene, 2) as seen:
        result = scene.cutover(at(step, lambda: threading.Event().wait(8) and None)).attempt()
    assert isinstance(result, NotSwapped)
    assert seen.longest < 7
    assert seen.problems == []
    assert_true_and_tidy(scene, result)


@pytest.mark.parametrize("step", sorted({*UNDER_LOCK, *SENTRY}))
def test_a_stop_before_any_step_gives_way_until_the_point_of_no_return(scene: Scene, step: str) -> None:
    if step not in (UNDER_LOCK if scene.dialect.renames_under_lock else SENTRY):
        pytest.skip("not a step on this server")
    # The stop comes while the step is done: the next one is the first that can obey.
    too_late = ("RenameUnderLock", *SENTRY[SENTRY.index("AwaitRenameQueued") :], "Unlock", "EndSession")
    result = scene.cutover(at(step, scene.stop.set)).attempt()
    assert isinstance(result, Swapped if step in too_late else NotSwapped), result
    assert_true_and_tidy(scene, result)
    if isinstance(result, NotSwapped):
        assert not result.retry
        assert "to stop" in result.reason


def test_a_blocked_lock_names_the_blocker_and_stalls_writers_no_longer_than_the_timeout(
    server: TestServer, database: str
) -> None:
    scene = Scene(server, database, seconds=1)
    blocker = server.connect()
    with blocker.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT /* report */ COUNT(*) FROM {scene.original.sql}")
    # The flavour without a view of locks needs transactions to be as old as the wait was long.
    with writing(scene, 4) as seen:
        begun = time.monotonic()
        result = scene.cutover().attempt()
        assert time.monotonic() - begun < 4
    assert isinstance(result, NotSwapped)
    assert result.retry
    assert f"session {blocker.thread_id()} of {server.user}@" in result.reason, result.reason
    assert 0.9 < result.figures.lock_wait_seconds < 2.1
    assert seen.problems == []
    assert 0.8 < seen.longest < 2.1
    blocker.close()
    assert_true_and_tidy(scene, result)


def test_a_marker_that_does_not_arrive_in_time_gives_way(scene: Scene) -> None:
    scene.follower.arrived = lambda _marker, seconds: threading.Event().wait(seconds)  # type: ignore[method-assign]
    with writing(scene, 2) as seen:
        result = scene.cutover().attempt()
    assert isinstance(result, NotSwapped)
    assert "marker" in result.reason
    assert result.retry
    assert scene.seconds - 0.5 < seen.longest < scene.seconds + 1
    assert_true_and_tidy(scene, result)


def test_a_drain_that_would_take_too_long_gives_way(scene: Scene) -> None:
    def too_long(_: Session) -> None:
        raise TimeoutError

    scene.follower.in_drain = too_long
    result = scene.cutover().attempt()
    assert result == NotSwapped(reason="applying the last keys: not in time", retry=True, figures=result.figures)
    assert_true_and_tidy(scene, result)


def test_what_the_follower_raises_comes_out_after_everything_was_put_back(scene: Scene) -> None:
    def lose(_: Session) -> None:
        raise DataLossError("rows 1 and 2 cannot both live")

    scene.follower.in_drain = lose
    with pytest.raises(DataLossError, match="both live"):
        scene.cutover().attempt()
    assert_true_and_tidy(scene, NotSwapped(reason="", retry=False))


def test_a_drain_that_gives_the_locks_up_is_found_out(scene: Scene) -> None:
    scene.follower.in_drain = lambda session: session.execute("START TRANSACTION") and None
    result = scene.cutover().attempt()
    assert isinstance(result, NotSwapped)
    assert "no lock any more" in result.reason
    assert_true_and_tidy(scene, result)


def test_a_stranger_under_the_old_name_is_left_alone(scene: Scene) -> None:
    scene.execute(f"CREATE TABLE {scene.helpers.old.sql} (id int)")
    result = scene.cutover().attempt()
    assert isinstance(result, NotSwapped)
    assert not result.retry
    assert scene.exists(scene.helpers.old)
    assert not scene.swapped()


def test_a_leftover_sentry_is_no_hindrance(scene: Scene) -> None:
    scene.execute(create_sentry(scene.helpers.old))
    assert isinstance(scene.cutover().attempt(), Swapped)
    assert scene.swapped()


def test_a_reader_of_the_ghost_delays_the_rename_but_loses_nothing(mariadb_server: TestServer) -> None:
    scene = Scene(mariadb_server, mariadb_server.fresh_database(), seconds=1)
    reader = mariadb_server.connect()

    def read() -> None:
        with reader.cursor() as cursor:
            cursor.execute("SET SESSION lock_wait_timeout = 30")
            cursor.execute("BEGIN")
            with pytest.raises(pymysql.Error):
                cursor.execute(f"SELECT COUNT(*), SLEEP(20) FROM {scene.helpers.ghost.sql}")

    thread = threading.Thread(target=read)
    with writing(scene, 4) as seen:
        result = scene.cutover(at("DropSentry", thread.start)).attempt()
    scene.kill(reader.thread_id())
    thread.join()
    assert isinstance(result, Swapped | NotSwapped)
    assert isinstance(result, Swapped) == scene.swapped()
    assert not scene.sentry_left()
    assert seen.problems == []
    final = scene.values(scene.original)
    assert {key: final[key] for key in seen.acknowledged} == seen.acknowledged


class Backup:
    """Asks for the global read lock, once, and keeps it for a while."""

    def __init__(self, server: TestServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with self._server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("FLUSH TABLES WITH READ LOCK")
            time.sleep(0.3)  # noqa: TID251 - long enough for the application to come first, were it let

    def ask(self) -> None:
        """Ask, and wait until it waits."""
        self._thread.start()
        while not self._server.execute(WAITING_FOR_BACKUP):
            time.sleep(0.005)  # noqa: TID251 - a test's own polling

    def join(self) -> None:
        """Wait until it is over."""
        self._thread.join()


@pytest.mark.parametrize("step", ["QueueRename", "DropSentry", "ConfirmUnhindered", "Unlock"])
def test_a_backup_that_begins_under_our_lock_costs_an_attempt_but_no_write(
    mariadb_server: TestServer, step: str
) -> None:
    """MariaDB's RENAME lets go of its tables when it finds a backup first: it must not come to swap after that."""
    scene = Scene(mariadb_server, mariadb_server.fresh_database())
    backup = Backup(mariadb_server)
    with writing(scene, 4) as seen:
        result = scene.cutover(at(step, backup.ask)).attempt()
        backup.join()
    assert isinstance(result, NotSwapped), result
    assert result.retry
    assert ("to begin a backup" in result.reason) == (step != "Unlock"), "seen before the unlocking"
    assert seen.problems == []
    final = scene.values(scene.original)
    assert {key: final[key] for key in seen.acknowledged} == seen.acknowledged
    assert_true_and_tidy(scene, result)
    assert isinstance(scene.cutover().attempt(), Swapped)


def test_a_rename_that_waits_for_the_schema_is_not_taken_for_queued_on_the_table(mariadb_server: TestServer) -> None:
    database = mariadb_server.fresh_database()
    scene = Scene(mariadb_server, database, seconds=1)
    waiting = "SELECT id FROM information_schema.processlist WHERE state = 'Waiting for schema metadata lock'"
    alter = threading.Thread(target=mariadb_server.execute, args=(f"ALTER DATABASE `{database}` COMMENT 'x'",))

    def ask() -> None:
        alter.start()
        while not mariadb_server.execute(waiting):
            time.sleep(0.005)  # noqa: TID251 - a test's own polling

    with writing(scene, 4) as seen:
        result = scene.cutover(at("QueueRename", ask)).attempt()
        alter.join()
    assert isinstance(result, NotSwapped), result
    assert result.retry
    assert "queued on the original: not in time" in result.reason
    assert seen.problems == []
    assert_true_and_tidy(scene, result)


def test_a_rename_that_waits_is_killed_at_once_on_the_way_back(mariadb_server: TestServer) -> None:
    scene = Scene(mariadb_server, mariadb_server.fresh_database(), seconds=3)
    begun = time.monotonic()
    result = scene.cutover(at("QueueRename", scene.stop.set)).attempt()
    assert time.monotonic() - begun < 1.5
    assert_true_and_tidy(scene, result)


@pytest.mark.parametrize("step", ["Mark", "ConfirmLocked", "Unlock"])
def test_a_line_that_is_cut_without_the_server_noticing_is_ended_by_hand(scene: Scene, step: str) -> None:
    kept = []

    def cut() -> None:
        # The client's end breaks, the server's does not know: it holds the locks until somebody kills the session.
        connection = scene.pool.sessions[0]._connection
        kept.append((connection._sock, connection._rfile))
        ours, theirs = socket.socketpair()
        theirs.close()
        connection._sock, connection._rfile = ours, ours.makefile("rb")

    begun = time.monotonic()
    result = scene.cutover(at(step, cut)).attempt()
    assert time.monotonic() - begun < 1.5
    assert_true_and_tidy(scene, result)
    for sock, file in kept:
        file.close()
        sock.close()


def test_writers_hammering_through_many_cut_overs_lose_no_acknowledged_write(scene: Scene) -> None:
    cut_overs = 0
    slipped: list[dict[int, int]] = []
    with writing(scene, 12) as seen:
        while cut_overs < HAMMERINGS:
            result = scene.cutover().attempt()
            assert isinstance(result, Swapped), result
            cut_overs += 1
            slipped.append(scene.slipped())
            scene.execute(f"DROP TABLE {scene.helpers.old.sql}")
            scene.make_ghost()
            time.sleep(0.05)  # noqa: TID251 - let the application come to speed again
    assert seen.problems == []
    assert slipped == [{}] * HAMMERINGS
    final = scene.values(scene.original)
    assert {key: final[key] for key in seen.acknowledged} == seen.acknowledged


def test_names_that_sort_before_the_original_do_lose_writes(mariadb_server: TestServer) -> None:
    """Why names are checked: without this failing, the test above would prove nothing."""
    scene = Scene(mariadb_server, mariadb_server.fresh_database(), sort_after=False)
    with pytest.raises(Refused, match="helper-name-order"):
        scene.cutover().attempt()
    lost = swaps_with_loss = 0
    with writing(scene, 12) as seen:
        for _ in range(HAMMERINGS):
            result = scene.cutover().perform(sentry_script(scene.original, scene.helpers))
            if isinstance(result, Swapped):
                lost += sum(value - scene.follower.drained[key] for key, value in scene.slipped().items())
                swaps_with_loss += bool(scene.slipped())
                scene.execute(f"DROP TABLE {scene.helpers.old.sql}")
                scene.make_ghost()
            time.sleep(0.05)  # noqa: TID251 - let the application come to speed again
    assert swaps_with_loss > 0
    final = scene.values(scene.original)
    assert sum(seen.acknowledged[key] - final[key] for key in seen.acknowledged) == lost


# The net -------------------------------------------------------------------------------------------------------------


def slipped_scene(scene: Scene) -> None:
    """A swap after which the old table has three writes that the new one lacks."""
    assert isinstance(scene.cutover().attempt(), Swapped)
    old = scene.helpers.old.sql
    scene.execute(f"UPDATE {old} SET v = 100 WHERE id = 1")
    scene.execute(f"DELETE FROM {old} WHERE id = 2")
    scene.execute(f"INSERT INTO {old} VALUES (1000, 7)")


def test_slipped_writes_are_brought_to_the_new_table(scene: Scene) -> None:
    slipped_scene(scene)
    report = repair(scene.pool, scene.plan, [1, 2, 1000], list, scene.follower)
    assert set(report.repaired) == {1, 2, 1000}
    assert report.conflicts == ()
    new = scene.values(scene.original)
    assert (new[1], new.get(2), new[1000]) == (100, None, 7)
    assert scene.connections() == 0


def test_a_slipped_key_that_was_changed_since_is_a_conflict_and_left_alone(scene: Scene) -> None:
    slipped_scene(scene)
    scene.execute(f"UPDATE {scene.original.sql} SET v = 55 WHERE id = 1")
    report = repair(scene.pool, scene.plan, [1, 2, 1000], lambda: {1}, scene.follower)
    assert report.conflicts == (1,)
    assert set(report.repaired) == {2, 1000}
    assert scene.values(scene.original)[1] == 55


def test_a_slipped_row_that_would_push_out_another_is_a_conflict(scene: Scene) -> None:
    scene.execute(f"ALTER TABLE {scene.helpers.ghost.sql} ADD other int AS (v) STORED")
    slipped_scene(scene)
    scene.execute(f"UPDATE {scene.original.sql} SET v = -id")
    scene.execute(f"UPDATE {scene.original.sql} SET v = 100 WHERE id = 9")
    scene.execute(f"ALTER TABLE {scene.original.sql} ADD UNIQUE (v)")
    report = repair(scene.pool, scene.plan, [1, 2], list, scene.follower)
    assert report.conflicts == (1,)
    assert report.repaired == (2,)
    new = scene.values(scene.original)
    assert (new[1], new[9], new.get(2)) == (-1, 100, None)


def test_a_repair_without_its_marker_changes_nothing(scene: Scene) -> None:
    slipped_scene(scene)
    before = scene.values(scene.original)
    scene.follower.arrived = lambda _marker, _seconds: False  # type: ignore[method-assign]
    with pytest.raises(TimeoutError):
        repair(scene.pool, scene.plan, [1, 2, 1000], list, scene.follower)
    assert scene.values(scene.original) == before


def test_a_repair_that_breaks_off_has_done_nothing(scene: Scene) -> None:
    slipped_scene(scene)
    before = scene.values(scene.original)

    def keys() -> list[Key]:
        return [1, 2, object()]  # the last one is no key: its statement cannot be built

    with pytest.raises((TypeError, ValueError)):
        repair(scene.pool, scene.plan, keys(), list, scene.follower)
    assert scene.values(scene.original) == before


def test_helper_names_that_this_server_needs_are_the_ones_that_sort_after(scene: Scene) -> None:
    wrapped = helper_names(scene.original, sort_after=False)
    plan = replace(scene.plan, helpers=wrapped)
    if scene.dialect.renames_under_lock:
        scene.execute(f"RENAME TABLE {scene.helpers.ghost.sql} TO {wrapped.ghost.sql}")
        scene.execute(f"RENAME TABLE {scene.helpers.changelog.sql} TO {wrapped.changelog.sql}")
        scene.follower.helpers = wrapped
        assert isinstance(replace(scene.cutover(), plan=plan).attempt(), Swapped)
    else:
        with pytest.raises(Refused, match="helper-name-order"):
            replace(scene.cutover(), plan=plan).attempt()
