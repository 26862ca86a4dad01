from __future__ import annotations

import re
from typing import Any

import pytest
from bench.bars import BAR_ROWS, Bar, bars, missed
from bench.results import Result

from builders.benched import busy, ran, stall


def judged(results: list[Result], flavor: str = "mysql", rows: int = BAR_ROWS, micro: Any = None) -> dict[str, Bar]:
    return {bar.bar: bar for bar in bars(results, flavor, rows, micro)}


def idle(ours: float, alter: float = 10.0, **more: Any) -> list[Result]:
    return [ran("idle", "ghostshift", ours, **more), ran("idle", "alter", alter)]


@pytest.mark.parametrize(
    ("flavor", "ours", "passed"), [("mysql", 10.0, True), ("mysql", 10.1, False), ("mariadb", 12.0, True)]
)
def test_idle_is_measured_by_the_server_s_own_alter(flavor: str, ours: float, passed: bool) -> None:  # noqa: FBT001
    assert judged(idle(ours), flavor)[f"idle, {flavor}"].passed is passed


def test_gh_ost_that_is_not_here_is_not_measured_rather_than_beaten() -> None:
    bar = judged([*idle(5), Result("idle", "gh-ost", absent="not on PATH")])["idle, against gh-ost"]
    assert (bar.passed, bar.value) == (None, "gh-ost: not on PATH")
    assert judged([*idle(5), ran("idle", "gh-ost", 12.5)])["idle, against gh-ost"].passed is True
    assert judged([*idle(5), ran("idle", "gh-ost", 12.4)])["idle, against gh-ost"].passed is False
    late = ran("idle", "gh-ost", 90, finished=False, note="stopped after 90 s")
    assert judged([*idle(5), late])["idle, against gh-ost"].passed is True
    assert judged([*idle(5, finished=False), late])["idle, against gh-ost"].passed is None


def test_unlimited_has_the_issue_s_seconds_and_a_ratio_for_any_machine() -> None:
    found = judged([*idle(5), busy("ghostshift", 10.4)])
    assert found["unlimited"].passed is False
    assert found["unlimited, any machine"].passed is True
    small = judged([*idle(5), busy("ghostshift", 2)], rows=50_000)
    for name in ("unlimited", "unlimited, any machine", "idle, mysql"):
        assert small[name].passed is None, "the issue speaks of a million rows"
        assert "50,000 rows" in small[name].value
    assert small["unlimited, kept"].passed is True


def test_one_that_does_not_finish_holds_no_bar() -> None:
    found = judged([*idle(5), busy("ghostshift", 8, finished=False, note="gave up")])
    assert found["unlimited writes"].passed is False
    assert "gave up" in found["unlimited writes"].value
    assert found["unlimited"].passed is None


def test_stalls_are_shown_beside_the_load_s_own() -> None:
    found = judged([busy("ghostshift", 8, worst=120), busy("alone", 8, worst=33)])
    assert found["unlimited, stall in the copy"].passed is False
    assert "load alone: 33 ms" in found["unlimited, stall in the copy"].value
    assert re.search(r"; the load alone: \d+% of itself$", found["unlimited, kept"].value)
    assert found["unlimited, stall in the cut-over"].passed is True
    assert found["unlimited, kept"].passed is True


def test_a_server_with_log_threads_is_judged_alike_and_by_its_own_name() -> None:
    name = "unlimited-log-threads"
    found = judged([busy("ghostshift", 9.0, kept=0.5, scenario=name, during=stall(99))])
    assert found[name].passed is True
    assert found[f"{name}, kept"].passed is True
    assert "unlimited" not in found
    polite = busy("ghostshift", 20, kept=0.9, scenario="polite-log-threads", during=stall(9, p99=6.5))
    assert judged([polite])["polite-log-threads, kept"].passed is False


def test_polite_compares_p99_with_the_load_alone_of_the_same_round() -> None:
    ours = busy("ghostshift", 20, kept=0.995, scenario="polite", during=stall(9, p99=6.5))
    alone = busy("alone", 20, scenario="polite", during=stall(9, p99=5.0))
    found = judged([ours, alone])
    assert found["polite, kept"].passed is True
    assert found["polite, p99"].passed is True
    ours.during = stall(9, p99=6.6)
    assert judged([ours, alone])["polite, p99"].passed is False
    absent = judged([Result("polite", "ghostshift", absent="--polite: not offered")])["polite"]
    assert (absent.passed, absent.value) == (None, "--polite: not offered")


def test_the_reader_s_bars_come_from_its_micro_bench() -> None:
    micro = {
        "reader": {
            "multi_row_statements": {"rows_per_second": 300_000},
            "foreign_single_row_transactions": {"events_per_second": 700_000},
        }
    }
    found = judged(idle(5), micro=micro)
    assert found["reader, changed rows"].passed is True
    assert found["reader, foreign events"].passed is False
    broken = judged(idle(5), micro={"reader": {"error": "no server"}})["reader, changed rows"]
    assert (broken.passed, broken.value) == (None, "no server")


def test_what_a_writer_saw_and_memory_are_bars_too() -> None:
    found = judged([busy("ghostshift", 5, problems=["lost a row"], peak_mb=121.0)])
    assert found["nothing lost"].passed is False
    assert "unlimited: lost a row" in found["nothing lost"].value
    assert found["memory"].passed is False
    assert missed(found.values())
    assert not missed([Bar("x", "", "", None), Bar("y", "", "", passed=True)])
    assert judged([]) == {}


def test_bars_are_judged_by_the_median_of_the_rounds() -> None:
    def rounds(*values: tuple[float, float]) -> list[Result]:
        return [busy("ghostshift", 5, n, kept=kept, worst=worst) for n, (kept, worst) in enumerate(values, 1)]

    held = judged(rounds((0.46, 99), (0.46, 99), (0.1, 500)))
    assert held["unlimited, kept"].passed is True
    assert held["unlimited, stall in the copy"].passed is True
    assert "99 ms to 500 ms" in held["unlimited, stall in the copy"].value, "the spread is told"
    missed_ = judged(rounds((0.44, 101), (0.44, 101), (0.9, 5)))
    assert missed_["unlimited, kept"].passed is False
    assert missed_["unlimited, stall in the copy"].passed is False
