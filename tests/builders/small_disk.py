"""A small disk under a part of a server's data: a tmpfs, which can be filled and emptied at will.

The limits of a process (RLIMIT_FSIZE) would need no rights, but hit each file by itself, the server's own redo log
among them, and give another error. So where this process may not mount, who asks for a small disk is skipped visibly.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


class SmallDisk:
    """A folder with little room in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no room at all."""
        with self._filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Put a small disk over an existing, empty folder."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "none", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this process may not mount a small disk: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: the server may still have a file open.
        subprocess.run(["umount", "-l", str(folder)], check=True)
