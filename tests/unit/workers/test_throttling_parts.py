"""Probes, the HTTP asker against a server of our own, the announcer: what hangs, what is dismissed, what is lost."""
# ruff: noqa: D102 - the stand-ins' methods are named by what they stand for

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from builders.checks import Checks
from builders.directing import wait_until
from ghostshift.core.throttling import Reading
from ghostshift.model.errors import ConnectionLost
from ghostshift.model.names import TableName
from ghostshift.model.options import Tunables
from ghostshift.mysql.session import Result
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.workers.announcer import DONE, LONGEST, Announcer
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.http_asker import HttpAsker
from ghostshift.workers.probes import Probe
from ghostshift.workers.throttler import Throttler


@pytest.fixture
def stop() -> Iterator[Stop]:
    made = Stop()
    yield made
    made.set()


@pytest.fixture
def checks() -> Iterator[Checks]:
    made = Checks()
    yield made
    made.close()


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


# -- probes


class Clock(Stop):
    """Time goes by when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> bool:
        return super().wait(min(seconds, 0.002))


class Oracle:
    """Answers with what it is given, or hangs."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.answer = Reading(0.0, 1.0)
        self.asked = 0
        self.closed = False
        self.hangs = False
        self.aborted = threading.Event()

    def ask(self) -> Reading:
        self.asked += 1
        if self.hangs:
            self.aborted.wait(20)
        return replace(self.answer, at=self.stop.now())

    def abort(self) -> None:
        self.aborted.set()

    def close(self) -> None:
        self.closed = True


def every(seconds: float) -> Callable[[float, float], float]:
    return lambda last, now: last + seconds - now


def test_a_probe_asks_in_its_rhythm_and_less_often_where_there_is_a_problem() -> None:
    stop = Clock()
    oracle = Oracle(stop)
    probe = Probe(oracle, every(0.2), stop, 5.0)
    assert probe.latest() is None
    thread = in_thread(probe.run)
    for count in (1, 2, 3):
        wait_until(lambda count=count: oracle.asked == count)
        wait_until(lambda: (reading := probe.latest()) is not None and reading.at == stop.time)
        stop.time += 0.25
    wait_until(lambda: oracle.asked == 4)
    oracle.answer = Reading(0.0, problem="gone")
    stop.time += 0.25
    wait_until(lambda: oracle.asked == 5)
    stop.time += 0.25
    assert not threading.Event().wait(0.05)
    assert oracle.asked == 5
    stop.time += 0.3
    wait_until(lambda: oracle.asked == 6)
    stop.set()
    thread.join(10)
    assert oracle.closed


def test_a_source_that_is_silent_for_long_has_a_problem_and_one_that_was_dismissed_ends() -> None:
    stop = Clock()
    oracle = Oracle(stop)
    oracle.hangs = True
    probe = Probe(oracle, every(1.0), stop, 5.0)
    thread = in_thread(probe.run)
    wait_until(lambda: oracle.asked == 1)
    stop.time += 5.9
    assert probe.latest() is None
    stop.time += 0.2
    silent = probe.latest()
    assert silent is not None
    assert silent.problem == "no answer for 5 s"
    probe.forget()
    assert probe.latest() is None
    probe.dismiss()
    thread.join(10)
    assert (thread.is_alive(), oracle.closed) == (False, True)


# -- the throttler


class Oracles:
    """In place of the askers."""

    def __init__(self, stop: Stop) -> None:
        self.made = {name: Oracle(stop) for name in ("lag", "load", "query")}

    def own_lag(self) -> Oracle:
        return self.made["lag"]

    def load(self) -> Oracle:
        return self.made["load"]

    def query(self, _: str) -> Oracle:
        return self.made["query"]


def test_after_a_hibernation_what_was_read_before_it_counts_no_more() -> None:
    stop, board, oracles = Clock(), StatusBoard(), Oracles(Clock())
    told: list[str] = []
    for oracle in oracles.made.values():
        oracle.stop, oracle.answer = stop, Reading(0.0)
    load = oracles.made["load"]
    load.answer = Reading(0.0, status={"threads_running": "9"}, asked=frozenset({"threads_running"}))
    board.publish(
        Tunables(
            throttle_additional_flag_file="", critical_load=(("Threads_running", 9),),
            critical_load_hibernate_seconds=60, throttle_query="SELECT 0",
        )
    )  # fmt: skip
    announcer = Announcer(Table().connect, Changelog(TableName("s", "_t_ghc")), stop, attempts=1)
    announcer.tell = told.append  # type: ignore[method-assign]

    def start(_: str, work: Callable[[], None], **__: bool) -> None:
        in_thread(work)

    throttler = Throttler(board, oracles, announcer, start, stop, beat=0.1)  # type: ignore[arg-type]
    wait_until(lambda: throttler.look().source == "critical-load-hibernate")
    query = oracles.made["query"]
    asked = load.asked
    query.hangs = True
    load.answer = Reading(0.0, status={"threads_running": "1"}, asked=frozenset({"threads_running"}))
    for _ in range(6):
        stop.time += 9.9
        assert throttler.look().source == "critical-load-hibernate"
    assert load.asked == asked, "a server that is spared is not asked"
    stop.time += 1.0
    wait_until(lambda: throttler.look().reason == "awaiting the first reading of throttle-query")
    query.hangs = False
    query.aborted.set()
    wait_until(lambda: throttler.look().go)
    assert told[0].startswith("critical-load-hibernate until ")
    assert told[1:] == ["leaving hibernation", DONE]
    stop.set()


