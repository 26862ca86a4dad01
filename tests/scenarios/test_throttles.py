"""Every source of throttling against a running migration: its reason, that work rests, and that it goes on after."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymysql
import pytest

from builders.checks import Checks
from builders.directing import Directed, Director, assert_same, fill, pause, run, wait_until
from builders.migrating import options
from builders.replicas import Family
from ghostshift.core.cutover_steps import CutOverResult, NotSwapped
from ghostshift.core.progress import Snapshot
from ghostshift.core.throttling import Verdict
from ghostshift.model.errors import Aborted
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers import probes
from ghostshift.workers.cutover import CutOver
from plugins.fix_proxy import MakeProxy
from plugins.server_pool import TestServer

ROWS = 1500
CALM = Tunables(throttle_additional_flag_file="", chunk_size=10)

ENDLESS = "SELECT BENCHMARK(1000000000000, SHA2('x', 256))"
"""Not SLEEP, which ends by itself when its client has gone."""

NONE_YET = Verdict("the throttler has not looked yet")


class Held:
    """A migration whose rows are copied and whose cut-over waits for a file: what changes is still applied."""

    def __init__(self, server: TestServer, database: str, running: Directed, path: Path) -> None:
        self.server = server
        self.database = database
        self.running = running
        self._path = path
        self._next = 0

    def tune(self, **changes: Any) -> None:
        """As a command would do it; then a verdict that is not older."""
        self.running.board.change(Tunables, Tunables(), lambda tunables: replace(tunables, **changes))
        for _ in range(2):  # the first may come of a look that had begun before
            self.running.board.publish(NONE_YET)
            wait_until(lambda: self.running.board.get(Verdict, Verdict()) is not NONE_YET or not self.running.alive)

    @property
    def reason(self) -> str:
        """Why it waits."""
        return self.running.board.get(Verdict, Verdict()).reason

    def await_reason(self, start: str, seconds: float = 15.0) -> None:
        """Until it waits for a reason that begins like that; an empty one means go."""
        if start:
            self.running.wait(lambda: self.reason.startswith(start), f"{start!r}, not {self.reason!r}", seconds)
        else:
            self.running.wait(lambda: not self.reason, f"go, not {self.reason!r}", seconds)

    def rests(self) -> None:
        """A change comes in, and is not applied."""
        self.running.wait(lambda: self.running.count("idle"), "what was under way has ended")
        applied, received = self.running.count("applied"), self.running.count("received")
        self.change()
        self.running.wait(lambda: self.running.count("received") > received, "the log goes on being read")
        pause(0.35)
        assert self.running.count("applied") == applied, self.reason

    def works(self) -> None:
        """What has come in is applied."""
        self.running.wait(lambda: self.running.count("idle"), f"all applied, {self.reason!r}")

    def change(self) -> None:
        """One row."""
        self._next += 1
        run(self.server, self.database, f"UPDATE t SET v = -{self._next} WHERE id = {self._next}")

    def ends_well(self) -> None:
        """Let it cut over."""
        self._path.unlink(missing_ok=True)
        outcome = self.running.result()
        assert outcome.swapped
        assert_same(self.server, outcome, self.database)


Hold = Callable[..., Held]


@pytest.fixture
def hold(director: Director, tmp_path: Path) -> Hold:
    """Start a migration that is held at the cut-over."""

    def make(server: TestServer, database: str, **more: Any) -> Held:
        fill(server, database, ROWS)
        path = tmp_path / "postpone"
        path.touch()
        tunables = replace(CALM, chunk_size=0, postpone_flag_file=str(path), **more)
        running = director.start(options(server, database, tunables=tunables))
        return Held(server, database, running, path)

    return make


@pytest.fixture
def held(hold: Hold, server: TestServer, database: str) -> Held:
    made = hold(server, database)
    made.running.await_phase(Phase.POSTPONED)
    return made


@pytest.fixture
def held_once(hold: Hold, mysql_server: TestServer) -> Held:
    """Where the flavour does not matter."""
    made = hold(mysql_server, mysql_server.fresh_database())
    made.running.await_phase(Phase.POSTPONED)
    return made


@pytest.fixture
def checks() -> Iterator[Checks]:
    made = Checks()
    yield made
    made.close()


def changelog(held: Held) -> str:
    """The changelog's name: it differs by what the server can do."""
    return held.running.crew.changelog.name.sql


