"""The pauses between attempts of the cut-over, and the lag that forbids one."""

from __future__ import annotations

import pytest

from ghostshift.core.attempts import FIRST_SECONDS, bearable, pause_after, too_late
from ghostshift.model.settings import CutOverSettings


def test_attempts_follow_each_other_after_a_second() -> None:
    assert [pause_after(n, CutOverSettings()) for n in (1, 2, 9, 1000)] == [1, 1, 1, 1]


def test_with_backoff_each_pause_is_twice_the_last_up_to_the_most() -> None:
    settings = CutOverSettings(exponential_backoff=True, backoff_most_seconds=10)
    assert [pause_after(n, settings) for n in (1, 2, 3, 4, 5, 6, 10_000)] == [1, 2, 4, 8, 10, 10, 10]
    assert pause_after(7, CutOverSettings(exponential_backoff=True)) == 64


@pytest.mark.parametrize(
    ("lag", "most", "lock", "late"),
    [
        (0.0, 100, 1, False),
        (0.1, 100, 1, False),
        (0.11, 100, 3, True),
        (1.0, 1500, 1, False),
        (1.01, 1500, 1, True),
        (float("inf"), 10**9, 10, True),
    ],
)
def test_neither_the_operators_limit_nor_the_locks_may_be_exceeded(
    lag: float, most: int, lock: int, *, late: bool
) -> None:
    assert too_late(lag, most, lock) is late


def test_little_is_wanted_to_be_owed_at_first_and_ever_more_is_put_up_with() -> None:
    seen = [bearable(waited, 1.5) for waited in range(60)]
    assert seen[0] == FIRST_SECONDS
    assert seen == sorted(seen)
    assert bearable(5, 1.5) < 0.15
    assert seen[25] == seen[-1] == bearable(1e9, 1.5) == 1.5
    assert bearable(0, 0.01) == 0.01