# -- HTTP


def ask(address: str, stop: Stop, seconds: float = 5.0) -> Reading:
    return HttpAsker(address, lambda: seconds, stop).ask()


@pytest.mark.parametrize("status", [200, 204, 404, 417, 429, 500, 503])
def test_the_status_is_what_is_read_whatever_it_is(checks: Checks, stop: Stop, status: int) -> None:
    checks.status = status
    reading = ask(checks.address, stop)
    assert (reading.value, reading.problem) == (status, "")
    assert checks.asked[0][0] == "HEAD"


def test_a_redirect_is_followed_by_head_again(checks: Checks, stop: Stop) -> None:
    checks.status = 429
    assert ask(checks.address.replace("/check", "/moved"), stop).value == 429
    assert [(method, path) for method, path, _ in checks.asked] == [("HEAD", "/moved"), ("HEAD", "/check")]


def test_a_user_in_the_address_is_told_by_a_header_and_not_to_others(checks: Checks, stop: Stop) -> None:
    assert ask(checks.address.replace("://", "://me:p%40ss@").replace("/check", "/moved"), stop).value == 200
    first, second = checks.logins
    assert base64.b64decode(first.removeprefix("Basic ")) == b"me:p@ss"
    assert second == ""


def test_who_cannot_be_reached_or_does_not_answer_in_time_is_a_problem(checks: Checks, stop: Stop) -> None:
    checks.status = 0
    assert ask(checks.address, stop, 0.05).problem
    checks.close()
    assert "refused" in ask(checks.address, stop).problem


def test_a_request_that_hangs_ends_when_nobody_wants_its_answer(checks: Checks, stop: Stop) -> None:
    checks.status = 0
    asker = HttpAsker(checks.address, lambda: 600.0, stop)
    answers: list[Reading] = []
    thread = in_thread(lambda: answers.append(asker.ask()))
    wait_until(lambda: checks.asked)
    asker.abort()
    thread.join(10)
    assert answers[0].problem
    assert asker.ask().problem == "<urlopen error nobody wants to know any more>"


def test_a_proxy_of_the_environment_is_asked(checks: Checks, stop: Stop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", checks.address.removesuffix("/check"))
    monkeypatch.delenv("no_proxy", raising=False)
    assert ask("http://throttle.example/x", stop).value == 200
    assert checks.asked[0][:2] == ("HEAD", "http://throttle.example/x")


# -- the announcer


class Table:
    """The changelog's throttle texts, through sessions that may be lost."""

    def __init__(self, *failures: str) -> None:
        self.failures = list(failures)
        self.written: list[str] = []
        self.open = 0

    def connect(self) -> Any:
        if self.failures and self.failures[0] == "connect":
            self.failures.pop(0)
            raise ConnectionLost(2003, "cannot connect")
        self.open += 1
        return self

    def execute(self, statement: str) -> Result:
        if self.failures and self.failures[0] == "write":
            self.failures.pop(0)
            raise ConnectionLost(2013, "lost")
        self.written.append(statement)
        return Result(1, "", 0)

    def close(self) -> None:
        self.open -= 1


@pytest.mark.parametrize("failures", [(), ("connect", "connect"), ("write",), ("write", "connect", "write")])
def test_each_change_is_told_in_its_order_whatever_is_lost_on_the_way(stop: Stop, failures: tuple[str, ...]) -> None:
    table = Table(*failures)
    announcer = Announcer(table.connect, Changelog(TableName("s", "_t_ghc")), stop, attempts=10)
    thread = in_thread(announcer.run)
    for text in ("flag-file", "commanded by user", DONE, "x" * 10_000):
        announcer.tell(text)
    wait_until(lambda: any("xxx" in statement for statement in table.written))
    rows = [statement for statement in table.written if "'throttle'" in statement]
    order = ("flag-file at", "commanded by user at", "done throttling at", "x" * LONGEST + " at")
    assert len(rows) == 4
    assert all(text in row for text, row in zip(order, rows, strict=True))
    stop.set()
    thread.join(10)
    assert (thread.is_alive(), table.open) == (False, 0)
