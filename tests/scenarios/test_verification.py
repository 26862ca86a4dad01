"""The ghost is compared with the original while both are live: what is wrong is found, named, healed, nothing else.

The damages are planted behind the migration's back; the judge is a plain comparison of the tables after the swap.
"""

from __future__ import annotations

import random
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from builders.damage import COLUMNS, keys_of, migrate_damaged
from builders.directing import (
    Directed,
    Director,
    Holder,
    assert_same,
    fill,
    flag_file,
    helper,
    rows_of,
    run,
    wait_until,
)
from builders.migrating import options
from builders.migrating import run as migrate
from ghostshift.core import verifying
from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.throttling import Verdict
from ghostshift.core.verifying import Suspects, VerifyProgress
from ghostshift.model.errors import VerificationFailed
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Verification
from ghostshift.workers.comparer import Comparer
from ghostshift.workers.verifier import Verifier
from plugins.server_pool import TestServer


def progress(running: Directed) -> VerifyProgress:
    return running.board.get(VerifyProgress, VerifyProgress())


def test_every_planted_damage_is_found_named_and_healed(
    server: TestServer, database: str, director: Director, caplog: pytest.LogCaptureFixture
) -> None:
    seed = random.randrange(1 << 30)
    sys.stdout.write(f"seed {seed}\n")
    outcome, wrong = migrate_damaged(server, database, director, rows=6000, damages=42, seed=seed)
    assert outcome.verification.verified
    assert keys_of(outcome.verification.wrong) == wrong.keys()
    assert outcome.verification.repaired == len(wrong) >= 42
    assert all(any(f"(id={key})" in text for text in caplog.messages) for key in wrong)
    assert_same(server, outcome, database, columns=", ".join(COLUMNS))


def test_a_row_that_does_not_heal_stops_before_the_swap(server: TestServer, database: str, director: Director) -> None:
    fill(server, database, 500)
    held = director.gate(Verifier, "_compare_next")
    running = director.start(options(server, database))
    running.await_phase(Phase.VERIFYING)
    ghost = helper(server, "gho")
    run(
        server,
        database,
        "SET sql_log_bin = 0",
        f"CREATE TRIGGER spoil BEFORE INSERT ON {ghost} FOR EACH ROW SET NEW.v = IF(NEW.id = 77, -1, NEW.v)",
        f"UPDATE {ghost} SET v = 0 WHERE id IN (77, 78)",
    )
    held.open()
    with pytest.raises(VerificationFailed) as failure:
        running.result()
    assert "(id=77)" in str(failure.value)
    assert "(id=78)" not in str(failure.value)
    assert f"{database}`.`t`" in str(failure.value)
    assert any("DROP TABLE" in note for note in failure.value.__notes__)
    assert rows_of(server, database) == [(n, n) for n in range(1, 501)]
    assert dict(rows_of(server, database, ghost))[78] == 78


def test_only_to_verify_swaps_nothing_and_leaves_nothing(server: TestServer, database: str, director: Director) -> None:
    fill(server, database, 500)
    held = director.gate(Verifier, "_compare_next")
    running = director.start(options(server, database, verification=Verification(only=True)))
    running.await_phase(Phase.VERIFYING)
    run(server, database, "SET sql_log_bin = 0", f"DELETE FROM {helper(server, 'gho')} WHERE id = 5")
    run(server, database, "UPDATE t SET v = -v WHERE id = 6")
    held.open()
    outcome = running.result()
    assert (outcome.swapped, outcome.compared_only, outcome.old_table) == (False, True, "")
    assert outcome.verification.verified
    assert keys_of(outcome.verification.wrong) == {5}
    assert server.execute("SHOW TABLES", db=database) == (("t",),)
    assert [name for name, *_ in server.execute("SHOW COLUMNS FROM t", db=database)] == ["id", "v"]


def test_without_verification_the_outcome_says_so(server: TestServer, database: str) -> None:
    fill(server, database, 10)
    outcome = migrate(server, database, verification=Verification(skip=True))
    assert outcome.swapped
    assert not outcome.verification.verified
    assert outcome.verification.rows == 0


@pytest.mark.parametrize("rows", [0, 1])
def test_a_table_of_no_rows_or_one_is_verified(server: TestServer, database: str, rows: int) -> None:
    run(server, database, "CREATE TABLE t (id int NOT NULL, v int NOT NULL, PRIMARY KEY (id))")
    if rows:
        run(server, database, "INSERT INTO t VALUES (1, 1)")
    outcome = migrate(server, database, verification=Verification(passes=3))
    assert (outcome.verification.verified, outcome.verification.rows) == (True, 3 * rows)
    assert outcome.verification.passes == 3


