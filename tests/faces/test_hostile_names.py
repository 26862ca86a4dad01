"""Names, comments, keys and a user that try to break a statement, rule a terminal, forge a line or turn it around.

One table has them everywhere at once. It is planned, refused, rehearsed, migrated under writes and compared; what it is
called must arrive exactly where a program acts on it, and nothing of it may rule whatever a person looks at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from builders.faulty import eventually
from builders.hooking import Hooks
from builders.program import Child, ask, environment
from ghostshift.cli import main
from ghostshift.model.names import quote_name
from ghostshift.model.shown import shown
from ghostshift.sql.literals import text_literal
from plugins.server_pool import TestServer

RULING = "\x1b[2J\x9b\u202e\r"
SCHEMA = f"d`'\"\n{RULING}%"
TABLE = f"t`'\"\n2026 FATAL\\{RULING}%s[/b];"
KEY, VALUE = f"k`'{RULING}%(x)s", f'v"\n{RULING}\\'
INDEX, CHECK, TRIGGER = (f"{letter}`'\"\n{RULING}%s[/b]" for letter in "icg")
PARTITION = "p`\n\x1b"
ADDED = f"add`ed\n{RULING}."
COMMENT = f"ghostshift cut-over sentry'\"`\n{RULING}%s\N{GHOST}"
ROW = f"row'\"`\n{RULING}\\%s"
XID = "X'1b5b324a2727', X'0a2560', 7"
ASKING = {"mysql": "SYSTEM_VARIABLES_ADMIN, REPLICATION CLIENT", "mariadb": "BINLOG MONITOR"}
ALTER = f"ADD COLUMN {quote_name(ADDED)} int NOT NULL DEFAULT 7 COMMENT {text_literal(COMMENT)}"


@dataclass(frozen=True)
class Place:
    """A server, and who migrates there."""

    server: TestServer
    user: str

    @property
    def flags(self) -> list[str]:
        """Where to, and which table."""
        return [
            f"--host={self.server.host}", f"--port={self.server.port}", f"--user={self.user}", "--allow-on-master",
            f"--database={SCHEMA}", f"--table={TABLE}", "--throttle-additional-flag-file=", "--debug", "--stack",
            "--no-display", "--include-triggers", "--trigger-suffix=_2",
        ]  # fmt: skip

    def run(self, *statements: str) -> None:
        """Statements of the application."""
        connection = self.server.connect(SCHEMA)
        for statement in statements:
            connection.query(statement)
        connection.close()


@pytest.fixture
def place(server: TestServer) -> Iterator[Place]:
    user = f"u`'\"\n{RULING}%"
    account = f"{text_literal(user)}@'%'"
    schema, table, key, value = map(quote_name, (SCHEMA, TABLE, KEY, VALUE))
    there = Place(server, user)
    there.server.connect().query(f"CREATE DATABASE {schema}")
    try:
        there.run(
            f"CREATE USER {account} IDENTIFIED BY 'pw'",
            f"GRANT ALL PRIVILEGES ON {quote_name(SCHEMA.replace('%', chr(92) + '%'))}.* TO {account}",
            f"GRANT REPLICATION SLAVE, {ASKING[server.flavor.partition('-')[0]]}, PROCESS, SUPER ON *.* TO {account}",
            f"CREATE TABLE {table} ("
            f"{key} varchar(40) COLLATE utf8mb4_bin NOT NULL COMMENT {text_literal(COMMENT)}, {value} int NOT NULL, "
            f"PRIMARY KEY ({key}), KEY {quote_name(INDEX)} ({value}), "
            f"CONSTRAINT {quote_name(CHECK)} CHECK ({value} > -9)) CHARSET=utf8mb4 COMMENT {text_literal(COMMENT)} "
            f"PARTITION BY RANGE COLUMNS ({key}) (PARTITION {quote_name(PARTITION)} VALUES LESS THAN (MAXVALUE))",
            f"CREATE DEFINER={account} TRIGGER {quote_name(TRIGGER)} BEFORE INSERT ON {table} FOR EACH ROW "
            f"SET NEW.{value} = NEW.{value} + 0",
            f"INSERT INTO {table} VALUES ({text_literal(ROW)}, 1), ('plain', 1), ('gone', 3)",
        )
        yield there
    finally:
        there.server.connect().query(f"DROP DATABASE {schema}")
        there.server.connect().query(f"DROP USER IF EXISTS {account}")


def assert_harmless(where: str, text: str, *, lines: bool = True) -> None:
    """Fails where something in it would rule a terminal, or where a name has begun a line."""
    assert shown(text) == text, f"{where}: {text!r}"
    assert not lines or not [line for line in text.splitlines() if line.startswith("2026 FATAL")], where


class Program:
    """The command line in this process; all that it says is looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._streams = capsys
        monkeypatch.setenv("GHOSTSHIFT_PASSWORD", "pw")

    def __call__(self, code: int, *line: str) -> str:
        """Run it, and see that it ends with that code."""
        self._streams.readouterr()
        ended = main(line)
        said = self._streams.readouterr()
        for stream in said:
            assert_harmless(f"the answer to {line[0]}", stream)
        assert ended == code, said
        return said.out if "--json" in line else said.out + said.err


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(monkeypatch, capsys)


