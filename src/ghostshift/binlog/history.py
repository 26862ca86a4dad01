"""Reads through a log to find where what is known already ends: the first transaction that a set of GTIDs lacks.

A run that goes on with another server's log begins there. It is looked for in the log itself, from the start of a file
before which all is known: the same transactions may stand there in another order and at other places.

GTID events: MySQL Source Code Documentation, "Binlog Event: GTID_LOG_EVENT"; MariaDB Knowledge Base, "GTID_EVENT".
It must never step over a transaction that it cannot name.
"""

from __future__ import annotations

import io
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import zstandard

from ghostshift.binlog import events as ev
from ghostshift.binlog.compressed import ZSTD_WINDOW, unpack_zlib
from ghostshift.binlog.packets import FULL, refusal
from ghostshift.binlog.stream import DumpConnection, request
from ghostshift.binlog.texts import Control, control, decode
from ghostshift.core.gtids import GtidSet
from ghostshift.model.change import Statement
from ghostshift.model.errors import ConnectionLost, StreamError
from ghostshift.model.names import TableName
from ghostshift.model.position import Position

_HEAD = struct.Struct("<4xBIIIH")
"""Type, server id, size, end position, flags."""
_MYSQL_GTID = struct.Struct("<x16sQ")
_MARIADB_GTID = struct.Struct("<QI")
_TEXTS = frozenset({ev.QUERY, ev.QUERY_COMPRESSED})
_WRITES = frozenset({ev.TABLE_MAP, ev.TRANSACTION_PAYLOAD})
_READ = _TEXTS | _WRITES | {ev.GTID, ev.MARIADB_GTID, ev.ANONYMOUS_GTID, ev.TAGGED_GTID}
_UNPLACED = frozenset({ev.HEARTBEAT, ev.HEARTBEAT_V2})
_RESIDUE = 0x2144DF1C
"""CRC32 of any bytes that are followed by their own CRC32."""
_LOW = 0xFFFFFFFF
_MOST_PACKED = 1 << 24
"""What is larger once unpacked was not a single row of ours."""
_MAX_TEXT = 1 << 30
_BUFFER = 1 << 20


@dataclass(slots=True)
class History:
    """What was found."""

    position: Position
    """Before the first transaction that is not known, or the end of what was looked through."""
    stranger: str = ""
    """That transaction; empty where all are known."""
    obstacle: str = ""
    """A statement behind `position` that belongs to what is known, and would stop whoever reads on from there."""
    witnessed: bool = False
    """Among the transactions that are not known is one that writes to the table which was asked for."""
    first: dict[int, int] = field(default_factory=dict)
    """MariaDB: the first number that was seen of each domain."""


def look_through(
    connection: DumpConnection,
    start: Position,
    end: Position,
    known: GtidSet,
    concerned: Callable[[Statement], bool],
    *,
    mariadb: bool,
    witness: TableName | None = None,
    server_id: int = 0,
) -> History:
    """Read from `start`, a file's beginning, to `end`; it takes the connection. Raises StreamError, ServerError."""
    request(connection, start, server_id=server_id, mariadb=mariadb, heartbeat_seconds=1.0)
    reader = _Reader(start, known, concerned, witness)
    with io.BufferedReader(connection.socket.makefile("rb", buffering=0), _BUFFER) as stream:
        try:
            while reader.at < end:
                reader.event(_packet(stream))
        except ev.DAMAGE as error:
            raise StreamError(f"the binary log is damaged behind {reader.at}: {error}") from None
        except OSError as error:
            raise ConnectionLost(2013, f"the binary log connection was lost: {error}") from None
    if not reader.history.stranger:
        reader.history.position = reader.at
    return reader.history


def _packet(stream: io.BufferedReader[Any]) -> bytes:
    """The next event; of one that goes over several packets the first of them."""
    first = b""
    while True:
        head = stream.read(4)
        length = int.from_bytes(head[:3], "little")
        payload = stream.read(length)
        if len(head) < 4 or len(payload) < length:
            raise ConnectionLost(2013, "the server closed the binary log connection")
        if not first and payload[:1] != b"\0":
            raise refusal(payload)
        first = first or payload[1:]
        if length < FULL:
            return first


