"""`ghostshift plan` on real servers: the server's own word, all refusals at once, nothing touched or left behind."""

from __future__ import annotations

import contextlib
import io
import json
import re
import signal
from dataclasses import fields
from pathlib import Path
from typing import Any

import pymysql
import pytest

from builders.faulty import PASSWORD, eventually
from builders.migrating import options
from builders.program import Child, environment, make_table, make_user, run, tables, words
from ghostshift import cli_plan
from ghostshift.model.report import Native, Report
from ghostshift.mysql.dialect import Dialect
from ghostshift.planning import Planning
from ghostshift.runtime.group import Stop
from plugins.server_pool import TestServer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "plan-json.md"


def plan(server: TestServer, database: str, alter: str, code: int = 0, **more: Any) -> dict[str, Any]:
    """The plan as JSON; within this process, for a child takes ten times as long to start."""
    line = words(server, database, **{"alter": alter, "password": server.password, **more})
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        ended = cli_plan.run(["--json", *line])
    assert ended == code, said.getvalue()
    found: dict[str, Any] = json.loads(said.getvalue())
    assert found["goes"] == (code == 0)
    return found


def codes(found: dict[str, Any], kind: str = "refusals") -> set[str]:
    """The codes of what is said."""
    return {one["code"] for one in found[kind]}


def world(server: TestServer, database: str) -> dict[str, Any]:
    """What must be the same afterwards."""
    names = sorted(tables(server, database))
    return {
        "tables": names,
        "created": [server.execute(f"SHOW CREATE TABLE `{name}`", db=database) for name in names],
        "sums": [server.execute(f"CHECKSUM TABLE `{name}`", db=database) for name in names],
        "triggers": server.execute("SHOW TRIGGERS", db=database),
    }


def logged(server: TestServer, start: tuple[str, int], table: str) -> list[str]:
    """Events of the log since then that speak of a table: statements by their text, rows by their table map."""
    events = server.execute(f"SHOW BINLOG EVENTS IN '{start[0]}' FROM {start[1]}")
    return [str(row[5]) for row in events if re.search(rf"[`.]{table}\b", str(row[5]))]


def end_of_log(server: TestServer) -> tuple[str, int]:
    statement = "SHOW BINARY LOG STATUS" if server.flavor == "mysql" else "SHOW MASTER STATUS"
    return server.execute(statement)[0][:2]  # type: ignore[no-any-return]


def test_slow_commits_are_announced(server: TestServer, database: str) -> None:
    make_table(server, database)
    if server.flavor != "mysql":  # which alone has such threads
        assert "slow-commits" not in codes(plan(server, database, "ADD COLUMN w int"), "warnings")
        return
    before = server.execute("SELECT @@GLOBAL.innodb_log_writer_threads")[0][0]
    try:
        for value in ("OFF", "ON"):
            server.execute(f"SET GLOBAL innodb_log_writer_threads = {value}")
            said = codes(plan(server, database, "ADD COLUMN w int"), "warnings")
            assert ("slow-commits" in said) == (value == "OFF")
    finally:
        server.execute("SET GLOBAL innodb_log_writer_threads = %s", (before,))


@pytest.mark.parametrize(
    ("alter", "mysql", "mariadb"),
    [
        ("ADD COLUMN added int NOT NULL DEFAULT 7", ("instant", "all", False), ("instant", "all", False)),
        ("ADD INDEX (v)", ("inplace", "all", False), ("nocopy", "all", False)),
        ("ENGINE=InnoDB", ("inplace", "all", True), ("inplace", "all", True)),
        ("ADD FULLTEXT (v)", ("inplace", "reads", True), ("inplace", "reads", True)),
        ("MODIFY id bigint NOT NULL", ("copy", "reads", True), ("copy", "reads", True)),
    ],
)
def test_the_server_itself_is_asked(
    server: TestServer, database: str, alter: str, mysql: tuple[Any, ...], mariadb: tuple[Any, ...]
) -> None:
    make_table(server, database, rows=20)
    native = plan(server, database, alter)["native"]
    expected = mysql if server.flavor == "mysql" else mariadb
    assert (native["way"], native["writes"], native["rebuilds"]) == expected
    for attempt in native["attempts"][:-1]:
        assert not attempt["taken"]
        assert "not supported" in attempt["reason"]
    assert native["attempts"][-1] == {**native["attempts"][-1], "taken": True, "reason": ""}
    # The judge: the server does it so to a real table with rows, and does not do it in the way before.
    way = native["attempts"][-1]
    lock = f", LOCK={way['lock']}" if way["lock"] else ""
    server.execute(f"ALTER TABLE t ALGORITHM={way['algorithm']}{lock}, {alter}", db=database)


