"""This host's clock jumps: the lag is wrong for a heartbeat, and right again with the next; nothing stalls."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from builders.directing import Director, assert_same, fill, flag_file, run
from builders.migrating import options
from ghostshift.core.throttling import Verdict
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers import changelog
from plugins.server_pool import TestServer


class Clock(datetime):
    """A host's clock that can be set."""

    shift = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Wrong by `shift`."""
        return datetime.now(tz) + cls.shift


def test_a_clock_that_jumps_costs_a_heartbeat_at_the_most(
    mysql_server: TestServer, director: Director, tmp_path: Path
) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, 500)
    director.replace(changelog, "datetime", Clock)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        for number, hours in enumerate((1, -1, 24 * 365, -24 * 365 * 30, 0), start=1):
            Clock.shift = timedelta(hours=hours)
            run(server, database, f"UPDATE t SET v = -{number} WHERE id = {number}")
            running.await_settled(number)
            running.wait(lambda: running.board.get(Verdict, Verdict()).go, "the throttle's end")
    try:
        assert_same(server, running.result(), database)
    finally:
        Clock.shift = timedelta()
