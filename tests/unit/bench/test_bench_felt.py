from __future__ import annotations

import pytest
from bench.felt import Felt, Line, Sample, Tick, arrivals, divided, felt, held, mean_rate, swaps_of


def test_a_stall_stands_for_the_statements_that_would_have_come_meanwhile() -> None:
    waits = arrivals([Sample(ended=1.0, took=0.05)], beat=0.01)
    assert waits == pytest.approx([0.05, 0.04, 0.03, 0.02, 0.01])


def test_a_table_that_stood_still_shows_in_p50_and_p99_and_not_only_in_the_worst() -> None:
    calm = [Sample(at / 100, 0.001) for at in range(100)]
    stuck = felt([*calm, Sample(10.0, 9.0)], beat=0.01)
    assert stuck is not None
    assert stuck.samples == 101
    assert stuck.p50 > 1000
    assert stuck.p99 > 8000
    assert stuck.worst == 9000
    assert felt(calm, beat=0.01) == Felt(100, 1.0, 1.0, 1.0)
    assert felt([], beat=0.01) is None


def test_a_sample_that_meets_the_cut_over_counts_there_and_nowhere_else() -> None:
    before, across, after = Sample(4.9, 0.1), Sample(5.2, 0.4), Sample(6.5, 0.1)
    outside, too_late = Sample(0.5, 0.1), Sample(9.5, 0.1)
    copy, swap = divided([outside, before, across, after, too_late], run=(1.0, 7.0), swaps=[(5.0, 5.5)])
    assert (copy, swap) == ([before, after], [across])


def test_a_statement_that_began_before_the_run_ended_is_the_run_s() -> None:
    hanging = Sample(ended=9.0, took=3.0)
    assert divided([hanging], run=(1.0, 7.0), swaps=[]) == ([hanging], [])


def test_cut_overs_are_where_the_tool_says() -> None:
    lines = [Line(1, "begin"), Line(2, "x"), Line(3, "end A"), Line(4, "begin"), Line(5, "begin"), Line(6, "end B")]
    assert swaps_of(lines, "begin", ["end A", "end B"], 9) == [(1, 3), (4, 6)]
    assert swaps_of([*lines, Line(7, "begin")], "begin", ["end"], 9)[-1] == (7, 9)
    assert swaps_of(lines, "never", ["end"], 9) == []


def test_throughput_counts_the_part_of_a_tick_that_is_meant() -> None:
    ticks = [Tick(1, 100), Tick(2, 200), Tick(3, 300)]
    assert mean_rate(ticks, 0.5, 1.5) == pytest.approx(150)
    assert mean_rate(ticks, 2, 4) == pytest.approx(150), "a load that died did nothing"
    assert mean_rate([], 0, 1) is None
    assert mean_rate(ticks, 2, 2) is None


def test_a_probe_that_was_kept_from_asking_is_noticed() -> None:
    calm = [Sample(at / 100, 0.001) for at in range(100)]
    assert held(calm, 0.01, (0, 9)) < 0.01
    assert held([*calm, Sample(4.0, 0.01)], 0.01, (0, 9)) == pytest.approx(2.99, abs=0.02)
    assert held([*calm, Sample(4.0, 3.0)], 0.01, (0, 9)) < 0.02, "it waited for the server"
    assert held([*calm, Sample(40.0, 0.01)], 0.01, (0, 9)) < 0.01, "that was later"
    assert held([], 0.01, (0, 9)) == 0
