"""The phases of a migration and the legal moves between them."""

from __future__ import annotations

import enum


class Phase(enum.Enum):
    """Where a migration stands; the value is what a person reads."""

    INSPECTING = "inspecting"
    PREPARING = "preparing ghost table"
    COUNTING = "counting rows"
    COPYING = "migrating"
    INDEXING = "indexing"
    VERIFYING = "verifying"
    CATCHING_UP = "catching up"
    POSTPONED = "postponing cut-over"
    CUTTING_OVER = "cutting over"
    CLEANING = "cleaning up"
    WAITING = "waiting for the server"
    DONE = "done"
    FAILED = "failed"


LEGAL: dict[Phase, frozenset[Phase]] = {
    Phase.INSPECTING: frozenset({Phase.PREPARING, Phase.CLEANING, Phase.DONE}),
    Phase.PREPARING: frozenset({Phase.COUNTING, Phase.COPYING}),
    Phase.COUNTING: frozenset({Phase.COPYING}),
    Phase.COPYING: frozenset({Phase.INDEXING, Phase.VERIFYING, Phase.CATCHING_UP}),
    Phase.INDEXING: frozenset({Phase.VERIFYING, Phase.CATCHING_UP}),
    Phase.VERIFYING: frozenset({Phase.CATCHING_UP, Phase.CLEANING}),
    Phase.CATCHING_UP: frozenset({Phase.POSTPONED, Phase.CUTTING_OVER}),
    Phase.POSTPONED: frozenset({Phase.CATCHING_UP}),
    Phase.CUTTING_OVER: frozenset({Phase.CATCHING_UP, Phase.CLEANING}),
    Phase.CLEANING: frozenset({Phase.DONE}),
    Phase.WAITING: frozenset({Phase.INSPECTING}),
    Phase.DONE: frozenset(),
    Phase.FAILED: frozenset(),
}
"""Every phase but the last two may also move to FAILED, and to WAITING while the server is gone."""


def may_move(old: Phase, new: Phase) -> bool:
    """Whether a migration may go from `old` to `new`."""
    return new in LEGAL[old] or (new in (Phase.FAILED, Phase.WAITING) and old is not Phase.DONE)
