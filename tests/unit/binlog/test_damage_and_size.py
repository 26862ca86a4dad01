"""What stops the stream, events in several packets, compressed events: on logs made by hand."""

from __future__ import annotations

import pytest

from builders import binlog as log
from builders.binlog import Log, Position, read
from ghostshift.binlog import events as ev
from ghostshift.model.change import Keys, Statement
from ghostshift.model.errors import ConnectionLost, StreamError

WATCHED = [log.watched()]
MAP = log.table_map(70, "t", [log.INT, log.VARCHAR], b"\x50\x00")
FOREIGN = log.table_map(71, "other", [log.INT, log.VARCHAR], b"\x50\x00")


def image(number: int, value: bytes = b"v") -> bytes:
    return b"\xfc" + number.to_bytes(4, "little", signed=True) + log.text(value)


def insert(*numbers: int, table: int = 70) -> tuple[int, bytes]:
    return log.rows(ev.WRITE_V2, table, 2, [image(n) for n in numbers])


def update(*pairs: tuple[int, int], table: int = 70, kind: int = ev.UPDATE_V2) -> tuple[int, bytes]:
    return log.rows(kind, table, 2, [image(n) for pair in pairs for n in pair])


def delete(*numbers: int, table: int = 70, kind: int = ev.DELETE_V2) -> tuple[int, bytes]:
    return log.rows(kind, table, 2, [image(n) for n in numbers])


# --- what stops us


@pytest.mark.parametrize(
    ("event", "flags", "words"),
    [
        ((ev.INCIDENT, b"\x01\x00\x04lost"), 0, "incident 1: lost"),
        ((20, bytes(30)), 0, "5.1.17 or older"),
        ((99, bytes(30)), 0, "does not know"),
    ],
)
def test_events_that_stop(event: tuple[int, bytes], flags: int, words: str) -> None:
    made = Log().transaction(MAP, insert(1))
    at = made.offset
    with pytest.raises(StreamError, match=words) as caught:
        read(bytes(made.add(*event, flags=flags).packets), WATCHED)
    assert f"{log.FILE}:{at}" in str(caught.value) or event[0] in (ev.INCIDENT, 20, 99)


def test_an_unknown_event_that_may_be_ignored() -> None:
    assert read(bytes(Log().add(99, bytes(30), flags=0x80).transaction(MAP, insert(1)).packets), WATCHED).rows == 1


def test_a_wrong_checksum_stops() -> None:
    made = Log().transaction(MAP, insert(1))
    at = made.offset
    for event in (log.gtid(), log.query("BEGIN"), MAP, insert(7)):
        made.add(*event)
    made.packets[-8] ^= 1
    with pytest.raises(StreamError, match=r"row event at binlog.000007:\d+ .*checksum") as caught:
        read(bytes(made.packets), WATCHED)
    assert int(str(caught.value).split("binlog.000007:")[1].split()[0]) > at


def test_another_format_version_stops() -> None:
    made = Log()
    made.add(ev.FORMAT_DESCRIPTION, b"\x03\x00" + made.description[2:], summed=True)
    with pytest.raises(StreamError, match="version 3"):
        read(bytes(made.packets), WATCHED)


def test_an_altered_table_stops() -> None:
    three = log.table_map(70, "t", [log.INT, log.VARCHAR, log.INT], b"\x50\x00")
    with pytest.raises(StreamError, match=r"`s`.`t` has 3 columns .* altered by someone else"):
        read(bytes(Log().transaction(three).packets), WATCHED)
    other = log.table_map(70, "t", [log.VARCHAR, log.VARCHAR], b"\x50\x00\x50\x00")
    with pytest.raises(StreamError, match="altered by someone else"):
        read(bytes(Log().transaction(other).packets), WATCHED)


def test_errors_and_the_end_of_a_dump() -> None:
    made = Log().transaction(MAP, insert(1))
    for payload, kind, words in (
        (b"\xff\xd4\x04#HY000Could not find first log file name in binary log index file", StreamError, "purged"),
        (b"\xff\xd4\x04#HY000log event entry exceeded max_allowed_packet", StreamError, "max_allowed_packet"),
        (b"\xff\x1d\x04#08S01Server shutdown in progress", ConnectionLost, "shutdown"),
        (b"\xfe\0\0\0\0", ConnectionLost, "ended"),
        (b"\x07what", StreamError, "type 7"),
        (b"", StreamError, "empty packet"),
    ):
        packet = len(payload).to_bytes(3, "little") + b"\x05" + payload
        with pytest.raises(kind, match=words):
            read(bytes(made.packets) + packet + bytes(8), WATCHED)


# --- large events


def test_events_in_several_packets() -> None:
    huge = log.table_map(70, "t", [log.INT, log.BLOB], b"\x04")
    value = b"\xfc" + (5).to_bytes(4, "little") + log.text(bytes(0xFFFFFF), 4)
    for size in (0xFFFFFF - 1, 0xFFFFFF, 0x2FFFFFF):
        row = b"\xfc" + (5).to_bytes(4, "little") + log.text(bytes(size - 80), 4)
        made = Log().transaction(huge, log.rows(ev.WRITE_V2, 70, 2, [row]), insert_blob(6))
        assert read(bytes(made.packets), WATCHED, step=1 << 19).events == [Keys("original", [5, 6], [])]
    theirs = log.table_map(71, "u", [log.INT, log.BLOB], b"\x04")
    made = Log().transaction(theirs, huge, log.rows(ev.WRITE_V2, 71, 2, [value]), insert_blob(6))
    batch = read(bytes(made.packets), WATCHED, step=1 << 19, max_event_bytes=1 << 20)
    assert batch.events == [Keys("original", [6], [])]
    assert batch.boundary == Position(log.FILE, made.offset)