def written(held: Held) -> str:
    """The throttle's row of the changelog, without its moment."""
    rows = held.server.execute(f"SELECT value FROM {changelog(held)} WHERE hint = 'throttle'")
    return str(rows[0][0]).rpartition(" at ")[0] if rows else ""


def test_each_source_of_throttling_holds_back_and_lets_go(held: Held, tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    held.tune(throttle_flag_file=str(first), throttle_additional_flag_file=str(second))
    held.await_reason("")
    assert written(held) in ("", "done throttling")
    for path in (first, second):
        path.touch()
        held.await_reason("flag-file")
        path.unlink()
        held.await_reason("")

    held.tune(max_load=(("Threads_connected", 1),))
    held.await_reason("max-load Threads_connected=")
    held.rests()
    wait_until(lambda: written(held).startswith("max-load Threads_connected="), what="told in the changelog")
    held.tune(throttled_by_user=True)
    held.await_reason("commanded by user")
    wait_until(lambda: written(held) == "commanded by user", what="another reason told")
    held.tune(throttled_by_user=False, max_load=(("Threads_connected", 100_000), ("No_such_thing", 5)))
    held.await_reason("No_such_thing the server has no status variable")
    held.tune(max_load=(("Threads_connected", 100_000),))
    held.await_reason("")
    held.works()
    wait_until(lambda: written(held) == "done throttling", what="the end told")

    for query, reason in (
        ("SELECT COUNT(*) FROM t", "throttle-query"),
        ("SELECT nothing FROM t", "throttle-query Unknown column"),
        ("SELECT v FROM t WHERE id = 0", ""),
        ("SELECT 'much' FROM DUAL", "throttle-query its answer is not a number"),
        ("SELECT MAX(v) FROM t WHERE id = 0", ""),
        ("SELECT 0.1", "throttle-query"),
        ("DROP TABLE t", "throttle-query Cannot execute statement in a READ ONLY transaction"),
        ("DELETE FROM t", "throttle-query Cannot execute statement in a READ ONLY transaction"),
        ("", ""),
    ):
        held.tune(throttle_query=query)
        held.await_reason(reason)
    held.ends_well()


def test_a_query_and_a_server_that_hang_delay_nobody_else(
    held: Held, tmp_path: Path, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "PATIENCE", 0.5)
    checks.status = 0
    held.tune(throttle_query=ENDLESS, throttle_http=checks.address, throttle_http_timeout_millis=600_000)
    held.await_reason("awaiting the first reading of throttle-query")
    wait_until(lambda: working(held.server), what="the query to run")
    wait_until(lambda: checks.asked, what="the request to hang")
    path = tmp_path / "flag"
    held.tune(throttle_flag_file=str(path))
    path.touch()
    held.await_reason("flag-file", 2.0)
    held.tune(throttled_by_user=True)
    held.await_reason("commanded by user", 2.0)
    held.tune(throttled_by_user=False)
    path.unlink()
    held.await_reason("awaiting the first reading of throttle-query", 2.0)
    held.tune(throttle_query="")
    wait_until(lambda: not working(held.server), 5.0, "the query that nobody wants any more is ended on the server")
    held.await_reason("awaiting the first reading of throttle-http", 2.0)
    held.running.stop.set(Aborted("enough"))
    with pytest.raises(Aborted, match="enough") as ended:
        held.running.result()
    assert not any("did not end" in note for note in ended.value.__notes__)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("throttle")]


def working(server: TestServer) -> bool:
    """Whether the endless query runs on the server."""
    return any(row[7] == ENDLESS for row in server.execute("SHOW FULL PROCESSLIST"))


def test_an_http_server_is_asked_and_its_status_told(held_once: Held, checks: Checks) -> None:
    held = held_once
    held.tune(throttle_http=checks.address)
    held.await_reason("")
    assert checks.asked[0][:2] == ("HEAD", "/check")
    assert checks.asked[0][2].startswith("ghostshift/")
    for status, reason in (
        (429, "Too many requests (http=429)"),
        (404, "Not found (http=404)"),
        (500, "Internal server error (http=500)"),
        (204, "http=204"),
    ):
        checks.status = status
        held.await_reason(reason)
    held.rests()
    checks.status = 200
    held.await_reason("")
    held.works()
    held.tune(throttle_http=checks.address.replace("/check", "/moved"))
    wait_until(lambda: ("HEAD", "/moved") in [asked[:2] for asked in checks.asked], what="the redirect")
    held.await_reason("")
    checks.status = 0
    held.tune(throttle_http_timeout_millis=50)
    held.await_reason("Connection error (http=-1)")
    held.tune(ignore_http_errors=True)
    held.await_reason("")
    held.tune(ignore_http_errors=False)
    checks.close()
    held.await_reason("Connection error (http=-1)")
    held.tune(throttle_http="")
    held.await_reason("", 2.0)
    held.ends_well()


