"""In gh-ost's place: by its name, with its manners; and where there is a real one, beside it."""

from __future__ import annotations

import logging
import re
import shutil
import signal
from pathlib import Path

import pytest

from builders.faulty import eventually
from builders.program import PROGRAM, Child, ask, columns, environment, make_table, run, tables, words
from ghostshift import cli
from ghostshift.model.errors import ServerError
from ghostshift.model.names import TableName
from ghostshift.mysql.session import Session
from ghostshift.workers import preparer
from plugins.server_pool import TestServer

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
    flags = words(Nowhere, "db", serve_socket_file="-", chunk_size=5)
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


def test_a_password_on_the_line_is_warned_about_and_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    for program in ("gh-ost", "ghostshift"):
        _, _, err = called(
            capsys, *words(Nowhere, "db", serve_socket_file="-", password="s3cret", debug=True), program=program
        )
        assert any("WARNING --password stands on the command line" in line for line in err)
        assert "s3cret" not in "".join(err)


@pytest.mark.parametrize("more", [[], ["--execute"]], ids=["noop", "execute"])
def test_the_standard_output_has_nothing_that_gh_ost_does_not_print(
    server: TestServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
) -> None:
    make_table(server, database)
    monkeypatch.setenv("GHOSTSHIFT_PASSWORD", server.password)
    flags = words(server, database, serve_socket_file="-", verbose=True)
    code, out, err = called(capsys, *flags, *more)
    assert code == 0, err
    assert out[-1] == "# Done"
    if more:
        assert all(line.startswith(("Copy: ", "# ")) for line in out), out
        assert any("is migrated: 200 rows copied" in line for line in err)
        assert any("-- the old table is kept; to remove it: DROP TABLE" in line for line in err)
    else:
        assert out[0].startswith("CREATE TABLE")
    assert all(LINE.match(line) for line in err), err


def test_a_clean_up_that_fails_after_the_swap_is_a_warning_and_no_failure(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    remove = preparer.remove

    def fails(session: Session, name: TableName, made: preparer.Made) -> None:
        if name.table.endswith("_ghc"):
            raise ServerError(1205, "broken on purpose")
        remove(session, name, made)

    make_table(server, database)
    monkeypatch.setenv("GHOSTSHIFT_PASSWORD", server.password)
    monkeypatch.setattr(preparer, "remove", fails)
    code, out, err = called(capsys, *words(server, database, execute=True, serve_socket_file="-"))
    assert (code, out[-1]) == (0, "# Done")
    assert columns(server, database)[-1] == "added"
    warned = [line for line in err if "the clean-up failed" in line]
    assert len(warned) == 1
    assert " WARNING " in warned[0]
    assert "_ghc" in warned[0].partition("DROP TABLE")[2]


def test_a_hangup_has_the_file_read_again_and_a_broken_one_changes_nothing(
    server: TestServer, database: str, tmp_path: Path
) -> None:
    make_table(server, database)
    flag, conf, sock = tmp_path / "throttle", tmp_path / "my.cnf", tmp_path / "sock"
    flag.touch()
    conf.write_text("[osc]\nchunk_size = 50\n")
    flags = words(server, database, execute=True, throttle_flag_file=flag, conf=conf, serve_socket_file=sock)
    with Child(flags, tmp_path, environment(server.password)) as child:
        child.until_says("State: throttled")
        assert ask(sock, "chunk-size=?").strip() == "50"
        conf.write_text("[osc]\nchunk_size = 80\n")
        child.signal(signal.SIGHUP)
        eventually(lambda: ask(sock, "chunk-size=?").strip() == "80")
        conf.write_text("chunk_size = 90\n")
        child.signal(signal.SIGHUP)
        child.until_says("nothing was changed, and the migration goes on")
        assert ask(sock, "chunk-size=?").strip() == "80"
        flag.unlink()
        ended = child.end()
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"


# -- beside a real one


HOLES = {
    r"(ETA: [^;]+);.*": r"\1",  # more may follow at the end
    r"(State|streamer|ETA): [^;]+?(?=[;,]|$)": r"\1: …",
    r"(# Migration started at).*": r"\1 …",
    r"\d[\dhms.]*": "N",
    r"/\S+": "/…",
}
"""What differs from run to run."""


def shapes(out: str) -> set[str]:
    """What kinds of lines there are of those that gh-ost's readers know."""
    found = set()
    for line in out.splitlines():
        if line.startswith(("Copy: ", "# ")):
            shape = line
            for pattern, hole in HOLES.items():
                shape = re.sub(pattern, hole, shape)
            found.add(shape.rstrip())
    return found


def test_shapes_are_the_same_whatever_the_figures() -> None:
    line = "Copy: 1/2 50.0%; Time: 1m3s(total), 3s(copy); streamer: b.000001:4, State: migrating; ETA: "
    other = "Copy: 7/9 7.1%; Time: 2s(total), 1s(copy); streamer: c.000002:9, State: throttled, lag=3s; ETA: "
    assert len(shapes(f"{line}N/A\n{line}3s\n# Done\nother")) == 2
    assert "# Done" in shapes("# Done\n")
    assert shapes(line + "due") == shapes(line + "5s; and more of ours")
    assert shapes(other.replace(", lag=3s", "") + "due") == shapes(line + "5s")


def test_beside_a_real_gh_ost(mysql_server: TestServer, tmp_path: Path) -> None:
    real = shutil.which("gh-ost")
    if real is None:
        pytest.skip("no gh-ost on PATH to compare with")
    ours = tmp_path / "gh-ost"
    ours.symlink_to(PROGRAM)
    left, printed = [], []
    for program in (real, str(ours)):
        database = mysql_server.fresh_database()
        make_table(mysql_server, database, rows=500)
        flags = words(
            mysql_server,
            database,
            execute=True,
            password=mysql_server.password,
            serve_socket_file=tmp_path / "sock",
            initially_drop_socket_file=True,
            chunk_size=100,
            skip_metadata_lock_check=True,
        )
        ended = run(flags, environment(), program=program, command="")
        assert ended.code == 0, ended
        rows = mysql_server.execute("SELECT * FROM t ORDER BY id", db=database)
        left.append((tables(mysql_server, database), columns(mysql_server, database), rows))
        printed.append({shape.replace(database, "db") for shape in shapes(ended.out)})
    assert left[0] == left[1]
    assert printed[0] <= printed[1]
