"""The command table: one place for all faces. A command reads the board, or puts new tunables on it; no more.

Bad input gets an error line, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ghostshift.core.progress import Snapshot
from ghostshift.model.errors import UsageError
from ghostshift.model.options import CHUNK_SIZES, Tunables
from ghostshift.runtime.board import StatusBoard
from ghostshift.status import status_line


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its names, the first being the proper one, its help, and what it does with its argument."""

    names: tuple[str, ...]
    text: str
    run: Callable[[Commands, str], str]


class Commands:
    """Carries out command lines on a migration's board."""

    def __init__(self, board: StatusBoard, table: str) -> None:
        self.board = board
        self.table = table

    def answer(self, line: str) -> str:
        """The reply to one line, `command` or `command=argument`; ends with a newline. Never raises for bad input."""
        name, _, argument = line.strip().partition("=")
        command = _TABLE.get(name.strip())
        if command is None:
            return f"unknown command: {line.strip()}\n"
        try:
            return command.run(self, argument.strip()).rstrip("\n") + "\n"
        except UsageError as error:
            return f"{error}\n"

    def tunables(self) -> Tunables:
        """The present ones."""
        return self.board.get(Tunables, Tunables())

    def status(self) -> str:
        """The status line."""
        snapshot = self.board.read(Snapshot)
        return "the migration has not begun to copy yet" if snapshot is None else status_line(snapshot)

    def named(self, argument: str) -> None:
        """A command may name the table it means; another one is an error."""
        if argument and argument != self.table:
            raise UsageError(f"this is the migration of {self.table}, not of {argument}")


def _help(_: Commands, __: str) -> str:
    return "\n".join(["available commands:"] + [f"{', '.join(c.names):<44} # {c.text}" for c in COMMANDS])


def _status(commands: Commands, _: str) -> str:
    return commands.status()


def _coordinates(commands: Commands, argument: str) -> str:
    if argument not in ("", "?"):
        raise UsageError("coordinates are read-only")
    snapshot = commands.board.read(Snapshot)
    return snapshot.position if snapshot is not None else ""


def _throttle(commands: Commands, argument: str) -> str:
    commands.named(argument)
    commands.board.publish(replace(commands.tunables(), throttled_by_user=True))
    return f"throttled; the binary log must last as long as this does\n{commands.status()}"


def _unthrottle(commands: Commands, argument: str) -> str:
    commands.named(argument)
    commands.board.publish(replace(commands.tunables(), throttled_by_user=False))
    return commands.status()


def _chunk_size(commands: Commands, argument: str) -> str:
    if argument == "?":
        return str(commands.tunables().chunk_size)
    low, high = CHUNK_SIZES
    value = _number("chunk-size", argument, 0, high)
    if 0 < value < low:
        raise UsageError(f"chunk-size must be between {low} and {high}, or 0 to find it by itself")
    commands.board.publish(replace(commands.tunables(), chunk_size=value))
    return commands.status()


def _max_lag(commands: Commands, argument: str) -> str:
    if argument == "?":
        return str(commands.tunables().max_lag_millis)
    value = _number("max-lag-millis", argument, 100, 86_400_000)
    commands.board.publish(replace(commands.tunables(), max_lag_millis=value))
    return commands.status()


def _number(name: str, text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise UsageError(f"{name} must be a whole number between {low} and {high}, not {text!r}")
    return int(text)


COMMANDS: tuple[Command, ...] = (
    Command(("help",), "print this", _help),
    Command(("status", "info", "sup"), "print the status line", _status),
    Command(("coordinates",), "print how far the binary log has been read", _coordinates),
    Command(("chunk-size",), "rows in a chunk; 0 finds the size by itself, ? asks", _chunk_size),
    Command(("max-lag-millis",), "lag of control replicas at which to throttle; ? asks", _max_lag),
    Command(("throttle", "pause", "suspend"), "stop copying and applying", _throttle),
    Command(("no-throttle", "unthrottle", "resume", "continue"), "go on", _unthrottle),
)

_TABLE = {name: command for command in COMMANDS for name in command.names}
