"""`--revert`: the old table comes back with all that was written since, and with what it alone knows."""

from __future__ import annotations

from typing import Any

import pytest

from builders.application import Application
from builders.directing import Director, helper, rows_of, run
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.api import migrate as start
from ghostshift.model.errors import DataLossError, MigrationError, Refused, StreamError, VerificationFailed
from ghostshift.model.options import Options
from ghostshift.model.outcome import Outcome
from ghostshift.model.settings import Recovery, Verification
from plugins.server_pool import TestServer


def back(server: TestServer, database: str, **more: Any) -> Options:
    """Options of a revert of table `t`."""
    return options(server, database, **{"alter": "", "recovery": Recovery(revert=True), **more})


def revert(server: TestServer, database: str, **more: Any) -> Outcome:
    return start(back(server, database, **more))


def make(server: TestServer, database: str, columns: str, *statements: str) -> None:
    run(server, database, f"CREATE TABLE t (id int NOT NULL PRIMARY KEY, {columns}) ENGINE=InnoDB", *statements)


def shape(server: TestServer, database: str) -> str:
    return str(server.execute("SHOW CREATE TABLE t", db=database)[0][1])


def test_all_that_was_written_since_comes_back_and_a_revert_can_be_reverted(server: TestServer, database: str) -> None:
    make(server, database, "v int NOT NULL, KEY (v)", "INSERT INTO t VALUES (1,1), (2,2), (3,3), (4,4)")
    before = shape(server, database)
    migrated = migrate(server, database)
    after = shape(server, database)
    run(
        server, database, "UPDATE t SET v = 20, added = 5 WHERE id = 2", "DELETE FROM t WHERE id = 3",
        "INSERT INTO t VALUES (9, 90, 3)", "UPDATE t SET id = 10 WHERE id = 4",
    )  # fmt: skip

    outcome = revert(server, database)

    assert outcome.reverted
    assert outcome.rows_copied == 0
    assert outcome.verification.verified
    assert migrated.old_table.endswith(f"`{helper(server, 'del')}`")
    assert outcome.old_table.endswith(f"`{helper(server, 'rev_del')}`")
    assert shape(server, database) == before
    assert rows_of(server, database) == [(1, 1), (2, 20), (9, 90), (10, 4)]

    run(server, database, "UPDATE t SET v = 11 WHERE id = 1")
    for line in (Recovery(revert=True), Recovery(revert=True, old_table=helper(server, "del"))):
        with pytest.raises(Refused, match="reverted-already"):
            revert(server, database, recovery=line)
    again = revert(server, database, recovery=Recovery(revert=True, old_table=helper(server, "rev_del")))

    assert (outcome.forward, again.forward) == (False, True)
    assert again.old_table.endswith(f"`{helper(server, 'del')}`")
    assert shape(server, database) == after
    assert rows_of(server, database, columns="id, v, added") == [(1, 11, 7), (2, 20, 5), (9, 90, 3), (10, 4, 7)]


