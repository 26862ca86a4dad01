"""`ghostshift control`: says a command to a running migration and shows the answer; finds its socket by the table.

A command that is rejected is an error of this program too (exit 2), so that scripts notice. The usual folder is one in
which every user may put a socket under any name, so whose process answers there is asked of the kernel: another user's
is talked to only where its path was given, and whatever an answer holds, it is only shown.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich_argparse import RawDescriptionRichHelpFormatter

from ghostshift.control.sockets import FOLDER, TOKEN_VARIABLE, default_socket, read_listening
from ghostshift.control.table import BY_NAME, COMMANDS, help_line
from ghostshift.model.address import show_address
from ghostshift.model.errors import UsageError
from ghostshift.model.shown import one_line, shown

SECONDS = 30.0
"""For an answer: a hook may have to hear of the command first."""

ANSWER_BYTES = 1 << 22
"""More is no answer to a command."""

Ask = Callable[[str], Any]


def add_parser(commands: Any) -> None:
    """Add `control` to the command line."""
    parser = commands.add_parser(
        "control",
        description="Talk to a running migration. Without a command, ask how it stands.",
        epilog="Commands:\n" + "\n".join(f"  {help_line(command)}" for command in COMMANDS).replace("%", "%%"),
        formatter_class=RawDescriptionRichHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("command", nargs="?", default="", metavar="COMMAND[=ARGUMENT]", help="what to say")
    parser.add_argument("--database", default="", help="schema of the table that is migrated")
    parser.add_argument("--table", default="", help="the table")
    parser.add_argument("--socket", default="", help="path of the control socket, instead of database and table")
    parser.add_argument("--tcp", default="", metavar="[ADDRESS:]PORT", help="ask over the network")
    parser.add_argument(
        "--token-file", default="", help=f"file with the network's token; else {TOKEN_VARIABLE} is taken"
    )
    parser.add_argument("--json", action="store_true", help="answer for programs")
    parser.add_argument("--list", action="store_true", help="list the migrations that run on this machine")
    parser.add_argument(
        "--complete", nargs="?", const="", metavar="PREFIX", help="print the commands that begin so, for a shell"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the line says. Raises UsageError."""
    if arguments.complete is not None:
        _write("".join(f"{name}\n" for name in BY_NAME if name.startswith(arguments.complete)))
        return 0
    if arguments.list:
        _list(as_json=arguments.json)
        return 0
    line = arguments.command or "status"
    if arguments.json and line in ("status", "info", "sup"):
        line = "status-json"
    answer = ask(_address(arguments), line, _token(arguments), anybodys=bool(arguments.socket))
    whole = line == "status-json" or not arguments.json
    _write(answer if whole else json.dumps({"command": line, "answer": answer.rstrip("\n")}) + "\n")
    return 0


def ask(
    address: str | tuple[str, int], line: str, token: str = "", seconds: float = SECONDS, *, anybodys: bool = False
) -> str:
    """The answer to a command. Raises UsageError where nobody answers, and where the command is rejected.

    `anybodys` says that the socket may be another user's.
    """
    if "\n" in line:
        raise UsageError("a command is one line")
    where = address if isinstance(address, str) else show_address(*address)
    said = f"token={token} format=json {line}\n" if token else f"format=json {line}\n"
    try:
        text = _exchange(address, said.encode(), seconds, anybodys=anybodys)
    except (FileNotFoundError, ConnectionRefusedError):
        raise UsageError(
            f"nobody listens at {where}: is the migration running? ghostshift control --list shows those that are"
        ) from None
    except OSError as error:
        raise UsageError(f"no answer from {where}: {error.strerror or error}") from None
    try:
        found = json.loads(text)
        accepted, answer = bool(found["ok"]), str(found["answer"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{where} does not answer as ghostshift does: {text[:200]!r}") from None
    if not accepted:
        raise UsageError(answer.rstrip("\n"))
    return answer


def _exchange(address: str | tuple[str, int], said: bytes, seconds: float, *, anybodys: bool) -> str:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    if not isinstance(address, str) and ":" in address[0]:
        family = socket.AF_INET6
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(seconds)
        client.connect(address)
        if isinstance(address, str) and not anybodys:
            _check_owner(client, address)
        client.sendall(said)
        heard = b""
        while len(heard) < ANSWER_BYTES and (more := client.recv(1 << 16)):
            heard += more
    return heard.decode("utf-8", "replace")


def _check_owner(client: socket.socket, path: str) -> None:
    """Raise UsageError where neither we nor root listen at the other end."""
    owner = _owner(client)
    if owner not in (0, os.getuid()):
        raise UsageError(
            f"{path} is served by the user {_name(owner)}, and anybody can make a socket there; if that is the one you "
            f"mean, give --socket={path}"
        )


def _owner(client: socket.socket) -> int:
    """Whose process listens (unix(7), SO_PEERCRED: pid, uid, gid)."""
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def _name(owner: int) -> str:
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)


def _address(arguments: argparse.Namespace) -> str | tuple[str, int]:
    ways = [bool(arguments.socket), bool(arguments.tcp), bool(arguments.database or arguments.table)]
    if sum(ways) > 1:
        raise UsageError("give one of --socket, --tcp, or --database with --table")
    if arguments.tcp:
        return read_listening(arguments.tcp)
    if arguments.socket:
        return str(arguments.socket)
    if arguments.database and arguments.table:
        return default_socket(f"{arguments.database}.{arguments.table}")
    if arguments.database or arguments.table:
        raise UsageError("--database and --table belong together")
    running = _running()
    if len(running) != 1:
        names = ", ".join(running) or "none"
        raise UsageError(f"which migration? give --database and --table, or --socket; those that run here: {names}")
    return next(iter(running))


def _token(arguments: argparse.Namespace) -> str:
    path = arguments.token_file
    if not path:
        return os.environ.get(TOKEN_VARIABLE, "") if arguments.tcp else ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--token-file {path} cannot be read: {error}") from None


def _running() -> dict[str, dict[str, Any]]:
    """The migrations whose sockets are in the usual folder and answer: path and status."""
    found = {}
    for path in sorted(map(str, Path(FOLDER).glob("gh-ost.*.sock"))):
        try:
            status = json.loads(ask(path, "status-json", seconds=3.0, anybodys=os.getuid() == 0))
            found[path] = {"table": str(status["table"]), **status}
        except (UsageError, ValueError, KeyError, TypeError):
            continue  # left by a run that died, another user's, gh-ost's own, or nothing of the kind
    return found


def _list(*, as_json: bool) -> None:
    running = _running()
    if as_json:
        _write(json.dumps([{"socket": path, **status} for path, status in running.items()]) + "\n")
        return
    for path, status in running.items():
        state = status.get("state", status.get("phase", "?"))
        _write(one_line(f"{path}  {status['table']}  {state}") + "\n")
    if not running:
        _write("no migration runs here, or none with its socket in the usual place\n")


def _write(text: str) -> None:
    sys.stdout.write(shown(text))
