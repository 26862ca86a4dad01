"""Looks for the password wherever somebody else could see it: processes, logs, hooks, tables, answers, figures, errors.

The password holds every sign that a program may trip over, and a word that no encoding hides; it is looked for as it
is, in hexadecimal and in base 64. One migration per server is held and looked at, killed, gone on with by the next
process, made to fail with a traceback, and brought to its end; each process is given the password in another way.
"""

from __future__ import annotations

import base64
import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from builders.directing import helper
from builders.faulty import eventually
from builders.hooking import Hooks
from builders.program import Child, ask, columns, environment, make_table, on_terminal, words
from ghostshift.cli import main
from plugins.server_pool import TestServer

TOKEN = f"Zq7Kx9Wv{os.getpid()}Rt"
"""Of this process alone: another one that runs this test has command lines of its own."""
PASSWORD = f"'\"`\\ %s{{0}}$HOME#;= {TOKEN} pässwörd€ 🔑 %(x)s"


def _forms() -> tuple[bytes, ...]:
    """The word in it, in all the forms in which a text can be written down; base 64 begins at any of three places."""
    word = TOKEN.encode()
    shifted = (base64.b64encode(b"\0" * lead + word)[4 if lead else 0 : -4] for lead in range(3))
    return word.lower(), word.hex().encode(), *(form.lower() for form in shifted)


FORMS = _forms()


def assert_no_password(where: str, found: object) -> None:
    """Fails where the password is in it, without repeating it all."""
    data = found if isinstance(found, bytes) else str(found).encode("utf-8", "surrogateescape")
    for form in FORMS:
        at = data.lower().find(form)
        assert at < 0, f"{where} shows the password: …{data[max(0, at - 80) : at + 20]!r}"


def test_the_search_finds_it_in_every_form() -> None:
    raw = PASSWORD.encode()
    for data in (raw, raw.hex().encode(), *(base64.b64encode(b"x" * n + raw) for n in range(3)), repr(PASSWORD)):
        with pytest.raises(AssertionError, match="shows the password"):
            assert_no_password("it", data)
    assert_no_password("it", "the migration's own words")


@pytest.fixture
def user(server: TestServer, database: str) -> Iterator[str]:
    """A user with that password; all statements of all sessions are written down from now on."""
    server.execute(f"CREATE USER '{database}'@'%%' IDENTIFIED BY %s", (PASSWORD,))
    server.execute(f"GRANT ALL PRIVILEGES ON *.* TO '{database}'@'%'")
    with server.set_global("log_output", "TABLE"), server.set_global("general_log", 1):
        server.execute("TRUNCATE TABLE mysql.general_log")
        yield database
    server.execute(f"DROP USER '{database}'@'%'")


