"""The comparer on real servers: every type, every damage, and nothing where nothing is wrong."""

from __future__ import annotations

import pytest

from builders.comparing import Pair
from ghostshift.model.comparison import Kind
from plugins.server_pool import TestServer

SAME = {
    # column: definition, values (the first is in row 1, …)
    "a_tiny": ("tinyint", ["-128", "127", "0"]),
    "a_zero": ("int(6) unsigned zerofill", ["7", "4294967295", "NULL"]),
    "a_big": ("bigint unsigned", ["18446744073709551615", "18446744073709551614", "NULL"]),
    "a_year": ("year", ["2026", "0", "NULL"]),
    "a_decimal": ("decimal(65,30)", ["1.000000000000000000000000000001", "-1e34", "NULL"]),
    "a_float": ("float", ["16777215", "1.1", "-0e0"]),
    "a_double": ("double", ["1.1", "1.1000000000000003", "NULL"]),
    "a_fixed": ("double(20,3)", ["1.125", "1.126", "NULL"]),
    "a_bit": ("bit(64)", ["b'1'", "18446744073709551615", "NULL"]),
    "a_date": ("date", ["'2026-01-01'", "'0000-00-00'", "'2026-00-00'"]),
    "a_datetime": ("datetime(6)", ["'2026-01-01 01:02:03.000001'", "'0000-00-00'", "NULL"]),
    "a_stamp": ("timestamp NULL", ["'2026-01-01 01:02:03'", "'0000-00-00 00:00:00'", "NULL"]),
    "a_stamp6": ("timestamp(6) NULL", ["'2026-01-01 01:02:03.5'", "'2026-01-01 01:02:03.500001'", "NULL"]),
    "a_time": ("time(3)", ["'-838:59:59'", "'00:00:00.001'", "NULL"]),
    "a_char": ("char(10) character set latin1", ["_latin1 X'E4'", "'a'", "''"]),
    "a_text": ("varchar(10) collate utf8mb4_bin", ["'a'", "'a '", "NULL"]),
    "a_gbk": ("varchar(10) character set gbk", ["_gbk X'D2BB'", "'a,b'", "NULL"]),
    "a_sjis": ("varchar(10) character set sjis", ["_sjis X'955C'", "'a'", "NULL"]),
    "a_ucs2": ("varchar(10) character set ucs2", ["_ucs2 X'002C'", "_ucs2 X'2C00'", "NULL"]),
    "a_utf16": ("varchar(10) character set utf16", ["_utf16 X'D83DDE00'", "'a'", "NULL"]),
    "a_long": ("longtext character set utf8mb4", ["'a'", "REPEAT('b', 70000)", "NULL"]),
    "a_binary": ("binary(4)", ["X'00'", "X'61000000'", "NULL"]),
    "a_bytes": ("varbinary(10)", ["X'61'", "X'6100'", "''"]),
    "a_blob": ("blob", ["X'2C'", "X'FF'", "''"]),
    "a_large": ("longblob", ["X'2C'", "REPEAT(X'FF', 70000)", "NULL"]),
    "a_enum": ("enum('x','y','z')", ["'x'", "3", "NULL"]),
    "a_set": (f"set({','.join(repr(f'm{n}') for n in range(64))})", ["'m63'", "''", "9223372036854775809"]),
    "a_json": ("json", ["'1'", "'1.0'", "'[1, {\"a\": 1.10}, 1e300]'"]),
    "a_shape": ("geometry", ["POINT(1,1)", "ST_GeomFromText('LINESTRING(0 0,1 1)', 4326)", "NULL"]),
}