class _Reader:
    """Takes note of one event after another."""

    def __init__(
        self, start: Position, known: GtidSet, concerned: Callable[[Statement], bool], witness: TableName | None
    ) -> None:
        self.history = History(start)
        self._file, self._offset = start.file, start.offset
        self._known = known
        self._concerned = concerned
        self._witness = b"" if witness is None else _as_mapped(witness)
        self._tail = 0
        self._member = True

    @property
    def at(self) -> Position:
        """The end of the last event."""
        return Position(self._file, self._offset)

    def event(self, data: bytes) -> None:
        """Raises StreamError, events.DAMAGE."""
        kind, server, size, log_pos, flags = _HEAD.unpack_from(data)
        made_up = not log_pos or bool(flags & ev.ARTIFICIAL_FLAG) or kind in _UNPLACED
        before = self.at
        if kind == ev.ROTATE:
            self._rotate(data, made_up=made_up)
            return
        if kind == ev.FORMAT_DESCRIPTION:
            self._tail = 4 if ev.format_description(data[ev.HEADER_BYTES :])[0] else 0
            made_up = made_up or log_pos != self._offset + size
        if not made_up:
            self._offset += size + ((log_pos - self._offset - size) & _LOW)
        if kind in _READ:
            if self._tail and crc32(data) != _RESIDUE:
                raise ValueError("a checksum is wrong")
            body = data[ev.HEADER_BYTES : len(data) - self._tail]
            if kind in _WRITES:
                self._write(kind, body)
            elif kind in _TEXTS:
                self._text(kind, body)
            else:
                self._begin(kind, server, body, before)

    def _rotate(self, data: bytes, *, made_up: bool) -> None:
        body = data[ev.HEADER_BYTES :]
        # The first one comes before anything says whether there are checksums: then only a match can tell.
        file, offset = ev.rotate(body[:-4] if crc32(data) == _RESIDUE else body)
        if not (made_up and file == self._file):
            self._file, self._offset = file, offset

    def _begin(self, kind: int, server: int, body: bytes, at: Position) -> None:
        """A transaction begins."""
        if kind == ev.MARIADB_GTID:
            number, domain = _MARIADB_GTID.unpack_from(body)
            source = f"{domain}-{server}"
            self.history.first.setdefault(domain, number)
        elif kind == ev.GTID:
            raw, number = _MYSQL_GTID.unpack_from(body)
            source = str(uuid.UUID(bytes=raw))
        else:
            raise StreamError(f"the transaction at {at} of the binary log has no GTID, or one with a tag")
        self._member = self._known.has(source, number)
        if not self._member and not self.history.stranger:
            self.history.stranger = f"{source}{'-' if kind == ev.MARIADB_GTID else ':'}{number}"
            self.history.position = at

    def _write(self, kind: int, body: bytes) -> None:
        """Rows of a table, or a whole transaction that is packed."""
        if self._member or self.history.witnessed or not self._witness:
            return
        if kind == ev.TABLE_MAP:
            self.history.witnessed = self._witness in body.lower()
            return
        compression, size, at = ev.payload_header(body, len(body))
        if size <= _MOST_PACKED:
            unpack = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompress
            inner = unpack(body[at:], max_output_size=size) if compression == 0 else body[at:]
            self.history.witnessed = self._witness in inner.lower()

    def _text(self, kind: int, body: bytes) -> None:
        """A statement: only what a reader from `position` on would meet again is of interest."""
        if not self._member or not self.history.stranger or self.history.obstacle:
            return
        schema, status, raw = ev.query(body)
        text = decode(unpack_zlib(raw, _MAX_TEXT) if kind == ev.QUERY_COMPRESSED else raw, status)
        statement = Statement(schema.decode("utf-8", "replace"), text)
        if control(text)[0] is Control.STATEMENT and self._concerned(statement):
            self.history.obstacle = text


def _as_mapped(table: TableName) -> bytes:
    """A table's names as a table map has them, in small letters: some servers keep none but these."""
    parts = [part.lower().encode() for part in (table.schema, table.table)]
    return b"".join(bytes((len(part),)) + part + b"\0" for part in parts)