def test_used_up_row_versions_forbid_an_instant_change(
    mysql_server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = mysql_server.fresh_database()
    make_table(mysql_server, database, rows=5)
    mysql_server.execute("ALTER TABLE t ALGORITHM=INSTANT, ADD COLUMN c int", db=database)
    mysql_server.execute("ALTER TABLE t ALGORITHM=INSTANT, DROP COLUMN c", db=database)

    def native(alter: str) -> Native:
        return Planning(options(mysql_server, database, alter), Stop()).run().native

    assert (native("ADD COLUMN x int").way, native("ADD COLUMN x int").row_versions) == ("instant", 2)
    monkeypatch.setattr(Dialect, "row_versions_most", 2)  # a real server wants 255 of them first
    full = native("ADD COLUMN x int")
    assert (full.way, full.rebuilds) == ("inplace", True)
    assert "2 row versions" in full.attempts[0].reason
    assert native("RENAME COLUMN v TO w").way == "instant"
    mysql_server.execute(f"DROP DATABASE `{database}`")


def test_what_becomes_of_the_table_is_told(server: TestServer, database: str) -> None:
    make_table(
        server, database,
        ddl="CREATE TABLE t (id int PRIMARY KEY, a int, b int NOT NULL, c varchar(9), UNIQUE k (b), UNIQUE n (a))",
    )  # fmt: skip
    server.execute("INSERT INTO t VALUES (1, 1, 1, 'x'), (2, NULL, 2, 'y')", db=database)
    found = plan(
        server, database, "DROP a, CHANGE c d varchar(20), ADD e int NOT NULL, ADD g int AS (b + 1), ADD UNIQUE u (d)"
    )
    fates = {one["original"] or one["ghost"]: (one["fate"], one["ghost"]) for one in found["columns"]}
    assert fates == {
        "id": ("copied", "id"), "a": ("dropped", ""), "b": ("copied", "b"), "c": ("converted", "d"),
        "e": ("filled", "e"), "g": ("generated", "g"),
    }  # fmt: skip
    assert {one["name"]: one["used"] for one in found["keys"]} == {"PRIMARY": True, "k": False, "n": False}
    assert [one["index"] for one in found["uniqueness"]] == ["u"]
    assert "more-unique" in codes(found, "warnings")
    assert "`e` int" in found["structure"]
    assert found["volume"]["rows"] == 2
    assert found["forecast"]["probed_rows"] >= 2
    assert found["session_time_zone"]
    assert found["unknown"] == []


def test_all_refusals_are_told_at_once(server: TestServer, database: str) -> None:
    make_table(server, database, ddl="CREATE TABLE t (id int, v int, UNIQUE k (id)) ENGINE=InnoDB")
    server.execute("CREATE TRIGGER boo BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 1", db=database)
    before = world(server, database)
    alter = "ADD z geometry NOT NULL, ADD w int NOT NULL DEFAULT 1, ADD UNIQUE u (w)"
    found = plan(server, database, alter, 3, allow_on_master=None, max_load="No_such_thing=1")
    wanted = {
        "server-role",
        "triggers",
        "no-such-status-variable",
        "nullable-key",
        "unique-on-new-values",
        "no-default",
    }
    assert codes(found) >= wanted
    assert all(one["page"] == f"docs/refusals/{one['code']}.md" for one in found["refusals"])
    assert world(server, database) == before
    said = run(words(server, database, alter="ADD z geometry NOT NULL"), environment(server.password), command="plan")
    assert said.code == 3
    assert "ghostshift explain triggers" in said.out
    assert "ghostshift migrate would refuse: 3 reason(s)" in said.out


def test_rows_that_clash_are_a_refusal(server: TestServer, database: str) -> None:
    make_table(server, database, ddl="CREATE TABLE t (id int PRIMARY KEY, v int)")
    server.execute("INSERT INTO t VALUES (1, 1), (2, 1)", db=database)
    found = plan(server, database, "ADD UNIQUE u (v)", 3)
    assert codes(found) == {"rows-lost"}
    assert "(1) 2 times" in found["refusals"][0]["text"]
    found = plan(server, database, "ADD UNIQUE u (v)", allow_data_loss=True)
    assert "loses about 1 rows" in " ".join(one["text"] for one in found["warnings"])


def test_rows_that_do_not_fit_are_a_refusal(server: TestServer, database: str) -> None:
    make_table(server, database, ddl="CREATE TABLE t (id int PRIMARY KEY, v int)")
    server.execute("INSERT INTO t VALUES (1, 1), (2, 300)", db=database)
    before = world(server, database)
    assert codes(plan(server, database, "MODIFY v tinyint", 3)) == {"rows-lost"}
    assert world(server, database) == before


@pytest.mark.parametrize("alter", ["ADD COLUMN", "RENAME TO other", "DROP COLUMN nothing"])
def test_an_alter_that_will_not_do_is_refused_with_the_rest(server: TestServer, database: str, alter: str) -> None:
    make_table(server, database, rows=5)
    found = plan(server, database, alter, 3, allow_on_master=None)
    assert codes(found) == {"server-role", "alter-renames-table" if "other" in alter else "alter-failed"}
    assert found["volume"]["rows"] == 5


def test_nothing_of_the_user_s_is_touched(server: TestServer, database: str) -> None:
    make_table(server, database, rows=300)
    server.execute("CREATE TABLE child (id int PRIMARY KEY, t int)", db=database)
    before, start = world(server, database), end_of_log(server)
    for alter, code in (("ADD COLUMN x int", 0), ("MODIFY id bigint NOT NULL", 0), ("DROP PRIMARY KEY", 3)):
        plan(server, database, alter, code)
    assert world(server, database) == before
    ghost = "_t_gho" if server.flavor == "mysql" else "t_gho"
    spoken = [text for text in logged(server, start, "t") if f"LIKE `{database}`.`t`" not in text]
    assert spoken == []
    ours = logged(server, start, ghost)
    assert ours
    assert all(re.search(r"(CREATE|DROP|ALTER) TABLE", text) for text in ours)


def test_a_leftover_keeps_its_rows_and_its_name(server: TestServer, database: str) -> None:
    make_table(server, database, rows=5)
    ghost = "_t_gho" if server.flavor == "mysql" else "t_gho"
    server.execute(f"CREATE TABLE {ghost} (mine int)", db=database)
    before = world(server, database)
    found = plan(server, database, "ADD COLUMN x int", 3)
    assert codes(found) == {"leftover-table"}
    found = plan(server, database, "ADD COLUMN x int", initially_drop_ghost_table=True)
    assert [name for name in found["dropped_first"] if ghost in name]
    assert found["native"]["way"] == "instant"
    assert world(server, database) == before


def test_what_a_user_may_not_do_is_told_as_unknown(server: TestServer, database: str) -> None:
    make_table(server, database, rows=5)
    name = f"poor_{database}"
    make_user(server, name, [f"SELECT ON `{database}`.*", "REPLICATION SLAVE, REPLICATION CLIENT ON *.*"]
              + (["SLAVE MONITOR ON *.*"] if server.flavor != "mysql" else []))  # fmt: skip
    before = world(server, database)
    try:
        found = plan(server, database, "ADD COLUMN x int", 3, user=name, password=PASSWORD)
    finally:
        server.execute(f"DROP USER '{name}'@'%'")
    assert "missing-grants" in codes(found)
    assert any("lacks ALTER, CREATE, DROP" in text for text in found["unknown"])
    assert found["native"]["way"] == "unknown"
    assert found["forecast"]["probed_rows"] >= 5
    assert world(server, database) == before


def test_instant_with_the_flag_needs_nothing_that_a_copy_needs(mysql_server: TestServer) -> None:
    database = mysql_server.fresh_database()
    make_table(mysql_server, database, ddl="CREATE TABLE t (v int)")
    assert "no-unique-key" in codes(plan(mysql_server, database, "ADD COLUMN x int", 3))
    found = plan(mysql_server, database, "ADD COLUMN x int", attempt_instant_ddl=True)
    assert "no-unique-key" in codes(found, "warnings")
    assert "instant-possible" not in codes(found, "warnings")
    ended = run(
        words(mysql_server, database, alter="ADD COLUMN x int", attempt_instant_ddl=True, execute=True),
        environment(mysql_server.password),
    )
    assert ended.code == 0, ended
    mysql_server.execute(f"DROP DATABASE `{database}`")


def test_a_running_migration_is_told_and_left_alone(server: TestServer, database: str) -> None:
    make_table(server, database, rows=5)
    holder = server.connect()
    with holder.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, 0)", (f"gh-ost::{database}.t",))
    found = plan(server, database, "ADD COLUMN x int", 3)
    assert codes(found) == {"already-running"}
    assert tables(server, database) == {"t"}
    holder.close()


