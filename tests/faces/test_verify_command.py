"""`ghostshift verify` as a program: equal, different, moving, on two servers, and what it refuses."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from builders.faulty import PASSWORD
from builders.program import Ended, environment, run
from ghostshift.cli import main
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer


class Command:
    """`ghostshift verify` in this process: the start of a program of its own takes longer than most comparisons."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._environment = monkeypatch
        self._streams = capsys

    def __call__(self, server: TestServer, database: str, *more: str, **env: str) -> Ended:
        """Compare `t` and `u`, unless the words name others."""
        for name, value in {"GHOSTSHIFT_PASSWORD": server.password, **env}.items():
            self._environment.setenv(name, value)
        named = any(word.startswith("--table") for word in more)
        names = [] if named else [f"--table={database}.t", f"--with={database}.u"]
        words = [f"--host={server.host}", f"--port={server.port}", f"--user={server.user}", "--settle-seconds=0.2"]
        self._streams.readouterr()
        code = main(["verify", *words, *names, *more])
        return Ended(code, *self._streams.readouterr())


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def two_tables(server: TestServer, database: str, rows: int = 250) -> None:
    """Equal tables `t` and `u`."""
    server.execute("CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b int)", db=database)
    values = ", ".join(f"({number}, 'row {number}', {number % 7})" for number in range(1, rows + 1))
    server.execute(f"INSERT INTO t VALUES {values}", db=database)
    server.execute("CREATE TABLE u LIKE t", db=database)
    server.execute("INSERT INTO u SELECT * FROM t", db=database)


def test_equal_tables_end_with_0_and_different_ones_with_12(
    verify: Command, server: TestServer, database: str, tmp_path: Path
) -> None:
    two_tables(server, database)
    ended = verify(server, database, "--chunk-size=100")
    assert ended.code == 0, ended
    assert "are equal: 250 rows compared" in ended.out
    for damage in (
        "DELETE FROM u WHERE id = 7",
        "INSERT INTO u VALUES (-1, 'x', 0)",
        "INSERT INTO u SELECT id + 1000, a, b FROM t",
        "UPDATE u SET a = NULL WHERE id = 100",
    ):
        server.execute(damage, db=database)
    path = tmp_path / "report.json"
    ended = verify(server, database, "--chunk-size=100", f"--report-file={path}", "--show=3")
    assert ended.code == 12, ended
    assert "250 rows here, 500 there" in ended.out
    assert "missing there: 1\n  extra there: 251\n  different: 1\n" in ended.out
    assert "and 250 more" in ended.out
    report = json.loads(path.read_text(encoding="utf-8"))
    assert (report["equal"], report["missing"], report["extra"], report["different"]) == (False, 1, 251, 1)
    assert len(report["shown"]) == 3
    every = json.loads(verify(server, database, "--json", "--quiet", "--show=1000").out)["shown"]
    assert {"key": {"id": "7"}, "kind": "missing"} in every
    assert {"key": {"id": "-1"}, "kind": "extra"} in every
    assert {"key": {"id": "100"}, "kind": "different"} in every


def test_columns_can_be_renamed_converted_left_out_and_chosen(
    verify: Command, server: TestServer, database: str
) -> None:
    two_tables(server, database, rows=5)
    server.execute(
        "ALTER TABLE u CHANGE a c text CHARACTER SET utf8mb4, MODIFY b varchar(9), ADD COLUMN d int",
        db=database,
    )
    ended = verify(server, database, "--rename=a=c", "--json")
    assert ended.code == 0, ended
    report = json.loads(ended.out)
    assert (report["columns"], report["left_out"], report["uncompared"]) == (["id", "a", "b"], ["d"], [])
    server.execute("UPDATE u SET b = '77' WHERE id = 3", db=database)
    assert verify(server, database, "--rename=a=c").code == 12
    for chosen in ("--ignore-columns=b", "--columns=a"):
        ended = verify(server, database, "--rename=a=c", chosen)
        assert ended.code == 0, ended
        assert "columns left out: b" in ended.out


def test_a_value_that_does_not_fit_is_a_difference_with_a_name(
    verify: Command, server: TestServer, database: str
) -> None:
    two_tables(server, database, rows=5)
    server.execute("UPDATE t SET b = 300 WHERE id IN (2, 5)", db=database)
    server.execute("INSERT INTO t VALUES (-5, 'new', 1)", db=database)
    server.execute("ALTER TABLE u MODIFY b tinyint, MODIFY id int unsigned", db=database)
    server.execute("UPDATE u SET a = 'other' WHERE id = 3", db=database)
    server.execute("INSERT INTO u VALUES (9, 'new', 1)", db=database)
    ended = verify(server, database, "--json")
    assert ended.code == 12, ended
    report = json.loads(ended.out)
    assert {(row["kind"], row["key"]["id"]) for row in report["shown"]} == {
        ("different", "2"), ("different", "3"), ("different", "5"), ("extra", "9"), ("different", "-5"),
    }  # fmt: skip
    assert (report["rows"], report["other_rows"], report["moving"]) == (6, 6, 0)


