"""The binary log's events: numbers, header, and small pure readers of their bodies.

Layouts follow the public description of the replication protocol (MySQL Source Code Documentation, "Replication
Protocol" and "Binlog Event"; MariaDB documentation, "Replication Protocol"). A body is what lies between the header
and the checksum. Readers raise whatever Python raises for input that is too short or senseless (DAMAGE lists it) and
the decoder, which alone knows where the event stood, turns that into a StreamError: in one place, so that none leaks.

A slice that is cut short raises nothing in Python, therefore every slice here goes through `cut`.
This module must never allocate more than the body it is given.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import zstandard

from ghostshift.binlog.xa import xid_form

QUERY = 2
STOP = 3
ROTATE = 4
INTVAR = 5
RAND = 13
USER_VAR = 14
FORMAT_DESCRIPTION = 15
XID = 16
BEGIN_LOAD_QUERY = 17
EXECUTE_LOAD_QUERY = 18
TABLE_MAP = 19
PRE_GA_ROWS = frozenset({20, 21, 22})
WRITE_V1, UPDATE_V1, DELETE_V1 = 23, 24, 25
INCIDENT = 26
HEARTBEAT = 27
IGNORABLE = 28
ROWS_QUERY = 29
WRITE_V2, UPDATE_V2, DELETE_V2 = 30, 31, 32
GTID = 33
ANONYMOUS_GTID = 34
PREVIOUS_GTIDS = 35
TRANSACTION_CONTEXT = 36
VIEW_CHANGE = 37
XA_PREPARE = 38
PARTIAL_UPDATE = 39
TRANSACTION_PAYLOAD = 40
HEARTBEAT_V2 = 41
TAGGED_GTID = 42
ANNOTATE_ROWS = 160
BINLOG_CHECKPOINT = 161
MARIADB_GTID = 162
GTID_LIST = 163
START_ENCRYPTION = 164
QUERY_COMPRESSED = 165
WRITE_C1, UPDATE_C1, DELETE_C1 = 166, 167, 168
WRITE_C2, UPDATE_C2, DELETE_C2 = 169, 170, 171

V2_ROWS = frozenset({WRITE_V2, UPDATE_V2, DELETE_V2, PARTIAL_UPDATE, WRITE_C2, UPDATE_C2, DELETE_C2})
"""Row events whose post-header ends with extra data of variable length."""
COMPRESSED_ROWS = frozenset({WRITE_C1, UPDATE_C1, DELETE_C1, WRITE_C2, UPDATE_C2, DELETE_C2})
UPDATES = frozenset({UPDATE_V1, UPDATE_V2, PARTIAL_UPDATE, UPDATE_C1, UPDATE_C2})
DELETES = frozenset({DELETE_V1, DELETE_V2, DELETE_C1, DELETE_C2})
ROWS = frozenset({WRITE_V1, WRITE_V2, WRITE_C1, WRITE_C2}) | UPDATES | DELETES

HEADER_BYTES = 19
"""timestamp 4, type 1, server id 4, size 4, end position 4, flags 2; all integers are little-endian."""
LEAD = 5
"""Bytes before an event in a packet: the packet's length (3), its number (1), and a zero that says "event"."""
SLACK = 8
"""Bytes that must be readable behind the last event: a table id is read before it is known that there is one."""
SMALLEST = LEAD + HEADER_BYTES
HEADER = struct.Struct("<IB4xB4xIIHQ")
"""Packet head, marker, type, size, end position, flags; then table id and flags, if it is an event that has them."""
IGNORABLE_FLAG = 0x80
ARTIFICIAL_FLAG = 0x20
"""The server made the event up for this connection: it has no place in the file."""
DAMAGE = (
    IndexError,
    KeyError,
    ValueError,
    OverflowError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
    zstandard.ZstdError,
)
"""What the readers raise for a damaged body."""


class Unusable(Exception):  # noqa: N818 - it says what the log is to us
    """An intact log that cannot be used: a table is not the one that was planned for, or keys are missing.

    The decoder turns it into a StreamError that says where.
    """


