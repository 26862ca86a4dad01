# ruff: noqa: D102 - every method is described once, in the protocol
"""Who races: each knows how to start itself on the bench's table, and whether it is here at all.

Passwords reach other programs through their own configuration files and ours through its environment variable: never
through a command line.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pymysql
from bench.arena import ALTER, DATABASE, TABLE, Arena

from ghostshift.demo.stage import program

_GRACE = 15.0


@dataclass
class Run:
    """How one contestant did."""

    seconds: float
    finished: bool
    note: str = ""
    cpu_seconds: float | None = None
    peak_mb: float | None = None
    report: dict[str, Any] = field(default_factory=dict)


class Contestant(Protocol):
    """Somebody who can alter the table."""

    name: str

    def absent(self) -> str:
        """Why it cannot race; empty if it can."""
        ...

    def run(self, arena: Arena, folder: Path, cap: float) -> Run:
        """Alter the table, in `cap` seconds at most; logs go into `folder`."""
        ...


class ServerAlter:
    """The server itself."""

    name = "server ALTER (COPY)"

    def absent(self) -> str:
        return ""

    def run(self, arena: Arena, _folder: Path, cap: float) -> Run:
        connection = arena.connect()
        failed: list[str] = []

        def alter() -> None:
            try:
                connection.query("SET SESSION lock_wait_timeout = 120")
                connection.query(f"ALTER TABLE {TABLE} {ALTER}, ALGORITHM=COPY")
            except (pymysql.MySQLError, OSError) as error:
                failed.append(str(error))

        begun = time.monotonic()
        thread = threading.Thread(target=alter, daemon=True)
        thread.start()
        thread.join(cap)
        capped = thread.is_alive()
        if capped:
            number = connection.thread_id()  # type: ignore[no-untyped-call]  # the stubs forgot it
            with arena.connect() as other:
                other.query(f"KILL {number}")
            thread.join(_GRACE)
        seconds = time.monotonic() - begun
        return Run(seconds, not failed and not capped, "stopped at the cap" if capped else "; ".join(failed))


class PtOnlineSchemaChange:
    """Percona's, in Perl, with triggers."""

    name = "pt-osc"

    def absent(self) -> str:
        return "" if shutil.which("pt-online-schema-change") else "not on PATH"

    def run(self, arena: Arena, folder: Path, cap: float) -> Run:
        config = client_file(arena, folder / "pt-osc.cnf")
        command = [
            "pt-online-schema-change",
            "--execute",
            "--no-version-check",
            "--recursion-method=none",
            f"--alter={ALTER}",
            f"F={config},D={DATABASE},t={TABLE}",
        ]
        return run_child(command, folder / "pt-osc.log", cap)


class GhOst:
    """GitHub's, in Go, over the binary log."""

    name = "gh-ost"

    def absent(self) -> str:
        found = shutil.which("gh-ost")
        if not found:
            return "not on PATH"
        return "is a link to ghostshift" if "ghostshift" in str(Path(found).resolve()) else ""

    def run(self, arena: Arena, folder: Path, cap: float) -> Run:
        command = [
            "gh-ost",
            f"--conf={client_file(arena, folder / 'gh-ost.cnf')}",
            f"--host={arena.server.host}",
            f"--port={arena.server.port}",
            f"--database={DATABASE}",
            f"--table={TABLE}",
            f"--alter={ALTER}",
            "--allow-on-master",
            "--initially-drop-ghost-table",
            "--initially-drop-old-table",
            "--ok-to-drop-table",
            "--execute",
        ]
        return run_child(command, folder / "gh-ost.log", cap)


class Ghostshift:
    """Ours, doing what the others do: they compare nothing, so it does not either."""

    name = "ghostshift"

    def __init__(self, more: list[str]) -> None:
        self._more = [self.verify, *more]

    @property
    def verify(self) -> str:
        """Whether the tables are compared before the swap."""
        return "--no-verify"

    def absent(self) -> str:
        return ""

    def run(self, arena: Arena, folder: Path, cap: float) -> Run:
        report = folder / "report.json"
        report.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="ghostshift-bench-") as private:
            done = self._run(arena, folder, cap, report, Path(private) / "control.sock")
        if report.exists():
            done.report = json.loads(report.read_text(encoding="utf-8"))
        return done

    def _run(self, arena: Arena, folder: Path, cap: float, report: Path, control: Path) -> Run:
        command = [
            *program(),
            "migrate",
            f"--host={arena.server.host}",
            f"--port={arena.server.port}",
            f"--user={arena.server.user}",
            f"--database={DATABASE}",
            f"--table={TABLE}",
            f"--alter={ALTER}",
            "--allow-on-master",
            "--no-display",
            f"--report-file={report}",
            f"--serve-socket-file={control}",
            "--execute",
            *self._more,
        ]
        return run_child(command, folder / "ghostshift.log", cap, {"GHOSTSHIFT_PASSWORD": arena.server.password})


class GhostshiftVerified(Ghostshift):
    """Ours as it comes: every row is compared with the original's before the swap."""

    name = "ghostshift-verified"

    @property
    def verify(self) -> str:
        return "--verify"


def client_file(arena: Arena, path: Path) -> Path:
    """A client configuration that only we can read."""
    path.touch(mode=0o600)
    server = arena.server
    path.write_text(
        f"[client]\nuser={server.user}\npassword={server.password}\nsocket={server.socket}\n", encoding="utf-8"
    )
    return path


def run_child(command: list[str], log: Path, cap: float, secrets: dict[str, str] | None = None) -> Run:
    """Run a program to its end or to the cap, and say what it used."""
    begun = time.monotonic()
    environment = {**os.environ, **(secrets or {})}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
        try:
            usage, capped = _wait(process, begun + cap)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
    seconds = time.monotonic() - begun
    note = "stopped at the cap" if capped else f"exit code {process.returncode}" if process.returncode else ""
    return Run(
        seconds,
        finished=not capped and process.returncode == 0,
        note=note if not note or capped else f"{note}: {_last_line(log)}",
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
    )


def _wait(process: subprocess.Popen[bytes], until: float) -> tuple[resource.struct_rusage, bool]:
    """Reap the child ourselves, for its resource usage; past `until` it is asked to end, then made to."""
    rest = threading.Event()
    asked: float | None = None
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage, asked is not None
        now = time.monotonic()
        if asked is None and now > until:
            process.send_signal(signal.SIGTERM)
            asked = now
        elif asked is not None and now > asked + _GRACE:
            process.kill()
        rest.wait(0.02)


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]
