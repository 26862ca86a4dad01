"""A binary log made by hand, for benchmarks that need no server: sysbench's table, as MySQL 9 writes about it.

The layouts are those of MySQL's source code documentation ("Binlog Event"). What the reader makes of a real server's
log is bench/reader.py's to measure; this one is the same on every machine and at every time.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator

from ghostshift.binlog import events as ev
from ghostshift.model.change import WatchedTable
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import TableName
from ghostshift.model.position import Position

START = Position("binlog.000001", 4)
KEY = KeySpec(index="PRIMARY", columns=(KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER),))
NAME = TableName("sbtest", "sbtest1")
WATCHED = [WatchedTable("original", NAME, KEY, 4)]

_INT, _CHAR = 3, 254
_TYPES = bytes((_INT, _INT, _CHAR, _CHAR))
_METADATA = bytes((0xEE, 0xE0, 0xFE, 0xF0))
"""CHAR(120) and CHAR(60) in utf8mb4: 480 and 240 bytes at the most, so lengths of two bytes and of one."""
_TABLE = (7).to_bytes(6, "little") + b"\1\0"
_ROWS_HEAD = _TABLE + b"\2\0\4"
_EVENT_BYTES = 8192


class Log:
    """Packets of a dump, event by event."""

    def __init__(self) -> None:
        self.packets = bytearray()
        self.events = 0
        self._offset = START.offset
        lengths = bytearray(ev.TAGGED_GTID)
        lengths[ev.TABLE_MAP - 1] = 8
        self.add(ev.FORMAT_DESCRIPTION, struct.pack("<H50sIB", 4, b"9.7.0", 0, 19) + bytes(lengths) + b"\1")

    def add(self, kind: int, body: bytes) -> None:
        """One event."""
        size = ev.HEADER_BYTES + len(body) + 4
        self._offset += size
        event = struct.pack("<IBIIIH", 0, kind, 1, size, self._offset & 0xFFFFFFFF, 0) + body
        event += zlib.crc32(event).to_bytes(4, "little")
        self.packets += (len(event) + 1).to_bytes(3, "little") + b"\0\0" + event
        self.events += 1

    def begin(self) -> None:
        """GTID and BEGIN."""
        self.add(ev.GTID, bytes(58))
        self.add(ev.QUERY, struct.pack("<IIBHH", 1, 0, 6, 0, 21) + bytes(21) + b"sbtest\0BEGIN")

    def table_map(self) -> None:
        """The table's columns."""
        names = b"\6sbtest\0\7sbtest1\0"
        self.add(ev.TABLE_MAP, _TABLE + names + b"\4" + _TYPES + b"\4" + _METADATA + b"\0")

    def rows(self, kind: int, images: bytes) -> None:
        """Rows of the table."""
        self.add(kind, _ROWS_HEAD + (b"\xff\xff" if kind in ev.UPDATES else b"\xff") + images)

    def end(self) -> None:
        """XID."""
        self.add(ev.XID, bytes(8))


def image(number: int, k: int) -> bytes:
    """A row of the table."""
    return b"\0" + struct.pack("<ii", number, k) + b"\x77\0" + b"c" * 119 + b"\x3b" + b"p" * 59


def statements(rows: int, each: int = 10_000) -> Log:
    """Updates of `each` rows, in key order: events of eight kilobytes."""
    log = Log()
    for first in range(0, rows, each):
        log.begin()
        log.table_map()
        held = bytearray()
        for number in range(first, min(first + each, rows)):
            held += image(number, 1) + image(number, 2)
            if len(held) > _EVENT_BYTES - 400:
                log.rows(ev.UPDATE_V2, bytes(held))
                held.clear()
        if held:
            log.rows(ev.UPDATE_V2, bytes(held))
        log.end()
    return log


def transactions(count: int, table: int = 1_000_000) -> Log:
    """Sysbench's oltp_write_only: two updates, a delete and an insert of one row each."""
    log = Log()
    for number in _numbers(count, table):
        log.begin()
        for kind, images in (
            (ev.UPDATE_V2, image(number, 1) + image(number, 2)),
            (ev.UPDATE_V2, image(number + 1, 1) + image(number + 1, 1)),
            (ev.DELETE_V2, image(number, 2)),
            (ev.WRITE_V2, image(number, 3)),
        ):
            log.table_map()
            log.rows(kind, images)
        log.end()
    return log


def _numbers(count: int, table: int) -> Iterator[int]:
    chance = random.Random(6)
    return (chance.randrange(1, table) for _ in range(count))
