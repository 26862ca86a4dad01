"""The comparer on real servers: every type, every damage, and nothing where nothing is wrong."""

from __future__ import annotations

import pytest

from builders.comparing import Pair
from ghostshift.model.comparison import Kind, Stray
from ghostshift.mysql.session import Session
from ghostshift.workers.comparer import Comparer
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
    "a_shape": "ST_GeomFromText('POINT(1 1)', 4326)",
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


CONVERSIONS = {
    # what: (columns of t beside the key, rows, ALTER, whether the server itself must convert, a damage of row 1)
    "wider": (
        (
            "a int, b decimal(10,2), c datetime, d time(1), e timestamp NULL, f varchar(5), g enum('x','y'), h bit(3), "
            "i int(5) zerofill, j varbinary(3), k timestamp(2) NULL, l year"
        ),
        [
            "1, -1.5, '2026-01-01', '-01:02:03.4', '2026-01-01', 'ä ', 'y', 5, 7, X'00', '2026-01-01 00:00:00.5', 0",
            "NULL, NULL, '0000-00-00', NULL, '0000-00-00', '', NULL, 0, NULL, '', NULL, NULL",
        ],
        (
            "MODIFY a bigint, MODIFY b decimal(9,5), MODIFY c datetime(3), MODIFY d time(6), "
            "MODIFY f varchar(500), MODIFY g enum('x','y','z'), MODIFY h bit(9), MODIFY i int, MODIFY j varbinary(9), "
            "MODIFY k timestamp(4) NULL, MODIFY l int, MODIFY e timestamp(6) NULL"
        ),
        True,
        "k = '2026-01-01 00:00:00.5001'",
    ),
    "characters": (
        (
            "a varchar(10) character set latin1, b char(10) character set gbk, c varchar(10) character set ucs2, "
            "d varchar(20) character set utf8mb4, e mediumtext character set latin1"
        ),
        ["_latin1 X'E4', _gbk X'D2BB', _ucs2 X'00E4', 'a ', _latin1 X'FC'", "'a,', NULL, '', NULL, ''"],
        (
            "MODIFY a varchar(10) character set utf8mb4, MODIFY b varchar(10) character set utf8mb4, "
            "MODIFY c varchar(10) character set utf16, MODIFY d char(20) character set utf8mb4, "
            "MODIFY e longtext character set utf8mb4"
        ),
        False,
        "a = 'a'",
    ),
    "narrower": (
        "a bigint, b varchar(50), c decimal(10,4), d enum('x','y','z'), e varchar(10)",
        ["127, 'abc', 1.1000, 'z', 'a'", "NULL, NULL, NULL, NULL, NULL"],
        "MODIFY a tinyint, MODIFY b char(3), MODIFY c decimal(9,1), MODIFY d enum('z','y','x'), RENAME COLUMN e TO f",
        True,
        "d = 'x'",
    ),
    "other types": (
        (
            "a int, b varchar(20), c datetime, d timestamp(2) NULL, e varchar(30), f enum('1','b'), g double, h date, "
            "i varchar(9)"
        ),
        [
            "5, '12.5', '2026-03-29 02:30:00', '2026-01-01 00:00:01.55', '{\"a\": 1.0}', 'b', 1.5, '2026-01-01', 'x'",
            "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
        ],
        (
            "MODIFY a varchar(20), MODIFY b double, MODIFY c timestamp NULL, MODIFY d datetime(1), MODIFY e json, "
            "MODIFY f varchar(3), MODIFY g int, MODIFY h datetime, MODIFY i blob"
        ),
        True,
        "i = 'y'",
    ),
}


def test_what_an_alter_converts_is_compared_through_the_conversion(pair: Pair) -> None:
    for kind in CONVERSIONS:
        check_conversion(pair, kind)
        pair.run("DROP TABLE t")


def check_conversion(pair: Pair, kind: str) -> None:
    columns, rows, alter, by_server, damage = CONVERSIONS[kind]
    pair.run(f"CREATE TABLE t (id int PRIMARY KEY, {columns}) CHARACTER SET utf8mb4")
    pair.run(*(f"INSERT INTO t VALUES ({number + 1}, {row})" for number, row in enumerate(rows)))
    comparer = pair.migrate(alter)
    assert not comparer.comparison.uncompared
    assert comparer.comparison.scratch is by_server
    assert pair.found(comparer) == []
    pair.run(f"UPDATE _t_gho SET {damage} WHERE id = 1")
    assert [(one.key, one.kind) for one in pair.found(comparer)] == [(1, Kind.DIFFERENT)]
    pair.run("DELETE FROM _t_gho WHERE id = 1", "UPDATE _t_gho SET id = 3 WHERE id = 2")
    found = [(one.key, one.kind) for one in pair.found(comparer, [1, 2, 3])]
    assert sorted(found, key=repr) == [(1, Kind.MISSING), (2, Kind.MISSING), (3, Kind.EXTRA)]


