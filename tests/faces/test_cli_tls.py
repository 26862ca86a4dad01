"""TLS: the server is verified by chain and by name, unless that is switched off by name."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from builders.program import Ended, columns, environment, make_table, run, words
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer


@dataclass(frozen=True)
class Files:
    """What was signed, on disk."""

    ca: Path
    other_ca: Path
    cert: Path
    key: Path


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey, *, ca: bool
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if ca:
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    else:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A CA, a stranger's CA, and a certificate of the first for 127.0.0.1 and no other name."""
    folder = tmp_path_factory.mktemp("tls")
    pem = serialization.Encoding.PEM
    ours, stranger, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    return Files(
        ca=_write(folder / "ca.pem", _certificate("our ca", ours, "our ca", ours, ca=True).public_bytes(pem)),
        other_ca=_write(
            folder / "other.pem", _certificate("stranger", stranger, "stranger", stranger, ca=True).public_bytes(pem)
        ),
        cert=_write(folder / "cert.pem", _certificate("server", server, "our ca", ours, ca=False).public_bytes(pem)),
        key=_write(
            folder / "key.pem",
            server.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        ),
    )


Migrate = Callable[..., tuple[Ended, TestServer, str]]


@pytest.fixture(params=["mysql", "mariadb"])
def migrate(request: pytest.FixtureRequest, special_server: MakeServer, files: Files) -> Migrate:
    """Run the program against a server with that certificate, which takes nobody without TLS."""

    def go(**more: object) -> tuple[Ended, TestServer, str]:
        settings = {"ssl_ca": str(files.ca), "ssl_cert": str(files.cert), "ssl_key": str(files.key)}
        server = special_server(request.param, settings=settings)
        database = server.fresh_database()
        make_table(server, database, rows=50)
        server.execute(f"CREATE USER '{database}'@'%' IDENTIFIED BY 'tls' REQUIRE SSL")
        server.execute(f"GRANT ALL PRIVILEGES ON *.* TO '{database}'@'%'")
        try:
            ended = run(words(server, database, user=database, execute=True, **more), environment("tls"))
        finally:
            server.execute(f"DROP USER '{database}'@'%'")
        return ended, server, database

    return go


def test_a_verified_server(migrate: Migrate, files: Files) -> None:
    ended, server, database = migrate(ssl=True, ssl_ca=files.ca)
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"


def test_a_stranger_s_ca(migrate: Migrate, files: Files) -> None:
    ended, server, database = migrate(ssl=True, ssl_ca=files.other_ca)
    assert ended.code == 4, ended
    assert "certificate verify failed" in ended.err
    assert "added" not in columns(server, database)


def test_the_system_s_cas_are_what_counts_without_a_file(migrate: Migrate) -> None:
    ended, _, _ = migrate(ssl=True)
    assert ended.code == 4, ended
    assert "certificate verify failed" in ended.err


def test_another_host_name(migrate: Migrate, files: Files) -> None:
    ended, _, _ = migrate(ssl=True, ssl_ca=files.ca, host="localhost")
    assert ended.code == 4, ended
    assert "localhost" in ended.err
    assert "certificate" in ended.err


def test_unverified_by_name(migrate: Migrate, files: Files) -> None:
    ended, server, database = migrate(ssl=True, ssl_ca=files.other_ca, ssl_allow_insecure=True, host="localhost")
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"


def test_a_user_who_must_encrypt_cannot_without(migrate: Migrate) -> None:
    ended, _, _ = migrate()
    assert ended.code == 4, ended
