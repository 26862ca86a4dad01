"""Whatever is wrong with a wish, the answer is an exit code and a sentence, and the server is as it was.

Three tables: lines that are wrong by themselves, wishes that a server answers with no, and grants that are missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from builders.faulty import PASSWORD
from builders.program import make_user, words
from ghostshift import cli
from plugins.server_pool import TestServer


class Nowhere:
    """A server that is none: a line that is wrong never gets so far as to ask it."""

    host, port, user = "127.0.0.1", 1, "nobody"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GHOSTSHIFT_")]:
        monkeypatch.delenv(name)


def migrate(capsys: pytest.CaptureFixture[str], *given: str) -> tuple[int, str]:
    """Run the command line in this process: the exit code, and the log."""
    code = cli.main(["migrate", *given])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert code == 0 or " FATAL " in shown.err
    return code, shown.err


# -- lines that are wrong by themselves

LINES: dict[str, list[str]] = {
    # what no flag is
    "flag provided but not defined: --executee; did you mean --execute?": ["--executee"],
    "flag provided but not defined: --no-such-flag": ["--no-such-flag=1"],
    "'stray' is no flag": ["stray", "--execute"],
    "'false' is no flag": ["--execute", "false"],
    "'--' is no flag": ["--"],
    "bad flag syntax: ---execute": ["---execute"],
    "flag needs an argument: --port": ["--port"],
    "--serve-tcp-port must be a port": ["--serve-tcp-port=99999"],
    "or address:port, not '0.0.0.0:-1'": ["--serve-tcp-port=0.0.0.0:-1"],
    "',' holds no address": ["--throttle-control-replicas=,"],
    "--statsd-tags must be key:value": ["--statsd-tags=plain"],
    "--postpone-cut-over-flag-file /nowhere/x cannot be made": ["--postpone-cut-over-flag-file=/nowhere/x"],
    # what is missing
    "--alter is missing": ["--alter="],
    "--database is missing": ["--database="],
    "--table is missing": ["--table= "],
    # values that are none
    "--port must be a whole number, not 'many'": ["--port=many"],
    "--port must be a whole number, not ''": ["--port="],
    "--port must be a whole number, not '1.5'": ["--port=1.5"],
    "--port must be between 1 and 65535, not 0": ["--port=0"],
    "--port must be between 1 and 65535, not 65536": ["--port=65536"],
    "--port must be between 1 and 65535, not -1": ["--port=-1"],
    "--chunk-size must be a whole number, not 'ten'": ["--chunk-size=ten"],
    "--chunk-size must be a whole number, not '1_000'": ["--chunk-size=1_000"],
    "--max-lag-millis must be a whole number, not '1e3'": ["--max-lag-millis=1e3"],
    "--cut-over-lock-timeout-seconds must be a whole number, not '3s'": ["--cut-over-lock-timeout-seconds=3s"],
    "--nice-ratio must be a number, not 'nan'": ["--nice-ratio=nan"],
    "--nice-ratio must be a number, not '0,5'": ["--nice-ratio=0,5"],
    "--mysql-timeout must be between": ["--mysql-timeout=-1"],
    "--replica-server-id must be between 0 and 4294967295": ["--replica-server-id=4294967296"],
    "--buffer-bytes must be between": ["--buffer-bytes=1"],
    "--copy-threads must be a whole number, not 'all'": ["--copy-threads=all"],
    "--resume and --no-resume exclude each other": ["--resume", "--no-resume"],
    "--execute is a switch: true or false, not 'perhaps'": ["--execute=perhaps"],
    "--execute is a switch: true or false, not ''": ["--execute="],
    "--cut-over is unknown": ["--cut-over=voluntary-lock"],
    "Error parsing load condition: Threads_running;": ["--max-load=Threads_running"],
    "Error parsing status variable in load condition: =5": ["--max-load==5"],
    "Error parsing status variable in load condition: a b=5": ["--critical-load=a b=5"],
    "Error parsing numeric value in load condition: x=1.5": ["--critical-load=x=1.5"],
    "Error parsing numeric value in load condition: y=": ["--max-load=x=1,y="],
    "'replica:many' is not an address": ["--throttle-control-replicas=replica:many"],
    "':3306' is not an address": ["--throttle-control-replicas=a,:3306"],
    "throttle-http must be a whole address": ["--throttle-http=throttle.example.com"],
    "--trigger-suffix may hold letters": ["--include-triggers", "--trigger-suffix=a b"],
    "--conf /nowhere.cnf cannot be read": ["--conf=/nowhere.cnf"],
    "--report-file /nowhere/x cannot be written": ["--report-file=/nowhere/x"],
    # wishes that exclude each other, or are half of one
    "--allow-on-master and --test-on-replica exclude": ["--test-on-replica"],
    "--allow-on-master and --migrate-on-replica exclude": ["--migrate-on-replica"],
    "--test-on-replica and --migrate-on-replica exclude": [
        "--allow-on-master=false",
        "--test-on-replica",
        "--migrate-on-replica",
    ],
    "--test-on-replica-skip-replica-stop needs --test-on-replica": ["--test-on-replica-skip-replica-stop"],
    "--switch-to-rbr and --assume-rbr exclude": ["--switch-to-rbr", "--assume-rbr"],
    "--master-user needs --assume-master-host": ["--master-user=u"],
    "--master-password needs --assume-master-host": ["--master-password=s3cret"],
    "--ssl-ca needs --ssl": ["--ssl-ca=/x.pem"],
    "--ssl-cert needs --ssl": ["--ssl-cert=/x.pem"],
    "--ssl-allow-insecure needs --ssl": ["--ssl-allow-insecure"],
    "--ssl-cert and --ssl-key belong together": ["--ssl", "--ssl-key=/x.pem"],
    "TLS files": ["--ssl", "--ssl-ca=/nowhere.pem"],
    "--trigger-suffix is missing: --include-triggers needs it": ["--include-triggers"],
    "--trigger-suffix needs --include-triggers": ["--trigger-suffix=_v2"],
    "--remove-trigger-suffix-if-exists needs": ["--remove-trigger-suffix-if-exists"],
    "--approve-renamed-columns and --skip-renamed-columns exclude": [
        "--approve-renamed-columns",
        "--skip-renamed-columns",
    ],
    "--old-table needs --revert": ["--old-table=_t_del"],
    "--revert and --no-resume exclude each other": ["--revert", "--no-resume"],
    # ALTERs that are none
    "--alter holds more than one statement": ["--alter=ADD a int; DROP TABLE t"],
    "--alter is empty": ["--alter=/* nothing */"],
    "--alter changes nothing": ["--alter=ALTER TABLE t"],
    "--alter must be an ALTER TABLE statement": ["--alter=ALTER DATABASE db CHARACTER SET latin1"],
    "this is not SQL that can be read": ["--alter=ADD a varchar(9) DEFAULT 'x"],
    "or only its options; it is 'DROP TABLE t'": ["--alter=DROP TABLE t"],
    "the ALTER is about 'other', but --table is 't'": ["--alter=ALTER TABLE other ADD a int"],
    "the ALTER is about 'elsewhere', but --database is 'db'": ["--alter=ALTER TABLE elsewhere.t ADD a int"],
}


@pytest.mark.parametrize("says", LINES)
def test_a_line_that_is_wrong_by_itself(capsys: pytest.CaptureFixture[str], says: str) -> None:
    code, err = migrate(capsys, *words(Nowhere, "db", serve_socket_file="-"), *LINES[says])
    assert says in err
    assert code == 2
    assert "s3cret" not in err


def test_a_file_that_is_no_ini(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("password = s3cret\n")
    code, err = migrate(capsys, *words(Nowhere, "db"), f"--conf={conf}")
    assert code == 2
    assert "is not an INI file" in err
    assert "s3cret" not in err


# -- wishes that a server answers with no


@dataclass(frozen=True)
class Case:
    """What is there, what is asked for, and the answer."""

    says: str
    """Part of the message; a word in brackets is the code of a refusal."""
    setup: tuple[str, ...] = ("CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int NOT NULL DEFAULT 5)",)
    flags: dict[str, Any] = field(default_factory=dict)
    code: int = 3
    flavor: str = ""
    """The only one that has such a thing."""


def alter(text: str, says: str, code: int = 3, **more: Any) -> Case:
    """An ALTER of an ordinary table."""
    return Case(says, flags={"alter": text}, code=code, **more)


def named(name: str, says: str, code: int = 3) -> Case:
    """A table that does not exist, by this name."""
    return Case(says, flags={"table": name}, code=code)


def there(name: str) -> Case:
    """A table of an odd name that does exist, and the rehearsal of its migration."""
    quoted = "`" + name.replace("`", "``") + "`"
    return Case("rehearsal", (f"CREATE TABLE {quoted} (id int PRIMARY KEY)",), {"table": name, "execute": None}, 0)


PARENT = "CREATE TABLE parent (id int PRIMARY KEY)"
PARTED = (
    (
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY) PARTITION BY RANGE (id) "
        "(PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)"
    ),
)

CASES: dict[str, Case] = {
    # who and where
    "wrong password": Case("1045", flags={"password": "wrong"}, code=4),
    "unknown user": Case("1045", flags={"user": "stranger"}, code=4),
    "nobody listens": Case("127.0.0.1:1", flags={"port": 1}, code=4),
    "no such host": Case("no-such-host.invalid", flags={"host": "no-such-host.invalid"}, code=4),
    "encryption without verification of a stranger": Case("cannot connect to", flags={"ssl": True}, code=4),
    # tables
    "no such variable": Case("[no-such-status-variable]", flags={"critical_load": "Thread_Running=9"}),
    "no such database": Case("[no-such-table]", flags={"database": "no_such_database"}),
    "no such table": Case("[no-such-table]", ()),
    "a view": Case("[not-a-table]", (PARENT, "CREATE VIEW t AS SELECT id FROM parent")),
    "MyISAM": Case("[engine]", ("CREATE TABLE t (id int PRIMARY KEY) ENGINE=MyISAM",)),
    "MEMORY": Case("[engine]", ("CREATE TABLE t (id int PRIMARY KEY) ENGINE=MEMORY",)),
    "no key": Case("[no-unique-key]", ("CREATE TABLE t (id int)",)),
    "no unique key": Case("[no-unique-key]", ("CREATE TABLE t (id int, KEY (id))",)),
    "FLOAT key": Case("[no-shared-key]", ("CREATE TABLE t (id float PRIMARY KEY)",)),
    "DOUBLE key": Case("[no-shared-key]", ("CREATE TABLE t (id double PRIMARY KEY)",)),
    "FLOAT in a key": Case("[no-shared-key]", ("CREATE TABLE t (id int, f float, PRIMARY KEY (id, f))",)),
    "nullable key": Case("[nullable-key]", ("CREATE TABLE t (id int NULL, UNIQUE KEY (id))",)),
    "key of a prefix": Case("[no-shared-key]", ("CREATE TABLE t (v varchar(50) NOT NULL, UNIQUE KEY (v(5)))",)),
    "key of an expression": Case(
        "[no-shared-key]", ("CREATE TABLE t (id int NOT NULL, UNIQUE KEY ((id + 1)))",), flavor="mysql"
    ),
    "referenced by a foreign key": Case(
        "[foreign-key-children]",
        ("CREATE TABLE t (id int PRIMARY KEY)",
         "CREATE TABLE child (id int PRIMARY KEY, t int, FOREIGN KEY (t) REFERENCES t (id))"),
    ),
    "has a foreign key": Case(
        "[foreign-key-parents]",
        (PARENT, "CREATE TABLE t (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES parent (id))"),
    ),
    "references itself": Case(
        "[foreign-key-", ("CREATE TABLE t (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES t (id))",)
    ),
    "triggers": Case(
        "[triggers]",
        ("CREATE TABLE t (id int PRIMARY KEY)", "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1"),
    ),
    "system-versioned": Case(
        "[system-versioned]", ("CREATE TABLE t (id int PRIMARY KEY) WITH SYSTEM VERSIONING",), flavor="mariadb"
    ),
    "a leftover ghost": Case(
        "--initially-drop-ghost-table",
        ("CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE _t_gho (mine int)", "CREATE TABLE t_gho (mine int)"),
    ),
    "a leftover old table": Case(
        "--initially-drop-old-table",
        ("CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE _t_del (mine int)", "CREATE TABLE t_del (mine int)"),
    ),
    "not allowed on the primary": Case("--allow-on-master", flags={"allow_on_master": None}),
    # names that are not there
    "backtick": named("a`b", "[no-such-table]"),
    "quotes": named("it's \"so\"", "[no-such-table]"),
    "space": named("two words", "[no-such-table]"),
    "reserved word": named("select", "[no-such-table]"),
    "another statement": named("t; DROP TABLE t", "[no-such-table]"),
    "wildcards": named("_", "[no-such-table]"),
    "64 characters": named("t" * 64, "[no-such-table]"),
    "65 characters": named("t" * 65, "[no-such-table]"),
    "a space at the end": named("t ", "[bad-name]"),
    "emoji": named("t😀", "[bad-name]"),
    "a zero byte": named("t\0", "[bad-name]"),
    # the same, but there: they are no hindrance
    "backtick, there": there("a`b"),
    "quotes, there": there("it's \"so\""),
    "space, there": there("two words"),
    "reserved word, there": there("select"),
    "64 characters, there": there("t" * 64),
    "umlauts, there": there("Größe"),
    "percent, there": there("100%s %(x)s"),
    # ALTERs
    "no SQL": alter("MAKE IT BETTER", "[alter-failed]"),
    "half an ALTER": alter("ADD COLUMN", "[alter-failed]"),
    "an unknown type": alter("ADD a intger", "[alter-failed]"),
    "a column that is there": alter("ADD COLUMN v int", "[alter-failed]"),
    "a column that is not there": alter("DROP COLUMN w", "[alter-failed]"),
    "an index over nothing": alter("ADD INDEX (w)", "[alter-failed]"),
    "RENAME TO": alter("RENAME TO other", "[alter-renames-table]"),
    "RENAME AS": alter("ADD a int, RENAME AS other", "[alter-renames-table]"),
    "RENAME": alter("RENAME other", "[alter-renames-table]"),
    "RENAME =": alter("RENAME = other", "[alter-renames-table]"),
    "drops the key": alter("DROP PRIMARY KEY", "[no-shared-key]"),
    "drops the key's column": alter("DROP COLUMN id", "[no-shared-key]"),
    "makes the key a text": alter("MODIFY id varchar(10)", "[no-shared-key]"),
    "makes the key a FLOAT": alter("MODIFY id float", "[no-shared-key]"),
    "another engine": alter("ENGINE=MyISAM", "[ghost-engine]"),
    "adds a foreign key": alter("ADD FOREIGN KEY (v) REFERENCES parent (id)", "[alter-adds-foreign-key]"),
    "ALTER IGNORE": alter("ALTER IGNORE TABLE t ADD UNIQUE (v)", "[alter-ignore]"),
    "drops a partition": alter("DROP PARTITION p0", "[alter-moves-data]", setup=PARTED),
    "truncates a partition": alter("TRUNCATE PARTITION p0", "[alter-moves-data]", setup=PARTED),
    "exchanges a partition": alter("EXCHANGE PARTITION p0 WITH TABLE x", "[alter-moves-data]", setup=PARTED),
    "discards the tablespace": alter("DISCARD TABLESPACE", "[alter-moves-data]"),
    "unique over what is not there yet": alter("ADD w int NOT NULL DEFAULT 1 UNIQUE", "[unique-on-new-values]"),
    "unique over duplicates": alter("ADD UNIQUE (v)", "cannot get the unique index", 5),
}  # fmt: skip


def remembered(server: TestServer, database: str) -> dict[str, object]:
    """Everything in a database: definitions, triggers, rows."""
    found: dict[str, object] = {"triggers": server.execute(f"SHOW TRIGGERS FROM `{database}`")}
    for name, kind in server.execute(f"SHOW FULL TABLES FROM `{database}`"):
        quoted = f"`{database}`.`{name.replace('`', '``')}`"
        word = "VIEW" if kind == "VIEW" else "TABLE"
        found[name] = server.execute(f"SHOW CREATE {word} {quoted}"), server.execute(f"SELECT * FROM {quoted}")
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_wish_that_the_server_answers_with_no(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    case = CASES[name]
    if case.flavor and case.flavor != server.flavor:
        pytest.skip(f"only {case.flavor} has that")
    for statement in case.setup:
        server.execute(statement, db=database)
    if case.setup == Case("").setup:
        server.execute("INSERT INTO t (id) VALUES (1), (2)", db=database)
    before = remembered(server, database)
    monkeypatch.setenv("GHOSTSHIFT_PASSWORD", server.password)
    wished = {"execute": True, "serve_socket_file": "-", "default_retries": 1, "mysql_timeout": 5, **case.flags}
    code, err = migrate(capsys, *words(server, str(wished.pop("database", database)), **wished))
    assert case.says in err
    assert code == case.code, err
    assert server.password not in err
    assert remembered(server, database) == before


# -- grants

TABLE_GRANTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "LOCK TABLES", "TRIGGER")
GLOBAL_GRANTS = ("REPLICATION SLAVE", "REPLICATION CLIENT")


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


@pytest.mark.parametrize("missing", [*TABLE_GRANTS, *GLOBAL_GRANTS, ""])
def test_a_missing_grant_is_named(
    server: TestServer,
    database: str,
    limited: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: str,
) -> None:
    server.execute(CASES["RENAME"].setup[0], db=database)
    make_user(server, limited, _grants(database, missing))
    before = remembered(server, database)
    monkeypatch.setenv("GHOSTSHIFT_PASSWORD", PASSWORD)
    flags = words(server, database, user=limited, execute=True if missing else None, serve_socket_file="-")
    code, err = migrate(capsys, *flags)
    if not missing:
        assert code == 0, err  # these grants suffice
        return
    name = "BINLOG MONITOR" if server.flavor == "mariadb" and missing == "REPLICATION CLIENT" else missing
    if missing == "SELECT":  # the server itself hides the table, or our question about it
        assert code in (3, 4), err
    else:
        assert code == 3, err
        assert "[missing-grants]" in err
    assert name in err
    lacking = err.partition("lacks ")[2].partition(";")[0].split(", ")
    assert not ({*TABLE_GRANTS, *GLOBAL_GRANTS} - {missing}) & set(lacking)
    assert PASSWORD not in err
    assert remembered(server, database) == before


def test_sixty_cases_and_more() -> None:
    assert len(LINES) + len(CASES) + len(TABLE_GRANTS) + len(GLOBAL_GRANTS) >= 140
