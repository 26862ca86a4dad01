"""--attempt-instant-ddl: done at once where the server can, in the usual way where not, and never by a long lock."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from builders.directing import wait_until
from builders.migrating import Running, options, run
from builders.program import environment, make_table, words
from builders.program import run as run_program
from ghostshift.model.errors import Aborted, ConnectionLost
from ghostshift.model.options import Tunables
from ghostshift.model.outcome import Outcome
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Allowances
from ghostshift.mysql.session import Result, Session
from ghostshift.sql.instant import unfit
from ghostshift.workers import instant
from plugins.server_pool import TestServer

ALLOW = Allowances(instant_ddl=True)
IMPOSSIBLE = "MODIFY v bigint NOT NULL"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instant, "PAUSE_STEP", 0.05)


def make(server: TestServer, database: str) -> None:
    server.execute("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v int NOT NULL)", db=database)
    server.execute("INSERT INTO t (v) VALUES (1), (2), (3)", db=database)


def tables(server: TestServer, database: str) -> set[str]:
    return {str(row[0]) for row in server.execute("SHOW TABLES", db=database)}


def columns(server: TestServer, database: str) -> list[str]:
    return [str(row[0]) for row in server.execute("SHOW COLUMNS FROM t", db=database)]


def assert_instant(server: TestServer, database: str, outcome: Outcome) -> None:
    assert outcome.instant
    assert not outcome.swapped
    assert columns(server, database)[-1] == "added"
    assert tables(server, database) == {"t"}
    assert server.execute("SELECT COUNT(*) FROM t", db=database) == ((3,),)


def test_what_can_be_done_instantly_is_done_so(server: TestServer, database: str) -> None:
    make(server, database)
    assert_instant(server, database, run(server, database, allow=ALLOW))


def test_the_program_says_so(server: TestServer, database: str) -> None:
    make_table(server, database, rows=20)
    ended = run_program(words(server, database, execute=True, attempt_instant_ddl=True), environment(server.password))
    assert ended.code == 0, ended
    assert "is altered: by ALGORITHM=INSTANT" in ended.out
    assert ended.out.endswith("# Done\n")


def test_what_cannot_is_migrated(server: TestServer, database: str, caplog: pytest.LogCaptureFixture) -> None:
    make(server, database)
    with caplog.at_level(logging.INFO):
        outcome = run(server, database, IMPOSSIBLE, allow=ALLOW)
    assert outcome.swapped
    assert not outcome.instant
    assert "cannot be done instantly" in caplog.text


def test_without_the_flag_a_migration_only_says_that_it_could_be_instant(
    server: TestServer, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    make(server, database)
    with caplog.at_level(logging.INFO, "ghostshift"):
        outcome = run(server, database, ok_to_drop_table=True)
    assert outcome.swapped
    assert not outcome.instant
    (note,) = outcome.notes
    assert "the server can do this instantly: ADD COLUMN added" in note
    assert f"{note} [instant-possible]" in caplog.messages
    assert tables(server, database) == {"t"}


@pytest.mark.parametrize("alter", [IMPOSSIBLE, "ALGORITHM=INPLACE, ADD COLUMN added int"])
def test_nothing_is_said_of_what_cannot_be_or_must_not_be_tried_instantly(
    server: TestServer, database: str, alter: str
) -> None:
    make(server, database)
    assert run(server, database, alter, ok_to_drop_table=True).notes == ()


@pytest.mark.parametrize(
    "alter", ["ADD a int, ALGORITHM=COPY", "ADD a int /* algorithm */", "DROP PARTITION p", "DISCARD TABLESPACE"]
)
def test_what_goes_by_other_rules_is_not_even_tried(alter: str) -> None:
    assert unfit(alter)
    assert unfit("RENAME COLUMN a TO b", skip_renamed=True)
    assert unfit("RENAME COLUMN a TO b") == unfit("ADD a int") == ""


def test_another_algorithm_in_the_alter_is_never_run_on_the_original(server: TestServer, database: str) -> None:
    make(server, database)
    assert run(server, database, "ADD COLUMN added int, ALGORITHM=COPY", allow=ALLOW).swapped


def test_the_lock_is_asked_for_shortly_and_again(server: TestServer, database: str) -> None:
    make(server, database)
    with server.connect(database) as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT COUNT(*) FROM t")
        running = Running(options(server, database, allow=ALLOW, cut_over_lock_seconds=1))
        tried = "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'ALTER TABLE%INSTANT%' AND time >= 1"
        wait_until(lambda: server.execute(tried), what="a try")
        wait_until(lambda: not server.execute(tried), what="its end")
        assert running.alive
        cursor.execute("COMMIT")
    assert_instant(server, database, running.result())


def test_a_lock_that_is_never_had_leads_to_the_usual_way(server: TestServer, database: str) -> None:
    make(server, database)
    with server.connect(database) as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT COUNT(*) FROM t")
        running = Running(options(server, database, allow=ALLOW, cut_over_lock_seconds=1, retries=2))
        running.until(lambda board: board.get(Phase, Phase.INSPECTING) is Phase.CATCHING_UP)
        cursor.execute("COMMIT")
    assert running.result().swapped


def test_the_postpone_flag_file_holds_an_instant_change_back(
    server: TestServer, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make(server, database)
    flag = tmp_path / "postpone"
    tunables = Tunables(postpone_flag_file=str(flag), throttle_additional_flag_file="")
    with caplog.at_level(logging.INFO):
        running = Running(options(server, database, allow=ALLOW, tunables=tunables))
        wait_until(lambda: "waits until the postpone flag file is removed" in caplog.text)
    assert columns(server, database) == ["id", "v"]
    assert len(tables(server, database)) == 2  # and the checkpoint, before anything else
    flag.unlink()
    assert_instant(server, database, running.result())


def test_the_postpone_flag_file_does_not_hold_the_copy_of_what_cannot_be_instant(
    server: TestServer, database: str, tmp_path: Path
) -> None:
    make(server, database)
    flag = tmp_path / "postpone"
    tunables = Tunables(postpone_flag_file=str(flag), throttle_additional_flag_file="")
    running = Running(options(server, database, IMPOSSIBLE, allow=ALLOW, tunables=tunables))
    running.until(lambda board: board.get(Phase, Phase.INSPECTING) is Phase.POSTPONED)
    flag.unlink()
    assert running.result().swapped


def test_a_stop_while_it_waits_leaves_nothing(
    server: TestServer, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    make(server, database)
    (tmp_path / "postpone").touch()
    tunables = Tunables(postpone_flag_file=str(tmp_path / "postpone"), throttle_additional_flag_file="")
    running = Running(options(server, database, allow=ALLOW, tunables=tunables))
    wait_until(lambda: "waits until the postpone flag file is removed" in caplog.text)
    running.stop.set(Aborted("enough"))
    with pytest.raises(Aborted):
        running.result()
    assert columns(server, database) == ["id", "v"]
    assert tables(server, database) == {"t"}


@pytest.mark.parametrize("effect", [True, False], ids=["after its effect", "before its effect"])
def test_a_connection_lost_during_the_alter_is_looked_into(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch, *, effect: bool
) -> None:
    make(server, database)
    plain, lost = Session.execute, [0]

    def losing(self: Session, statement: str) -> Result:
        if not statement.startswith("ALTER TABLE") or "INSTANT" not in statement or lost[0]:
            return plain(self, statement)
        lost[0] += 1
        if effect:
            plain(self, statement)
        self.abort()
        raise ConnectionLost(2013, "lost")

    monkeypatch.setattr(Session, "execute", losing)
    outcome = run(server, database, allow=ALLOW)
    assert lost[0]
    assert_instant(server, database, outcome)
