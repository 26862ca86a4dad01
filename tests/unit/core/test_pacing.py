"""The pace by what is felt: giving way, going on, looking at the application alone, trying one more, settling."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostshift.core.feeling import ENOUGH
from ghostshift.core.pacing import BEGIN, EASED, FAIR, LEAST, LOOK_EVERY, MOST_COPIERS, POLITE, Felt, Pace, Pacer
from ghostshift.model.options import Tunables

FREE = Tunables()
GENTLE = Tunables(polite=True)
ALONE = (0.010, 0.010, 0.011, 0.009) * 3
STEP = 0.2


class Run:
    """A pacer, and a clock that goes on with each decision."""

    def __init__(self, wish: Tunables = FREE) -> None:
        self.pacer = Pacer()
        self.wish = wish
        self.at = 0.0
        self.rows = 0

    def decide(
        self,
        commit: float = 0.0,
        *,
        busy: bool = True,
        rows: int = 1000,
        alone: tuple[float, ...] = (),
        backlog: int = 0,
        redo: float = 0.0,
        history: int = 0,
        lag: float = 0.0,
        throttled: bool = False,
    ) -> Pace:
        """The next decision; `commit` is what each of some tiny commits took beside us, 0 for none of them."""
        self.at += STEP
        self.rows += rows
        beside = (commit,) * ENOUGH if commit else ()
        felt = Felt(
            at=self.at, alone=alone, beside=beside, busy=busy, rows=self.rows, backlog=backlog, redo=redo,
            history=history, lag=lag, throttled=throttled,
        )  # fmt: skip
        return self.pacer.decide(felt, self.wish)


def begun(wish: Tunables = FREE) -> Run:
    """One that knows what a commit takes without us."""
    run = Run(wish)
    run.decide(alone=ALONE)
    return run


def test_what_was_asked_for_is_what_the_reason_names() -> None:
    run = begun(Tunables(app_latency_millis=3.0))
    assert run.decide(0.012).reason == "commits take 12.0 ms, 3 ms are asked for"


def test_the_reason_is_the_present_one_and_not_what_held_it_back_before() -> None:
    run = begun()
    assert run.decide(0.033).reason.startswith("commits take")
    assert run.decide(redo=0.7).reason == "70% of the redo log wait for a checkpoint"
    assert run.decide(busy=False).reason == EASED
    while (pace := run.decide(busy=False)).copiers < BEGIN:
        assert pace.reason == EASED
    assert not pace.reason


def test_nobody_else_at_work_is_no_reason_to_give_way_however_long_commits_take() -> None:
    run = begun()
    for _ in range(50):
        pace = run.decide(1.0, busy=False)
    assert pace.copiers >= BEGIN
    assert not pace.reason
    assert pace.rest == 0.0
    assert pace.limit == math.inf


def test_an_application_whose_commits_take_too_long_gets_its_share_and_the_reason_is_told() -> None:
    run = begun()
    pace = run.decide(0.010 * FAIR * 1.5)
    assert pace.copiers < BEGIN
    assert pace.reason == "commits take 33.0 ms, 10.0 ms without us"
    assert "for commits take 33.0 ms" in pace.text


def test_what_is_bearable_changes_nothing() -> None:
    run = begun()
    assert run.decide(0.010 * FAIR * 0.95).copiers == BEGIN
    run.decide(0.010 * FAIR * 3)
    share = run.decide(0.010 * FAIR * 0.97).copiers
    assert all(run.decide(0.010 * FAIR * 0.97).copiers == share for _ in range(5))


def test_one_slow_commit_is_no_sign() -> None:
    run = begun()
    run.at += STEP
    pace = run.pacer.decide(Felt(at=run.at, beside=(0.5,), busy=True, rows=1), FREE)
    assert pace.copiers == BEGIN


def test_it_comes_back_step_by_step_when_it_is_bearable_again() -> None:
    run = begun()
    low = run.decide(1.0).copiers
    seen = [run.decide(0.010).copiers]
    while seen[-1] < BEGIN:
        seen.append(run.decide(0.010).copiers)
    assert seen[0] > low
    assert all(before <= after for before, after in itertools.pairwise(seen))
    assert max(after - before for before, after in itertools.pairwise(seen)) <= 0.2 * BEGIN
    assert seen[-1] == BEGIN


def test_a_share_remains_however_bad_it_is() -> None:
    run = begun()
    for _ in range(100):
        pace = run.decide(60.0)
    assert pace.copiers == LEAST
    assert pace.threads == 1
    assert pace.rest == pytest.approx(1 / LEAST - 1)


@pytest.mark.parametrize("threads", [1, 2, 8, 64])
def test_the_share_that_remains_is_that_of_one_copier_however_many_there_are(threads: int) -> None:
    run = begun(Tunables(copy_threads=threads))
    for _ in range(100):
        pace = run.decide(60.0)
    assert pace.copiers == pytest.approx(LEAST)


def test_a_target_beside_politeness_asks_for_more_and_not_for_less() -> None:
    both = begun(Tunables(polite=True, app_latency_millis=60_000.0))
    polite = begun(GENTLE)
    assert both.decide(0.030).copiers == polite.decide(0.030).copiers < BEGIN
    assert begun(Tunables(polite=True, app_latency_millis=5.0)).decide(0.006).limit == 0.005


def test_a_try_in_which_it_was_throttled_tells_nothing() -> None:
    """Three copiers are no faster than two; throttled half of the time, the slow seconds become no measure."""
    run = begun()
    most = 0
    for second in range(3600):
        throttled = second % 13 < 7
        for _ in range(round(1 / STEP)):
            pace = run.decide(busy=False, rows=0 if throttled else 4000, throttled=throttled)
            most = max(most, pace.threads)
    assert most == BEGIN + 1


def test_politeness_gives_way_earlier_and_stops_at_once_while_a_commit_takes_longer() -> None:
    bearable = 0.010 * (POLITE + FAIR) / 2
    assert begun().decide(bearable).copiers == BEGIN
    pace = begun(GENTLE).decide(bearable)
    assert pace.copiers < BEGIN
    assert 0.010 * POLITE <= pace.limit <= 0.010 * POLITE + 0.001
    assert pace.chunk_seconds < begun().decide(bearable).chunk_seconds


def test_where_the_way_to_the_server_is_long_chunks_are_worth_it() -> None:
    run = Run(GENTLE)
    assert run.decide(alone=(0.1,) * 4).chunk_seconds == pytest.approx(0.5)


def test_politeness_minds_an_application_that_does_too_little_to_be_seen() -> None:
    assert begun(GENTLE).decide(0.1, busy=False).copiers < BEGIN


def test_a_target_is_what_was_asked_for_and_needs_no_look_without_us() -> None:
    run = Run(Tunables(app_latency_millis=50.0))
    assert run.decide(0.040).copiers == BEGIN
    run.decide(0.060)
    pace = run.decide(0.060)
    assert pace.copiers < BEGIN
    assert pace.limit == 0.050


def test_a_target_holds_where_others_make_commits_slow_too() -> None:
    run = Run(Tunables(app_latency_millis=50.0))
    assert run.decide(alone=(0.080,) * ENOUGH).copiers < BEGIN


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ({"redo": 0.9}, "90% of the redo log wait for a checkpoint"),
        ({"history": 2_000_000}, "2000000 undo records wait for purge"),
        ({"lag": 1.2}, "replicas lag by 120% of what they may"),
    ],
)
def test_a_server_in_distress_is_given_way_to_even_where_nobody_is_at_work(sign: dict[str, float], words: str) -> None:
    run = begun()
    pace = run.decide(0.010, busy=False, **sign)  # type: ignore[arg-type]  # one of several figures
    assert pace.copiers < BEGIN
    assert pace.reason == words


def test_now_and_then_the_application_is_looked_at_alone_and_not_for_long() -> None:
    run = begun()
    looks = [run.decide(0.010).looking for _ in range(round(2 * LOOK_EVERY / STEP))]
    assert any(looks)
    assert sum(looks) * STEP < LOOK_EVERY / 2, "and nothing was learnt from it"
    while not run.decide(0.010).looking:
        pass
    assert not run.decide(alone=ALONE).looking


def test_without_an_application_nobody_stops_to_look() -> None:
    run = begun()
    assert not any(run.decide(0.010, busy=False).looking for _ in range(200))


def test_the_application_alone_becomes_slower_or_faster_and_the_limit_follows() -> None:
    run = begun()
    assert run.decide(0.030).copiers < BEGIN
    for _ in range(6):
        run.decide(alone=(0.030,) * 4)
    assert run.decide(0.030).reason, "it may be making up for what it missed"
    for _ in range(round(60 / STEP)):
        run.decide(alone=(0.030,) * 4)
    for _ in range(30):
        pace = run.decide(0.050)
    assert pace.copiers == BEGIN


# -- how many


def speeds(run: Run, fastest: int, seconds: float) -> list[int]:
    """Copiers over time on a server that is faster with each of them up to `fastest`."""
    seen, number = [], BEGIN
    for _ in range(round(seconds / STEP)):
        pace = run.decide(0.010, busy=False, rows=10_000 * min(number, fastest))
        number = pace.threads
        seen.append(number)
    return seen


def test_one_more_is_kept_where_it_pays() -> None:
    assert max(speeds(begun(), MOST_COPIERS, 60)) == MOST_COPIERS
    assert speeds(begun(), 4, 60)[-1] in (4, 5)


def test_what_did_not_pay_is_tried_ever_less_often() -> None:
    seen = speeds(begun(), BEGIN, 600)
    assert set(seen) == {BEGIN, BEGIN + 1}
    tries = [at for at, (before, after) in enumerate(itertools.pairwise(seen)) if after > before]
    assert 2 <= len(tries) <= 7
    gaps = [after - before for before, after in itertools.pairwise(tries)]
    assert gaps == sorted(gaps)


def test_in_the_first_seconds_nothing_is_tried() -> None:
    run = begun()
    seen = speeds(run, MOST_COPIERS, 30)
    assert set(seen[: round(9 / STEP)]) == {BEGIN}
    assert max(seen) > BEGIN


def test_a_number_that_was_asked_for_is_kept() -> None:
    run = begun(Tunables(copy_threads=5))
    assert set(speeds(run, 1, 60)) == {5}
    run.wish = Tunables(copy_threads=1)
    assert run.decide(0.010).copiers == 1


def test_a_number_given_and_taken_away_in_the_midst_of_a_try_leaves_what_was_proved() -> None:
    run = begun()
    while run.decide(busy=False).threads == BEGIN:
        pass
    run.wish = Tunables(copy_threads=1)
    run.decide(busy=False)
    run.wish = FREE
    assert run.decide(busy=False).threads == BEGIN


def test_beside_an_application_more_are_tried_only_where_nothing_holds_us_back() -> None:
    run = begun()
    assert max(run.decide(0.010, rows=10_000).threads for _ in range(100)) > BEGIN
    run = begun()
    seen = {run.decide(0.010 * FAIR * 1.2, rows=10_000).threads for _ in range(200)}
    assert max(seen) == BEGIN


def test_appliers_follow_a_backlog_that_grows() -> None:
    run = begun()
    backlog = 6000
    for _ in range(60):
        backlog = round(backlog * 1.1)
        pace = run.decide(0.010, backlog=backlog)
    assert pace.appliers == 4
    for _ in range(60):
        pace = run.decide(0.010, backlog=0)
    assert pace.appliers == 2
    run.wish = Tunables(apply_threads=3)
    assert run.decide(0.010).appliers == 3


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.booleans(), st.booleans(), st.integers(0, 10**6), st.floats(0, 2)), max_size=60
    ),
    st.sampled_from([FREE, GENTLE, Tunables(app_latency_millis=5.0), Tunables(copy_threads=64)]),
)
def test_whatever_is_felt_the_pace_is_within_its_bounds(
    history: list[tuple[float, bool, bool, int, float]], wish: Tunables
) -> None:
    run = Run(wish)
    for commit, busy, alone, rows, sign in history:
        pace = run.decide(commit, busy=busy, alone=(commit,) if alone else (), rows=rows, redo=sign, backlog=rows)
        assert LEAST <= pace.copiers <= max(MOST_COPIERS, wish.copy_threads)
        assert pace.threads >= pace.copiers > pace.threads - 1
        assert 0.0 <= pace.rest <= 1 / LEAST
        assert 1 <= pace.appliers <= 4
        assert pace.limit > 0.0
