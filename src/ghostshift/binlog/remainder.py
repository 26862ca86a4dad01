"""Events that arrive in blocks which end anywhere: out of a compressed transaction, or in more than one packet.

It holds an event until it is whole, but nothing of foreign rows: of these only the header is looked at, however large
they are. Large rows of ours and large compressed transactions are not held either, but read as they come (flow.py). It
must never hold more than the bytes that have come in, nor more than one event may have.
"""

from __future__ import annotations

from typing import Protocol

from ghostshift.binlog.events import HEADER, LEAD, SLACK, SMALLEST
from ghostshift.binlog.flow import LARGE, Flow


class Walker(Protocol):
    """What the decoder does with events."""

    def walk(self, data: bytes, pos: int, end: int, *, framed: bool) -> int:
        """Read whole events; returns where it stopped."""

    def foreign(self, kind: int, table: int) -> bool:
        """Whether it is a row event of a table that nobody watches."""

    def skip(self, kind: int, size: int, log_pos: int, flags: int) -> None:
        """Count an event that is not shown to `walk`."""

    def flow(self, kind: int, size: int, log_pos: int, flags: int, table: int) -> Flow | None:
        """What reads an event as it comes, counted like one that is skipped; None where it must be whole."""


class Remainder:
    """Gathers events that are fed to it in blocks and hands them to a walker."""

    def __init__(self, walker: Walker, max_event_bytes: int) -> None:
        self._walker = walker
        self._max_event_bytes = max_event_bytes
        self._held = bytearray(LEAD)
        self._need = 0
        self._skip = 0
        self._flow: Flow | None = None

    def feed(self, block: bytes) -> None:
        """Read on. Raises StreamError, events.Unusable and events.DAMAGE."""
        if self._flow is not None:
            head = block[: self._flow.left]
            self._flow.feed(head)
            if self._flow.left:
                return
            self._flow = None
            block = block[len(head) :]
        skipped = min(self._skip, len(block))
        self._skip -= skipped
        self._held += memoryview(block)[skipped:]
        if len(self._held) - LEAD < self._need:
            return
        end = len(self._held)
        self._held += bytes(SLACK)
        data = bytes(self._held)
        at = self._walker.walk(data, 0, end, framed=False)
        self._held = bytearray(data[at:end])
        self._need = 0
        if end - at >= SMALLEST + SLACK:
            self._plan(at, data)

    def finish(self) -> None:
        """All has come. Raises EOFError where an event is incomplete."""
        if len(self._held) > LEAD or self._skip or self._flow is not None:
            raise EOFError("it ends within an event")

    def _plan(self, at: int, data: bytes) -> None:
        """An event is incomplete: skip the rest of it if it is foreign, or else wait until it is whole."""
        _, _, kind, size, log_pos, flags, table = HEADER.unpack_from(data, at)
        if self._walker.foreign(kind, table):
            self._walker.skip(kind, size, log_pos, flags)
            self._skip = size - (len(self._held) - LEAD)
            self._held = bytearray(LEAD)
            return
        self._flow = self._walker.flow(kind, size, log_pos, flags, table) if size >= LARGE else None
        if self._flow is not None:
            held, self._held = bytes(self._held[LEAD:]), bytearray(LEAD)
            self._flow.feed(held)
        elif size > self._max_event_bytes:
            raise ValueError(f"an event of {size} bytes is larger than the {self._max_event_bytes} allowed")
        else:
            self._need = size
