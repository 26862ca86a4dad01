"""What scenarios share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builders.directing import Director


@pytest.fixture
def director(monkeypatch: pytest.MonkeyPatch) -> Iterator[Director]:
    """Starts migrations that the test holds at chosen points; ends them after it."""
    made = Director(monkeypatch)
    yield made
    made.close()