def strings(value: Any) -> Iterator[str]:
    """All texts in what a JSON text said."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings(list(value))
        yield from strings(list(value.values()))
    elif isinstance(value, Sequence):
        for one in value:
            yield from strings(one)


def test_what_is_only_looked_at(place: Place, program: Program) -> None:
    unique = f"--alter=ADD UNIQUE KEY {quote_name('u' + INDEX)} ({quote_name(VALUE)}), COMMENT={text_literal(COMMENT)}"
    assert "would go" in program(0, "plan", *place.flags, f"--alter={ALTER}")
    report = json.loads(program(0, "plan", *place.flags, f"--alter={ALTER}", "--json"))
    assert ALTER in report["alter"]
    assert any(TABLE.replace("`", "``") in text for text in strings(report))
    assert program(3, "plan", *place.flags, f"--alter=DROP COLUMN {quote_name(ADDED)}")
    assert program(3, "plan", *place.flags, f"--alter={ALTER}", f"--table={TABLE}x")
    place.run(f"ALTER TABLE {quote_name(TABLE)} REMOVE PARTITIONING")
    assert "rows" in program(5, "migrate", *place.flags, unique, "--execute", "--serve-socket-file=-")
    lossy = [*place.flags, unique, "--execute", "--serve-socket-file=-", "--allow-data-loss"]
    assert "but for what was lost" in program(0, "migrate", *lossy, "--initially-drop-ghost-table", "--no-resume")
    assert program(4, "migrate", *place.flags, f"--alter={ALTER}", f"--host={RULING}")
    assert program(2, "migrate", *place.flags, f"--alter=ADD {quote_name(ADDED)} int; {RULING}")
    assert program(2, "migrate", *place.flags, f"--{RULING}")


def test_it_is_migrated_as_any_other(place: Place, program: Program, tmp_path: Path) -> None:
    hooks, postpone, control = Hooks(tmp_path), tmp_path / "postpone", tmp_path / "s"
    table, key, value = map(quote_name, (TABLE, KEY, VALUE))
    words = [
        *place.flags, f"--alter={ALTER}", "--execute", f"--hooks-path={hooks.path}", "--hooks-status-interval=1",
        f"--postpone-cut-over-flag-file={postpone}", f"--serve-socket-file={control}", f"--hooks-hint={RULING}",
    ]  # fmt: skip
    with Child(words, tmp_path, environment("pw")) as child:
        child.until_says("State: postponing cut-over", 60.0)
        place.run(
            f"UPDATE {table} SET {value} = 2 WHERE {key} = {text_literal(ROW)}",
            f"XA START {XID}",
            f"DELETE FROM {table} WHERE {key} = 'gone'",
            f"XA END {XID}",
            f"XA PREPARE {XID}",
            f"XA COMMIT {XID}",
            f"INSERT INTO {table} VALUES ({text_literal(ROW + 'x')}, 9)",
        )
        for line in ("status", "info", f"throttle={TABLE}x", RULING, "applier"):
            assert_harmless(f"the answer to {line!r}", ask(control, line), lines=False)
        assert any(TABLE.replace("`", "``") in text for text in strings(json.loads(ask(control, "status-json"))))
        eventually(lambda: "status" in dict(hooks.ran()), child.said)
        postpone.unlink()
        ended = child.end()
    assert ended.code == 0, ended
    for stream in (ended.out, ended.err):
        assert_harmless("the program", stream)
    found = place.server.execute(f"SELECT * FROM {table} ORDER BY 1", db=SCHEMA)
    assert sorted(found) == sorted([("plain", 1, 7), (ROW, 2, 7), (ROW + "x", 9, 7)])
    ((_, ddl),) = place.server.execute(f"SHOW CREATE TABLE {table}", db=SCHEMA)
    assert all(quote_name(name) in ddl for name in (KEY, VALUE, INDEX, PARTITION, ADDED))
    triggers = {row[0] for row in place.server.execute("SHOW TRIGGERS", db=SCHEMA)}
    assert TRIGGER + "_2" in triggers
    for turn, variables in hooks.ran():
        assert variables["GH_OST_TABLE_NAME"] == TABLE
        assert variables["GH_OST_DATABASE_NAME"] == SCHEMA
        assert variables["GH_OST_DDL"] == ALTER
        assert_harmless(turn, variables.get("GH_OST_STATUS", ""))
    _compare(place, program, table)


def _compare(place: Place, program: Program, table: str) -> None:
    """The old table and the new one, by the command that compares."""
    names = {str(row[0]) for row in place.server.execute("SHOW TABLES", db=SCHEMA)}
    (old,) = (name for name in names if name.endswith("del"))
    place.run(f"UPDATE {table} SET {quote_name(VALUE)} = 77")
    there = [f"--table={SCHEMA}.{TABLE}", f"--with={SCHEMA}.{old}", "--settle-seconds=0.1", *place.flags[:3]]
    assert "DIFFER" in program(12, "verify", *there)
    found = json.loads(program(12, "verify", *there, "--json", "--quiet"))
    assert any(ROW in text or repr(ROW) in text for text in strings(found["shown"])), found["shown"]
    place.run(*(f"DROP TRIGGER {quote_name(TRIGGER + end)}" for end in ("", "_2")))  # they forbid a revert
    old_table = f"--old-table={old}"
    program(0, "revert", *place.flags, old_table, "--execute", "--serve-socket-file=-")
    assert ADDED not in str(place.server.execute(f"SHOW CREATE TABLE {table}", db=SCHEMA))
    values = place.server.execute(f"SELECT {quote_name(VALUE)} FROM {table}", db=SCHEMA)
    assert set(values) == {(77,)}
    connection = place.flags[:3]
    assert "finished" in program(0, "cleanup", *connection, "--old-tables", "--dry-run", f"--database={SCHEMA}")
    left = json.loads(program(0, "cleanup", *connection, "--json", "--old-tables", "--yes", f"--database={SCHEMA}"))
    assert any(TABLE.replace("`", "``") in text for text in strings(left))
    assert {row[0] for row in place.server.execute("SHOW TABLES", db=SCHEMA)} == {TABLE}
