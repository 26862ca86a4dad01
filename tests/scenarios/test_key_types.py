"""Tables with keys of every kind, and ALTERs that change the key itself, are migrated while their rows change.

The table is held after its copy until a fixed list of changes has been followed, then swapped; the new table must have
what the old one has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from builders.directing import Director, flag_file, helper, numbers, run
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.model.errors import Refused
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from plugins.server_pool import TestServer

LAX = "SET SESSION sql_mode = '', time_zone = '+00:00'"


@dataclass(frozen=True)
class Case:
    """A table: its columns and key, the key columns of row n as SQL, and what is altered."""

    columns: str
    key: Sequence[str]
    values: Sequence[str]
    alter: str = "ADD COLUMN added int NOT NULL DEFAULT 7"
    rows: int = 200
    flavors: Sequence[str] = ("mysql", "mariadb")
    new_key: Sequence[str] = ()
    """The key columns' names after the ALTER, where they are others."""
    primary: bool = True


MARIADB = ("mariadb",)
TEXT = "CONCAT('k', CHAR(97 + n MOD 26 USING latin1), n)"
CASES = {
    "enum": Case("a enum('c','b','a') NOT NULL, b int NOT NULL", ["a", "b"], ["1 + n MOD 3", "n"]),
    "enum-more-members": Case(
        "a enum('c','b') NOT NULL, b int NOT NULL",
        ["a", "b"],
        ["1 + n MOD 2", "n"],
        alter="MODIFY a enum('c','b','new') NOT NULL",
    ),
    "set": Case("a set('x','y','z') NOT NULL, b int NOT NULL", ["a", "b"], ["n MOD 8", "n"]),
    "bit": Case("a bit(13) NOT NULL", ["a"], ["n * 37"]),
    "decimal": Case("a decimal(12,3) NOT NULL", ["a"], ["(n - 100) * 1.003"]),
    "time": Case("a time(3) NOT NULL", ["a"], ["ADDTIME('-00:10:00.500', SEC_TO_TIME(n * 7))"]),
    "timestamp": Case("a timestamp(6) NOT NULL", ["a"], ["'2023-10-29 00:59:00.000001' + INTERVAL n SECOND"]),
    "date": Case("a date NOT NULL", ["a"], ["'1000-01-01' + INTERVAL n * 1000 DAY"]),
    "year": Case("a year NOT NULL, b int NOT NULL", ["b", "a"], ["1901 + n MOD 200", "n"]),
    "time-inside": Case(
        "a int NOT NULL, b time NOT NULL, c int NOT NULL", ["a", "b", "c"], ["n MOD 2", "SEC_TO_TIME(n)", "n"]
    ),
    "four-columns": Case(
        "a tinyint NOT NULL, b varchar(9) CHARACTER SET latin1 NOT NULL, c date NOT NULL, d binary(3) NOT NULL",
        ["b", "d", "a", "c"],
        ["n MOD 5", "CONCAT('k', n MOD 3)", "'2020-01-01' + INTERVAL n MOD 7 DAY", "UNHEX(LPAD(HEX(n), 6, '0'))"],
    ),
    "uuid": Case(
        "a uuid NOT NULL", ["a"], ["CONCAT('00000000-0000-4000-8000-', LPAD(HEX(n), 12, '0'))"], flavors=MARIADB
    ),
    "inet6": Case("a inet6 NOT NULL", ["a"], ["CONCAT('fe80::', HEX(n))"], flavors=MARIADB),
    "signed-extremes": Case(
        "a bigint NOT NULL", ["a"], ["IF(n MOD 2, 9223372036854775807 - n, -9223372036854775808 + n)"]
    ),
    "int-to-bigint": Case(
        "a int NOT NULL AUTO_INCREMENT", ["a"], ["n"], alter="MODIFY a bigint NOT NULL AUTO_INCREMENT"
    ),
    "int-to-unsigned": Case("a int NOT NULL", ["a"], ["n"], alter="MODIFY a int unsigned NOT NULL"),
    "varchar-longer": Case(
        "a varchar(20) CHARACTER SET latin1 NOT NULL",
        ["a"],
        [TEXT],
        alter="MODIFY a varchar(60) CHARACTER SET latin1 NOT NULL",
    ),
    "latin1-to-utf8mb4": Case(
        "a varchar(20) CHARACTER SET latin1 NOT NULL",
        ["a"],
        ["CONCAT('ä', n)"],
        alter="MODIFY a varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL",
    ),
    "convert-to": Case(
        "a varchar(20) CHARACTER SET latin1 NOT NULL, x text CHARACTER SET latin1",
        ["a"],
        ["CONCAT('ö', n)"],
        alter="CONVERT TO CHARACTER SET utf8mb4",
    ),
    "key-renamed": Case("a int NOT NULL", ["a"], ["n"], alter="CHANGE a `new a` int NOT NULL", new_key=["new a"]),
    "key-renamed-and-widened": Case(
        "a int NOT NULL, b int NOT NULL",
        ["a", "b"],
        ["n MOD 3", "n"],
        alter="CHANGE a c bigint NOT NULL, RENAME COLUMN b TO a",
        new_key=["c", "a"],
    ),
    "key-columns-reordered": Case(
        "a int NOT NULL, b int NOT NULL",
        ["a", "b"],
        ["n MOD 3", "n"],
        alter="DROP PRIMARY KEY, ADD PRIMARY KEY (b, a)",
    ),
    "columns-moved": Case(
        "x int NOT NULL DEFAULT 1, a int NOT NULL",
        ["a"],
        ["n"],
        alter="MODIFY x int NOT NULL DEFAULT 1 AFTER v, ADD first_one int FIRST",
    ),
    "primary-becomes-unique": Case(
        "a int NOT NULL",
        ["a"],
        ["n"],
        alter="DROP PRIMARY KEY, ADD UNIQUE KEY a_uidx (a), ADD COLUMN id int NOT NULL AUTO_INCREMENT PRIMARY KEY",
    ),
    "no-primary": Case("a int NOT NULL, UNIQUE KEY a_uidx (a)", ["a"], ["n"], primary=False),
    "primary-is-made": Case(
        "a int NOT NULL, UNIQUE KEY a_uidx (a)", ["a"], ["n"], alter="ADD PRIMARY KEY (a)", primary=False
    ),
    "partitioned": Case(
        "a int NOT NULL",
        ["a"],
        ["n"],
        alter="PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (100), PARTITION q VALUES LESS THAN MAXVALUE)",
    ),
    "binary-longer": Case(
        "a binary(8) NOT NULL", ["a"], ["UNHEX(LPAD(HEX(n * 256), 16, '0'))"], alter="MODIFY a binary(16) NOT NULL"
    ),
    "datetime-finer": Case(
        "a datetime NOT NULL", ["a"], ["'2026-01-01' + INTERVAL n MINUTE"], alter="MODIFY a datetime(3) NOT NULL"
    ),
}


