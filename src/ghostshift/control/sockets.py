"""Where commands are taken: a private Unix socket, and a TCP port that nobody opens without asking for it.

The socket is its owner's alone from the first moment. The port is bound to loopback unless an address is given, and
what comes in by it may only look, unless it says the token, which stands in a private file. This module must never
remove a file that is not a socket or a token file of ours, nor show the token to anybody.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ghostshift.model.address import read_address, show_address
from ghostshift.model.errors import Refused, UsageError
from ghostshift.model.messages import Serving

PATH_LIMIT = 107
"""Bytes of a Unix socket's path (unix(7): sun_path)."""

FOLDER = "/tmp"  # noqa: S108 - where gh-ost's users look
LOOPBACK = "127.0.0.1"
TOKEN_VARIABLE = "GHOSTSHIFT_SERVE_TCP_TOKEN"  # noqa: S105 - the name of a variable
ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket, the token that whoever comes by it must say, and what is to be done at the end."""

    socket: socket.socket
    token: str | None
    remove: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where commands are to be taken."""

    path: str = ""
    """Of the Unix socket; empty for none."""
    tcp: str = ""
    """`[address:]port`; empty for none."""
    drop_existing: bool = False
    token: str = ""
    """The network's token; empty makes one."""
    token_file: str = ""
    """Where a made one is written."""

    def serving(self) -> Serving:
        """The same for the board. Raises UsageError for an address that is none."""
        host, port = read_listening(self.tcp)
        return Serving(self.path, host, port)

    def open(self) -> list[Listener]:
        """Bind everything, or nothing. Raises UsageError."""
        serving = self.serving()
        with contextlib.ExitStack() as undo:
            found = []
            if self.path:
                found.append(_listen_at(self.path, drop_existing=self.drop_existing))
                undo.callback(_let_go, found[-1])
            if serving.tcp_port:
                found.append(self._listen_on(serving.tcp_host, serving.tcp_port))
            undo.pop_all()
            return found

    def _listen_on(self, host: str, port: int) -> Listener:
        where = show_address(host, port)
        try:
            family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            listening = socket.socket(family, kind, number)
        except OSError as error:
            raise UsageError(f"--serve-tcp-port {where} cannot be used: {error.strerror or error}") from None
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(16)
        except OSError as error:
            listening.close()
            raise UsageError(f"--serve-tcp-port {where} cannot be used: {error.strerror or error}") from None
        listening.setblocking(False)
        if self.token:
            return Listener(listening, self.token, lambda: None)
        token = secrets.token_urlsafe(24)
        try:
            _write_private(Path(self.token_file), token)
        except UsageError:
            listening.close()
            raise
        return Listener(listening, token, lambda: Path(self.token_file).unlink(missing_ok=True))


def default_socket(name: str) -> str:
    """gh-ost's path for the control socket of `schema.table`, with a digest where the name cannot be part of one."""
    plain = f"{FOLDER}/gh-ost.{name}.sock"
    if "/" not in name and len(plain.encode()) <= PATH_LIMIT:
        return plain
    return f"{FOLDER}/gh-ost.{hashlib.sha256(name.encode()).hexdigest()[:16]}.sock"


def token_file_of(path: str) -> str:
    """Where the token is written that goes with a control socket."""
    return f"{path}.token"


def read_listening(text: str) -> tuple[str, int]:
    """`[address:]port`; port 0 where none is wanted. Raises UsageError."""
    if not text or text.strip() == "0":
        return "", 0
    if text.strip().isdigit():
        text = f"{LOOPBACK}:{text.strip()}"
    try:
        host, port = read_address(text, default_port=0)
    except UsageError:
        host, port = "", 0
    if not port:
        raise UsageError(f"--serve-tcp-port must be a port (1 to 65535) or address:port, not {text!r}")
    return host, port


def _listen_at(path: str, *, drop_existing: bool) -> Listener:
    file = Path(path)
    if file.is_socket():
        answered = _is_answered(file)
        if answered:
            raise Refused(
                "already-running",
                f"a migration is running that answers at the control socket {path}{_whose(file)}: wait for its end, or "
                "give another --serve-socket-file",
            )
        if _is_our_socket(file) and (drop_existing or answered is False):
            file.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mode must be right from the first moment, so it comes from the umask, not from a chmod afterwards.
    mask = os.umask(0o177)
    try:
        listening.bind(path)
    except OSError as error:
        listening.close()
        flag = "give --initially-drop-socket-file, " if _is_our_socket(file) else ""
        raise UsageError(
            f"the control socket {path} cannot be used ({error.strerror or error}{_whose(file)}); "
            f"remove it, {flag}or give another --serve-socket-file"
        ) from None
    finally:
        os.umask(mask)
    made = file.lstat().st_ino
    listening.listen(16)
    listening.setblocking(False)
    return Listener(listening, None, lambda: _remove(file, made))


def _remove(file: Path, made: int) -> None:
    """Remove our socket; what stands in its place by now is somebody else's."""
    with contextlib.suppress(FileNotFoundError):
        if file.lstat().st_ino == made:
            file.unlink()


def _whose(file: Path) -> str:
    """A word on what another user has put there."""
    with contextlib.suppress(OSError):
        owner = file.lstat().st_uid
        return f", and belongs to the user with the number {owner}" if owner != os.getuid() else ""
    return ""


def _let_go(listener: Listener) -> None:
    listener.socket.close()
    listener.remove()


def _write_private(path: Path, token: str) -> None:
    """A new file that only its owner can read. One that a dead run left is replaced, nothing else is."""
    try:
        with contextlib.suppress(FileNotFoundError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid():
                path.unlink()
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(f"{token}\n")
    except OSError as error:
        raise UsageError(
            f"the network's token cannot be written to {path} ({error.strerror or error}); "
            f"remove that file, or give a token in {TOKEN_VARIABLE}"
        ) from None


def _is_our_socket(path: Path) -> bool:
    """Whether it is a socket of our own user, and no link: even root leaves another's alone."""
    with contextlib.suppress(OSError):
        seen = path.lstat()
        return stat.S_ISSOCK(seen.st_mode) and seen.st_uid == os.getuid()
    return False


def _is_answered(path: Path) -> bool | None:
    """Whether somebody listens at a socket; nobody does where a run was killed. None where that cannot be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(ANSWER_SECONDS)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return None  # another user's, or too busy to answer: not ours to judge
    return True
