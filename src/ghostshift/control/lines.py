"""The line protocol: one line in, a reply, the end; on a Unix socket, and on a TCP port where one is wanted.

It must never block the migration, and no client another one: whoever says nothing is waited for beside the others, and
one that fails is only its own loss. `run` may be run by several threads, so that a command that takes its time (a hook
hears of it first) does not keep the next one waiting.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from dataclasses import dataclass, field

from ghostshift.control.commands import Commands
from ghostshift.control.sockets import Listener, Wanted
from ghostshift.runtime.group import Stop

PATIENCE = 60.0
"""Seconds for a client to say its line, and again to take the reply."""

FAREWELL = 1.0
"""Seconds after the end for replies that are still on their way."""

MOST_CLIENTS = 64
"""At once in one thread; one more, and the one that has waited longest is let go."""

LINE_LIMIT = 4096
TICK = 0.25


@dataclass(slots=True, eq=False)
class Client:
    """Somebody who has come."""

    socket: socket.socket
    token: str | None
    until: float
    heard: bytes = b""
    reply: memoryview = field(default_factory=lambda: memoryview(b""))


class LineServer:
    """Serves commands until stopped."""

    def __init__(self, wanted: Wanted, commands: Commands, stop: Stop) -> None:
        """Bind. Raises UsageError where that cannot be done."""
        self._commands = commands
        self._stop = stop
        self._lock = threading.Lock()
        self._listeners: list[Listener] = wanted.open()
        commands.board.publish(wanted.serving())
        stop.on_set(self.close)  # also where the migration ends before `run` was ever called

    def run(self) -> None:
        """Answer clients until stopped, then remove the socket."""
        self._serve(self._listeners)

    def run_private(self) -> None:
        """As `run`, for those only who need no token: whoever comes over the network cannot take all threads."""
        self._serve([listener for listener in self._listeners if listener.token is None])

    def _serve(self, listeners: list[Listener]) -> None:
        turn = _Turn(listeners, self._commands, self._stop)
        try:
            with self._stop.heard_by(turn.ring):
                while not self._stop.is_set():
                    turn.look(TICK)
            turn.say_goodbye()
        finally:
            turn.close()
            self.close()

    def close(self) -> None:
        """Stop listening and remove the files, once: the path may be another run's by the next time."""
        with self._lock:
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.socket.close()
            listener.remove()


class _Turn:
    """One thread's clients."""

    def __init__(self, listeners: list[Listener], commands: Commands, stop: Stop) -> None:
        self._commands = commands
        self._stop = stop
        self._selector = selectors.DefaultSelector()
        self._clients: list[Client] = []
        self._bell, self._rope = socket.socketpair()
        self._rope.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        for listener in listeners:
            with contextlib.suppress(ValueError, OSError):  # closed already: the end has come
                self._selector.register(listener.socket, selectors.EVENT_READ, listener)

    def ring(self) -> None:
        """End a look that goes on. From any thread; must not block."""
        with contextlib.suppress(OSError):  # it is rung already, or all is over
            self._rope.send(b"!")

    def look(self, seconds: float) -> None:
        """Serve those who are ready, and let go of those who took too long."""
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, Listener):
                self._welcome(key.data)
            elif key.data in self._clients:
                self._attend(key.data)
        now = self._stop.now()
        for client in [client for client in self._clients if client.until < now]:
            self._dismiss(client)

    def say_goodbye(self) -> None:
        """Send what is still to be sent."""
        self._selector.unregister(self._bell)  # it rings on
        end = self._stop.now() + FAREWELL
        while self._stop.now() < end and any(client.reply for client in self._clients):
            for client in [client for client in self._clients if client.reply]:
                self._send(client)
            self._selector.select(0.02)

    def close(self) -> None:
        """Let all go."""
        for client in list(self._clients):
            self._dismiss(client)
        self._selector.close()
        self._bell.close()
        self._rope.close()

    def _welcome(self, listener: Listener) -> None:
        try:
            accepted, _ = listener.socket.accept()
        except OSError:  # another thread was quicker, he has gone again, or the end has come
            return
        accepted.setblocking(False)
        client = Client(accepted, listener.token, self._stop.now() + PATIENCE)
        if len(self._clients) >= MOST_CLIENTS:
            self._dismiss(self._clients[0])
        self._clients.append(client)
        self._selector.register(accepted, selectors.EVENT_READ, client)

    def _attend(self, client: Client) -> None:
        if client.reply:
            self._send(client)
            return
        try:
            more = client.socket.recv(LINE_LIMIT)
        except BlockingIOError:
            return
        except OSError:  # a client that hangs up is its own loss
            self._dismiss(client)
            return
        client.heard += more
        if more and b"\n" not in client.heard and len(client.heard) < LINE_LIMIT:
            return
        line = client.heard.decode("utf-8", "replace").split("\n")[0]
        client.reply = memoryview(self._commands.answer(line, token=client.token).encode("utf-8", "replace"))
        client.until = self._stop.now() + PATIENCE
        self._selector.modify(client.socket, selectors.EVENT_WRITE, client)
        self._send(client)

    def _send(self, client: Client) -> None:
        try:
            client.reply = client.reply[client.socket.send(client.reply) :]
        except BlockingIOError:
            return
        except OSError:
            client.reply = memoryview(b"")
        if not client.reply:
            self._dismiss(client)

    def _dismiss(self, client: Client) -> None:
        self._clients.remove(client)
        self._selector.unregister(client.socket)
        client.socket.close()
