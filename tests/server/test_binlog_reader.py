"""The log reader against real servers: images, compression, XA, statements, files, connections, very large rows."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from builders.following import Follower, changed, drain, gone, read_to
from ghostshift.binlog.xa import xid_form
from ghostshift.model.change import Keys, Statement, XaOutcome, XaPrepared, XaStart
from ghostshift.model.errors import StreamError
from ghostshift.model.position import Position
from plugins.server_pool import TestServer

SIMPLE = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200))"
MakeServer = Callable[..., TestServer]


@pytest.fixture
def follower(server: TestServer, database: str) -> Follower:
    return Follower(server, database)


def _texts(events: list[Any]) -> list[str]:
    return [event.text for event in events if isinstance(event, Statement)]


# --- what rows look like


def test_a_minimal_insert_may_leave_out_a_key_column_that_has_a_default(follower: Follower) -> None:
    """Then nobody can know the key, and the stream must stop rather than guess."""
    follower.run("CREATE TABLE t (a INT NOT NULL DEFAULT 7, b INT NOT NULL, v INT, PRIMARY KEY (a, b))")
    watched = follower.watch("t")
    follower.run("SET SESSION binlog_row_image = MINIMAL")
    start = follower.now()
    follower.run("INSERT INTO t (b) VALUES (1)")
    with pytest.raises(StreamError, match=r"`t` does not carry the columns of its key"):
        follower.follow(start, [watched])


@pytest.mark.parametrize("columns", [1, 9])
def test_partial_json(mysql_server: TestServer, columns: int) -> None:
    follower = Follower(mysql_server, mysql_server.fresh_database())
    documents = ", ".join(f"j{n} JSON" for n in range(columns))
    follower.run(f"CREATE TABLE t (pad VARCHAR(50), id INT PRIMARY KEY, {documents}, v INT)")
    watched = follower.watch("t")
    names = ", ".join(f"j{n}" for n in range(columns))
    document = "JSON_OBJECT('a', 1, 'text', REPEAT('x', 400), 'list', JSON_ARRAY(1, 2, 3))"
    for number in range(1, 4):
        follower.run(f"INSERT INTO t (pad, id, {names}) VALUES ('p', {number}, {', '.join([document] * columns)})")
    follower.run("SET SESSION binlog_row_value_options = PARTIAL_JSON")
    for image in ("FULL", "NOBLOB", "MINIMAL"):
        follower.run(f"SET SESSION binlog_row_image = {image}")
        last = columns - 1
        result = follower.changes(
            watched,
            f"UPDATE t SET j{last} = JSON_SET(j{last}, '$.a', id), v = 1",
            "UPDATE t SET j0 = JSON_REPLACE(j0, '$.a', 'long text') WHERE id = 2",
            f"UPDATE t SET j{last} = JSON_REMOVE(j{last}, '$.list[1]') WHERE id = 2",
            "UPDATE t SET j0 = JSON_SET(j0, '$.a', 5), id = id + 10 WHERE id = 3",
            "UPDATE t SET j0 = NULL, v = v + 1 WHERE id = 1",
            "UPDATE t SET id = 3 WHERE id = 13",
            f"UPDATE t SET j0 = {document}, j{last} = {document}",
        )
        assert result == ({1, 2, 3, 13}, {3, 13}), image


def test_columns_of_every_kind_are_stepped_over(follower: Follower) -> None:
    """The key comes last, so each type's size in the log must be right."""
    types = [
        "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(30,7)", "BIT(17)", "YEAR",
        "DATE", "DATETIME", "DATETIME(5)", "TIME", "TIME(3)", "TIMESTAMP NULL", "TIMESTAMP(4) NULL", "CHAR(3)",
        "CHAR(200) CHARACTER SET utf8mb4", "VARCHAR(5)", "VARCHAR(2000)", "BINARY(9)", "VARBINARY(300)", "TINYBLOB",
        "BLOB",
        "MEDIUMTEXT", "LONGTEXT", "ENUM('a','b')", "SET('a','b','c','d','e','f','g','h','i')", "JSON", "GEOMETRY",
    ]  # fmt: skip
    if follower.mariadb:
        types += ["INET4", "INET6", "UUID", "VARCHAR(300) COMPRESSED", "TEXT COMPRESSED"]
    else:
        types += ["VECTOR(3)"]
    columns = ", ".join(f"c{n} {kind}" for n, kind in enumerate(types))
    follower.run(
        f"CREATE TABLE t ({columns}, k VARCHAR(10) NOT NULL, z INT DEFAULT 0, PRIMARY KEY (k)) CHARACTER SET latin1"
    )
    watched = follower.watch("t")
    values = {
        "JSON": "'{\"a\": [1, 2]}'", "GEOMETRY": "ST_GeomFromText('POINT(1 2)')",
        "VECTOR(3)": "STRING_TO_VECTOR('[1,2,3]')",
        "INET4": "'1.2.3.4'", "INET6": "'::1'", "UUID": "'123e4567-e89b-12d3-a456-426655440000'", "YEAR": "2026",
        "ENUM('a','b')": "'b'", "SET('a','b','c','d','e','f','g','h','i')": "'a,i'", "DATE": "'2026-01-02'",
        "VARCHAR(2000)": "REPEAT('x', 2000)", "LONGTEXT": "REPEAT('y', 70000)", "BLOB": "REPEAT('z', 300)",
        "VARCHAR(300) COMPRESSED": "REPEAT('c', 300)", "TEXT COMPRESSED": "REPEAT('d', 300)",
    }  # fmt: skip
    literals = [
        values.get(kind, "'2026-01-02 03:04:05.5'" if "TIME" in kind and kind[:5] not in ("TIME", "TIME(") else "'1'")
        for kind in types
    ]
    rng = random.Random(7)
    rows = []
    for number in range(300):
        chosen = [literal if rng.random() < 0.6 else "NULL" for literal in literals]
        rows.append(f"({', '.join(chosen)}, 'k{number}', {number})")
    rows.append(f"({', '.join(literals)}, 'all', 1)")
    wanted = {f"k{n}".encode() for n in range(300)} | {b"all"}
    start = follower.now()
    follower.run(*(f"INSERT INTO t VALUES {row}" for row in rows))
    assert changed(follower.follow(start, [watched])) == wanted
    for image in ("FULL", "NOBLOB", "MINIMAL"):
        follower.run(f"SET SESSION binlog_row_image = {image}")
        updates = [f"UPDATE t SET c{n} = {literals[n]}, z = z + 1" for n in (0, 14, len(types) - 1)]
        assert follower.changes(watched, *updates) == (wanted, set()), image


