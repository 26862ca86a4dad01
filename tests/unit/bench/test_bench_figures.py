from __future__ import annotations

import json

from bench.figures import Figure, across, figure, paired, row, rows, took
from bench.results import Result, from_json, to_json

from builders.benched import busy, ran, stall


def test_a_figure_is_a_median_with_its_spread() -> None:
    assert figure([3.0, None, 1.0, 2.0]) == Figure(2.0, 1.0, 3.0, 3)
    assert figure([None]) is None


def test_a_ratio_is_the_median_of_the_rounds_ratios_and_not_of_medians() -> None:
    ours = [ran("idle", "ghostshift", seconds, n) for n, seconds in enumerate((10, 40, 33), 1)]
    alter = [ran("idle", "alter", seconds, n) for n, seconds in enumerate((10, 20, 30), 1)]
    assert paired([*ours, *alter], "ghostshift", "alter", took) == Figure(1.1, 1.0, 2.0, 3)


def test_only_rounds_in_which_both_finished_are_compared() -> None:
    results = [
        ran("idle", "ghostshift", 10, 1),
        ran("idle", "ghostshift", 99, 2, finished=False),
        ran("idle", "ghostshift", 12, 3),
        ran("idle", "alter", 10, 1),
        ran("idle", "alter", 10, 2),
        ran("idle", "alter", 1, 3, finished=False),
    ]
    assert paired(results, "ghostshift", "alter", took) == Figure(1.0, 1.0, 1.0, 1)
    assert paired(results, "ghostshift", "gh-ost", took) is None
    assert across(results[:1], [], took) is None


def test_who_is_absent_stays_in_the_list() -> None:
    results = [ran("idle", "ghostshift", 10), Result("idle", "gh-ost", absent="not on PATH")]
    shown = {one.contestant: one for one in rows(results)}
    assert shown["gh-ost"].absent == "not on PATH"
    assert shown["gh-ost"].runs == 0
    assert shown["gh-ost"].seconds is None


def test_a_row_says_how_many_finished_and_why_not() -> None:
    results = [busy("gh-ost", 60, 1, finished=False, note="stopped after 60 s"), busy("gh-ost", 50, 2)]
    found = row(results, "gh-ost")
    assert (found.runs, found.finished, found.note) == (2, 1, "stopped after 60 s")
    assert found.seconds == Figure(50, 50, 50, 1)
    assert found.kept == Figure(0.5, 0.5, 0.5, 2)


def test_rows_go_by_scenario_with_ours_first() -> None:
    results = [busy("alone", 9), busy("alter", 9), busy("ghostshift", 9), ran("idle", "alter", 3)]
    shown = [(one.scenario, one.contestant) for one in rows(results)]
    assert shown[:3] == [("unlimited", "ghostshift"), ("unlimited", "alter"), ("unlimited", "alone")]
    assert shown[3:] == [("idle", "alter")]


def test_a_result_comes_back_from_json() -> None:
    result = busy("ghostshift", 9.5, 3, before=stall(4), ticks=[(0.5, 100.0)], problems=["x"], report={"swapped": True})
    assert from_json(json.loads(json.dumps(to_json(result)))) == result
