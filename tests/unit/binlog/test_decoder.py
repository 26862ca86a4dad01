"""Each type of event, transactions, boundaries and offsets, on logs made by hand."""

from __future__ import annotations

import pytest

from builders import binlog as log
from builders.binlog import Log, Position, read
from ghostshift.binlog import events as ev
from ghostshift.binlog.decoder import Decoder
from ghostshift.binlog.packets import Packets
from ghostshift.binlog.xa import xa_statement, xid_form
from ghostshift.model.change import Keys, Statement, XaOutcome, XaPrepared, XaStart
from ghostshift.model.errors import StreamError

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


@pytest.mark.parametrize("checksum", [True, False])
@pytest.mark.parametrize("step", [0, 1, 7, 100])
def test_rows(checksum: bool, step: int) -> None:  # noqa: FBT001 - a parameter of the test
    made = Log(checksum=checksum).transaction(MAP, insert(1, -2), update((1, 1), (-2, 5)), delete(1))
    batch = read(bytes(made.packets), WATCHED, step=step)
    assert batch.events == [Keys("original", [1, -2, 1, 5], [-2, 1])]
    assert (batch.transactions, batch.rows) == (1, 5)
    assert batch.boundary == Position(log.FILE, made.offset)


@pytest.mark.parametrize(("write", "change", "remove"), [(23, 24, 25), (30, 31, 32)])
def test_both_versions_of_row_events(write: int, change: int, remove: int) -> None:
    made = Log().transaction(
        MAP, log.rows(write, 70, 2, [image(1)]), update((1, 2), kind=change), delete(2, kind=remove)
    )
    assert read(bytes(made.packets), WATCHED).events == [Keys("original", [1, 2], [1, 2])]


def test_extra_data_of_row_events_is_stepped_over() -> None:
    event = log.rows(ev.WRITE_V2, 70, 2, [image(9)], extra=b"\x01\x02\x03\x04\x05")
    assert read(bytes(Log().transaction(MAP, event, insert(3)).packets), WATCHED).events == [
        Keys("original", [9, 3], [])
    ]


def test_foreign_rows_are_not_even_looked_at() -> None:
    event = (ev.WRITE_V2, (71).to_bytes(6, "little") + b"\1\0" + b"garbage" * 30)
    made = Log().transaction(FOREIGN, event, MAP, insert(3))
    batch = read(bytes(made.packets), WATCHED)
    assert batch.events == [Keys("original", [3], [])]
    assert batch.rows == 1


def test_a_table_id_that_comes_to_mean_another_table() -> None:
    ours = log.table_map(71, "t", [log.INT, log.VARCHAR], b"\x50\x00")
    theirs = log.table_map(70, "other", [log.INT, log.VARCHAR], b"\x50\x00")
    made = Log().transaction(MAP, FOREIGN, insert(1), insert(2, table=71))
    made.transaction(theirs, ours, insert(3), insert(4, table=71))
    assert read(bytes(made.packets), WATCHED).events == [Keys("original", [1, 4], [])]


def test_the_same_table_in_another_schema_is_foreign() -> None:
    other = log.table_map(72, "t", [log.INT, log.VARCHAR], b"\x50\x00", schema="s2")
    assert read(bytes(Log().transaction(other, insert(1, table=72)).packets), WATCHED).events == []


def test_rows_without_a_table_map_stop() -> None:
    with pytest.raises(StreamError, match=r"row event at binlog.000007:\d+ .*no table map"):
        read(bytes(Log().transaction(insert(1)).packets), WATCHED)


def test_table_ids_are_forgotten_with_the_file() -> None:
    made = Log().transaction(MAP, insert(1)).rotate("binlog.000008").transaction(insert(2))
    with pytest.raises(StreamError, match=r"binlog\.000008"):
        read(bytes(made.packets), WATCHED)


@pytest.mark.parametrize("number", [0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFF])
def test_a_row_event_without_rows_that_only_ends_a_statement(number: int) -> None:
    event = (ev.WRITE_V2, number.to_bytes(6, "little") + b"\1\0" + b"\2\0\1\xff")
    assert read(bytes(Log().transaction(MAP, insert(1), event).packets), WATCHED).rows == 1


def test_keys_of_two_tables_stay_in_order() -> None:
    tables = [log.watched(), log.watched("c", label="changelog")]
    other = log.table_map(71, "c", [log.INT, log.VARCHAR], b"\x50\x00")
    made = Log().transaction(MAP, other, insert(1), insert(2), insert(3, table=71), insert(4))
    made.transaction(MAP, insert(5))
    assert read(bytes(made.packets), tables).events == [
        Keys("original", [1, 2], []), Keys("changelog", [3], []), Keys("original", [4, 5], [])
    ]  # fmt: skip