def test_hidden_columns_of_functional_indexes_are_not_in_the_log(mysql_server: TestServer) -> None:
    follower = Follower(mysql_server, mysql_server.fresh_database())
    follower.run(
        "CREATE TABLE t (id INT PRIMARY KEY, j JSON, v INT, KEY ((CAST(j->'$.a' AS UNSIGNED ARRAY))), KEY ((v + 1)))"
    )
    watched = follower.watch("t")
    assert follower.changes(watched, """INSERT INTO t VALUES (1, '{"a": [1,2]}', 3)""", "UPDATE t SET v = 4") == (
        {1},
        set(),
    )


def test_generated_and_invisible_columns(follower: Follower) -> None:
    follower.run(
        "CREATE TABLE t (g INT GENERATED ALWAYS AS (id + 1) VIRTUAL, s INT GENERATED ALWAYS AS (id + 2) STORED, "
        "id INT PRIMARY KEY, v INT INVISIBLE)"
    )
    watched = follower.watch("t")
    assert follower.changes(watched, "INSERT INTO t (id) VALUES (1)", "UPDATE t SET v = 4") == ({1}, set())


def test_an_altered_table_stops_the_stream_after_all_that_came_before(follower: Follower) -> None:
    follower.run(SIMPLE)
    watched = follower.watch("t")
    start = follower.now()
    follower.run("INSERT INTO t VALUES (1, 'a')", "ALTER TABLE t ADD COLUMN w INT", "INSERT INTO t VALUES (2, 'a', 1)")
    with follower.stream(start, [watched]) as stream:
        events = []
        with pytest.raises(StreamError, match=r"`t` has 3 columns .* altered by someone else"):
            drain(stream, events)
    assert changed(events) == {1}
    assert len(_texts(events)) == 1