def processes() -> Iterator[tuple[str, bytes]]:
    """The command lines of all processes, as every user may see them."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended
                yield f"the command line of {folder.name}", (folder / "cmdline").read_bytes()


def of_server(server: TestServer, database: str) -> Iterator[tuple[str, Any]]:
    """What others may read on the server: sessions, statements, our tables, its log."""
    yield "the process list", server.execute("SHOW FULL PROCESSLIST")
    yield "the general log", server.execute("SELECT argument FROM mysql.general_log")
    for (table,) in server.execute("SHOW TABLES", db=database):
        yield f"the table {table}", server.execute(f"SELECT * FROM `{table}`", db=database)
    if server.flavor == "mysql":
        for table in ("events_statements_history", "session_connect_attrs", "threads", "error_log"):
            yield table, server.execute(f"SELECT * FROM performance_schema.{table}")
    yield "the server's own log", server.server.log_tail(200)


def of_hooks(hooks: Hooks) -> Iterator[tuple[str, Any]]:
    """All variables of all programs."""
    for turn, variables in hooks.ran():
        for name, value in variables.items():
            yield f"the variable {name} of the hook {turn}", value


def of_control(path: Path) -> Iterator[tuple[str, str]]:
    """Answers to all commands that only look."""
    for line in ("status", "info", "status-json", "help", "applier", "inspector", "coordinates", "no such command"):
        yield f"the answer to {line}", ask(path, line)


class Scene:
    """The migration of one table, with all that tells others of it."""

    def __init__(self, server: TestServer, database: str, user: str, folder: Path) -> None:
        self.server, self.database, self.folder = server, database, folder
        self.hooks = Hooks(folder)
        self.postpone = folder / "postpone"
        self.control = folder / "control.sock"
        self.report = folder / "report.json"
        self.statsd = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.statsd.bind(("127.0.0.1", 0))
        self.statsd.setblocking(False)
        self.flags = words(
            server, database, user=user, execute=True, debug=True, stack=True, verbose=True, no_display=True,
            hooks_path=self.hooks.path, hooks_status_interval=1, serve_socket_file=self.control,
            postpone_cut_over_flag_file=self.postpone, report_file=self.report, checkpoint_seconds=0.1,
            statsd_addr=f"127.0.0.1:{self.statsd.getsockname()[1]}",
        )  # fmt: skip
        make_table(server, database, rows=30)

    @contextlib.contextmanager
    def held(self, env: dict[str, str], *more: str) -> Iterator[Child]:
        """A process that waits before the cut-over."""
        with Child([*self.flags, *more], self.folder, env) as child:
            child.until_says("State: postponing cut-over", 60.0)
            eventually(lambda: self.server.execute(f"SELECT 1 FROM {self.checkpoint}", db=self.database), child.said)
            yield child

    @property
    def checkpoint(self) -> str:
        """The name of its table."""
        return helper(self.server, "ghk")

    def look(self, child: Child) -> None:
        """Look everywhere."""
        out, err = child.said()
        found = [("the standard output", out), ("the log", err), *processes(), *of_hooks(self.hooks)]
        found += of_server(self.server, self.database)
        if child.process.poll() is None:
            found += of_control(self.control)
        with contextlib.suppress(BlockingIOError):
            while packet := self.statsd.recv(1 << 16):
                found.append(("a figure", packet))
        if self.report.exists():
            found.append(("the report", self.report.read_bytes()))
        for where, what in found:
            assert_no_password(where, what)
        names = {where for where, _ in found}
        assert {"the general log", f"the table {self.checkpoint}", "a figure"} <= names
        assert any("hook before-row-copy" in name for name in names)


def test_nobody_sees_it_of_a_run_that_is_killed_and_one_that_crashes_and_one_that_ends(
    server: TestServer, database: str, user: str, tmp_path: Path
) -> None:
    scene = Scene(server, database, user, tmp_path)
    with scene.statsd:
        with scene.held(environment(), "--password", PASSWORD, f"--master-password={PASSWORD}",
                        "--assume-master-host", f"{server.host}:{server.port}") as child:  # fmt: skip
            cmdline = Path(f"/proc/{child.process.pid}/cmdline").read_bytes()
            assert b"--master-password=x\0" in cmdline
            assert b"\0--debug\0" in cmdline
            scene.look(child)
        conf = tmp_path / "my.cnf"
        conf.write_text(f"[client]\npassword = '{PASSWORD}'\n", encoding="utf-8")
        with scene.held(environment(), f"--conf={conf}") as child:
            server.execute(f"RENAME TABLE {helper(server, 'gho')} TO gone", db=database)
            server.execute("UPDATE t SET v = 'x'", db=database)
            ended = child.end()
            assert ended.code != 0, ended
            assert "Traceback" in ended.err
            scene.look(child)
        server.execute(f"RENAME TABLE gone TO {helper(server, 'gho')}", db=database)
        scene.postpone.unlink()
        env = environment(PASSWORD, DATABASE_URL=f"mysql://me:{PASSWORD}@{server.host}/{database}")
        with Child([*scene.flags, "--no-resume", "--postpone-cut-over-flag-file="], scene.folder, env) as child:
            ended = child.end()
            assert ended.code == 0, ended
            scene.look(child)
    assert columns(server, database)[-1] == "added"
    assert "success" in scene.hooks.turns()


def exit_code(line: Sequence[str]) -> object:
    """Run it in this process; argparse leaves by an exception."""
    try:
        return main(line)
    except SystemExit as leave:
        return leave.code


def test_an_error_before_anything_began_does_not_repeat_it(
    server: TestServer, database: str, user: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_table(server, database, rows=3)
    told = []

    def ends_with(code: int, *line: str, **env: str) -> None:
        with monkeypatch.context() as patch:
            for name, value in env.items():
                patch.setenv(f"GHOSTSHIFT_{name}", value)
            assert exit_code(line) == code, capsys.readouterr()
        told.append("".join(capsys.readouterr()))
        assert_no_password(f"the answer to {line[:1]}", told[-1])

    flags = [*words(server, database, user=user), "--debug", "--stack"]
    ends_with(4, "migrate", *flags, PASSWORD=f"{PASSWORD} not")
    assert "Access denied" in told[-1]
    ends_with(4, "plan", *flags, "--port=1", PASSWORD=PASSWORD)
    assert "cannot connect" in told[-1]
    ends_with(4, "migrate", *flags, f"--password={PASSWORD}not")
    ends_with(2, "migrate", *flags, f"--host=mysql://{user}:{PASSWORD}@{server.host}")
    ends_with(0, "plan", *flags, PASSWORD=PASSWORD)
    ends_with(0, "plan", *flags, "--json", PASSWORD=PASSWORD)
    for line in (
        ["migrate", *flags, f"--pasword={PASSWORD}"],
        ["plan", *flags, f"-p{PASSWORD}"],
        ["verify", f"--password={PASSWORD}"],
        ["verify", f"-p{PASSWORD}", "--table=a.b", "--with=a.c"],
        ["verify", "--ask-pass", PASSWORD, "--table=a.b", "--with=a.c"],
        [f"--password={PASSWORD}", "verify"],
        ["--password", PASSWORD, "verify"],
        [f"-p{PASSWORD}"],
        ["cleanup", f"--password={PASSWORD}"],
        ["cleanup", "--ask-pass", PASSWORD],
        ["revert", *flags, f"--pasword={PASSWORD}"],
        ["control", f"--token={PASSWORD}", "status"],
    ):
        ends_with(2, *line)
    there = [f"--{name}={getattr(server, name)}" for name in ("host", "port")]
    ends_with(0, "cleanup", *there, f"--user={user}", f"--database={database}", PASSWORD=PASSWORD)
    ends_with(4, "cleanup", *there, f"--user={user}", PASSWORD=f"not {PASSWORD}")
    compare = ["verify", *there, f"--user={user}", f"--table={database}.t", f"--with={database}.u"]
    ends_with(4, *compare, PASSWORD=f"not {PASSWORD}")
    ends_with(3, *compare, PASSWORD=PASSWORD)
    assert "general_log" in str(server.execute("SHOW TABLES FROM mysql LIKE 'general_log'"))
    assert_no_password("the general log", server.execute("SELECT argument FROM mysql.general_log"))


def test_a_password_that_is_asked_for_is_not_echoed(server: TestServer, database: str, user: str) -> None:
    make_table(server, database, rows=3)
    flags = [*words(server, database, user=user), "--ask-pass"]
    code, shown = on_terminal(flags, environment(), {"Password: ": PASSWORD})
    assert code == 0, shown
    assert_no_password("the terminal", shown)
