"""Every connection is cut once in each phase. Either the migration goes on and ends right, or it stops cleanly."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.faulty import Scene, phase_is
from builders.program import environment, make_table, run, words
from faults.conftest import MakeScene
from ghostshift.model.errors import ConnectionLost, MigrationError
from ghostshift.model.options import Tunables
from ghostshift.model.outcome import Outcome
from ghostshift.model.phase import Phase
from plugins.fix_proxy import DUMP, Deed, Link, Proxy
from plugins.server_pool import TestServer

pytestmark = pytest.mark.divided

CHUNK = r"^INSERT INTO .* ON DUPLICATE KEY UPDATE `id`"
HOME = "GET_LOCK.'gh-ost"
NUMBERS = [*range(1, 46, 2), *range(46, 200, 5)]
"""At which of its statements a run is cut; more than any run needs before its first chunk."""


def strike_each_time(proxy: Proxy, pattern: str, times: int, deed: Deed = Deed.CUT) -> list[int]:
    """Do the deed at so many statements of this pattern, one after another; how many are left to come."""
    left = [times]

    def strike(_: Link, __: str) -> Deed:
        left[0] -= 1
        if left[0]:
            proxy.on(pattern, strike)
        return deed

    proxy.on(pattern, strike)
    return left


@pytest.mark.parametrize("deed", [Deed.CUT, Deed.CUT_AFTER], ids=["before", "in-flight"])
def test_a_cut_at_a_statement_before_the_copy_stops_cleanly_or_not_at_all(
    make_scene: MakeScene, proxy: Proxy, deed: Deed
) -> None:
    scene = make_scene(rows=50, writers=0)
    stopped = unharmed = 0
    for number in NUMBERS:
        proxy.heal()
        copying = proxy.on(CHUNK, Deed.PASS)
        struck = proxy.on("", deed, nth=number + (deed is Deed.CUT))
        running = scene.start()
        failure = running.failure(15.0)
        assert struck.is_set()
        if failure is None:
            assert scene.migrated()
            scene.server.execute(f"DROP TABLE {', '.join(scene.left())}", db=scene.database)
            scene.server.execute("ALTER TABLE t DROP COLUMN added", db=scene.database)
        else:
            stopped += 1
            assert isinstance(failure, MigrationError)
            assert not scene.migrated(), failure
            scene.remove_left(failure)
        # A session that has said good-bye may be cut before the copy without any harm; three in a row are no such luck.
        unharmed = unharmed + 1 if copying.is_set() else 0
        if unharmed == 3:
            break
    scene.nothing_runs()
    assert stopped > 10


@pytest.mark.parametrize("pattern", ["^CREATE TABLE .* LIKE", "^ALTER TABLE", "^CREATE TABLE .*changelog"])
@pytest.mark.parametrize("deed", [Deed.CUT, Deed.CUT_AFTER], ids=["before", "in-flight"])
def test_a_table_that_may_have_been_made_is_named(
    make_scene: MakeScene, proxy: Proxy, deed: Deed, pattern: str
) -> None:
    scene = make_scene(rows=50, writers=0)
    left = strike_each_time(proxy, pattern, 2, deed)  # for it begins anew once
    failure = scene.stopped_cleanly(scene.start())
    assert isinstance(failure, ConnectionLost)
    assert left == [0]


DROP_OF_THE_CHANGELOG = r"^DROP TABLE IF EXISTS \S+ghc`"

COPYING = {
    "copier-before": (CHUNK, Deed.CUT, 2),
    "copier-in-flight": (CHUNK, Deed.CUT_AFTER, 2),
    "copier-looking-for-the-next": (r"^SELECT .* OFFSET", Deed.CUT_AFTER, 2),
    "heartbeat-before": ("'heartbeat'", Deed.CUT, 3),
    "heartbeat-in-flight": ("'heartbeat'", Deed.CUT_AFTER, 3),
    "barrier-before": ("'barrier'", Deed.CUT, 2),
    "barrier-in-flight": ("'barrier'", Deed.CUT_AFTER, 2),
    "applier-deleting": ("^DELETE FROM", Deed.CUT_AFTER, 1),
    "applier-replacing": ("^REPLACE INTO", Deed.CUT_AFTER, 1),
    "applier-committing": ("^COMMIT", Deed.CUT_AFTER, 1),
}


@pytest.mark.parametrize("case", COPYING)
def test_a_cut_while_copying_is_survived(make_scene: MakeScene, proxy: Proxy, case: str) -> None:
    pattern, deed, nth = COPYING[case]
    scene = make_scene()
    cut = proxy.on(pattern, deed, nth=nth)
    running = scene.start(tunables=Tunables(chunk_size=100, throttle_additional_flag_file=""))
    scene.ended_right(running)
    assert cut.is_set()


@pytest.mark.parametrize("role", [HOME, DUMP])
def test_a_silent_connection_that_is_cut_while_copying_is_survived(
    make_scene: MakeScene, proxy: Proxy, role: str
) -> None:
    scene = make_scene()

    def cut(_: Link, __: str) -> Deed:
        for link in proxy.living(role):
            link.cut()
        return Deed.PASS

    struck = proxy.on(CHUNK, cut, nth=3)
    running = scene.start(tunables=Tunables(chunk_size=100, throttle_additional_flag_file=""))
    outcome = scene.ended_right(running)
    assert struck.is_set()
    assert outcome.reconnects == (1 if role == DUMP else 0)


def test_all_connections_that_are_cut_at_once_while_copying(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene()

    def cut(_: Link, __: str) -> Deed:
        proxy.cut()
        return Deed.PASS

    struck = proxy.on(CHUNK, cut, nth=5)
    running = scene.start(tunables=Tunables(chunk_size=100, throttle_additional_flag_file=""))
    scene.went_on_or_stopped(running, 20.0)
    assert struck.is_set()


@pytest.mark.parametrize("role", ["'heartbeat'", DUMP, "'barrier'", HOME])
def test_a_cut_while_the_cut_over_is_postponed_is_survived(
    make_scene: MakeScene, proxy: Proxy, tmp_path: Path, role: str
) -> None:
    flag = tmp_path / "postpone"
    flag.touch()
    scene = make_scene()
    running = scene.start(tunables=Tunables(postpone_flag_file=str(flag), throttle_additional_flag_file=""))
    running.until(phase_is(Phase.POSTPONED))
    found = proxy.living(role)
    assert found
    for link in found:
        link.cut()
    seen = scene.load.transactions
    running.until(lambda _: scene.load.transactions > seen + 20)
    flag.unlink()
    scene.ended_right(running)


LOCKED = {
    "marker": ("'marker'", Deed.CUT_AFTER),
    "lock-before": ("^LOCK TABLES", Deed.CUT),
    "lock-in-flight": ("^LOCK TABLES", Deed.CUT_AFTER),
    "rename-before": ("^RENAME TABLE", Deed.CUT),
    "rename-in-flight": ("^RENAME TABLE", Deed.CUT_AFTER),
    "unlock-before": ("^UNLOCK", Deed.CUT),
    "unlock-in-flight": ("^UNLOCK", Deed.CUT_AFTER),
}


@pytest.mark.parametrize("case", LOCKED)
def test_a_cut_at_a_step_of_the_cut_over(make_scene: MakeScene, proxy: Proxy, case: str) -> None:
    pattern, deed = LOCKED[case]
    scene = make_scene(rows=500)
    cut = proxy.on(pattern, deed, nth=2 if case == "marker" else 1)
    running = scene.start()
    result = scene.went_on_or_stopped(running)
    assert cut.is_set()
    if case != "marker":  # which of several sessions writes the second marker is open
        assert isinstance(result, Outcome), result


def _everybody(scene: Scene) -> dict[str, list[Link]]:
    assert scene.proxy is not None
    return {role: scene.proxy.living(role) for role in ("'heartbeat'", DUMP, "'barrier'", HOME)}


@pytest.mark.parametrize("role", ["'heartbeat'", DUMP, "'barrier'", HOME])
@pytest.mark.parametrize("step", ["before the lock", "after the lock"])
def test_another_connection_is_cut_around_the_lock(make_scene: MakeScene, proxy: Proxy, role: str, step: str) -> None:
    scene = make_scene(rows=500)

    def cut(link: Link, _: str) -> Deed:
        for other in _everybody(scene)[role]:
            if other is not link:
                other.cut()
        return Deed.PASS

    struck = proxy.on("^LOCK TABLES" if step == "before the lock" else "^RENAME TABLE", cut)
    running = scene.start()
    scene.ended_right(running)
    assert struck.is_set()


def test_a_truncated_answer_is_a_lost_connection(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene()

    def cut(link: Link, _: str) -> Deed:
        link.truncate(3)
        return Deed.PASS

    struck = proxy.on(r"^SELECT .* OFFSET", cut, nth=2)
    running = scene.start(tunables=Tunables(chunk_size=100, throttle_additional_flag_file=""))
    scene.ended_right(running)
    assert struck.is_set()


@pytest.mark.parametrize("count", [1, 40, 3000])
def test_a_truncated_log_is_read_again_from_the_last_boundary(make_scene: MakeScene, proxy: Proxy, count: int) -> None:
    scene = make_scene(rate=300.0)

    def cut(_: Link, __: str) -> Deed:
        for dump in proxy.living(DUMP):
            dump.truncate(count)
        return Deed.PASS

    struck = proxy.on(CHUNK, cut, nth=2)
    running = scene.start(tunables=Tunables(chunk_size=100, throttle_additional_flag_file=""))
    outcome = scene.ended_right(running)
    assert struck.is_set()
    assert outcome.reconnects >= 1


def test_a_slow_network_only_makes_it_slower(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene(rows=1000)
    proxy.delay(0.01)
    scene.ended_right(scene.start())


def test_a_network_that_stands_still_for_a_second_is_waited_for(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene()

    def stall(_: Link, __: str) -> Deed:
        proxy.stall()
        return Deed.PASS

    struck = proxy.on(CHUNK, stall, nth=3)
    running = scene.start(tunables=Tunables(chunk_size=100, throttle_additional_flag_file=""))
    assert struck.wait(20.0)
    running.stop.wait(1.0)
    assert running.alive
    proxy.heal()
    scene.ended_right(running)


def test_nobody_answers_at_the_start(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene(rows=50, writers=0)
    proxy.refuse()
    failure = scene.stopped_cleanly(scene.start())
    assert isinstance(failure, ConnectionLost)


@pytest.mark.parametrize(("most", "code"), [(1, 5), (0, 0)], ids=["once", "as often as any operation"])
def test_a_log_whose_connection_is_cut_each_time_is_asked_for_as_often_as_wanted(
    server: TestServer, database: str, proxy: Proxy, most: int, code: int
) -> None:
    make_table(server, database)
    left = strike_each_time(proxy, DUMP, 6)
    more = {"skip_port_validation": True, "binlogsyncer_max_reconnect_attempts": most}
    flags = words(proxy, database, user=server.user, execute=True, serve_socket_file="-", **more)
    ended = run(flags, environment(server.password))
    assert ended.code == code, ended
    assert left == ([2] if most else [0])  # it began anew once
    assert ("the binary log cannot be reached any more" in ended.err) == bool(most)


def test_a_clean_up_that_is_cut_again_and_again_is_ended_all_the_same(make_scene: MakeScene, proxy: Proxy) -> None:
    scene = make_scene(rows=50)
    left = strike_each_time(proxy, DROP_OF_THE_CHANGELOG, 4)
    scene.ended_right(scene.start())
    assert left == [0]


@pytest.mark.parametrize("deed", [Deed.CUT, Deed.CUT_AFTER], ids=["before", "in-flight"])
def test_a_cut_while_indexes_are_added_never_adds_them_twice_nor_leaves_them_out(
    make_scene: MakeScene, proxy: Proxy, deed: Deed
) -> None:
    scene = make_scene(rows=500)
    struck = proxy.on(r"^ALTER TABLE .*_gho` ADD KEY", deed, nth=2)  # the first one is the trial
    running = scene.start(indexes_after_copy=True)
    scene.ended_right(running)
    assert struck.is_set()
    keys = scene.server.execute("SHOW INDEX FROM t", db=scene.database)
    assert [row[2] for row in keys] == ["PRIMARY", "k_1"]
