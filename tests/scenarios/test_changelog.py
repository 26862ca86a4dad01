"""The changelog as other tools read it: which states a migration says it is in, and that they come through the log."""

from __future__ import annotations

from pathlib import Path

from builders.directing import Director, fill, flag_file, helper
from builders.migrating import options
from ghostshift.core.delta import DeltaBuffer
from ghostshift.model.change import Keys
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers.changelog import CHANGELOG_KEY, LOCKED, READING_RANGE, STATE, TABLES_IN_PLACE
from ghostshift.workers.streamer import Streamer
from plugins.server_pool import TestServer


def test_the_states_come_through_the_log_in_their_order(server: TestServer, database: str, director: Director) -> None:
    seen: list[str] = []
    take = Streamer._take_changelog

    def look(self: Streamer, event: Keys, buffer: DeltaBuffer) -> None:
        pairs = [CHANGELOG_KEY.values(key) for key in event.changed]
        seen.extend(value.decode().split(":")[0] for number, value in pairs if number == STATE)  # type: ignore[union-attr]
        take(self, event, buffer)

    director.replace(Streamer, "_take_changelog", look)
    fill(server, database, 50)
    director.start(options(server, database)).result()
    assert seen[:3] == [TABLES_IN_PLACE, READING_RANGE, LOCKED]


def test_the_changelog_tells_the_story(server: TestServer, database: str, director: Director, tmp_path: Path) -> None:
    """One row is the present state, and each that ever was has a row of its own behind the first 255."""
    fill(server, database, 50)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        rows = server.execute(f"SELECT id, hint, value FROM {helper(server, 'ghc')} ORDER BY id", db=database)
        present = {hint: value for number, hint, value in rows if number <= 255}
        story = [(hint.split(" at ")[0], value) for number, hint, value in rows if number > 255]
        assert present["state"].split(":")[0] == READING_RANGE
        assert story[:2] == [("state", TABLES_IN_PLACE), ("state", READING_RANGE)]
    running.result()
