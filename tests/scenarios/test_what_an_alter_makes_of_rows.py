"""What becomes of the rows: the same as the server's own ALTER TABLE would make of them, or a clear no."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.directing import Director, flag_file, numbers, run
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.model.errors import DataLossError, Refused, StreamError
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


MISFITS = {
    "too long": ("varchar(9)", "'abcdef'", "MODIFY v varchar(3)"),
    "out of range": ("int", "300", "MODIFY v tinyint"),
    "null": ("int", "NULL", "MODIFY v int NOT NULL"),
    "letters": ("varchar(9)", "'\u65e5\u672c'", "MODIFY v varchar(9) CHARACTER SET latin1"),
    "enum": ("enum('a','b')", "'b'", "MODIFY v enum('a')"),
    "not a date": ("varchar(20)", "'tomorrow'", "MODIFY v date"),
}


def one_misfit(server: TestServer, database: str, name: str) -> str:
    """A table t of ten rows whose seventh does not fit what the ALTER, which is returned, wants."""
    kind, value, alter = MISFITS[name]
    run(
        server,
        database,
        f"CREATE TABLE t (id int NOT NULL PRIMARY KEY, v {kind}) CHARACTER SET utf8mb4",
        f"INSERT INTO t (id) SELECT n FROM ({numbers(10)}) numbers",
        f"UPDATE t SET v = {value} WHERE id = 7",
        *(["UPDATE t SET v = 1 WHERE id <> 7"] if name == "null" else []),
    )
    return alter


@pytest.mark.parametrize("name", MISFITS)
def test_a_value_that_does_not_fit_stops_and_nothing_is_swapped(server: TestServer, database: str, name: str) -> None:
    alter = one_misfit(server, database, name)
    before = server.execute("SELECT * FROM t ORDER BY id", db=database)
    with pytest.raises(DataLossError, match=r"rows of .* do not fit.*id=7.*Nothing was swapped"):
        migrate(server, database, alter)
    assert server.execute("SELECT * FROM t ORDER BY id", db=database) == before


@pytest.fixture
def lax(server: TestServer) -> Iterator[None]:
    """The server's own sql_mode is not strict, for the length of a test."""
    mode = server.execute("SELECT @@GLOBAL.sql_mode")[0][0]
    server.execute("SET GLOBAL sql_mode = ''")
    yield
    server.execute("SET GLOBAL sql_mode = %s", (mode,))


@pytest.mark.usefixtures("lax")
def test_on_a_lax_server_a_value_that_does_not_fit_is_changed_only_where_that_was_asked_for(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    alter = one_misfit(server, database, "too long")
    with pytest.raises(DataLossError, match="do not fit"):
        migrate(server, database, alter)
    lenient = {"initially_drop_ghost_table": True, "allow": Allowances(skip_strict_mode=True)}
    panic = {**lenient, "allow": Allowances(skip_strict_mode=True, panic_on_warnings=True)}
    with pytest.raises(DataLossError, match=r"the rows up to 10 of .*Warning 1265: Data truncated for column 'v'"):
        migrate(server, database, alter, **panic)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, alter, tunables=tunables, **lenient))
        running.await_phase(Phase.POSTPONED)
        run(server, database, "UPDATE t SET v = 'uvwxyz' WHERE id = 3")
        running.await_settled(1)
    outcome = running.result()
    assert outcome.warnings == ("2 times while writing: Data truncated for column 'v' (1265)",)
    assert server.execute("SELECT v FROM t WHERE id IN (3, 7) ORDER BY id", db=database) == (("uvw",), ("abc",))


@pytest.mark.usefixtures("lax")
def test_a_change_that_is_cut_short_stops_when_warnings_are_to(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    alter = one_misfit(server, database, "too long")
    run(server, database, "UPDATE t SET v = 'x'")
    panic = Allowances(skip_strict_mode=True, panic_on_warnings=True)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, alter, tunables=tunables, allow=panic))
        running.await_phase(Phase.POSTPONED)
        run(server, database, "UPDATE t SET v = 'uvwxyz' WHERE id = 3")
        with pytest.raises(DataLossError, match=r"the rows that changed meanwhile .*Warning 1265"):
            running.result(20)
    assert server.execute("SELECT v FROM t WHERE id = 3", db=database) == (("uvwxyz",),)


def test_a_note_stops_only_where_every_warning_does(server: TestServer, database: str) -> None:
    run(
        server,
        database,
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, v decimal(8,4) NOT NULL)",
        "INSERT INTO t VALUES (1, 1.2345)",
    )
    with pytest.raises(DataLossError, match="Note 1265"):
        migrate(server, database, "MODIFY v decimal(8,1) NOT NULL", allow=Allowances(panic_on_warnings=True))
    migrate(server, database, "MODIFY v decimal(8,1) NOT NULL", initially_drop_ghost_table=True)
    assert str(server.execute("SELECT v FROM t", db=database)[0][0]) == "1.2"


def test_zero_dates_of_the_rows_pass_and_as_a_default_they_want_to_be_allowed(mysql_server: TestServer) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    run(
        server,
        database,
        "SET SESSION sql_mode = ''",
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, d date NOT NULL)",
        "INSERT INTO t VALUES (1, '0000-00-00'), (2, '2026-00-10')",
    )
    alter = "ADD e date NOT NULL DEFAULT '0000-00-00'"
    with pytest.raises(Refused, match="Invalid default value for 'e'"):
        migrate(server, database, alter)
    migrate(server, database, alter, allow=Allowances(zero_in_date=True))
    assert server.execute("SELECT id, CAST(d AS CHAR), CAST(e AS CHAR) FROM t ORDER BY id", db=database) == (
        (1, "0000-00-00", "0000-00-00"),
        (2, "2026-00-10", "0000-00-00"),
    )


@pytest.fixture
def minimal(server: TestServer) -> Iterator[None]:
    """Row images are minimal, for the length of a test."""
    image = server.execute("SELECT @@GLOBAL.binlog_row_image")[0][0]
    server.execute("SET GLOBAL binlog_row_image = 'MINIMAL'")
    yield
    server.execute("SET GLOBAL binlog_row_image = %s", (image,))


@pytest.mark.usefixtures("minimal")
def test_a_key_that_minimal_images_may_lack_is_told_of_before_anything_is_copied(
    server: TestServer, database: str, director: Director, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(
        server,
        database,
        "CREATE TABLE t (id int NOT NULL, place int NOT NULL DEFAULT 5, v int, PRIMARY KEY (id, place))",
        "INSERT INTO t VALUES (1, 1, 1)",
    )
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        assert "`t` has columns with a default (place)" in caplog.text
        run(server, database, "INSERT INTO t (id, v) VALUES (2, 2)")
        with pytest.raises(StreamError, match="does not carry the columns of its key"):
            running.result(20)
