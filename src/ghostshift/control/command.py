"""What a command is: its names, its help, whether it changes anything, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ghostshift.model.options import Tunables
from ghostshift.model.settings import CutOverSettings
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop


class Context(Protocol):
    """What a command may use: control.commands.Commands."""

    board: StatusBoard
    table: str
    stop: Stop
    settings: CutOverSettings

    @property
    def tunables(self) -> Tunables:
        """The present ones."""

    def change(self, **news: Any) -> None:
        """Change some tunables."""

    def status(self) -> str:
        """The status line."""

    def shown(self, note: str = "") -> str:
        """Hint block and status line below a note."""

    def echoed(self, text: str) -> str:
        """The text, on our own standard output too."""

    def named(self, argument: str, *, must: bool = False, command: str = "") -> None:
        """See that the argument names no other table. Raises UsageError."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its names, the first being the proper one, its help, and what it does with its argument."""

    names: tuple[str, ...]
    text: str
    run: Callable[[Context, str], str]
    argument: str = ""
    """How the argument is written in the help; empty where there is none."""
    reads: bool = False
    """It changes nothing, whatever the argument."""
    asks: bool = False
    """It changes nothing where the argument is a question mark."""

    def changes(self, argument: str) -> bool:
        """Whether it would change anything."""
        return not (self.reads or (self.asks and argument == "?"))
