"""SIGHUP: what the file newly says is taken over, nothing else; a broken file changes nothing."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import pytest

from ghostshift.cli_reload import Reload
from ghostshift.core.progress import PointOfInterest
from ghostshift.flags import settle
from ghostshift.model.options import Tunables
from ghostshift.runtime.board import StatusBoard


class Running:
    """A board with Tunables, and a file."""

    def __init__(self, folder: Path, text: str, **given: str) -> None:
        self.conf = folder / "my.cnf"
        self.conf.write_text(text)
        self.board = StatusBoard()
        self.board.publish(Tunables(chunk_size=500))
        self.reload = Reload(settle({"conf": str(self.conf), **given}, {}), self.board)

    def hangup(self, text: str) -> Tunables:
        """The file is now this, and a SIGHUP comes."""
        self.conf.write_text(text)
        self.reload.run()
        return self.board.get(Tunables, Tunables())


def test_what_is_new_in_the_file_is_taken_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    running = Running(tmp_path, "[osc]\nchunk_size=500\n")
    found = running.hangup("[osc]\nchunk_size=600\nmax_load=Threads_running=7\nmax_lag_millis=5\n")
    assert (found.chunk_size, found.max_load, found.max_lag_millis) == (600, (("Threads_running", 7),), 100)
    assert "chunk_size is 600" in caplog.text
    assert running.board.read(PointOfInterest) is not None
    assert "max_lag_millis in" in caplog.text


def test_an_operators_command_stays_in_force_while_the_file_says_what_it_said(tmp_path: Path) -> None:
    running = Running(tmp_path, "[osc]\nchunk_size=500\n")
    running.board.change(Tunables, Tunables(), lambda present: dataclasses.replace(present, chunk_size=50))
    assert running.hangup("[osc]\nchunk_size=500\nmax_lag_millis=200\n").chunk_size == 50
    assert running.hangup("[osc]\nchunk_size=700\n").chunk_size == 700


def test_a_flag_is_not_overruled(tmp_path: Path) -> None:
    running = Running(tmp_path, "[osc]\nchunk_size=500\n", **{"chunk-size": "40"})
    assert running.hangup("[osc]\nchunk_size=700\n").chunk_size == 500


@pytest.mark.parametrize("text", ["chunk_size=700\n", "[osc]\nchunk_size=many\nmax_lag_millis=7000\n", ""])
def test_a_broken_file_is_warned_about_and_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    running = Running(tmp_path, "[osc]\nchunk_size=500\n[client]\npassword=s3cret\n")
    before = running.board.get(Tunables, Tunables())
    assert running.hangup(text) == before
    assert "SIGHUP: " in caplog.text
    assert "nothing was changed" in caplog.text
    assert "s3cret" not in caplog.text
