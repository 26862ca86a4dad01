"""Signals: the first SIGINT or SIGTERM stops the migration, SIGHUP has files read again, a second SIGINT cuts it short.

A thread of its own is woken by the signal, because Python's own handlers run in the main thread only, between two of
its instructions: one that is just about to wait for a server would not hear a signal until the server answers.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from ghostshift.model.errors import Aborted
from ghostshift.runtime.group import Stop

_HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def hearing(stop: Stop, on_hangup: Callable[[], None]) -> Iterator[None]:
    """Hear signals for the length of the block. `on_hangup` runs beside the migration and must not raise."""
    interrupts: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        if number == signal.SIGINT:
            interrupts.append(number)
            if len(interrupts) > 1:
                raise KeyboardInterrupt

    def listen() -> None:
        while heard := ear.recv(16):
            for number in heard:
                if number == signal.SIGHUP:
                    on_hangup()
                elif not stop.is_set():
                    stop.set(Aborted(f"stopped by {signal.Signals(number).name}; the original table is as it was"))
                else:
                    stop.insist()

    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    listener = threading.Thread(target=listen, name="signals", daemon=True)
    before = {number: signal.signal(number, handle) for number in _HEARD}
    wakeup = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        mouth.close()
        listener.join(1.0)
        ear.close()
