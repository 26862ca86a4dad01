"""Numbers without gaps: where a range of so many rows ends is a sum there, and the server need not be asked. Pure.

To ask costs the server a walk over all keys of the range, a fiftieth of what it costs to copy it, and everybody who
wants the next range waits for it. A range that is counted out holds as many rows as asked for or fewer, for a key
occurs once: so it may be wrong about gaps, at the cost of one small chunk.

Must never be asked about anything but whole numbers of one column: only these can be counted out.
"""

from __future__ import annotations

from ghostshift.model.chunk import Chunk
from ghostshift.model.key import Key, KeyKind, KeySpec

DENSE = 0.9
"""Rows per number, from which on numbers are taken for rows. The sizer corrects for what is missing."""


class Gapless:
    """Learns from the chunks that have ended whether the next one may be counted out. Any thread may ask and tell."""

    def __init__(self, spec: KeySpec) -> None:
        self._counts = spec.single and spec.columns[0].kind is KeyKind.INTEGER
        self._dense = False

    def end(self, after: Key | None, limit: Key, rows: int) -> Key | None:
        """Where the `rows` rows behind `after` end, or None where the server must be asked."""
        if self._dense and isinstance(after, int) and isinstance(limit, int):
            return min(after + rows, limit)
        return None

    def ended(self, chunk: Chunk, rows: int) -> None:
        """A chunk held `rows` rows."""
        if self._counts and isinstance(chunk.after, int) and isinstance(chunk.upto, int):
            self._dense = rows >= DENSE * (chunk.upto - chunk.after)
