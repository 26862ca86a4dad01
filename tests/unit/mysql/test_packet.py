"""The largest statement that a server takes."""

from __future__ import annotations

import pytest

from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.mysql.packet import EVERYBODY, HEAD, TOO_LARGE, PacketLimit


def test_a_server_is_asked_once_and_only_for_a_long_statement() -> None:
    asked: list[str] = []

    def ask(question: str) -> int:
        asked.append(question)
        return 20_000 + HEAD

    limit = PacketLimit(ask)
    limit.check(b"x" * EVERYBODY)
    assert not asked
    for size in (EVERYBODY + 1, 20_000):
        limit.check(b"x" * size)
    assert len(asked) == 1


def test_one_that_is_too_long_is_no_lost_connection_and_says_what_would_do() -> None:
    limit = PacketLimit(lambda _: 16_384)
    with pytest.raises(ServerError, match=r"SET GLOBAL max_allowed_packet = 67108864") as caught:
        limit.check(b"x" * (40 << 20))
    assert caught.value.errno == TOO_LARGE
    assert not isinstance(caught.value, ConnectionLost)
    assert len(str(caught.value)) < 600


def test_a_very_small_limit_is_not_believed() -> None:
    """A server's own least is larger (net_buffer_length)."""
    PacketLimit(lambda _: 1024).check(b"x" * EVERYBODY)
