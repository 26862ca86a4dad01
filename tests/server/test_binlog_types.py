"""Keys of every type, on real servers: what the log reader decodes is what SELECT says."""

from __future__ import annotations

import pytest

from builders.following import Follower
from ghostshift.model.change import Keys
from plugins.server_pool import TestServer

BOTH = [
    ("TINYINT", ["-128", "-1", "0", "127"]),
    ("TINYINT UNSIGNED", ["0", "128", "255"]),
    ("SMALLINT", ["-32768", "-1", "32767"]),
    ("SMALLINT UNSIGNED", ["0", "65535"]),
    ("MEDIUMINT", ["-8388608", "-1", "8388607"]),
    ("MEDIUMINT UNSIGNED", ["0", "16777215"]),
    ("INT", ["-2147483648", "-1", "0", "2147483647"]),
    ("INT UNSIGNED", ["0", "4294967295"]),
    ("BIGINT", ["-9223372036854775808", "-1", "9223372036854775807"]),
    ("BIGINT UNSIGNED", ["0", "9223372036854775808", "18446744073709551615"]),
    ("YEAR", ["0", "1901", "2155", "2026"]),
    ("BIT(1)", ["b'0'", "b'1'"]),
    ("BIT(9)", ["0", "1", "256", "511"]),
    ("BIT(64)", ["0", "1", "0x8000000000000001", "0xFFFFFFFFFFFFFFFF"]),
    ("ENUM('a','b','c')", ["'a'", "'c'"]),
    ("ENUM(" + ",".join(f"'v{n}'" for n in range(300)) + ")", ["'v0'", "'v255'", "'v299'"]),
    ("SET('a','b','c')", ["''", "'a'", "'a,c'"]),
    ("SET(" + ",".join(f"'v{n}'" for n in range(63)) + ")", ["''", "'v0'", "'v62'", "'v0,v33,v62'"]),
    ("SET(" + ",".join(f"'v{n}'" for n in range(20)) + ")", ["''", "'v0'", "'v19'"]),
    ("DECIMAL(10,0)", ["0", "-1", "9999999999"]),
    ("DECIMAL(10,2)", ["0", "-0.01", "12345678.90", "-99999999.99"]),
    ("DECIMAL(5,5)", ["0", "0.00001", "-0.99999"]),
    ("DECIMAL(65,30)", ["0", "-1", "9" * 35 + "." + "9" * 30, "-" + "1234567" * 5 + "." + "123456" * 5]),
    ("DECIMAL(18,9)", ["123456789.987654321", "-1.000000001"]),
    ("DATE", ["'0000-00-00'", "'2026-00-00'", "'1000-01-01'", "'9999-12-31'"]),
    ("DATETIME", ["'0000-00-00 00:00:00'", "'2026-01-31 23:59:59'", "'9999-12-31 23:59:59'"]),
    ("DATETIME(1)", ["'2026-01-31 23:59:59.9'"]),
    ("DATETIME(3)", ["'2026-01-31 23:59:59.999'", "'0000-00-00'"]),
    ("DATETIME(6)", ["'2026-01-31 23:59:59.000001'", "'0000-00-00'", "'1000-01-01 00:00:00.999999'"]),
    ("TIMESTAMP", ["'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"]),
    ("TIMESTAMP(2)", ["'2026-02-28 00:00:00.05'"]),
    ("TIMESTAMP(6)", ["'0000-00-00 00:00:00'", "'2026-02-28 12:13:14.000015'"]),
    ("TIME", ["'-838:59:59'", "'-00:00:01'", "'00:00:00'", "'838:59:59'"]),
    ("TIME(1)", ["'-00:00:00.1'", "'-12:34:56.7'", "'12:34:56.7'", "'-01:00:00'"]),
    ("TIME(4)", ["'-00:00:00.0001'", "'-838:59:58.9999'", "'12:34:56.7'"]),
    ("TIME(6)", ["'-00:00:00.000001'", "'-838:59:58.999999'", "'838:59:58.000001'", "'-00:00:01'"]),
    ("CHAR(10) CHARACTER SET latin1", ["''", "'a'", "'abc  '", "_latin1 X'E9'"]),
    ("CHAR(100) CHARACTER SET utf8mb4", ["''", "'a'", "'äöü€😀'", "REPEAT('x', 100)", "REPEAT('😀', 100)"]),
    ("CHAR(63) CHARACTER SET utf8mb4", ["''", "REPEAT('😀', 63)", "'q'"]),
    ("CHAR(64) CHARACTER SET utf8mb4", ["''", "REPEAT('😀', 64)", "'q'"]),
    ("CHAR(20) CHARACTER SET ucs2", ["''", "'aé'", "' a'"]),
    ("VARCHAR(20) CHARACTER SET latin1", ["''", "'a'", "' b '", "_latin1 X'E9'"]),
    ("VARCHAR(255) CHARACTER SET latin1", ["REPEAT('y', 255)", "''"]),
    ("VARCHAR(256) CHARACTER SET latin1", ["REPEAT('y', 256)", "''"]),
    ("VARCHAR(300) CHARACTER SET utf8mb4", ["REPEAT('😀', 300)", "''", "'z'"]),
    ("VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", ["'A'", "'a'", "'x '"]),
    ("BINARY(4)", ["''", "X'01'", "X'00000001'", "X'61200000'", "X'20202020'", "X'FFFFFFFF'"]),
    ("BINARY(16)", ["X'00'", "X'0102030405060708090A0B0C0D0E0F00'"]),
    ("BINARY(255)", ["X'01'", "REPEAT('a', 255)"]),
    ("VARBINARY(16)", ["''", "X'00'", "X'0000'", "X'6120'"]),
    ("VARBINARY(700)", ["REPEAT(X'FF', 700)", "''"]),
]  # fmt: skip

