"""The retry loop: which errors, how often, and what comes between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.mysql.retry import LOST, RETRYABLE, backoff, is_retryable, retrying
from ghostshift.runtime.group import Stop


class Idle(Stop):
    """Waits take no time, and are remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        """Do not."""
        self.waits.append(seconds)
        return self.is_set()


def failing(*failures: Exception | None) -> Callable[[], str]:
    left = list(failures)

    def work() -> str:
        failure = left.pop(0)
        if failure is not None:
            raise failure
        return "done"

    return work


DEADLOCK = ServerError(1213, "deadlock")
GONE = ConnectionLost(2006, "gone")


def test_what_succeeds_at_once_is_not_repeated() -> None:
    stop = Idle()
    assert retrying(failing(None), stop, 1) == "done"
    assert stop.waits == []


ROLLED_BACK = [1020, 1205, 1213, 1317, 1969, 3024, 3572]
OPEN = [1053, 1927, 2003, 2006, 2013, 2055, 3169, 4031]


def test_the_two_classes_are_known_by_number_and_no_number_is_in_both() -> None:
    assert sorted(RETRYABLE) == ROLLED_BACK
    assert sorted(LOST) == OPEN


@pytest.mark.parametrize("errno", ROLLED_BACK)
def test_what_the_server_rolled_back_whole_is_sent_again(errno: int) -> None:
    stop = Idle()
    assert is_retryable(ServerError(errno, "x"))
    assert retrying(failing(ServerError(errno, "x"), None), stop, 2) == "done"
    assert len(stop.waits) == 1


def test_before_each_repetition_it_waits_until_it_may_go_on() -> None:
    held: list[str] = []
    assert retrying(failing(DEADLOCK, DEADLOCK, None), Idle(), 3, hold=lambda: held.append("held")) == "done"
    assert held == ["held", "held"]
    assert retrying(failing(None), Idle(), 3, hold=lambda: held.append("never")) == "done"
    assert "never" not in held


@pytest.mark.parametrize("errno", [0, 1062, 1146, 1064, 1264])
def test_what_would_fail_again_is_raised_at_once(errno: int) -> None:
    stop = Idle()
    with pytest.raises(ServerError) as error:
        retrying(failing(ServerError(errno, "x"), None), stop, 9, recover=lambda _: None)
    assert error.value.errno == errno
    assert stop.waits == []


def test_the_last_error_is_raised_when_the_attempts_are_used_up() -> None:
    stop = Idle()
    last = ServerError(1205, "the last")
    with pytest.raises(ServerError) as error:
        retrying(failing(DEADLOCK, DEADLOCK, last, None), stop, 3)
    assert error.value is last
    assert len(stop.waits) == 2


def test_i3_a_lost_connection_is_fatal_unless_there_is_a_way_to_recover() -> None:
    with pytest.raises(ConnectionLost):
        retrying(failing(GONE, None), Idle(), 9)
    recovered: list[ConnectionLost] = []
    assert retrying(failing(GONE, GONE, None), Idle(), 9, recover=recovered.append) == "done"
    assert recovered == [GONE, GONE]


def test_i3_a_lost_connection_is_never_merely_repeated_whatever_its_number() -> None:
    assert not is_retryable(ConnectionLost(1205, "x"))
    assert not LOST & RETRYABLE


def test_recovery_comes_before_the_next_attempt_and_only_after_a_lost_connection() -> None:
    told: list[str] = []

    def work() -> str:
        told.append("work")
        if len(told) == 1:
            raise DEADLOCK
        if told.count("work") == 2:
            raise GONE
        return "done"

    retrying(
        work, Idle(), 9, recover=lambda _: told.append("recover"), on_retry=lambda e, n: told.append(f"{e.errno}/{n}")
    )
    assert told == ["work", "1213/1", "work", "2006/2", "recover", "work"]


def test_after_a_stop_nothing_is_repeated() -> None:
    stop = Idle()
    stop.set()
    with pytest.raises(ServerError):
        retrying(failing(DEADLOCK, None), stop, 9)
    assert stop.waits == []


def test_other_errors_pass_through() -> None:
    with pytest.raises(ZeroDivisionError):
        retrying(failing(ZeroDivisionError()), Idle(), 9)


def test_pauses_grow_to_a_bound_and_are_never_the_same_for_all() -> None:
    for attempt in (1, 3, 7, 50, 5000):
        most = min(2.0, 0.02 * 2 ** min(attempt, 16))
        pauses = {backoff(attempt) for _ in range(50)}
        assert 0.2 * most <= min(pauses) <= max(pauses) <= most
        assert len(pauses) > 40
    assert backoff(99, base=1, most=5) <= 5


def test_before_each_repetition_it_may_be_held_and_after_the_recovery() -> None:
    said: list[str] = []
    done = retrying(
        failing(DEADLOCK, GONE, None),
        Idle(),
        5,
        recover=lambda _: said.append("recover"),
        hold=lambda: said.append("hold"),
    )
    assert (done, said) == ("done", ["hold", "recover", "hold"])
    retrying(failing(None), Idle(), 5, hold=lambda: said.append("never"))
    assert "never" not in said
