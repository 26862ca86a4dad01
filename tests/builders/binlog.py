"""Synthetic binary logs for tests without a server: events as the documentation of the protocol draws them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence

import zstandard

from ghostshift.binlog import events as ev
from ghostshift.binlog.decoder import Decoder
from ghostshift.binlog.packets import Packets
from ghostshift.model.change import Batch, WatchedTable
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import TableName
from ghostshift.model.position import Position

FILE = "binlog.000007"
START = Position(FILE, 4)
INT, VARCHAR, JSON, LONGLONG, BLOB = 3, 15, 245, 8, 252


def key(*columns: KeyColumn) -> KeySpec:
    return KeySpec(index="PRIMARY", columns=columns)


def int_column(name: str = "id", ordinal: int = 0, *, unsigned: bool = False) -> KeyColumn:
    return KeyColumn(name=name, ordinal=ordinal, kind=KeyKind.INTEGER, unsigned=unsigned)


def watched(
    table: str = "t", columns: int = 2, spec: KeySpec | None = None, label: str = "original", schema: str = "s"
) -> WatchedTable:
    return WatchedTable(label, TableName(schema, table), spec or key(int_column()), columns)


def packed(number: int) -> bytes:
    if number < 251:
        return bytes((number,))
    if number < 1 << 16:
        return b"\xfc" + number.to_bytes(2, "little")
    return b"\xfd" + number.to_bytes(3, "little") if number < 1 << 24 else b"\xfe" + number.to_bytes(8, "little")


def text(value: bytes, width: int = 1) -> bytes:
    return len(value).to_bytes(width, "little") + value


def bitmap(flags: Iterable[bool]) -> bytes:
    bits = list(flags)
    number = sum(1 << place for place, flag in enumerate(bits) if flag)
    return number.to_bytes((len(bits) + 7) // 8, "little")


def table_map(number: int, table: str, types: Sequence[int], metadata: bytes, schema: str = "s") -> tuple[int, bytes]:
    names = text(schema.encode()) + b"\0" + text(table.encode()) + b"\0"
    body = packed(len(types)) + bytes(types) + packed(len(metadata)) + metadata + bytes((len(types) + 7) // 8)
    return ev.TABLE_MAP, number.to_bytes(6, "little") + b"\1\0" + names + body


def rows(
    kind: int,
    number: int,
    columns: int,
    images: Sequence[bytes],
    present: Sequence[bytes] | None = None,
    extra: bytes = b"",
) -> tuple[int, bytes]:
    """A row event; `images` are whole row images, in the event's order; `present` its bitmaps."""
    bitmaps = present or [bitmap([True] * columns)] * (2 if kind in ev.UPDATES else 1)
    head = number.to_bytes(6, "little") + b"\1\0"
    if kind in ev.V2_ROWS:
        head += (2 + len(extra)).to_bytes(2, "little") + extra
    return kind, head + packed(columns) + b"".join(bitmaps) + b"".join(images)


def mariadb_packed(data: bytes) -> bytes:
    size = len(data).to_bytes(4, "big")
    return b"\x84" + size + zlib.compress(data)


def query(sql: str | bytes, schema: str = "s", status: bytes = b"", kind: int = ev.QUERY) -> tuple[int, bytes]:
    raw = sql.encode() if isinstance(sql, str) else sql
    head = struct.pack("<IIBHH", 1, 0, len(schema), 0, len(status))
    return kind, head + status + schema.encode() + b"\0" + raw


def xid() -> tuple[int, bytes]:
    return ev.XID, bytes(8)


def gtid() -> tuple[int, bytes]:
    return ev.GTID, bytes(58)


def maria_gtid(flags: int, extra: bytes = bytes(6)) -> tuple[int, bytes]:
    return ev.MARIADB_GTID, bytes(12) + bytes((flags,)) + extra


def payload(events: bytes, compression: int = 0, size: int | None = None, level: int = 3) -> tuple[int, bytes]:
    data = zstandard.ZstdCompressor(level=level).compress(events) if compression == 0 else events
    fields = b""
    for number, value in ((2, compression), (3, len(events) if size is None else size), (1, len(data))):
        encoded = packed(value)
        fields += packed(number) + packed(len(encoded)) + encoded
    return ev.TRANSACTION_PAYLOAD, fields + b"\0" + data