NAMES = {
    QUERY: "QUERY",
    ROTATE: "ROTATE",
    FORMAT_DESCRIPTION: "FORMAT_DESCRIPTION",
    XID: "XID",
    EXECUTE_LOAD_QUERY: "EXECUTE_LOAD_QUERY",
    TABLE_MAP: "TABLE_MAP",
    INCIDENT: "INCIDENT",
    GTID: "GTID",
    XA_PREPARE: "XA_PREPARE",
    PARTIAL_UPDATE: "PARTIAL_UPDATE_ROWS",
    TRANSACTION_PAYLOAD: "TRANSACTION_PAYLOAD",
    MARIADB_GTID: "GTID",
    QUERY_COMPRESSED: "QUERY_COMPRESSED",
}

_QUERY_HEAD = struct.Struct("<8xBHH")
_LOAD_TAIL = struct.Struct("<13x")
_ROTATE_HEAD = struct.Struct("<Q")
_XA_PREPARE_HEAD = struct.Struct("<BiII")
_MARIADB_GTID_HEAD = struct.Struct("<12xB")
_MARIADB_XID_HEAD = struct.Struct("<iBB")
_INCIDENT_HEAD = struct.Struct("<HB")

QUERY_HEADER_BYTES = 13
GTID_SPECIAL = 0xC1
"""Flags of a MariaDB GTID event that make its group no plain transaction: standalone, prepared XA, completed XA."""
_CHECKSUM_TAIL = 5
"""A format description ends with the checksum algorithm and, whatever that is, four bytes of checksum."""


@dataclass(frozen=True, slots=True)
class MariaGtid:
    """What a MariaDB GTID event says about the group it opens."""

    standalone: bool
    """The group is a single statement: no COMMIT and no XID will end it."""
    prepared: bytes | None
    """The group is an XA transaction up to its PREPARE: its xid."""
    completed: bytes | None
    """The group is the XA COMMIT or XA ROLLBACK of this xid."""


def name_of(kind: int) -> str:
    """What a message calls an event of this type."""
    if kind in ROWS:
        return "row"
    return NAMES.get(kind, f"type {kind}")


def cut(body: bytes, start: int, length: int) -> bytes:
    """`length` bytes from `start`, all of them. Raises EOFError where there are fewer."""
    if length < 0 or start + length > len(body):
        raise EOFError(f"{length} bytes announced, {max(0, len(body) - start)} are there")
    return body[start : start + length]


def packed_int(data: bytes, at: int) -> tuple[int, int]:
    """A length-encoded integer and the place after it."""
    first = data[at]
    if first < 251:
        return first, at + 1
    width = {252: 2, 253: 3, 254: 8}[first]
    return int.from_bytes(cut(data, at + 1, width), "little"), at + 1 + width


def format_description(body: bytes) -> tuple[bool, bool]:
    """Whether events from here on carry a checksum, and whether MariaDB wrote the log.

    `body` reaches to the end of the event, checksum included.

    Raises ValueError for a log that is not of version 4 or whose headers are not those that the decoder reads.
    """
    version, header_bytes = int.from_bytes(cut(body, 0, 2), "little"), body[56]
    # Post-header sizes stand in the order of the types; a TABLE_MAP's is 8 since table ids have six bytes.
    if version != 4 or header_bytes != HEADER_BYTES or body[56 + TABLE_MAP] != 8:
        raise ValueError(f"version {version} of the binary log's format cannot be read")
    algorithm = body[-_CHECKSUM_TAIL]
    if algorithm not in (0, 1):
        raise ValueError(f"checksum algorithm {algorithm} is not known")
    return algorithm == 1, len(body) - 57 - _CHECKSUM_TAIL >= MARIADB_GTID


def rotate(body: bytes) -> tuple[str, int]:
    """The next file and where in it to go on."""
    (offset,) = _ROTATE_HEAD.unpack_from(body)
    file = body[_ROTATE_HEAD.size :].decode()
    if not file:
        raise ValueError("it names no file")
    return file, offset