def test_i9_transactions_that_stay_open_make_no_row_wrong(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 300)
    held = director.gate(Verifier, "_compare_next")
    running = director.start(options(server, database))
    running.await_phase(Phase.VERIFYING)
    xid = f"'{database}'"
    run(
        server, database, f"XA START {xid}", "UPDATE t SET v = v + 1000 WHERE id < 50", "DELETE FROM t WHERE id = 60",
        f"XA END {xid}", f"XA PREPARE {xid}",
    )  # fmt: skip
    holder = Holder(server, database, "UPDATE t SET v = v + 2000 WHERE id BETWEEN 100 AND 150")
    run(server, database, "UPDATE t SET v = v + 3000 WHERE id > 200")
    held.open()
    running.wait(lambda: progress(running).complete, "all to be verified")
    holder.commit()

    def ended() -> bool:
        run(server, "information_schema", f"XA COMMIT {xid}")
        return True

    wait_until(ended)
    outcome = running.result()
    assert (outcome.verification.verified, outcome.verification.repaired) == (True, 0)
    assert_same(server, outcome, database)


def test_a_lost_session_of_the_verifier_is_replaced(server: TestServer, database: str, director: Director) -> None:
    fill(server, database, 3000)
    killed: list[int] = []
    for name in ("same", "differing", "differing_keys"):
        original = getattr(Comparer, name)

        def ask(self: Comparer, left: Any, *more: Any, original: Any = original, name: str = name) -> Any:
            if sum(one == name for one in killed) < 2:
                killed.append(name)
                run(server, "information_schema", f"KILL {left.id}")
            return original(self, left, *more)

        director.replace(Comparer, name, ask)
    held = director.gate(Verifier, "_compare_next")
    running = director.start(options(server, database, copy_threads=1))
    running.await_phase(Phase.VERIFYING)
    run(server, database, "SET sql_log_bin = 0", f"UPDATE {helper(server, 'gho')} SET v = 0 WHERE id = 1234")
    held.open()
    outcome = running.result()
    assert sorted(killed) == sorted(2 * ["same", "differing", "differing_keys"])
    assert outcome.verification.verified
    assert keys_of(outcome.verification.wrong) == {1234}
    assert_same(server, outcome, database)


