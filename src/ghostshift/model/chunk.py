"""A chunk: one range of the row copy, open below and closed above, with its number in dispatch order."""

from __future__ import annotations

from dataclasses import dataclass

from ghostshift.model.key import Key


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows whose key is in (after, upto]. `after` None means from the very first row."""

    number: int
    after: Key | None
    upto: Key
    rows: int
    """How many rows the range was cut for; the last chunk may hold fewer."""
