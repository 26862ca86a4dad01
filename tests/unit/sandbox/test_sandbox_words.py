from __future__ import annotations

import fcntl
import os
import stat
import time
from pathlib import Path

import pytest

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox import ServerSpec, apt, provision, registry
from ghostshift.sandbox.cli import main, parse_ttl
from ghostshift.sandbox.files import cache_dir, locked, state_dir, wait_for, write_private
from ghostshift.sandbox.processes import Identity
from ghostshift.sandbox.server import accounts_sql
from ghostshift.sandbox.spec import Place, options, parse_settings
from ghostshift.sandbox.watchdog import due
from plugins.server_pool import OwnServer

_MAIN = "Debian|Debian|bookworm|http://archive.example/debian/"
_SECURITY = "Debian|Debian-Security|bookworm-security|http://archive.example/debian-security/"


def _place(role: str = "primary") -> Place:
    return Place(Path("/s/one"), Path("/s/run/p.sock"), 13001, 77, role)


def _entry(**changes: object) -> registry.Entry:
    me = Identity.of(os.getpid())
    values: dict[str, object] = {
        "name": "one",
        "flavor": "mysql",
        "version": "9.7.4",
        "folder": "/nowhere/one",
        "sockets": "/nowhere/one/run",
        "created": 1.0,
        "ports": (13001,),
        "starter": me,
        "ready": True,
        **changes,
    }
    return registry.Entry(**values)  # type: ignore[arg-type]


def test_the_site_is_the_main_archive_not_the_security_one() -> None:
    assert apt.pick_site(f"{_SECURITY}\n{_MAIN}\n", assume_debian=False) == "http://archive.example/debian/"


def test_no_site_among_foreign_archives() -> None:
    assert apt.pick_site("Ubuntu|Ubuntu|noble|http://archive.example/ubuntu/\n", assume_debian=False) is None
    assert apt.pick_site("", assume_debian=True) is None


def test_before_the_first_update_a_debian_machine_s_archive_is_taken() -> None:
    listing = "||bookworm-security|http://archive.example/debian-security/\n||bookworm|http://archive.example/debian/"
    assert apt.pick_site(listing, assume_debian=True) == "http://archive.example/debian/"
    assert apt.pick_site(listing, assume_debian=False) is None


def test_a_source_line_never_turns_signatures_off() -> None:
    line = apt.source_line("http://archive.example/debian/", "sid", Path("/keys/k.gpg"))
    assert line == "deb [target=Packages signed-by=/keys/k.gpg] http://archive.example/debian/ sid main\n"
    everything = apt.source_line("http://archive.example/debian/", "sid", None) + apt.configuration(Path("/w"))
    for word in ("trusted=", "allow-insecure", "AllowUnauthenticated", "AllowInsecure"):
        assert word.lower() not in everything.lower()


def test_every_folder_of_the_private_apt_is_its_own() -> None:
    for line in apt.configuration(Path("/w")).splitlines():
        if line.startswith("Dir::"):
            assert '"/w/' in line or '"/dev/null"' in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 (Debian)", ("mysql", "9.7.4")),
        ("mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)", ("mysql", "8.0.36")),
        ("mariadbd  Ver 10.11.18-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64", ("mariadb", "10.11.18")),
        ("mariadbd from 11.8.6-MariaDB, client 15.2", None),
        ("", None),
    ],
)
def test_what_a_server_says_of_its_version(text: str, expected: tuple[str, str] | None) -> None:
    assert provision.parse_version(text) == expected


@pytest.mark.parametrize(
    ("version", "wanted", "same"),
    [("9.7.4", "9.7", True), ("9.70.1", "9.7", False), ("10.11.18", "10", True), ("10.1.18", "10.11", False)],
)
def test_versions_are_compared_part_by_part(version: str, wanted: str, *, same: bool) -> None:
    assert provision.matches(version, wanted) is same


def test_a_version_that_nobody_packages_is_told_with_what_to_do() -> None:
    with pytest.raises(SandboxError, match=r"10\.11 and 11\.8; install the mariadb 10\.6 server"):
        provision.suite_of("mariadb", "10.6")
    assert provision.suite_of("mariadb", "11.8") == "trixie"
    assert provision.suite_of("mariadb", "10.11.18") == "bookworm"


@pytest.mark.parametrize(
    "wish",
    [
        {"flavor": "oracle"},
        {"version": "latest"},
        {"version": "9.7; rm"},
        {"replicas": -1},
        {"semi_sync": True},
        {"port": 80},
        {"settings": {"a b": "1"}},
    ],
)
def test_wishes_that_cannot_be(wish: dict[str, object]) -> None:
    with pytest.raises(SandboxError):
        ServerSpec(**wish)  # type: ignore[arg-type]


def test_a_wish_has_a_default_version_and_can_be_a_key() -> None:
    assert ServerSpec().version == "9.7"
    assert ServerSpec("mariadb").version == "10.11"
    assert hash(ServerSpec(settings={"a": "1"})) == hash(ServerSpec(settings={"a": "1"}))


