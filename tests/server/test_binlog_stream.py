"""The log stream against real servers: files, connections, reconnects, very large rows."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from builders.following import Follower, changed, drain, endpoint_of, gone, read_to
from ghostshift.binlog.stream import BinlogStream, current_position
from ghostshift.model.errors import ConnectionLost, StreamError
from ghostshift.model.options import Endpoint, Tls
from ghostshift.model.position import Position
from ghostshift.mysql.session import Session
from plugins.server_pool import TestServer

SIMPLE = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200))"
MakeServer = Callable[..., TestServer]


@pytest.fixture
def follower(server: TestServer, database: str) -> Follower:
    return Follower(server, database)


def test_rotation_in_midstream(follower: Follower) -> None:
    follower.run(SIMPLE)
    watched = follower.watch("t")
    start = follower.now()
    with follower.stream(start, [watched]) as stream:
        events = []
        for number in range(5):
            follower.run(f"INSERT INTO t VALUES ({number}, 'a')", "FLUSH BINARY LOGS")
            if number % 2:
                events += [event for batch in read_to(stream, follower.now()) for event in batch.events]
        end = follower.now()
        while (batch := stream.read()).boundary < end:  # not a byte of a transaction is missing, so it gets there
            events += batch.events
        events += batch.events
    assert changed(events) == set(range(5))


def test_reconnect_at_any_boundary_loses_nothing(follower: Follower) -> None:
    """Every boundary that was ever reported is a place from which all later keys come again."""
    follower.run(SIMPLE)
    watched = follower.watch("t")
    start = follower.now()
    rng = random.Random(3)
    number = 0
    for step in range(60):
        rows = ",".join(f"({number + n}, '{'x' * rng.randrange(150)}')" for n in range(rng.choice((1, 1, 400))))
        follower.run("BEGIN", f"INSERT INTO t VALUES {rows}", "INSERT IGNORE INTO t VALUES (-1, '')", "COMMIT")
        number += rows.count("(")
        if step % 13 == 5:
            follower.run("FLUSH BINARY LOGS")
    everything = set(range(number)) | {-1}
    seen: set[Any] = set()
    position, streams = start, 0
    end = follower.now()
    while position < end:
        with follower.stream(position, [watched]) as stream:
            streams += 1
            stream._socket = _Dribble(stream._socket, rng)  # type: ignore[assignment]
            for _ in range(rng.randrange(3, 20)):
                batch = stream.read()
                seen |= changed(batch.events)
                assert position <= batch.boundary
                position = batch.boundary  # beyond the end where MariaDB has written of its own a moment later
                if position >= end:
                    break
    assert seen == everything
    assert streams > 3


class _Dribble:
    """A socket that gives few bytes at a time."""

    def __init__(self, socket: Any, rng: random.Random) -> None:
        self._socket, self._rng = socket, rng

    def recv_into(self, buffer: memoryview) -> int:
        return int(self._socket.recv_into(buffer[: self._rng.choice((1, 20, 500, 30_000))]))


def test_a_purged_file(follower: Follower) -> None:
    start = follower.now()
    follower.run(SIMPLE, "FLUSH BINARY LOGS", "FLUSH BINARY LOGS")
    follower.run(f"PURGE BINARY LOGS TO '{follower.now().file}'")
    with follower.stream(start, []) as stream, pytest.raises(StreamError, match="purged"):
        stream.read()


def test_a_position_beyond_the_end(follower: Follower) -> None:
    end = follower.now()
    with follower.stream(Position(end.file, end.offset + 1000), []) as stream, pytest.raises(StreamError, match="1236"):
        stream.read()


def test_two_readers_at_a_time(follower: Follower) -> None:
    follower.run(SIMPLE)
    watched = follower.watch("t")
    start = follower.now()
    with follower.stream(start, [watched]) as one, follower.stream(start, [watched]) as two:
        one.read()
        two.read()
        follower.run("INSERT INTO t VALUES (1, 'a')")
        for stream in (one, two):
            events = [event for batch in read_to(stream, follower.now()) for event in batch.events]
            assert changed(events) == {1}


def test_an_idle_server_sends_heartbeats(follower: Follower) -> None:
    start = follower.now()
    with follower.stream(start, [], heartbeat_seconds=0.2) as stream:
        for _ in range(6):
            batch = stream.read()
            assert batch.boundary == start
            assert not batch.events


def test_a_silent_server_is_a_lost_connection(special_server: MakeServer) -> None:
    server = special_server("mariadb", settings={"max_connections": "77"})
    follower = Follower(server, server.fresh_database())
    pid = server.server.pid
    with follower.stream(follower.now(), [], heartbeat_seconds=0.2) as stream:
        stream.read()
        os.kill(pid, signal.SIGSTOP)
        try:
            begin = time.monotonic()
            with pytest.raises(ConnectionLost, match="neither events nor heartbeats"):
                drain(stream)
            assert time.monotonic() - begin < 10
        finally:
            os.kill(pid, signal.SIGCONT)


def test_a_killed_dump_and_a_closed_stream(follower: Follower) -> None:
    with Session.open(endpoint_of(follower.server)) as connection:
        stream = BinlogStream(connection, follower.now(), [], server_id=0, mariadb=follower.mariadb)
        stream.read()
        follower.run(f"KILL {connection.id}")
        with pytest.raises(ConnectionLost):
            drain(stream)
    with follower.stream(follower.now(), []) as stream:
        stream.read()
        stream.close()
        with pytest.raises(ConnectionLost):
            drain(stream)


def test_over_tls(follower: Follower) -> None:
    plain = endpoint_of(follower.server)
    endpoint = Endpoint(
        host=plain.host, port=plain.port, user=plain.user, password=plain.password, tls=Tls(verify=False)
    )
    if follower.session.query("SHOW VARIABLES LIKE 'have_ssl'") in ([("have_ssl", "DISABLED")], [("have_ssl", "NO")]):
        pytest.skip("this server has no certificate")
    follower.run(SIMPLE)
    watched = follower.watch("t")
    with Session.open(endpoint) as connection:
        stream = BinlogStream(connection, follower.now(), [watched], server_id=0, mariadb=follower.mariadb)
        follower.run("INSERT INTO t VALUES " + ",".join(f"({n}, REPEAT('x', 199))" for n in range(5000)))
        events = [event for batch in read_to(stream, follower.now()) for event in batch.events]
    assert changed(events) == set(range(5000))


@pytest.mark.parametrize("size", [900_000, 1_200_000, (1 << 24) - 60, 1 << 24, 20_000_000])
def test_large_rows(special_server: MakeServer, server: TestServer, size: int) -> None:
    """Events around one receive buffer and around one packet, in our table and in a foreign one."""
    large = special_server(server.flavor, settings={"max_allowed_packet": "256M"})
    follower = Follower(large, large.fresh_database())
    follower.run("CREATE TABLE t (id INT PRIMARY KEY, v LONGBLOB)", "CREATE TABLE o (id INT PRIMARY KEY, v LONGBLOB)")
    watched = follower.watch("t")
    start = follower.now()
    for step in range(0, 40, 10):
        follower.run(
            f"INSERT INTO t VALUES ({step}, REPEAT('x', {size + step}))",
            f"INSERT INTO o VALUES ({step}, REPEAT('x', {size + step}))",
        )
    follower.run("UPDATE t SET v = CONCAT(v, 'y'), id = id + 1", "DELETE FROM o", "INSERT INTO t VALUES (99, 'last')")
    events = follower.follow(start, [watched])
    assert changed(events) == {0, 10, 20, 30, 1, 11, 21, 31, 99}
    assert gone(events) == {0, 10, 20, 30}


def test_large_rows_are_stepped_through_and_a_large_statement_is_bounded(follower: Follower) -> None:
    follower.run("CREATE TABLE t (id INT PRIMARY KEY, v LONGBLOB)", "CREATE TABLE o (id INT PRIMARY KEY, v LONGBLOB)")
    watched = follower.watch("t")
    start = follower.now()
    follower.run("INSERT INTO o VALUES (1, REPEAT('x', 3000000))", "INSERT INTO t VALUES (1, REPEAT('x', 30))")
    assert changed(follower.follow(start, [watched], max_event_bytes=2_000_000)) == {1}
    follower.run("INSERT INTO t VALUES (2, REPEAT('x', 3000000))")
    assert changed(follower.follow(start, [watched], max_event_bytes=2_000_000)) == {1, 2}
    follower.run("SET SESSION binlog_format = 'STATEMENT'", f"INSERT INTO t VALUES (3, '{'x' * 3000000}')")
    with pytest.raises(StreamError, match="larger than the 2000000 allowed"):
        follower.follow(start, [watched], max_event_bytes=2_000_000)


def test_where_the_log_ends(follower: Follower) -> None:
    before = current_position(follower.session)
    follower.run(SIMPLE)
    after = current_position(follower.session)
    assert before < after


def test_a_server_without_a_log(special_server: MakeServer) -> None:
    server = special_server("mysql", settings={"skip_log_bin": "ON"})
    with Session.open(endpoint_of(server)) as session, pytest.raises(StreamError, match="no binary log"):
        current_position(session)


def test_without_gtids(special_server: MakeServer) -> None:
    server = special_server("mysql", gtid=False)
    follower = Follower(server, server.fresh_database())
    follower.run(SIMPLE)
    watched = follower.watch("t")
    assert follower.changes(watched, "INSERT INTO t VALUES (1, 'a')", "DELETE FROM t") == ({1}, {1})
