"""What a person may choose about the cut-over: way, moment, pauses, fresh statistics; and its foreign keys."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any, Self

import pymysql
import pytest

from builders.cutovers import Carousel
from builders.migrating import Running, options, run
from ghostshift.control.commands import Commands
from ghostshift.core import attempts as pauses
from ghostshift.core.cutover_steps import NotSwapped
from ghostshift.model.errors import CutOverFailed, Refused, UsageError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Allowances, CutOverSettings
from ghostshift.workers import attempts
from ghostshift.workers.cutover import CutOver
from ghostshift.workers.streamer import StreamReading
from plugins.server_pool import TestServer

PLAIN = "CREATE TABLE t (id int PRIMARY KEY, v int)"
NO_SUCH_TABLE = 1146


def make(server: TestServer, database: str, *more: str) -> None:
    for statement in (PLAIN, "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)", *more):
        server.execute(statement, db=database)


def columns(server: TestServer, database: str) -> list[str]:
    return [str(row[0]) for row in server.execute("SHOW COLUMNS FROM t", db=database)]


class Readers:
    """Applications that ask for the table without a pause, and count what they are told when it is not there."""

    def __init__(self, server: TestServer, database: str, number: int = 4) -> None:
        self.missing = self.answers = self.troubles = 0
        self._over = threading.Event()
        self._work = (server, database)
        self._threads = [threading.Thread(target=self._read) for _ in range(number)]

    def _read(self) -> None:
        server, database = self._work
        with server.connect(database) as connection, connection.cursor() as cursor:
            while not self._over.is_set():
                try:
                    cursor.execute("SELECT COUNT(*) FROM t WHERE id = 1")
                    self.answers += 1
                except pymysql.Error as error:
                    self.missing += error.args[0] == NO_SUCH_TABLE
                    self.troubles += error.args[0] != NO_SUCH_TABLE

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(20)


def test_with_two_step_no_reader_ever_meets_a_moment_without_the_table(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = CutOverSettings(kind="two-step")
    monkeypatch.setattr("builders.cutovers.options", lambda *words, **more: options(*words, **more, cut_over=chosen))
    with Carousel(server, database, writers=4) as carousel, Readers(server, database) as readers:
        for _ in range(4):
            carousel.swap()
    assert readers.answers > 100
    assert (readers.missing, readers.troubles) == (0, 0)
    assert carousel.verdict().ok


def test_the_postpone_flag_file_is_made_and_left(server: TestServer, database: str, tmp_path: Path) -> None:
    make(server, database)
    flag = tmp_path / "postpone"
    tunables = Tunables(postpone_flag_file=str(flag), throttle_additional_flag_file="")
    running = Running(options(server, database, tunables=tunables))
    running.until(lambda board: board.get(Phase, Phase.INSPECTING) is Phase.POSTPONED)
    assert flag.exists()
    flag.unlink()
    assert running.result().swapped
    assert not flag.exists()


def test_a_postponed_cut_over_that_is_let_go_is_let_go_for_one_attempt(
    server: TestServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(server, database)
    flag = tmp_path / "postpone"
    tried: list[int] = []

    def fail(_: CutOver) -> NotSwapped:
        tried.append(1)
        return NotSwapped(reason="not now", retry=True)

    monkeypatch.setattr(CutOver, "attempt", fail)
    tunables = Tunables(postpone_flag_file=str(flag), throttle_additional_flag_file="")
    running = Running(options(server, database, tunables=tunables))
    commands = Commands(running.board, "t", running.stop)
    for attempt in (1, 2):
        running.until(lambda board: board.get(Phase, Phase.INSPECTING) is Phase.POSTPONED)
        assert len(tried) == attempt - 1
        assert commands.answer("unpostpone").startswith("Unpostponed")
        running.until(lambda _, attempt=attempt: len(tried) >= attempt)  # type: ignore[misc]
    running.until(lambda board: board.get(Phase, Phase.INSPECTING) is Phase.POSTPONED)
    threading.Event().wait(1.5)  # longer than the pause between two attempts
    assert len(tried) == 2
    assert flag.exists()
    monkeypatch.undo()
    commands.answer("cut-over=t")
    assert running.result().swapped


def test_a_postpone_flag_file_that_cannot_be_made_is_said_before_anything_is_touched(
    server: TestServer, database: str, tmp_path: Path
) -> None:
    make(server, database)
    for path in (tmp_path / "no" / "such" / "folder", Path("/proc/no")):
        tunables = Tunables(postpone_flag_file=str(path), throttle_additional_flag_file="")
        with pytest.raises(UsageError, match=r"--postpone-cut-over-flag-file .* cannot be made"):
            run(server, database, tunables=tunables)
    assert server.execute("SHOW TABLES", db=database) == (("t",),)


def test_the_ghost_is_analyzed_before_each_attempt_and_before_any_lock(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(server, database)
    server.execute("FLUSH BINARY LOGS")  # statements of other tests are in whatever character set
    turns: list[str] = []
    analyze, attempt = attempts.Attempts._analyze, CutOver.attempt

    def analyzing(self: attempts.Attempts) -> None:
        turns.append("analyze")
        analyze(self)

    def attempting(self: CutOver) -> Any:
        turns.append("attempt")
        return NotSwapped(reason="not yet", retry=True) if turns.count("attempt") == 1 else attempt(self)

    monkeypatch.setattr(attempts.Attempts, "_analyze", analyzing)
    monkeypatch.setattr(CutOver, "attempt", attempting)
    assert run(server, database, cut_over=CutOverSettings(analyze=True)).swapped
    assert turns == ["analyze", "attempt", "analyze", "attempt"]
    (log,) = server.execute("SHOW BINARY LOGS")[-1:]
    logged = [str(row[5]) for row in server.execute(f"SHOW BINLOG EVENTS IN '{log[0]}'")]
    assert any("ANALYZE TABLE" in text and database in text for text in logged)


def test_an_analysis_that_fails_stops_cleanly(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(server, database)
    monkeypatch.setattr(attempts, "analyze", lambda name: f"ANALYZE TABLE {name.sibling('no_such').sql}")
    with pytest.raises(CutOverFailed, match=r"could not be analyzed: .*no_such"):
        run(server, database, cut_over=CutOverSettings(analyze=True))
    assert columns(server, database) == ["id", "v"]


def test_failed_attempts_are_paused_as_asked_and_bounded_by_the_retries(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(server, database)
    asked: list[float] = []

    def pause(attempt: int, settings: CutOverSettings) -> float:
        asked.append(pauses.pause_after(attempt, settings))
        return 0.0

    monkeypatch.setattr(attempts, "pause_after", pause)
    monkeypatch.setattr(CutOver, "attempt", lambda _: NotSwapped(reason="not now", retry=True))
    for chosen in (CutOverSettings(), CutOverSettings(exponential_backoff=True, backoff_most_seconds=5)):
        with pytest.raises(CutOverFailed, match="Last reason: not now"):
            run(server, database, cut_over=chosen, retries=5, initially_drop_ghost_table=True)
    assert asked == [1, 1, 1, 1, 1, 2, 4, 5]


def test_a_reader_that_lags_beyond_the_limit_forbids_an_attempt(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(server, database)
    lag, looks = [2.0], [0]

    def lagging(_: StreamReading) -> float:
        looks[0] += 1
        return lag[0]

    monkeypatch.setattr(StreamReading, "lag", lagging)
    monkeypatch.setattr(CutOver, "attempt", lambda _: NotSwapped(reason="tried", retry=False))
    tunables = Tunables(max_lag_millis=1500, throttle_additional_flag_file="")
    running = Running(options(server, database, tunables=tunables))
    running.until(lambda _: looks[0] > 8)
    assert running.board.get(Phase, Phase.INSPECTING) is Phase.CATCHING_UP
    lag[0] = 1.4
    with pytest.raises(CutOverFailed, match="tried"):
        running.result()


def test_discarded_foreign_keys_are_named_and_vanish(
    server: TestServer, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    make(server, database, "CREATE TABLE p (id int PRIMARY KEY)", "INSERT INTO p VALUES (1), (2), (3)")
    server.execute("ALTER TABLE t ADD CONSTRAINT to_p FOREIGN KEY (v) REFERENCES p (id)", db=database)
    with pytest.raises(Refused, match="foreign-key-parents"):
        run(server, database)
    with caplog.at_level(logging.WARNING):
        assert run(server, database, allow=Allowances(discard_foreign_keys=True)).swapped
    assert "will lack these foreign keys: to_p" in caplog.text
    assert "CONSTRAINT" not in str(server.execute("SHOW CREATE TABLE t", db=database))


def test_rows_that_a_logged_cascade_takes_away_are_followed_and_unlogged_ones_are_refused(
    server: TestServer, database: str, tmp_path: Path
) -> None:
    make(server, database, "CREATE TABLE p (id int PRIMARY KEY)", "INSERT INTO p VALUES (1), (2), (3)")
    server.execute("ALTER TABLE t ADD FOREIGN KEY (v) REFERENCES p (id) ON DELETE CASCADE", db=database)
    logged = server.execute("SHOW GLOBAL VARIABLES LIKE 'innodb_native_foreign_keys'")
    allow = Allowances(discard_foreign_keys=True)
    if not logged:
        with pytest.raises(Refused, match="foreign-key-cascades"):
            run(server, database, allow=allow)
        return
    flag = tmp_path / "postpone"
    tunables = Tunables(postpone_flag_file=str(flag), throttle_additional_flag_file="")
    running = Running(options(server, database, allow=allow, tunables=tunables))
    running.until(lambda board: board.get(Phase, Phase.INSPECTING) is Phase.POSTPONED)
    server.execute("DELETE FROM p WHERE id = 2", db=database)
    flag.unlink()
    assert running.result().swapped
    assert server.execute("SELECT id FROM t ORDER BY id", db=database) == ((1,), (3,))


def test_unseen_foreign_keys_of_others_go_on_pointing_at_the_old_table(
    server: TestServer, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    make(server, database, "CREATE TABLE c (id int PRIMARY KEY, t int, FOREIGN KEY (t) REFERENCES t (id))")
    with caplog.at_level(logging.WARNING):
        outcome = run(server, database, allow=Allowances(skip_foreign_key_checks=True))
    assert "nobody has looked" in caplog.text
    assert outcome.swapped
    assert outcome.old_table.split("`")[3] in str(server.execute("SHOW CREATE TABLE c", db=database))
