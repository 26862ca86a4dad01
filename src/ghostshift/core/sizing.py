"""How many rows the next chunk gets: towards a target time, within a byte budget. Pure.

A chunk is one transaction: its duration delays the keys in its range, and its bytes delay others' commits while the
log takes them in. So it grows by at most double and shrinks at once.
"""

from __future__ import annotations

from ghostshift.model.options import CHUNK_SIZES

FIRST = 1000
"""Rows of the first chunks, until there is something to go by."""


class ChunkSizer:
    """Follows the durations of the chunks that have ended."""

    def __init__(self, *, seconds: float, most_bytes: int, row_bytes: int) -> None:
        self._target = seconds
        self._most = max(CHUNK_SIZES[0], min(CHUNK_SIZES[1], most_bytes // max(1, row_bytes)))
        self._size = min(FIRST, self._most)

    def rows(self, fixed: int) -> int:
        """Rows for the next chunk; `fixed` is what the user asked for, 0 for free."""
        return fixed or self._size

    def ended(self, rows: int, seconds: float) -> None:
        """A chunk of `rows` rows took `seconds`."""
        if rows <= 0:
            return
        ideal = rows * self._target / max(seconds, 0.001)
        # A small chunk says little about a big one: step towards the ideal, from the size it was measured at.
        bounded = max(self._size * 0.5, min(ideal, self._size * 2.0))
        self._size = max(CHUNK_SIZES[0], min(self._most, round(bounded)))
