"""Hooks that fail, hang, print, or cannot be run: what becomes of the migration, and what its server looks like."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from builders.faulty import eventually
from builders.hooking import WHOLE, Hooks
from builders.program import Child, answer, columns, environment, make_table, run, tables, words
from plugins.server_pool import TestServer


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    return Hooks(tmp_path)


@pytest.fixture
def database(mysql_server: TestServer) -> str:
    """What a hook does is the same with every server."""
    return mysql_server.fresh_database()


@pytest.mark.parametrize("turn", WHOLE)
def test_a_hook_that_fails_ends_the_migration(mysql_server: TestServer, database: str, hooks: Hooks, turn: str) -> None:
    make_table(mysql_server, database)
    hooks.add(f"gh-ost-on-{turn}-2", "#!/bin/sh\necho told by the hook\necho and here >&2\nexit 3\n")
    hooks.record(f"gh-ost-on-{turn}-3")
    flags = words(
        mysql_server, database, execute=True, exact_rowcount=True, concurrent_rowcount=False, hooks_path=hooks.path
    )
    ended = run(flags, environment(mysql_server.password))
    assert ended.code == 10, ended
    assert f"gh-ost-on-{turn}-2 failed with exit code 3" in ended.err
    assert "told by the hook\nand here\n" in ended.err
    assert hooks.turns() == [*WHOLE[: WHOLE.index(turn) + 1], "failure"]
    assert "added" not in columns(mysql_server, database)
    assert ("left on the server" in ended.err) == (tables(mysql_server, database) != {"t"})


def test_a_hook_that_fails_at_the_end_says_that_the_table_is_migrated(
    mysql_server: TestServer, database: str, hooks: Hooks
) -> None:
    make_table(mysql_server, database)
    hooks.add("gh-ost-on-success-2", "#!/bin/sh\nexit 1\n")
    ended = run(words(mysql_server, database, execute=True, hooks_path=hooks.path), environment(mysql_server.password))
    assert ended.code == 10, ended
    assert "IS migrated" in ended.err
    assert "DROP TABLE" in ended.err
    assert "added" in columns(mysql_server, database)
    assert hooks.turns()[-2:] == ["success", "failure"]


@pytest.mark.parametrize("turn", ["status", "failure"])
def test_hooks_that_may_fail(mysql_server: TestServer, database: str, hooks: Hooks, turn: str) -> None:
    make_table(mysql_server, database)
    told = hooks.path / "told"
    hooks.add(f"gh-ost-on-{turn}", f"#!/bin/sh\ntouch {told}\nexit 9\n")
    if turn == "failure":
        hooks.add("gh-ost-on-validated", "#!/bin/sh\nexit 1\n")
    else:  # so small a table is migrated before any status is due
        waiting = f"for _ in $(seq 200); do [ -e {told} ] && exit 0; sleep 0.05; done; exit 1"
        hooks.add("gh-ost-on-row-copy-complete-2", f"#!/bin/sh\n{waiting}\n")
    ended = run(words(mysql_server, database, execute=True, hooks_path=hooks.path), environment(mysql_server.password))
    assert ended.code == (10 if turn == "failure" else 0), ended
    assert f"gh-ost-on-{turn} failed with exit code 9; the migration goes its way" in ended.err


def test_what_cannot_be_run_is_an_error(mysql_server: TestServer, database: str, hooks: Hooks) -> None:
    make_table(mysql_server, database)
    hooks.add("gh-ost-on-startup.txt", "not a program", mode=0o644)
    ended = run(words(mysql_server, database, execute=True, hooks_path=hooks.path), environment(mysql_server.password))
    assert ended.code == 10, ended
    assert "is no executable file" in ended.err
    assert tables(mysql_server, database) == {"t"}


def test_a_hooks_path_that_is_no_folder(mysql_server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(mysql_server, database)
    flags = words(mysql_server, database, execute=True, hooks_path=tmp_path / "nowhere")
    ended = run(flags, environment(mysql_server.password))
    assert ended.code == 2, ended
    assert "nowhere is no folder" in ended.err
    assert tables(mysql_server, database) == {"t"}


def test_a_hook_that_hangs_is_ended_with_all_it_started(
    mysql_server: TestServer, database: str, hooks: Hooks, tmp_path: Path
) -> None:
    make_table(mysql_server, database)
    pid = tmp_path / "pid"
    hooks.add("gh-ost-on-before-cut-over", f"#!/bin/sh\nsleep 1000 &\necho $! > {pid}\nwait\n")
    flags = words(mysql_server, database, execute=True, hooks_path=hooks.path, hooks_timeout=1)
    ended = run(flags, environment(mysql_server.password))
    assert ended.code == 10, ended
    assert "did not end within 1 s (--hooks-timeout)" in ended.err
    number = int(pid.read_text())
    eventually(lambda: not Path(f"/proc/{number}").exists() or "Z" in _state(number), seconds=10.0)
    assert "added" not in columns(mysql_server, database)


def _state(number: int) -> str:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_a_stop_does_not_hang_behind_a_hook(
    mysql_server: TestServer, database: str, hooks: Hooks, tmp_path: Path
) -> None:
    make_table(mysql_server, database)
    hooks.add("gh-ost-on-before-cut-over", "#!/bin/sh\ntrap '' TERM\necho begun > " + f"{tmp_path}/begun\nsleep 1000\n")
    flags = words(mysql_server, database, execute=True, hooks_path=hooks.path)
    with Child(flags, tmp_path, environment(mysql_server.password)) as child:
        eventually((tmp_path / "begun").exists, child.said, seconds=30.0)
        child.signal(signal.SIGTERM)
        ended = child.end()
    assert ended.code == 6, ended
    assert hooks.turns()[-1] == "failure"
    assert "added" not in columns(mysql_server, database)


def test_asking_twice_ends_the_last_hook(mysql_server: TestServer, database: str, hooks: Hooks, tmp_path: Path) -> None:
    make_table(mysql_server, database)
    hooks.add("gh-ost-on-success", f"#!/bin/sh\necho begun > {tmp_path}/begun\nsleep 1000\n")
    flags = words(mysql_server, database, execute=True, hooks_path=hooks.path)
    with Child(flags, tmp_path, environment(mysql_server.password)) as child:
        eventually((tmp_path / "begun").exists, child.said, seconds=30.0)
        child.signal(signal.SIGTERM)
        ended = child.end()
    assert ended.code == 10, ended
    assert "IS migrated" in ended.err
    assert "added" in columns(mysql_server, database)


def test_each_postponement_is_told_and_one_that_is_objected_to_is_tried_again(
    mysql_server: TestServer, database: str, hooks: Hooks, tmp_path: Path
) -> None:
    make_table(mysql_server, database)
    flag, sock = tmp_path / "postpone", tmp_path / "sock"
    flag.touch()
    hooks.add(
        "gh-ost-on-begin-postponed-2",
        f"#!/bin/sh\n[ -e {tmp_path}/again ] && exit 0\ntouch {tmp_path}/again\nexit 1\n",
    )
    flags = words(
        mysql_server,
        database,
        execute=True,
        hooks_path=hooks.path,
        postpone_cut_over_flag_file=flag,
        serve_socket_file=sock,
    )
    with Child(flags, tmp_path, environment(mysql_server.password)) as child:
        eventually(lambda: "postponing" in answer(sock, "status"), child.said, seconds=30.0)
        flag.unlink()
        ended = child.end()
    assert ended.code == 0, ended
    assert hooks.turns().count("begin-postponed") == 2
    assert "cut-over attempt 1" in ended.err
    assert "gh-ost-on-begin-postponed-2 failed with exit code 1" in ended.err
