"""The servers of a test run: started when first asked for, shared, and gone when pytest is.

One sandbox per distinct wish. Its owner is this pytest process, so that even a killed run leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import urllib.parse
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pymysql
import pytest
from pymysql.connections import Connection

from ghostshift.sandbox import Sandbox, Server, ServerSpec, start

MOST_SANDBOXES = 8  # that run at a time; the one unused for longest makes room
OWN = {"mysql": "GHOSTSHIFT_TEST_MYSQL", "mariadb": "GHOSTSHIFT_TEST_MARIADB"}

# Crashes of the server process, which tests cause, lose nothing with these; only a power cut would.
QUICK = {"innodb_flush_log_at_trx_commit": "2", "sync_binlog": "0", "innodb_buffer_pool_size": "128M"}

_MOVING = ("gtid_", "rand_seed", "timestamp", "last_", "rpl_semi_sync_", "innodb_buffer_pool_", "pseudo_")
_databases = count(1)


@dataclass(frozen=True)
class OwnServer:
    """A person's own server, given by an address in a variable."""

    flavor: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def of(cls, flavor: str, address: str) -> OwnServer:
        """From mysql://user:password@host:port."""
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in {"mysql", "mariadb"} or not parts.hostname:
            raise pytest.UsageError(f"{OWN[flavor]} must look like mysql://user:password@host:port")
        plain = urllib.parse.unquote
        return cls(
            flavor, parts.hostname, parts.port or 3306, plain(parts.username or "root"), plain(parts.password or "")
        )

    def connect(self, **kw: Any) -> Connection[Any]:
        """A new connection."""
        where = {"host": self.host, "port": self.port, "user": self.user, "password": self.password}
        where["ssl_disabled"] = not any(word.startswith("ssl") for word in kw)
        return pymysql.connect(**{**where, "charset": "utf8mb4", "autocommit": True, "connect_timeout": 10, **kw})


class TestServer:
    """What a test holds: a server and all that must be cleaned up behind the test."""

    __test__ = False

    def __init__(self, machine: Server | OwnServer, sandbox: Sandbox | None = None) -> None:
        self.machine = machine
        self.flavor = machine.flavor
        self.host = machine.host
        self.port = machine.port
        self.user = machine.user
        self.password = machine.password
        self._sandbox = sandbox
        self._databases: list[str] = []
        self._connections: list[Connection[Any]] = []
        self.version: str = self.execute("SELECT VERSION()")[0][0]
        self._globals = self.globals()

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox; skips the test on a person's own server."""
        if self._sandbox is None:
            pytest.skip(f"needs a throw-away server, not the one of {OWN[self.flavor]}")
        return self._sandbox

    @property
    def server(self) -> Server:
        """The server with its process; skips the test on a person's own server."""
        return self.sandbox.primary

    @property
    def replicas(self) -> tuple[Server, ...]:
        """The servers that replicate from this one."""
        return self.sandbox.replicas

    def connect(self, db: str | None = None, **kw: Any) -> Connection[Any]:
        """A new connection, closed after the test at the latest."""
        connection = self.machine.connect(database=db, **kw)
        self._connections.append(connection)
        return connection

    def execute(self, sql: str, args: Any = None, db: str | None = None) -> tuple[tuple[Any, ...], ...]:
        """One statement on a connection of its own; its rows."""
        connection = self.machine.connect(database=db)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, args)
                return tuple(cursor.fetchall())
        finally:
            connection.close()

    def fresh_database(self) -> str:
        """Create an empty database, dropped after the test."""
        name = f"t{os.getpid()}_{next(_databases)}"
        self.execute(f"CREATE DATABASE `{name}`")
        self._databases.append(name)
        return name

    @contextlib.contextmanager
    def set_global(self, name: str, value: Any) -> Iterator[None]:
        """Set a global variable for the length of the block."""
        before = self.execute(f"SELECT @@GLOBAL.{name}")[0][0]
        self.execute(f"SET GLOBAL {name} = %s", (value,))
        try:
            yield
        finally:
            self.execute(f"SET GLOBAL {name} = %s", (before,))

    def globals(self) -> dict[str, str]:
        """All global variables that stay as they are unless somebody sets them."""
        rows = self.execute("SHOW GLOBAL VARIABLES")
        return {name: value for name, value in rows if not name.startswith(_MOVING)}

    def clean(self) -> None:
        """Leave the server as it was found."""
        for connection in self._connections:
            with contextlib.suppress(pymysql.Error, OSError):
                connection.close()
        if isinstance(self.machine, Server) and not self.machine.is_running():
            self.machine.start()
        self._kill_strays()
        for name, value in self.globals().items():
            if self._globals.get(name, value) != value:
                self._put_back(name, self._globals[name])
        for name in self._databases:
            self.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def _kill_strays(self) -> None:
        if isinstance(self.machine, OwnServer):
            return
        rows = self.execute(
            "SELECT id FROM information_schema.processlist WHERE user = %s AND id <> CONNECTION_ID()"
            " AND command NOT LIKE 'Binlog Dump%%' AND command <> 'Daemon'",
            (self.user,),
        )
        for (number,) in rows:
            with contextlib.suppress(pymysql.Error):
                self.execute(f"KILL {number}")

    def _put_back(self, name: str, value: str) -> None:
        with contextlib.suppress(pymysql.Error):  # computed or read-only: not what a test can have left
            literal: Any = int(value) if value.lstrip("-").isdigit() else value
            self.execute(f"SET GLOBAL {name} = %s", (literal,))


@dataclass
class Pool:
    """The sandboxes of this run."""

    _running: OrderedDict[tuple[Any, ...], Sandbox] = field(default_factory=OrderedDict)
    _refused: dict[tuple[Any, ...], Exception] = field(default_factory=dict)

    def get(self, spec: ServerSpec, busy: Callable[[Sandbox], bool]) -> Sandbox:
        """The sandbox that fulfils the wish, running; `busy` says which must not be stopped to make room."""
        key = _key(spec)
        if key in self._refused:
            raise self._refused[key]
        if key not in self._running:
            idle = [other for other, sandbox in self._running.items() if not busy(sandbox)]
            if len(self._running) >= MOST_SANDBOXES and idle:
                self._running.pop(idle[0]).stop()
            try:
                self._running[key] = start(spec, owner_pid=os.getpid())
            except Exception as error:
                self._refused[key] = error
                raise
        self._running.move_to_end(key)
        sandbox = self._running[key]
        for server in sandbox.servers:
            server.start()  # does nothing unless a test has killed it
        return sandbox

    def stop(self) -> None:
        """Stop them all."""
        while self._running:
            self._running.popitem()[1].stop()


def spec_of(
    flavor: str,
    *,
    settings: Mapping[str, Any] | None = None,
    replicas: int = 0,
    semi_sync: bool = False,
    gtid: bool = True,
) -> ServerSpec:
    """The wish for a flavour as tests name it: `mysql`, `mariadb` or with a version, `mariadb-11.8`."""
    name, _, version = flavor.partition("-")
    wanted = {**QUICK, **{key: str(value) for key, value in (settings or {}).items()}}
    return ServerSpec(name, version, settings=wanted, replicas=replicas, semi_sync=semi_sync, gtid=gtid)


def _key(spec: ServerSpec) -> tuple[Any, ...]:
    settings = frozenset(spec.settings.items())
    return (spec.flavor, spec.version, settings, spec.replicas, spec.gtid, spec.semi_sync)