def test_critical_load_gives_up_and_names_the_load(held: Held) -> None:
    held.tune(critical_load=(("Threads_connected", 1),))
    with pytest.raises(Aborted, match=r"critical-load met: Threads_connected=\d+, >=1"):
        held.running.result()
    assert len(held.server.execute("SELECT 1 FROM t", db=held.database)) == ROWS


def test_critical_load_with_an_interval_gives_up_only_when_it_is_met_again(held_once: Held) -> None:
    held = held_once
    extra = [held.server.connect() for _ in range(30)]
    held.tune(critical_load=(("Threads_connected", 30),), critical_load_interval_millis=1500)
    pause(1.2)
    assert held.running.alive, held.running.error
    for connection in extra:
        connection.close()
    pause(1.5)
    assert held.running.alive, held.running.error
    held.await_reason("")
    held.tune(critical_load=(("Threads_connected", 1),), critical_load_interval_millis=300)
    with pytest.raises(Aborted, match="critical-load met"):
        held.running.result()


def test_critical_load_hibernates_and_wakes_to_a_calm_server(held_once: Held) -> None:
    held = held_once
    held.tune(critical_load=(("Threads_connected", 1),), critical_load_hibernate_seconds=2)
    held.await_reason("critical-load-hibernate until ")
    until = held.reason
    held.rests()
    wait_until(lambda: written(held).startswith("critical-load-hibernate until "), what="told in the changelog")
    held.running.wait(lambda: held.reason != until, "the hibernation's end")
    held.await_reason("critical-load-hibernate until ")
    held.tune(critical_load=(("Threads_connected", 100_000),))
    assert held.reason.startswith("critical-load-hibernate until "), "it lasts its time"
    held.await_reason("")
    held.works()
    held.ends_well()


def test_a_panic_file_gives_up_even_while_the_user_throttles(held_once: Held, tmp_path: Path) -> None:
    held = held_once
    path = tmp_path / "panic"
    held.tune(panic_flag_file=str(path), throttled_by_user=True)
    held.await_reason("commanded by user")
    path.touch()
    with pytest.raises(Aborted, match=f"found panic-file {path}") as ended:
        held.running.result()
    assert any("DROP TABLE" in note for note in ended.value.__notes__), "it tells what it left behind"


def test_nice_ratio_slows_the_copy_and_may_change_at_any_time(mysql_server: TestServer, director: Director) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, ROWS)
    running = director.start(options(server, database, tunables=replace(CALM, nice_ratio=100.0), copy_threads=1))
    running.wait(lambda: running.chunks() == 1, "a chunk")
    began = running.chunks()
    running.board.change(Tunables, Tunables(), lambda tunables: replace(tunables, nice_ratio=1e6))
    pause(0.8)
    assert running.chunks() <= began + 8, "a chunk of ten rows takes some milliseconds"
    running.board.change(Tunables, Tunables(), lambda tunables: replace(tunables, nice_ratio=0.0))
    assert running.result().rows_copied == ROWS


def test_a_copier_that_sleeps_wakes_to_a_stop(mysql_server: TestServer, director: Director) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, ROWS)
    running = director.start(options(server, database, tunables=replace(CALM, nice_ratio=1e6)))
    running.wait(lambda: running.chunks() >= 2, "a chunk of each copier")
    running.stop.set(Aborted("enough"))
    with pytest.raises(Aborted, match="enough") as ended:
        running.result(10)
    assert not any("did not end" in note for note in getattr(ended.value, "__notes__", ()))


def test_throttled_at_the_start_nothing_is_copied(hold: Hold, server: TestServer, database: str) -> None:
    held = hold(server, database, throttled_by_user=True)
    held.running.await_phase(Phase.COPYING)
    held.await_reason("commanded by user")
    beat = f"SELECT value FROM {changelog(held)} WHERE hint = 'heartbeat'"
    first = server.execute(beat)
    held.change()
    held.running.wait(lambda: held.running.count("received") == 1, "the log is read")
    wait_until(lambda: server.execute(beat) != first, what="heartbeats go on")
    assert (held.running.chunks(), held.running.count("applied")) == (0, 0)
    held.tune(throttled_by_user=False)
    held.running.await_phase(Phase.POSTPONED)
    held.ends_well()


