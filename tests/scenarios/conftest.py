"""What scenarios share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builders.directing import Director
from builders.replicas import SETTINGS, Family
from plugins.fix_server import MakeServer


@pytest.fixture
def director(monkeypatch: pytest.MonkeyPatch) -> Iterator[Director]:
    """Starts migrations that the test holds at chosen points; ends them after it."""
    made = Director(monkeypatch)
    yield made
    made.close()


@pytest.fixture(params=["mysql", "mariadb"])
def family(request: pytest.FixtureRequest, special_server: MakeServer) -> Iterator[Family]:
    """A primary with two replicas, of each flavour of --flavors."""
    if request.param not in request.config.getoption("--flavors").split(","):
        pytest.skip("not among --flavors")
    made = Family(special_server(request.param, replicas=2, settings=SETTINGS))
    yield made
    made.close()
