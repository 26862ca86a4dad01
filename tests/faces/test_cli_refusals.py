"""What the program refuses, with which exit code and which stable code in its message; and that it touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.faulty import PASSWORD
from builders.program import Ended, columns, environment, make_table, make_user, run, tables, words
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer

TABLE_GRANTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "LOCK TABLES")
GLOBAL_GRANTS = ("REPLICATION SLAVE", "REPLICATION CLIENT")
PLAIN = "CREATE TABLE t (id int PRIMARY KEY, v int)"

CASES = {
    "no-such-table": ([], {}),
    "not-a-table": (["CREATE TABLE base (id int PRIMARY KEY)", "CREATE VIEW t AS SELECT id FROM base"], {}),
    "engine": (["CREATE TABLE t (id int PRIMARY KEY) ENGINE=MyISAM"], {}),
    "no-unique-key": (["CREATE TABLE t (id int, KEY (id))"], {}),
    "no-shared-key": (["CREATE TABLE t (id float PRIMARY KEY)"], {}),
    "no-shared-key-nullable": (["CREATE TABLE t (id int NULL, UNIQUE KEY (id))"], {}),
    "foreign-key-children": (
        [PLAIN, "CREATE TABLE child (id int PRIMARY KEY, t int, FOREIGN KEY (t) REFERENCES t (id))"],
        {},
    ),
    "foreign-key-parents": (
        [
            "CREATE TABLE parent (id int PRIMARY KEY)",
            "CREATE TABLE t (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES parent (id))",
        ],
        {},
    ),
    "triggers": ([PLAIN, "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 1"], {}),
    "server-role": ([PLAIN], {"allow_on_master": None}),
    "alter-failed": ([PLAIN], {"alter": "ADD COLUMN v int"}),
    "alter-failed-syntax": ([PLAIN], {"alter": "ADD COLUMN"}),
    "alter-renames-table": ([PLAIN], {"alter": "RENAME TO other"}),
    "alter-drops-the-only-key": ([PLAIN], {"alter": "DROP PRIMARY KEY"}),
    "alter-changes-the-key": ([PLAIN], {"alter": "MODIFY id varchar(10)"}),
}
CODES = {
    "no-shared-key-nullable": "no-shared-key",
    "alter-failed-syntax": "alter-failed",
    "alter-drops-the-only-key": "no-shared-key",
    "alter-changes-the-key": "no-shared-key",
}


def _refused(ended: Ended, code: str) -> None:
    assert ended.code == 3, ended
    assert f"[{code}]" in ended.err
    assert ended.err.splitlines()[-1].startswith("FATAL ") or "[" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("case", CASES)
def test_refusals(server: TestServer, database: str, case: str) -> None:
    statements, more = CASES[case]
    for statement in statements:
        server.execute(statement, db=database)
    before = tables(server, database)
    ended = run(words(server, database, **{"execute": True, **more}), environment(server.password))
    _refused(ended, CODES.get(case, case))
    assert tables(server, database) == before


@pytest.mark.parametrize("alter", ["ADD a int; DROP TABLE t", "ALTER TABLE other ADD a int"])
def test_an_alter_that_is_none(server: TestServer, database: str, alter: str) -> None:
    server.execute(PLAIN, db=database)
    ended = run(words(server, database, alter=alter, execute=True), environment(server.password))
    assert ended.code == 2, ended
    assert tables(server, database) == {"t"}


@pytest.mark.parametrize(("kind", "flag"), [("gho", "initially_drop_ghost_table"), ("del", "initially_drop_old_table")])
def test_leftover_tables(server: TestServer, database: str, kind: str, flag: str) -> None:
    make_table(server, database, rows=20)
    name = f"_t_{kind}" if server.flavor == "mysql" else f"t_{kind}"
    server.execute(f"CREATE TABLE `{name}` (mine int)", db=database)
    ended = run(words(server, database, execute=True), environment(server.password))
    _refused(ended, "leftover-table")
    assert name in ended.err
    assert f"--{flag.replace('_', '-')}" in ended.err
    assert tables(server, database) == {"t", name}
    ended = run(words(server, database, execute=True, **{flag: True}), environment(server.password))
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"


def test_another_migration_is_running(server: TestServer, database: str) -> None:
    make_table(server, database, rows=20)
    holder = server.connect()
    with holder.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, 0)", (f"gh-ost::{database}.t",))
    ended = run(words(server, database, execute=True), environment(server.password))
    _refused(ended, "already-running")
    assert str(holder.thread_id()) in ended.err


def test_read_only_server(server: TestServer, database: str) -> None:
    make_table(server, database, rows=20)
    with server.set_global("read_only", 1):
        ended = run(words(server, database, execute=True), environment(server.password))
    _refused(ended, "read-only")


def test_settings_that_forbid_it(server: TestServer, database: str) -> None:
    make_table(server, database, rows=20)
    with server.set_global("binlog_format", "MIXED"):
        _refused(run(words(server, database, execute=True), environment(server.password)), "binlog-format")
    if server.flavor == "mysql":
        with server.set_global("binlog_order_commits", 0):
            _refused(run(words(server, database, execute=True), environment(server.password)), "commit-order")
    assert tables(server, database) == {"t"}


@pytest.fixture
def limited(server: TestServer, database: str) -> Iterator[str]:
    """The name for a user, who is gone after the test."""
    name = f"few_{database}"
    yield name
    server.execute(f"DROP USER IF EXISTS '{name}'@'%'")


def _grants(database: str, without: str = "") -> list[str]:
    here = ", ".join(grant for grant in TABLE_GRANTS if grant != without)
    everywhere = ", ".join(grant for grant in GLOBAL_GRANTS if grant != without)
    return [f"{here} ON `{database}`.*", f"{everywhere} ON *.*"]


@pytest.mark.parametrize("missing", [*TABLE_GRANTS, *GLOBAL_GRANTS])
def test_a_missing_grant_is_named(server: TestServer, database: str, limited: str, missing: str) -> None:
    make_table(server, database, rows=20)
    make_user(server, limited, _grants(database, missing))
    ended = run(words(server, database, user=limited, execute=True), environment(PASSWORD))
    name = "BINLOG MONITOR" if server.flavor == "mariadb" and missing == "REPLICATION CLIENT" else missing
    if missing == "SELECT":  # the server itself hides the table, or our question about it
        assert ended.code in (3, 4), ended
    else:
        _refused(ended, "missing-grants")
    assert name in ended.err
    others = {*TABLE_GRANTS, *GLOBAL_GRANTS} - {missing}
    lacking = ended.err.partition("lacks ")[2].partition(";")[0].split(", ")
    assert not others & set(lacking)
    assert tables(server, database) == {"t"}


def test_these_grants_suffice(server: TestServer, database: str, limited: str) -> None:
    make_table(server, database)
    make_user(server, limited, _grants(database))
    ended = run(words(server, database, user=limited, execute=True, ok_to_drop_table=True), environment(PASSWORD))
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"
    assert tables(server, database) == {"t"}


def test_wrong_password_and_unreachable_server(server: TestServer, database: str, tmp_path: Path) -> None:
    ended = run(words(server, database), environment("wrong"))
    assert ended.code == 4, ended
    assert "1045" in ended.err
    ended = run(words(server, database, port=1), environment(server.password))
    assert ended.code == 4, ended
    assert f"{server.host}:1" in ended.err
    ended = run(words(server, database, socket=tmp_path / "none.sock"), environment(server.password))
    assert ended.code == 4, ended


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_a_replica(special_server: MakeServer, flavor: str) -> None:
    primary = special_server(flavor, replicas=1)
    database = primary.fresh_database()
    make_table(primary, database, rows=20)
    primary.sandbox.wait_caught_up()
    replica = primary.replicas[0]
    ended = run(words(replica, database, execute=True), environment(replica.password))
    _refused(ended, "server-role")
    assert "replica" in ended.err


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_a_server_without_a_log(special_server: MakeServer, flavor: str) -> None:
    server = special_server(flavor, settings={"log_bin": "OFF"})
    database = server.fresh_database()
    make_table(server, database, rows=20)
    _refused(run(words(server, database, execute=True), environment(server.password)), "binlog-off")
    assert tables(server, database) == {"t"}