def load_query(sql: str, schema: str = "s") -> tuple[int, bytes]:
    return ev.EXECUTE_LOAD_QUERY, struct.pack(
        "<IIBHH13x", 1, 0, len(schema), 0, 0
    ) + schema.encode() + b"\0" + sql.encode()


def rotate(file: str, offset: int = 4) -> tuple[int, bytes]:
    return ev.ROTATE, offset.to_bytes(8, "little") + file.encode()


def xa_prepare(one_phase: int, number: int, global_part: bytes, branch: bytes) -> tuple[int, bytes]:
    return ev.XA_PREPARE, struct.pack("<BiII", one_phase, number, len(global_part), len(branch)) + global_part + branch


class Log:
    """A binary log that grows event by event, as packets of a dump."""

    def __init__(self, *, checksum: bool = True, mariadb: bool = False, file: str = FILE, offset: int = 4) -> None:
        self.checksum = checksum
        self.offset = offset
        self.packets = bytearray()
        self.artificial(*rotate(file, offset))
        types = ev.DELETE_C2 if mariadb else ev.TAGGED_GTID
        lengths = bytearray(types)
        lengths[ev.TABLE_MAP - 1] = 8
        body = struct.pack("<H50sIB", 4, b"10.11.1-MariaDB" if mariadb else b"9.7.0", 0, 19) + bytes(lengths)
        body += bytes((checksum,))
        self.description = body
        if offset == 4:
            self.add(ev.FORMAT_DESCRIPTION, body, summed=True)
        else:
            self.artificial(ev.FORMAT_DESCRIPTION, body, flags=0, summed=True)

    def event(
        self, kind: int, body: bytes, *, position: int | None = None, flags: int = 0, summed: bool | None = None
    ) -> bytes:
        """The bytes of one event at the log's end, with its checksum."""
        tail = 4 if (self.checksum if summed is None else summed) else 0
        size = 19 + len(body) + tail
        end = (self.offset + size if position is None else position) & 0xFFFFFFFF
        event = struct.pack("<IBIIIH", 0, kind, 1, size, end, flags) + body
        return event + zlib.crc32(event).to_bytes(4, "little") if tail else event

    def add(self, kind: int, body: bytes, *, flags: int = 0, summed: bool | None = None) -> Log:
        """An event of the file."""
        event = self.event(kind, body, flags=flags, summed=summed)
        self.offset += len(event)
        self.packets += framed(event)
        return self

    def artificial(
        self, kind: int, body: bytes, *, flags: int = 0x20, position: int = 0, summed: bool | None = None
    ) -> Log:
        """An event that the server makes up: it has no place in the file."""
        self.packets += framed(self.event(kind, body, position=position, flags=flags, summed=summed))
        return self

    def transaction(self, *events: tuple[int, bytes]) -> Log:
        """GTID, BEGIN, events, XID."""
        for event in (gtid(), query("BEGIN"), *events, xid()):
            self.add(*event)
        return self

    def rotate(self, file: str) -> Log:
        """The file ends and the next one starts."""
        self.add(*rotate(file))
        self.artificial(*rotate(file))
        self.offset = 4
        return self.add(ev.FORMAT_DESCRIPTION, self.description, summed=True)

    def inner(self, *events: tuple[int, bytes]) -> bytes:
        """Events as they stand in a compressed transaction: without packets and without checksums."""
        return b"".join(self.event(kind, body, position=77, summed=False) for kind, body in events)


def framed(event: bytes) -> bytes:
    """An event as packets."""
    data = b"\0" + event
    parts = []
    while True:
        part, data = data[:0xFFFFFF], data[0xFFFFFF:]
        parts.append(len(part).to_bytes(3, "little") + bytes((len(parts) & 255,)) + part)
        if len(part) < 0xFFFFFF:
            return b"".join(parts)


def read(
    data: bytes,
    tables: Sequence[WatchedTable],
    start: Position = START,
    *,
    step: int = 0,
    max_event_bytes: int = 1 << 30,
    buffer_bytes: int = 1 << 20,
) -> Batch:
    """Decode packets, in pieces of `step` bytes; everything in one batch."""
    decoder = Decoder(tables, start, max_event_bytes=max_event_bytes)
    packets = Packets(decoder, max_event_bytes=max_event_bytes, buffer_bytes=buffer_bytes)
    for at in range(0, len(data), step or len(data) or 1):
        packets.feed(data[at : at + (step or len(data))])
    return decoder.take()
