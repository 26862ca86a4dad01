"""Is that process still the same one, and which servers run on this folder: questions put to /proc.

A pid alone is never trusted: it is always paired with the process's start time, so that a number used again by
somebody else is not taken for ours. Nothing here may signal a process that was not identified this way, or by a
data folder of ours on its command line.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from ghostshift.sandbox.files import wait_for


@dataclass(frozen=True)
class Identity:
    """A process: its number and the kernel tick it was started at."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """The identity of a living process, or None."""
        started = _started(pid)
        return None if started is None else cls(pid, started)

    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return _started(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Send a signal, unless the process is gone."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)

    def wait_gone(self, seconds: float) -> bool:
        """Wait until it is gone; says whether it is."""
        return wait_for(lambda: not self.alive(), seconds)


def _started(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2 :].split()
    if fields[0] in {"Z", "X"}:
        return None
    return int(fields[19])


def servers_on(folder: Path) -> list[Identity]:
    """Every process of ours whose command line names a data folder inside `folder`.

    This needs no bookkeeping, hence cannot miss a server that was started a moment before its starter was killed.
    """
    mark = f"--datadir={folder}/".encode()
    found: list[Identity] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if entry.stat().st_uid != os.geteuid():
                continue
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        identity = Identity.of(int(entry.name)) if any(word.startswith(mark) for word in words) else None
        if identity is not None:
            found.append(identity)
    return found


def kill_servers_on(folder: Path) -> int:
    """Kill, without asking, every server on a data folder inside `folder`; says how many there were."""
    killed = 0
    for _ in range(5):
        living = servers_on(folder)
        if not living:
            break
        for identity in living:
            identity.signal(signal.SIGKILL)
        killed += len(living)
        for identity in living:
            identity.wait_gone(5.0)
    return killed
