"""Starts a whole sandbox: a primary, its replicas, and the watchdog that removes them when nobody needs them.

The watchdog runs before the first server does: from then on a crash of ours at any point leaves nothing behind.
A start that fails half-way removes what it made. Must never leave a sandbox without an owner or an end.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox import provision, registry, replication, template, watchdog
from ghostshift.sandbox.files import locked, write_private
from ghostshift.sandbox.processes import Identity
from ghostshift.sandbox.server import Server
from ghostshift.sandbox.spec import Place, ServerSpec

_ATTEMPTS = 3  # somebody may take a port between our look and the server's


class Sandbox:
    """A primary and its replicas. As a context manager it is stopped at the end of the block."""

    def __init__(self, entry: registry.Entry, servers: list[Server], dog: subprocess.Popen[bytes]) -> None:
        self.entry = entry
        self.primary = servers[0]
        self.replicas = tuple(servers[1:])
        self._dog = dog

    @property
    def name(self) -> str:
        """The name under which `ghostshift sandbox list` shows it."""
        return self.entry.name

    @property
    def servers(self) -> tuple[Server, ...]:
        """The primary, then the replicas."""
        return (self.primary, *self.replicas)

    def wait_caught_up(self, seconds: float = 30.0) -> None:
        """Wait until every replica has applied what the primary has written so far."""
        for replica in self.replicas:
            replication.wait_caught_up(replica, self.primary, seconds)

    def stop(self) -> None:
        """Kill the servers and remove all they had."""
        for server in self.servers:
            server.kill9()
        with locked(Path(self.entry.folder).parent / ".lock"):
            registry.remove(self.entry)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._dog.wait(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    spec: ServerSpec,
    *,
    name: str | None = None,
    owner_pid: int | None = None,
    ttl: float | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Sandbox:
    """Start a sandbox that lives as long as its owner and at most `ttl` seconds.

    With neither given the owner is the calling process. `say` is told what takes time.
    """
    owner = _owner(owner_pid if owner_pid is not None or ttl is not None else os.getpid())
    say(f"looking for {spec.flavor} {spec.version}; the first time it is fetched")
    binaries = provision.find(spec.flavor, spec.version)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _start_once(spec, binaries, name, owner, ttl, say)
        except SandboxError as error:
            if spec.port is not None or attempt == _ATTEMPTS or not _port_taken(str(error)):
                raise
    raise AssertionError


def _start_once(
    spec: ServerSpec,
    binaries: provision.Binaries,
    name: str | None,
    owner: Identity | None,
    ttl: float | None,
    say: Callable[[str], None],
) -> Sandbox:
    entry = registry.reserve(
        name, spec.flavor, binaries.version, servers=1 + spec.replicas, port=spec.port, owner=owner, ttl=ttl
    )
    dog = watchdog.spawn(entry)
    servers: list[Server] = []
    try:
        entry = registry.update(entry, watchdog=Identity.of(dog.pid))
        servers = _servers(spec, binaries, entry)
        say(f"starting {binaries.flavor} {binaries.version}")
        with ThreadPoolExecutor(max_workers=len(servers)) as pool:
            list(pool.map(_first_start, servers))
        for replica in servers[1:]:
            replication.follow(replica, servers[0])
        _check_watchdog(dog)
        entry = registry.update(entry, ready=True, servers=tuple(server.describe() for server in servers))
    except BaseException:
        for server in servers:
            server.kill9()
        registry.remove(entry)
        dog.kill()
        dog.wait()
        raise
    return Sandbox(entry, servers, dog)


def _servers(spec: ServerSpec, binaries: provision.Binaries, entry: registry.Entry) -> list[Server]:
    home = Path(entry.folder)
    password_file = home / "password"
    write_private(password_file, secrets.token_urlsafe(18) + "\n")
    base_id = 1 + secrets.randbelow(2**31 - 100)
    servers: list[Server] = []
    for number, port in enumerate(entry.ports):
        label = "primary" if number == 0 else f"replica{number}"
        place = Place(
            folder=home / label,
            socket=Path(entry.sockets) / f"{label}.sock",
            port=port,
            server_id=base_id + number,
            role="primary" if number == 0 else "replica",
        )
        servers.append(Server(spec, binaries, place, password_file, f"{entry.name}/{label}"))
    return servers


def _first_start(server: Server) -> None:
    folder = server.place.folder
    for path in (folder, folder / "tmp"):
        path.mkdir(mode=0o700)
    template.fill(server.binaries, server.spec.settings, server.datadir)
    server.start(first=True)


def _check_watchdog(dog: subprocess.Popen[bytes]) -> None:
    if dog.poll() is not None:
        raise SandboxError(f"the watchdog of the sandbox ended at once ({dog.returncode})")


def _owner(pid: int | None) -> Identity | None:
    if pid is None:
        return None
    identity = Identity.of(pid)
    if identity is None:
        raise SandboxError(f"the owner of the sandbox, process {pid}, does not run")
    return identity


def _port_taken(message: str) -> bool:
    return "Address already in use" in message or "port: 98" in message