def test_own_lag_is_the_age_of_the_heartbeat_on_the_server(held: Held) -> None:
    blocker = held.server.connect(held.database)
    with blocker.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT * FROM {changelog(held)} WHERE hint = 'heartbeat' FOR UPDATE")
    held.await_reason("lag=")
    held.tune(max_lag_millis=600_000)
    held.await_reason("")
    held.tune(max_lag_millis=1500)
    held.await_reason("lag=")
    blocker.rollback()
    held.await_reason("")
    held.ends_well()


def delay(family: Family, replica: TestServer, seconds: int) -> None:
    """Let a replica apply what it gets so much later."""
    word = "MASTER" if family.mariadb else "SOURCE"
    change = f"CHANGE {'MASTER' if family.mariadb else 'REPLICATION SOURCE'} TO {word}_DELAY = {seconds}"
    for statement in ("STOP REPLICA", change, "START REPLICA"):
        replica.execute(statement)


def test_replicas_that_are_delayed_hold_back_and_one_that_hangs_does_too(
    family: Family, director: Director, make_proxy: MakeProxy, tmp_path: Path
) -> None:
    """The one whose log is read, by our own lag, and a control replica."""
    read, control = family.replicas
    fill(family.primary, family.database, ROWS)
    family.caught_up()
    path = tmp_path / "postpone"
    path.touch()
    tunables = replace(
        CALM, chunk_size=0, postpone_flag_file=str(path), control_replicas=((control.host, control.port),)
    )
    running = director.start(options(read, family.database, allow_on_master=False, tunables=tunables))
    held = Held(family.primary, family.database, running, path)
    running.await_phase(Phase.POSTPONED)
    held.await_reason("")
    try:
        delay(family, control, 3)
        held.await_reason(f"{control.host}:{control.port} replica-lag=")
        held.rests()
        delay(family, control, 0)
        held.await_reason("")
        held.works()
        delay(family, read, 3)
        held.await_reason("lag=")
        running.wait(lambda: (running.board.read(Snapshot).server_lag or 0) > 1.5, "the lag on the board")  # type: ignore[union-attr]
    finally:
        for replica in (control, read):
            delay(family, replica, 0)
    held.await_reason("")

    proxy = make_proxy(control)
    held.tune(control_replicas=((proxy.host, proxy.port),), max_lag_millis=900)
    held.await_reason("")
    proxy.stall()
    held.await_reason(f"{proxy.host}:{proxy.port} ")
    held.tune(throttle_flag_file=str(tmp_path))
    held.await_reason("flag-file", 2.0)
    held.tune(throttle_flag_file="")
    proxy.heal()
    held.await_reason("")
    held.ends_well()


def test_between_two_attempts_of_the_cut_over_the_throttle_is_waited_for(
    mysql_server: TestServer, director: Director
) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, ROWS)
    attempts: list[float] = []
    attempt = CutOver.attempt

    def first_fails(cut_over: CutOver) -> CutOverResult:
        attempts.append(0.0)
        if len(attempts) > 1:
            return attempt(cut_over)
        running.board.change(Tunables, Tunables(), lambda tunables: replace(tunables, throttled_by_user=True))
        return NotSwapped(reason="a test says so", retry=True)

    director.replace(CutOver, "attempt", first_fails)
    running = director.start(options(server, database, tunables=CALM))
    running.wait(lambda: attempts and running.phase is Phase.CATCHING_UP, "the first attempt's end")
    pause(1.5)
    assert len(attempts) == 1
    running.board.change(Tunables, Tunables(), lambda tunables: replace(tunables, throttled_by_user=False))
    assert running.result().cut_over.attempts == 2


def test_the_changes_are_told_over_a_new_connection_where_the_old_one_is_lost(held: Held) -> None:
    held.await_reason("")
    held.tune(throttled_by_user=True)
    wait_until(lambda: written(held) == "commanded by user", what="told")
    for number, statement in held.server.execute("SELECT id, info FROM information_schema.processlist"):
        if statement is None:
            with contextlib.suppress(pymysql.Error):
                held.server.execute(f"KILL {number}")
    held.tune(throttled_by_user=False)
    wait_until(lambda: written(held) == "done throttling", what="told over a new connection")
    held.ends_well()