def test_columns_that_were_dropped_come_back_with_their_values(server: TestServer, database: str) -> None:
    make(
        server, database,
        "v int NOT NULL, u int NOT NULL, c varchar(20) NOT NULL DEFAULT 'none', "
        "w timestamp(6) NOT NULL DEFAULT '2001-02-03 04:05:06' ON UPDATE CURRENT_TIMESTAMP(6), "
        "g int AS (v + 1), UNIQUE KEY (u)",
        "INSERT INTO t (id, v, u, c) VALUES (1,1,1,'one'), (2,2,2,'two'), (3,3,3,'three'), (4,4,4,'four'), "
        "(5,5,5,'five'), (6,6,6,'six'), (7,7,7,'seven')",
    )  # fmt: skip
    migrate(server, database, "DROP COLUMN c, ADD COLUMN more int NOT NULL DEFAULT 1")
    run(
        server, database,
        "UPDATE t SET v = 20 WHERE id = 2", "DELETE FROM t WHERE id = 3", "INSERT INTO t (id, v, u) VALUES (9, 9, 9)",
        "DELETE FROM t WHERE id = 4", "INSERT INTO t (id, v, u) VALUES (4, 44, 4)",  # another row of that key
        "UPDATE t SET u = -1 WHERE id = 5", "UPDATE t SET u = 5 WHERE id = 6", "UPDATE t SET u = 6 WHERE id = 5",
        "UPDATE t SET u = 7 WHERE id = 9 AND u = (SELECT 9 FROM (SELECT 1) x) AND NOT EXISTS (SELECT 1)",
        "UPDATE t SET u = 70 WHERE id = 7", "INSERT INTO t (id, v, u) VALUES (8, 8, 7)",
    )  # fmt: skip
    times = rows_of(server, database, columns="id, w")

    outcome = revert(server, database)

    assert outcome.verification.verified
    assert rows_of(server, database, columns="id, v, u, c, g") == [
        (1, 1, 1, "one", 2), (2, 20, 2, "two", 21), (4, 44, 4, "none", 45), (5, 5, 6, "five", 6), (6, 6, 5, "six", 7),
        (7, 7, 70, "seven", 8), (8, 8, 7, "none", 9), (9, 9, 9, "none", 10),
    ]  # fmt: skip
    assert rows_of(server, database, columns="id, w") == times


def test_what_the_alter_cut_or_rounded_is_as_it_was_in_rows_that_did_not_change(
    server: TestServer, database: str
) -> None:
    make(
        server, database, "a decimal(8,4) NOT NULL, b varchar(20) NOT NULL, n int NOT NULL",
        "INSERT INTO t VALUES (1, 1.2345, 'one  ', 1), (2, 2.3456, 'two  ', 2)",
    )  # fmt: skip
    migrate(server, database, "MODIFY a decimal(8,2) NOT NULL, CHANGE b c char(20) NOT NULL, MODIFY n bigint NOT NULL")
    run(server, database, "UPDATE t SET n = 20 WHERE id = 2")

    outcome = revert(server, database)

    found = [(i, float(a), b, n) for i, a, b, n in rows_of(server, database, columns="id, a, b, n")]
    assert found == [(1, 1.2345, "one  ", 1), (2, 2.35, "two", 20)]
    assert set(outcome.verification.uncompared) == {"a", "b"}
    assert outcome.verification.verified


def test_what_does_not_fit_the_old_table_is_named_and_can_be_mended(server: TestServer, database: str) -> None:
    make(server, database, "v smallint NOT NULL, KEY (v)", "INSERT INTO t VALUES (1, 1), (2, 2)")
    migrate(server, database, "MODIFY v int NOT NULL")
    run(server, database, "UPDATE t SET v = 70000 WHERE id = 2")

    with pytest.raises(DataLossError, match=r"v.*id=2"):
        revert(server, database)
    assert rows_of(server, database) == [(1, 1), (2, 70000)]

    run(server, database, "UPDATE t SET v = 7000 WHERE id = 2")
    assert revert(server, database).reverted
    assert rows_of(server, database) == [(1, 1), (2, 7000)]


@pytest.mark.parametrize("dropped", ["DROP INDEX u", "DROP INDEX u, DROP COLUMN c"])
def test_i7_rows_that_clash_in_the_old_table_are_named(server: TestServer, database: str, dropped: str) -> None:
    make(server, database, "v int NOT NULL, c int, UNIQUE KEY u (v)", "INSERT INTO t VALUES (1, 1, 10), (2, 2, 20)")
    migrate(server, database, dropped)
    run(server, database, "UPDATE t SET v = 1 WHERE id = 2")
    with pytest.raises(DataLossError, match=r"u'"):
        revert(server, database)
    run(server, database, "UPDATE t SET v = 2 WHERE id = 1")
    assert revert(server, database).reverted
    assert rows_of(server, database) == [(1, 2), (2, 1)]