def test_who_throttles_holds_the_verification_too(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    fill(server, database, 12_000)
    held = director.gate(Verifier, "_compare_next")
    with flag_file(tmp_path / "throttle") as path:
        Path(path).unlink()
        running = director.start(
            options(server, database, tunables=Tunables(throttle_additional_flag_file=path, chunk_size=100))
        )
        running.await_phase(Phase.VERIFYING)
        Path(path).touch()
        running.wait(lambda: not running.board.get(Verdict, Verdict()).go)
        held.open()
        threading.Event().wait(0.4)
        before = progress(running).rows
        threading.Event().wait(0.4)
        assert progress(running).rows == before < 12_000
        assert running.phase is Phase.VERIFYING
        Path(path).unlink()
        outcome = running.result()
        Path(path).touch()
    assert (outcome.verification.verified, outcome.verification.rows) == (True, 12_000)


def test_rows_that_change_all_the_time_are_never_called_wrong(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 200)
    director.replace(verifying, "HOT_AFTER", 2)
    done = threading.Event()
    hot: list[int] = []
    judge = Suspects.judge

    def seen(self: Suspects, *more: Any) -> Any:
        judgement = judge(self, *more)
        hot.append(len(self.hot))
        return judgement

    director.replace(Suspects, "judge", seen)

    def churn(first: int) -> None:
        connection = server.connect(database)
        number = 0
        with connection.cursor() as cursor:
            while not done.is_set():
                number += 1
                key = first + number % 3
                cursor.execute(f"DELETE FROM t WHERE id = {key}")
                cursor.execute(f"INSERT INTO t (id, v) VALUES ({key}, {number})")
                cursor.execute(f"UPDATE t SET v = v + 1 WHERE id = {first + 3}")
        connection.close()

    threads = [threading.Thread(target=churn, args=(first,)) for first in (10, 190)]
    for thread in threads:
        thread.start()
    try:
        outcome = migrate(server, database, verification=Verification(passes=4), cut_over_lock_seconds=10)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert outcome.verification.verified
    assert outcome.verification.repaired == 0
    assert outcome.verification.explained + len(hot) > 0


def test_a_new_unique_index_and_values_that_move_through_it_are_no_damage(server: TestServer, database: str) -> None:
    fill(server, database, 400)
    done = threading.Event()

    def rotate() -> None:
        connection = server.connect(database, autocommit=False)
        dice = random.Random(7)
        with connection.cursor() as cursor:
            while not done.is_set():
                one, other = dice.sample(range(1, 401), 2)
                cursor.execute("SELECT id, v FROM t WHERE id IN (%s, %s) ORDER BY id FOR UPDATE", (one, other))
                (low, mine), (high, theirs) = cursor.fetchall()
                cursor.execute("UPDATE t SET v = -id WHERE id = %s", (low,))
                cursor.execute("UPDATE t SET v = %s WHERE id = %s", (mine, high))
                cursor.execute("UPDATE t SET v = %s WHERE id = %s", (theirs, low))
                connection.commit()
        connection.close()

    thread = threading.Thread(target=rotate)
    thread.start()
    try:
        outcome = migrate(server, database, "ADD UNIQUE KEY values_differ (v)", verification=Verification(passes=3))
    finally:
        done.set()
        thread.join()
    assert (outcome.verification.verified, outcome.verification.repaired) == (True, 0)
    assert sorted(v for _, v in rows_of(server, database)) == list(range(1, 401))


STRAYS = {
    "letters": (
        "varchar(20) CHARACTER SET latin1",
        "varchar(20) CHARACTER SET utf8mb4",
        ["a", "z", "?"],
        ["\u65e5", "\u65e5x"],
    ),
    "folded": (
        "varchar(20) COLLATE utf8mb4_general_ci",
        "varchar(20) COLLATE utf8mb4_bin",
        ["a", "b", "c"],
        ["A", "\u00e4"],
    ),
}


@pytest.mark.parametrize("kind", STRAYS)
def test_extra_rows_whose_keys_the_original_spells_otherwise_or_not_at_all_are_removed(
    server: TestServer, database: str, director: Director, kind: str
) -> None:
    before, after, keys, strays = STRAYS[kind]
    values = ", ".join(f"('{key}', {number})" for number, key in enumerate(keys))
    run(server, database, f"CREATE TABLE t (id {before} PRIMARY KEY, v int)", f"INSERT INTO t VALUES {values}")
    held = director.gate(Verifier, "_compare_next")
    running = director.start(options(server, database, f"MODIFY id {after} NOT NULL"))
    running.await_phase(Phase.VERIFYING)
    more = ", ".join(f"('{key}', 7)" for key in strays)
    run(server, database, "SET sql_log_bin = 0", f"INSERT INTO {helper(server, 'gho')} VALUES {more}")
    held.open()
    outcome = running.result()
    assert sorted(rows_of(server, database)) == sorted((key, number) for number, key in enumerate(keys))
    assert (outcome.verification.verified, outcome.verification.repaired) == (True, 2)
    assert sorted(outcome.verification.wrong) == sorted(f"(id='{key}')" for key in strays)


@pytest.mark.parametrize("spoilt", [False, True], ids=["right", "spoilt"])
def test_what_was_never_seen_equal_is_looked_at_under_the_locks(
    server: TestServer, database: str, director: Director, *, spoilt: bool
) -> None:
    """A row is hot by decree: touched in every round, so that only the last look can tell."""
    fill(server, database, 300)
    director.replace(verifying, "HOT_AFTER", 2)
    director.replace(DeltaBuffer, "touched", property(lambda buffer: buffer._watched))
    held = director.gate(Verifier, "_compare_next")
    running = director.start(options(server, database))
    running.await_phase(Phase.VERIFYING)
    ghost = helper(server, "gho")
    damage = [f"UPDATE {ghost} SET v = 0 WHERE id = 77", f"DELETE FROM {ghost} WHERE id = 78"]
    if spoilt:
        damage.append(f"CREATE TRIGGER spoil BEFORE INSERT ON {ghost} FOR EACH ROW SET NEW.v = -1")
    run(server, database, "SET sql_log_bin = 0", *damage)
    held.open()
    if spoilt:
        with pytest.raises(VerificationFailed, match=r"\(id=77\), \(id=78\)"):
            running.result()
        assert rows_of(server, database) == [(n, n) for n in range(1, 301)]
        return
    outcome = running.result()
    assert progress(running).hot == 2
    assert outcome.verification.verified
    assert outcome.cut_over.drained_keys == 2
    assert_same(server, outcome, database)