def query(body: bytes) -> tuple[bytes, bytes, bytes]:
    """Schema, status variables and the text of a QUERY event. MariaDB's compressed one has compressed text."""
    schema_bytes, _error, status_bytes = _QUERY_HEAD.unpack_from(body)
    status = cut(body, QUERY_HEADER_BYTES, status_bytes)
    at = QUERY_HEADER_BYTES + status_bytes
    schema = cut(body, at, schema_bytes)
    cut(body, at + schema_bytes, 1)
    return schema, status, body[at + schema_bytes + 1 :]


def load_query(body: bytes) -> tuple[bytes, bytes, bytes]:
    """As `query`, of a LOAD DATA statement: its post-header is longer by the file's number and place in the text."""
    schema_bytes, _error, status_bytes = _QUERY_HEAD.unpack_from(body)
    longer = QUERY_HEADER_BYTES + _LOAD_TAIL.size
    at = longer + status_bytes
    status = cut(body, longer, status_bytes)
    schema = cut(body, at, schema_bytes)
    cut(body, at + schema_bytes, 1)
    return schema, status, body[at + schema_bytes + 1 :]


def xa_prepare(body: bytes) -> tuple[bytes, bool]:
    """The xid of an XA_PREPARE event, and whether it commits right there."""
    one_phase, number, global_bytes, branch_bytes = _XA_PREPARE_HEAD.unpack_from(body)
    at = _XA_PREPARE_HEAD.size
    both = cut(body, at, global_bytes + branch_bytes)
    return xid_form(both[:global_bytes], both[global_bytes:], number), bool(one_phase)


def mariadb_gtid(body: bytes) -> MariaGtid:
    """The flags and the xid of a MariaDB GTID event."""
    (flags,) = _MARIADB_GTID_HEAD.unpack_from(body)
    at = _MARIADB_GTID_HEAD.size
    if flags & 0x02:  # FL_GROUP_COMMIT_ID: a commit id comes first
        at += 8
    prepared, completed = bool(flags & 0x40), bool(flags & 0x80)
    xid = None
    if prepared or completed:
        number, global_bytes, branch_bytes = _MARIADB_XID_HEAD.unpack_from(body, at)
        both = cut(body, at + _MARIADB_XID_HEAD.size, global_bytes + branch_bytes)
        xid = xid_form(both[:global_bytes], both[global_bytes:], number)
    return MariaGtid(bool(flags & 0x01), xid if prepared else None, xid if completed else None)


def incident(body: bytes) -> str:
    """The server's own words about an incident."""
    number, length = _INCIDENT_HEAD.unpack_from(body)
    message = cut(body, _INCIDENT_HEAD.size, length).decode("utf-8", "replace")
    return f"incident {number}: {message}" if message else f"incident {number}"


PAYLOAD_HEADER_MOST = 256
"""Bytes within which the fields of a TRANSACTION_PAYLOAD end, with much to spare: there are three numbers."""


def payload_header(body: bytes, size: int) -> tuple[int, int, int]:
    """Compression (0 zstd, 255 none), stated size once unpacked, and where the payload of a TRANSACTION_PAYLOAD starts.

    Fields are triples of length-encoded type, length and value; type 0 ends them. `body` may be the beginning of one
    that has `size` bytes.
    """
    at, compression, unpacked, packed = 0, 255, -1, -1
    while True:
        field, at = packed_int(body, at)
        if field == 0:
            break
        length, at = packed_int(body, at)
        value, _ = packed_int(cut(body, at, length), 0)
        at += length
        if field == 1:
            packed = value
        elif field == 2:
            compression = value
        elif field == 3:
            unpacked = value
    if packed != size - at:
        raise ValueError(f"{packed} bytes of payload announced, {size - at} are there")
    if compression == 255:
        unpacked = packed
    return compression, unpacked, at