def test_another_type_of_the_key_stops_the_stream(follower: Follower) -> None:
    follower.run(SIMPLE)
    watched = follower.watch("t")
    start = follower.now()
    follower.run("ALTER TABLE t MODIFY id VARCHAR(9) NOT NULL", "INSERT INTO t VALUES ('2', 'a')")
    with pytest.raises(StreamError, match="altered by someone else"):
        follower.follow(start, [watched])


def test_dropped_and_created_again_under_new_table_ids(follower: Follower) -> None:
    """Table ids are new for every definition: another table's id must never be taken for ours."""
    follower.run(SIMPLE)
    watched = follower.watch("t")
    start = follower.now()
    for number in range(12):
        follower.run(
            f"CREATE TABLE o{number} (a INT PRIMARY KEY, b VARCHAR(200))",
            f"INSERT INTO o{number} VALUES ({1000 + number}, 'x')",
            f"INSERT INTO t VALUES ({number}, 'x')",
            "RENAME TABLE t TO away",
            f"RENAME TABLE o{number} TO t",
            f"UPDATE t SET b = {number}",
            f"RENAME TABLE t TO o{number}",
            "RENAME TABLE away TO t",
        )
    events = follower.follow(start, [watched])
    assert changed(events) == set(range(12)) | {1000 + n for n in range(12)}


# --- compression and checksums


@pytest.mark.parametrize("image", ["FULL", "MINIMAL"])
def test_compressed_transactions(mysql_server: TestServer, image: str) -> None:
    follower = Follower(mysql_server, mysql_server.fresh_database())
    follower.run(SIMPLE, "CREATE TABLE other (id INT PRIMARY KEY, v LONGTEXT)")
    watched = follower.watch("t")
    follower.run("SET SESSION binlog_transaction_compression = ON", f"SET SESSION binlog_row_image = {image}")
    start = follower.now()
    values = ",".join(f"({n}, REPEAT('v', 150))" for n in range(30_000))
    follower.run(
        "BEGIN",
        f"INSERT INTO t VALUES {values}",
        "INSERT INTO other VALUES (1, REPEAT('o', 3000000))",
        "UPDATE t SET v = 'w' WHERE id < 100",
        "SAVEPOINT a",
        "DELETE FROM t WHERE id >= 29990",
        "COMMIT",
        "UPDATE t SET id = id + 100000 WHERE id < 5",
    )
    with follower.stream(start, [watched]) as stream:
        end = follower.now()
        batches = read_to(stream, end)
    events = [event for batch in batches for event in batch.events]
    assert changed(events) == set(range(30_000)) | {100_000 + n for n in range(5)}
    assert gone(events) == set(range(29_990, 30_000)) | set(range(5))
    assert sum(batch.transactions for batch in batches) == 2
    assert sum(batch.rows for batch in batches) == 30_000 + 100 + 10 + 5
    assert batches[-1].boundary >= end
    assert "TRANSACTION_PAYLOAD" in _event_names(follower, start) or "Transaction_payload" in _event_names(
        follower, start
    )


def _event_names(follower: Follower, start: Position) -> set[str]:
    rows = follower.session.query(f"SHOW BINLOG EVENTS IN '{start.file}' FROM {start.offset}")
    return {str(row[2]) for row in rows}


def test_compressed_events_of_mariadb(mariadb_server: TestServer) -> None:
    follower = Follower(mariadb_server, mariadb_server.fresh_database())
    follower.run(SIMPLE)
    watched = follower.watch("t")
    with mariadb_server.set_global("log_bin_compress", 1), mariadb_server.set_global("log_bin_compress_min_len", 10):
        start = follower.now()
        values = ",".join(f"({n}, REPEAT('v', 150))" for n in range(3000))
        follower.run(
            f"INSERT INTO t VALUES {values}",
            "UPDATE t SET v = 'ww' WHERE id < 1000",
            "UPDATE t SET id = -id WHERE id BETWEEN 1 AND 9",
            "DELETE FROM t WHERE id > 2000",
            "ALTER TABLE t COMMENT 'a long comment, to be worth compressing, compressing, compressing'",
        )
        events = follower.follow(start, [watched])
        names = _event_names(follower, start)
    assert changed(events) == set(range(3000)) | {-n for n in range(1, 10)}
    assert gone(events) == set(range(2001, 3000)) | set(range(1, 10))
    assert "worth compressing" in _texts(events)[0]
    assert {"Write_rows_compressed_v1", "Update_rows_compressed_v1", "Delete_rows_compressed_v1"} <= names, names
    assert any("ompressed" in name and "Query" in name for name in names)


