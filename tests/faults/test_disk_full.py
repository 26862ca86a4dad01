"""The server's disk fills up: the run ends and says so, nothing of the original is touched, and the next one goes on.

The disk is a small tmpfs over the folder of the database (builders/small_disk.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders.directing import Directed, Director, assert_same, fill, run
from builders.migrating import options
from builders.small_disk import SmallDisk, small_disk
from ghostshift.model.errors import ServerError
from ghostshift.model.options import Options
from ghostshift.model.phase import Phase
from ghostshift.workers.copier import Copier
from plugins.server_pool import TestServer

ROWS, MORE = 1500, "id > 100000"


@pytest.fixture
def disk(server: TestServer, database: str) -> Iterator[SmallDisk]:
    with small_disk(server.server.datadir / database, 48) as made:
        yield made
        made.free()
        for (name,) in server.execute("SHOW TABLES", db=database):
            server.execute(f"DROP TABLE `{name}`", db=database)


def assert_ended_for_want_of_room(running: Directed) -> None:
    with pytest.raises(ServerError, match=r"full|No space left") as caught:
        running.result()
    assert "no room left" in " ".join(caught.value.__notes__)


def tables(server: TestServer, database: str) -> set[str]:
    return {name for (name,) in server.execute("SHOW TABLES", db=database)}


def chosen(server: TestServer, database: str, path: Path) -> Options:
    made = options(server, database, copy_threads=1)
    tunables = replace(made.tunables, chunk_size=100, postpone_flag_file=str(path))
    return replace(made, tunables=tunables, recovery=replace(made.recovery, seconds=0.1))


def test_a_full_disk_ends_a_run_in_any_phase_and_the_next_goes_on(
    server: TestServer, database: str, disk: SmallDisk, director: Director, tmp_path: Path
) -> None:
    fill(server, database, ROWS, extra=", pad varchar(2000) NOT NULL DEFAULT ''")
    # Rows that were deleted leave room in the original, which the ghost will not have.
    again = f"INSERT INTO t SELECT id + 100000, v, pad FROM t WHERE NOT {MORE}"
    run(server, database, "UPDATE t SET pad = REPEAT('x', 1500)", again, f"DELETE FROM t WHERE {MORE}")
    path = tmp_path / "postpone"

    disk.fill()
    assert_ended_for_want_of_room(director.start(chosen(server, database, path)))
    assert tables(server, database) == {"t"}

    disk.free()
    gate = director.gate(Copier, "_next", when=_from_the(6))
    running = director.start(chosen(server, database, path))
    gate.await_reached()
    disk.fill()
    gate.open()
    assert_ended_for_want_of_room(running)
    assert_ended_for_want_of_room(director.start(chosen(server, database, path)))

    disk.free()
    running = director.start(chosen(server, database, path))
    running.await_phase(Phase.POSTPONED)
    disk.fill()
    run(server, database, again)
    assert_ended_for_want_of_room(running)

    disk.free()
    path.unlink()
    last = chosen(server, database, path)
    running = director.start(replace(last, tunables=replace(last.tunables, postpone_flag_file="")))
    outcome = running.result()
    assert outcome.rows_copied < 2 * ROWS, "it went on where it was"
    assert_same(server, outcome, database, columns="id, v, pad")


def _from_the(number: int) -> Callable[..., bool]:
    calls = iter(range(10_000))
    return lambda *_: next(calls) >= number
