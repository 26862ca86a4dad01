"""The control socket of a running migration, and every way to throttle it: what stands still, and what goes on."""

from __future__ import annotations

import contextlib
import re
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders.faulty import eventually
from builders.program import Child, ask, columns, environment, make_table, run, words
from plugins.fix_server import MakeServer
from plugins.server_pool import TestServer

ROWS = 3000
STATUS = r"^Copy: \d+/\d+ "


class Ruled:
    """The program at work on a table that grows under a writer, and its control socket."""

    def __init__(self, server: TestServer, database: str, folder: Path, **more: object) -> None:
        self.path = folder / "control.sock"
        self.server = server
        self.database = database
        self._over = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        make_table(server, database, rows=ROWS)
        flags = words(server, database, execute=True, serve_socket_file=self.path, chunk_size=10, **more)
        self.child = Child(flags, folder, environment(server.password))
        self._writer.start()

    def _write(self) -> None:
        connection = self.server.connect(self.database)
        number = 0
        while not self._over.wait(0.01):
            number += 1
            with connection.cursor() as cursor:
                cursor.execute("UPDATE t SET v = %s WHERE id = %s", (f"changed {number}", number % 50))

    def ask(self, line: str) -> str:
        """One command."""
        return ask(self.path, line)

    def ready(self) -> None:
        """Wait until it answers."""
        eventually(lambda: self.path.exists() or self.child.process.poll() is not None, seconds=20.0)
        assert self.path.exists(), self.child.said()
        eventually(lambda: re.search(r"State: (?:throttled|postponing)", self.ask("status")), self.child.said)

    def counters(self) -> tuple[int, int]:
        """Rows copied and changes applied."""
        found = re.match(r"Copy: (\d+)/\d+ .*?Applied: (\d+);", self.ask("status"))
        assert found
        return int(found[1]), int(found[2])

    def stands_still(self, seconds: float = 1.0) -> None:
        """Neither copying nor applying gets on. What was in flight may end first."""
        threading.Event().wait(0.8)
        before = self.counters()
        threading.Event().wait(seconds)
        assert self.counters() == before

    def ends_well(self) -> None:
        """It goes on to the end."""
        ended = self.child.end(40.0)
        assert ended.code == 0, ended
        assert columns(self.server, self.database)[-1] == "added"

    def close(self) -> None:
        """End what runs."""
        self._over.set()
        self._writer.join(10.0)
        self.child.__exit__()


Rule = Callable[..., Ruled]


@pytest.fixture
def rule(tmp_path: Path) -> Iterator[Rule]:
    """Start the program on a server and a database."""
    made: list[Ruled] = []

    def start(server: TestServer, database: str, **more: object) -> Ruled:
        made.append(Ruled(server, database, tmp_path, **more))
        made[-1].ready()
        return made[-1]

    yield start
    for ruled in made:
        ruled.close()


@pytest.fixture
def held(server: TestServer, database: str, tmp_path: Path, rule: Rule) -> Ruled:
    """A migration that waits at the cut-over, applying as it must."""
    (tmp_path / "postpone").touch()
    return rule(server, database, postpone_cut_over_flag_file=tmp_path / "postpone")


@pytest.fixture
def paused(server: TestServer, database: str, tmp_path: Path, rule: Rule) -> Ruled:
    """A migration that is held in the middle of its copy by a flag file."""
    (tmp_path / "throttle").touch()
    return rule(server, database, throttle_flag_file=tmp_path / "throttle")


