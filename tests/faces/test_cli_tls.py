"""TLS: the server is verified by chain and by name, unless that is switched off by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from builders.certificates import Authority
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


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A CA, a stranger's CA, and a certificate of the first for 127.0.0.1 and no other name."""
    folder = tmp_path_factory.mktemp("tls")
    ours, stranger = Authority(folder, "ours"), Authority(folder, "stranger")
    server = ours.issue("server")
    return Files(ca=ours.file, other_ca=stranger.file, cert=server.cert, key=server.key)


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
    assert f"--ssl-ca {files.other_ca} is not of the authority" in ended.err
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
    assert "needs --ssl" in ended.err