DAMAGE = {
    "a_tiny": "a_tiny + 1",
    "a_zero": "8",
    "a_big": "a_big - 1",
    "a_year": "2027",
    "a_decimal": "a_decimal + 0.000000000000000000000000000001",
    "a_float": "16777216",
    "a_double": "1.1000000000000003",
    "a_fixed": "1.126",
    "a_bit": "X'8000000000000001'",
    "a_date": "'0000-00-00'",
    "a_datetime": "'2026-01-01 01:02:03.000000'",
    "a_stamp": "'2026-01-01 01:02:04'",
    "a_stamp6": "'2026-01-01 01:02:03.500001'",
    "a_time": "'-838:59:58.999'",
    "a_char": "'a'",
    "a_text": "'a '",
    "a_gbk": "_gbk X'D2BC'",
    "a_sjis": "_sjis X'955D'",
    "a_ucs2": "_ucs2 X'2C00'",
    "a_utf16": "_utf16 X'D83DDE01'",
    "a_long": "'A'",
    "a_binary": "X'00000001'",
    "a_bytes": "X'6100'",
    "a_blob": "X'2D'",
    "a_large": "X'2C00'",
    "a_enum": "'y'",
    "a_set": "9223372036854775809",
    "a_json": "'1.0'",
    "a_shape": "POINT(1,2)",
}

MARIADB = {
    "a_inet4": ("inet4", ["'1.2.3.4'", "'0.0.0.0'", "NULL"], "'1.2.3.5'"),
    "a_inet6": ("inet6", ["'::1'", "'::'", "NULL"], "'::2'"),
    "a_uuid": (
        "uuid",
        ["'123e4567-e89b-12d3-a456-426655440000'", "'00000000-0000-0000-0000-000000000000'", "NULL"],
        "'123e4567-e89b-12d3-a456-426655440001'",
    ),
    "a_packed": ("varchar(100) compressed", ["REPEAT('a', 100)", "''", "NULL"], "REPEAT('b', 100)"),
}
VECTORS = {
    "mysql": (
        "vector(2)",
        ["STRING_TO_VECTOR('[1,2]')", "STRING_TO_VECTOR('[1,0]')", "NULL"],
        "STRING_TO_VECTOR('[1,3]')",
    ),
    "mariadb": ("vector(2)", ["VEC_FromText('[1,2]')", "VEC_FromText('[1,0]')", "NULL"], "VEC_FromText('[1,3]')"),
}


@pytest.fixture
def pair(server: TestServer, database: str) -> Pair:
    return Pair(server, database)


def every_type(pair: Pair) -> dict[str, str]:
    """Make `t` with a column of every type; what each column's damage is."""
    columns, damage = dict(SAME), dict(DAMAGE)
    more = dict(MARIADB) if pair.dialect.mariadb else {}
    if not pair.dialect.mariadb or pair.dialect.version >= (11, 7, 0):
        more["a_vector"] = VECTORS["mariadb" if pair.dialect.mariadb else "mysql"]
    for name, (definition, values, other) in more.items():
        columns[name], damage[name] = (definition, values), other
    made = ", ".join(f"{name} {definition}" for name, (definition, _) in columns.items())
    computed = "v_sum int AS (a_tiny + 1) VIRTUAL, s_text varchar(30) AS (CONCAT(a_text, ',')) STORED"
    pair.run(f"CREATE TABLE t (id int PRIMARY KEY, {made}, {computed}) CHARACTER SET utf8mb4")
    for number in range(3):
        values = ", ".join(values[number] for _, values in columns.values())
        pair.run(f"INSERT INTO t (id, {', '.join(columns)}) VALUES ({number + 1}, {values})")
    return damage


def test_every_type_is_equal_where_nothing_is_wrong_and_every_damage_is_found(pair: Pair) -> None:
    damage = every_type(pair)
    comparer = pair.migrate("ADD COLUMN new int NOT NULL DEFAULT 7, DROP COLUMN a_fixed")
    assert not comparer.comparison.scratch
    assert not comparer.comparison.uncompared
    assert {test.right for test in comparer.comparison.tests} >= {*damage, "v_sum", "s_text"} - {"a_fixed"}
    assert pair.found(comparer) == []
    for name, value in damage.items():
        if name == "a_fixed":
            continue
        for change in (value, "NULL"):
            # By way of NULL, for MySQL leaves a JSON 1 as it is where 1.0 is put into it.
            steps = [f"UPDATE _t_gho SET {name} = {one} WHERE id = 1" for one in dict.fromkeys(("NULL", change))]
            pair.run("START TRANSACTION", *steps)
            assert [(one.key, one.kind) for one in pair.found(comparer)] == [(1, Kind.DIFFERENT)], (name, change)
            pair.run("ROLLBACK")
    assert pair.found(comparer) == []