def insert_blob(number: int) -> tuple[int, bytes]:
    return log.rows(ev.WRITE_V2, 70, 2, [b"\xfc" + number.to_bytes(4, "little") + log.text(b"x", 4)])


@pytest.mark.parametrize("step", [0, 1, 33])
def test_events_around_the_size_of_the_buffer(step: int) -> None:
    made = Log()
    for size in range(170, 240):
        row = b"\xfc" + size.to_bytes(4, "little") + log.text(b"v" * size)
        made.transaction(MAP, log.rows(ev.WRITE_V2, 70, 2, [row]))
    batch = read(bytes(made.packets), WATCHED, step=step, buffer_bytes=256)
    assert [key for event in batch.events for key in event.changed] == list(range(170, 240))  # type: ignore[union-attr]
    assert batch.boundary == Position(log.FILE, made.offset)


# --- compression


@pytest.mark.parametrize("compression", [0, 255])
def test_compressed_transactions(compression: int) -> None:
    made = Log()
    many = [insert(*range(at, at + 500)) for at in range(0, 100_000, 500)]
    inner = made.inner(log.query("BEGIN"), MAP, FOREIGN, *many, insert(1, table=71), delete(5), log.xid())
    made.add(*log.gtid()).add(*log.payload(inner, compression)).transaction(MAP, insert(-1))
    batch = read(bytes(made.packets), WATCHED, step=100_000)
    (keys,) = batch.events
    assert isinstance(keys, Keys)
    assert keys.changed == [*range(100_000), -1]
    assert keys.gone == [5]
    assert (batch.transactions, batch.rows) == (2, 100_002)
    assert batch.boundary == Position(log.FILE, made.offset)


def test_a_large_foreign_event_in_a_compressed_transaction_is_not_held() -> None:
    made = Log()
    row = b"\xfc" + bytes(4) + log.text(bytes(9_000_000), 4)
    inner = made.inner(log.query("BEGIN"), FOREIGN, MAP, log.rows(ev.WRITE_V2, 71, 2, [row]), insert(4), log.xid())
    made.add(*log.payload(inner))
    assert read(bytes(made.packets), WATCHED, max_event_bytes=1 << 20).events == [Keys("original", [4], [])]


@pytest.mark.parametrize(
    "make",
    [
        lambda inner: log.payload(inner, size=10),
        lambda inner: log.payload(inner, size=len(inner) + 1),
        lambda inner: log.payload(inner[:-3]),
        lambda inner: log.payload(inner, 7),
        lambda inner: (ev.TRANSACTION_PAYLOAD, log.payload(inner)[1][:-4]),
        lambda inner: (ev.TRANSACTION_PAYLOAD, log.payload(inner)[1] + b"x"),
        lambda _: (ev.TRANSACTION_PAYLOAD, b"\x02\xff"),
        lambda _: (ev.TRANSACTION_PAYLOAD, b""),
        lambda inner: log.payload(Log().inner(log.payload(inner))),
    ],
)
def test_damaged_compressed_transactions(make: object) -> None:
    made = Log()
    inner = made.inner(log.query("BEGIN"), MAP, insert(1), log.xid())
    with pytest.raises(StreamError, match="TRANSACTION_PAYLOAD event at"):
        read(bytes(made.add(*make(inner)).packets), WATCHED)  # type: ignore[operator]


def test_compressed_events_of_mariadb() -> None:
    def packed_rows(kind: int, rows: bytes) -> tuple[int, bytes]:
        head = (70).to_bytes(6, "little") + b"\1\0" + (b"\2\0" if kind in ev.V2_ROWS else b"") + b"\2"
        return kind, head + b"\x03" * (2 if kind in ev.UPDATES else 1) + log.mariadb_packed(rows)

    made = Log(mariadb=True)
    made.add(*log.maria_gtid(0)).add(*MAP)
    for kinds in ((166, 167, 168), (169, 170, 171)):
        made.add(*packed_rows(kinds[0], image(1) + image(2)))
        made.add(*packed_rows(kinds[1], image(1) + image(3)))
        made.add(*packed_rows(kinds[2], image(2)))
    made.add(*log.xid())
    made.add(*log.maria_gtid(1)).add(*log.query(log.mariadb_packed(b"DROP TABLE x"), kind=ev.QUERY_COMPRESSED))
    batch = read(bytes(made.packets), WATCHED)
    assert batch.events == [Keys("original", [1, 2, 3] * 2, [1, 2] * 2), Statement("s", "DROP TABLE x")]


@pytest.mark.parametrize(
    "data",
    [b"", b"\x84", b"\x84\xff\xff\xff\xff" + b"x", b"\x00\x01x", b"\x85" + bytes(9),
     b"\x81\x05" + log.zlib.compress(b"abc"),
     b"\x81\x02" + log.zlib.compress(b"abc"), b"\x81\x03" + log.zlib.compress(b"abc")[:-2]],
)  # fmt: skip
def test_damaged_compressed_events_of_mariadb(data: bytes) -> None:
    with pytest.raises(StreamError, match="QUERY_COMPRESSED event at"):
        read(bytes(Log(mariadb=True).add(*log.query(data, kind=ev.QUERY_COMPRESSED)).packets), WATCHED)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("size", [0, 1, 18])
def test_an_event_that_claims_to_be_smaller_than_its_header_does_not_hold_up_the_loop(size: int) -> None:
    made = Log()
    foreign = made.event(*insert(1, table=71), summed=False)
    inner = made.inner(FOREIGN) + foreign[:9] + size.to_bytes(4, "little") + foreign[13:]
    with pytest.raises(StreamError, match=f"it has {size} bytes"):
        read(bytes(made.add(*log.payload(inner)).packets), WATCHED)
