"""Throttling as a table: what was read, what is allowed, the reason to wait; critical load over a course of time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ghostshift.core.critical import EVERY, CriticalLoad
from ghostshift.core.throttling import UNREACHABLE, Reading, Readings, Verdict, http_reason, judge, panic
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Tunables

FREE = Tunables(throttle_additional_flag_file="/b", throttle_flag_file="/a", max_lag_millis=1500)
ALL = replace(
    FREE,
    throttled_by_user=True,
    max_load=(("Threads_connected", 20), ("Threads_running", 10)),
    throttle_query="SELECT 1",
    throttle_http="http://example.com/check",
)
LOADED = {"threads_connected": "19", "threads_running": "10"}
FINE = Readings(lag=Reading(0.0, 0.1))


def load(status: dict[str, str] | None = None, at: float = 0.0, problem: str = "") -> Reading:
    found = {"threads_connected": "1", "threads_running": "1", **(status or {})}
    return Reading(at, status={} if problem else found, asked=frozenset(found), problem=problem)


BAD = Readings(
    flag_files=frozenset({"/a", "/b"}),
    load=load(LOADED),
    query=Reading(0, 1),
    http=Reading(0, 429),
    lag=Reading(0, 1.75),
    replicas={"r:1": Reading(0, 9.0)},
)

ORDER = [
    (ALL, BAD, "commanded by user"),
    (replace(ALL, throttled_by_user=False), BAD, "flag-file"),
    (replace(ALL, throttled_by_user=False), replace(BAD, flag_files=frozenset()), "max-load Threads_running=10 >= 10"),
    (replace(ALL, throttled_by_user=False, max_load=()), replace(BAD, flag_files=frozenset()), "throttle-query"),
    (
        replace(FREE, throttle_http="http://example.com/"),
        replace(BAD, flag_files=frozenset()),
        "Too many requests (http=429)",
    ),
    (FREE, replace(BAD, flag_files=frozenset()), "lag=1.750000s"),
    (FREE, replace(BAD, flag_files=frozenset(), lag=Reading(0, 1.5)), "r:1 replica-lag=9.000000s"),
    (FREE, replace(BAD, flag_files=frozenset(), lag=Reading(0, 1.5), replicas={}), ""),
]


@pytest.mark.parametrize(("tunables", "readings", "reason"), ORDER)
def test_the_first_reason_in_gh_osts_order_is_told(tunables: Tunables, readings: Readings, reason: str) -> None:
    verdict = judge(tunables, readings)
    assert verdict.reason == reason
    assert verdict.go is (not reason)


def test_what_critical_load_says_comes_before_all() -> None:
    critical = Verdict("critical-load-hibernate until then", "critical-load-hibernate")
    assert judge(ALL, BAD, critical) is critical


LOAD = replace(FREE, max_load=(("Threads_running", 10),))
QUERY = replace(FREE, throttle_query="SELECT 1")
HTTP = replace(FREE, throttle_http="http://example.com/check")
CASES = [
    (FREE, FINE, ""),
    (FREE, replace(FINE, flag_files=frozenset({"/c"})), ""),
    (FREE, replace(FINE, flag_files=frozenset({"/b"})), "flag-file"),
    (replace(FREE, throttle_flag_file=""), replace(FINE, flag_files=frozenset({""})), ""),
    (LOAD, replace(FINE, load=load({"threads_running": "9"})), ""),
    (LOAD, replace(FINE, load=load(problem="gone away")), "Threads_running gone away"),
    (LOAD, replace(FINE, load=load({"threads_running": "many"})), "Threads_running is not a number but 'many'"),
    (LOAD, replace(FINE, load=None), "awaiting the first reading of max-load"),
    (LOAD, replace(FINE, load=Reading(0, asked=frozenset({"other"}))), "awaiting the first reading of max-load"),
    (
        LOAD,
        replace(FINE, load=Reading(0, asked=frozenset({"threads_running"}))),
        "Threads_running the server has no status variable of that name",
    ),
    (QUERY, replace(FINE, query=Reading(0, 0)), ""),
    (QUERY, replace(FINE, query=Reading(0, -1)), ""),
    (QUERY, replace(FINE, query=Reading(0, 0.5)), "throttle-query"),
    (QUERY, replace(FINE, query=Reading(0, problem="no such table")), "throttle-query no such table"),
    (QUERY, FINE, "awaiting the first reading of throttle-query"),
    (HTTP, replace(FINE, http=Reading(0, 200)), ""),
    (HTTP, replace(FINE, http=Reading(0, 204)), "http=204"),
    (HTTP, replace(FINE, http=Reading(0, problem="refused")), "Connection error (http=-1)"),
    (replace(HTTP, ignore_http_errors=True), replace(FINE, http=Reading(0, problem="refused")), ""),
    (replace(HTTP, ignore_http_errors=True), replace(FINE, http=Reading(0, 500)), "Internal server error (http=500)"),
    (HTTP, FINE, "awaiting the first reading of throttle-http"),
    (FREE, Readings(), "awaiting the first reading of lag"),
    (FREE, Readings(lag=Reading(0, problem="cannot connect")), "lag cannot connect"),
    (replace(FREE, max_lag_millis=100), replace(FINE, lag=Reading(0, 0.101)), "lag=0.101000s"),
    (FREE, replace(FINE, replicas={"r:1": None}), "awaiting the first reading of r:1"),
    (FREE, replace(FINE, replicas={"r:1": Reading(0, problem="gone")}), "r:1 gone"),
    (
        FREE,
        replace(FINE, replicas={"r:1": Reading(0, 2.0), "r:2": Reading(0, 3.5), "r:3": Reading(0, 1.0)}),
        "r:2 replica-lag=3.500000s",
    ),
]


@pytest.mark.parametrize(("tunables", "readings", "reason"), CASES)
def test_each_source_has_its_limit_and_what_cannot_be_read_holds_us_back(
    tunables: Tunables, readings: Readings, reason: str
) -> None:
    assert judge(tunables, readings).reason == reason


def test_another_figure_of_the_same_source_is_no_news_but_another_source_is() -> None:
    once, again = (judge(FREE, Readings(lag=Reading(0, seconds))) for seconds in (2.0, 3.0))
    assert (once.source, once.reason != again.reason) == (again.source, True)
    replicas = [judge(FREE, replace(FINE, replicas={name: Reading(0, 9)})) for name in ("r:1", "r:2")]
    assert len({once.source, *(verdict.source for verdict in replicas)}) == 3
    assert not judge(FREE, Readings()).source, "to wait for a first reading is not worth telling"


@pytest.mark.parametrize(
    ("status", "plain", "freno"),
    [
        (429, "Too many requests (http=429)", "freno: threshold exceeded (http=429)"),
        (404, "Not found (http=404)", "freno: unknown metric (http=404)"),
        (417, "Expectation failed (http=417)", "freno: access forbidden (http=417)"),
        (500, "Internal server error (http=500)", "freno: internal error (http=500)"),
        (UNREACHABLE, "Connection error (http=-1)", "Connection error (http=-1)"),
        (503, "http=503", "http=503"),
    ],
)
def test_an_http_status_has_gh_osts_words(status: int, plain: str, freno: str) -> None:
    assert http_reason(status, "http://example.com/check") == plain
    assert http_reason(status, "http://freno.example.com/check") == freno


def test_a_panic_file_is_a_reason_to_give_up_only_where_one_is_named() -> None:
    readings = Readings(flag_files=frozenset({"/panic"}))
    assert panic(replace(FREE, panic_flag_file="/panic"), readings) == (
        "found panic-file /panic. Aborting without cleanup"
    )
    assert not panic(FREE, readings)
    assert not panic(replace(FREE, panic_flag_file="/panic"), Readings())


@pytest.mark.parametrize(
    ("scheme", "rest"),
    [("ftp", "example.com/x"), ("file", "/etc/hosts"), ("http", ""), ("http", "/x"), ("https", "example.com:port/"),
     ("http", "example.com:99999/"), ("http", "example.com/a b"), ("http", "example.com/\n"), ("http", "[::1/"),
     ("http", "ex\u00e4mple.com/")],
)  # fmt: skip
def test_an_address_that_cannot_be_asked_is_refused(scheme: str, rest: str) -> None:
    with pytest.raises(UsageError, match="throttle-http must be a whole address"):
        Tunables(throttle_http=f"{scheme}://{rest}")


@pytest.mark.parametrize("address", ["example.com/check", "//example.com/x", "x", "http:example.com", ":", "://"])
def test_an_address_without_a_scheme_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="throttle-http must be a whole address"):
        Tunables(throttle_http=address)


def test_no_password_of_an_address_is_told() -> None:
    with pytest.raises(UsageError) as refused:
        Tunables(throttle_http="//me:secret@example.com/x")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("rest", ["example.com", "me:word@example.com:81/x?a=b", "[::1]:80/", "x.example/"])
def test_addresses_that_can_be_asked_pass(rest: str) -> None:
    for scheme in ("http", "https", "HTTP"):
        address = f"{scheme}://{rest}"
        assert Tunables(throttle_http=address).throttle_http == address
    assert not Tunables(throttle_http="").throttle_http


# -- critical load

NOON = datetime(2026, 11, 22, 12, 0, 0, 500_000, tzinfo=UTC)
CRITICAL = replace(FREE, critical_load=(("Threads_connected", 90), ("Threads_running", 50)))
PEAK = {"threads_running": "50"}


def test_critical_load_aborts_at_once_at_its_limit() -> None:
    watch = CriticalLoad()
    below = watch.look(CRITICAL, load({"threads_running": "49"}), 0.0, NOON)
    assert (below.abort, below.verdict.reason) == ("", "")
    assert watch.look(CRITICAL, load(PEAK, 1.0), 1.0, NOON).abort == "critical-load met: Threads_running=50, >=50"


def test_without_a_limit_nothing_is_critical() -> None:
    assert CriticalLoad().look(FREE, None, 0.0, NOON).verdict.go


def test_load_that_cannot_be_read_throttles_and_does_not_abort() -> None:
    watch = CriticalLoad()
    ruling = watch.look(CRITICAL, load(problem="gone"), 0.0, NOON)
    assert (ruling.abort, ruling.verdict.reason) == ("", "Threads_connected gone")
    assert watch.look(CRITICAL, None, 0.0, NOON).verdict.reason == "awaiting the first reading of critical-load"


def test_with_an_interval_only_the_look_after_it_decides() -> None:
    tunables = replace(CRITICAL, critical_load_interval_millis=3000)
    watch = CriticalLoad()
    for at in (0.0, 1.0, 2.9):
        assert watch.look(tunables, load(PEAK, at), at, NOON) == watch.look(tunables, load(PEAK, at), at, NOON)
        assert not watch.look(tunables, load(PEAK, at), at, NOON).abort
    assert not watch.look(tunables, load({}, 3.0), 3.0, NOON).abort, "the load has gone: forgotten"
    assert not watch.look(tunables, load(PEAK, 4.0), 4.0, NOON).abort, "suspected anew"
    assert not watch.look(tunables, load({}, 5.0), 5.0, NOON).abort, "a look between decides nothing"
    assert watch.look(tunables, load(PEAK, 7.0), 7.0, NOON).abort


def test_a_look_that_fails_decides_nothing() -> None:
    tunables = replace(CRITICAL, critical_load_interval_millis=1000)
    watch = CriticalLoad()
    watch.look(tunables, load(PEAK, 0.0), 0.0, NOON)
    assert not watch.look(tunables, load(problem="gone", at=1.5), 1.5, NOON).abort
    assert watch.look(tunables, load(PEAK, 2.0), 2.0, NOON).abort


def test_the_second_look_is_taken_when_the_interval_is_over_and_not_at_the_next_round() -> None:
    tunables = replace(CRITICAL, critical_load_interval_millis=300)
    watch = CriticalLoad()
    assert watch.pause(0.0, 0.0, 0.3) == EVERY
    watch.look(tunables, load(PEAK, 0.0), 0.0, NOON)
    assert watch.pause(0.0, 0.1, 0.3) == pytest.approx(0.2)
    assert watch.pause(0.5, 0.5, 0.3) == EVERY, "it has been taken"


def test_hibernation_lasts_its_time_and_ends_with_a_fresh_look() -> None:
    tunables = replace(CRITICAL, critical_load_hibernate_seconds=60, critical_load_interval_millis=5)
    watch = CriticalLoad()
    reason = "critical-load-hibernate until 2026-11-22 12:01:00+00:00"
    assert watch.look(tunables, load(PEAK, 10.0), 10.0, NOON).verdict.reason == reason
    assert watch.resting(69.9)
    assert watch.pause(10.0, 30.0, 0.0) == pytest.approx(40.0)
    assert watch.look(tunables, load({}, 20.0), 69.9, NOON).verdict.reason == reason
    assert not watch.resting(70.0)
    assert watch.pause(10.0, 70.0, 0.0) <= 0
    assert watch.look(tunables, load({}, 20.0), 70.1, NOON).verdict.reason == "leaving hibernation"
    assert watch.look(tunables, load({}, 70.2), 70.2, NOON).verdict.go
    assert watch.look(tunables, load(PEAK, 71.0), 71.0, NOON).verdict.reason.startswith("critical-load-hibernate")


def test_who_takes_the_limit_away_ends_the_hibernation() -> None:
    watch = CriticalLoad()
    watch.look(replace(CRITICAL, critical_load_hibernate_seconds=60), load(PEAK), 0.0, NOON)
    assert watch.look(FREE, None, 1.0, NOON).verdict.go
    assert not watch.resting(1.0)
