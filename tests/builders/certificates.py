"""Certificates for tests: an authority, and what it signs, good or with any fault."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM
_CA_USAGE = x509.KeyUsage(
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


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        own = self._certificate(name, self._key, (-1, 2), None, ca=True)
        self.file.write_bytes(own.public_bytes(_PEM))

    @classmethod
    def of_itself(cls, folder: Path, name: str) -> tuple[Self, Pair]:
        """One whose own certificate a server shows: self-signed."""
        made = cls(folder, name)
        return made, made._pair(name, made._key, made.file.read_bytes())

    def issue(
        self, name: str, *, days: tuple[float, float] = (-1, 2), address: str | None = "127.0.0.1", common: str = ""
    ) -> Pair:
        """A server's certificate, valid from and to so many days from now, for an address or for none."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(common or name, key, days, address, ca=False)
        return self._pair(name, key, certificate.public_bytes(_PEM))

    def _pair(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: bytes) -> Pair:
        pair = Pair(self._folder / f"{name}-cert.pem", self._folder / f"{name}-key.pem")
        pair.cert.write_bytes(certificate)
        pair.key.write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return pair

    def _certificate(
        self, subject: str, key: ec.EllipticCurvePrivateKey, days: tuple[float, float], address: str | None, *, ca: bool
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(subject))
            .issuer_name(_named(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=days[0]))
            .not_valid_after(now + dt.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if ca:
            builder = builder.add_extension(_CA_USAGE, critical=True)
        if address:
            names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
