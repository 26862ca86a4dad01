"""AUTO_INCREMENT: no number is given twice, though its row came and went while the table was migrated."""

from __future__ import annotations

import pytest

from builders.directing import Director, run
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.workers.cutover_stage import Stage
from plugins.server_pool import TestServer


def make(server: TestServer, database: str) -> None:
    run(
        server,
        database,
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v int NOT NULL)",
        "INSERT INTO t (v) VALUES (1), (2), (3), (4)",
        "DELETE FROM t WHERE id = 4",
    )


def next_number(server: TestServer, database: str) -> int:
    connection = server.connect(database)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO t (v) VALUES (0)")
        number = int(cursor.lastrowid)
    connection.close()
    return number


@pytest.mark.parametrize("alter", ["ADD c int", "CHANGE id number bigint NOT NULL AUTO_INCREMENT"])
def test_numbers_of_rows_that_came_and_went_are_not_given_again(
    server: TestServer, database: str, director: Director, alter: str
) -> None:
    make(server, database)
    gate = director.gate(Stage, "_open")  # no look from outside comes later than this
    running = director.start(options(server, database, alter))
    gate.await_reached()
    run(server, database, "INSERT INTO t (v) VALUES (5), (6), (7)", "DELETE FROM t WHERE v > 3")
    gate.open()
    outcome = running.result()
    assert outcome.cut_over.slipped == 0
    assert next_number(server, database) == 8


def test_the_next_number_is_the_alters_where_it_sets_one(server: TestServer, database: str) -> None:
    make(server, database)
    run(server, database, "ALTER TABLE t AUTO_INCREMENT = 500")
    migrate(server, database, "ADD c int, AUTO_INCREMENT = 77")
    assert next_number(server, database) == 77


def test_a_new_numbered_column_begins_by_itself(server: TestServer, database: str) -> None:
    run(
        server,
        database,
        "CREATE TABLE t (k int NOT NULL PRIMARY KEY, v int NOT NULL)",
        "INSERT INTO t VALUES (10, 1), (20, 2)",
    )
    migrate(server, database, "ADD n int NOT NULL AUTO_INCREMENT UNIQUE")
    assert [row[0] for row in server.execute("SELECT n FROM t ORDER BY n", db=database)] == [1, 2]
