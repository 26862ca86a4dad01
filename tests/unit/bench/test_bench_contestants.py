from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bench import contestants
from bench.contestants import GhOst, Ghostshift, PtOnlineSchemaChange, run_child
from bench.felt import swaps_of
from bench.scenarios import SCENARIOS

TALK = "print('begin', flush=True); print('Swapping', flush=True); print('Swapped', flush=True); raise SystemExit(3)"
REST = "import time; time.sleep(0.2)"


def test_what_a_tool_says_is_stamped_and_its_last_words_are_the_reason(tmp_path: Path) -> None:
    run, lines = run_child([sys.executable, "-c", TALK], tmp_path / "log", 60)
    assert [line.text for line in lines] == ["begin", "Swapping", "Swapped"]
    ((since, until),) = swaps_of(lines, "Swapping", ["Swapped"], run.ended)
    assert run.begun < since <= until, "the last line may be read when its writer has ended"
    assert (run.finished, run.note) == (False, "exit code 3: Swapped")
    assert run.cpu_seconds is not None
    assert (tmp_path / "log").read_text().endswith("Swapped\n")


def test_a_tool_is_as_large_as_it_is_however_large_the_bench_is(tmp_path: Path) -> None:
    mine = b"x" * (200 << 20)
    run, _ = run_child([sys.executable, "-c", f"{REST}; hers = b'x' * (40 << 20); {REST}"], tmp_path / "log", 60)
    assert run.peak_mb is not None
    assert 40 < run.peak_mb < 200, "the kernel's own figure for a child is not less than that of its parent"
    del mine


def test_who_takes_too_long_is_stopped(tmp_path: Path) -> None:
    run, _ = run_child([sys.executable, "-c", "import time; time.sleep(500)"], tmp_path / "log", 0.1)
    assert (run.finished, run.note) == (False, "stopped after 0 s")


def test_who_is_not_on_path_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert GhOst().absent() == "not on PATH"
    assert PtOnlineSchemaChange().absent() == "not on PATH"
    (tmp_path / "ghostshift").touch(mode=0o755)
    (tmp_path / "gh-ost").symlink_to(tmp_path / "ghostshift")
    assert GhOst().absent() == "is a link to ghostshift"


def test_a_flag_that_the_program_lacks_is_not_offered() -> None:
    assert Ghostshift(["--no-such-flag"], []).absent() == "--no-such-flag: not offered"
    assert Ghostshift(["--max-lag-millis=100"], []).absent() == ""


def test_everybody_races_unless_some_are_wanted() -> None:
    idle = SCENARIOS["idle"]
    assert [one.name for one in contestants.contestants(idle, [], [])] == list(idle.contestants)
    assert [one.name for one in contestants.contestants(idle, ["ghostshift"], [])] == ["ghostshift"]
    assert contestants.contestants(SCENARIOS["wide"], ["ghostshift-verified"], []) == []
