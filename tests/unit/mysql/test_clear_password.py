"""A server that asks for the password in clear, or for what is as good: who hears it, and who does not."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghostshift.model.errors import ServerError
from ghostshift.model.options import Endpoint, Tls
from ghostshift.mysql.session import Session

PASSWORD = "pä%s'\"€🔑"
CAPABILITIES = 0x0002_0000 | 0x0008_0000 | 0x8000 | 0x0200 | 0x0008
"""Of the server: multiple results, authentication plugins, long answers, protocol 4.1, databases. No TLS."""

OK = b"\0\0\0\2\0\0\0"


class Rogue:
    """Greets as a server without TLS does, then asks for a proof of its choice; keeps all that it is told."""

    def __init__(self, listener: socket.socket, wish: bytes) -> None:
        self.heard = b""
        self.answer = OK
        self._listener = listener
        self._wish = wish
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        line, _ = self._listener.accept()
        with line, contextlib.suppress(OSError):  # the client has had enough
            greeting = b"\x0a8.0.99\0" + struct.pack("<I", 7) + b"12345678\0" + struct.pack("<H", CAPABILITIES & 0xFFFF)
            greeting += b"\x2d" + struct.pack("<HHB", 2, CAPABILITIES >> 16, 21) + b"\0" * 10 + b"123456789012\0"
            self._send(line, 0, greeting + b"mysql_native_password\0")
            self._hear(line)
            self._send(line, 2, self._wish)
            if self._wish != OK:
                self._hear(line)
                self._send(line, 4, OK)
            while self._hear(line):  # SET NAMES and the like
                self._send(line, 1, self.answer)

    def _send(self, line: socket.socket, number: int, data: bytes) -> None:
        line.sendall(len(data).to_bytes(3, "little") + bytes([number]) + data)

    def _hear(self, line: socket.socket) -> bytes:
        found = line.recv(1 << 16)
        self.heard += found
        return found

    def end(self) -> None:
        """Wait for its end."""
        self._listener.close()
        self._thread.join(10.0)
        assert not self._thread.is_alive()


@contextlib.contextmanager
def rogue(wish: bytes, path: Path | None = None) -> Iterator[tuple[Rogue, Endpoint]]:
    """A rogue, and how to reach it: by TCP, or by a Unix socket."""
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0))
        endpoint = Endpoint(port=listener.getsockname()[1], user="me", password=PASSWORD, timeout=5.0)
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        endpoint = Endpoint(socket=str(path), user="me", password=PASSWORD, timeout=5.0)
    listener.settimeout(10.0)
    made = Rogue(listener, wish)
    try:
        yield made, endpoint
    finally:
        made.end()


WISHES = {
    "clear": b"\xfemysql_clear_password\0",
    "dialog": b"\xfedialog\0\x05Password: ",
    "old": b"\xfemysql_old_password\x0012345678\0",
}


@pytest.mark.parametrize("wish", WISHES)
def test_over_an_open_network_nobody_is_told_the_password(wish: str) -> None:
    refused = pytest.raises(ServerError, match=r"cannot connect to .*: the server wants")
    with rogue(WISHES[wish]) as (server, endpoint), refused as error:
        Session.open(endpoint)
    assert server.heard
    assert PASSWORD.encode() not in server.heard
    assert PASSWORD not in str(error.value)
    assert server.heard.count(b"me\0") == 1
    assert len(server.heard) < 300


@pytest.mark.parametrize("wish", ["clear", "dialog"])
def test_by_a_unix_socket_it_is_said_as_its_utf_8(wish: str, tmp_path: Path) -> None:
    with rogue(WISHES[wish], tmp_path / "s") as (server, endpoint):
        Session.open(endpoint).close()
    assert PASSWORD.encode() + b"\0" in server.heard


def test_a_server_without_tls_hears_not_even_the_user_where_tls_is_wanted() -> None:
    with rogue(WISHES["clear"]) as (server, endpoint):
        wanted = Endpoint(port=endpoint.port, user="me", password=PASSWORD, timeout=5.0, tls=Tls(verify=False))
        with pytest.raises(ServerError, match="SSL is required"):
            Session.open(wanted)
    assert server.heard == b""


def test_a_file_that_the_server_asks_for_is_not_sent(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("nobody's business")
    with rogue(OK) as (server, endpoint), Session.open(endpoint) as session:
        server.answer = b"\xfb" + bytes(secret)
        with pytest.raises(ServerError, match="LOAD_LOCAL"):
            session.execute("SELECT 1")
    assert b"SELECT 1" in server.heard
    assert b"business" not in server.heard
