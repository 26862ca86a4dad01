"""Real sandboxes, started for the test or shared where nothing is changed."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox import ServerSpec, registry, start
from ghostshift.sandbox.cli import main
from ghostshift.sandbox.files import wait_for
from ghostshift.sandbox.processes import Identity, servers_on
from plugins.fix_server import MakeServer
from plugins.server_pool import QUICK, TestServer

_ORPHAN = """
import sys, threading
from ghostshift.sandbox import ServerSpec, start
sandbox = start(ServerSpec("mariadb"))
sys.stdout.write(sandbox.name + "\\n")
sys.stdout.flush()
threading.Event().wait()
"""


@pytest.fixture
def own_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mariadb_server: TestServer) -> Iterator[Path]:
    """A registry that other runs on this machine do not see; `mariadb_server` says whether servers can be had."""
    assert mariadb_server.flavor == "mariadb"
    monkeypatch.setenv("GHOSTSHIFT_SANDBOX_DIR", str(tmp_path / "state"))
    yield tmp_path / "state"
    for entry in registry.entries():
        registry.remove(entry)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_start_list_and_stop_from_a_shell(own_registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["start", "--flavor", "mariadb", "--name", "shell", "--ttl", "10m", "--json"]
    shell = subprocess.run(
        [sys.executable, "-m", "ghostshift.sandbox", *words], check=True, capture_output=True, text=True
    )
    told = json.loads(shell.stdout)
    primary = told["servers"][0]
    secret = Path(primary["password_file"]).read_text(encoding="utf-8").strip()
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert "shell" in listed
    assert str(primary["port"]) in listed
    assert secret not in shell.stdout + shell.stderr + listed
    assert secret.encode() not in Path(f"/proc/{primary['pid']}/cmdline").read_bytes()
    assert main(["stop", "shell"]) == 0
    assert not servers_on(own_registry)
    assert sorted(path.name for path in own_registry.iterdir()) == [".lock"]
    assert main(["stop", "shell"]) == SandboxError.exit_code
    assert "no sandbox named shell" in capsys.readouterr().err


def test_secrets_and_sockets_are_private(server: TestServer) -> None:
    machine = server.server
    assert _mode(machine.password_file) == 0o600
    assert _mode(machine.socket.parent) == 0o700
    assert _mode(machine.datadir) == 0o700
    assert not (machine.place.folder / "init.sql").exists()
    assert len(str(machine.socket)) < 107


def test_the_server_is_what_was_asked_for(server: TestServer) -> None:
    rows = server.execute("SELECT @@port, @@bind_address, @@log_bin, @@binlog_format, @@server_id")
    assert rows == ((server.port, "127.0.0.1", 1, "ROW", server.server.server_id),)
    assert server.version.startswith(server.server.version)


def test_root_has_no_empty_password(server: TestServer) -> None:
    with pytest.raises(Exception, match="Access denied"):
        server.connect(user="root", password="", unix_socket=str(server.server.socket))


def test_a_fresh_database_is_empty_and_a_global_is_put_back(server: TestServer, database: str) -> None:
    assert server.execute("SHOW TABLES", db=database) == ()
    before = server.execute("SELECT @@GLOBAL.innodb_lock_wait_timeout")
    with server.set_global("innodb_lock_wait_timeout", 3):
        assert server.execute("SELECT @@GLOBAL.innodb_lock_wait_timeout") == ((3,),)
    assert server.execute("SELECT @@GLOBAL.innodb_lock_wait_timeout") == before
    server.execute("SET GLOBAL sql_mode = ''")
    server.clean()
    assert server.execute("SELECT @@GLOBAL.sql_mode") != (("",),)


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_settings_take_effect(special_server: MakeServer, flavor: str) -> None:
    settings = {"lower-case-table-names": "1", "binlog_row_image": "MINIMAL", "innodb_lock_wait_timeout": 7}
    server = special_server(flavor, settings=settings, gtid=False)
    rows = server.execute("SELECT @@lower_case_table_names, @@binlog_row_image, @@GLOBAL.innodb_lock_wait_timeout")
    assert rows == ((1, "MINIMAL", 7),)
    if flavor == "mysql":
        assert server.execute("SELECT @@gtid_mode") == (("OFF",),)


def test_a_server_without_binary_log(special_server: MakeServer) -> None:
    server = special_server("mariadb", settings={"log_bin": "OFF"})
    assert server.execute("SELECT @@log_bin") == ((0,),)


def test_an_unknown_setting_is_told(own_registry: Path) -> None:
    with pytest.raises(SandboxError, match="no_such_thing"):
        start(ServerSpec("mariadb", settings={"no_such_thing": "1"}))
    assert not registry.entries()
    assert not servers_on(own_registry)


@pytest.mark.parametrize(("flavor", "gtid"), [("mysql", True), ("mysql", False), ("mariadb", True), ("mariadb", False)])
def test_replicas_replicate(special_server: MakeServer, flavor: str, *, gtid: bool) -> None:
    server = special_server(flavor, replicas=1, semi_sync=gtid, gtid=gtid)
    database = server.fresh_database()
    server.execute("CREATE TABLE t (id INT PRIMARY KEY)", db=database)
    server.execute("INSERT INTO t VALUES (1), (2)", db=database)
    server.sandbox.wait_caught_up()
    with server.replicas[0].connect(database=database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*), @@server_id FROM t")
        assert cursor.fetchone() == (2, server.server.server_id + 1)
    if flavor == "mysql":
        assert server.execute("SELECT @@gtid_mode") == (("ON" if gtid else "OFF",),)
    if gtid:
        side = "source" if flavor == "mysql" else "master"
        assert server.execute(f"SHOW STATUS LIKE 'Rpl_semi_sync_{side}_status'")[0][1] == "ON"
        assert server.execute(f"SHOW STATUS LIKE 'Rpl_semi_sync_{side}_clients'")[0][1] == "1"


def test_data_survives_a_crash_and_a_restart(special_server: MakeServer) -> None:
    server = special_server("mariadb", settings={"innodb_flush_log_at_trx_commit": 1})
    database = server.fresh_database()
    server.execute("CREATE TABLE t (id INT PRIMARY KEY)", db=database)
    server.execute("INSERT INTO t VALUES (1)", db=database)
    before = server.server.pid
    server.server.kill9()
    assert not server.server.is_running()
    server.server.start()
    assert server.server.pid not in {None, before}
    server.server.restart()
    assert server.execute("SELECT id FROM t", db=database) == ((1,),)


def test_two_starts_at_once(own_registry: Path) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        sandboxes = list(pool.map(start, [ServerSpec("mariadb", settings=QUICK)] * 2))
    try:
        assert {entry.name for entry in registry.entries()} == {sandbox.name for sandbox in sandboxes}
        assert len({sandbox.primary.port for sandbox in sandboxes}) == 2
    finally:
        for sandbox in sandboxes:
            sandbox.stop()
    assert not servers_on(own_registry)


def test_a_name_and_a_port_are_given_once(own_registry: Path) -> None:
    assert own_registry
    with start(ServerSpec("mariadb"), name="one") as sandbox:
        with pytest.raises(SandboxError, match="already there"):
            start(ServerSpec("mariadb"), name="one")
        with pytest.raises(SandboxError, match=f"port {sandbox.primary.port} is taken"):
            start(ServerSpec("mariadb", port=sandbox.primary.port))


def test_nothing_is_left_when_the_owner_is_killed(own_registry: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _ORPHAN], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        name = owner.stdout.readline().strip()
        assert servers_on(own_registry / name)
        owner.send_signal(signal.SIGKILL)
    assert wait_for(lambda: not servers_on(own_registry) and not (own_registry / name).exists(), 15)
    assert wait_for(lambda: not (own_registry / f"{name}.json").exists(), 5)


def test_the_time_to_live_ends_a_sandbox(own_registry: Path) -> None:
    sandbox = start(ServerSpec("mariadb"), ttl=2.5)
    assert sandbox.primary.is_running()
    assert wait_for(lambda: not sandbox.primary.is_running(), 15)
    assert wait_for(lambda: not (own_registry / sandbox.name).exists(), 5)
    sandbox.stop()


def test_what_a_dead_watchdog_left_is_reaped(own_registry: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _ORPHAN], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        name = owner.stdout.readline().strip()
        watchdog = registry.get(name).watchdog
        assert watchdog is not None
        os.kill(watchdog.pid, signal.SIGKILL)
        assert watchdog.wait_gone(5)
        assert registry.get(name).name == name, "its owner still lives"
        owner.kill()
    assert registry.entries() == []
    assert not servers_on(own_registry)


def test_stopping_twice_leaves_a_namesake_alone(own_registry: Path) -> None:
    assert own_registry
    first = start(ServerSpec("mariadb"), name="same")
    registry.remove(registry.get("same"))
    with start(ServerSpec("mariadb"), name="same") as second:
        first.stop()
        assert second.primary.is_running()


def test_an_identity_is_more_than_a_pid() -> None:
    me = Identity.of(os.getpid())
    assert me is not None
    assert me.alive()
    assert not Identity(me.pid, me.started + 1).alive()
    assert Identity.of(2**22 + 1) is None
