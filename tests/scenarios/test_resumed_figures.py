"""What is shown of a migration that goes on: it says so, and its figures begin where the earlier run's ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders.directing import Director, flag_file, wait_until
from builders.killing import POINTS, Zygote
from builders.migrating import options
from builders.program import ALTER, environment, make_table, words
from ghostshift.core.progress import Snapshot
from ghostshift.model.options import Tunables
from ghostshift.status import status_line
from plugins.server_pool import TestServer

ROWS = 2000
LATER = next(point for point in POINTS if point.name == "a later checkpoint")


def test_the_figures_of_a_resumed_migration_begin_where_the_earlier_run_ended(
    mysql_server: TestServer, zygote: Zygote, director: Director, tmp_path: Path
) -> None:
    database = mysql_server.fresh_database()
    make_table(mysql_server, database, rows=ROWS)
    flags = {"execute": True, "chunk_size": 50, "checkpoint_seconds": 0.1, "nice_ratio": 8.0, "copy_threads": 1}
    arguments = words(mysql_server, database, no_display=True, serve_socket_file="-", **flags)
    assert zygote.run(arguments, environment(mysql_server.password), LATER).code == -9
    saved = json.loads(mysql_server.execute("SELECT ghostshift_state FROM _t_ghk", db=database)[0][0])
    assert 0 < saved["rows"] < ROWS
    with flag_file(tmp_path / "throttle") as path:
        tunables = Tunables(throttle_additional_flag_file=path, chunk_size=50)
        running = director.start(options(mysql_server, database, ALTER, tunables=tunables, exact_rowcount=True))
        wait_until(lambda: getattr(running.board.read(Snapshot), "throttled", ""), 30.0)
        wait_until(lambda: getattr(running.board.read(Snapshot), "rows_estimate", 0) == ROWS, 30.0)
        shown = running.board.read(Snapshot)
        assert shown is not None
        assert shown.restarts == 1
        assert saved["rows"] <= shown.rows_copied <= saved["rows"] + 100
        assert shown.percent == pytest.approx(100.0 * shown.rows_copied / ROWS)
        assert shown.rows_per_second == 0.0
        assert shown.eta_seconds is None, "nobody knows before it goes on"
        assert "; resumed" in status_line(shown)
    outcome = running.result(60)
    assert outcome.restarts == 1
    assert saved["rows"] < outcome.rows_copied <= ROWS, "what was copied after the checkpoint is left as it is"
