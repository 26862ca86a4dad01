"""One running throw-away server: how to reach it, stop it, kill it and start it again.

The object knows its process by pid and start time, and its password by the file it is kept in. It must never pass a
password on a command line, nor listen anywhere but on 127.0.0.1 and a socket in a private folder.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pymysql
from pymysql.connections import Connection

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox.files import wait_for, write_private
from ghostshift.sandbox.processes import Identity
from ghostshift.sandbox.provision import Binaries
from ghostshift.sandbox.spec import Place, ServerSpec, options

START_SECONDS = 90.0
STOP_SECONDS = 60.0
USER = "ghostshift"


class Server:
    """A MySQL or MariaDB server of ours."""

    host = "127.0.0.1"
    user = USER

    def __init__(self, spec: ServerSpec, binaries: Binaries, place: Place, password_file: Path, name: str) -> None:
        self.spec = spec
        self.binaries = binaries
        self.name = name
        self.flavor = spec.flavor
        self.version = binaries.version
        self.place = place
        self.password_file = password_file
        self._process: subprocess.Popen[bytes] | None = None
        self._identity: Identity | None = None

    def __repr__(self) -> str:
        return f"<Server {self.name} {self.flavor} {self.version} port {self.port}>"

    @property
    def role(self) -> str:
        """`primary` or `replica`."""
        return self.place.role

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self.place.port

    @property
    def socket(self) -> Path:
        """The unix socket."""
        return self.place.socket

    @property
    def datadir(self) -> Path:
        """The data folder."""
        return self.place.datadir

    @property
    def server_id(self) -> int:
        """The server's id in replication."""
        return self.place.server_id

    @property
    def pid(self) -> int | None:
        """The pid of the running server, None when it does not run."""
        return self._identity.pid if self._identity and self._identity.alive() else None

    @property
    def password(self) -> str:
        """The password of the user `ghostshift`."""
        return self.password_file.read_text(encoding="utf-8").strip()

    def is_running(self) -> bool:
        """Whether the server's process lives."""
        return self.pid is not None

    def connect(self, **kw: Any) -> Connection[Any]:
        """A new connection over TCP as the all-powerful user; give `unix_socket` or anything else to differ."""
        settings: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "charset": "utf8mb4",
            "autocommit": True,
            "connect_timeout": 10,
            # Unless TLS is asked for: making a TLS context takes the driver 40 ms a connection.
            "ssl_disabled": not any(word.startswith("ssl") for word in kw),
            **kw,
        }
        return pymysql.connect(**settings)

    def start(self, *, first: bool = False) -> None:
        """Start the process and wait until it answers; the first start makes the accounts."""
        if self.is_running():
            return
        command = [*self.binaries.command(), *options(self.spec, self.place)]
        with contextlib.ExitStack() as cleanup:
            if first:
                init_file = self.place.folder / "init.sql"
                cleanup.callback(init_file.unlink, missing_ok=True)
                write_private(init_file, accounts_sql(self.flavor, self.password))
                command.append(f"--init-file={init_file}")
            log = cleanup.enter_context(self.place.log.open("ab"))
            self._process = subprocess.Popen(  # noqa: S603 - our own server, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.place.folder,
            )
            self._identity = Identity.of(self._process.pid)
            self._await_answer()

    def stop(self) -> None:
        """Shut down in good order; the data stays."""
        self._end(signal.SIGTERM, STOP_SECONDS)
        if self.is_running():
            self.kill9()

    def kill9(self) -> None:
        """Crash it: no shut-down, no flush; the data stays as it is."""
        self._end(signal.SIGKILL, STOP_SECONDS)

    def restart(self) -> None:
        """Stop if need be, and start on the same data and port."""
        self.stop()
        self.start()

    def log_tail(self, lines: int = 15) -> str:
        """The last lines that the server said."""
        try:
            text = self.place.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def describe(self) -> dict[str, Any]:
        """What a person or a script needs to reach it; no password."""
        return {
            "role": self.role,
            "host": self.host,
            "port": self.port,
            "socket": str(self.socket),
            "user": self.user,
            "password_file": str(self.password_file),
            "datadir": str(self.datadir),
            "pid": self.pid,
            "server_id": self.server_id,
        }

    def _await_answer(self) -> None:
        if wait_for(lambda: self._answers() or not self._lives(), START_SECONDS) and self._lives():
            return
        how = "did not answer in time" if self._lives() else "ended at once"
        self.kill9()
        raise SandboxError(f"{self.flavor} {self.version} {how}; it said:\n{self.log_tail()}")

    def _answers(self) -> bool:
        if not self._listens():  # asked first, for a refused connect leaves the driver's socket open
            return False
        try:
            self.connect(unix_socket=str(self.socket)).close()
        except (pymysql.Error, OSError):
            return False
        return True

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def _lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _end(self, number: signal.Signals, seconds: float) -> None:
        if self._identity is not None:
            self._identity.signal(number)
            self._identity.wait_gone(seconds)
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)


def accounts_sql(flavor: str, password: str) -> str:
    """The statements of the first start, one a line; kept out of the binary log so that replicas do not see them."""
    quoted = "'" + password.replace("\\", "\\\\").replace("'", "''") + "'"
    lines = [
        "SET SESSION sql_log_bin=0;",
        f"CREATE USER '{USER}'@'%' IDENTIFIED BY {quoted};",
        f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;",
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY {quoted};",
    ]
    if flavor == "mariadb":
        lines.append("DELETE FROM mysql.global_priv WHERE User IN ('', 'root') AND Host <> 'localhost';")
        lines.append("FLUSH PRIVILEGES;")
    return "\n".join(lines) + "\n"
