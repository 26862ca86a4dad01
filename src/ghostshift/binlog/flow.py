"""Large events as they come: rows of ours and compressed transactions, read while they arrive instead of held.

An event may have a gigabyte: one row with a large BLOB, or a whole transaction in its compressed form. Here each piece
of it is read and let go. A reader of such an event is a generator that asks for the next bytes (`yield n`, sent back
whole) or has some stepped over (`yield -n`), so it reads like one for bytes that are all there.

What an event has told is good only once its checksum was seen to be right: rows are handed over at its end, and of a
compressed transaction its last piece, which holds what ends it, is shown last (keys themselves are but hints). Must
never hold more than a value of a key, a block, and the keys.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator
from typing import Protocol, TypeAlias

import zstandard

from ghostshift.binlog import events as ev
from ghostshift.binlog.compressed import BLOCK, ZSTD_WINDOW

LARGE = 1 << 20
"""Events of this size and more are read as they come; to hold a smaller one is quicker."""

RESIDUE = 0x2144DF1C
"""CRC32 of any bytes that are followed by their own CRC32: so one call checks, without cutting the checksum out."""

LONGEST = 1 << 16
"""Bytes that may be asked for at once: a key's value is shorter."""

_AT_ONCE = 1 << 17
"""Unpacked bytes that are worth being looked at."""

_PIECE = 1 << 12
"""Packed bytes that are unpacked at a time: they may become a thousand times as many."""

Asking: TypeAlias = Generator[int, bytes, None]
"""Asks for bytes, or to have some stepped over."""


class Sink(Protocol):
    """What the body of an event goes into."""

    def feed(self, block: bytes) -> None:
        """Take the next bytes. Raises events.DAMAGE, events.Unusable or StreamError."""

    def finish(self) -> None:
        """All has come, and is what was written."""


class Answers:
    """A sink that answers a generator's questions out of what comes."""

    def __init__(self, asking: Asking, done: Callable[[], None]) -> None:
        """`done`: what is to happen at the event's end."""
        self._asking = asking
        self._done = done
        self._held = bytearray()
        self._over = False
        self._want = self._next(None)

    def feed(self, block: bytes) -> None:
        """See Sink."""
        at = 0
        while at < len(block) and not self._over:
            if self._want < 0:
                step = min(-self._want, len(block) - at)
                at += step
                self._want += step
                if not self._want:
                    self._want = self._next(None)
                continue
            piece = block[at : at + self._want - len(self._held)]
            at += len(piece)
            self._held += piece
            if len(self._held) == self._want:
                answer, self._held = bytes(self._held), bytearray()
                self._want = self._next(answer)
        if at < len(block):
            raise EOFError("it goes on behind its last row")

    def finish(self) -> None:
        """See Sink."""
        if not self._over:
            raise EOFError("it ends within a row")
        self._done()

    def _next(self, answer: bytes | None) -> int:
        """The next question that needs bytes."""
        try:
            want = next(self._asking) if answer is None else self._asking.send(answer)
            while not want:
                want = self._asking.send(b"")
        except StopIteration:
            self._over = True
            return 0
        if want > LONGEST:
            raise ValueError(f"a value of {want} bytes in a key")
        return want


class Unzipped:
    """A sink for a zstd stream of stated size; its last block is passed on only at the end."""

    def __init__(self, into: Sink, size: int, *, packed: bool) -> None:
        self._into = into
        self._left = size
        self._late = b""
        self._zstd = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj() if packed else None

    def feed(self, block: bytes) -> None:
        """See Sink."""
        for start in range(0, len(block), _PIECE):
            piece = block[start : start + _PIECE]
            if self._zstd is not None and self._zstd.eof:
                raise ValueError("it goes on behind its end")
            self._pass(piece if self._zstd is None else self._zstd.decompress(piece))

    def finish(self) -> None:
        """See Sink."""
        if self._left or (self._zstd is not None and not self._zstd.eof):
            raise ValueError(f"{self._left} bytes more were announced")
        self._show()
        self._into.finish()

    def _pass(self, data: bytes) -> None:
        if not data:
            return
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("it unpacks to more than was announced")
        if len(self._late) >= _AT_ONCE:
            self._show()
            self._late = b""
        self._late += data

    def _show(self) -> None:
        for start in range(0, len(self._late), BLOCK):
            self._into.feed(self._late[start : start + BLOCK])


class Payload:
    """A sink for the body of a compressed transaction: its fields, then its events into `into`."""

    def __init__(self, into: Sink, size: int) -> None:
        """`size`: of the whole body."""
        self._into = into
        self._size = size
        self._head: bytearray | None = bytearray()
        self._events: Unzipped | None = None

    def feed(self, block: bytes) -> None:
        """See Sink."""
        if self._events is not None:
            self._events.feed(block)
            return
        assert self._head is not None  # noqa: S101 - for the type checker: there is always one of them
        self._head += block
        if len(self._head) >= min(self._size, ev.PAYLOAD_HEADER_MOST):
            head, self._head = bytes(self._head), None
            compression, size, at = ev.payload_header(head, self._size)
            if compression not in (0, 255):
                raise ValueError(f"compression {compression} is not known")
            self._events = Unzipped(self._into, size, packed=compression == 0)
            self._events.feed(head[at:])

    def finish(self) -> None:
        """See Sink."""
        if self._events is None:
            raise EOFError("it ends within its fields")
        self._events.finish()


class Flow:
    """One large event: takes its bytes, header and checksum included, and shows its body to a sink."""

    def __init__(self, sink: Sink, size: int, tail: int) -> None:
        self._sink = sink
        self._tail = tail
        self._before = ev.HEADER_BYTES
        self._body = size - ev.HEADER_BYTES - tail
        self._sum = 0
        self.left = size
        """Bytes of the event that are still to come."""

    def feed(self, block: bytes) -> None:
        """Take the next bytes, none of another event. Raises what the sink raises, ValueError for a wrong checksum."""
        self.left -= len(block)
        if self._tail:
            self._sum = zlib.crc32(block, self._sum)
        skipped = min(self._before, len(block))
        self._before -= skipped
        body = block[skipped : skipped + self._body]
        self._body -= len(body)
        if body:
            self._sink.feed(body)
        if not self.left:
            if self._tail and self._sum != RESIDUE:
                raise ValueError("its checksum is wrong")
            self._sink.finish()