def test_a_batch_never_changes_after_it_was_taken() -> None:
    made = Log().transaction(MAP, insert(1))
    size = len(made.packets)
    made.transaction(MAP, insert(2))
    decoder = Decoder(WATCHED, log.START)
    packets = Packets(decoder, max_event_bytes=1 << 30)
    packets.feed(bytes(made.packets[:size]))
    first = decoder.take()
    packets.feed(bytes(made.packets[size:]))
    assert first.events == [Keys("original", [1], [])]
    assert decoder.take().events == [Keys("original", [2], [])]


# --- transactions


def test_the_boundary_stays_before_an_open_transaction() -> None:
    made = Log().transaction(MAP, insert(1))
    boundary = made.offset
    for event in (log.gtid(), log.query("BEGIN"), MAP, insert(2), log.query("SAVEPOINT `a`"), insert(3)):
        made.add(*event)
    batch = read(bytes(made.packets), WATCHED)
    assert batch.boundary == Position(log.FILE, boundary)
    assert batch.events == [Keys("original", [1, 2, 3], [])]
    assert batch.transactions == 1


@pytest.mark.parametrize(
    "words",
    ["COMMIT", "commit", " /* why */ COMMIT /* so */ ; ", "ROLLBACK", "-- x\nrollback", "COMMIT WORK", "# y\nCOMMIT"],
)
def test_words_that_end_a_transaction(words: str) -> None:
    made = Log()
    for event in (log.gtid(), log.query("begin /* hello */"), MAP, insert(1), log.query(words)):
        made.add(*event)
    batch = read(bytes(made.packets), WATCHED)
    assert batch.boundary == Position(log.FILE, made.offset)
    assert batch.events == [Keys("original", [1], [])]


@pytest.mark.parametrize(
    "words",
    [
        "SAVEPOINT a",
        "savepoint `COMMIT`",
        "ROLLBACK TO `a`",
        "rollback work to savepoint a",
        "RELEASE SAVEPOINT a",
        "/* c */",
    ],
)
def test_words_that_end_nothing(words: str) -> None:
    made = Log()
    start = made.offset
    for event in (log.gtid(), log.query("BEGIN"), log.query(words)):
        made.add(*event)
    batch = read(bytes(made.packets), WATCHED)
    assert batch.events == []
    assert batch.boundary.offset < start + 1


@pytest.mark.parametrize(
    "words",
    [
        "ALTER TABLE t ADD x INT",
        "BEGINNING",
        "COMMITTED",
        "begin not atomic select 1; end",
        "/*!50000 DROP TABLE t */",
        "savepointed",
    ],
)
def test_statements(words: str) -> None:
    made = Log().add(*log.gtid()).add(*log.query(words))
    batch = read(bytes(made.packets), WATCHED)
    assert batch.events == [Statement("s", words)]
    assert batch.boundary == Position(log.FILE, made.offset)
    inside = Log().add(*log.gtid()).add(*log.query("BEGIN")).add(*log.query(words))
    batch = read(bytes(inside.packets), WATCHED)
    assert batch.events == [Statement("s", words)]
    assert batch.boundary.offset < inside.offset
    assert batch.transactions == 0


def test_a_text_that_only_ends_like_begin() -> None:
    made = Log().add(*log.query("DROP TABLE t -- BEGIN"))
    assert read(bytes(made.packets), WATCHED).events == [Statement("s", "DROP TABLE t -- BEGIN")]


def test_statement_format_and_its_companions() -> None:
    made = Log().transaction(
        (ev.INTVAR, bytes(9)), (ev.RAND, bytes(16)), (ev.USER_VAR, bytes(12)),
        log.query("INSERT INTO t VALUES (RAND())"),
        (ev.BEGIN_LOAD_QUERY, bytes(20)), log.load_query("LOAD DATA INFILE 'x' INTO TABLE t"),
    )  # fmt: skip
    batch = read(bytes(made.packets), WATCHED)
    assert batch.events == [
        Statement("s", "INSERT INTO t VALUES (RAND())"), Statement("s", "LOAD DATA INFILE 'x' INTO TABLE t")
    ]  # fmt: skip


