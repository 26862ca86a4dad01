"""Limits of a server: times, sizes, numbers of connections. They are lived with, or said so, and never cost a row."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from builders.directing import Director, flag_file, numbers, run
from builders.faulty import Scene, eventually, phase_is
from builders.migrating import options
from faults.conftest import MakeScene
from ghostshift.model.errors import ServerError
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from plugins.server_pool import TestServer


def slow(**more: object) -> Tunables:
    """Settings by which the copy takes several chunks."""
    return Tunables(chunk_size=100, throttle_additional_flag_file="", **more)  # type: ignore[arg-type]


@contextlib.contextmanager
def limits(server: TestServer, **values: Any) -> Iterator[None]:
    """Global variables for the length of the block; those that the flavour does not have are left out."""
    with contextlib.ExitStack() as stack:
        for name, value in values.items():
            if server.execute("SHOW GLOBAL VARIABLES LIKE %s", (name,)):
                stack.enter_context(server.set_global(name, value))
        yield


def test_times_that_a_server_gives_others_do_not_count_for_us(make_scene: MakeScene, tmp_path: Path) -> None:
    scene = make_scene(rows=600, rate=60.0)
    seconds = dict.fromkeys(
        ("wait_timeout", "interactive_timeout", "net_read_timeout", "net_write_timeout", "innodb_lock_wait_timeout"), 1
    )
    with limits(scene.server, **seconds), flag_file(tmp_path / "postpone") as path:
        with limits(scene.server, max_execution_time=1, max_statement_time=0.001):  # a thousandth of a second
            running = scene.start(tunables=slow(postpone_flag_file=path))
            running.until(phase_is(Phase.POSTPONED))
        idle = sorted(scene.sessions())
        running.stop.wait(2.5)
        lasting = sorted(scene.sessions())
    outcome = scene.ended_right(running)
    assert outcome.reconnects == 0
    assert len(set(idle) & set(lasting)) >= 6


@pytest.mark.parametrize("most", [16_384, 65_536])
def test_long_keys_and_rows_larger_than_the_server_takes_in_a_packet(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, most: int
) -> None:
    """500 of these keys are a statement of a megabyte, and a row is an event of 400 KB."""
    text = "varchar(250) CHARACTER SET utf8mb4 NOT NULL"
    run(
        server,
        database,
        f"CREATE TABLE t (id {text}, v int NOT NULL, pad longblob, PRIMARY KEY (id)) ENGINE=InnoDB",
        f"INSERT INTO t (id, v) SELECT CONCAT(REPEAT('é', 230), n), n FROM ({numbers(800)}) numbers",
        "UPDATE t SET pad = REPEAT('x', 200000) WHERE v < 4",
    )
    director = Director(monkeypatch)
    with limits(server, max_allowed_packet=most), flag_file(tmp_path / "postpone") as path:
        running = director.start(options(server, database, tunables=slow(postpone_flag_file=path)))
        running.await_phase(Phase.POSTPONED)
        run(server, database, "UPDATE t SET v = v + 1", "DELETE FROM t WHERE v % 7 = 0")
        running.await_settled(800)
        gate = director.gate(type(running.crew.applier), "drain")
        Path(path).unlink()
        gate.await_reached()
        director.close()


def test_a_user_with_too_few_connections_is_told_so_and_waited_for_later(
    make_scene: MakeScene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    scene = make_scene(rows=100, rate=60.0)
    allow(scene, 2)  # too few to come to the copy
    failure = scene.start().failure(30.0)
    assert isinstance(failure, ServerError)
    assert "max_user_connections" in str(failure)
    allow(scene, 0)
    with flag_file(tmp_path / "postpone") as path:
        running = scene.start(tunables=slow(postpone_flag_file=path))
        running.until(phase_is(Phase.POSTPONED))
        allow(scene, 3)
        for number in scene.sessions():
            with contextlib.suppress(pymysql.Error):
                scene.server.execute(f"KILL {number}")
        eventually(lambda: caplog.text.count("this run of the migration ended") >= 2, seconds=30.0)
        allow(scene, 0)
    scene.ended_right(running)


def test_a_server_that_is_made_read_only_is_waited_for(make_scene: MakeScene, tmp_path: Path) -> None:
    scene = make_scene(rows=100, rate=60.0)
    with flag_file(tmp_path / "postpone") as path:
        running = scene.start(tunables=slow(postpone_flag_file=path))
        running.until(phase_is(Phase.POSTPONED))
        with limits(scene.server, read_only=1):  # which does not keep this user from writing
            running.until(phase_is(Phase.WAITING))
            eventually(lambda: not scene.sessions())
        running.until(phase_is(Phase.POSTPONED))
    scene.ended_right(running)


def allow(scene: Scene, connections: int) -> None:
    """How many connections the migration's user may have; 0 for any number."""
    scene.server.execute(f"ALTER USER '{scene.user}'@'%' WITH MAX_USER_CONNECTIONS {connections}")
