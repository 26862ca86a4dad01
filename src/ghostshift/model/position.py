"""Where we are in the binary log: a file and an offset in it. Ordered, printable, parsable.

File names are ordered by their number, not as text: `binlog.1000000` follows `binlog.999999`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

from ghostshift.model.errors import UsageError


@functools.total_ordering
@dataclass(frozen=True, slots=True)
class Position:
    """`offset` bytes into `file`: the end of what has been read."""

    file: str
    offset: int
    born: int = field(default=0, compare=False)
    """When the server made the file, in seconds since 1970; 0 where that is not known. Of two files of one name, as
    there are after a RESET, it tells which: an offset into the one means nothing in the other."""

    @classmethod
    def parse(cls, text: str) -> Position:
        """The inverse of str(): `binlog.000012:3456`. Raises UsageError."""
        file, _, offset = text.rpartition(":")
        if not file or not offset.isascii() or not offset.isdigit():
            raise UsageError(f"{text!r} is not a binary log position such as binlog.000012:3456")
        return cls(file, int(offset))

    def __str__(self) -> str:
        return f"{self.file}:{self.offset}"

    def __lt__(self, other: Position) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[str, int, int]:
        stem, _, number = self.file.rpartition(".")
        return stem, int(number) if number.isascii() and number.isdigit() else 0, self.offset