def test_missing_extra_and_swapped_rows_and_damages_that_would_cancel_are_found(pair: Pair) -> None:
    pair.run(
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b varchar(20), c varchar(20) NOT NULL)",
        "INSERT INTO t VALUES (-5, 'one', 'two', ''), (0, NULL, '', 'x'), (1, '', NULL, 'x'), (2, 'NULL', 'n', 'y'), "
        "(3, 'ab', 'c', 'y'), (4, 'a,1', '2', 'y')",
    )
    comparer = pair.migrate("ENGINE=InnoDB")
    session = pair.session
    assert pair.found(comparer) == []
    damages = {
        "DELETE FROM _t_gho WHERE id = -5": [(-5, Kind.MISSING)],
        "INSERT INTO _t_gho VALUES (9, NULL, NULL, '')": [(9, Kind.EXTRA)],
        "UPDATE _t_gho SET id = CASE id WHEN 3 THEN 40 WHEN 4 THEN 3 ELSE 4 END WHERE id IN (3, 4) ORDER BY id": [
            (3, Kind.DIFFERENT), (4, Kind.MISSING), (40, Kind.EXTRA)
        ],
        "UPDATE _t_gho SET a = CONCAT(a, b), b = '' WHERE id = 3": [(3, Kind.DIFFERENT)],
        "UPDATE _t_gho SET a = 'a', b = '1,2' WHERE id = 4": [(4, Kind.DIFFERENT)],
        "UPDATE _t_gho SET a = b, b = NULL WHERE id = 0": [(0, Kind.DIFFERENT)],
        "UPDATE _t_gho SET a = '' WHERE id = 0": [(0, Kind.DIFFERENT)],
        "UPDATE _t_gho SET a = NULL WHERE id = 2": [(2, Kind.DIFFERENT)],
        "UPDATE _t_gho SET c = 'z' WHERE c = 'y'": [(2, Kind.DIFFERENT), (3, Kind.DIFFERENT), (4, Kind.DIFFERENT)],
        "UPDATE _t_gho SET a = 'One' WHERE id = -5": [(-5, Kind.DIFFERENT)],
    }  # fmt: skip
    for damage, expected in damages.items():
        pair.run("START TRANSACTION", damage)
        assert sorted((one.key, one.kind) for one in pair.found(comparer)) == expected, damage
        pair.run("ROLLBACK")
    whole = comparer.same(session, session, None, None)
    assert (whole.rows_left, whole.rows_right, whole.equal) == (6, 6, True)
    pair.run("INSERT INTO _t_gho VALUES (-9, '', '', '')", "INSERT INTO _t_gho VALUES (99, '', '', '')")
    parts = [(None, -5), (-5, 1), (1, 4), (4, None)]
    assert [comparer.same(session, session, *part).equal for part in parts] == [False, True, True, False]
    assert [comparer.same(session, session, *part).rows_right for part in parts] == [2, 2, 3, 1]


def test_two_sessions_find_what_one_finds_and_so_does_one_that_holds_the_locks(pair: Pair) -> None:
    every_type(pair)
    comparer = pair.migrate("ADD COLUMN new int NOT NULL DEFAULT 7")
    here, there = pair.session, pair.open()
    assert comparer.same(here, there, None, None).equal
    pair.run("UPDATE _t_gho SET a_bit = 7 WHERE id = 1", "DELETE FROM _t_gho WHERE id = 2")
    pair.run("INSERT INTO _t_gho (id) SELECT 77")
    found = comparer.differing(here, here, None, None)
    assert not comparer.same(here, there, None, None).equal
    assert set(comparer.differing(here, there, None, None)) == set(found)
    assert set(comparer.differing_keys(here, there, [1, 2, 3, 77])) == set(found)
    pair.run("LOCK TABLES t WRITE, _t_gho WRITE")
    assert set(comparer.differing_under_lock(here, [1, 2, 3, 77])) == set(found)
    pair.run("UNLOCK TABLES")


def test_a_conversion_by_the_server_is_seen_under_the_locks_and_leaves_no_trace_in_the_log(pair: Pair) -> None:
    columns, rows, alter, _, damage = CONVERSIONS["other types"]
    pair.run(f"CREATE TABLE t (id int PRIMARY KEY, {columns})", *(f"INSERT INTO t VALUES (1, {rows[0]})",))
    comparer = pair.migrate(alter)
    before = pair.session.one(pair.dialect.position_statement)[:2]
    assert pair.found(comparer) == []
    pair.session.close()
    pair.session = session = pair.open()
    assert session.one(pair.dialect.position_statement)[:2] == before
    pair.run(f"UPDATE _t_gho SET {damage}", "LOCK TABLES t WRITE, _t_gho WRITE")
    assert [one.key for one in comparer.differing_under_lock(session, [1])] == [1]
    pair.run("UNLOCK TABLES")