def test_the_character_set_of_the_client() -> None:
    before = b"\x00" + bytes(4) + b"\x01" + bytes(8) + b"\x06\x03std" + b"\x03" + bytes(4)
    status = before + b"\x04" + (28).to_bytes(2, "little") + bytes(4)
    made = Log().add(*log.query("DROP TABLE `表`".encode("gbk"), status=status))
    assert read(bytes(made.packets), WATCHED).events == [Statement("s", "DROP TABLE `表`")]
    made = Log().add(*log.query("DROP TABLE `é`".encode("latin-1")))
    assert read(bytes(made.packets), WATCHED).events == [Statement("s", "DROP TABLE `é`")]


def test_xa_of_mysql() -> None:
    xid = xid_form(b"a'1", b"\x00\xff", 7)
    name = "X'612731',X'00ff',7"
    made = Log()
    for event in (
        log.gtid(), log.query(f"XA START {name}"), MAP, insert(1), log.query(f"XA END {name}"),
        log.xa_prepare(0, 7, b"a'1", b"\x00\xff"),
    ):  # fmt: skip
        made.add(*event)
    boundary = made.offset
    made.transaction(MAP, insert(2))
    made.add(*log.gtid()).add(*log.query(f"XA COMMIT {name}"))
    made.add(*log.gtid()).add(*log.query(f"XA ROLLBACK {name}"))
    decoder = read(bytes(made.packets[:-1]), WATCHED)  # the last event is missing
    assert decoder.boundary > Position(log.FILE, boundary)
    batch = read(bytes(made.packets), WATCHED)
    assert batch.events == [
        XaStart(xid), Keys("original", [1], []), XaPrepared(xid, one_phase=False), Keys("original", [2], []),
        XaOutcome(xid, committed=True), XaOutcome(xid, committed=False),
    ]  # fmt: skip
    assert batch.transactions == 4
    assert batch.boundary == Position(log.FILE, made.offset)


def test_xa_in_one_phase() -> None:
    made = Log()
    for event in (log.query("XA START X'62',X'',1"), MAP, insert(1), log.xa_prepare(1, 1, b"b", b"")):
        made.add(*event)
    assert read(bytes(made.packets), WATCHED).events[-1] == XaPrepared(xid_form(b"b", b"", 1), one_phase=True)
    for words in ("XA COMMIT X'62',X'',1 ONE PHASE", "XA COMMIT 'b'"):
        made = Log()
        for event in (log.query("XA START X'62',X'',1"), MAP, insert(1), log.query(words)):
            made.add(*event)
        assert read(bytes(made.packets), WATCHED).events[-1] == XaPrepared(xid_form(b"b", b"", 1), one_phase=True)


@pytest.mark.parametrize(
    ("spelling", "wanted"),
    [
        ("XA COMMIT 'a'", xid_form(b"a", b"", 1)),
        ("xa commit  X'61' , '' , 1", xid_form(b"a", b"", 1)),
        ("XA ROLLBACK 0x61,0x,1", xid_form(b"a", b"", 1)),
        ("XA COMMIT 'it''s','b',-1", xid_form(b"it's", b"b", -1)),
    ],
)
def test_spellings_of_xids(spelling: str, wanted: bytes) -> None:
    assert xa_statement(spelling).xid == wanted


@pytest.mark.parametrize(
    "words", ["XA RECOVER", "XA COMMIT", "XA COMMIT X'6'", "XA COMMIT 'a', 'b', c", "XA COMMIT 'a\\'b'"]
)
def test_xa_that_cannot_be_read_stops(words: str) -> None:
    with pytest.raises(StreamError, match="XA statement that cannot be read"):
        read(bytes(Log().add(*log.query(words)).packets), WATCHED)


def test_xa_prepare_of_another_transaction_stops() -> None:
    made = Log().add(*log.query("XA START X'62',X'',1")).add(*log.xa_prepare(0, 1, b"c", b""))
    with pytest.raises(StreamError, match="XA_PREPARE event at binlog"):
        read(bytes(made.packets), WATCHED)


