"""A table's triggers travel to the new table: exactly, in their order, and without ever firing on what we write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pymysql
import pytest

from builders.directing import wait_until
from builders.migrating import Running, options, run
from ghostshift.core.cutover_steps import Step, Who
from ghostshift.model.errors import CutOverFailed, Refused, StreamError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import TriggerSettings
from ghostshift.workers.crew import Crew
from ghostshift.workers.cutover import CutOver
from ghostshift.workers.cutover_stage import Stage
from plugins.server_pool import TestServer

INCLUDE = TriggerSettings(include=True, suffix="_v2")
FACTS = (
    "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, definer, sql_mode, "
    "character_set_client, collation_connection, action_statement FROM information_schema.triggers "
    "WHERE trigger_schema = DATABASE() ORDER BY event_object_table, event_manipulation, action_timing, action_order"
)
AUDIT = "INSERT INTO audit (who, row_id) VALUES"


def make(server: TestServer, database: str, rows: int = 300) -> None:
    """A table whose triggers write down each time that they fire."""
    for statement in (
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v int NOT NULL DEFAULT 0, note varchar(50))",
        "CREATE TABLE audit (n int AUTO_INCREMENT PRIMARY KEY, who varchar(30) CHARACTER SET utf8mb4, row_id int)",
        "INSERT INTO t (v) VALUES " + ", ".join("(1)" for _ in range(rows)),
        f"CREATE TRIGGER second AFTER INSERT ON t FOR EACH ROW {AUDIT} ('second', NEW.id)",
        f"CREATE TRIGGER third AFTER INSERT ON t FOR EACH ROW FOLLOWS second {AUDIT} ('third', NEW.id)",
        f"CREATE TRIGGER first AFTER INSERT ON t FOR EACH ROW PRECEDES second {AUDIT} ('first', NEW.id)",
        f"CREATE TRIGGER updated AFTER UPDATE ON t FOR EACH ROW {AUDIT} ('updated', NEW.id)",
        f"CREATE TRIGGER gone AFTER DELETE ON t FOR EACH ROW {AUDIT} ('gone', OLD.id)",
    ):
        server.execute(statement, db=database)


def facts(server: TestServer, database: str) -> dict[str, list[tuple[Any, ...]]]:
    """Triggers by table, without name and table."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in server.execute(FACTS, db=database):
        found.setdefault(str(row[1]), []).append(row[2:])
    return found


def names(server: TestServer, database: str, table: str) -> set[str]:
    return {str(row[0]) for row in server.execute(FACTS, db=database) if row[1] == table}


def old_table(server: TestServer) -> str:
    return "_t_del" if server.flavor == "mysql" else "t_del"


def ghost_table(server: TestServer) -> str:
    return "_t_gho" if server.flavor == "mysql" else "t_gho"


class Application:
    """Writes without a pause, and counts what the triggers ought to have written down."""

    def __init__(self, server: TestServer, database: str) -> None:
        self.due = 0
        self._over = threading.Event()
        self._where = (server, database)
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        server, database = self._where
        with server.connect(database) as connection, connection.cursor() as cursor:
            while not self._over.is_set():
                cursor.execute("INSERT INTO t (v) VALUES (1)")
                self.due += 3
                cursor.execute("UPDATE t SET v = v + 1 WHERE id = LAST_INSERT_ID()")
                self.due += 1
                cursor.execute("DELETE FROM t WHERE id = LAST_INSERT_ID() AND id % 2 = 0")
                self.due += cursor.rowcount

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self.due > 20, what="the application at work")
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)


def audited(server: TestServer, database: str) -> int:
    return int(server.execute("SELECT COUNT(*) FROM audit", db=database)[0][0])


def observing(monkeypatch: pytest.MonkeyPatch, observe: Callable[[CutOver, Step], None]) -> None:
    """Have each step of the cut-over told before it is done."""
    plain = Crew.cut_over

    def cut_over(self: Crew) -> CutOver:
        job = plain(self)
        return replace(job, observe=lambda step: observe(job, step))

    monkeypatch.setattr(Crew, "cut_over", cut_over)


def held(server: TestServer, database: str, flag: Path, **more: Any) -> Running:
    """A migration that has copied all and is postponed."""
    tunables = Tunables(postpone_flag_file=str(flag), throttle_additional_flag_file="")
    running = Running(options(server, database, tunables=tunables, triggers=INCLUDE, **more))
    running.until(lambda board: board.get(Phase, Phase.INSPECTING) is Phase.POSTPONED)
    return running


def test_triggers_travel_in_their_order_and_fire_for_the_application_only(server: TestServer, database: str) -> None:
    make(server, database)
    before = facts(server, database)["t"]
    with Application(server, database) as application:
        assert run(server, database, triggers=INCLUDE).swapped
        wait_until(lambda due=application.due: application.due > due + 20, what="writes after the swap")
    after = facts(server, database)
    assert after["t"] == before
    assert after[old_table(server)] == before
    assert names(server, database, "t") == {f"{name}_v2" for name in names(server, database, old_table(server))}
    assert audited(server, database) == application.due
    server.execute("DELETE FROM audit", db=database)
    server.execute("INSERT INTO t (v) VALUES (1)", db=database)
    rows = server.execute("SELECT who FROM audit ORDER BY n", db=database)
    assert [row[0] for row in rows] == ["first", "second", "third"]


