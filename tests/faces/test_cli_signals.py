"""Ctrl-C and SIGTERM in each phase: the end within seconds, the original untouched, what is left named."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.faulty import PASSWORD, eventually
from builders.program import Child, Ended, columns, environment, make_table, make_user, tables, words
from plugins.fix_proxy import Deed, Link, Proxy
from plugins.server_pool import TestServer

ROWS = 300
STALLED = {
    "connecting": "VERSION",
    "inspecting": "information_schema.columns",
    "making the ghost": "^CREATE TABLE .* LIKE",
    "altering the ghost": "^ALTER TABLE",
    "beginning to follow": "'marker'",
    "copying": "^INSERT INTO .* ON DUPLICATE KEY UPDATE `id`",
}
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])


@pytest.fixture
def own_user(server: TestServer, database: str) -> Iterator[str]:
    """A user of the migration alone, so that its sessions can be told."""
    name = f"sig_{database}"
    make_user(server, name, ["ALL PRIVILEGES ON *.*"])
    yield name
    server.execute(f"DROP USER '{name}'@'%'")


def _ends(child: Child, number: signal.Signals, seconds: float = 10.0) -> Ended:
    began = time.monotonic()
    child.signal(number)
    ended = child.end(seconds + 5.0)
    assert time.monotonic() - began < seconds
    return ended


def _untouched(server: TestServer, database: str, user: str, ended: Ended, number: signal.Signals) -> None:
    assert ended.code == 6, ended
    assert f"stopped by {number.name}" in ended.err
    assert "Traceback" not in ended.err

    def sessions() -> tuple[tuple[object, ...], ...]:
        return server.execute("SELECT * FROM information_schema.processlist WHERE user = %s", (user,))

    eventually(lambda: not sessions(), sessions)
    assert columns(server, database) == ["id", "v"]
    rows = server.execute("SELECT COUNT(*), SUM(v = REPEAT('v', 100)) FROM t", db=database)
    assert rows == ((ROWS, ROWS),)
    for line in ended.err.splitlines():
        if "DROP TABLE" in line:
            server.execute(line[line.index("DROP TABLE") :])
    assert tables(server, database) == {"t"}, ended.err


@BOTH
@pytest.mark.parametrize("where", STALLED)
def test_a_signal_while_the_server_does_not_answer(
    server: TestServer, database: str, own_user: str, proxy: Proxy, tmp_path: Path, where: str, number: signal.Signals
) -> None:
    make_table(server, database, rows=ROWS)
    struck = proxy.on(STALLED[where], Deed.STALL)
    flags = words(proxy, database, user=own_user, execute=True, chunk_size=20, serve_socket_file=tmp_path / "sock")
    with Child(flags, tmp_path, environment(PASSWORD)) as child:
        assert struck.wait(20.0), child.said()
        ended = _ends(child, number)
    _untouched(server, database, own_user, ended, number)
    assert not (tmp_path / "sock").exists()


@BOTH
def test_a_signal_while_throttled(
    server: TestServer, database: str, own_user: str, tmp_path: Path, number: signal.Signals
) -> None:
    make_table(server, database, rows=ROWS)
    flag = tmp_path / "throttle"
    flag.touch()
    flags = words(server, database, user=own_user, execute=True, throttle_flag_file=flag)
    with Child(flags, tmp_path, environment(PASSWORD)) as child:
        child.until_says("State: throttled")
        ended = _ends(child, number)
    _untouched(server, database, own_user, ended, number)
    assert "DROP TABLE" in ended.err


@BOTH
def test_a_signal_while_postponed(
    server: TestServer, database: str, own_user: str, tmp_path: Path, number: signal.Signals
) -> None:
    make_table(server, database, rows=ROWS)
    flag = tmp_path / "postpone"
    flag.touch()
    flags = words(server, database, user=own_user, execute=True, postpone_cut_over_flag_file=flag)
    with Child(flags, tmp_path, environment(PASSWORD)) as child:
        child.until_says("postponing cut-over")
        ended = _ends(child, number)
    _untouched(server, database, own_user, ended, number)


class Sleeper:
    """Somebody who begins to sit on the table at the very moment at which the cut-over asks for its lock."""

    def __init__(self, server: TestServer, database: str, proxy: Proxy) -> None:
        self._connection = server.connect(database)
        self.asleep = proxy.on("^LOCK TABLES", self._lie_down)

    def _lie_down(self, _: Link, __: str) -> Deed:
        with self._connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT COUNT(*) FROM t")
        return Deed.PASS

    def wake(self) -> None:
        """Go away."""
        self._connection.close()


@BOTH
def test_a_signal_while_the_lock_is_waited_for(
    server: TestServer, database: str, own_user: str, proxy: Proxy, tmp_path: Path, number: signal.Signals
) -> None:
    make_table(server, database, rows=ROWS)
    sleeper = Sleeper(server, database, proxy)
    flags = words(proxy, database, user=own_user, execute=True, cut_over_lock_timeout_seconds=2)
    waiting = "SELECT 1 FROM information_schema.processlist WHERE user = %s AND state LIKE '%%metadata lock%%'"
    with Child(flags, tmp_path, environment(PASSWORD)) as child:
        eventually(lambda: server.execute(waiting, (own_user,)), child.said, seconds=20.0)
        ended = _ends(child, number)
    sleeper.wake()
    _untouched(server, database, own_user, ended, number)


@BOTH
def test_a_signal_between_two_attempts(
    server: TestServer, database: str, own_user: str, proxy: Proxy, tmp_path: Path, number: signal.Signals
) -> None:
    make_table(server, database, rows=ROWS)
    sleeper = Sleeper(server, database, proxy)
    flags = words(proxy, database, user=own_user, execute=True, cut_over_lock_timeout_seconds=1)
    with Child(flags, tmp_path, environment(PASSWORD)) as child:
        child.until_says("cut-over attempt 1")
        ended = _ends(child, number)
    sleeper.wake()
    _untouched(server, database, own_user, ended, number)
