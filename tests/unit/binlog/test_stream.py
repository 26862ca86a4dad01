"""The stream over a socket pair: what it asks for, in which order events and errors come, far positions."""

from __future__ import annotations

import socket as sockets
from collections.abc import Iterator
from typing import Any

import pytest

from builders import binlog as log
from builders.binlog import Log
from ghostshift.binlog import events as ev
from ghostshift.binlog.stream import BinlogStream, current_position
from ghostshift.model.change import Keys
from ghostshift.model.errors import ConnectionLost, StreamError
from ghostshift.model.position import Position

MAP = log.table_map(70, "t", [log.INT, log.VARCHAR], b"\x50\x00")


def insert(number: int) -> tuple[int, bytes]:
    return log.rows(ev.WRITE_V2, 70, 2, [b"\xfc" + number.to_bytes(4, "little") + log.text(b"v")])


class Connection:
    """A logged-in connection whose other end is the test."""

    def __init__(self) -> None:
        self.socket, self.server = sockets.socketpair()
        self.statements: list[str] = []
        self.commands: list[tuple[int, bytes]] = []
        self.answers: dict[str, list[tuple[Any, ...]]] = {}

    def query(self, statement: str, /) -> list[tuple[Any, ...]]:
        """What the test prepared."""
        return self.answers[statement]

    def execute(self, statement: str, /) -> None:
        """Noted."""
        self.statements.append(statement)

    def command(self, number: int, payload: bytes, /) -> None:
        """Noted."""
        self.commands.append((number, payload))

    def abort(self) -> None:
        """As a session does it."""
        self.socket.shutdown(sockets.SHUT_RDWR)


@pytest.fixture
def connection() -> Iterator[Connection]:
    made = Connection()
    yield made
    made.socket.close()
    made.server.close()


def _stream(connection: Connection, start: Position = log.START, **more: Any) -> BinlogStream:
    return BinlogStream(connection, start, [log.watched()], **{"server_id": 77, "mariadb": False, **more})


def test_what_it_asks_for(connection: Connection) -> None:
    _stream(connection, Position(log.FILE, 0x12345678), heartbeat_seconds=0.5)
    assert connection.commands == [(0x12, b"\x78\x56\x34\x12\x00\x00\x4d\x00\x00\x00" + log.FILE.encode())]
    said = " ".join(connection.statements)
    assert "@master_heartbeat_period = 500000000, @source_heartbeat_period = 500000000" in said
    assert "@@GLOBAL.binlog_checksum" in said
    assert "@replica_uuid = " in said
    assert "mariadb" not in said


def test_what_it_asks_mariadb_for(connection: Connection) -> None:
    _stream(connection, mariadb=True, server_id=0)
    assert "@mariadb_slave_capability = 4" in " ".join(connection.statements)
    assert connection.commands[0][1][6:10] != bytes(4)


def test_an_error_comes_after_all_that_came_before_it(connection: Connection) -> None:
    stream = _stream(connection)
    error = b"\xff\xd4\x04#HY000Could not find first log file name in binary log index file"
    made = Log().transaction(MAP, insert(1))
    connection.server.sendall(bytes(made.packets) + len(error).to_bytes(3, "little") + b"\x09" + error)
    batch = stream.read()
    assert batch.events == [Keys("original", [1], [])]
    assert batch.boundary == Position(log.FILE, made.offset)
    for _ in range(2):
        with pytest.raises(StreamError, match="purged"):
            stream.read()


@pytest.mark.parametrize("how", ["closed", "aborted", "silent"])
def test_a_connection_that_dies(connection: Connection, how: str) -> None:
    stream = _stream(connection, heartbeat_seconds=0.01)
    if how == "closed":
        connection.server.close()
    elif how == "aborted":
        stream.close()
    with pytest.raises(ConnectionLost):
        stream.read()


def test_a_boundary_that_the_command_cannot_state(connection: Connection) -> None:
    """The file is read from its start; nothing that lies before the boundary is handed over."""
    end = (1 << 32) + 500
    stream = _stream(connection, Position(log.FILE, end))
    assert connection.commands[0][1][:4] == b"\x04\x00\x00\x00"
    made = Log().transaction(MAP, insert(1))
    connection.server.sendall(made.packets)
    assert stream.read().events == []
    huge = end - made.offset - 31 - 1000
    made.packets.clear()
    # What fills four gigabytes is not sent here: the decoder is told that it was stepped over.
    stream._decoder.skip(ev.WRITE_V2, huge, (made.offset + huge) & 0xFFFFFFFF, 0)
    made.offset += huge
    made.add(ev.ROWS_QUERY, bytes(1000 - 23))
    made.add(*log.xid())
    assert made.offset == end
    connection.server.sendall(made.packets)
    assert stream.read().boundary == Position(log.FILE, end)
    made.packets.clear()
    connection.server.sendall(made.transaction(MAP, insert(2)).packets)
    batch = stream.read()
    assert batch.events == [Keys("original", [2], [])]
    assert batch.boundary == Position(log.FILE, made.offset)


@pytest.mark.parametrize(
    ("version", "statement"),
    [
        ("8.0.40", "SHOW MASTER STATUS"), ("8.1.0", "SHOW MASTER STATUS"), ("8.2.0", "SHOW BINARY LOG STATUS"),
        ("9.7.4-2", "SHOW BINARY LOG STATUS"), ("10.11.18-MariaDB-log", "SHOW MASTER STATUS"),
        ("11.8.3-MariaDB", "SHOW MASTER STATUS"),
    ],
)  # fmt: skip
def test_where_the_log_ends(connection: Connection, version: str, statement: str) -> None:
    connection.answers = {"SELECT VERSION()": [(version,)], statement: [("binlog.000003", "1234", "", "", "")]}
    assert current_position(connection) == Position("binlog.000003", 1234)
    connection.answers[statement] = []
    with pytest.raises(StreamError, match="no binary log"):
        current_position(connection)
