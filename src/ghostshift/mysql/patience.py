"""How long an answer is waited for: as long as the server is seen to be at work on it.

A statement may take hours, so no time limit fits all of them; but a connection through which nothing comes any more
(a dead host, a firewall that has forgotten it, a proxy that stands still) looks exactly like such a statement. So where
nothing has come for a while it is looked at from outside, on a fresh connection, what the server makes of the session.
The dead one is then given up in a bounded time, and who used it gets what a lost connection gives him.

It must never give up a statement that the server still runs, and never wait on where there is none.
"""

from __future__ import annotations

import enum
import io
import socket as sockets
from collections.abc import Callable
from typing import Any

UNLIMITED = -1.0
"""As a time limit for answers: none, whatever the options say."""

SILENCE = 20.0
"""Seconds without a byte after which the server is asked for the first time; also the limit for sending a statement."""

AGAIN = 5.0
"""Seconds between two looks while there is doubt."""

DOUBTS = 3
"""Looks in a row without a sign of life after which the connection is given up. With the time that a look itself may
take where nobody answers, three seconds, it is given up after 39 seconds at the most."""


class Sign(enum.Enum):
    """What a session looks like from outside."""

    WORKING = "it is at work"
    IDLE = "the server waits for a statement on it"
    GONE = "the server has no such session"
    UNKNOWN = "the server cannot be asked"


class PatientReader(io.RawIOBase):
    """Reads a socket that has a time limit, for as long as `look` sees a reason to. For the session's own thread."""

    def __init__(self, socket: sockets.socket, look: Callable[[], Sign]) -> None:
        super().__init__()
        self._socket = socket
        self._look = look

    def readable(self) -> bool:
        """Always: what BufferedReader asks first."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for bytes. Raises TimeoutError where none will come any more."""
        doubts = 0
        try:
            while True:
                try:
                    return self._socket.recv_into(buffer)
                except TimeoutError:
                    doubts = self._doubted(doubts)
        finally:
            if doubts and self._socket.fileno() >= 0:
                self._socket.settimeout(SILENCE)

    def _doubted(self, doubts: int) -> int:
        """How many looks in a row have now seen no sign of life. Raises TimeoutError for the last of them.

        An idle session may have answered in this moment: only a second look tells, after more time to receive.
        """
        sign = self._look()
        if sign is Sign.WORKING:
            self._socket.settimeout(SILENCE)
            return 0
        doubts += 1
        if sign is Sign.GONE or doubts >= DOUBTS:
            raise TimeoutError(f"nothing comes from the server any more: {sign.value}")
        self._socket.settimeout(AGAIN)
        return doubts


def be_patient(connection: Any, look: Callable[[], Sign]) -> None:
    """Have a connection of the driver's wait so from now on; nothing may be unread on it."""
    # The driver has no public way to be asked while it waits. Its own reader is let go of, the socket stays open.
    socket = connection._sock  # noqa: SLF001
    connection._rfile.close()  # noqa: SLF001
    connection._rfile = io.BufferedReader(PatientReader(socket, look))  # noqa: SLF001
    connection._read_timeout = connection._write_timeout = SILENCE  # noqa: SLF001
