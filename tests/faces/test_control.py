"""The control socket of a running migration, and every way to throttle it: what stands still, and what goes on."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders.faulty import eventually
from builders.program import Child, Ended, answer, ask, columns, environment, make_table, run, tables, words
from ghostshift.control.table import BY_NAME
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
        eventually(lambda: answer(self.path, "status") or self.child.process.poll() is not None, seconds=20.0)
        assert self.path.exists(), self.child.said()
        eventually(lambda: re.search(r"State: (?:throttled|postponing)", self.ask("status")), self.child.said)

    def counters(self) -> tuple[int, int]:
        """Rows copied and changes applied."""
        found = re.match(r"Copy: (\d+)/\d+ .*?Applied: (\d+);", self.ask("sup"))
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
    ruled = rule(server, database, postpone_cut_over_flag_file=tmp_path / "postpone")
    postponed(ruled)
    return ruled


def postponed(ruled: Ruled) -> None:
    """Wait until nothing but the flag file is in the way: on a slow machine lag may throttle at first."""
    eventually(lambda: "State: postponing" in ruled.ask("sup"), ruled.child.said, seconds=30.0)


@pytest.fixture
def paused(server: TestServer, database: str, tmp_path: Path, rule: Rule) -> Ruled:
    """A migration that is held in the middle of its copy by a flag file."""
    (tmp_path / "throttle").touch()
    return rule(server, database, throttle_flag_file=tmp_path / "throttle")


SETTINGS = [
    ("chunk-size", "500", "500"),
    ("dml-batch-size", "20", "20"),
    ("max-lag-millis", "2500", "2500"),
    ("nice-ratio", "0.25", "0.25"),
    ("max-load", "Threads_running=90000", "Threads_running=90000"),
    ("critical-load", "Threads_running=99999,Threads_connected=88888", "Threads_connected=88888,Threads_running=99999"),
    ("throttle-query", '"SELECT 0 = 1"', "SELECT 0 = 1"),
    ("throttle-control-replicas", "", ""),
    ("throttle-http", "", ""),
]


def test_commands(held: Ruled) -> None:
    assert stat.S_IMODE(held.path.stat().st_mode) == 0o600
    assert stat.S_ISSOCK(held.path.stat().st_mode)
    shown = held.ask("help")
    assert all(name in shown for name in BY_NAME)
    assert re.match(STATUS, held.ask("sup"))
    for name in ("status", "info"):
        answer = held.ask(name)
        assert answer.startswith(f"# Migrating `{held.database}`.`t`; Ghost table is `{held.database}`.`")
        assert f"\n# Migrating {held.server.host}:{held.server.port}; inspecting " in answer
        assert f"\n# Serving on unix socket: {held.path}\nCopy: {ROWS}/{ROWS} 100.0%;" in answer
        assert "State: postponing cut-over; ETA: due" in answer
    for name in ("coordinates", "coordinates=?"):
        assert re.fullmatch(r"\S+\.\d+:\d+\n", held.ask(name))
    for name in ("applier", "inspector"):
        assert re.fullmatch(rf"Host: {held.server.host}:{held.server.port}, Version: \d+\.\d+\.\d+.*\n", held.ask(name))
    assert held.ask("chunk-size=?") == "10\n"
    for name, text, said in SETTINGS:
        answer = held.ask(f"{name}={text}")
        assert re.search(STATUS, answer, re.MULTILINE), answer
        assert held.ask(f"{name}=?") == f"{said}\n"
    assert "# chunk-size: 500; max-lag-millis: 2500ms; dml-batch-size: 20; max-load: " in held.ask("status")
    assert "beyond its bounds; 100000 is used" in held.ask("chunk-size=100001")
    assert "not available here" in held.ask("cpu-profile=1s")
    assert "no longer in use" in held.ask("replication-lag-query=SELECT 1")
    assert json.loads(held.ask("status-json"))["phase"] == "postponing cut-over"
    held.child.until_says("# chunk-size: 500; max-lag-millis: 2500ms; dml-batch-size: 20;")
    changelog = next(name for name in tables(held.server, held.database) if name.endswith("_ghc"))
    story = f"SELECT value FROM `{changelog}` WHERE id > 255 AND hint RLIKE '^copy iteration [0-9]+ at [0-9]+$'"
    eventually(lambda: ("postponing cut-over",) in held.server.execute(story, db=held.database))
    assert "migration of t" in held.ask("unpostpone=other")
    assert held.ask("unpostpone=t").startswith("Unpostponed\n# ")
    held.ends_well()


def test_bad_input_changes_nothing(held: Ruled) -> None:
    for line in ("chunk-size=many", "chunk-size=", "chunk-size=1e3", "chunk-size=٣٠٠"):
        assert "chunk-size must be" in held.ask(line), line
    for line in ("max-lag-millis=", "max-lag-millis=x"):
        assert "max-lag-millis must be" in held.ask(line), line
    for line in ("", "nonsense", "STATUS", "status please", "=", "drop table t", "\x00\xff", "a" * 4000):
        assert "unknown command" in held.ask(line), line
    assert "read-only" in held.ask("coordinates=binlog.000001:4")
    assert "migration of t, not of other" in held.ask("throttle=other")
    assert "migration of t, not of other" in held.ask("no-throttle=other")
    assert "migration of t, not of other" in held.ask("panic=other")
    assert "Error parsing" in held.ask("max-load=Threads_running")
    assert "cannot be made" in held.ask("postpone-cut-over-flag-file=/nowhere/at/all")
    assert held.ask("chunk-size=?") == "10\n"
    assert held.ask("max-lag-millis=?") == "1500\n"
    assert "throttled" not in held.ask("sup")


def test_postponed_by_command_then_let_go_by_name(paused: Ruled, tmp_path: Path) -> None:
    path = tmp_path / "not yet"
    assert "meaning only then" in paused.ask("unpostpone=t")
    assert paused.ask(f'postpone-cut-over-flag-file="{path}"').startswith("Postponed\n")
    assert path.exists()
    (tmp_path / "throttle").unlink()
    eventually(lambda: "State: postponing cut-over" in paused.ask("sup"), seconds=30.0)
    assert "added" not in columns(paused.server, paused.database)
    assert paused.ask("no-postpone").startswith("Unpostponed\n")
    paused.ends_well()
    assert path.exists()


def test_where_names_are_demanded_panic_must_name_the_table(
    server: TestServer, database: str, tmp_path: Path, rule: Rule
) -> None:
    (tmp_path / "postpone").touch()
    ruled = rule(
        server,
        database,
        postpone_cut_over_flag_file=tmp_path / "postpone",
        force_named_panic=True,
        force_named_cut_over=True,
    )
    postponed(ruled)
    assert "unpostpone=t" in ruled.ask("cut-over")
    assert "panic=t" in ruled.ask("panic")
    assert "State: postponing" in ruled.ask("sup")
    assert "aborted by the command panic" in ruled.ask("panic=t")
    ended = ruled.child.end()
    assert ended.code == 6, ended
    assert "aborted by the command panic" in ended.err
    assert "added" not in columns(server, database)
    assert not ruled.path.exists()


def test_a_hook_hears_of_each_command_and_may_reject_it(mysql_server: TestServer, tmp_path: Path, rule: Rule) -> None:
    hook = tmp_path / "gh-ost-on-interactive-command"
    hook.write_text('#!/bin/sh\n[ "$GH_OST_COMMAND" != "\'chunk-size\'" ]\n')
    hook.chmod(0o755)
    (tmp_path / "postpone").touch()
    database = mysql_server.fresh_database()
    ruled = rule(mysql_server, database, postpone_cut_over_flag_file=tmp_path / "postpone", hooks_path=tmp_path)
    postponed(ruled)
    assert "gh-ost-on-interactive-command" in ruled.ask("chunk-size=500")
    assert "# chunk-size: 10;" in ruled.ask("status")
    assert ruled.ask("unpostpone").startswith("Unpostponed")
    ruled.ends_well()


def test_the_client_and_the_network(server: TestServer, database: str, tmp_path: Path, rule: Rule) -> None:
    (tmp_path / "postpone").touch()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ruled = rule(server, database, postpone_cut_over_flag_file=tmp_path / "postpone", serve_tcp_port=port)
    postponed(ruled)

    def control(*words: str, **more: str) -> Ended:
        return run(words, environment(**more), command="control")

    at, tcp = f"--socket={ruled.path}", f"--tcp={port}"
    assert "State: postponing" in control(at).out
    assert json.loads(control(at, "--json").out)["phase"] == "postponing cut-over"
    assert json.loads(control(at, "--json", "chunk-size=?").out) == {"command": "chunk-size=?", "answer": "10"}
    rejected = control(at, "chunk-size=many")
    assert rejected.code == 2
    assert "whole number" in rejected.err
    assert control(tcp, "chunk-size=?").out == "10\n"
    refused = control(tcp, "chunk-size=70")
    assert refused.code == 2
    assert "needs the token" in refused.err
    token = Path(f"{ruled.path}.token")
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    secret = token.read_text().strip()
    assert f"# Serving on TCP port: {port}\n" in control(tcp, f"--token-file={token}", "chunk-size=70").out
    assert control(tcp, "throttle", GHOSTSHIFT_SERVE_TCP_TOKEN=secret).code == 0
    assert control(tcp, "no-throttle", GHOSTSHIFT_SERVE_TCP_TOKEN=secret).code == 0
    assert control(tcp, "throttle", GHOSTSHIFT_SERVE_TCP_TOKEN="wrong").code == 2
    assert ruled.ask("chunk-size=?") == "70\n"
    with socket.socket() as elsewhere:
        elsewhere.settimeout(5.0)
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0
    (tmp_path / "postpone").unlink()
    ruled.ends_well()
    assert secret not in "".join(ruled.child.said())
    assert not token.exists()
    nobody = control(at)
    assert nobody.code == 2
    assert "nobody listens" in nobody.err


def test_the_client_finds_a_migration_by_its_table(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database, rows=50)
    (tmp_path / "postpone").touch()
    flags = words(server, database, execute=True, postpone_cut_over_flag_file=tmp_path / "postpone")
    with Child(flags, tmp_path, environment(server.password)) as child:
        child.until_says("State: postponing")
        at = [f"--database={database}", "--table=t"]
        assert run([*at, "sup"], command="control").out.startswith("Copy: 50/50")
        assert f"`{database}`.`t`  postponing cut-over" in run(["--list"], command="control").out
        listed = json.loads(run(["--list", "--json"], command="control").out)
        assert f"`{database}`.`t`" in [one["table"] for one in listed]
        assert run([*at, "cut-over"], command="control").code == 0
        assert child.end().code == 0


def test_a_bad_port_is_told_before_anything_is_touched(server: TestServer, database: str) -> None:
    make_table(server, database)
    for text in ("many", "70000", "127.0.0.1:"):
        ended = run(words(server, database, execute=True, serve_tcp_port=text), environment(server.password))
        assert ended.code == 2, ended
        assert "--serve-tcp-port must be a port" in ended.err
    assert tables(server, database) == {"t"}


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
    assert all(re.search(STATUS, reply, re.MULTILINE) for reply in replies)


def test_a_client_that_hangs_up_is_its_own_loss(held: Ruled) -> None:
    for line in (b"", b"sta", b"status\n", b"a" * 20_000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as rude, contextlib.suppress(BrokenPipeError):
            rude.connect(str(held.path))
            rude.sendall(line)
    assert re.match(STATUS, held.ask("sup"))


def test_a_socket_that_another_run_serves(server: TestServer, database: str, tmp_path: Path) -> None:
    make_table(server, database)
    path = tmp_path / "live.sock"
    flags = words(server, database, execute=True, serve_socket_file=path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(path))
        other.listen(1)
        for more in ([], ["--initially-drop-socket-file"]):
            ended = run([*flags, *more], environment(server.password))
            assert ended.code == 3, ended
            assert f"answers at the control socket {path}" in ended.err
            assert "[already-running]" in ended.err
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

    server.sandbox.wait_caught_up()  # or the replica does not even know the database, and says that instead
    tell(f"STOP {word} SQL_THREAD")
    try:
        ruled = rule(server, database, throttle_control_replicas=f"{replica.host}:{replica.port}", max_lag_millis=800)
        # It has not even the table of the heartbeat: what cannot be read counts as lag.
        eventually(
            lambda: f"throttled, {replica.host}:{replica.port} Table " in ruled.ask("status"),
            lambda: ruled.ask("status"),
        )
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