def test_checksums_switched_while_streaming(follower: Follower) -> None:
    follower.run(SIMPLE)
    watched = follower.watch("t")
    start = follower.now()
    for number, checksum in enumerate(["NONE", "CRC32", "NONE", "CRC32"]):
        with follower.server.set_global("binlog_checksum", checksum):
            follower.run(f"INSERT INTO t VALUES ({number}, 'a')", "FLUSH BINARY LOGS")
            follower.run(f"UPDATE t SET v = 'b' WHERE id = {number}")
            middle = follower.now()
            follower.run(f"INSERT INTO t VALUES ({100 + number}, 'a')")
            assert changed(follower.follow(middle, [watched])) == {100 + number}
    events = follower.follow(start, [watched])
    assert changed(events) == {0, 1, 2, 3, 100, 101, 102, 103}
    assert not gone(events)


# --- transactions


def test_xa(follower: Follower) -> None:
    follower.run(SIMPLE)
    watched = follower.watch("t")
    first, second, third = (
        ("'it''s'", "X'00FF27'", 7, xid_form(b"it's", b"\x00\xff'", 7)),
        ("'b'", "''", 1, xid_form(b"b", b"", 1)),
        ("X'AB'", "'c'", 12345, xid_form(b"\xab", b"c", 12345)),
    )
    start = follower.now()
    for number, (global_part, branch, form, _) in enumerate((first, second, third)):
        xid = f"{global_part},{branch},{form}"
        follower.run(f"XA START {xid}", f"INSERT INTO t VALUES ({number}, 'a')", f"XA END {xid}")
        if number < 2:
            other = follower.open()
            follower.run(f"XA PREPARE {xid}")
            other.execute(f"INSERT INTO t VALUES ({number + 100}, 'between')")
            other.close()
            follower.run(f"XA {'COMMIT' if number == 0 else 'ROLLBACK'} {xid}")
        else:
            follower.run(f"XA COMMIT {xid} ONE PHASE")
    events = follower.follow(start, [watched])
    for number, (*_, xid) in enumerate((first, second)):
        begin = events.index(XaStart(xid))
        assert events[begin + 1] == Keys("original", [number], [])
        assert events[begin + 2] == XaPrepared(xid, one_phase=False)
        assert events[begin + 3] == Keys("original", [number + 100], [])
        assert events[begin + 4] == XaOutcome(xid, committed=number == 0)
    if follower.mariadb:
        assert events[-1] == Keys("original", [2], [])  # an ordinary transaction to it
    else:
        assert events[-3:] == [XaStart(third[3]), Keys("original", [2], []), XaPrepared(third[3], one_phase=True)]


def test_transactions_and_boundaries(follower: Follower) -> None:
    follower.run(SIMPLE, "CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM")
    watched = follower.watch("t")
    start = follower.now()
    follower.run(
        "BEGIN", "INSERT INTO t VALUES (1, 'a')", "SAVEPOINT one", "INSERT INTO t VALUES (2, 'a')", "ROLLBACK TO one",
        "INSERT INTO t VALUES (3, 'a')", "RELEASE SAVEPOINT one", "COMMIT",
        "INSERT INTO m VALUES (1)",
    )  # fmt: skip
    if follower.mariadb:  # MySQL with GTIDs refuses to mix engines
        follower.run("BEGIN", "INSERT INTO t VALUES (4, 'a')", "INSERT INTO m VALUES (2)", "ROLLBACK")
    follower.run("DELETE FROM t WHERE id = 3")
    with follower.stream(start, [watched]) as stream:
        end = follower.now()
        batches = read_to(stream, end)
    events = [event for batch in batches for event in batch.events]
    assert {1, 3} <= changed(events) <= {1, 2, 3, 4}
    assert gone(events) == {3}
    assert not _texts(events)
    assert batches[-1].boundary >= end


