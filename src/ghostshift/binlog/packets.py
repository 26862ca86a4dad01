"""From the bytes of a connection to whole packets: one buffer, one receive, then everything complete in it at once.

A packet is three bytes of length, one of numbering, and the payload, whose first byte says what it is: 0 an event, 0xFF
an error, 0xFE the end (MySQL Source Code Documentation, "MySQL Packets", "COM_BINLOG_DUMP"). An event of 16 MiB or more
goes over several packets. Packets of usual size are read where they lie; large ones go through a Remainder, which
holds them only if they concern us, and where they can be read as they come, not even then. This module must never hold
more than the buffer and one event of ours.
"""

from __future__ import annotations

import socket as sockets

from ghostshift.binlog.decoder import Decoder
from ghostshift.binlog.events import DAMAGE, LEAD, SLACK, Unusable
from ghostshift.binlog.remainder import Remainder
from ghostshift.model.errors import ConnectionLost, MigrationError, StreamError

HEAD = 4
FULL = 0xFFFFFF
"""The length of a packet that another one continues."""
_EVENT, _END, _ERROR = 0x00, 0xFE, 0xFF
_FATAL_READING = 1236
_TRANSIENT = frozenset({1040, 1053, 1077, 1079, 1152, 1153, 1156, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 3169, 4031})
"""Shutdown, killed, network trouble, idle: the log is there, another connection can go on with it."""


class Packets:
    """Receives a dump and shows its events to a decoder."""

    def __init__(self, decoder: Decoder, *, max_event_bytes: int, buffer_bytes: int = 1 << 20) -> None:
        self._decoder = decoder
        self._max_event_bytes = max_event_bytes
        self._size = buffer_bytes
        self._buffer = bytearray(buffer_bytes + SLACK)
        self._fill = 0
        self._need = LEAD
        self._large: Remainder | None = None
        self._left = 0
        """Bytes of the current packet of a large event that are still to come."""
        self._continued = False
        """Another packet of the large event follows the current one."""

    def receive(self, socket: sockets.socket) -> int:
        """Wait for bytes once and read all that is complete; their number. Raises ConnectionLost or StreamError."""
        try:
            count = socket.recv_into(memoryview(self._buffer)[self._fill : self._size])
        except TimeoutError:
            raise ConnectionLost(2013, "the server has sent neither events nor heartbeats for too long") from None
        except (OSError, ValueError) as error:
            raise ConnectionLost(2013, f"the binary log connection was lost: {error}") from None
        if not count:
            raise ConnectionLost(2013, "the server closed the binary log connection")
        self._fill += count
        if self._fill >= self._need:
            self._read()
        return count

    def feed(self, data: bytes) -> None:
        """As `receive`, with bytes from elsewhere (captures, tests)."""
        view = memoryview(data)
        while view:
            count = min(len(view), self._size - self._fill)
            self._buffer[self._fill : self._fill + count] = view[:count]
            self._fill += count
            view = view[count:]
            self._read()

    def _read(self) -> None:
        end = self._fill
        data = bytes(memoryview(self._buffer)[: end + SLACK])
        pos = 0
        while True:
            if self._large is not None:
                pos = self._read_large(data, pos, end)
            if self._large is None:
                pos = self._decoder.walk(data, pos, end)
            if self._large is not None or not self._special(data, pos, end):
                break
            pos += LEAD
        rest = end - pos
        self._buffer[:rest] = data[pos:end]
        self._fill = rest

    def _special(self, data: bytes, pos: int, end: int) -> bool:
        """A packet that `walk` left: whether it starts a large event. Otherwise sets how many bytes are needed."""
        self._need = LEAD
        if end - pos < LEAD:
            return False
        length, marker = int.from_bytes(data[pos : pos + 3], "little"), data[pos + HEAD]
        self._need = HEAD + length
        whole = end - pos >= HEAD + length
        if not length:
            raise StreamError("the server sent an empty packet instead of an event")
        if marker == _EVENT:
            if length == FULL or HEAD + length > self._size:
                self._large = Remainder(self._decoder, self._max_event_bytes)
                self._left, self._continued = length - 1, length == FULL
                self._need = 1
                return True
            if whole:
                raise StreamError(f"an event at {self._decoder.position} of the binary log does not fit its packet")
        elif marker not in (_END, _ERROR) or HEAD + length > self._size:
            raise StreamError(f"the server sent a packet of type {marker} instead of an event")
        elif whole:
            raise refusal(data[pos + HEAD : pos + HEAD + length])
        return False

    def _read_large(self, data: bytes, pos: int, end: int) -> int:
        """Feed the packets of a large event on, as far as they have come."""
        large = self._large
        assert large is not None  # noqa: S101 - for the type checker: the only caller has asked
        try:
            while True:
                count = min(self._left, end - pos)
                large.feed(data[pos : pos + count])
                self._left -= count
                pos += count
                if self._left:
                    self._need = 1
                    return pos
                if not self._continued:
                    break
                if end - pos < HEAD:
                    self._need = HEAD
                    return pos
                self._left = int.from_bytes(data[pos : pos + 3], "little")
                self._continued = self._left == FULL
                pos += HEAD
            large.finish()
        except DAMAGE as error:
            raise StreamError(f"an event at {self._decoder.position} of the binary log is damaged: {error}") from None
        except Unusable as error:
            raise StreamError(
                f"an event at {self._decoder.position} of the binary log cannot be used: {error}"
            ) from None
        self._large = None
        return pos


def refusal(payload: bytes) -> MigrationError:
    """What an error packet, or the packet that ends a dump, means to us."""
    if payload[0] == _END:
        return ConnectionLost(2013, "the server ended the binary log stream")
    errno = int.from_bytes(payload[1:3], "little")
    message = payload[9:] if payload[3:4] == b"#" else payload[3:]
    text = message.decode("utf-8", "replace")
    if errno in _TRANSIENT:
        return ConnectionLost(errno, text)
    if errno == _FATAL_READING and any(word in text for word in ("Could not find first log", "purged", "missing")):
        return StreamError(
            f"the binary log that is needed next has been purged from the server ({errno}: {text}); the migration must "
            "start again; keep binary logs for longer than it takes (binlog_expire_logs_seconds, expire_logs_days)"
        )
    return StreamError(
        f"the server refused to send the binary log ({errno}: {text}). Where the log was reset or is damaged, "
        "nobody can follow it any more"
    )
