"""A password on the command line is written over, and neither a core nor another process shows what is in memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ghostshift.cli_parser import named
from ghostshift.secrecy import secrets_in

PASSWORD = "s3cr\u00e9t 'of \"% \u20ac"

PROBE = """
import ctypes, os, resource, sys
from ghostshift import secrecy
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
secrecy.keep_to_ourselves()
sys.stdout.write(f"dumpable {ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)}\\n")
sys.stdout.flush()
sys.stdin.read(1)
os.abort()
"""


def wiped(*words: str) -> list[str]:
    """A command line as others see it afterwards."""
    line = bytearray(b"".join(word.encode() + b"\0" for word in words))
    for at, size in secrets_in(bytes(line)):
        line[at : at + size] = b"x" * size
    return [word.decode() for word in bytes(line).split(b"\0")[:-1]]


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        (["--password=abc", "--user=u"], ["--password=xxx", "--user=u"]),
        (["-password", "abc", "--user", "u"], ["-password", "xxx", "--user", "u"]),
        (["--master-password", "--x", "--with-password=b"], ["--master-password", "xxx", "--with-password=x"]),
        (["--password", "--password", "abc"], ["--password", "xxxxxxxxxx", "abc"]),
        (["--password=", "--alter=ADD password int", "password"], None),
        (["--password=a=b"], ["--password=xxx"]),
        (["--password"], None),
    ],
)
def test_where_a_password_stands_in_a_line(words: list[str], seen: list[str] | None) -> None:
    assert wiped(*words) == (seen or words)


def test_a_running_process_shows_no_password_and_leaves_no_core(tmp_path: Path) -> None:
    words = [sys.executable, "-c", PROBE, f"--password={PASSWORD}", "--master-password", PASSWORD, "--user=me"]
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "GHOSTSHIFT_PASSWORD": PASSWORD},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"dumpable 0\n"
        folder = Path(f"/proc/{process.pid}")
        line = (folder / "cmdline").read_bytes()
        assert b"--user=me" in line
        assert PASSWORD.encode() not in line
        assert b"s3cr" not in line
        # The kernel gives the files of such a process to root: nobody else of its user may read them.
        assert {(folder / name).stat().st_uid for name in ("environ", "mem", "maps")} == {0}
        process.communicate(b"x")
    status = process.returncode
    assert status == -signal.SIGABRT
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("word", "shown"), [("--pasword=s3cret", "--pasword"), ("-ps3cret", "-p…"), ("-p", "-p"), ("--json", "--json")]
)
def test_what_an_error_shows_of_a_word(word: str, shown: str) -> None:
    assert named(word) == shown
