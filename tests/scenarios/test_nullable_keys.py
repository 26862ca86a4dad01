"""A unique key that may hold NULL: never by itself, and where it is allowed no row with NULL is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.directing import Directed, Director, Later, flag_file, run, wait_until
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.model.errors import DataLossError, Refused
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Allowances
from ghostshift.workers.copier import Copier
from ghostshift.workers.cutover_stage import Stage
from plugins.server_pool import TestServer

ALLOWED = Allowances(nullable_key=True)
COLUMNS = "a int, b varchar(9) NOT NULL, v int, UNIQUE KEY u (a, b)"
ROWS = ((1, "x", 1), (1, "y", 2), (2, "x", 3))


def make(server: TestServer, database: str) -> None:
    run(server, database, f"CREATE TABLE t ({COLUMNS})", "INSERT INTO t VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3)")


def test_it_is_refused_unless_it_is_allowed(server: TestServer, database: str) -> None:
    make(server, database)
    with pytest.raises(Refused, match=r"'u' \(a, b\), may hold NULL.*--allow-nullable-unique-key") as refused:
        migrate(server, database)
    assert refused.value.code == "nullable-key"
    assert server.execute("SHOW TABLES", db=database) == (("t",),)


def test_rows_are_followed_by_it_where_it_is_allowed(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    make(server, database)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables, allow=ALLOWED))
        running.await_phase(Phase.POSTPONED)
        run(
            server,
            database,
            "UPDATE t SET a = 7 WHERE v = 1",
            "DELETE FROM t WHERE v = 2",
            "INSERT INTO t VALUES (8, 'z', NULL)",
        )
        running.await_settled(4)
    running.result()
    assert server.execute("SELECT a, b, v, added FROM t ORDER BY a", db=database) == (
        (2, "x", 3, 7),
        (7, "x", 1, 7),
        (8, "z", None, 7),
    )


def test_a_row_with_null_stops_before_the_copy(server: TestServer, database: str) -> None:
    make(server, database)
    run(server, database, "INSERT INTO t VALUES (NULL, 'n', 4)")
    with pytest.raises(DataLossError, match=r"NULL in the unique key 'u'.*\(a=NULL, b='n'\)"):
        migrate(server, database, allow=ALLOWED)


@pytest.mark.parametrize("statement", ["INSERT INTO t VALUES (NULL, 'n', 4)", "UPDATE t SET a = NULL WHERE v = 3"])
def test_a_change_that_brings_null_stops(
    server: TestServer, database: str, director: Director, tmp_path: Path, statement: str
) -> None:
    make(server, database)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables, allow=ALLOWED))
        running.await_phase(Phase.POSTPONED)
        run(server, database, statement)
        with pytest.raises(DataLossError, match=r"\(a=NULL, b='[nx]'\).*Nothing was swapped"):
            running.result(20)
    assert len(server.execute("SELECT * FROM t", db=database)[0]) == 3


def test_a_row_with_null_that_the_log_does_not_tell_of_is_found_after_the_copy(
    server: TestServer, database: str, director: Director
) -> None:
    make(server, database)
    gate = director.gate(Copier, "_copy")
    running: Directed = director.start(options(server, database, allow=ALLOWED))
    gate.await_reached()
    run(server, database, "SET SESSION sql_log_bin = 0", "INSERT INTO t VALUES (NULL, 'n', 4)")
    gate.open()
    with pytest.raises(DataLossError, match=r"\(a=NULL, b='n'\)"):
        running.result(20)


def test_null_in_the_new_table_right_after_the_swap_stops_nothing(
    server: TestServer, database: str, director: Director
) -> None:
    """The key of the new table may hold NULL, and the application writes it as soon as it gets the table."""
    run(server, database, "CREATE TABLE t (id int NOT NULL, v int, UNIQUE KEY u (id))", "INSERT INTO t VALUES (1, 1)")
    gate = director.gate(Stage, "_drain")
    running = director.start(options(server, database, "MODIFY id int NULL"))
    gate.await_reached()
    waiting = Later(server, database, "INSERT INTO t VALUES (NULL, 2)")
    wait_until(lambda: waits_for_table(server, waiting.id), what="the application at the locked table")
    gate.open()
    assert running.result().swapped
    waiting.join()
    assert server.execute("SELECT * FROM t ORDER BY id", db=database) == ((None, 2), (1, 1))


def waits_for_table(server: TestServer, number: int) -> bool:
    """Whether this session waits for a table's metadata lock."""
    rows = server.execute("SHOW PROCESSLIST")
    return any(row[0] == number and "metadata lock" in str(row[6]) for row in rows)
