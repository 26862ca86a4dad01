"""Names of tables, columns and databases that need quoting, are as long as they may be, or look like something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.directing import Director, flag_file, run
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.model.names import quote_name
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from plugins.server_pool import TestServer

pytestmark = pytest.mark.divided

TABLES = {
    "backtick": "a`b",
    "quotes": 'it\'s "so"',
    "space": "two  words",
    "reserved": "select",
    "dot": "a.b",
    "percent": "100%s %(x)s {y}",
    "backslash": "a\\nb\\",
    "dollar": "$1_$",
    "dash-dash": "a -- b",
    "comment": "a /* b */",
    "semicolon": "a; DROP TABLE b",
    "umlaut": "Größe_Übergröße",
    "japanese": "日本語の表",
    "digits": "12345",
    "64-characters": "t" * 64,
    "wide-characters": "ü" * 64,
    "wider-characters": "日" * 45,
    "61-and-suffix": "x" * 57 + "_gho",
    "our-own-look": "_t_gho",
    "upper": "UPPER",
    "wildcards": "a_b%",
}
"""No emoji: identifiers hold characters of the basic multilingual plane alone (both manuals)."""

COLUMNS = {
    "backtick": "c`d",
    "quotes": "c'\"d",
    "reserved": "key",
    "space": "c d",
    "percent": "%s",
    "umlaut": "änderung",
    "64": "c" * 64,
    "dot": "t.id",
    "alias-like": "g",
    "values": "values",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_this_name_is_migrated_while_it_changes(
    server: TestServer, database: str, director: Director, tmp_path: Path, name: str
) -> None:
    table = quote_name(TABLES[name])
    run(
        server,
        database,
        f"CREATE TABLE {table} (id int NOT NULL PRIMARY KEY, v int NOT NULL)",
        f"INSERT INTO {table} VALUES (1, 1), (2, 2), (3, 3)",
    )
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, table=TABLES[name], tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        run(
            server,
            database,
            f"UPDATE {table} SET v = -1 WHERE id = 1",
            f"DELETE FROM {table} WHERE id = 2",
            f"INSERT INTO {table} VALUES (4, 4)",
        )
        running.await_settled(3)
    outcome = running.result()
    assert outcome.cut_over.slipped == 0
    assert server.execute(f"SELECT id, v, added FROM {table} ORDER BY id", db=database) == (
        (1, -1, 7),
        (3, 3, 7),
        (4, 4, 7),
    )
    left = {row[0] for row in server.execute("SHOW TABLES", db=database)}
    assert len(left) == 3, left  # the old table, and the checkpoint beside it
    assert TABLES[name] in left


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_this_name_are_followed(
    server: TestServer, database: str, director: Director, tmp_path: Path, name: str
) -> None:
    column = quote_name(COLUMNS[name])
    other = quote_name(COLUMNS[name][:60] + "_2")
    run(
        server,
        database,
        f"CREATE TABLE t ({column} int NOT NULL, {other} varchar(20) NOT NULL, PRIMARY KEY ({column}, {other}))",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
    )
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        alter = f"ADD UNIQUE KEY {column} ({other}), ADD COLUMN added int NOT NULL DEFAULT 7"
        running = director.start(options(server, database, alter, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        connection = server.connect(database)
        connection.query(f"UPDATE t SET {other} = 'z' WHERE {column} = 1")
        connection.query(f"DELETE FROM t WHERE {column} = 2")
        running.await_settled(3)
    running.result()
    assert server.execute("SELECT * FROM t ORDER BY 1", db=database) == ((1, "z", 7), (3, "c", 7))


@pytest.mark.parametrize("schema", ["data base", "ba`ck", "größe", "select", "x" * 60])
def test_a_database_of_this_name(server: TestServer, schema: str) -> None:
    quoted = quote_name(schema)
    run(server, "information_schema", f"DROP DATABASE IF EXISTS {quoted}", f"CREATE DATABASE {quoted}")
    try:
        run(server, schema, "CREATE TABLE t (id int NOT NULL PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
        assert migrate(server, schema).swapped
        assert server.execute("SELECT id, added FROM t ORDER BY id", db=schema) == ((1, 7), (2, 7))
    finally:
        run(server, "information_schema", f"DROP DATABASE {quoted}")