def make(server: TestServer, database: str, case: Case) -> None:
    primary = f", PRIMARY KEY ({', '.join(case.key)})" if case.primary else ""
    count = len(case.values)
    run(
        server,
        database,
        LAX,
        f"CREATE TABLE t ({case.columns}, v int NOT NULL DEFAULT 0{primary}) ENGINE=InnoDB",
        f"INSERT INTO t ({', '.join('abcd'[:count])}, v) SELECT {', '.join(case.values)}, n "
        f"FROM ({numbers(case.rows)}) x",
    )


BINARY = {"bit", "four-columns", "binary-longer"}


def hexed(columns: Sequence[str], *, raw: bool) -> str:
    """Columns as text of one character set, so that values of two tables can be compared after a conversion."""
    if raw:
        return ", ".join(f"HEX(`{name}`)" for name in columns)
    return ", ".join(f"HEX(CONVERT(CAST(`{name}` AS CHAR) USING utf8mb4))" for name in columns)


@pytest.mark.parametrize("name", CASES)
def test_a_table_with_this_key_is_migrated_while_it_changes(
    server: TestServer, database: str, director: Director, tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    if ("mariadb" if server.flavor.startswith("mariadb") else "mysql") not in case.flavors:
        pytest.skip(f"{server.flavor} has no such type")
    make(server, database, case)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path, chunk_size=50)
        running = director.start(options(server, database, case.alter, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        count = len(case.values)
        columns = ", ".join("abcd"[:count])
        run(
            server,
            database,
            LAX,
            "UPDATE t SET v = -v WHERE v MOD 3 = 0",
            "DELETE FROM t WHERE v MOD 7 = 0",
            # Keys that were there before come again, and rows change places.
            f"INSERT INTO t ({columns}, v) SELECT {', '.join(case.values)}, 10000 + n FROM ({numbers(case.rows)}) x "
            "WHERE n MOD 7 = 0 AND n MOD 3 <> 0",
            f"CREATE TEMPORARY TABLE spare AS SELECT {columns} FROM t WHERE v = 1",
            "DELETE FROM t WHERE v = 1",
            f"UPDATE t, spare SET {', '.join(f't.{c} = spare.{c}' for c in 'abcd'[:count])} WHERE t.v = 2",
        )
        expected = server.execute("SELECT COUNT(*) FROM t", db=database)[0][0]
        running.await_settled(80)
        counted = f"SELECT COUNT(*) FROM {helper(server, 'gho')}"
        running.wait(lambda: server.execute(counted, db=database) == ((expected,),), "all of it in the ghost")
    outcome = running.result()
    old = server.execute(f"SELECT {hexed(case.key, raw=name in BINARY)}, v FROM {outcome.old_table}", db=database)
    new = server.execute(f"SELECT {hexed(case.new_key or case.key, raw=name in BINARY)}, v FROM t", db=database)
    if name == "binary-longer":
        old = tuple((key + "00" * 8, value) for key, value in old)
    if name == "datetime-finer":
        old = tuple((key + b".000".hex().upper(), value) for key, value in old)
    assert sorted(new) == sorted(old)
    assert len(new) == expected


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_table_of_hardly_any_rows(server: TestServer, database: str, rows: int) -> None:
    run(server, database, "CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int NOT NULL)")
    for number in range(rows):
        run(server, database, f"INSERT INTO t VALUES ({number}, 1)")
    outcome = migrate(server, database)
    assert outcome.swapped
    assert outcome.rows_copied == rows
    assert server.execute("SELECT id, v, added FROM t", db=database) == tuple((n, 1, 7) for n in range(rows))


def test_a_table_that_is_empty_at_the_start_and_filled_meanwhile(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    run(server, database, "CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int NOT NULL)")
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        run(server, database, f"INSERT INTO t SELECT n, n FROM ({numbers(500)}) x", "DELETE FROM t WHERE id > 400")
    outcome = running.result()
    assert outcome.swapped
    assert server.execute("SELECT COUNT(*), SUM(v), SUM(added) FROM t", db=database) == ((400, 80200, 2800),)


def test_id_zero_negative_ids_and_zero_dates_stay_as_they_are(server: TestServer, database: str) -> None:
    run(
        server,
        database,
        "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, d date NOT NULL, dt datetime NOT NULL, "
        "ts timestamp NULL, odd date)",
        "INSERT INTO t VALUES (0, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '2026-02-31'), "
        "(-5, '2026-00-10', '2026-01-00 01:02:03', '2026-10-25 01:30:00', '0000-00-00'), "
        "(2147483647, '9999-12-31', '9999-12-31 23:59:59', NULL, NULL)",
    )
    columns = "id, CAST(d AS CHAR), CAST(dt AS CHAR), CAST(ts AS CHAR), CAST(odd AS CHAR)"
    before = server.execute(f"SELECT {columns} FROM t ORDER BY id", db=database)
    assert migrate(server, database).swapped
    assert server.execute(f"SELECT {columns} FROM t ORDER BY id", db=database) == before


@pytest.mark.parametrize("dates", ["date", "datetime"])
def test_a_key_of_zero_dates(server: TestServer, database: str, director: Director, tmp_path: Path, dates: str) -> None:
    # MySQL stores a 31st of February, but in strict mode it refuses to compare with one: such a key stops us.
    odd = "31" if server.flavor.startswith("mariadb") else "00"
    run(
        server,
        database,
        "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'",
        f"CREATE TABLE t (d {dates} NOT NULL PRIMARY KEY, v int NOT NULL)",
        f"INSERT INTO t VALUES ('0000-00-00', 1), ('2026-00-00', 2), ('2026-02-{odd}', 3), ('2026-03-01', 4), "
        "('9999-12-31', 5)",
    )
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        run(
            server,
            database,
            "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'",
            "UPDATE t SET v = -v WHERE v IN (1, 2, 3)",
            f"UPDATE t SET d = '2026-04-{odd}' WHERE v = 4",
            "DELETE FROM t WHERE v = -2",
        )
        running.await_settled(5)
    outcome = running.result()
    read = "SELECT CAST(d AS CHAR), v FROM {} ORDER BY v"
    assert server.execute(read.format("t"), db=database) == server.execute(read.format(outcome.old_table), db=database)


def test_generated_columns_are_filled_by_the_server(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    run(
        server,
        database,
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int NOT NULL, twice int AS (v * 2) VIRTUAL, "
        "half int AS (v DIV 2) STORED, KEY twice_idx (twice))",
        f"INSERT INTO t (id, v) SELECT n, n FROM ({numbers(100)}) x",
    )
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(
            options(server, database, "ADD COLUMN thrice int AS (v * 3) STORED", tunables=tunables)
        )
        running.await_phase(Phase.POSTPONED)
        run(server, database, "UPDATE t SET v = v + 1000 WHERE id < 50", "DELETE FROM t WHERE twice = 180")
        running.await_settled(50)
    assert running.result().swapped
    wrong = "twice <> v * 2 OR half <> v DIV 2 OR thrice <> v * 3"
    query = f"SELECT COUNT(*), SUM(v), SUM({wrong}) FROM t"
    assert server.execute(query, db=database) == ((99, 5050 + 49_000 - 90, 0),)


@pytest.mark.parametrize(
    "columns",
    [
        "f float NOT NULL",
        "f double NOT NULL",
        "f varchar(900) NOT NULL, UNIQUE KEY f_10 (f(10))",
        "f int NULL, UNIQUE (f)",
    ],
)
def test_keys_that_cannot_be_followed_are_refused(server: TestServer, database: str, columns: str) -> None:
    unique = "" if "UNIQUE" in columns else ", UNIQUE KEY u (f)"
    run(server, database, f"CREATE TABLE t ({columns}{unique})", "INSERT INTO t VALUES ('1')")
    with pytest.raises(Refused, match=r"no-shared-key|nullable-key"):
        migrate(server, database)


def test_a_key_that_the_alter_takes_away_is_refused(server: TestServer, database: str) -> None:
    run(server, database, "CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int NOT NULL)", "INSERT INTO t VALUES (1, 1)")
    with pytest.raises(Refused, match="no-shared-key"):
        migrate(server, database, "DROP PRIMARY KEY")
    tables: Any = server.execute("SHOW TABLES", db=database)
    assert tables == (("t",),)