def test_without_the_privilege_for_a_temporary_table_what_cannot_be_compared_is_listed(pair: Pair) -> None:
    pair.run(
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(9), b int)", "INSERT INTO t VALUES (1, '7', 1), (2, NULL, 2)"
    )
    pair.migrate("MODIFY a int")
    comparer = Comparer(pair.comparison("MODIFY a int", scratch=False))
    assert comparer.comparison.uncompared == ("a",)
    assert pair.found(comparer) == []
    pair.run("UPDATE _t_gho SET a = 8 WHERE id = 1")
    assert pair.found(comparer) == []
    pair.run("UPDATE _t_gho SET a = NULL WHERE id = 1", "UPDATE _t_gho SET b = 8 WHERE id = 2")
    assert sorted(one.key for one in pair.found(comparer)) == [1, 2]


def test_moments_are_compared_as_instants_where_the_clock_is_put_back(server: TestServer, database: str) -> None:
    utc = Pair(server, database)
    utc.run(
        "CREATE TABLE t (id int PRIMARY KEY, a timestamp NULL, b timestamp(3) NULL)",
        "INSERT INTO t VALUES (1, '2026-10-25 00:30:00', '2026-10-25 00:30:00.5')",
    )
    offset = Pair(server, database, time_zone="'+02:00'")
    comparer = offset.migrate("MODIFY b timestamp(6) NULL")
    assert offset.found(comparer) == []
    utc.run("UPDATE _t_gho SET a = '2026-10-25 01:30:00'")
    assert [one.key for one in offset.found(comparer)] == [1]


KEYS = {
    # columns of the key, its values in order, ALTER, whether the right has an order of its own
    "collation": (
        "k varchar(9) COLLATE utf8mb4_bin",
        ["'B'", "'a'", "'c'", "'ö'"],
        "MODIFY k varchar(9) COLLATE utf8mb4_unicode_ci",
        True,
    ),
    "characters": (
        "k varchar(9) CHARACTER SET latin1",
        ["'a'", "'b'", "_latin1 X'F6'"],
        "CONVERT TO CHARACTER SET utf8mb4",
        True,
    ),
    "composite": (
        "k varchar(9) CHARACTER SET latin1, l enum('y','x') NOT NULL, m int",
        ["'a', 'y', 1", "'a', 'x', 1", "'a', 'x', 2", "'b', 'y', 0"],
        "CONVERT TO CHARACTER SET utf8mb4, MODIFY m bigint",
        True,
    ),
    "longer": ("k binary(3)", ["X'00'", "X'61'", "X'616263'"], "MODIFY k binary(5)", False),
    "moment": ("k datetime", ["'2026-01-01'", "'2026-01-02'", "'2026-01-03'"], "MODIFY k datetime(6)", False),
    "text": ("k varchar(9)", ["'a'", "'B'", "'c'"], "MODIFY k varchar(99)", False),
    "members": ("k enum('z','y','x')", ["'z'", "'y'", "'x'"], "MODIFY k enum('z','y','x','a')", False),
    "decimal": ("k decimal(5,2)", ["-1.5", "0", "1.25"], "MODIFY k decimal(9,4)", False),
    "time": ("k time", ["'-10:00:00'", "'00:00:01'", "'800:00:00'"], "MODIFY k time(3)", False),
    "set": ("k set('a','b')", ["''", "'a'", "'b'"], "MODIFY k set('a','b','c')", False),
    "stamp": ("k timestamp", ["'2026-01-01'", "'2026-01-02'", "'2026-01-03'"], "MODIFY k timestamp(2)", False),
}


@pytest.mark.parametrize("converted", [False, True], ids=["by-expression", "by-the-server"])
def test_keys_that_an_alter_changes(pair: Pair, *, converted: bool) -> None:
    with pair.open() as other:
        for kind in KEYS:
            check_key(pair, other, kind, converted=converted)
            pair.run("DROP TABLE t")


