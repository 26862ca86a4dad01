"""The list of running sandboxes: one folder and one JSON file each, under one lock.

The file is written before the first server starts, so that whatever is left after a crash can be found and removed.
Removing means: kill every server on the sandbox's data folder, then delete its folders. Must never remove a sandbox
whose owner or watchdog still looks after it, unless asked by name, and never hold a password in its files.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox.files import locked, private_dir, state_dir, write_json
from ghostshift.sandbox.processes import Identity, kill_servers_on, servers_on

_LONGEST_SOCKET = 100  # the kernel allows 107 bytes; servers add suffixes for their lock files
_PORTS = range(13000, 32000)  # below what the kernel hands out for outgoing connections


@dataclass(frozen=True)
class Entry:
    """What the registry knows about one sandbox."""

    name: str
    flavor: str
    version: str
    folder: str
    sockets: str
    created: float
    ports: tuple[int, ...]
    starter: Identity
    expires: float | None = None
    owner: Identity | None = None
    watchdog: Identity | None = None
    ready: bool = False
    servers: tuple[dict[str, Any], ...] = field(default=())

    def looked_after(self) -> bool:
        """Whether somebody will remove this sandbox in time: its watchdog, or the process it belongs to."""
        if not self.ready:
            return self.starter.alive()
        if self.watchdog is not None and self.watchdog.alive():
            return True
        if self.expires is not None and time.time() >= self.expires:
            return False
        if self.owner is not None:
            return self.owner.alive()
        return bool(servers_on(Path(self.folder)))

    def public(self) -> dict[str, Any]:
        """The entry for people and scripts."""
        return {
            "name": self.name,
            "flavor": self.flavor,
            "version": self.version,
            "created": self.created,
            "expires": self.expires,
            "owner_pid": self.owner.pid if self.owner else None,
            "ready": self.ready,
            "servers": list(self.servers),
        }


@contextlib.contextmanager
def _held() -> Iterator[Path]:
    folder = private_dir(state_dir())
    with locked(folder / ".lock"):
        yield folder


def reserve(
    name: str | None,
    flavor: str,
    version: str,
    *,
    servers: int,
    port: int | None,
    owner: Identity | None,
    ttl: float | None,
) -> Entry:
    """Enter a new sandbox with ports of its own, and make its folders."""
    reap()
    with _held() as folder:
        present = _read_all(folder)
        chosen = name or _new_name(flavor, {entry.name for entry in present})
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", chosen):
            raise SandboxError(f"not a name for a sandbox: {chosen!r}; use letters, digits, - and _")
        if any(entry.name == chosen for entry in present) or (folder / chosen).exists():
            raise SandboxError(f"a sandbox named {chosen} is already there; stop it first or choose another name")
        taken = {number for entry in present for number in entry.ports}
        ports = _ports(servers, port, taken)
        home = private_dir(folder / chosen)
        entry = Entry(
            name=chosen,
            flavor=flavor,
            version=version,
            folder=str(home),
            sockets=str(_socket_folder(home)),
            created=time.time(),
            ports=tuple(ports),
            starter=_myself(),
            expires=None if ttl is None else time.time() + ttl,
            owner=owner,
        )
        _write(entry)
        return entry


def update(entry: Entry, **changes: Any) -> Entry:
    """Write a changed entry; returns it."""
    changed = replace(entry, **changes)
    with _held():
        _write(changed)
    return changed


def entries() -> list[Entry]:
    """All sandboxes, oldest first, after stale ones have been removed."""
    reap()
    with _held() as folder:
        return sorted(_read_all(folder), key=lambda entry: entry.created)


def get(name: str) -> Entry:
    """The sandbox of this name."""
    for entry in entries():
        if entry.name == name:
            return entry
    raise SandboxError(f"there is no sandbox named {name}; `ghostshift sandbox list` shows what there is")


def remove(entry: Entry) -> None:
    """Kill the sandbox's servers and watchdog and delete all it had; harmless when already gone.

    A newer sandbox that has taken the same name meanwhile is left alone.
    """
    latest = load(file_of(entry))
    if latest is not None and latest.created != entry.created:
        return
    kill_servers_on(Path(entry.folder))
    shutil.rmtree(entry.sockets, ignore_errors=True)
    shutil.rmtree(entry.folder, ignore_errors=True)
    file_of(entry).unlink(missing_ok=True)
    if entry.watchdog is not None:
        entry.watchdog.signal(signal.SIGTERM)


def reap() -> list[str]:
    """Remove the sandboxes that nobody looks after any more; says which."""
    with _held() as folder:
        stale = [entry for entry in _read_all(folder) if not entry.looked_after()]
        for entry in stale:
            remove(entry)
    return [entry.name for entry in stale]


def load(path: Path) -> Entry | None:
    """An entry from its file; None when it is gone or not ours."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        owner, watchdog, starter = raw.pop("owner"), raw.pop("watchdog"), raw.pop("starter", None)
        return Entry(
            **{**raw, "ports": tuple(raw["ports"]), "servers": tuple(raw["servers"])},
            starter=Identity(**starter) if starter else Identity(0, 0),
            owner=Identity(**owner) if owner else None,
            watchdog=Identity(**watchdog) if watchdog else None,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def file_of(entry: Entry) -> Path:
    """The file that holds the entry."""
    return Path(entry.folder + ".json")


def _read_all(folder: Path) -> list[Entry]:
    found = (load(path) for path in sorted(folder.glob("*.json")))
    return [entry for entry in found if entry is not None]


def _write(entry: Entry) -> None:
    write_json(file_of(entry), asdict(entry))


def _myself() -> Identity:
    identity = Identity.of(os.getpid())
    if identity is None:
        raise SandboxError("throw-away servers need Linux and its /proc")
    return identity


def _new_name(flavor: str, taken: set[str]) -> str:
    while True:
        name = f"{flavor}-{secrets.token_hex(3)}"
        if name not in taken:
            return name


def _socket_folder(home: Path) -> Path:
    near = home / "run"
    if len(str(near / "replica9.sock").encode()) <= _LONGEST_SOCKET:
        return private_dir(near)
    return Path(tempfile.mkdtemp(prefix="ghostshift-"))  # mkdtemp makes it 0700


def _ports(count: int, first: int | None, taken: set[int]) -> list[int]:
    if first is not None and (first in taken or not _free(first)):
        raise SandboxError(f"port {first} is taken; choose another one")
    ports = [] if first is None else [first]
    candidates = secrets.SystemRandom().sample(_PORTS, 500)
    while len(ports) < count:
        if not candidates:
            raise SandboxError("no free TCP port found on 127.0.0.1")
        number = candidates.pop()
        if number not in taken and number not in ports and _free(number):
            ports.append(number)
    return ports


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
