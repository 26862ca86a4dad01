"""The line protocol on a Unix socket: one line in, a reply, the end. Private to the user who runs the migration.

It must never block the migration: each client has a few seconds, and a client that fails is only its own loss.
"""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

from ghostshift.control.commands import Commands
from ghostshift.model.errors import UsageError
from ghostshift.runtime.group import Stop

PATIENCE = 2.0
"""Seconds for a client to say its line."""

LINE_LIMIT = 4096


class LineServer:
    """Serves commands until stopped."""

    def __init__(self, path: str, commands: Commands, stop: Stop, *, drop_existing: bool) -> None:
        """Bind the socket. Raises UsageError where the path cannot be used."""
        self._path = Path(path)
        self._commands = commands
        self._stop = stop
        if (drop_existing and self._path.is_socket()) or _is_stale(self._path):
            self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # The mode must be right from the first moment, so it comes from the umask, not from a chmod afterwards.
        mask = os.umask(0o177)
        try:
            self._socket.bind(str(self._path))
        except OSError as error:
            self._socket.close()
            raise UsageError(
                f"the control socket {path} cannot be used ({error.strerror or error}); "
                "remove it, give --initially-drop-socket-file, or another --serve-socket-file"
            ) from None
        finally:
            os.umask(mask)
        self._socket.listen(8)
        self._socket.settimeout(0.25)
        self._closed = False
        stop.on_set(self.close)  # also where the migration ends before `run` was ever called

    def run(self) -> None:
        """Answer clients until stopped, then remove the socket."""
        try:
            while not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    client, _ = self._socket.accept()
                    self._serve(client)
        finally:
            self.close()

    def close(self) -> None:
        """Stop listening and remove the socket file, once: the path may be another run's by the next time."""
        if self._closed:
            return
        self._closed = True
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):  # a client that hangs up is its own loss
            client.settimeout(PATIENCE)
            line = b""
            while b"\n" not in line and len(line) < LINE_LIMIT:
                more = client.recv(LINE_LIMIT)
                if not more:
                    break
                line += more
            client.sendall(self._commands.answer(line.decode("utf-8", "replace").split("\n")[0]).encode())


def _is_stale(path: Path) -> bool:
    """Whether the path is a socket on which nobody listens: a run that was killed left it."""
    if not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PATIENCE)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False  # another user's, or too busy to answer: not ours to judge
    return False
