"""Carries out command lines on a migration's board: the same for every face that takes commands.

What each command does is in control/table.py, by theme in looking.py and tuning.py. Bad input gets an error line, and
nothing changes. Changes of tunables go through `board.change`, so that two clients never lose each other's.
"""

from __future__ import annotations

import hmac
import json
import logging
from dataclasses import replace
from typing import Any

from ghostshift.control.arguments import Said, take_apart, wants_json
from ghostshift.control.table import BY_NAME
from ghostshift.core.progress import Snapshot
from ghostshift.hint import hint
from ghostshift.model.errors import HookFailed, UsageError
from ghostshift.model.messages import Echo
from ghostshift.model.notice import Hear, Notice, Turn
from ghostshift.model.options import Tunables
from ghostshift.model.settings import CutOverSettings
from ghostshift.model.shown import shown
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.status import status_line

_log = logging.getLogger("ghostshift")


class Commands:
    """Answers to command lines. `before` hears of each command, and may object by raising HookFailed."""

    def __init__(
        self,
        board: StatusBoard,
        table: str,
        stop: Stop | None = None,
        *,
        settings: CutOverSettings | None = None,
        before: Hear | None = None,
    ) -> None:
        self.board = board
        self.table = table
        self.stop = stop or Stop()
        self.settings = settings or CutOverSettings()
        self._before = before

    def answer(self, line: str, *, token: str | None = None) -> str:
        """The reply to one line, `command` or `command=argument`; ends with a newline. Never raises for bad input.

        Where a `token` is given, only a line that says it may change anything.
        """
        as_json, words = wants_json(line)
        try:
            accepted, text = True, self._carry_out(take_apart(words), token).rstrip("\n") + "\n"
        except (UsageError, HookFailed) as error:
            _log.error("command rejected: %s", error)
            accepted, text = False, f"{error}\n"
        return json.dumps({"ok": accepted, "answer": text}) + "\n" if as_json else shown(text)

    def _carry_out(self, said: Said, token: str | None) -> str:
        command = BY_NAME.get(said.name)
        if command is None:
            raise UsageError(f"unknown command: {said.line}")
        right = token is not None and hmac.compare_digest(said.token.encode(), token.encode())
        if token is not None and said.token and not right:
            raise UsageError("the token is wrong; it is in the file that the migration's log names")
        if token is not None and not right and command.changes(said.argument):
            raise UsageError(
                f"over the network {said.name} needs the token: token=… {said.line}; it is in the file that the "
                "migration's log names"
            )
        if self._before is not None:
            self._before(Notice(Turn.INTERACTIVE_COMMAND, {"command": said.name}))
        return command.run(self, said.argument)

    # -- what commands need

    @property
    def tunables(self) -> Tunables:
        """The present ones."""
        return self.board.get(Tunables, Tunables())

    def change(self, **news: Any) -> None:
        """Change some tunables. Raises UsageError, and changes nothing, where a value cannot be."""
        self.board.change(Tunables, Tunables(), lambda present: replace(present, **news))

    def status(self) -> str:
        """The status line."""
        snapshot = self.board.read(Snapshot)
        return "the migration has not begun to copy yet" if snapshot is None else status_line(snapshot)

    def shown(self, note: str = "") -> str:
        """Hint block and status line, below a note; on our own standard output too."""
        text = hint(self.board) + self.status() + "\n"
        return (f"{note}\n" if note else "") + self.echoed(text)

    def echoed(self, text: str) -> str:
        """The same, on our own standard output too."""
        self.board.change(Echo, Echo(), lambda present: present.and_also(text))
        return text

    def named(self, argument: str, *, must: bool = False, command: str = "") -> None:
        """A command may name the table it means, or must; another table is an error."""
        if must and not argument:
            raise UsageError(f"{command} must name the table here: {command}={self.table}")
        if argument and argument != self.table:
            raise UsageError(f"this is the migration of {self.table}, not of {argument}")
