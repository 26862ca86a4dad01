"""In gh-ost's place: by its name, with its manners; and where there is a real one, beside it."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from builders.program import PROGRAM, run, words
from ghostshift import cli

LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (DEBUG|INFO|WARNING|ERROR|FATAL) .+$")


class Nowhere:
    """A server that is none."""

    host, port, user = "127.0.0.1", 1, "nobody"


def called(
    capsys: pytest.CaptureFixture[str], *given: str, program: str = "gh-ost"
) -> tuple[int, list[str], list[str]]:
    """Exit code, lines of the standard output, lines of the log."""
    code = cli.main([*(["migrate"] if program != "gh-ost" else []), *given], program)
    shown = capsys.readouterr()
    return code, shown.out.splitlines(), shown.err.splitlines()


def test_questions_to_the_program_are_answered_before_anything_else(capsys: pytest.CaptureFixture[str]) -> None:
    for given in (["--check-flag"], ["-check-flag", "--execute", "--resume", "-host=nowhere"]):
        assert called(capsys, *given) == (0, [], [])
    code, out, err = called(capsys, "--check-flag", "--chunk-sise=5")
    assert (code, out[0]) == (2, "flag provided but not defined: --chunk-sise; did you mean --chunk-size?")
    assert "FATAL flag provided but not defined: --chunk-sise" in err[0]
    assert called(capsys, "--check-flag", "--port=x")[0] == 2
    code, out, err = called(capsys, "--version", "--execute")
    assert (code, err) == (0, [])
    assert re.fullmatch(r"\d+\.\d+\.\d+ \(git commit: \w+\)", out[0])
    for word in ("-h", "-help", "--help"):
        code, out, err = called(capsys, word)
        assert (code, out[0], err) == (0, "Usage of gh-ost:", [])
    assert called(capsys, "-h", program="ghostshift")[1][0] == "Usage of ghostshift migrate:"
    assert called(capsys, "--version", program="ghostshift")[1][0].startswith("ghostshift ")


def test_what_is_wrong_with_a_line_is_told_on_both_streams_by_gh_osts_name_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = called(capsys, "--table=t", "stray", "--execute")
    assert (code, out[1]) == (2, "Usage of gh-ost:")
    assert "'stray' is no flag" in out[0]
    assert "'stray' is no flag" in err[0]
    code, out, err = called(capsys, "--table=t", "stray", program="ghostshift")
    assert (code, out) == (2, [])
    assert "FATAL 'stray' is no flag" in err[0]
    assert err[1].endswith("ERROR ghostshift migrate --help lists all flags")


def test_the_log_has_gh_osts_levels(capsys: pytest.CaptureFixture[str]) -> None:
    flags = words(Nowhere, "db", serve_socket_file="-", checkpoint=True)
    seen: dict[str, set[str]] = {}
    before = list(logging.getLogger().handlers)
    for level in ("", "--quiet", "--verbose", "--debug", "--quiet --debug --verbose"):
        code, out, err = called(capsys, *flags, *level.split())
        assert (code, out) == (4, [])
        for line in err:
            if "Traceback" in line or not line[:1].isdigit():
                assert "--debug" in level
                continue
            assert LINE.match(line), line
        seen[level] = {match[1] for line in err if (match := LINE.match(line))}
    assert seen[""] == {"WARNING", "FATAL"}  # what becomes of a wish is told, and nothing else
    assert seen["--quiet"] == seen["--quiet --debug --verbose"] == {"FATAL"}
    assert {"WARNING", "FATAL"} <= seen["--verbose"]
    assert logging.getLogger().handlers == before


def test_a_traceback_is_shown_where_it_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    flags = words(Nowhere, "db", serve_socket_file="-")
    assert "Traceback" not in "".join(called(capsys, *flags)[2])
    assert "Traceback" in "".join(called(capsys, *flags, "--stack")[2])


def test_a_link_is_called_by_its_own_name(tmp_path: Path) -> None:
    link = tmp_path / "gh-ost"
    link.symlink_to(PROGRAM)
    ended = run(["--version"], program=str(link), command="")
    assert (ended.code, ended.err) == (0, "")
    assert "(git commit: " in ended.out
    copy = tmp_path / "copy" / "gh-ost"
    copy.parent.mkdir()
    copy.write_text(Path(PROGRAM).read_text())
    copy.chmod(0o755)
    assert run(["--check-flag"], program=str(copy), command="").code == 0
