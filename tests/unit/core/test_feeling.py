"""What tiny commits tell: the ease of an application is not what it looks like while it makes up for what it missed."""

from __future__ import annotations

import pytest

from ghostshift.core.feeling import AT_ONCE, CLIP, ENOUGH, RISE, SILENCE, Feeling

EASE = (0.002,) * 12


def at_ease() -> Feeling:
    feeling = Feeling()
    feeling.note(0.0, EASE, (), share=1.0, looked=True)
    return feeling


def test_the_first_look_is_believed_and_a_better_one_at_once() -> None:
    feeling = at_ease()
    assert feeling.baseline == pytest.approx(0.002)
    for _ in range(12):
        feeling.note(1.0, (0.001,) * 12, (), share=1.0, looked=True)
    assert feeling.baseline == pytest.approx(0.001, rel=0.01)


def test_beside_us_at_full_work_it_rises_slowly_and_without_us_soon() -> None:
    slow, soon = at_ease(), at_ease()
    for second in range(1, 11):
        slow.note(float(second), (0.008,) * 4, (), share=1.0, looked=True)
        soon.note(float(second), (0.008,) * 4, (), share=0.05, looked=True)
    assert slow.baseline < 0.002 * (1.0 + RISE) ** 10 * 1.01
    assert soon.baseline == pytest.approx(0.008)


def test_after_a_long_silence_it_does_not_jump() -> None:
    feeling = at_ease()
    feeling.note(10_000.0, (0.5,) * 12, (), share=1.0, looked=True)
    assert feeling.baseline <= 0.002 * (1.0 + RISE) ** SILENCE * 1.01


def test_one_that_hung_counts_for_a_few_at_the_most() -> None:
    feeling = Feeling()
    feeling.note(0.0, (*EASE[1:], 60.0), (), share=1.0, looked=True)
    assert feeling.baseline < 0.002 * 2
    feeling.note(1.0, (), (*(0.002,) * (ENOUGH - 1), 60.0), share=1.0, looked=False)
    assert feeling.lately(0.004) == pytest.approx((0.002 * (ENOUGH - 1) + CLIP * 0.004) / ENOUGH)


def test_lately_is_the_time_with_us_and_the_time_between_but_not_what_was_looked_at() -> None:
    feeling = at_ease()
    assert feeling.lately(1.0) == 0.0, "too few"
    feeling.note(1.0, (0.001,) * ENOUGH, (0.003,) * ENOUGH, share=1.0, looked=False)
    assert feeling.lately(1.0) == pytest.approx(0.002)
    feeling.forget()
    assert feeling.lately(1.0) == 0.0


def test_far_too_slow_is_seen_after_a_few() -> None:
    feeling = at_ease()
    feeling.note(1.0, (), (0.009,) * (AT_ONCE - 1), share=1.0, looked=False)
    assert feeling.far_beyond(0.004) == 0.0
    feeling.note(1.1, (), (0.009,), share=1.0, looked=False)
    assert feeling.far_beyond(0.004) == 0.009
    assert feeling.far_beyond(0.005) == 0.0
