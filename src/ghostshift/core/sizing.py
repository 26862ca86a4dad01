"""How many rows the next chunk gets: towards a target time, within a byte budget. Pure.

A chunk is one transaction: its duration delays the keys in its range, and its bytes delay others' commits while the
log takes them in. So it grows in steps and shrinks at once.
"""

from __future__ import annotations

from ghostshift.model.options import CHUNK_SIZES

FIRST = 1000
"""Rows of the first chunks, until there is something to go by."""

FIRST_LARGE = 10
"""The same, where single rows may be large whatever they are on the average."""

LARGE = 1 << 20
"""Bytes that a column may hold from which on its rows may be large."""

GROWTH = 4.0
"""A chunk is so many times as large as the last one at the most."""

LAST = 4
"""So many times as small as the others are the last chunks: who works side by side shall end together."""

FAR = 4.0
"""A chunk that took so many times as long as it should is not followed by one that is merely half of it."""


class ChunkSizer:
    """Follows the durations of the chunks that have ended."""

    def __init__(self, *, seconds: float, most_bytes: int, row_bytes: int, widest: int = 0) -> None:
        """`row_bytes`: of a row on the average; `widest`: what the widest column may hold."""
        self._target = seconds
        self._most = max(1, min(CHUNK_SIZES[1], most_bytes // max(1, row_bytes)))
        # Not fewer where the rows are small: what takes long is the way to the server then.
        self._least = min(CHUNK_SIZES[0], self._most) if widest < LARGE else 1
        self._first = self._size = min(FIRST if widest < LARGE else FIRST_LARGE, self._most)

    def aim(self, seconds: float) -> None:
        """From now on a chunk should take so long."""
        if seconds != self._target:
            self._size = self._bounded(self._size * seconds / self._target)
            self._target = seconds

    def rows(self, fixed: int) -> int:
        """Rows for the next chunk; `fixed` is what the user asked for, 0 for free."""
        return fixed or self._size

    def last(self, rows: int) -> int:
        """Rows for each of the last chunks, where fewer than `rows` are left to be handed out."""
        return min(rows, max(self._first, rows // LAST))

    def ended(self, rows: int, seconds: float) -> None:
        """A chunk of `rows` rows took `seconds`."""
        if rows <= 0:
            return
        ideal = rows * self._target / max(seconds, 0.001)
        # A small chunk says little about a big one: step towards the ideal, from the size it was measured at.
        lowest = 0.0 if seconds > self._target * FAR else self._size * 0.5
        self._size = self._bounded(max(lowest, min(ideal, self._size * GROWTH)))

    def _bounded(self, rows: float) -> int:
        return max(self._least, min(self._most, round(rows)))
