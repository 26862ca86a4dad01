"""The fixture of all fault tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from builders.directing import Director
from builders.faulty import Scene, drop_user
from plugins.fix_proxy import Proxy
from plugins.server_pool import TestServer

MakeScene = Callable[..., Scene]


@pytest.fixture
def make_scene(server: TestServer, database: str, proxy: Proxy) -> Iterator[MakeScene]:
    """Make the scene; its writers and its user are gone after the test."""
    made: list[Scene] = []

    def make(**more: Any) -> Scene:
        made.append(Scene(server, database, proxy, **more))
        return made[-1]

    yield make
    for scene in made:
        scene.close()
    drop_user(server, database)


@pytest.fixture
def director(monkeypatch: pytest.MonkeyPatch) -> Iterator[Director]:
    """Starts migrations that the test holds at chosen points; ends them after it."""
    made = Director(monkeypatch)
    yield made
    made.close()