@pytest.mark.parametrize(
    "step", ["CreateTriggers", "ConfirmLocked", "RenameUnderLock", "QueueRename", "AwaitRenameQueued", "DropSentry"]
)
def test_an_attempt_that_fails_takes_its_triggers_back_before_anything_is_applied(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    if (step == "RenameUnderLock") != (server.flavor == "mysql") and step not in ("CreateTriggers", "ConfirmLocked"):
        pytest.skip("not a step on this server")
    make(server, database)
    before = facts(server, database)["t"]
    killed: list[int] = []
    on_resume: list[set[str]] = []

    def kill(_: CutOver, asked: Step) -> None:
        if type(asked).__name__ == step and not killed:
            killed.append(sessions[-1])
            server.execute(f"KILL {killed[0]}")
        if type(asked).__name__ == "ResumeApplying":
            on_resume.append(names(server, database, ghost_table(server)))

    sessions: list[int] = []
    monkeypatch.setattr(Stage, "_open", _noting(sessions))
    observing(monkeypatch, kill)
    with Application(server, database) as application:
        outcome = run(server, database, triggers=INCLUDE)
    assert killed
    assert outcome.cut_over.attempts == 2
    assert on_resume == [set()]
    assert facts(server, database)["t"] == before
    assert audited(server, database) == application.due


def _noting(sessions: list[int]) -> Callable[..., Any]:
    """Note the number of session A."""
    plain = Stage._open

    def opening(self: Stage, wanted: Any) -> Any:
        outcome = plain(self, wanted)
        sessions[:] = [self._sessions[Who.LOCKER].id]
        return outcome

    return opening


def test_what_makes_a_trigger_what_it_is_is_kept(server: TestServer, database: str) -> None:
    server.execute("CREATE TABLE t (id int PRIMARY KEY, v varchar(90) CHARACTER SET utf8mb4)", db=database)
    server.execute("INSERT INTO t VALUES (1, 'x')", db=database)
    with server.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
        cursor.execute(
            """CREATE DEFINER=`no``body`@`10.%` TRIGGER "odd "" na`me" BEFORE INSERT /* for each row */ ON "t"
            FOR EACH ROW BEGIN SET NEW.v = CONCAT('a\\', NEW."v", '`', 'é€'); END"""
        )
    with server.connect(database, charset="latin1") as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = 'STRICT_ALL_TABLES'")
        cursor.execute("CREATE TRIGGER `tägé` BEFORE UPDATE ON t FOR EACH ROW SET NEW.v = CONCAT('é', _binary'\xff')")
    before = facts(server, database)["t"]
    assert len(before) == 2
    assert run(server, database, triggers=INCLUDE).swapped
    assert facts(server, database)["t"] == before
    assert names(server, database, "t") == {'odd " na`me_v2', "tägé_v2"}
    assert shown(server, database, "tägé") == shown(server, database, "tägé_v2")
    assert b"\xff" in shown(server, database, "tägé_v2")


def shown(server: TestServer, database: str, name: str) -> bytes:
    """A trigger's own bytes behind its head."""
    with server.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION character_set_results = binary")
        cursor.execute(f"SHOW CREATE TRIGGER `{name}`".encode())
        row = cursor.fetchone()
        assert row is not None
        return bytes(row[2]).partition(b"SET NEW.v")[2]


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (["CREATE TRIGGER first_v2 BEFORE INSERT ON audit FOR EACH ROW SET @a = 1"], "trigger-name"),
        (["CREATE TRIGGER FIRST_V2 BEFORE INSERT ON audit FOR EACH ROW SET @a = 1"], "trigger-name"),
        ([f"CREATE TRIGGER {'x' * 62} BEFORE INSERT ON t FOR EACH ROW SET @a = 1"], "trigger-name"),
        (["CREATE TRIGGER dropped BEFORE INSERT ON t FOR EACH ROW SET NEW.note = 'x'"], "triggers"),
    ],
    ids=["taken", "taken but for case", "too long", "needs a column that is dropped"],
)
def test_triggers_that_cannot_be_are_refused_before_anything_is_copied(
    server: TestServer, database: str, prepare: list[str], code: str
) -> None:
    make(server, database, rows=5)
    for statement in prepare:
        server.execute(statement, db=database)
    before, there = facts(server, database), server.execute("SHOW TABLES", db=database)
    for execute in (True, False):
        with pytest.raises(Refused) as refused:
            run(server, database, "DROP COLUMN note", triggers=INCLUDE, execute=execute)
        assert refused.value.code == code, refused.value
        assert facts(server, database) == before
        assert server.execute("SHOW TABLES", db=database) == there


