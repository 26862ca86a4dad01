"""MariaDB: a ghost that is filled without its AUTO_INCREMENT, so that no thread waits for numbers that are all given.

In the end it is the table that the ALTER has made, to the letter, and nothing else is left.
"""

from __future__ import annotations

import threading

import pymysql
import pytest

from builders.application import Application
from builders.directing import Director
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.core import loosening as rules
from ghostshift.model.errors import CutOverFailed, MigrationError, StreamError
from ghostshift.mysql.session import Session
from ghostshift.workers import loosening
from ghostshift.workers.copier import Copier
from plugins.server_pool import TestServer

ALTER = "ADD COLUMN added int NOT NULL DEFAULT 7, COMMENT = 'said'"
SHAPE = (
    "(id int unsigned NOT NULL AUTO_INCREMENT COMMENT 'AUTO_INCREMENT', v varchar(40) NOT NULL CHECK (v <> 'x'), "
    "w bigint AS (id * 2) VIRTUAL, b blob, PRIMARY KEY (id), KEY v (v(10)), UNIQUE KEY both_of (v, id)) "
    "ENGINE=InnoDB ROW_FORMAT={}"
)


@pytest.fixture
def worth(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the table is."""
    monkeypatch.setattr(rules, "WORTH_BYTES", 0)


@pytest.fixture
def schema(mariadb_server: TestServer) -> str:
    return mariadb_server.fresh_database()


def created(server: TestServer, schema: str, table: str) -> str:
    return str(server.execute(f"SHOW CREATE TABLE {table}", db=schema)[0][1]).partition("(")[2]


def tables(server: TestServer, schema: str) -> set[str]:
    return {str(row[0]) for row in server.execute("SHOW TABLES", db=schema)}


def fill(server: TestServer, schema: str, row_format: str = "DYNAMIC") -> None:
    for table in ("t", "expected"):
        server.execute(f"CREATE TABLE {table} {SHAPE.format(row_format)}", db=schema)
        server.execute(f"INSERT INTO {table} (id, v, b) SELECT seq * 3, seq, 'b' FROM seq_1_to_300", db=schema)
        server.execute(f"DELETE FROM {table} WHERE id > 870", db=schema)
        server.execute(f"ANALYZE TABLE {table}", db=schema)


@pytest.mark.parametrize("row_format", ["DYNAMIC", "COMPRESSED"])
@pytest.mark.usefixtures("worth")
def test_in_the_end_it_is_what_the_servers_own_alter_makes(
    mariadb_server: TestServer, schema: str, director: Director, row_format: str
) -> None:
    server = mariadb_server
    fill(server, schema, row_format)
    gate = director.gate(Copier, "run")
    running = director.start(options(server, schema, ALTER))
    gate.await_reached()
    assert "NOT NULL AUTO_INCREMENT" not in created(server, schema, "t_gho")
    assert "NOT NULL AUTO_INCREMENT" in created(server, schema, "t_ghs")
    gate.open()
    outcome = running.result()
    assert (outcome.swapped, outcome.verification.rows) == (True, 290)
    server.execute(f"ALTER TABLE expected {ALTER}, ALGORITHM=COPY", db=schema)
    assert created(server, schema, "t") == created(server, schema, "expected")
    assert "AUTO_INCREMENT=901" in created(server, schema, "t")
    for table in ("t", "expected"):
        server.execute(f"INSERT INTO {table} (v) VALUES ('the next number')", db=schema)
    sums = server.execute("CHECKSUM TABLE t, expected EXTENDED", db=schema)
    assert sums[0][1] == sums[1][1]
    assert tables(server, schema) == {"t", "expected", "t_del", "t_ghk"}


@pytest.mark.usefixtures("worth")
def test_changes_keep_coming_while_the_rows_move(mariadb_server: TestServer, schema: str) -> None:
    """The application writes all the while; the next number is not one that was given."""
    server = mariadb_server
    with Application(server, schema, 600).make("MODIFY id int NOT NULL AUTO_INCREMENT") as application:
        migrate(server, schema, ALTER)
        server.execute("UPDATE t SET v = CONCAT(v, '')", db=schema)
    application.assert_kept()
    server.execute("INSERT INTO t (v) VALUES ('new')", db=schema)
    (number,) = server.execute("SELECT id FROM t WHERE v = 'new'", db=schema)[0]
    assert number == max(application.rows) + 1
    assert "t_ghs" not in tables(server, schema)


@pytest.mark.usefixtures("worth")
def test_a_server_that_will_not_have_the_form_gets_the_ghost_as_ever(
    mariadb_server: TestServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the trial with empty tables is refused; nothing is left of it."""
    server = mariadb_server
    fill(server, schema)
    monkeypatch.setattr("ghostshift.sql.loosening.PARTITION", "p1")
    assert migrate(server, schema, ALTER).swapped
    assert tables(server, schema) == {"t", "expected", "t_del", "t_ghk"}


@pytest.mark.usefixtures("worth")
def test_a_shell_that_somebody_has_changed_stops_the_migration(
    mariadb_server: TestServer, schema: str, director: Director
) -> None:
    server = mariadb_server
    fill(server, schema)
    gate = director.gate(Copier, "run")
    running = director.start(options(server, schema, ALTER))
    gate.await_reached()
    server.execute("ALTER TABLE t_ghs DROP KEY v", db=schema)
    gate.open()
    with pytest.raises(MigrationError, match="is not what the ALTER had made of it"):
        running.result()
    assert len(server.execute("SELECT id FROM t", db=schema)) == 290


@pytest.mark.usefixtures("worth")
def test_i10_what_somebody_else_does_to_the_ghost_still_stops_it(
    mariadb_server: TestServer, schema: str, director: Director
) -> None:
    """The statements of ours are known word for word, and no other one like them is."""
    server = mariadb_server
    fill(server, schema)
    gate = director.gate(loosening, "_sealed")
    running = director.start(options(server, schema, ALTER))
    gate.await_reached()
    server.execute("CREATE TABLE foreign_one LIKE t_ghs", db=schema)
    server.execute("ALTER TABLE t_gho EXCHANGE PARTITION p0 WITH TABLE foreign_one", db=schema)
    with pytest.raises((StreamError, CutOverFailed)):
        running.result()
    gate.open()


@pytest.mark.usefixtures("worth")
def test_two_statements_that_fill_it_do_not_wait_for_each_other(
    mariadb_server: TestServer, schema: str, director: Director
) -> None:
    """As they do with the attribute: the server is as the whole thing takes it to be."""
    server = mariadb_server
    fill(server, schema)
    server.execute("CREATE TABLE with_numbers LIKE t", db=schema)
    gate = director.gate(Copier, "run")
    running = director.start(options(server, schema, ALTER))
    gate.await_reached()
    assert not _waits(server, schema, "t_gho")
    assert _waits(server, schema, "with_numbers")
    server.execute("DELETE FROM t_gho", db=schema)
    gate.open()
    assert running.result().swapped


def _waits(server: TestServer, schema: str, table: str) -> bool:
    """Whether an INSERT … SELECT waits for another one of other rows, which a lock of ours holds up in its midst."""
    holder, slow, other = (server.connect(schema) for _ in range(3))
    insert = "INSERT INTO {} (id, v) SELECT seq, IF(seq = {}, GET_LOCK('held', 20), 'w') FROM seq_{}_to_{}"
    with holder.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK('held', 0)")
    thread = threading.Thread(target=lambda: slow.query(insert.format(table, 5001, 5000, 5002)))
    thread.start()
    with holder.cursor() as cursor:
        while not cursor.execute("SELECT 1 FROM information_schema.processlist WHERE state = 'User lock'"):
            pass
    try:
        with other.cursor() as cursor:
            cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
            cursor.execute(insert.format(table, 0, 6000, 6002))
    except pymysql.err.OperationalError as error:
        return bool(error.args[0] == 1205)
    finally:
        with holder.cursor() as cursor:
            cursor.execute("SELECT RELEASE_LOCK('held')")
        thread.join()
        for connection in (holder, slow, other):
            connection.close()
    return False


def test_a_small_table_is_not_worth_it(
    mariadb_server: TestServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    run = Session._run

    def seen(session: Session, statement: str) -> None:
        said.append(statement)
        run(session, statement)

    monkeypatch.setattr(Session, "_run", seen)
    fill(mariadb_server, schema)
    migrate(mariadb_server, schema, ALTER)
    assert said
    assert not any("t_ghs` LIKE" in statement or "EXCHANGE" in statement for statement in said)
