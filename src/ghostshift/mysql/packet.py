"""The largest statement that a server takes, known before it is sent.

A server that gets a larger one hangs up, and what is seen then is a lost connection: it would be replaced and the
statement sent again, for nothing, as often as any operation is tried. So a long statement is measured first, and one
that is too long is an error of its own kind, which whoever made it may answer by making two of it.

It must never refuse what the server would take, but for a few bytes.
"""

from __future__ import annotations

from collections.abc import Callable

from ghostshift.model.errors import ServerError

TOO_LARGE = 1153
"""The server's own number for it (ER_NET_PACKET_TOO_LARGE)."""

EVERYBODY = 8_000
"""Bytes that every server takes, whatever its settings: nobody need ask."""

HEAD = 64
"""Bytes of a packet that are not the statement's, and some to spare."""

ASK = "SELECT GREATEST(@@SESSION.max_allowed_packet, @@SESSION.net_buffer_length)"


class PacketLimit:
    """What one session may send; it is fixed when the session begins."""

    def __init__(self, ask: Callable[[str], int]) -> None:
        self._ask = ask
        self._most = EVERYBODY
        self._known = False

    def check(self, statement: bytes) -> None:
        """Raise ServerError where the server would hang up on this. It is asked once, at the first long one."""
        if len(statement) <= self._most:
            return
        if not self._known:
            self._most, self._known = max(EVERYBODY, self._ask(ASK) - HEAD), True
        if len(statement) > self._most:
            raise ServerError(
                TOO_LARGE,
                f"a statement of {len(statement)} bytes is more than the server takes, which is {self._most + HEAD}: "
                f"SET GLOBAL max_allowed_packet = {1 << max(24, len(statement).bit_length())} and start again",
                statement[:200].decode("utf-8", "replace"),
            )
