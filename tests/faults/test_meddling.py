"""Somebody meddles with the tables that a migration has made: it goes on where that does no harm, or ends by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builders.directing import Directed, Director, assert_same, fill, flag_file, helper, run, wait_until
from builders.migrating import options
from ghostshift.core.checkpoints import from_text
from ghostshift.model.errors import MigrationError, ServerError, StreamError
from ghostshift.model.options import Options, Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers.changelog import is_moment
from ghostshift.workers.streamer import StreamReading
from plugins.server_pool import TestServer

FORGED = (
    "DELETE FROM {ghc}",
    "UPDATE {ghc} SET value = 'garbage'",
    "UPDATE {ghc} SET value = 'ünïcode'",
    "UPDATE {ghc} SET value = ''",
    "UPDATE {ghc} SET value = '2099-01-01T00:00:00' WHERE hint = 'heartbeat'",
    "UPDATE {ghc} SET value = '2099-01-01T00:00:00+00:00' WHERE hint = 'heartbeat'",
    "UPDATE {ghc} SET value = '1999-01-01T00:00:00+00:00' WHERE hint = 'heartbeat'",
    "INSERT INTO {ghc} (id, hint, value) VALUES (77, 'heartbeat of another', 'garbage')",
    "DELETE FROM {ghk}",
    "UPDATE {ghk} SET ghostshift_state = 'garbage'",
)


def names(server: TestServer) -> dict[str, str]:
    return {part: helper(server, part) for part in ("gho", "ghc", "ghk")}


def waiting(server: TestServer, database: str, path: str) -> Options:
    """Copies, and waits before the swap; saves often."""
    fill(server, database, 300)
    chosen = options(server, database, tunables=Tunables(throttle_additional_flag_file="", postpone_flag_file=path))
    return replace(chosen, recovery=replace(chosen.recovery, seconds=0.1))


def onwards(chosen: Options) -> Options:
    """The same without waiting."""
    return replace(chosen, tunables=Tunables(throttle_additional_flag_file=""))


def await_beat(running: Directed) -> None:
    """Until a heartbeat has come that was written from now on."""
    last = [running.board.get(StreamReading, None)]
    for _ in range(2):
        before = last[0].heartbeat if last[0] is not None else ""

        def newer(before: str = before) -> bool:
            reading = running.board.read(StreamReading)
            return reading is not None and reading.heartbeat != before

        running.wait(newer, "a heartbeat")
        last[0] = running.board.read(StreamReading)
    assert last[0] is not None
    assert is_moment(last[0].heartbeat)


def test_what_others_write_into_changelog_and_checkpoint_is_written_over(
    mysql_server: TestServer, director: Director, tmp_path: Path
) -> None:
    server, database = mysql_server, mysql_server.fresh_database()

    def kept() -> str:
        rows = server.execute(f"SELECT ghostshift_state FROM {helper(server, 'ghk')}", db=database)
        return str(rows[0][0]) if rows else ""

    with flag_file(tmp_path / "postpone") as path:
        running = director.start(waiting(server, database, path))
        running.await_phase(Phase.POSTPONED)
        for number, statement in enumerate(FORGED, start=1):
            run(server, database, statement.format(**names(server)))
            run(server, database, f"UPDATE t SET v = -1 WHERE id = {number}")
            running.await_settled(number)
            await_beat(running)
        running.wait(lambda: kept().startswith("{"), "a new checkpoint")
        assert from_text(kept(), "").phase is Phase.POSTPONED
    assert_same(server, running.result(), database)


def test_a_checkpoint_that_somebody_drops_ends_it_and_nobody_is_told_to_go_on(
    mysql_server: TestServer, director: Director, tmp_path: Path
) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    with flag_file(tmp_path / "postpone") as path:
        chosen = waiting(server, database, path)
        running = director.start(chosen)
        running.await_phase(Phase.POSTPONED)
        run(server, database, f"DROP TABLE {helper(server, 'ghk')}")
        with pytest.raises(ServerError, match="doesn't exist") as caught:
            running.result()
    notes = " ".join(caught.value.__notes__)
    assert "somebody has dropped" in notes
    assert "same command again" not in notes
    with pytest.raises(MigrationError, match="--initially-drop-ghost-table"):
        director.start(onwards(chosen)).result()
    anew = replace(onwards(chosen), initially_drop_ghost_table=True)
    assert_same(server, director.start(anew).result(), database)


def test_a_database_that_somebody_drops_ends_it(server: TestServer, director: Director, tmp_path: Path) -> None:
    database = server.fresh_database()
    with flag_file(tmp_path / "postpone") as path:
        running = director.start(waiting(server, database, path))
        running.await_phase(Phase.POSTPONED)
        run(server, "information_schema", f"DROP DATABASE {database}")
        with pytest.raises(MigrationError, match=r"DROP DATABASE|doesn't exist|Unknown database"):
            running.result()
    assert not server.execute("SHOW DATABASES LIKE %s", (database,))


def test_a_table_that_was_away_for_a_while_is_not_gone_on_with(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    """Renamed, written to, and renamed back while nobody looked: its identity is the same, the log tells."""
    with flag_file(tmp_path / "postpone") as path:
        chosen = waiting(server, database, path)
        running = director.start(chosen)
        running.await_phase(Phase.POSTPONED)
        wait_until(lambda: running.crew.journal.last.phase is Phase.POSTPONED)
        running.end()
        run(
            server,
            database,
            "RENAME TABLE t TO elsewhere",
            "UPDATE elsewhere SET v = -5 WHERE id = 5",
            "RENAME TABLE elsewhere TO t",
        )
        with pytest.raises(StreamError, match="RENAME TABLE t TO elsewhere"):
            director.start(chosen).result()
    with pytest.raises(MigrationError, match="--no-resume"):
        director.start(chosen).result()
    anew = replace(onwards(chosen), recovery=replace(chosen.recovery, anew=True))
    assert_same(server, director.start(anew).result(), database)