def test_triggers_on_the_ghost_of_a_dead_run_go_with_it(server: TestServer, database: str) -> None:
    """As a run leaves them that dies between making its triggers and the swap."""
    make(server, database, rows=5)
    ghost = ghost_table(server)
    server.execute(f"CREATE TABLE {ghost} LIKE t", db=database)
    server.execute(f"CREATE TRIGGER first_v2 AFTER INSERT ON {ghost} FOR EACH ROW SET @a = 1", db=database)
    before = facts(server, database)
    with pytest.raises(Refused, match="leftover-table"):
        run(server, database, triggers=INCLUDE)
    run(server, database, triggers=INCLUDE, execute=False, initially_drop_ghost_table=True)
    assert facts(server, database) == before
    assert run(server, database, triggers=INCLUDE, initially_drop_ghost_table=True).swapped
    assert facts(server, database)["t"] == before["t"]


def test_without_the_flag_triggers_are_refused(server: TestServer, database: str) -> None:
    make(server, database, rows=5)
    with pytest.raises(Refused, match="--include-triggers"):
        run(server, database)


def test_a_rehearsal_tries_the_triggers_and_leaves_none(server: TestServer, database: str) -> None:
    make(server, database, rows=5)
    before = facts(server, database)
    outcome = run(server, database, triggers=INCLUDE, execute=False)
    assert "trigger  first: made as first_v2" in outcome.plan
    assert facts(server, database) == before


def test_a_suffix_that_is_there_is_taken_away_where_asked(server: TestServer, database: str) -> None:
    make(server, database, rows=5)
    assert run(server, database, triggers=INCLUDE, ok_to_drop_table=True).swapped
    assert "first_v2" in names(server, database, "t")
    toggled = replace(INCLUDE, toggle=True)
    assert run(server, database, "DROP COLUMN added", triggers=toggled, ok_to_drop_table=True).swapped
    assert names(server, database, "t") == {"first", "second", "third", "updated", "gone"}


def test_a_name_that_is_taken_meanwhile_ends_it_before_any_lock(
    server: TestServer, database: str, tmp_path: Path
) -> None:
    make(server, database, rows=20)
    running = held(server, database, tmp_path / "flag")
    server.execute("CREATE TRIGGER first_v2 BEFORE INSERT ON audit FOR EACH ROW SET @a = 1", db=database)
    (tmp_path / "flag").unlink()
    with pytest.raises(CutOverFailed, match="there is a trigger first_v2"):
        running.result()
    assert names(server, database, "audit") == {"first_v2"}
    assert names(server, database, ghost_table(server)) == set()
    assert "added" not in str(server.execute("SHOW CREATE TABLE t", db=database))


def test_a_trigger_dropped_meanwhile_is_not_brought_back(server: TestServer, database: str, tmp_path: Path) -> None:
    make(server, database, rows=20)
    running = held(server, database, tmp_path / "flag")
    server.execute("DROP TRIGGER updated", db=database)
    (tmp_path / "flag").unlink()
    with pytest.raises((CutOverFailed, StreamError), match="somebody has changed the triggers"):
        running.result()
    assert names(server, database, ghost_table(server)) == set()
    assert names(server, database, "t") == {"first", "second", "third", "gone"}


def test_a_trigger_made_meanwhile_stops_the_migration(server: TestServer, database: str, tmp_path: Path) -> None:
    make(server, database, rows=20)
    for table in ("t", ghost_table(server)):
        running = held(server, database, tmp_path / "flag", initially_drop_ghost_table=True)
        server.execute(f"CREATE TRIGGER late BEFORE INSERT ON {table} FOR EACH ROW SET @a = 1", db=database)
        with pytest.raises(StreamError, match="somebody ran a statement"):
            running.result()
        server.execute("DROP TRIGGER late", db=database)


def test_without_the_privilege_it_is_refused_before_anything_is_copied(server: TestServer, database: str) -> None:
    make(server, database, rows=5)
    user = f"no_trig_{database}"[:30]
    server.execute(f"CREATE USER '{user}'@'%' IDENTIFIED BY 'pw'")
    try:
        grants = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, LOCK TABLES, REPLICATION SLAVE, PROCESS"
        more = ", BINLOG MONITOR" if server.flavor == "mariadb" else ", REPLICATION CLIENT"
        server.execute(f"GRANT {grants}{more} ON *.* TO '{user}'@'%'")
        chosen = options(server, database, triggers=INCLUDE)
        endpoint = replace(chosen.endpoint, user=user, password="pw")
        with pytest.raises(Refused, match="lacks TRIGGER"):
            Running(replace(chosen, endpoint=endpoint)).result()
        assert {str(row[0]) for row in server.execute("SHOW TABLES", db=database)} == {"t", "audit"}
    finally:
        server.execute(f"DROP USER '{user}'@'%'")


def test_the_servers_answer_to_two_triggers_of_one_name_is_what_the_check_spares(
    server: TestServer, database: str
) -> None:
    make(server, database, rows=5)
    with pytest.raises(pymysql.Error) as refused:
        server.execute("CREATE TRIGGER first BEFORE INSERT ON audit FOR EACH ROW SET @a = 1", db=database)
    assert refused.value.args[0] == 1359
