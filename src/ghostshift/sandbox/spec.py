"""What a throw-away server shall be, and the command line that makes it so: pure words, nothing is started here.

A setting given by the caller always wins over ours, and is passed at start, so that it need not be dynamic.
A password must never appear here: a command line can be read by every user of the machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox.provision import DEFAULT_VERSIONS, check_request

# These decide how the data folder is laid out, so that they must be known when it is made.
INIT_SETTINGS = frozenset({"lower_case_table_names", "innodb_page_size", "innodb_data_file_path"})


@dataclass(frozen=True)
class ServerSpec:
    """A wish: flavour, version, and what is special about it. Replicas get the same settings as the primary."""

    flavor: str = "mysql"
    version: str = ""
    port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    replicas: int = 0
    gtid: bool = True
    semi_sync: bool = False

    def __post_init__(self) -> None:
        if not self.version:
            object.__setattr__(self, "version", DEFAULT_VERSIONS.get(self.flavor, ""))
        plain = {_plain(name): str(value) for name, value in self.settings.items()}
        object.__setattr__(self, "settings", plain)
        check_request(self.flavor, self.version)
        for name, value in plain.items():
            if not re.fullmatch(r"[a-z][a-z0-9_.]*", name) or "\0" in value:
                raise SandboxError(f"not a server variable: {name!r}")
        if self.replicas < 0 or self.replicas > 9:
            raise SandboxError("a sandbox has 0 to 9 replicas")
        if self.semi_sync and not self.replicas:
            raise SandboxError("semi-synchronous replication needs at least one replica")
        if self.port is not None and not 1024 <= self.port <= 65535:
            raise SandboxError(f"not a port for a server of ours: {self.port}")

    @property
    def binlog(self) -> bool:
        """Whether the server writes a binary log."""
        return self.settings.get("log_bin", "ON").lower() not in {"off", "0", "false"}


def parse_settings(words: list[str]) -> dict[str, str]:
    """Settings from `name=value` words as given on a command line."""
    settings: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise SandboxError(f"not a setting: {word!r}; write name=value")
        settings[_plain(name)] = value.strip()
    return settings


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


@dataclass(frozen=True)
class Place:
    """Where one server of a sandbox lives."""

    folder: Path
    socket: Path
    port: int
    server_id: int
    role: str

    @property
    def datadir(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says, from its first word on."""
        return self.folder / "server.log"


def options(spec: ServerSpec, place: Place) -> list[str]:
    """The server's options, in an order in which the caller's settings come last and win."""
    common = {
        "innodb_buffer_pool_size": "256M",
        "skip_name_resolve": "ON",
        "secure_file_priv": "",
        "max_connections": "200",
    }
    flavored = _mysql(spec, place) if spec.flavor == "mysql" else _mariadb(spec, place)
    words = [
        f"--datadir={place.datadir}",
        f"--socket={place.socket}",
        f"--port={place.port}",
        "--bind-address=127.0.0.1",
        f"--tmpdir={place.folder / 'tmp'}",
        f"--pid-file={place.folder / 'server.pid'}",
        f"--server-id={place.server_id}",
    ]
    if os.geteuid() == 0:
        words.append("--user=root")
    if spec.binlog:
        words += ["--log-bin=binlog", "--binlog-format=ROW"]
    else:
        words.append("--skip-log-bin")
    settings = {**common, **flavored, **spec.settings}
    words += [f"--{name}={value}" for name, value in settings.items() if not (name == "log_bin" and not spec.binlog)]
    return words


def _mysql(spec: ServerSpec, place: Place) -> dict[str, str]:
    settings = {"mysqlx": "OFF", "report_host": "127.0.0.1", "report_port": str(place.port)}
    gtid = spec.gtid and spec.binlog
    settings["gtid_mode"] = "ON" if gtid else "OFF"
    settings["enforce_gtid_consistency"] = "ON" if gtid else "OFF"
    settings["log_replica_updates"] = "ON" if spec.binlog else "OFF"
    if place.role == "replica":
        settings["skip_replica_start"] = "OFF"
    if spec.semi_sync:
        side = "source" if place.role == "primary" else "replica"
        settings["plugin_load_add"] = f"semisync_{side}.so"
        settings[f"rpl_semi_sync_{side}_enabled"] = "ON"
    return settings


def _mariadb(spec: ServerSpec, place: Place) -> dict[str, str]:
    settings = {"report_host": "127.0.0.1", "report_port": str(place.port)}
    if spec.binlog:
        settings["log_slave_updates"] = "ON"
    if spec.semi_sync:
        side = "master" if place.role == "primary" else "slave"
        settings[f"rpl_semi_sync_{side}_enabled"] = "ON"
    return settings