def test_the_caller_s_settings_win_and_are_written_once() -> None:
    words = options(ServerSpec(settings={"innodb-buffer-pool-size": "1G"}), _place())
    assert [word for word in words if "buffer" in word] == ["--innodb_buffer_pool_size=1G"]


def test_no_binary_log_is_no_option_value() -> None:
    words = options(ServerSpec(settings={"log_bin": "OFF"}), _place())
    assert "--skip-log-bin" in words
    assert not [word for word in words if word.startswith(("--log-bin", "--log_bin"))]
    assert "--gtid_mode=OFF" in words


def test_each_side_of_a_semi_synchronous_pair_gets_its_plug_in() -> None:
    spec = ServerSpec(replicas=1, semi_sync=True)
    assert "--plugin_load_add=semisync_source.so" in options(spec, _place())
    assert "--rpl_semi_sync_replica_enabled=ON" in options(spec, _place("replica"))
    spec = ServerSpec("mariadb", replicas=1, semi_sync=True)
    assert "--rpl_semi_sync_slave_enabled=ON" in options(spec, _place("replica"))


def test_the_server_listens_at_home_only() -> None:
    assert "--bind-address=127.0.0.1" in options(ServerSpec(), _place())


def test_settings_from_a_command_line() -> None:
    assert parse_settings(["sql-mode=A=B", " X = 1"]) == {"sql_mode": "A=B", "x": "1"}
    with pytest.raises(SandboxError, match="name=value"):
        parse_settings(["alone"])


def test_accounts_are_made_outside_of_the_binary_log() -> None:
    lines = accounts_sql("mysql", "it's").splitlines()
    assert lines[0] == "SET SESSION sql_log_bin=0;"
    assert "'it''s'" in lines[1]


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("1.5h", 5400), ("30M", 1800), ("7d", 604800)])
def test_times_to_live(text: str, seconds: float) -> None:
    assert parse_ttl(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "0", "-1h", "1w", "forever"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(SandboxError):
        parse_ttl(text)


def test_when_a_watchdog_must_act() -> None:
    gone = Identity(2**22 + 1, 1)
    me = Identity.of(os.getpid())
    assert not due(_entry(owner=me))
    assert due(_entry(owner=gone))
    assert due(_entry(expires=time.time() - 1))
    assert not due(_entry(expires=time.time() + 60))
    assert due(_entry(ready=False, starter=gone))
    assert not due(_entry(ready=False))


def test_an_entry_nobody_looks_after() -> None:
    gone = Identity(2**22 + 1, 1)
    me = Identity.of(os.getpid())
    assert _entry(watchdog=me, owner=gone).looked_after(), "its watchdog will see to it"
    assert not _entry(watchdog=gone, owner=gone).looked_after()
    assert _entry(watchdog=gone, owner=me).looked_after()
    assert not _entry(watchdog=gone, expires=time.time() - 1).looked_after()
    assert _entry(ready=False).looked_after(), "it is being started"


def test_an_entry_comes_back_from_its_file(tmp_path: Path) -> None:
    entry = _entry(folder=str(tmp_path / "one"), servers=({"port": 13001},), owner=Identity.of(os.getpid()))
    registry._write(entry)
    assert registry.load(registry.file_of(entry)) == entry
    (tmp_path / "one.json").write_text("{", encoding="utf-8")
    assert registry.load(registry.file_of(entry)) is None


def test_a_long_folder_gets_its_sockets_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / ("x" * 60) / ("y" * 60)
    folder = registry._socket_folder(home)
    try:
        assert not folder.is_relative_to(home)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        folder.rmdir()


def test_folders_follow_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GHOSTSHIFT_CACHE", str(tmp_path / "c"))
    monkeypatch.delenv("GHOSTSHIFT_SANDBOX_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert cache_dir() == tmp_path / "c"
    assert state_dir() == tmp_path / "s" / "ghostshift" / "sandboxes"


def test_files_of_ours_are_private_and_whole(tmp_path: Path) -> None:
    write_private(tmp_path / "f", "one")
    write_private(tmp_path / "f", "two")
    assert (tmp_path / "f").read_text(encoding="utf-8") == "two"
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_lock_shuts_others_out(tmp_path: Path) -> None:
    with locked(tmp_path / "l"), (tmp_path / "l").open("r") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (tmp_path / "l").open("r") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_waiting_has_an_end() -> None:
    assert wait_for(lambda: True, 0)
    assert not wait_for(lambda: False, 0.05)


def test_a_mistake_on_the_command_line_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "--flavor", "mariadb", "--version", "new"]) == SandboxError.exit_code
    assert capsys.readouterr().err.startswith("error: not a version: 'new'")
    assert main(["stop"]) == SandboxError.exit_code


def test_a_person_s_own_server_from_its_address() -> None:
    own = OwnServer.of("mysql", "mysql://me:p%40ss@db.example:3307")
    assert own == OwnServer("mysql", "db.example", 3307, "me", "p@ss")
