# ruff: noqa: D102 - every method is described once, in the protocol
"""Who races: each knows how to start itself on the bench's table, and whether it is here at all.

Passwords reach other programs through their own configuration files and ours through its environment variable: never
through a command line. When a cut-over begins and ends is known by what the tool says, stamped as it arrives.
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
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pymysql

from bench.arena import DATABASE, RACER, TABLE, Arena
from bench.felt import Line, Span, swaps_of
from bench.scenarios import Scenario
from bench.tables import ALTER
from ghostshift.demo.stage import program
from ghostshift.runtime.footprint import peak_bytes

_GRACE = 15.0


@dataclass
class Run:
    """How one contestant did."""

    begun: float
    ended: float
    finished: bool
    note: str = ""
    cpu_seconds: float | None = None
    peak_mb: float | None = None
    report: dict[str, Any] = field(default_factory=dict)
    swaps: list[Span] = field(default_factory=list)
    """When its cut-over was, as far as it said so."""

    @property
    def seconds(self) -> float:
        """Of the whole command."""
        return self.ended - self.begun


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
    """The server itself. It has no cut-over: who writes waits from beginning to end."""

    name = "alter"

    def absent(self) -> str:
        return ""

    def run(self, arena: Arena, _folder: Path, cap: float) -> Run:
        connection = arena.connect_racer()
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
        try:
            thread.join(cap)
        finally:
            capped = thread.is_alive()
            if capped:
                number = connection.thread_id()  # type: ignore[no-untyped-call]  # the stubs forgot it
                with arena.connect() as other:
                    other.query(f"KILL {number}")
                thread.join(_GRACE)
        ended = time.monotonic()
        if not capped:
            connection.close()
        note = f"stopped after {cap:.0f} s" if capped else "; ".join(failed)
        return Run(begun, ended, not failed and not capped, note)


class PtOnlineSchemaChange:
    """Percona's, in Perl, with triggers."""

    name = "pt-osc"

    def absent(self) -> str:
        return "" if shutil.which("pt-online-schema-change") else "not on PATH"

    def run(self, arena: Arena, folder: Path, cap: float) -> Run:
        config = client_file(arena, folder / "pt-osc.cnf")
        told = arena.replicas and arena.server.flavor == "mariadb"  # it asks with words that MySQL 9 has no more
        command = [
            "pt-online-schema-change",
            "--execute",
            "--no-version-check",
            f"--recursion-method={'hosts' if told else 'none'}",
            f"--alter={ALTER}",
            f"F={config},D={DATABASE},t={TABLE}",
        ]
        run, lines = run_child(command, folder / "pt-osc.log", cap)
        run.swaps = swaps_of(lines, "Swapping tables", ["Swapped original"], run.ended)
        return run


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
            *_told_of_replicas(arena),
            "--execute",
        ]
        run, lines = run_child(command, folder / "gh-ost.log", cap)
        run.swaps = swaps_of(lines, "Grabbing voluntary lock", ["Tables unlocked", "Lock & rename duration"], run.ended)
        return run


class Ghostshift:
    """Ours, doing what the others do: they compare nothing, so it does not either."""

    name = "ghostshift"
    verify = "--no-verify"

    def __init__(self, needed: Sequence[str], more: Sequence[str]) -> None:
        """Without the flags `needed` it does not race; `more` is given besides."""
        self._needed = list(needed)
        self._flags = [self.verify, *needed, *more]

    def absent(self) -> str:
        if not self._needed:
            return ""
        asked = subprocess.run(
            [*program(), "migrate", "--check-flag", *self._needed], capture_output=True, text=True, check=False
        )
        return "" if asked.returncode == 0 else f"{' '.join(self._needed)}: not offered"

    def run(self, arena: Arena, folder: Path, cap: float) -> Run:
        report = folder / "report.json"
        report.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="ghostshift-bench-") as private:
            run, lines = self._run(arena, folder, cap, report, Path(private) / "control.sock")
        if report.exists():
            run.report = json.loads(report.read_text(encoding="utf-8"))
        ends = ["INFO cleaning up", "INFO catching up", "INFO waiting for the server", "INFO failed"]
        run.swaps = swaps_of(lines, "INFO cutting over", ends, run.ended)
        return run

    def _run(self, arena: Arena, folder: Path, cap: float, report: Path, control: Path) -> tuple[Run, list[Line]]:
        command = [
            *program(),
            "migrate",
            f"--host={arena.server.host}",
            f"--port={arena.server.port}",
            f"--user={RACER}",
            f"--database={DATABASE}",
            f"--table={TABLE}",
            f"--alter={ALTER}",
            "--allow-on-master",
            "--no-display",
            f"--report-file={report}",
            f"--serve-socket-file={control}",
            *_told_of_replicas(arena),
            "--execute",
            *self._flags,
        ]
        return run_child(command, folder / "ghostshift.log", cap, {"GHOSTSHIFT_PASSWORD": arena.password})