MARIADB = [
    ("INET4", ["'0.0.0.0'", "'255.255.255.255'", "'10.0.0.32'", "'1.2.3.0'", "'32.32.32.32'"]),
    ("INET6", ["'::'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'", "'2001:db8::'", "'::ffff:1.2.3.32'", "'::2020'"]),
    (
        "UUID",
        [
            "'00000000-0000-0000-0000-000000000000'",
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            "'123e4567-e89b-12d3-a456-426655440000'",
            "'2020e456-e89b-42d3-a456-426655442020'",
            "'20202020-2020-2020-2020-202020202020'",
            "'01890a5d-ac96-774b-bcce-b302099a8057'",
        ],
    ),
]


def _round_trip(follower: Follower, key_type: str, values: list[str]) -> None:
    follower.run(f"CREATE TABLE t (before_ VARCHAR(300), k {key_type} NOT NULL, v INT, w TEXT, PRIMARY KEY (k))")
    watched = follower.watch("t")
    start = follower.now()
    rows = [f"({'NULL' if n % 2 else 'REPEAT(7, 280)'}, {value}, {n}, 'text')" for n, value in enumerate(values)]
    follower.run(f"INSERT INTO t VALUES {','.join(rows)}")
    wanted = follower.keys(watched)
    assert len(wanted) == len(values)
    for image in ("FULL", "NOBLOB", "MINIMAL"):
        follower.run(f"SET SESSION binlog_row_image = {image}")
        assert follower.changes(watched, "UPDATE t SET v = v + 1") == (wanted, set()), image
        assert follower.changes(watched, "UPDATE t SET before_ = CONCAT(IFNULL(before_, ''), 'x')") == (wanted, set())
    assert follower.changes(watched, "DELETE FROM t") == (set(), wanted)
    events = follower.follow(start, [watched])
    assert isinstance(events[0], Keys)
    assert set(events[0].changed) == wanted


@pytest.mark.parametrize(("key_type", "values"), BOTH, ids=[kind[:40] for kind, _ in BOTH])
def test_a_key_of_this_type(server: TestServer, database: str, key_type: str, values: list[str]) -> None:
    _round_trip(Follower(server, database), key_type, values)


@pytest.mark.parametrize(("key_type", "values"), MARIADB, ids=[kind for kind, _ in MARIADB])
def test_a_key_of_a_type_of_mariadb(mariadb_server: TestServer, key_type: str, values: list[str]) -> None:
    follower = Follower(mariadb_server, mariadb_server.fresh_database())
    if key_type == "INET4" and mariadb_server.version.startswith("10.6"):
        pytest.skip("INET4 came with MariaDB 10.10")
    _round_trip(follower, key_type, values)


def test_a_key_of_sixteen_columns(server: TestServer, database: str) -> None:
    """Index order is not column order, types are mixed, and variable columns lie between."""
    follower = Follower(server, database)
    types = [
        "INT", "VARCHAR(20)", "BIGINT UNSIGNED", "CHAR(5)", "DATE", "DECIMAL(9,3)", "BINARY(3)", "TINYINT",
        "DATETIME(3)", "MEDIUMINT", "BIT(3)", "YEAR", "TIME", "ENUM('a','b')", "SMALLINT UNSIGNED", "TIMESTAMP",
    ]  # fmt: skip
    columns = ", ".join(f"c{n} {kind} NOT NULL, f{n} VARCHAR(30)" for n, kind in enumerate(types))
    order = ", ".join(f"c{n}" for n in (5, 0, 15, 1, 14, 2, 13, 3, 12, 4, 11, 6, 10, 7, 9, 8))
    follower.run(f"CREATE TABLE t ({columns}, v INT, PRIMARY KEY ({order}))")
    watched = follower.watch("t")
    base = ["-1", "'vier'", "5", "'c'", "'2026-01-02'", "-1.5", "X'6100'", "-3", "'2026-01-02 03:04:05.678'", "-77",
            "5", "2026", "'-01:02:03'", "'b'", "60000", "'2026-01-02 03:04:05'"]  # fmt: skip
    names = ", ".join(f"c{n}" for n in range(16))
    start = follower.now()
    follower.run(f"INSERT INTO t ({names}) VALUES ({', '.join(base)})", "UPDATE t SET v = 1")
    (old,) = follower.keys(watched)
    for image in ("FULL", "MINIMAL"):
        follower.run(f"SET SESSION binlog_row_image = {image}")
        assert follower.changes(watched, "UPDATE t SET f3 = 'x', v = v + 1") == ({old}, set())
        changed, gone = follower.changes(watched, "UPDATE t SET c3 = CONCAT(c3, 'd'), c14 = c14 + 1")
        (new,) = follower.keys(watched)
        assert (changed, gone) == ({new}, {old})
        old = new
    assert follower.follow(start, [watched])


@pytest.mark.parametrize("key_type", ["INT", "VARCHAR(20)", "BINARY(8)"])
def test_an_update_of_the_key(server: TestServer, database: str, key_type: str) -> None:
    follower = Follower(server, database)
    follower.run(
        f"CREATE TABLE t (a TEXT, k {key_type} NOT NULL, v INT, PRIMARY KEY (k))", "INSERT INTO t VALUES (1,1,1)"
    )
    watched = follower.watch("t")
    for image in ("FULL", "NOBLOB", "MINIMAL"):
        follower.run(f"SET SESSION binlog_row_image = {image}")
        (old,) = follower.keys(watched)
        changed, gone = follower.changes(watched, "UPDATE t SET k = k + 1")
        assert (changed, gone) == (follower.keys(watched), {old})
