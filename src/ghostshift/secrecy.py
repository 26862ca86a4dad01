"""What this process keeps from the other users and programs of its machine, from its first moment on.

A password that stands on the command line is written over, as mysql's own programs do it: `ps` shows it for the
moment that the interpreter takes to begin. And no core may be dumped, nor the memory and the environment be read by
another process of the same user: the password is in both. Root may do all of it still. Must never fail a run.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from pathlib import Path

PASSWORD_FLAGS = frozenset({b"password", b"master-password", b"with-password"})

_PR_SET_DUMPABLE = 4
_ARG_START, _ARG_END = 45, 46
"""Fields of /proc/self/stat behind the program's name (proc(5): 48 and 49)."""


def keep_to_ourselves() -> None:
    """Do all of it; for the beginning of a program, not for a library in somebody else's."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        _wipe()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _wipe() -> None:
    """Write over the passwords where the kernel reads our command line; Python has its own copy."""
    fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
    if not 0 < start < end:
        return
    for at, size in secrets_in(ctypes.string_at(start, end - start)):
        ctypes.memset(start + at, 0, size)
        ctypes.memset(start + at, ord("x"), 1)


def secrets_in(line: bytes) -> Iterator[tuple[int, int]]:
    """Where passwords stand in a command line of words that end with NUL: place and length."""
    at, is_next = 0, False
    for word in line.split(b"\0"):
        flag, written, value = word.partition(b"=")
        named = flag[:1] == b"-" and flag.removeprefix(b"-").removeprefix(b"-") in PASSWORD_FLAGS
        if is_next and word:
            yield at, len(word)
        elif named and value:
            yield at + len(flag) + 1, len(value)
        is_next = named and not written and not is_next
        at += len(word) + 1
