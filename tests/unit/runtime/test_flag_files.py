"""A flag file is made where there is nothing, and what somebody else has put there stays as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ghostshift.runtime import flag_files


def test_a_file_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "flag"
    assert flag_files.make(str(path))
    os.utime(path, (1, 1))
    assert not flag_files.make(str(path))
    assert path.stat().st_mtime == 1


def test_a_link_is_not_followed_to_a_place_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "flag").symlink_to(tmp_path / "nologin")
    with pytest.raises(FileExistsError):
        flag_files.make(str(tmp_path / "flag"))
    assert not (tmp_path / "nologin").exists()


def test_what_a_link_leads_to_is_not_touched(tmp_path: Path) -> None:
    aim = tmp_path / "precious"
    aim.write_text("precious")
    os.utime(aim, (1, 1))
    (tmp_path / "flag").symlink_to(aim)
    assert not flag_files.make(str(tmp_path / "flag"))
    assert aim.read_text() == "precious"
    assert aim.stat().st_mtime == 1


def test_a_folder_is_no_flag_file(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        flag_files.make(str(tmp_path))