def test_whoever_wrote_to_the_old_table_is_found_out(server: TestServer, database: str) -> None:
    make(server, database, "v int NOT NULL", "INSERT INTO t VALUES (1, 1), (2, 2)")
    migrate(server, database)
    run(server, database, f"UPDATE {helper(server, 'del')} SET v = 3 WHERE id = 1")
    with pytest.raises(StreamError, match="written to"):
        revert(server, database)
    with pytest.raises(Refused, match="revert-hopeless"):
        revert(server, database)
    assert rows_of(server, database) == [(1, 1), (2, 2)]


def test_a_difference_that_no_change_explains_ends_it_and_nothing_is_mended(server: TestServer, database: str) -> None:
    make(server, database, "v int NOT NULL", "INSERT INTO t VALUES (1, 1), (2, 2)")
    migrate(server, database)
    run(server, database, "SET sql_log_bin = 0", f"UPDATE {helper(server, 'del')} SET v = 3 WHERE id = 1")
    for _ in range(2):  # what is found equal by the first is compared again by the second
        with pytest.raises(VerificationFailed, match="id=1") as caught:
            revert(server, database)
        assert "give the same command again; with --no-verify" in " ".join(caught.value.__notes__)
    assert rows_of(server, database, helper(server, "del")) == [(1, 3), (2, 2)]
    outcome = revert(server, database, verification=Verification(skip=True))
    assert outcome.reverted
    assert not outcome.verification.verified
    assert rows_of(server, database) == [(1, 3), (2, 2)]


def test_a_row_that_differs_is_brought_over_by_a_change_and_the_same_command_goes_on(
    server: TestServer, database: str
) -> None:
    make(server, database, "v int NOT NULL", "INSERT INTO t VALUES (1, 1), (2, 2)")
    migrate(server, database)
    run(server, database, "SET sql_log_bin = 0", f"UPDATE {helper(server, 'del')} SET v = 3 WHERE id = 1")
    with pytest.raises(VerificationFailed, match="id=1"):
        revert(server, database)
    run(server, database, "UPDATE t SET v = 4 WHERE id = 1")
    assert revert(server, database).verification.verified
    assert rows_of(server, database) == [(1, 4), (2, 2)]


@pytest.mark.parametrize("alter", ["ADD COLUMN added int NOT NULL DEFAULT 7", "DROP COLUMN c"])
def test_an_application_that_goes_on_writing_loses_nothing(
    server: TestServer, database: str, director: Director, alter: str
) -> None:
    with Application(server, database, 200, pause=0.001).make("ADD COLUMN c int NOT NULL DEFAULT 5") as application:
        migrate(server, database, alter)
        before = application.writes
        outcome = director.start(back(server, database)).result()
        assert application.writes > before
    assert outcome.verification.verified
    application.assert_kept()
    assert "added" not in shape(server, database)
    assert "`c`" in shape(server, database)


def test_what_cannot_be_reverted_is_refused_by_name(server: TestServer, database: str) -> None:
    make(server, database, "v int NOT NULL", "INSERT INTO t VALUES (1, 1), (2, 2)")

    def refused(code: str, **more: Any) -> None:
        with pytest.raises(Refused) as caught:
            revert(server, database, **more)
        assert caught.value.code == code

    refused("revert-no-checkpoint")
    migrate(server, database)
    old = helper(server, "del")
    refused("revert-other-old-table", recovery=Recovery(revert=True, old_table="_other_del"))
    run(server, database, f"CREATE TABLE {helper(server, 'rev_del')} (a int)")
    refused("leftover-table")
    run(server, database, f"CREATE TRIGGER x AFTER INSERT ON {old} FOR EACH ROW SET @a = 1")
    refused("revert-triggers", initially_drop_old_table=True)
    run(server, database, "DROP TRIGGER x", f"RENAME TABLE {old} TO elsewhere, {helper(server, 'rev_del')} TO {old}")
    refused("revert-other-tables")
    run(server, database, f"DROP TABLE {old}", f"RENAME TABLE elsewhere TO {old}", "ALTER TABLE t ADD KEY (v)")
    refused("revert-altered")
    assert rows_of(server, database) == rows_of(server, database, old)


