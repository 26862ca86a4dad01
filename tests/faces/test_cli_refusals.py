"""What the program refuses for the state that the server is in, and what it does when the hindrance is gone.

Wishes that are wrong, tables that cannot be migrated and grants that are missing are in test_bad_input.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.faulty import PASSWORD
from builders.program import Ended, columns, environment, make_table, make_user, run, tables, words
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer

TABLE_GRANTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, LOCK TABLES, TRIGGER"
GLOBAL_GRANTS = "REPLICATION SLAVE, REPLICATION CLIENT"


def _refused(ended: Ended, code: str) -> None:
    assert ended.code == 3, ended
    assert f"[{code}]" in ended.err
    assert ended.err.splitlines()[-1].startswith("FATAL ") or "[" in ended.err
    assert "Traceback" not in ended.err


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


def test_these_grants_suffice(server: TestServer, database: str, limited: str) -> None:
    make_table(server, database)
    make_user(server, limited, [f"{TABLE_GRANTS} ON `{database}`.*", f"{GLOBAL_GRANTS} ON *.*"])
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
def test_a_server_without_a_log(special_server: MakeServer, flavor: str) -> None:
    server = special_server(flavor, settings={"log_bin": "OFF"})
    database = server.fresh_database()
    make_table(server, database, rows=20)
    _refused(run(words(server, database, execute=True), environment(server.password)), "binlog-off")
    assert tables(server, database) == {"t"}
