"""The fixture `make_proxy`: a TCP proxy in front of a server that a test can cut, stall, delay, truncate, and heal.

It reads along what the client says (unless the client asks for TLS): a link knows its statements and the number that
the server gave to its session, so a test can pick a connection by what it does, and strike at a chosen statement.
"""

from __future__ import annotations

import contextlib
import enum
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator

import pytest

from ghostshift.model.options import Endpoint
from plugins.server_pool import TestServer

DUMP = "BINLOG DUMP"
"""Stands for the command by which the binary log is asked for."""

_CLIENT_SSL = 0x800


class Deed(enum.Enum):
    """What becomes of a link at a statement."""

    PASS = "pass"
    CUT = "cut before the server gets it"
    CUT_AFTER = "cut when the server has it and the client waits"
    STALL = "the server has it, and nothing comes back"


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket, *, stalled: bool) -> None:
        self.session = 0
        """The server's number of the session, 0 before its greeting or where it sent none."""
        self.said: deque[str] = deque(maxlen=200)
        self.alive = True
        self._proxy = proxy
        self._client = client
        self._server = server
        self._flows = threading.Event()
        if not stalled:
            self._flows.set()
        self._left: int | None = None
        self._half_open = False
        self._ending = threading.Lock()
        self._at_work = 2
        self._threads = [
            threading.Thread(target=self._run, args=(work,), name="proxy-link", daemon=True)
            for work in (self._up, self._down)
        ]
        for thread in self._threads:
            thread.start()

    def says(self, pattern: str) -> bool:
        """Whether the client has said something like that on this link."""
        return any(re.search(pattern, statement) for statement in tuple(self.said))

    def cut(self) -> None:
        """End it for both sides."""
        self.alive = False
        self._flows.set()
        for side in (self._client, self._server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def cut_client(self) -> None:
        """End it for the client alone: the server's session lives on, until the proxy ends."""
        self._half_open = True
        self._flows.set()
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def truncate(self, count: int) -> None:
        """Cut after that many more bytes from the server."""
        self._left = count

    def stall(self) -> None:
        """Let nothing through; nobody is told."""
        self._flows.clear()

    def heal(self) -> None:
        """Let it through again."""
        self._flows.set()

    def close(self) -> None:
        """End it, threads included."""
        self._half_open = False
        self.cut()
        for thread in self._threads:
            thread.join(10.0)
        self._client.close()
        self._server.close()

    def _run(self, work: Callable[[], None]) -> None:
        with contextlib.suppress(OSError):
            work()
        if not self._half_open:
            self.cut()
        with self._ending:
            self._at_work -= 1
            if not self._at_work:
                # A server that only sends takes no notice of a socket that is shut: it must be told that nobody reads.
                self._client.close()
                self._server.close()

    def _pause(self) -> None:
        self._flows.wait()
        self._proxy.pause()

    def _down(self) -> None:
        first = True
        while data := self._server.recv(1 << 16):
            self._pause()
            if first:
                self._greeting(data)
                first = False
            if self._left is not None:
                data, self._left = data[: self._left], max(0, self._left - len(data))
            if not self._half_open:
                self._client.sendall(data)
            if self._left == 0:
                return

    def _greeting(self, data: bytes) -> None:
        if data[4:5] == b"\x0a":  # else it is an error: too many connections
            end = data.index(b"\0", 5)
            (self.session,) = struct.unpack("<I", data[end + 1 : end + 5])

    def _up(self) -> None:
        waiting, plain, first = b"", True, True
        while data := self._client.recv(1 << 16):
            waiting += data
            while waiting:
                size = 4 + int.from_bytes(waiting[:3], "little") if plain else len(waiting)
                if plain and (len(waiting) < 4 or len(waiting) < size):
                    break
                packet, waiting = waiting[:size], waiting[size:]
                if first and int.from_bytes(packet[4:6], "little") & _CLIENT_SSL:
                    plain = False
                first = False
                if not self._forward(packet, plain=plain):
                    return

    def _forward(self, packet: bytes, *, plain: bool) -> bool:
        deed = Deed.PASS
        if plain and packet[3] == 0 and packet[4:5] in (b"\x03", b"\x12"):
            statement = packet[5:].decode("utf-8", "replace") if packet[4] == 3 else DUMP
            self.said.append(statement)
            deed = self._proxy.judge(self, statement)
        if deed is Deed.CUT:
            return False
        self._pause()
        if deed is Deed.STALL:
            self.stall()
        self._server.sendall(packet)
        return deed is not Deed.CUT_AFTER


class Proxy:
    """Listens on a port of its own and passes everything on to a server."""

    host = "127.0.0.1"

    def __init__(self, host: str, port: int) -> None:
        self.links: list[Link] = []
        self._target = (host, port)
        self._rules: list[Callable[[Link, str], Deed | None]] = []
        self._delay = 0.0
        self._refusing = False
        self._deaf = False
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server((self.host, 0), backlog=64)
        self._listener.settimeout(0.1)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._thread.start()

    def endpoint(self, server: TestServer, **more: object) -> Endpoint:
        """How to reach the server through this proxy."""
        return Endpoint(host=self.host, port=self.port, user=server.user, password=server.password, **more)  # type: ignore[arg-type]

    # -- faults

    def on(self, pattern: str, deed: Deed | Callable[[Link, str], Deed | None], *, nth: int = 1) -> threading.Event:
        """At the nth statement like `pattern` do the deed, once. A function is called in the link's thread.

        The event is set when the deed is done.
        """
        done = threading.Event()
        left = nth

        def rule(link: Link, statement: str) -> Deed | None:
            nonlocal left
            if left <= 0 or not re.search(pattern, statement):
                return None
            left -= 1
            if left:
                return None
            chosen = deed if isinstance(deed, Deed) else deed(link, statement)
            done.set()
            return chosen

        with self._lock:
            self._rules.append(rule)
        return done

    def living(self, pattern: str = "") -> list[Link]:
        """The links that are open and on which something like `pattern` was said."""
        return [link for link in tuple(self.links) if link.alive and (not pattern or link.says(pattern))]

    def cut(self) -> None:
        """Cut all links; new ones are let through."""
        for link in self.living():
            link.cut()

    def lead_to(self, server: TestServer) -> None:
        """Behind this address is another server from now on."""
        self._target = (server.host, server.port)
        self.cut()

    def refuse(self) -> None:
        """Hang up on new connections."""
        self._refusing = True

    def stall(self) -> None:
        """Let nothing through on any link; new connections are taken and hear nothing."""
        self._deaf = True
        for link in self.living():
            link.stall()

    def delay(self, seconds: float) -> None:
        """Hold back everything on every link for that long, in both directions."""
        self._delay = seconds

    def heal(self) -> None:
        """Let everything through again, and forget what was planned."""
        with self._lock:
            self._rules.clear()
        self._delay, self._refusing, self._deaf = 0.0, False, False
        for link in self.living():
            link.heal()

    # -- work

    def judge(self, link: Link, statement: str) -> Deed:
        """What the rules say of a statement."""
        with self._lock:
            rules = tuple(self._rules)
        for rule in rules:
            deed = rule(link, statement)
            if deed is not None:
                return deed
        return Deed.PASS

    def pause(self) -> None:
        """Hold back for as long as `delay` says."""
        if self._delay:
            self._over.wait(self._delay)

    def close(self) -> None:
        """End all links and threads."""
        self._over.set()
        self._thread.join(10.0)
        self._listener.close()
        for link in self.links:
            link.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            if self._refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target, 5.0)
            except OSError:
                client.close()
                continue
            client.settimeout(None)
            server.settimeout(None)
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.links.append(Link(self, client, server, stalled=self._deaf))


MakeProxy = Callable[[TestServer], Proxy]


@pytest.fixture
def make_proxy() -> Iterator[MakeProxy]:
    """Put a proxy in front of a server; it ends with the test."""
    made: list[Proxy] = []

    def make(server: TestServer) -> Proxy:
        made.append(Proxy(server.host, server.port))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.fixture
def proxy(make_proxy: MakeProxy, server: TestServer) -> Proxy:
    """A proxy in front of `server`."""
    return make_proxy(server)