def test_keys_of_another_character_set_are_found_both_ways(verify: Command, server: TestServer, database: str) -> None:
    for name, kind in (("t", "latin1"), ("u", "utf8mb4")):
        server.execute(f"CREATE TABLE {name} (k varchar(9) PRIMARY KEY, a int) CHARACTER SET {kind}", db=database)
        server.execute(f"INSERT INTO {name} VALUES ('a', 1), ('B', 2), ('ö', 3)", db=database)
    assert verify(server, database).code == 0
    server.execute("UPDATE u SET k = 'é' WHERE a = 3", db=database)
    ended = verify(server, database, "--json")
    assert ended.code == 12, ended
    found = {(row["kind"], row["key"]["k"]) for row in json.loads(ended.out)["shown"]}
    assert {kind for kind, _ in found} == {"missing", "extra"}


def test_a_row_whose_key_the_first_cannot_spell_is_extra(verify: Command, server: TestServer, database: str) -> None:
    for name, kind in (("t", "latin1"), ("u", "utf8mb4")):
        server.execute(f"CREATE TABLE {name} (k varchar(9) CHARACTER SET {kind} PRIMARY KEY, a int)", db=database)
        server.execute(f"INSERT INTO {name} VALUES ('\u00e4', 1), ('?', 2)", db=database)
    server.execute("INSERT INTO u VALUES ('\u65e5', 1), ('\u672c', 2)", db=database)
    ended = verify(server, database, "--json")
    assert ended.code == 12, ended
    report = json.loads(ended.out)
    assert [(row["kind"], row["key"]["k"]) for row in report["shown"]] == [
        ("extra", repr("\u65e5")), ("extra", repr("\u672c")),
    ]  # fmt: skip
    assert (report["missing"], report["extra"], report["different"], report["moving"]) == (0, 2, 0, 0)


def test_a_letter_that_got_lost_is_no_question_mark(verify: Command, server: TestServer, database: str) -> None:
    for name, kind in (("t", "utf8mb4"), ("u", "latin1")):
        server.execute(
            f"CREATE TABLE {name} (k int PRIMARY KEY, a varchar(20) CHARACTER SET {kind}, b int)", db=database
        )
        server.execute(f"INSERT INTO {name} VALUES (1, '?', 1), (2, NULL, NULL), (3, '??\u00e4', 1)", db=database)
    assert verify(server, database).code == 0
    server.execute("UPDATE t SET a = '?\u65e5\u00e4' WHERE k = 3", db=database)
    ended = verify(server, database, "--json")
    assert ended.code == 12, ended
    assert [(row["kind"], row["key"]["k"]) for row in json.loads(ended.out)["shown"]] == [("different", "3")]


def test_keys_that_only_one_side_folds_are_told_apart(verify: Command, server: TestServer, database: str) -> None:
    for name, kind in (("t", "utf8mb4_general_ci"), ("u", "utf8mb4_bin")):
        server.execute(f"CREATE TABLE {name} (k varchar(9) COLLATE {kind} PRIMARY KEY, a int)", db=database)
        server.execute(f"INSERT INTO {name} VALUES ('a', 1), ('b', 3)", db=database)
    server.execute("INSERT INTO u VALUES ('A', 5)", db=database)
    ended = verify(server, database, "--json")
    assert ended.code == 12, ended
    report = json.loads(ended.out)
    assert [(row["kind"], row["key"]["k"]) for row in report["shown"]] == [("extra", "'A'")]
    assert (report["moving"], report["settled"]) == (0, 0)


def test_a_row_that_is_written_all_the_time_is_moving(verify: Command, server: TestServer, database: str) -> None:
    two_tables(server, database, rows=20)
    server.execute("UPDATE u SET b = 99 WHERE id = 5", db=database)
    over = threading.Event()

    def write() -> None:
        with server.connect(database) as connection, connection.cursor() as cursor:
            number = 0
            while not over.is_set():
                number += 1
                cursor.execute("UPDATE u SET a = %s WHERE id = 4", (f"moving {number}",))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        ended = verify(server, database, "--json", "--settle-seconds=1.5")  # long enough between two looks for a write
    finally:
        over.set()
        writer.join()
    report = json.loads(ended.out)
    assert ended.code == 12, ended
    assert (report["different"], report["moving"]) == (1, 1)
    assert {(row["kind"], row["key"]["id"]) for row in report["shown"]} == {("different", "5"), ("moving", "4")}