def test_groups_of_mariadb() -> None:
    xid = xid_form(b"g", b"br", 9)
    raw = (9).to_bytes(4, "little") + b"\x01\x02gbr"
    made = Log(mariadb=True)
    for event in (
        log.maria_gtid(0x01), log.query("CREATE TABLE x (a INT)"),
        log.maria_gtid(0x0C), MAP, insert(1), log.xid(),
        log.maria_gtid(0x02 | 0x40, bytes(8) + raw), MAP, insert(2), log.query("XA END X'67',X'6272',9"),
        log.xa_prepare(0, 9, b"g", b"br"),
        log.maria_gtid(0x80, raw), log.query("XA COMMIT X'67',X'6272',9"),
        log.maria_gtid(0x00), MAP, insert(3),
    ):  # fmt: skip
        made.add(*event)
    batch = read(bytes(made.packets), WATCHED)
    assert batch.events == [
        Statement("s", "CREATE TABLE x (a INT)"), Keys("original", [1], []), XaStart(xid), Keys("original", [2], []),
        XaPrepared(xid, one_phase=False), XaOutcome(xid, committed=True), Keys("original", [3], []),
    ]  # fmt: skip
    assert batch.transactions == 4
    assert batch.boundary.offset < made.offset


# --- offsets, files


def test_offsets_beyond_four_gigabytes() -> None:
    start = Position(log.FILE, (1 << 32) - 150)
    made = Log(offset=start.offset).transaction(MAP, insert(1)).transaction(MAP, insert(2))
    batch = read(bytes(made.packets), WATCHED, start)
    assert batch.boundary == Position(log.FILE, made.offset)
    assert made.offset > 1 << 32


def test_a_hole_in_the_log_stops() -> None:
    made = Log().transaction(MAP, insert(1))
    made.offset += 10
    made.transaction(MAP, insert(2))
    with pytest.raises(StreamError, match="bytes were counted"):
        read(bytes(made.packets), WATCHED)


def test_mariadb_leaves_out_events_that_nobody_asked_for() -> None:
    made = Log(mariadb=True)
    made.add(*log.maria_gtid(0))
    made.offset += 100
    made.add(*MAP).add(*insert(1)).add(*log.xid())
    assert read(bytes(made.packets), WATCHED).boundary == Position(log.FILE, made.offset)
    made.offset -= 50
    with pytest.raises(StreamError, match="bytes were counted"):
        read(bytes(made.add(*log.xid()).packets), WATCHED)


@pytest.mark.parametrize("kind", [ev.HEARTBEAT, ev.HEARTBEAT_V2])
def test_heartbeats_have_no_place(kind: int) -> None:
    made = Log().transaction(MAP, insert(1))
    made.artificial(kind, log.FILE.encode(), flags=0, position=made.offset)
    made.transaction(MAP, insert(2))
    assert read(bytes(made.packets), WATCHED).boundary == Position(log.FILE, made.offset)


def test_rotation() -> None:
    made = Log().transaction(MAP, insert(1)).rotate("binlog.000008")
    assert read(bytes(made.packets), WATCHED).boundary == Position("binlog.000008", 4)
    made.add(ev.PREVIOUS_GTIDS, bytes(8)).transaction(MAP, insert(2))
    batch = read(bytes(made.packets), WATCHED)
    assert batch.boundary == Position("binlog.000008", made.offset)
    assert batch.events == [Keys("original", [1, 2], [])]


def test_the_boundary_moves_over_what_stands_between_transactions() -> None:
    """Or who waits for the boundary to reach the end of the log would wait for the next transaction."""
    made = Log(mariadb=True)
    for event in (log.maria_gtid(0), MAP, insert(1), log.xid(), (ev.BINLOG_CHECKPOINT, bytes(20))):
        made.add(*event)
    assert read(bytes(made.packets), WATCHED).boundary == Position(log.FILE, made.offset)
    made = Log().add(ev.PREVIOUS_GTIDS, bytes(8))
    assert read(bytes(made.packets), WATCHED).boundary == Position(log.FILE, made.offset)
    boundary = made.offset
    made.add(*log.gtid()).add(*log.query("BEGIN")).add(ev.BINLOG_CHECKPOINT, bytes(20))
    assert read(bytes(made.packets), WATCHED).boundary == Position(log.FILE, boundary)


def test_a_file_that_a_crash_cut_short() -> None:
    """The server goes on with the next file, without saying so in the old one; the open transaction is void."""
    made = Log().add(*log.gtid()).add(*log.query("BEGIN")).add(*MAP).add(*insert(1))
    made.artificial(*log.rotate("binlog.000008"))
    made.offset = 4
    made.add(ev.FORMAT_DESCRIPTION, made.description, summed=True).add(*log.query("DROP TABLE x"))
    batch = read(bytes(made.packets), WATCHED)
    assert batch.boundary == Position("binlog.000008", made.offset)


def test_the_server_cannot_go_back() -> None:
    with pytest.raises(StreamError, match="goes back"):
        read(bytes(Log().artificial(*log.rotate("binlog.000006")).packets), WATCHED)
