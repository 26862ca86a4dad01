"""The notifier: whoever takes a turn tells it here, and all hearers are told, in order, in that same thread.

It lies on the status board, so that a worker deep inside needs nothing else: `Notifier.of(board).tell(Turn.STATUS)`.
Before a migration has put one there, and where nobody wants to hear, telling does nothing.

It must never be told anything while tables are locked by us: a hearer may take as long as it likes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from ghostshift.model.errors import HookFailed
from ghostshift.model.notice import AFTERMATH, Aftermath, Figures, Hear, Notice, Turn
from ghostshift.runtime.board import StatusBoard

_log = logging.getLogger("ghostshift")


@dataclass(frozen=True, slots=True)
class Notifier:
    """Tells hearers of turns. Any thread may use it, and several at once."""

    hearers: tuple[Hear, ...] = ()
    look: Callable[[], Figures] = Figures
    """The figures of this moment."""

    @classmethod
    def of(cls, board: StatusBoard) -> Notifier:
        """The migration's own."""
        return board.get(cls, _SILENT)

    def tell(self, turn: Turn, **more: str) -> None:
        """Tell everybody, up to the first who objects. Raises HookFailed, but for turns where that is ignored."""
        if AFTERMATH[turn] is Aftermath.IGNORED:
            self.mention(turn, **more)
        else:
            self._tell(turn, more)

    def pass_on(self, notice: Notice) -> None:
        """As `tell`, for those who know a hearer only."""
        self.tell(notice.turn, **notice.more)

    def mention(self, turn: Turn, **more: str) -> None:
        """Tell everybody; an objection is only a warning."""
        try:
            self._tell(turn, more)
        except HookFailed as objection:
            _log.warning("%s; the migration goes its way all the same", objection)

    def _tell(self, turn: Turn, more: dict[str, str]) -> None:
        if not self.hearers:
            return
        notice = Notice(turn, MappingProxyType(more), self.look())
        for hear in self.hearers:
            try:
                hear(notice)
            except HookFailed:
                raise
            except Exception as error:
                # A callable that breaks has not agreed to anything.
                raise HookFailed(f"a hearer of {turn.value} failed: {type(error).__name__}: {error}") from error


_SILENT = Notifier()