class GhostshiftVerified(Ghostshift):
    """Ours as it comes: every row is compared with the original's before the swap."""

    name = "ghostshift-verified"
    verify = "--verify"


class Alone:
    """Nobody: the load goes on by itself for as long as is said."""

    name = "alone"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def absent(self) -> str:
        return ""

    def run(self, _arena: Arena, _folder: Path, _cap: float) -> Run:
        begun = time.monotonic()
        threading.Event().wait(self.seconds)
        return Run(begun, time.monotonic(), finished=True)


def contestants(scenario: Scenario, wanted: Sequence[str], more: Sequence[str]) -> list[Contestant]:
    """Who races in a scenario, of those that are wanted."""
    everybody: list[Contestant] = [
        ServerAlter(),
        GhOst(),
        PtOnlineSchemaChange(),
        Ghostshift(scenario.flags, more),
        GhostshiftVerified(scenario.flags, more),
    ]
    names = [name for name in scenario.contestants if not wanted or name in wanted]
    return [one for name in names for one in everybody if one.name == name]


def _told_of_replicas(arena: Arena) -> list[str]:
    """Flags of ours and of gh-ost alike: throttle by these servers' lag."""
    named = ",".join(f"{replica.host}:{replica.port}" for replica in arena.replicas)
    return [f"--throttle-control-replicas={named}"] if named else []


def client_file(arena: Arena, path: Path) -> Path:
    """A client configuration that only we can read."""
    path.touch(mode=0o600)
    server = arena.server
    path.write_text(f"[client]\nuser={RACER}\npassword={arena.password}\nsocket={server.socket}\n", encoding="utf-8")
    return path


def run_child(
    command: list[str], log: Path, cap: float, secrets: dict[str, str] | None = None
) -> tuple[Run, list[Line]]:
    """Run a program to its end or to the cap; say what it used, and what it said when."""
    lines: list[Line] = []
    begun = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(secrets or {})},
        text=True,
        errors="replace",
    )
    listener = threading.Thread(target=_listen, args=(process, lines), name="listener", daemon=True)
    listener.start()
    try:
        usage, peak, capped = _wait(process, begun + cap)
        ended = time.monotonic()
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
        listener.join(5)
        log.write_text("".join(f"{line.at - begun:9.3f}  {line.text}\n" for line in lines), encoding="utf-8")
    note = f"stopped after {cap:.0f} s" if capped else f"exit code {process.returncode}" if process.returncode else ""
    return Run(
        begun,
        ended,
        finished=not capped and process.returncode == 0,
        note=note if not note or capped else f"{note}: {_last_line(lines)}",
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=peak / 2**20 if peak else None,
    ), lines


def _listen(process: subprocess.Popen[str], lines: list[Line]) -> None:
    if process.stdout is not None:
        with process.stdout as said:
            lines.extend(Line(time.monotonic(), text.rstrip("\n")) for text in said)


def _wait(process: subprocess.Popen[str], until: float) -> tuple[resource.struct_rusage, int, bool]:
    """Reap the child ourselves, for its resource usage; past `until` it is asked to end, then made to.

    Its greatest size is looked at as long as it runs: what the kernel tells of a dead child is not less than our own.
    """
    rest = threading.Event()
    asked: float | None = None
    peak = 0
    while True:
        peak = max(peak, peak_bytes(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage, peak, asked is not None
        now = time.monotonic()
        if asked is None and now > until:
            process.send_signal(signal.SIGTERM)
            asked = now
        elif asked is not None and now > asked + _GRACE:
            process.kill()
        rest.wait(0.02)


def _last_line(lines: Sequence[Line]) -> str:
    return next((line.text.strip() for line in reversed(lines) if line.text.strip()), "")[:200]