def test_two_servers(verify: Command, special_server: MakeServer) -> None:
    here, there = special_server("mysql"), special_server("mariadb")
    database = here.fresh_database()
    server_database = there.fresh_database()
    for server, name in ((here, database), (there, server_database)):
        server.execute("CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b float, c datetime(3))", db=name)
        server.execute("INSERT INTO t VALUES (1, 'a', 1.1, '2026-01-01'), (2, NULL, 1e10, NULL)", db=name)
    words = [f"--table={database}.t", f"--with={server_database}.t", f"--with-host={there.host}"]
    words += [f"--with-port={there.port}", f"--with-user={there.user}"]
    ended = verify(here, database, *words, GHOSTSHIFT_WITH_PASSWORD=there.password)
    assert ended.code == 0, ended
    there.execute("UPDATE t SET b = 1.2 WHERE id = 1", db=server_database)
    ended = verify(here, database, *words, GHOSTSHIFT_WITH_PASSWORD=there.password)
    assert ended.code == 12, ended
    assert "different: id=1" in ended.out
    assert there.password not in ended.said or not there.password


def test_the_file_names_both_servers(server: TestServer, database: str, tmp_path: Path) -> None:
    two_tables(server, database, rows=3)
    conf = tmp_path / "conf.ini"
    section = f"host = {server.host}\nport = {server.port}\nuser = {server.user}\npassword = ${{SECRET}}\n"
    conf.write_text(f"[client]\n{section}[with]\n{section}", encoding="utf-8")
    words = [f"--conf={conf}", f"--table={database}.t", f"--with={database}.u"]
    ended = run(words, environment(SECRET=server.password), command="verify")
    assert ended.code == 0, ended


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--table=t", "--with={db}.u"], 2, "SCHEMA.TABLE"),
        (["--table={db}.t", "--with={db}.t"], 2, "on one server"),
        (["--table={db}.t", "--with={db}.u", "--columns=nix"], 2, "no column 'nix'"),
        (["--table={db}.t", "--with={db}.u", "--threads=0"], 2, "--threads"),
        (["--table={db}.t", "--with={db}.u", "--rename=a"], 2, "OLD=NEW"),
        (["--table={db}.t", "--with={db}.u", "--ssl-ca=x"], 2, "--ssl"),
        (["--table={db}.t", "--with={db}.none"], 3, "[no-such-table]"),
        (["--table={db}.t", "--with={db}.keyless"], 3, "[no-shared-key]"),
        (["--table={db}.t", "--with={db}.other"], 3, "[no-shared-columns]"),
        (["--table={db}.t", "--with={db}.u", "--conf=/nowhere/x"], 2, "cannot be read"),
        (["--table={db}.t", "--with={db}.u", "--report-file=/nowhere/x"], 2, "cannot be written"),
    ],
)
def test_what_cannot_be_compared_is_said(
    verify: Command, mysql_server: TestServer, comparable: str, words: list[str], code: int, said: str
) -> None:
    ended = verify(mysql_server, comparable, *(word.format(db=comparable) for word in words))
    assert ended.code == code, ended
    assert said in ended.err
    assert "Traceback" not in ended.err


@pytest.fixture
def comparable(mysql_server: TestServer) -> str:
    database = mysql_server.fresh_database()
    two_tables(mysql_server, database, rows=2)
    mysql_server.execute("CREATE TABLE keyless (id int, a int)", db=database)
    mysql_server.execute("CREATE TABLE other (x int PRIMARY KEY)", db=database)
    return database


def test_a_user_who_may_only_read_can_compare(server: TestServer, database: str) -> None:
    two_tables(server, database, rows=3)
    server.execute(f"CREATE USER IF NOT EXISTS reader@'%' IDENTIFIED BY '{PASSWORD}'")
    try:
        server.execute(f"GRANT SELECT ON {database}.* TO reader@'%'")
        server.execute("ALTER TABLE u MODIFY b varchar(9)", db=database)
        words: list[Any] = [f"--host={server.host}", f"--port={server.port}", "--user=reader"]
        words += [f"--table={database}.t", f"--with={database}.u", "--settle-seconds=0.1"]
        ended = run(words, environment(PASSWORD), command="verify")
        assert ended.code == 0, ended
        assert "could not be compared, for only the server can convert them: b" in ended.out
    finally:
        server.execute("DROP USER reader@'%'")


@pytest.mark.parametrize("words", [["--password", "s3cret"], ["--password=s3cret"], ["--with-password", "s3cret"]])
def test_a_password_on_the_line_is_refused_and_not_repeated(words: list[str]) -> None:
    ended = run(["--table", "a.t", "--with", "b.t", *words], environment(), command="verify")
    assert ended.code == 2, ended
    assert "GHOSTSHIFT_PASSWORD" in ended.said
    assert "s3cret" not in ended.said
