"""The conformance suite's tests: one for each scenario, on the server that a test file names; `--scenario` picks some.

With `--share`, which `make test` gives, only one scenario in four runs; without it each does, on all its servers.

pytest tests/conformance --scenario 'keys/*'
pytest tests/conformance/test_conformance_mysql.py --scenario numbers/int-extremes
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
from collections.abc import Iterator

import pytest

from builders import conformance, zones
from builders.judging import Court
from ghostshift.sandbox import Server
from plugins.fix_server import shared_server
from plugins.server_pool import TestServer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--scenario", action="append", default=[], help="conformance: group/name, with wildcards")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scenario" not in metafunc.fixturenames:
        return
    wanted = metafunc.config.getoption("--scenario")
    share, server = metafunc.config.getoption("--share"), metafunc.module.SERVER
    chosen = []
    for number, name in enumerate(conformance.all_names()):
        if wanted and not any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted):
            continue
        scenario = _load(name)
        if server in (conformance.share(number, scenario) if share else scenario.servers):
            chosen.append(pytest.param(scenario, id=name))
    metafunc.parametrize("scenario", chosen)


_load = functools.cache(conformance.load)  # each of the three test files asks for all of them


@pytest.fixture(scope="module")
def judged_server(request: pytest.FixtureRequest) -> Iterator[TestServer]:
    """The server that the test file names, shared by all its scenarios."""
    made = shared_server(request.config, request.module.FLAVOR)
    if isinstance(made.machine, Server):
        with made.machine.connect() as connection, connection.cursor() as cursor:
            zones.load(cursor)
    yield made
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(made.clean)


@pytest.fixture
def court(request: pytest.FixtureRequest, judged_server: TestServer) -> Court:
    """Who judges scenarios on that server."""
    return Court(judged_server, request.module.SERVER)