def test_an_interrupt_in_the_middle_leaves_nothing(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database, rows=5)
    before = world(server, database)
    ghost = "_t_gho" if server.flavor == "mysql" else "t_gho"
    with (
        Child(words(server, database), tmp_path, environment(server.password), command="plan") as child,
        server.connect() as holder,
        holder.cursor() as cursor,
    ):
        eventually(lambda: _taken(cursor, f"`{database}`.`{ghost}`"), child.said, step=0.0002)
        eventually(lambda: _waits(server), child.said)
        child.signal(signal.SIGINT)
        cursor.execute("UNLOCK TABLES")
        ended = child.end()
    assert ended.code == 6, ended
    assert "left on the server" not in ended.err
    assert world(server, database) == before


def _taken(cursor: Any, table: str) -> bool:
    """Whether the copy is there, and is ours to hold."""
    try:
        cursor.execute(f"LOCK TABLES {table} READ")
    except pymysql.err.ProgrammingError:
        return False
    return True


def _waits(server: TestServer) -> bool:
    return any("metadata lock" in str(row[6]) for row in server.execute("SHOW PROCESSLIST"))


def _documented() -> dict[str, set[str]]:
    """Fields by section of the page."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {text.split()[0]: set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) for text in sections}


def test_the_json_has_what_the_page_says(server: TestServer, database: str) -> None:
    make_table(server, database, ddl="CREATE TABLE t (id int PRIMARY KEY, v int)")
    found = plan(server, database, "ADD UNIQUE u (v), ADD w int NOT NULL", include_triggers=None)
    page = _documented()
    assert set(found) == page["Report"] == {field.name for field in fields(Report)}
    for name, section in (
        ("native", "Native"), ("helpers", "Helpers"), ("volume", "Volume"), ("forecast", "Forecast"),
    ):  # fmt: skip
        assert set(found[name]) == page[section]
    for name, section in (
        ("columns", "ColumnReport"), ("keys", "KeyReport"), ("uniqueness", "UniquenessReport"), ("warnings", "Saying"),
    ):  # fmt: skip
        assert set(found[name][0]) == page[section]
    assert set(found["native"]["attempts"][0]) == page["Attempt"]
    assert set(found["volume"]["disk_bytes"]) == page["Span"]
