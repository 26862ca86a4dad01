from __future__ import annotations

import argparse
import io
from pathlib import Path

import pytest
from bench.book import book
from bench.heat import Heat
from bench.race import FULL, arguments, turns
from bench.results import Result
from bench.scenarios import chosen
from bench.show import line, whole
from rich.console import Console

from builders.benched import busy


def test_a_run_that_is_cut_short_has_whole_rounds() -> None:
    told = [(one.name, number) for one, number in turns(chosen(["idle:3", "wide", "small:2"], 1))]
    assert told == [("idle", 1), ("wide", 1), ("small", 1), ("idle", 2), ("small", 2), ("idle", 3)]
    assert list(turns([])) == []


def test_the_load_alone_lasts_as_long_as_ghostshift_within_reason() -> None:
    heat = Heat(argparse.Namespace(), Console(file=io.StringIO()), Path())
    assert [heat.alone(seconds).seconds for seconds in (0.1, 12.5, 900)] == [4.0, 12.5, 60.0]


def test_the_full_run_is_the_one_of_which_the_bars_speak() -> None:
    assert (FULL["rows"], FULL["rounds"]) == (1_000_000, 5)


def test_a_variable_of_the_server_may_be_given_but_not_for_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["race", "--set", "a=1", "--set", "b=x=y"])
    assert arguments().set == {"a": "1", "b": "x=y"}
    for wrong in (["--set", "a"], ["--set", "a=1", "--snapshot"]):
        monkeypatch.setattr("sys.argv", ["race", *wrong])
        with pytest.raises(SystemExit):
            arguments()


def test_a_run_that_says_little_says_so() -> None:
    assert "not on PATH" in line(Result("idle", "gh-ost", absent="not on PATH"))
    assert "stopped after 90 s" in line(busy("pt-osc", 90, finished=False, note="stopped after 90 s"))
    noisy = line(busy("ghostshift", 9, strangers=0.31, held=2.5, problems=["[x] lost"]))
    assert "31% of the machine" in noisy
    assert "kept from running for 2.5 s" in noisy
    assert "lost" in noisy


def test_all_is_shown_on_a_terminal() -> None:
    out = io.StringIO()
    results = [busy("ghostshift", 9, strangers=0.2, note="[odd]"), Result("unlimited", "gh-ost", absent="not on PATH")]
    whole(Console(file=out, width=200), book("mysql", {"rows": 5}, results, None))
    assert "not on PATH" in out.getvalue()
    assert "unlimited, kept" in out.getvalue()