def test_a_rehearsal_says_what_would_be_done_and_touches_nothing(server: TestServer, database: str) -> None:
    make(server, database, "v int NOT NULL, c decimal(6,3)", "INSERT INTO t VALUES (1, 1, 1.234), (2, 2, NULL)")
    migrate(server, database, "DROP COLUMN v, MODIFY c decimal(6,1)")
    run(server, database, "UPDATE t SET c = 5 WHERE id = 1")

    def all_there() -> list[Any]:
        names = sorted(str(row[0]) for row in server.execute("SHOW TABLES", db=database))
        return [(name, server.execute(f"CHECKSUM TABLE {name}", db=database)[0][1]) for name in names]

    before = all_there()
    outcome = revert(server, database, execute=False)
    assert not outcome.swapped
    assert all_there() == before
    for line in ("kept     v", "unsure   c", f"ghost    `{database}`.`{helper(server, 'del')}`"):
        assert line in outcome.plan


def test_a_migration_that_is_refused_takes_nothing_from_the_one_before(server: TestServer, database: str) -> None:
    make(server, database, "v int NOT NULL", "INSERT INTO t VALUES (1,1), (2,2)")
    before = shape(server, database)
    migrate(server, database)
    checkpoint = f"SELECT * FROM {helper(server, 'ghk')}"
    noted = server.execute(checkpoint, db=database)
    for recovery in (Recovery(), Recovery(anew=True)):
        with pytest.raises(Refused, match="--initially-drop-old-table"):
            start(options(server, database, "ADD COLUMN other int", recovery=recovery))
    assert server.execute(checkpoint, db=database) == noted
    revert(server, database)
    assert shape(server, database) == before


def test_what_bears_the_ghosts_name_after_a_migration_is_somebody_elses(server: TestServer, database: str) -> None:
    make(server, database, "v int NOT NULL", "INSERT INTO t VALUES (1,1), (2,2)")
    migrate(server, database)
    ghost, old = helper(server, "gho"), helper(server, "del")
    made = f"CREATE TABLE {ghost} (precious int)", f"INSERT INTO {ghost} VALUES (7)"
    run(server, database, f"DROP TABLE {old}", *made)
    for execute in (False, True):
        for recovery in (Recovery(), Recovery(anew=True)):
            again = options(server, database, "ADD COLUMN other int", recovery=recovery, execute=execute)
            with pytest.raises(Refused, match="--initially-drop-ghost-table"):
                start(again)
    assert server.execute(f"SELECT precious FROM {ghost}", db=database) == ((7,),)


def test_an_old_table_is_dropped_only_for_a_migration_that_the_server_will_have(
    server: TestServer, database: str
) -> None:
    make(server, database, "v int NOT NULL, w int NOT NULL", "INSERT INTO t VALUES (1,1,10), (2,2,20)")
    migrate(server, database, "DROP COLUMN w")
    for alter in ("DROP COLUMN nowhere", "ADD COLUMN z nosuchtype"):
        with pytest.raises(MigrationError):
            start(options(server, database, alter, initially_drop_old_table=True))
    revert(server, database)
    assert server.execute("SELECT id, v, w FROM t ORDER BY id", db=database) == ((1, 1, 10), (2, 2, 20))


def test_the_same_rebuild_given_again_is_done_again(server: TestServer, database: str) -> None:
    make(server, database, "v int NOT NULL", "INSERT INTO t VALUES (1,1), (2,2)")
    migrate(server, database, "ENGINE=InnoDB")
    with pytest.raises(Refused, match="--initially-drop-old-table"):
        start(options(server, database, "ENGINE=InnoDB"))
    again = start(options(server, database, "ENGINE=InnoDB", initially_drop_old_table=True))
    assert (again.swapped, again.rows_copied) == (True, 2)