def test_commands(held: Ruled) -> None:
    assert stat.S_IMODE(held.path.stat().st_mode) == 0o600
    assert stat.S_ISSOCK(held.path.stat().st_mode)
    shown = held.ask("help")
    for name in ("status", "sup", "coordinates", "chunk-size", "max-lag-millis", "throttle", "no-throttle"):
        assert name in shown
    for name in ("status", "info", "sup"):
        assert re.match(STATUS, held.ask(name))
    assert re.fullmatch(r"\S+\.\d+:\d+\n", held.ask("coordinates"))
    assert re.fullmatch(r"\S+\.\d+:\d+\n", held.ask("coordinates=?"))
    assert held.ask("chunk-size=?") == "10\n"
    assert re.match(STATUS, held.ask("chunk-size=500"))
    assert held.ask("chunk-size=?") == "500\n"
    assert re.match(STATUS, held.ask("max-lag-millis=2500"))
    assert held.ask("max-lag-millis=?") == "2500\n"


def test_bad_input_changes_nothing(held: Ruled) -> None:
    for line in ("chunk-size=5", "chunk-size=many", "chunk-size=-1", "chunk-size=", "chunk-size=1e3", "chunk-size=٣٠٠"):
        assert "chunk-size must be" in held.ask(line), line
    for line in ("max-lag-millis=1", "max-lag-millis=", "max-lag-millis=x"):
        assert "max-lag-millis must be" in held.ask(line), line
    for line in ("", "nonsense", "STATUS", "status please", "=", "drop table t", "\x00\xff", "a" * 4000):
        assert "unknown command" in held.ask(line), line
    assert "read-only" in held.ask("coordinates=binlog.000001:4")
    assert "migration of t, not of other" in held.ask("throttle=other")
    assert "migration of t, not of other" in held.ask("no-throttle=other")
    assert held.ask("chunk-size=?") == "10\n"
    assert held.ask("max-lag-millis=?") == "1500\n"
    assert "throttled" not in held.ask("status")


@pytest.mark.parametrize(
    ("on", "off"),
    [("throttle", "no-throttle"), ("pause", "resume"), ("suspend", "continue"), ("throttle=t", "unthrottle=t")],
)
def test_throttle_by_command(paused: Ruled, tmp_path: Path, on: str, off: str) -> None:
    assert "throttled" in paused.ask(on)
    (tmp_path / "throttle").unlink()
    eventually(lambda: "throttled, commanded by user" in paused.ask("status"))
    paused.stands_still()
    rows, _ = paused.counters()
    assert rows < ROWS
    paused.ask(off)
    paused.ends_well()


def test_throttle_by_command_stops_applying_too(held: Ruled, tmp_path: Path) -> None:
    before = held.counters()[1]
    eventually(lambda: held.counters()[1] > before)
    held.ask("throttle")
    held.stands_still()
    backlog = re.search(r"Backlog: (\d+)/", held.ask("status"))
    assert backlog
    assert int(backlog[1]) > 0
    stopped = held.counters()[1]
    held.ask("no-throttle")
    eventually(lambda: held.counters()[1] > stopped)
    (tmp_path / "postpone").unlink()
    held.ends_well()


def test_a_throttled_migration_does_not_cut_over(held: Ruled, tmp_path: Path) -> None:
    held.ask("throttle")
    (tmp_path / "postpone").unlink()
    held.stands_still()
    assert "added" not in columns(held.server, held.database)
    held.ask("no-throttle")
    held.ends_well()


def test_a_throttle_flag_file(paused: Ruled, tmp_path: Path) -> None:
    eventually(lambda: "State: throttled, flag-file;" in paused.ask("status"))
    paused.stands_still()
    assert paused.counters() == (0, 0)
    (tmp_path / "throttle").unlink()
    paused.ends_well()


def test_the_postpone_flag_file_holds_the_cut_over(held: Ruled, tmp_path: Path) -> None:
    eventually(lambda: "State: postponing cut-over; ETA: due" in held.ask("status"))
    before = held.counters()[1]
    eventually(lambda: held.counters()[1] > before + 20)
    assert "added" not in columns(held.server, held.database)
    (tmp_path / "postpone").unlink()
    held.ends_well()


