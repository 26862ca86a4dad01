"""Fixtures with real servers: `server`, `database`, `mysql_server`, `mariadb_server`, `special_server`.

With `--share`, which `make test` gives, each test of a face runs on one flavour only, which its name decides: what a
face does differs little between servers. Where a module has the mark `divided`, so does each of its many cases, by the
case's name; a case whose `point` only one flavour has runs there.

A test that uses one of them gets the mark `server`. A server that cannot be had is a visible skip, or an error where
servers are required (CI=true or GHOSTSHIFT_REQUIRE_SERVERS=1).
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import pytest

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox import Sandbox, provision
from plugins.server_pool import OWN, OwnServer, Pool, TestServer, spec_of

_FIXTURES = {"server", "database", "mysql_server", "mariadb_server", "special_server", "judged_server"}
_POOL = pytest.StashKey[Pool]()

MakeServer = Callable[..., TestServer]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--flavors", default="mysql,mariadb", help="the servers that `server` stands for: mysql,mariadb,mariadb-11.8"
    )
    parser.addoption("--share", action="store_true", help="when time is short: fewer servers for some tests")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_POOL] = Pool()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _POOL in config.stash:
        config.stash[_POOL].stop()


def _flavors(config: pytest.Config) -> list[str]:
    return [word.strip() for word in config.getoption("--flavors").split(",") if word.strip()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        flavors = _flavors(metafunc.config)
        if metafunc.config.getoption("--share") and metafunc.definition.path.parent.name == "faces":
            flavors = [flavors[zlib.crc32(metafunc.definition.name.encode()) % len(flavors)]]
        metafunc.parametrize("server", flavors, ids=[_full_name(flavor) for flavor in flavors], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--share"):
        return
    elsewhere = {item for item in items if item.get_closest_marker("divided") and not _is_its_share(config, item)}
    if elsewhere:
        config.hook.pytest_deselected(items=list(elsewhere))
        items[:] = [item for item in items if item not in elsewhere]


def _is_its_share(config: pytest.Config, item: pytest.Item) -> bool:
    flavors = _flavors(config)
    params = getattr(item, "callspec").params if hasattr(item, "callspec") else {}  # noqa: B009 - pytest does not declare it
    flavor = params.get("server")
    if flavor is None or getattr(params.get("point"), "only", ""):
        return True  # there is no other flavour on which it would run
    case = item.name.replace(_full_name(flavor), "")
    return flavor == flavors[zlib.crc32(case.encode()) % len(flavors)]


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    if _FIXTURES & set(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.server)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Fetch the server programs before any test's time limit begins to count."""
    if session.config.option.collectonly:
        return
    wanted: set[str] = set()
    for item in session.items:
        names = set(getattr(item, "fixturenames", ()))
        if "server" in names and hasattr(item, "callspec"):
            wanted.add(item.callspec.params["server"])
        wanted |= {name.removesuffix("_server") for name in names & {"mysql_server", "mariadb_server"}}
        wanted |= {"mysql", "mariadb"} if "special_server" in names else set()
        wanted |= {item.module.FLAVOR} if "judged_server" in names else set()  # type: ignore[attr-defined]
    for flavor in wanted:
        if not os.environ.get(OWN.get(flavor, "")):
            with contextlib.suppress(SandboxError):  # the fixture says it again, to the test that needs it
                spec = spec_of(flavor)
                provision.find(spec.flavor, spec.version)


@pytest.fixture
def special_server(request: pytest.FixtureRequest) -> Iterator[MakeServer]:
    """Make a server of a special kind: `special_server("mariadb", settings={...}, replicas=1, semi_sync=True)`."""
    pool = request.config.stash[_POOL]
    made: list[TestServer] = []
    used: list[Sandbox] = []

    def make(
        flavor: str,
        *,
        settings: Mapping[str, Any] | None = None,
        replicas: int = 0,
        semi_sync: bool = False,
        gtid: bool = True,
    ) -> TestServer:
        try:
            spec = spec_of(flavor, settings=settings, replicas=replicas, semi_sync=semi_sync, gtid=gtid)
            sandbox = pool.get(spec, used.__contains__)
        except SandboxError as error:
            _without(flavor, error)
        used.append(sandbox)
        made.append(TestServer(sandbox.primary, sandbox))
        return made[-1]

    yield make
    with contextlib.ExitStack() as cleanup:
        for server in made:
            cleanup.callback(server.clean)


@pytest.fixture
def ordinary_server(special_server: MakeServer) -> Iterator[MakeServer]:
    """Make the server that a flavour's name stands for: a person's own if there is one."""
    own: list[TestServer] = []

    def make(flavor: str) -> TestServer:
        address = os.environ.get(OWN.get(flavor, ""))
        if not address:
            return special_server(flavor)
        own.append(TestServer(OwnServer.of(flavor, address)))
        return own[-1]

    yield make
    with contextlib.ExitStack() as cleanup:
        for server in own:
            cleanup.callback(server.clean)


@pytest.fixture
def server(request: pytest.FixtureRequest, ordinary_server: MakeServer) -> TestServer:
    """One after another each flavour of --flavors."""
    return ordinary_server(request.param)


@pytest.fixture
def mysql_server(ordinary_server: MakeServer) -> TestServer:
    """A MySQL server, whatever --flavors says."""
    return ordinary_server("mysql")


@pytest.fixture
def mariadb_server(ordinary_server: MakeServer) -> TestServer:
    """A MariaDB server, whatever --flavors says."""
    return ordinary_server("mariadb")


@pytest.fixture
def database(server: TestServer) -> str:
    """The name of an empty database on `server`, dropped after the test."""
    return server.fresh_database()


def shared_server(config: pytest.Config, flavor: str) -> TestServer:
    """The server that a flavour's name stands for, to be shared by several tests; `clean` is the caller's."""
    address = os.environ.get(OWN.get(flavor, ""))
    if address:
        return TestServer(OwnServer.of(flavor, address))
    try:
        sandbox = config.stash[_POOL].get(spec_of(flavor), lambda _: False)
    except SandboxError as error:
        _without(flavor, error)
    return TestServer(sandbox.primary, sandbox)


def _full_name(flavor: str) -> str:
    if flavor in OWN and os.environ.get(OWN[flavor]):
        return f"{flavor}-own"
    name, _, version = flavor.partition("-")
    return f"{name}-{version or provision.DEFAULT_VERSIONS.get(name, '?')}"


def _without(flavor: str, error: SandboxError) -> NoReturn:
    required = os.environ.get("CI") == "true" or os.environ.get("GHOSTSHIFT_REQUIRE_SERVERS") == "1"
    if required:
        raise error
    pytest.skip(f"no {flavor} server: {error}")
