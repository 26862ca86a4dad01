"""The stream: a server's binary log from a position on, as batches of what a migration needs to know.

It asks the server for a dump the way a replica does (MySQL Source Code Documentation, "COM_BINLOG_DUMP"; MariaDB
documentation, "COM_BINLOG_DUMP"), with heartbeats, so that silence means a dead connection and not an idle server.
Nothing is acknowledged and nothing is kept: when the reader waits, TCP makes the server wait (invariant 12).

Two errors leave it. ConnectionLost: a new stream from the last batch's `boundary` can go on. StreamError: none can.
Either comes only after all that was read before it has been handed over.
"""

from __future__ import annotations

import secrets
import socket as sockets
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from ghostshift.binlog.decoder import Decoder
from ghostshift.binlog.packets import Packets
from ghostshift.model.change import Batch, Rewatch, WatchedTable
from ghostshift.model.errors import MigrationError, StreamError
from ghostshift.model.position import Position

_COM_BINLOG_DUMP = 0x12
FIRST_OFFSET = 4
"""A file starts with four bytes that are no event."""
_OFFSET_LIMIT = 1 << 32
"""The dump command states the offset in 32 bits."""
_SILENT_HEARTBEATS = 5
_WRITE_TIMEOUT = 86_400
"""Seconds for which the server waits for a reader that is held back, before it hangs up."""


class DumpConnection(Protocol):
    """A logged-in connection of the binary log's own (mysql.session.Session is one)."""

    def query(self, statement: str, /) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""

    def execute(self, statement: str, /) -> object:
        """Run a statement."""

    def command(self, number: int, payload: bytes, /) -> None:
        """Send one command packet; its answer is read from `socket`."""

    @property
    def socket(self) -> sockets.socket:
        """The socket, plain or TLS, with nothing buffered behind it."""

    def abort(self) -> None:
        """Make a wait on the connection fail at once."""


class BinlogStream:
    """Follows the log from `start`, a transaction boundary. For one thread; `close` may come from any."""

    def __init__(
        self,
        connection: DumpConnection,
        start: Position,
        watched: Sequence[WatchedTable],
        *,
        server_id: int,
        mariadb: bool,
        heartbeat_seconds: float = 1.0,
        max_event_bytes: int = 1 << 30,
        rewatch: Rewatch | None = None,
    ) -> None:
        self._connection = connection
        self._start = start
        self._failure: MigrationError | None = None
        # A boundary beyond what the command can state is reached by reading its file from the start.
        self._far = start.offset >= _OFFSET_LIMIT
        first = Position(start.file, FIRST_OFFSET, start.born) if self._far else start
        self._decoder = Decoder(watched, first, max_event_bytes=max_event_bytes, rewatch=rewatch)
        self._packets = Packets(self._decoder, max_event_bytes=max_event_bytes)
        request(connection, first, server_id=server_id, mariadb=mariadb, heartbeat_seconds=heartbeat_seconds)
        self._socket = connection.socket

    @property
    def position(self) -> Position:
        """The end of the last event seen, which may lie within a transaction."""
        return self._decoder.position

    def read(self) -> Batch:
        """Wait for more of the log, at most until the next heartbeat; the batch may be empty.

        Raises ConnectionLost or StreamError.
        """
        if self._failure is not None:
            raise self._failure
        size = None
        try:
            size = self._packets.receive(self._socket)
        except MigrationError as error:
            self._failure = error
            if not self._decoder.pending:
                raise
        batch = replace(self._decoder.take(), size=size)
        if self._far:
            if batch.boundary <= self._start:
                return Batch([], self._start)
            self._far = False
        return batch

    def close(self) -> None:
        """End the dump; a `read` that waits fails with ConnectionLost."""
        self._connection.abort()


def request(
    connection: DumpConnection, first: Position, *, server_id: int, mariadb: bool, heartbeat_seconds: float
) -> None:
    """Ask for the log from `first` on; its events are then read from the connection's socket. Raises ServerError."""
    for statement in _setup(mariadb=mariadb, heartbeat_seconds=heartbeat_seconds):
        connection.execute(statement)
    number = server_id or 1 + secrets.randbelow((1 << 32) - 1)
    flags = 0
    place = first.offset.to_bytes(4, "little") + flags.to_bytes(2, "little")
    connection.command(_COM_BINLOG_DUMP, place + number.to_bytes(4, "little") + first.file.encode())
    connection.socket.settimeout(max(1.0, heartbeat_seconds * _SILENT_HEARTBEATS))


def current_position(connection: DumpConnection) -> Position:
    """The end of the server's binary log. Raises StreamError where there is none."""
    (version,) = connection.query("SELECT VERSION()")[0]
    text = version.decode() if isinstance(version, bytes) else str(version)
    numbers = [int(part) for part in text.split("-")[0].split(".")[:2] if part.isdigit()]
    renamed = "mariadb" not in text.lower() and numbers >= [8, 2]
    rows = connection.query("SHOW BINARY LOG STATUS" if renamed else "SHOW MASTER STATUS")
    if not rows:
        raise StreamError("the server writes no binary log: switch it on (log_bin) to migrate a table that is in use")
    file, offset = rows[0][:2]
    return Position(file.decode() if isinstance(file, bytes) else str(file), int(offset))


def _setup(*, mariadb: bool, heartbeat_seconds: float) -> list[str]:
    """What a replica says about itself before it asks for a dump."""
    nanoseconds = int(heartbeat_seconds * 1_000_000_000)
    statements = [
        "SET @master_binlog_checksum = @@GLOBAL.binlog_checksum, @source_binlog_checksum = @@GLOBAL.binlog_checksum",
        f"SET @master_heartbeat_period = {nanoseconds}, @source_heartbeat_period = {nanoseconds}",
        f"SET SESSION net_write_timeout = {_WRITE_TIMEOUT}",
    ]
    if mariadb:
        statements.append("SET @mariadb_slave_capability = 4")  # 4: knows GTID events, wants them as they are
    else:
        # A second reader with the same identity would make the server hang up on the first.
        identity = uuid.uuid4()
        statements.append(f"SET @slave_uuid = '{identity}', @replica_uuid = '{identity}'")
    return statements
