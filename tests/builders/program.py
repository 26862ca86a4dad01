"""The real program as a child process: its words, its streams, a terminal for it, and a user without power."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from builders.faulty import PASSWORD, eventually
from plugins.fix_proxy import Proxy
from plugins.server_pool import TestServer

PROGRAM = str(Path(sys.executable).with_name("ghostshift"))
ALTER = "ADD COLUMN added int NOT NULL DEFAULT 7"


@dataclass(frozen=True)
class Ended:
    """How a child ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Both streams."""
        return self.out + self.err


def words(server: object, database: str, **more: object) -> list[str]:
    """Flags of a migration of table `t`; a flag that is None is left out, True stands alone."""
    flags = {
        "host": getattr(server, "host", None),
        "port": getattr(server, "port", None),
        "user": getattr(server, "user", None),
        "database": database,
        "table": "t",
        "alter": ALTER,
        "allow_on_master": True,
        "throttle_additional_flag_file": "",
        "skip_port_validation": True if isinstance(server, Proxy) else None,
        **more,
    }
    return [
        f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}")
        for name, value in flags.items()
        if value is not None
    ]


def environment(password: str = "", **more: str) -> dict[str, str]:
    """An environment without settings of ours but these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GHOSTSHIFT_")}
    return {**plain, **({"GHOSTSHIFT_PASSWORD": password} if password else {}), **more}


def run(
    arguments: Sequence[str],
    env: Mapping[str, str] | None = None,
    *,
    program: str = PROGRAM,
    command: str = "migrate",
    seconds: float = 60.0,
) -> Ended:
    """Run it to its end."""
    done = subprocess.run(
        [program, *([command] if command else []), *arguments],
        env=dict(env or environment()),
        capture_output=True,
        text=True,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


class Child:
    """It runs, with its streams in files; `end` hands them out."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, env: Mapping[str, str], *, command: str = "migrate"
    ) -> None:
        self._paths = folder / "child.out", folder / "child.err"
        with self._paths[0].open("wb") as out, self._paths[1].open("wb") as err:
            self.process = subprocess.Popen(
                [PROGRAM, command, *arguments],
                env={**env, "PYTHONFAULTHANDLER": "1"},
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def said(self) -> tuple[str, str]:
        """What it has said so far."""
        return self._paths[0].read_text(), self._paths[1].read_text()

    def until_says(self, text: str, seconds: float = 20.0) -> None:
        """Wait for a text on either stream."""
        eventually(lambda: text in "".join(self.said()) or self.process.poll() is not None, self.said, seconds=seconds)
        assert text in "".join(self.said()), self.said()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, seconds: float = 30.0) -> Ended:
        """Wait for its end."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # it shows where its threads are
            self.process.wait(10.0)
            raise AssertionError(f"it did not end within {seconds:g} s:\n{self.said()[1]}") from None
        return Ended(code, *self.said())


def on_terminal(
    arguments: Sequence[str], env: Mapping[str, str], answers: Mapping[str, str], seconds: float = 30.0
) -> tuple[int, str]:
    """Run it on a pseudo terminal; when a text shows up, its answer is typed. The exit code, and all that was shown."""
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            [PROGRAM, "migrate", *arguments],
            env={**env, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        shown, waiting, end = b"", dict(answers), time.monotonic() + seconds
        with contextlib.suppress(OSError):  # the other side is closed: it has ended
            while time.monotonic() < end:
                if select.select([master], [], [], 0.1)[0]:
                    shown += os.read(master, 1 << 16)
                for prompt in [text for text in waiting if text.encode() in shown]:
                    os.write(master, waiting.pop(prompt).encode() + b"\n")
            process.kill()
        return process.wait(10.0), shown.decode("utf-8", "replace")
    finally:
        os.close(master)


def ask(path: Path | str, line: str, seconds: float = 10.0) -> str:
    """Send a line to a control socket; the whole reply."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(seconds)
        client.connect(str(path))
        client.sendall(line.encode() + b"\n")
        reply = b""
        while more := client.recv(1 << 16):
            reply += more
    return reply.decode()


def answer(path: Path | str, line: str) -> str:
    """As `ask`, but nothing as long as nobody listens: a socket has its file a moment before that."""
    try:
        return ask(path, line)
    except (FileNotFoundError, ConnectionRefusedError):
        return ""


def make_table(server: TestServer, database: str, rows: int = 200, ddl: str = "") -> None:
    """A small table `t`."""
    server.execute(ddl or "CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(200) NOT NULL)", db=database)
    for first in range(0, rows if not ddl else 0, 5000):
        values = ",".join(f"({number},REPEAT('v', 100))" for number in range(first, min(first + 5000, rows)))
        server.execute(f"INSERT INTO t VALUES {values}", db=database)


def make_user(server: TestServer, name: str, grants: Sequence[str]) -> None:
    """A user with these grants only."""
    server.execute(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}'")
    for grant in grants:
        server.execute(f"GRANT {grant} TO '{name}'@'%'")


def columns(server: TestServer, database: str) -> list[str]:
    """The columns of `t`."""
    return [str(row[0]) for row in server.execute("SHOW COLUMNS FROM t", db=database)]


def tables(server: TestServer, database: str) -> set[str]:
    """All tables."""
    return {str(row[0]) for row in server.execute("SHOW TABLES", db=database)}
