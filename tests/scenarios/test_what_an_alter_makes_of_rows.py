"""What becomes of the rows: the same as the server's own ALTER TABLE would make of them, or a clear no."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.directing import Director, flag_file, run
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.model.errors import Refused
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Allowances
from plugins.server_pool import TestServer

NEW = (
    "ADD i int NOT NULL, ADD u bigint unsigned NOT NULL, ADD d decimal(8,3) NOT NULL, ADD f double NOT NULL, "
    "ADD b bit(3) NOT NULL, ADD y year NOT NULL, ADD c char(3) NOT NULL, ADD s varchar(9) NOT NULL, "
    "ADD x text NOT NULL, ADD n varbinary(4) NOT NULL, ADD k binary(2) NOT NULL, ADD l blob NOT NULL, "
    "ADD e enum('p','q') NOT NULL, ADD m set('p','q') NOT NULL, ADD w time(2) NOT NULL FIRST"
)


def test_new_columns_without_a_default_begin_as_the_servers_own_alter_lets_them(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    alter = NEW + (
        ", ADD j json NOT NULL" if server.flavor == "mysql" else ", ADD j inet6 NOT NULL, ADD z uuid NOT NULL"
    )
    run(
        server,
        database,
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int NOT NULL)",
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
    )
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, alter, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        run(server, database, "UPDATE t SET v = -1 WHERE id = 1", "INSERT INTO t VALUES (4, 4)")
        running.await_settled(2)
    old = running.result().old_table
    run(
        server,
        database,
        f"CREATE TABLE own LIKE {old}",
        f"INSERT INTO own SELECT * FROM {old}",
        f"ALTER TABLE own {alter}",
    )
    rows = server.execute("SELECT * FROM t ORDER BY id", db=database)
    assert rows == server.execute("SELECT * FROM own ORDER BY id", db=database)
    assert len(rows) == 4


def test_a_new_date_without_a_default_wants_zero_dates_to_be_allowed(mysql_server: TestServer) -> None:
    database = mysql_server.fresh_database()
    run(mysql_server, database, "CREATE TABLE t (id int NOT NULL PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
    with pytest.raises(Refused, match=r"'d' of type date.*give --allow-zero-in-date") as refused:
        migrate(mysql_server, database, "ADD d date NOT NULL")
    assert refused.value.code == "no-default"
    assert mysql_server.execute("SHOW TABLES", db=database) == (("t",),)
    migrate(mysql_server, database, "ADD d date NOT NULL", allow=Allowances(zero_in_date=True))
    assert mysql_server.execute("SELECT id, CAST(d AS CHAR) FROM t", db=database) == (
        (1, "0000-00-00"),
        (2, "0000-00-00"),
    )


def test_the_values_of_a_renamed_column_are_copied_unless_they_are_to_be_skipped(
    server: TestServer, database: str
) -> None:
    run(
        server,
        database,
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int, b int)",
        "INSERT INTO t VALUES (1, 10, 20), (2, 30, 40)",
    )
    migrate(server, database, "CHANGE a c int, RENAME COLUMN b TO d", allow=Allowances(renamed_columns=True))
    assert server.execute("SELECT id, c, d FROM t ORDER BY id", db=database) == ((1, 10, 20), (2, 30, 40))
    skip = Allowances(skip_renamed_columns=True)
    migrate(
        server, database, "CHANGE c a int NOT NULL DEFAULT 5, RENAME COLUMN d TO b", allow=skip,
        initially_drop_old_table=True,
    )  # fmt: skip
    assert server.execute("SELECT id, a, b FROM t ORDER BY id", db=database) == ((1, 5, None), (2, 5, None))
