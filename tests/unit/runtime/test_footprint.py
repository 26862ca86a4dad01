from __future__ import annotations

import os
import subprocess
import sys

from ghostshift.runtime.footprint import peak_bytes

ASK = "from ghostshift.runtime.footprint import peak_bytes; mine = b'x' * (40 << 20); del mine; print(peak_bytes())"


def test_a_small_program_that_a_large_one_starts_is_small() -> None:
    ours = b"x" * (200 << 20)
    said = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True).stdout
    assert 40 << 20 < int(said) < len(ours)


def test_another_process_is_asked_by_its_number() -> None:
    ours = peak_bytes(os.getpid())
    assert ours > 1 << 20
    assert abs(peak_bytes() - ours) < 16 << 20, "the kernel's count is not exact, and asking takes memory, too"


def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, gone.pid, os.WEXITED | os.WNOWAIT)
    assert peak_bytes(gone.pid) == 0, "it is dead and not reaped"
    gone.wait()
    assert peak_bytes(gone.pid) == 0
