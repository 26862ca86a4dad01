"""--exact-rowcount: rows are counted beside the copy or before it, changes are added, nothing waits for the count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builders.directing import Director, fill, flag_file, run
from builders.migrating import options
from ghostshift.core.progress import Snapshot
from ghostshift.model.errors import Aborted
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.workers import counter
from ghostshift.workers.copier import Copier
from ghostshift.workers.sampler import RowEstimate
from plugins.server_pool import TestServer


def sleeping(_: Any) -> str:
    """A count that takes as long as the server lets it."""
    return "SELECT SLEEP(300)"


def test_rows_are_counted_beside_the_copy_and_changes_are_added(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 500)
    gate = director.gate(Copier, "_copy")
    running = director.start(options(server, database, exact_rowcount=True))
    gate.await_reached()
    running.wait(lambda: running.board.get(RowEstimate, RowEstimate(0)).exact, "the count")
    run(
        server,
        database,
        "INSERT INTO t (id, v) VALUES (1001, 1), (1002, 2), (1003, 3)",
        "DELETE FROM t WHERE id = 7",
        "UPDATE t SET v = 0 WHERE id < 9",
    )
    running.wait(lambda: running.board.read(Snapshot).rows_estimate == 502, "500 rows and 3 and less 1")
    gate.open()
    assert running.result().swapped


def test_the_count_ends_with_the_copy(
    server: TestServer, database: str, director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter, "count_rows", sleeping)
    fill(server, database, 100)
    gate = director.gate(Copier, "_copy")
    running = director.start(options(server, database, exact_rowcount=True))
    gate.await_reached()
    running.wait(lambda: sleepers(server), "the count")
    gate.open()
    assert running.result(20).swapped
    assert not sleepers(server)
    assert not running.board.get(RowEstimate, RowEstimate(0)).exact


@pytest.mark.parametrize("concurrent", [True, False])
def test_a_stop_ends_the_count(
    server: TestServer, database: str, director: Director, monkeypatch: pytest.MonkeyPatch, *, concurrent: bool
) -> None:
    monkeypatch.setattr(counter, "count_rows", sleeping)
    fill(server, database, 100)
    director.gate(Copier, "_copy")
    running = director.start(options(server, database, exact_rowcount=True, concurrent_rowcount=concurrent))
    running.wait(lambda: sleepers(server), "the count")
    assert running.phase is (Phase.COPYING if concurrent else Phase.COUNTING)
    running.stop.set(Aborted("enough"))
    with pytest.raises(Aborted):
        running.result(10)
    assert not sleepers(server)


def test_a_count_before_the_copy_is_over_before_it_begins(
    server: TestServer, database: str, director: Director, tmp_path: Path
) -> None:
    fill(server, database, 200)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        chosen = options(server, database, exact_rowcount=True, concurrent_rowcount=False, tunables=tunables)
        running = director.start(chosen)
        running.await_phase(Phase.POSTPONED)
        assert running.board.read(RowEstimate) == RowEstimate(200, exact=True)
    running.result()


def test_a_count_that_fails_is_told_and_stops_nothing(
    server: TestServer,
    database: str,
    director: Director,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(counter, "count_rows", lambda _: "SELECT COUNT(*) FROM no_such_table.at_all")
    fill(server, database, 100)
    gate = director.gate(Copier, "_copy")
    running = director.start(options(server, database, exact_rowcount=True))
    running.wait(lambda: "could not be counted" in caplog.text, "the warning")
    gate.open()
    assert running.result().swapped


def sleepers(server: TestServer) -> list[Any]:
    """Sessions that count."""
    return [row for row in server.execute("SHOW PROCESSLIST") if "SLEEP(300)" in str(row[7])]