def test_several_clients_and_a_silent_one(held: Ruled) -> None:
    replies: list[str] = []
    clients = [threading.Thread(target=lambda: replies.append(held.ask("status"))) for _ in range(6)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.connect(str(held.path))
        began = time.monotonic()
        for client in clients:
            client.start()
        for client in clients:
            client.join(10.0)
        assert time.monotonic() - began < 5.0
    assert len(replies) == 6
    assert all(re.match(STATUS, reply) for reply in replies)


def test_a_client_that_hangs_up_is_its_own_loss(held: Ruled) -> None:
    for line in (b"", b"sta", b"status\n", b"a" * 20_000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as rude, contextlib.suppress(BrokenPipeError):
            rude.connect(str(held.path))
            rude.sendall(line)
    assert re.match(STATUS, held.ask("status"))


def test_a_socket_that_another_run_serves(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database)
    path = tmp_path / "live.sock"
    flags = words(server, database, execute=True, serve_socket_file=path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(path))
        other.listen(1)
        ended = run(flags, environment(server.password))
    assert ended.code == 2, ended
    assert str(path) in ended.err
    assert "--initially-drop-socket-file" in ended.err
    assert path.exists()
    assert "added" not in columns(server, database)
    ended = run([*flags, "--initially-drop-socket-file"], environment(server.password))
    assert ended.code == 0, ended
    assert not path.exists()


def test_a_socket_that_a_killed_run_left_is_no_hindrance(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database)
    path = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stale:
        stale.bind(str(path))
    ended = run(words(server, database, execute=True, serve_socket_file=path), environment(server.password))
    assert ended.code == 0, ended
    assert not path.exists()


@pytest.mark.parametrize("more", [[], ["--initially-drop-socket-file"]])
def test_what_is_no_socket_is_never_removed(server: TestServer, database: str, tmp_path: Path, more: list[str]) -> None:
    make_table(server, database)
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    ended = run([*words(server, database, execute=True, serve_socket_file=path), *more], environment(server.password))
    assert ended.code == 2, ended
    assert path.read_text() == "mine"


def test_no_socket_where_none_is_wanted(server: TestServer, database: str) -> None:
    make_table(server, database)
    ended = run(words(server, database, execute=True, serve_socket_file="-"), environment(server.password))
    assert ended.code == 0, ended
    assert not Path(f"/tmp/gh-ost.{database}.t.sock").exists()  # noqa: S108 - the default that must not be used


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_throttle_by_the_lag_of_a_replica(special_server: MakeServer, rule: Rule, flavor: str) -> None:
    server = special_server(flavor, replicas=1)
    database = server.fresh_database()
    replica = server.replicas[0]
    word = "REPLICA" if flavor == "mysql" else "SLAVE"

    def tell(statement: str) -> None:
        connection = replica.connect()
        try:
            connection.query(statement)
        finally:
            connection.close()

    tell(f"STOP {word} SQL_THREAD")
    try:
        ruled = rule(server, database, throttle_control_replicas=f"{replica.host}:{replica.port}", max_lag_millis=800)
        # It has not even the table of the heartbeat: what cannot be read counts as lag.
        eventually(lambda: f"throttled, {replica.host}:{replica.port} Table " in ruled.ask("status"))
        ruled.stands_still()
        assert ruled.counters() == (0, 0)
        ruled.ask("throttle")  # so that it does not end in the moments that the replica is up to date
        tell(f"START {word} SQL_THREAD")
        server.sandbox.wait_caught_up()
        tell(f"STOP {word} SQL_THREAD")
        threading.Event().wait(1.0)
        ruled.ask("no-throttle")
        eventually(lambda: re.search(r"throttled, \S+ replica-lag=\d+\.\d{6}s", ruled.ask("status")))
        ruled.stands_still()
        assert ruled.counters()[0] < ROWS
        ruled.ask("max-lag-millis=86400000")
        eventually(lambda: "replica-lag" not in ruled.ask("status") or ruled.child.process.poll() is not None)
    finally:
        tell(f"START {word} SQL_THREAD")
    ruled.ends_well()
