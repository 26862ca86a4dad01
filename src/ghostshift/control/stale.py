"""Files of control sockets on this machine: whose, and does anybody listen. For `ghostshift cleanup`.

Must never remove a file at which somebody listens, another user's, or one that is neither a socket nor a token of ours.
"""

from __future__ import annotations

import enum
import json
import os
import socket
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ghostshift.control.client import ask
from ghostshift.control.sockets import ANSWER_SECONDS, FOLDER, default_socket, token_file_of
from ghostshift.model.errors import UsageError
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint

_TOKEN = token_file_of("")


class Listening(enum.Enum):
    """Who is behind a file."""

    NOBODY = "nobody listens"
    SOMEBODY = "somebody listens"
    ANOTHER = "another user's"


@dataclass(frozen=True, slots=True)
class SocketFile:
    """A socket's file, or the token's that went with one."""

    path: str
    listening: Listening
    inode: int


def look(extra: Iterable[str] = (), schema: str = "", table: str = "") -> list[SocketFile]:
    """What is in the usual folder, of one table, of a schema or of all, and at other paths."""
    if table:
        path = default_socket(f"{schema}.{table}")
        paths = {path, token_file_of(path)}
    else:
        files = (path for end in ("", _TOKEN) for path in Path(FOLDER).glob(f"gh-ost.*.sock{end}"))
        paths = {str(path) for path in files if path.name.startswith(f"gh-ost.{schema}." if schema else "gh-ost.")}
    paths |= {path for given in extra for path in (given, token_file_of(given))}
    found = (_look(path) for path in sorted(paths))
    return [file for file in found if file is not None]


def _look(path: str) -> SocketFile | None:
    """None where there is no such file, or one of another kind."""
    try:
        seen = os.lstat(path)
    except OSError:
        return None
    token = path.endswith(_TOKEN)
    if not (stat.S_ISREG(seen.st_mode) if token else stat.S_ISSOCK(seen.st_mode)):
        return None
    if seen.st_uid != os.getuid():
        return SocketFile(path, Listening.ANOTHER, seen.st_ino)
    heard = _heard(path.removesuffix(_TOKEN)) if token else _heard(path)
    return SocketFile(path, Listening.SOMEBODY if heard else Listening.NOBODY, seen.st_ino)


def _heard(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(ANSWER_SECONDS)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # too busy to answer: it lives
    return True


def remove(file: SocketFile) -> bool:
    """Remove the file if it is still the one that was seen, and nobody listens; whether that was done."""
    again = _look(file.path)
    if again is None or again != file or again.listening is not Listening.NOBODY:
        return False
    try:
        Path(file.path).unlink(missing_ok=True)
    except OSError:
        return False  # the folder is not ours to change: told as not removed
    return True


class Answers:
    """Where a migration of a table on this very server answers: at its usual socket, or at another that is known."""

    def __init__(self, endpoint: Endpoint, others: Iterable[str] = ()) -> None:
        self._endpoint = endpoint
        self._others = tuple(others)

    def __call__(self, table: TableName) -> str:
        """The path; empty where nobody answers, or of a migration on another server."""
        usual = default_socket(f"{table.schema}.{table.table}")
        paths = (path for path in (usual, *self._others) if Path(path).is_socket() and _heard(path))
        return next((path for path in paths if self._is_of(table, path, usual=path == usual)), "")

    def _is_of(self, table: TableName, path: str, *, usual: bool) -> bool:
        try:
            status = json.loads(ask(path, "status-json", seconds=ANSWER_SECONDS))
            migrated, named = str(status["migrated"]), str(status["table"])
        except (UsageError, ValueError, KeyError, TypeError):
            return True  # gh-ost itself, or one that is busy: it may be of this table
        port = migrated.rpartition(":")[2]
        # One server may have several names, but two ports of a machine are two servers.
        elsewhere = port.isdigit() and not self._endpoint.socket and int(port) != self._endpoint.port
        return not elsewhere and (usual or named in (str(table), table.table, f"{table.schema}.{table.table}"))