def test_a_statement_in_the_log(follower: Follower) -> None:
    follower.run(SIMPLE)
    watched = follower.watch("t")
    start = follower.now()
    follower.run("SET SESSION binlog_format = STATEMENT", "SET @x = 5", "INSERT INTO t VALUES (1, @x)", "DELETE FROM t")
    follower.run(
        "BEGIN", "INSERT INTO t VALUES (LAST_INSERT_ID() + 1, 'ä')", "INSERT INTO t VALUES (9, RAND())", "COMMIT"
    )
    events = follower.follow(start, [watched])
    assert [event.text for event in events if isinstance(event, Statement)] == [
        "INSERT INTO t VALUES (1, @x)",
        "DELETE FROM t",
        "INSERT INTO t VALUES (LAST_INSERT_ID() + 1, 'ä')",
        "INSERT INTO t VALUES (9, RAND())",
    ]
    assert {event.schema for event in events if isinstance(event, Statement)} == {follower.database}


def test_load_data_in_statement_format(follower: Follower, tmp_path: Any) -> None:
    follower.run(SIMPLE)
    watched = follower.watch("t")
    file = tmp_path / "rows.txt"
    file.write_text("1\ta\n2\tb\n")
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    start = follower.now()
    follower.run("SET SESSION binlog_format = STATEMENT", f"LOAD DATA INFILE '{file}' INTO TABLE t")
    (text,) = _texts(follower.follow(start, [watched]))
    assert text.upper().startswith("LOAD DATA")
    assert "`t`" in text


def test_ddl_with_names_in_other_character_sets(follower: Follower) -> None:
    follower.run("SET NAMES gbk")
    start = follower.now()
    follower.session.execute("CREATE TABLE `\u8868\u8868` (id INT PRIMARY KEY)")  # sent as UTF-8, read as gbk
    follower.run("SET NAMES utf8mb4", "CREATE TABLE `größe` (id INT PRIMARY KEY)", "/* c */ drop table `größe` -- x")
    texts = _texts(follower.follow(start, []))
    assert "`größe`" in texts[1]
    created = [row[0] for row in follower.session.query("SHOW TABLES")]
    assert any(f"`{name}`" in texts[0] for name in created), (texts[0], created)
    assert len(texts) == 3


def test_create_table_select(follower: Follower) -> None:
    follower.run(SIMPLE, "INSERT INTO t VALUES (1, 'a')")
    watched = follower.watch("t", label="source")
    start = follower.now()
    follower.run("CREATE TABLE s (PRIMARY KEY (id)) AS SELECT * FROM t")
    made = follower.watch("s")
    with follower.stream(start, [watched, made]) as stream:
        batches = read_to(stream, follower.now())
    events = [event for batch in batches for event in batch.events]
    assert isinstance(events[0], Statement)
    assert events[1:] == [Keys("original", [1], [])]
    assert sum(batch.transactions for batch in batches) == 1


def test_two_tables_in_one_statement_and_order_is_kept(follower: Follower) -> None:
    follower.run(SIMPLE, "CREATE TABLE u (id INT PRIMARY KEY, v INT)")
    both = [follower.watch("t"), follower.watch("u", label="changelog")]
    follower.run("INSERT INTO t VALUES (1, '1'), (2, '2')", "INSERT INTO u VALUES (1, 1), (2, 2)")
    start = follower.now()
    follower.run(
        "UPDATE t JOIN u ON t.id = u.id SET t.v = 'x', u.v = 9",
        "INSERT INTO t VALUES (5, '')",
        "INSERT INTO u VALUES (5, 5)",
        "INSERT INTO t VALUES (6, '')",
    )
    events = follower.follow(start, both)
    assert changed(events) == {1, 2, 5, 6}
    assert changed(events, "changelog") == {1, 2, 5}
    assert events[-1] == Keys("original", [6], [])
    assert 5 in events[-2].changed
