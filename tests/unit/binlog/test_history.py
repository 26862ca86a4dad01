"""Where in another server's log what is known ends: by each transaction's GTID, wherever it stands."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pytest

from builders import binlog as log
from builders.binlog import FILE, START, Log
from ghostshift.binlog import events as ev
from ghostshift.binlog.history import History, look_through
from ghostshift.core.gtids import GtidSet
from ghostshift.model.change import Statement
from ghostshift.model.errors import ConnectionLost, StreamError
from ghostshift.model.names import TableName
from ghostshift.model.position import Position
from unit.binlog.test_stream import Connection

A, B = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture
def connection() -> Iterator[Connection]:
    made = Connection()
    yield made
    made.socket.close()
    made.server.close()


def mysql(source: uuid.UUID, number: int) -> tuple[int, bytes]:
    return ev.GTID, b"\1" + source.bytes + number.to_bytes(8, "little") + bytes(17)


def mariadb(domain: int, number: int) -> tuple[int, bytes]:
    return ev.MARIADB_GTID, number.to_bytes(8, "little") + domain.to_bytes(4, "little") + bytes(7)


def add(lines: Log, gtid: tuple[int, bytes], *events: tuple[int, bytes]) -> Position:
    """A transaction; where it starts."""
    start = lines.offset
    for event in (gtid, *(events or (log.query("BEGIN"), log.xid()))):
        lines.add(*event)
    return Position(FILE, start)


def look(connection: Connection, lines: Log, known: str, *, file: str = FILE, more: bytes = b"") -> History:
    connection.server.sendall(bytes(lines.packets) + more)
    end = Position(file, lines.offset)

    def concerned(statement: Statement) -> bool:
        return "t" in statement.text.split()

    witness = TableName("s", "_t_ghk")
    return look_through(connection, START, end, GtidSet.parse(known), concerned, mariadb=False, witness=witness)


@pytest.mark.parametrize("checksum", [True, False])
def test_the_place_is_before_the_first_transaction_that_is_not_known(connection: Connection, checksum: bool) -> None:  # noqa: FBT001
    lines = Log(checksum=checksum)
    add(lines, mysql(A, 1))
    add(lines, mysql(A, 2), log.query("create table t (id int)"))
    wanted = add(lines, mysql(B, 1))
    add(lines, mysql(A, 3))
    found = look(connection, lines, f"{A}:1-3")
    assert (found.position, found.stranger, found.obstacle) == (wanted, f"{B}:1", "")


def test_where_all_is_known_it_is_the_end(connection: Connection) -> None:
    lines = Log()
    add(lines, mysql(A, 1))
    found = look(connection, lines, f"{A}:1-9")
    assert (found.position, found.stranger) == (Position(FILE, lines.offset), "")


def test_a_known_statement_on_our_tables_behind_the_place_is_told(connection: Connection) -> None:
    lines = Log()
    wanted = add(lines, mysql(B, 1))
    add(lines, mysql(A, 1), log.query("create table other (id int)"))
    add(lines, mysql(A, 2), log.query("alter table t add x int"))
    add(lines, mysql(B, 2), log.query("alter table t add y int"))
    found = look(connection, lines, f"{A}:1-2")
    assert (found.position, found.obstacle) == (wanted, "alter table t add x int")


def test_it_goes_on_from_file_to_file(connection: Connection) -> None:
    lines = Log()
    add(lines, mysql(A, 1))
    lines.rotate("binlog.000008")
    add(lines, mysql(A, 2))
    start = lines.offset
    add(lines, mysql(A, 3))
    found = look(connection, lines, f"{A}:1-2", file="binlog.000008")
    assert found.position == Position("binlog.000008", start)


def test_mariadbs_transactions_are_known_by_domain_server_and_number(connection: Connection) -> None:
    lines = Log(mariadb=True)
    add(lines, mariadb(0, 41))
    add(lines, mariadb(7, 3))
    wanted = add(lines, mariadb(0, 42))
    found = look(connection, lines, "0-1-41,7-1-3")  # every event of these logs is of server 1
    assert (found.position, found.stranger, found.first) == (wanted, "0-1-42", {0: 41, 7: 3})


MAP = log.table_map(7, "_T_ghk", [log.INT], b"")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("known", "seen"), [(1, True), (2, False)])
def test_it_is_told_whether_a_transaction_that_is_not_known_writes_to_the_witness(
    connection: Connection,
    packed: bool,  # noqa: FBT001
    known: int,
    seen: bool,  # noqa: FBT001
) -> None:
    lines = Log()
    add(lines, mysql(A, 1), log.query("BEGIN"), log.table_map(8, "t_ghk", [log.INT], b""), log.xid())
    inner = lines.inner(log.query("BEGIN"), MAP, log.xid())
    add(lines, mysql(A, 2), *([log.payload(inner)] if packed else [log.query("BEGIN"), MAP, log.xid()]))
    add(lines, mysql(A, 3))
    assert look(connection, lines, f"{A}:1-{known}").witnessed is seen


def test_a_large_event_is_stepped_over(connection: Connection) -> None:
    lines = Log()
    large = ev.WRITE_V2, bytes((1 << 24) + 10)
    add(lines, mysql(A, 1), log.query("BEGIN"), large, log.xid())
    wanted = add(lines, mysql(A, 2))
    packets = bytes(lines.packets)
    lines.packets.clear()
    sender = threading.Thread(target=connection.server.sendall, args=(packets,))
    sender.start()
    found = look(connection, lines, f"{A}:1")
    sender.join()
    assert found.position == wanted


@pytest.mark.parametrize("kind", [ev.ANONYMOUS_GTID, ev.TAGGED_GTID])
def test_what_has_no_name_is_not_stepped_over(connection: Connection, kind: int) -> None:
    lines = Log()
    add(lines, (kind, bytes(58)))
    with pytest.raises(StreamError, match="has no GTID"):
        look(connection, lines, f"{A}:1")


def test_a_damaged_name_is_an_error(connection: Connection) -> None:
    lines = Log()
    add(lines, mysql(A, 1))
    at = lines.packets.index(A.bytes)
    lines.packets[at + 15] = 9
    with pytest.raises(StreamError, match="checksum"):
        look(connection, lines, f"{A}:1")


def test_a_log_that_ends_too_early_is_a_lost_connection(connection: Connection) -> None:
    lines = Log()
    add(lines, mysql(A, 1))
    connection.server.sendall(bytes(lines.packets)[:-3])
    connection.server.close()
    with pytest.raises(ConnectionLost):
        look_through(connection, START, Position(FILE, 9999), GtidSet(), lambda _: False, mariadb=False)


def test_what_the_server_says_instead_of_an_event_is_raised(connection: Connection) -> None:
    message = b"\xff" + (1236).to_bytes(2, "little") + b"#HY000Could not find first log file name"
    connection.server.sendall(len(message).to_bytes(3, "little") + b"\1" + message)
    with pytest.raises(StreamError, match="purged"):
        look_through(connection, START, Position(FILE, 9999), GtidSet(), lambda _: False, mariadb=False)