def check_key(pair: Pair, there: Session, kind: str, *, converted: bool) -> None:
    columns, rows, alter, own_order = KEYS[kind]
    names = ", ".join(part.split()[0] for part in columns.split(", "))
    alter += ", MODIFY a int" if converted else ""
    pair.run(f"CREATE TABLE t ({columns}, a varchar(9), PRIMARY KEY ({names})) CHARACTER SET utf8mb4")
    pair.run(*(f"INSERT INTO t VALUES ({row}, '{number}')" for number, row in enumerate(rows)))
    comparer = pair.migrate(alter)
    here = pair.session
    assert comparer.comparison.own_order is own_order
    converted = converted or kind == "longer"
    assert comparer.comparison.scratch is converted
    assert pair.found(comparer) == []
    keys, after = [], None
    while (end := comparer.chunk_end(here, after, 1)) is not None:
        sums = comparer.same(here, here, after, end)
        assert (sums.rows_left, sums.rows_right, sums.equal) == (1, 1, True)
        keys.append(end)
        after = end
    assert len(keys) == len(rows)
    assert comparer.same(here, here, after, None).equal
    pair.run("UPDATE _t_gho SET a = '7' WHERE a = '1'", "DELETE FROM _t_gho WHERE a = '2'")
    expected = [(keys[1], Kind.DIFFERENT), (keys[2], Kind.MISSING)]
    for found in (
        pair.found(comparer, keys),
        *(
            []
            if converted
            else [comparer.differing(here, there, None, None), comparer.differing_keys(here, there, keys)]
        ),
    ):
        assert sorted([(one.key, one.kind) for one in found], key=lambda one: one[1].value) == expected
    pair.run("LOCK TABLES t WRITE, _t_gho WRITE")
    assert {(one.key, one.kind) for one in comparer.differing_under_lock(here, keys)} == set(expected)
    pair.run("UNLOCK TABLES", "DELETE FROM t WHERE a = '0'")
    assert [(one.key, one.kind) for one in comparer.differing_keys(here, here, [keys[0]])] == [(keys[0], Kind.EXTRA)]
    if own_order:
        walked, after = [], None
        while True:
            part = comparer.extras(here, here, after, 2)
            walked += part.found
            assert converted or part == comparer.extras(here, there, after, 2)
            after = part.upto
            if after is None:
                break
        assert [(one.spelled, one.kind) for one in walked] == [(keys[0], Kind.EXTRA)]
        strays = [one.key for one in walked]
        assert comparer.differing_keys(here, here, strays) == walked
        assert converted or comparer.differing_keys(here, there, strays) == walked
        pair.run("LOCK TABLES t WRITE, _t_gho WRITE")
        assert [one.key for one in comparer.differing_under_lock(here, strays)] == strays
        pair.run("UNLOCK TABLES")
        comparer.remove_strays(here, [one for one in strays if isinstance(one, Stray)])
        assert comparer.differing_keys(here, here, strays) == walked  # the left could spell it, so it may come


def test_only_what_the_left_cannot_spell_is_removed(pair: Pair) -> None:
    pair.run(
        "CREATE TABLE t (k varchar(9) CHARACTER SET latin1, m int, PRIMARY KEY (k, m))",
        "INSERT INTO t VALUES ('?', 1), (_latin1 X'E4', 2)",
    )
    comparer = pair.migrate("MODIFY k varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    pair.run("INSERT INTO _t_gho VALUES (_utf8mb4 X'E697A5', 1), (_utf8mb4 X'E697A5', 2), (_utf8mb4 X'C3B6', 2)")
    here = pair.session
    found = comparer.extras(here, here, None, 100).found
    assert [(one.kind, one.spelled) for one in found] == [
        (Kind.EXTRA, (b"\xf6", 2)), (Kind.EXTRA, (b"?", 1)), (Kind.EXTRA, (b"?", 2)),
    ]  # fmt: skip
    strays = [one.key for one in found if isinstance(one.key, Stray)]
    assert [one.key for one in comparer.differing_keys(here, here, [*strays, (b"?", 1)])] == strays
    assert comparer.named(strays[1]) == {"k": repr("\u65e5"), "m": "1"}
    comparer.remove_strays(here, [*strays, Stray((b"?", 1)), Stray(("\u00e4".encode(), 2))])
    assert [one.key for one in comparer.differing_keys(here, here, strays)] == strays[:1]
    assert len(pair.session.query("SELECT 1 FROM _t_gho")) == 3


def test_a_row_that_the_right_holds_twice_under_a_wider_key_is_found(pair: Pair) -> None:
    pair.run("CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL)", "INSERT INTO t VALUES (1, 1), (2, 2)")
    comparer = pair.migrate("DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)")
    assert pair.found(comparer) == []
    pair.run("INSERT INTO _t_gho VALUES (1, 0), (2, 7)")
    with pair.open() as other:
        listed = [pair.found(comparer), comparer.differing(pair.session, other, None, None)]
    for found in listed:
        assert [(one.key, one.kind) for one in found] == [(1, Kind.DIFFERENT), (2, Kind.DIFFERENT)]
