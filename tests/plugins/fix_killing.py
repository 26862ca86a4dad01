"""The process from which tests start programs that they kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builders.killing import Zygote


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """One for all tests of a file: the program is imported once."""
    made = Zygote(tmp_path_factory.mktemp("killed"))
    yield made
    made.close()
