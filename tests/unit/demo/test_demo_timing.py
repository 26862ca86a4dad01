"""What an application felt, computed from a few known statements."""

from __future__ import annotations

import pytest

from ghostshift.demo.timing import Report, Timing, percentile


def _report() -> Report:
    timing = Timing()
    for ended, took in [(10.5, 0.1), (11.0, 0.2), (13.0, 1.5), (14.0, 0.1)]:
        timing.ended.append(ended)
        timing.took.append(took)
        timing.finished.append(ended)
    return Report(seed=1, started=10.0, ended=15.0, timings=(timing, Timing()))


def test_the_whole_run() -> None:
    window = _report().window()
    assert (window.transactions, window.statements) == (4, 4)
    assert window.worst == pytest.approx(1.5)
    assert window.worst_at == 13.0
    assert window.rate == pytest.approx(4 / 5)


def test_a_statement_belongs_to_every_window_that_it_overlaps() -> None:
    report = _report()
    assert report.window(10.0, 11.2).worst == pytest.approx(0.2)
    assert report.window(12.0, 12.5).worst == pytest.approx(1.5)
    assert report.window(12.0, 12.5).transactions == 0
    assert report.window(13.5, 15.0).worst == pytest.approx(0.1)


def test_throughput_by_second() -> None:
    assert _report().per_second() == [1, 1, 0, 1, 1, 0]
    assert sum(_report().per_second(0.25)) == 4


def test_percentiles() -> None:
    assert percentile([], 99) == 0.0
    assert percentile([1.0], 99) == 1.0
    assert percentile([float(i) for i in range(100)], 99) == 99.0
    assert percentile([float(i) for i in range(100)], 50) == 50.0
