"""The real program, started as a person starts it: flags, file, environment, terminal; what it says, and where."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.faulty import PASSWORD, eventually
from builders.program import (
    ALTER,
    PROGRAM,
    Child,
    ask,
    columns,
    environment,
    make_table,
    make_user,
    on_terminal,
    run,
    tables,
    words,
)
from plugins.server_pool import TestServer

STATUS = re.compile(
    r"^Copy: \d+/\d+ \d+\.\d%; Applied: \d+; Backlog: \d+/\d+; "
    r"Time: (?:\d+h)?(?:\d+m)?\d+s\(total\), (?:\d+h)?(?:\d+m)?\d+s\(copy\); streamer: \S+:\d+; "
    r"Lag: \d+\.\d\ds, HeartbeatLag: \d+\.\d\ds, State: [a-z -]+(?:, .*)?; "
    r"ETA: (?:N/A|due|(?:\d+h)?(?:\d+m)?\d+s)(?:; .*)?$"
)
LOG = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:DEBUG|INFO|WARNING|ERROR|FATAL) .+$")


@pytest.fixture
def secretive(server: TestServer, database: str) -> Iterator[str]:
    """A user with a password that nothing else contains."""
    name = f"cli_{database}"
    make_user(server, name, ["ALL PRIVILEGES ON *.*"])
    yield name
    server.execute(f"DROP USER '{name}'@'%'")


def test_go_style_flags(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database)
    ended = run(
        [
            "-host",
            server.host,
            "--port",
            str(server.port),
            f"-user={server.user}",
            "-database",
            database,
            "--table",
            "t",
            "-alter",
            ALTER,
            "-allow-on-master",
            "--ok-to-drop-table=false",
            "-timestamp-old-table=0",
            "--initially-drop-old-table",
            f"-serve-socket-file={tmp_path / 'sock'}",
            "-execute",
        ],
        environment(server.password),
    )
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"
    assert any(name.endswith("_del") for name in tables(server, database))
    assert ended.out.endswith("# Done\n")


def test_a_switch_that_is_false_is_false(server: TestServer, database: str) -> None:
    make_table(server, database)
    ended = run(words(server, database, execute="false"), environment(server.password))
    assert ended.code == 0, ended
    assert "added" not in columns(server, database)


def test_through_a_link_named_gh_ost(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database)
    link = tmp_path / "gh-ost"
    link.symlink_to(PROGRAM)
    flags = words(server, database, execute=True, ok_to_drop_table=True)
    ended = run(flags, environment(server.password), program=str(link), command="")
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"
    assert tables(server, database) == {"t"}


def test_a_conf_file_with_a_variable(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database)
    conf = tmp_path / "my.cnf"
    conf.write_text(
        f"[client]\nuser={server.user}\npassword=${{SECRET_OF_TEST}}\nhost={server.host}\nport={server.port}\n"
    )
    flags = words(None, database, conf=conf, execute=True)
    ended = run(flags, environment(SECRET_OF_TEST=server.password))
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"


def test_flag_beats_environment_beats_file(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database)
    conf = tmp_path / "my.cnf"
    conf.write_text("[client]\nuser=nobody\npassword=nothing\nhost=127.0.0.1\nport=1\n")
    env = environment(server.password, GHOSTSHIFT_PORT="2", GHOSTSHIFT_USER=server.user)
    ended = run(words(None, database, conf=conf, port=server.port), env)
    assert ended.code == 0, ended


def test_everything_from_the_environment(server: TestServer, database: str) -> None:
    make_table(server, database)
    env = environment(
        server.password,
        GHOSTSHIFT_HOST=server.host,
        GHOSTSHIFT_PORT=str(server.port),
        GHOSTSHIFT_USER=server.user,
        GHOSTSHIFT_DATABASE=database,
        GHOSTSHIFT_TABLE="t",
        GHOSTSHIFT_ALTER=ALTER,
        GHOSTSHIFT_ALLOW_ON_MASTER="true",
        GHOSTSHIFT_EXECUTE="1",
    )
    assert run([], env).code == 0
    assert columns(server, database)[-1] == "added"


def test_the_password_is_asked_for(server: TestServer, database: str) -> None:
    make_table(server, database)
    flags = words(server, database, ask_pass=True, execute=True, no_display=True)
    code, shown = on_terminal(flags, environment(), {"Password: ": server.password})
    assert code == 0, shown
    assert server.password not in shown
    assert columns(server, database)[-1] == "added"


def test_through_a_unix_socket(server: TestServer, database: str) -> None:
    make_table(server, database)
    flags = words(None, database, socket=server.server.socket, user=server.user, host="192.0.2.1", execute=True)
    ended = run(flags, environment(server.password))
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"


def test_a_rehearsal_leaves_nothing_and_prints_the_plan(server: TestServer, database: str) -> None:
    make_table(server, database)
    before = server.execute("SHOW CREATE TABLE t", db=database)
    ended = run(words(server, database), environment(server.password))
    assert ended.code == 0, ended
    assert server.execute("SHOW CREATE TABLE t", db=database) == before
    assert tables(server, database) == {"t"}
    assert f"`{database}`.`t`" in ended.out
    assert "PRIMARY" in ended.out
    assert "added" in ended.out
    assert "rehearsal" in ended.err
    assert ended.out.endswith("# Done\n")


def test_a_rehearsal_that_is_refused_leaves_nothing(server: TestServer, database: str) -> None:
    make_table(server, database)
    ended = run(words(server, database, alter="DROP PRIMARY KEY"), environment(server.password))
    assert ended.code == 3, ended
    assert tables(server, database) == {"t"}


def test_streams_status_lines_and_the_report(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database, rows=300)
    flag, report, sock = tmp_path / "postpone", tmp_path / "report.json", tmp_path / "sock"
    flag.touch()
    flags = words(
        server,
        database,
        execute=True,
        postpone_cut_over_flag_file=flag,
        report_file=report,
        serve_socket_file=sock,
        chunk_size=10,
    )
    with Child(flags, tmp_path, environment(server.password)) as child:
        child.until_says("State: postponing cut-over")
        server.execute("UPDATE t SET v = 'changed' WHERE id < 20", db=database)
        eventually(lambda: "Applied: 0" not in ask(sock, "status"))
        flag.unlink()
        ended = child.end()
    assert ended.code == 0, ended
    lines = [line for line in ended.out.splitlines() if line.startswith("Copy: ")]
    assert lines
    for line in lines:
        assert STATUS.match(line), line
    assert "Copy: 300/300 100.0%" in lines[-1]
    assert any("State: postponing cut-over" in line for line in lines)
    others = [line for line in ended.out.splitlines() if not line.startswith("Copy: ")]
    assert others[-1] == "# Done"
    assert any("DROP TABLE" in line for line in others)
    assert ended.err
    for line in ended.err.splitlines():
        assert LOG.match(line), line
    assert "Copy: " not in ended.err
    found = json.loads(report.read_text())
    assert found["swapped"] is True
    assert found["table"] == f"`{database}`.`t`"
    assert found["rows_copied"] == 300
    assert found["chunks"] >= 30
    assert found["changes_seen"] >= 20
    assert found["warnings"] == []
    assert found["cut_over"]["attempts"] == 1
    assert found["cut_over"]["slipped"] == 0
    assert 0 < found["cut_over"]["lock_seconds"] < 3
    assert found["seconds_total"] > found["seconds_copy"] > 0
    assert found["peak_rss_bytes"] > 1 << 20
    assert found["old_table"].strip("`").endswith("_del")
    assert not sock.exists()


def test_quiet_says_errors_only(server: TestServer, database: str) -> None:
    make_table(server, database)
    ended = run(words(server, database, execute=True, quiet=True), environment(server.password))
    assert ended.code == 0, ended
    assert ended.err == ""


def test_a_live_display_on_a_terminal(server: TestServer, database: str) -> None:
    make_table(server, database, rows=2000)
    flags = words(server, database, execute=True, chunk_size=10)
    code, shown = on_terminal(flags, environment(server.password), {})
    assert code == 0, shown
    assert "\x1b[" in shown
    assert f"{database}.t" in shown
    for text in ("changes", "backlog", "lag", "of 2,000 rows", "ETA", "# Done"):
        assert text in shown
    assert "Copy: " not in shown


def test_plain_lines_on_a_terminal_where_wanted(server: TestServer, database: str) -> None:
    make_table(server, database)
    code, shown = on_terminal(words(server, database, execute=True, no_display=True), environment(server.password), {})
    assert code == 0, shown
    assert any(STATUS.match(line.strip()) for line in shown.splitlines()), shown
    assert "\x1b[" not in shown


@pytest.mark.parametrize("source", ["environment", "conf"])
def test_the_password_is_seen_nowhere(
    server: TestServer, database: str, secretive: str, tmp_path: Path, source: str
) -> None:
    make_table(server, database)
    flag, report = tmp_path / "postpone", tmp_path / "report.json"
    flag.touch()
    conf = tmp_path / "my.cnf"
    conf.write_text(f"[client]\npassword={PASSWORD}\n")
    flags = words(
        server,
        database,
        user=secretive,
        execute=True,
        debug=True,
        postpone_cut_over_flag_file=flag,
        report_file=report,
        serve_socket_file=tmp_path / "sock",
        conf=conf if source == "conf" else None,
    )
    env = environment(PASSWORD if source == "environment" else "")
    seen: list[str] = []
    with Child(flags, tmp_path, env) as child:
        child.until_says("postponing cut-over")
        seen.append(Path(f"/proc/{child.process.pid}/cmdline").read_text())
        seen.append(str(server.execute("SELECT * FROM information_schema.processlist WHERE user = %s", (secretive,))))
        assert secretive in seen[-1]
        if server.flavor == "mysql":
            for table in ("threads", "events_statements_history", "session_connect_attrs", "session_variables"):
                seen.append(str(server.execute(f"SELECT * FROM performance_schema.{table}")))  # noqa: PERF401
        changelog = next(name for name in tables(server, database) if name.endswith("_ghc"))
        seen.append(str(server.execute(f"SELECT * FROM `{changelog}`", db=database)))
        seen.append(ask(tmp_path / "sock", "help") + ask(tmp_path / "sock", "status"))
        flag.unlink()
        ended = child.end()
    assert ended.code == 0, ended
    for text in (*seen, ended.out, ended.err, report.read_text()):
        assert text
        assert PASSWORD not in text


def test_the_password_is_not_in_error_messages(server: TestServer, database: str, secretive: str) -> None:
    make_table(server, database)
    for more in ({"port": 1}, {"user": "nobody"}, {"table": "missing"}, {"alter": "ADD COLUMN"}):
        flags = words(server, database, **{"user": secretive, "debug": True, **more})
        ended = run(flags, environment(PASSWORD))
        assert ended.code in (3, 4)
        assert PASSWORD not in ended.said


def test_two_at_once_do_not_meet(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database)
    flag = tmp_path / "postpone"
    flag.touch()
    first = words(server, database, execute=True, postpone_cut_over_flag_file=flag, serve_socket_file=tmp_path / "sock")
    with Child(first, tmp_path, environment(server.password)) as child:
        child.until_says("postponing cut-over")
        second = run(words(server, database, execute=True, serve_socket_file="-"), environment(server.password))
        assert second.code == 3
        assert "already-running" in second.err
        flag.unlink()
        assert child.end().code == 0
    assert threading.active_count() < 50


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--no-such-flag"], "no-such-flag"),
        (["--executee"], "executee"),
        (["stray"], "stray"),
        (["--execute", "false"], "false"),
        (["--port=many"], "--port must be a whole number"),
        (["--chunk-seconds=quick"], "--chunk-seconds must be a number"),
        (["--execute=perhaps"], "--execute is a switch"),
        (["--port"], "flag needs an argument: --port"),
        (["--ssl-ca=/nowhere.pem"], "--ssl-ca needs --ssl"),
        (["--ssl-allow-insecure"], "--ssl-allow-insecure needs --ssl"),
        (["--ssl", "--ssl-cert=/x.pem"], "belong together"),
        (["--ssl", "--ssl-ca=/nowhere.pem"], "TLS files"),
        (["--conf=/nowhere.cnf"], "--conf /nowhere.cnf cannot be read"),
        (["--throttle-control-replicas=host:many"], "not an address"),
        (["--alter="], "--alter"),
    ],
)
def test_usage_errors(arguments: list[str], said: str) -> None:
    class Nowhere:
        host, port, user = "127.0.0.1", 1, "nobody"

    ended = run([*words(Nowhere, "db", serve_socket_file="-"), *arguments])
    assert ended.code == 2, ended
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("missing", ["database", "table", "alter"])
def test_what_must_be_given(missing: str) -> None:
    flags = words(None, "db", **{missing: None}) if missing != "database" else ["--table=t", "--alter=ADD a int"]
    ended = run(flags)
    assert ended.code == 2, ended
    assert f"--{missing} is missing" in ended.err


def test_help_and_version() -> None:
    assert run(["--version"]).out.startswith("ghostshift ")
    shown = run(["--help"])
    assert shown.code == 0
    assert "--max-lag-millis" in shown.out
    assert run([], command="").code == 2
