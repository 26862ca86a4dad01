"""Invariants 5 and 6: one key that changes while it is applied, and keys that only the collation knows to be one."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from builders.directing import Directed, Director, Holder, fill, flag_file, helper, run, waits_for_lock
from builders.migrating import options
from ghostshift.core.delta import DeltaBuffer
from ghostshift.model.change import Keys
from ghostshift.model.errors import DataLossError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers import applier
from ghostshift.workers.copier import Copier
from plugins.server_pool import TestServer

STORIES = {
    "another-spelling-comes-back": ("DELETE FROM t WHERE k = 'A1'", "INSERT INTO t VALUES ('a1', -1)"),
    "accent": ("DELETE FROM t WHERE k = 'A1'", "INSERT INTO t VALUES ('ä1', -1)"),
    "respelled": ("UPDATE t SET k = 'a1' WHERE k = 'A1'",),
    "respelled-twice": ("UPDATE t SET k = 'Ä1' WHERE k = 'A1'", "UPDATE t SET k = 'a1' WHERE k = 'ä1'"),
    "respelled-and-gone": ("UPDATE t SET k = 'a1' WHERE k = 'A1'", "DELETE FROM t WHERE k = 'A1'"),
    "gone-came-gone": (
        "DELETE FROM t WHERE k = 'A1'",
        "INSERT INTO t VALUES ('a1', -1)",
        "DELETE FROM t WHERE k = 'Á1'",
    ),
    "moved-over": ("DELETE FROM t WHERE k = 'B1'", "UPDATE t SET k = 'b1' WHERE k = 'A1'"),
    "exchanged": (
        "UPDATE t SET k = 'zzz' WHERE k = 'A1'",
        "UPDATE t SET k = 'a1' WHERE k = 'B1'",
        "UPDATE t SET k = 'b1' WHERE k = 'zzz'",
    ),
    "trailing-blank": ("DELETE FROM t WHERE k = 'A1'", "INSERT INTO t VALUES ('A1  ', -1)"),
    "sharp-s": ("INSERT INTO t VALUES ('straße', 1)", "UPDATE t SET k = 'STRASSE' WHERE k = 'straße'"),
}
COLLATIONS = {
    "mysql": ("utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_0900_ai_ci"),
    "mariadb": ("utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_nopad_ci"),
}
KEYS = ("A1", "B1", "A2", "ß", "Z9")


def flavor_of(server: TestServer) -> str:
    return "mariadb" if server.flavor.startswith("mariadb") else "mysql"


def make_table(server: TestServer, database: str, collation: str) -> None:
    run(
        server,
        database,
        f"CREATE TABLE t (k varchar(20) CHARACTER SET utf8mb4 COLLATE {collation} NOT NULL, v int NOT NULL, "
        "PRIMARY KEY (k))",
        "INSERT INTO t VALUES " + ",".join(f"('{key}', {n})" for n, key in enumerate(KEYS)),
    )


def exact(server: TestServer, database: str, table: str) -> set[Any]:
    return set(server.execute(f"SELECT HEX(k), v FROM {table}", db=database))


@pytest.mark.parametrize("which", [0, 1, 2], ids=["general", "unicode", "newest-or-nopad"])
@pytest.mark.parametrize("together", ["", "one-transaction"], ids=["each-committed", "one-transaction"])
def test_i6_whatever_the_collation_calls_equal_ends_as_the_original_has_it(
    server: TestServer, database: str, director: Director, tmp_path: Path, which: int, together: str
) -> None:
    """All stories one after another on one table, once its copy is through."""
    make_table(server, database, COLLATIONS[flavor_of(server)][which])
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        for name, story in STORIES.items():
            connection = server.connect(database, autocommit=not together)
            with connection.cursor() as cursor:
                before = running.count("received")
                for statement in story:
                    cursor.execute(statement)
            connection.commit()
            running.await_settled(before + 1)
            # Owed once more: a later statement of the story may come in after the first was settled.
            running.wait(
                lambda: exact(server, database, "t") == exact(server, database, helper(server, "gho")),
                f"equality: {name}",
            )
            run(server, database, "DELETE FROM t")
            run(server, database, "INSERT INTO t VALUES " + ",".join(f"('{key}', {n})" for n, key in enumerate(KEYS)))
            connection.close()
    outcome = running.result()
    name = outcome.old_table
    assert exact(server, database, "t") == exact(server, database, name)


@pytest.mark.parametrize("name", ["another-spelling-comes-back", "respelled", "moved-over"])
def test_i3_i6_equal_keys_in_a_chunk_that_is_in_flight(
    server: TestServer, database: str, director: Director, name: str
) -> None:
    make_table(server, database, "utf8mb4_general_ci")
    run(server, database, "INSERT INTO t VALUES ('0', 0)")
    gate = director.gate(Copier, "_next")
    running = director.start(options(server, database))
    gate.await_reached()
    # The chunk will have read all, and wait for its first row: 'A1' sorts behind '0'.
    holder = Holder(server, database, f"INSERT INTO {helper(server, 'gho')} (k, v) VALUES ('0', 1)")
    gate.open()
    running.wait(lambda: waits_for_lock(server, "INSERT INTO"), "a chunk that waits")
    run(server, database, *STORIES[name])
    running.wait(lambda: running.count("deferred"), "keys put off")
    holder.rollback()
    outcome = running.result()
    assert exact(server, database, "t") == exact(server, database, outcome.old_table)


@pytest.mark.parametrize(
    "alter",
    [
        "MODIFY k varchar(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
        "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    ],
    ids=["case-insensitive-to-bin", "other-collation"],
)
def test_i6_the_ghosts_key_may_have_another_collation(
    server: TestServer, database: str, director: Director, tmp_path: Path, alter: str
) -> None:
    make_table(server, database, "utf8mb4_general_ci")
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, alter, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        for name in ("another-spelling-comes-back", "respelled-twice", "exchanged", "trailing-blank"):
            before = running.count("received")
            run(server, database, "DELETE FROM t WHERE k IN ('a1', 'b1')", "INSERT INTO t VALUES ('A1', 1), ('B1', 2)")
            run(server, database, *STORIES[name])
            running.await_settled(before + 3)
            running.wait(
                lambda: exact(server, database, "t") == exact(server, database, helper(server, "gho")),
                f"equality: {name}",
            )
    outcome = running.result()
    assert exact(server, database, "t") == exact(server, database, outcome.old_table)


def test_i6_a_key_that_is_looser_in_the_ghost_takes_no_other_row_along(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    make_table(server, database, "utf8mb4_bin")
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        alter = "MODIFY k varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL"
        running = director.start(options(server, database, alter, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        before = running.count("received")
        holder = Holder(server, database, "INSERT INTO t VALUES ('a1', -1)", "DELETE FROM t WHERE k = 'a1'")
        holder.run("UPDATE t SET k = 'a2', v = -2 WHERE k = 'A2'")
        holder.commit()
        running.await_settled(before + 4)
    outcome = running.result()
    assert exact(server, database, "t") == exact(server, database, outcome.old_table)


def test_i6_i7_a_key_that_is_looser_in_the_ghost_stops_at_two_rows_for_one(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    make_table(server, database, "utf8mb4_bin")
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        alter = "MODIFY k varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL"
        running = director.start(options(server, database, alter, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        run(server, database, "INSERT INTO t VALUES ('a1', -1)")
        with pytest.raises(DataLossError, match=r"a1.*A1|A1.*a1"):
            running.result(15)
    assert len(exact(server, database, "t")) == len(KEYS) + 1


def applied_while_it_changes(server: TestServer, database: str, director: Director, tmp_path: Path) -> Directed:
    """Row 5 changes, is applied, and changes again before that flush is settled."""
    fill(server, database, 10)
    path = flag_file(tmp_path / "postpone")
    with path as name:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=name)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        first = threading.Event()

        def once(*_: Any) -> bool:
            return not first.is_set()

        gate = director.gate(applier, "apply_keys", after=True, when=once)
        run(server, database, "UPDATE t SET v = 100 WHERE id = 5")
        gate.await_reached()
        first.set()
        before = running.count("received")
        run(server, database, "UPDATE t SET v = 200 WHERE id = 5")
        running.wait(lambda: running.count("received") > before)
        gate.open()
        running.wait(lambda: running.count("idle"))
    return running


def test_i5_a_key_that_changes_during_its_own_flush_is_applied_again(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    running = applied_while_it_changes(server, database, director, tmp_path)
    outcome = running.result()
    assert outcome.changes_applied >= 2
    assert server.execute("SELECT v FROM t WHERE id = 5", db=database)[0][0] == 200


def test_i5_forgotten_while_it_is_flushed_the_change_would_be_lost(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    put = DeltaBuffer.put

    def forgetful(self: DeltaBuffer, keys: Keys) -> None:
        flushing = self._flushing.keys if self._flushing is not None else {}
        if not set(keys.changed) & set(flushing):
            put(self, keys)
        else:
            self.received += len(keys.changed)

    director.replace(DeltaBuffer, "put", forgetful)
    running = applied_while_it_changes(server, database, director, tmp_path)
    running.result()
    assert server.execute("SELECT v FROM t WHERE id = 5", db=database)[0][0] == 100
