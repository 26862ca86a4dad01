"""How much memory a process has had at the most: this one, or another that runs.

Not `ru_maxrss` where the kernel tells better: Linux carries that figure through exec, so that a small program which a
large one has started is said to have been as large itself. Must not be asked in a loop without rests: it reads a file.
"""

from __future__ import annotations

import resource
from pathlib import Path

_PEAK = "VmHWM:"
"""proc_pid_status(5): of the program's own memory, which is new with each exec."""


def peak_bytes(process: int | None = None) -> int:
    """The greatest resident size so far; 0 of another process that is gone."""
    try:
        text = Path(f"/proc/{process or 'self'}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    for line in text.splitlines():
        if line.startswith(_PEAK):
            return int(line.split()[1]) << 10
    return 0 if process else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
