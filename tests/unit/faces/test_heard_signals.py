"""A signal is heard whatever the main thread is at; a second Ctrl-C cuts short; everything is put back at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ghostshift.cli_signals import hearing
from ghostshift.model.errors import Aborted
from ghostshift.runtime.group import Stop

PATIENCE = 20.0
WISH = ["--execute", "--database=d", "--table=t", "--alter=FORCE"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heard_while_the_main_thread_waits_for_an_answer_and_is_not_woken(number: signal.Signals) -> None:
    stop = Stop()
    near, far = socket.socketpair()
    near.settimeout(PATIENCE)
    heard: list[bool] = []

    def strike() -> None:
        asleep = 0
        while asleep < 10 and not stop.wait(0.01):
            asleep += Path(f"/proc/self/task/{os.getpid()}/stat").read_text().rpartition(") ")[2].startswith("S")
        signal.pthread_kill(threading.get_ident(), number)  # this thread's: the main one sleeps on
        heard.append(stop.wait(PATIENCE))
        far.sendall(b"x")

    with near, far, hearing(stop, lambda: None):
        thread = threading.Thread(target=strike)
        thread.start()
        assert near.recv(1) == b"x"
        thread.join(PATIENCE)
    assert heard == [True]
    assert isinstance(stop.cause, Aborted)
    assert f"stopped by {number.name}" in str(stop.cause)


def test_a_second_ctrl_c_interrupts_and_a_second_sigterm_does_not() -> None:
    stop = Stop()
    with hearing(stop, lambda: None):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(PATIENCE)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert "SIGTERM" in str(stop.cause)


def test_a_hangup_is_passed_on_and_stops_nothing() -> None:
    stop, heard = Stop(), threading.Event()
    with hearing(stop, heard.set):
        os.kill(os.getpid(), signal.SIGHUP)
        assert heard.wait(PATIENCE)
        assert not stop.is_set()


def test_handlers_and_threads_are_what_they_were_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with hearing(Stop(), lambda: None):
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
    assert "signals" not in [thread.name for thread in threading.enumerate()]
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.parametrize(
    ("words", "reading", "said"),
    [
        (["migrate", "--help"], "ghostshift.flags", "FATAL interrupted\n"),
        (["migrate", *WISH], "ghostshift.supervisor", " FATAL interrupted; nothing was begun\n"),
        (["sandbox", "list"], "rich.console", "FATAL interrupted\n"),
    ],
)
def test_a_ctrl_c_while_the_program_is_read_from_disk_shows_no_traceback(
    words: list[str], reading: str, said: str
) -> None:
    text = (
        "import builtins, sys; real = builtins.__import__\n"
        "def struck(name, *rest):\n"
        f"    if name == {reading!r}: raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "from ghostshift.cli import main; builtins.__import__ = struck\n"
        f"sys.exit(main({words}))"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (130, "", 1)
    assert done.stderr.endswith(said)
