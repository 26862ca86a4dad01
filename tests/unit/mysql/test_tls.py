"""A server's certificate with each fault that one can have: such a server is told nothing, not even a name."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.certificates import Authority, Pair
from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.options import Endpoint, Tls
from ghostshift.mysql.session import Session

CAPABILITIES = 0x0008_0000 | 0x8000 | 0x0800 | 0x0200
"""Of the server: authentication plugins, long answers, TLS, protocol 4.1."""

NAME = "the-user-s-name"


class Server:
    """Greets, takes TLS with a certificate, and keeps what it is told then."""

    def __init__(self, pair: Pair) -> None:
        self.heard = b""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair.cert, pair.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(10.0)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        line, _ = self._listener.accept()
        greeting = b"\x0a8.0.99\0" + struct.pack("<I", 7) + b"12345678\0" + struct.pack("<H", CAPABILITIES & 0xFFFF)
        greeting += b"\x2d" + struct.pack("<HHB", 2, CAPABILITIES >> 16, 21) + b"\0" * 10 + b"123456789012\0"
        greeting += b"mysql_native_password\0"
        with line, contextlib.suppress(OSError):
            line.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
            wish = line.recv(36)
            assert len(wish) == 36, wish
            with self._context.wrap_socket(line, server_side=True) as private:
                self.heard = private.recv(1 << 16)

    def close(self) -> None:
        """Wait for its end."""
        self._listener.close()
        self._thread.join(10.0)
        assert not self._thread.is_alive()


class Certificates:
    """One of each kind, and the authority that a client trusts."""

    def __init__(self, folder: Path) -> None:
        ours = Authority(folder, "ours")
        self.trusted = str(ours.file)
        self.pairs = {
            "good": ours.issue("good"),
            "expired": ours.issue("expired", days=(-9, -1)),
            "not valid yet": ours.issue("early", days=(1, 9)),
            "another address": ours.issue("other", address="127.0.0.2"),
            "a name alone": ours.issue("bare", address=None, common="127.0.0.1"),
            "a stranger's": Authority(folder, "stranger").issue("foreign"),
            "self-signed": Authority.of_itself(folder, "itself")[1],
        }


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def peer(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[Server]:
    made = Server(certificates.pairs[request.param])
    yield made
    made.close()


def attempt(peer: Server, tls: Tls) -> str:
    """What becomes of logging in: the server never answers it."""
    endpoint = Endpoint(port=peer.port, user=NAME, password="s3cret", timeout=10.0, tls=tls)
    with pytest.raises((ConnectionLost, ServerError)) as error:
        Session.open(endpoint)
    return str(error.value)


FAULTS = {
    "expired": "certificate has expired",
    "not valid yet": "not yet valid",
    "another address": "IP address mismatch",
    "a name alone": "IP address mismatch|no appropriate subjectAltName",
    "a stranger's": "unable to get local issuer certificate",
    "self-signed": "self-signed certificate",
}


@pytest.mark.parametrize(("peer", "says"), FAULTS.items(), indirect=["peer"])
def test_a_server_with_this_certificate_is_told_nothing(peer: Server, says: str, certificates: Certificates) -> None:
    error = attempt(peer, Tls(ca=certificates.trusted))
    assert "cannot connect to" in error
    assert "certificate verify failed" in error
    assert any(word in error for word in says.split("|")), error
    assert peer.heard == b""


@pytest.mark.parametrize("peer", ["good", *FAULTS], indirect=True)
def test_unverified_by_name_any_will_do(peer: Server) -> None:
    attempt(peer, Tls(verify=False))
    assert NAME.encode() in peer.heard
    assert b"s3cret" not in peer.heard


@pytest.mark.parametrize("peer", ["good"], indirect=True)
def test_the_right_one_is_trusted(peer: Server, certificates: Certificates) -> None:
    attempt(peer, Tls(ca=certificates.trusted))
    assert NAME.encode() in peer.heard
