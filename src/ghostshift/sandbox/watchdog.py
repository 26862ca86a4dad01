"""Looks after one sandbox: when its owner is gone or its time is up, kills its servers and removes its data.

Started by `ghostshift.sandbox.start` in a session of its own, so that neither a Ctrl-C nor a kill -9 of the owner
takes it along. It sleeps on the owner's process, not on a clock, and ends by itself when the sandbox is gone.
It must never touch anything but the one sandbox it was given.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from ghostshift.sandbox.files import locked
from ghostshift.sandbox.registry import Entry, file_of, load, remove

_LOOK_EVERY = 5.0  # seconds between looks whether the sandbox was stopped without telling us
_WITHOUT_PIDFD = 0.5


def spawn(entry: Entry) -> subprocess.Popen[bytes]:
    """Start a watchdog for this sandbox."""
    source = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([source, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "ghostshift.sandbox.watchdog", str(file_of(entry))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": path},
    )


def watch(file: Path) -> None:
    """Wait until the sandbox must go, then remove it."""
    entry = load(file)
    if entry is None:
        return
    with _Owner(entry) as owner:
        latest: Entry | None = entry
        while latest is not None and latest.created == entry.created and not due(latest):
            left = _LOOK_EVERY if entry.expires is None else min(_LOOK_EVERY, entry.expires - time.time())
            owner.wait(max(left, 0.0))
            latest = load(file)
    with locked(file.parent / ".lock"):
        remove(entry)


def due(entry: Entry) -> bool:
    """Whether the sandbox must go: its owner is gone, its start was cut short, or its time is up."""
    if not entry.ready and not entry.starter.alive():
        return True
    if entry.owner is not None and not entry.owner.alive():
        return True
    return entry.expires is not None and time.time() >= entry.expires


class _Owner:
    """Something to wait on that wakes up when the owner ends."""

    def __init__(self, entry: Entry) -> None:
        self._poll = select.poll()
        self._handle: int | None = None
        self._longest = _LOOK_EVERY
        if entry.owner is not None:
            try:
                self._handle = os.pidfd_open(entry.owner.pid)
            except (OSError, AttributeError):
                self._longest = _WITHOUT_PIDFD
            else:
                self._poll.register(self._handle, select.POLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def wait(self, seconds: float) -> None:
        """Return when the owner ends, at the latest after so many seconds."""
        self._poll.poll(min(seconds, self._longest) * 1000)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch(Path(sys.argv[1]))
