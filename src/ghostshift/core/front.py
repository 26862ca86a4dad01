"""The copy front: which ranges have been dispatched, which are in flight, and what that means for a changed key.

Three verdicts for a key whose barrier has returned:

- *discard*: it lies above the dispatch point and below the copy's limit. Its chunk is not dispatched yet, so that
  chunk's view will open after the change became visible (invariant 4).
- *defer*: a chunk that may hold it is in flight and may have opened its view before the change; a row deleted meanwhile
  would come back for good (invariant 3). It waits until every chunk dispatched up to now has ended. Chunks dispatched
  later are harmless.
- *apply*: all else.

Only columns that this process can compare as the server does take part; where they leave it open, the answer is the
careful one: not above the front, inside every chunk in flight.

Must never be asked about a key whose barrier has not returned: the answer would be worthless.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ghostshift.model.chunk import Chunk
from ghostshift.model.key import Key, KeySpec

_Values: TypeAlias = tuple[Hashable, ...]
_Bounds: TypeAlias = tuple[_Values | None, _Values]
"""From behind here up to there; None is the beginning."""

REMEMBERED = 4096
"""Finished ranges that are kept for whoever wants to go over them: about a tenth of a billion rows."""


@dataclass(slots=True)
class Verdicts:
    """Keys by what to do with them; the flag says whether the row may be gone."""

    apply: dict[Key, bool] = field(default_factory=dict)
    defer: dict[Key, bool] = field(default_factory=dict)
    discarded: int = 0


class CopyFront:
    """Dispatch order of the row copy. Single-threaded: the workers share it through Guarded."""

    def __init__(self, spec: KeySpec, *, may_discard: bool) -> None:
        self._spec = spec
        self._prefix = spec.comparable_prefix
        self._may_discard = may_discard and self._prefix > 0
        self._limit: Key | None = None
        self._upto: Key | None = None
        self._greatest: Key | None = None
        self._next = 0
        self._in_flight: dict[int, Chunk] = {}
        self._complete = False
        self._early: dict[int, Chunk] = {}
        self._contiguous = 0
        self._watermark: Key | None = None
        self._finished: deque[Chunk] = deque()

    def open(
        self,
        limit: Key | None,
        *,
        after: Key | None = None,
        greatest: Key | None = None,
        complete: bool = False,
        discard: bool = True,
    ) -> None:
        """Start: rows above `after` and up to `limit` will be copied; None means that there is nothing to copy.

        `greatest` is the greatest key in the ghost, where an earlier run has copied: rows up to there may be in it, and
        a copy leaves them as they are, so that no change of them may be forgotten (invariant 8). Where that key is not
        to be known, `discard` is false.
        """
        self._may_discard = self._may_discard and discard
        self._limit = limit
        self._upto = self._watermark = after
        self._greatest = greatest
        self._complete = complete or limit is None or after == limit

    def dispatch(self, upto: Key, rows: int) -> Chunk:
        """Hand out the next range. To be called before its statement is sent."""
        chunk = Chunk(self._next, self._upto, upto, rows)
        self._next += 1
        self._upto = upto
        self._in_flight[chunk.number] = chunk
        self._complete = upto == self._limit
        return chunk

    def finish(self, chunk: Chunk) -> None:
        """The chunk is committed, or its range is known to have no running statement any more."""
        del self._in_flight[chunk.number]
        self._early[chunk.number] = chunk
        while (following := self._early.pop(self._contiguous, None)) is not None:
            self._contiguous += 1
            self._watermark = following.upto
            if len(self._finished) < REMEMBERED:
                self._finished.append(following)

    @property
    def watermark(self) -> Key | None:
        """Every row up to this key is copied: the end of the finished chunks that have none in flight before them."""
        return self._watermark

    @property
    def finished(self) -> deque[Chunk]:
        """The finished chunks below the watermark, to be taken from the left; where nobody does, later ones lack."""
        return self._finished

    @property
    def after(self) -> Key | None:
        """Where the next chunk begins."""
        return self._upto

    @property
    def limit(self) -> Key | None:
        """The last key of the copy."""
        return self._limit

    @property
    def dispatched_all(self) -> bool:
        """No chunk is left to hand out."""
        return self._complete

    @property
    def done(self) -> bool:
        """Every chunk has ended."""
        return self._complete and not self._in_flight

    @property
    def in_flight(self) -> int:
        """How many chunks are under way."""
        return len(self._in_flight)

    def next_number(self) -> int:
        """The number that the next chunk will get."""
        return self._next

    def ended_below(self) -> int:
        """Every chunk with a smaller number than this has ended."""
        return min(self._in_flight, default=self._next)

    def judge(self, keys: Iterable[tuple[Key, bool]]) -> Verdicts:
        """Sort keys, whose barrier has returned, into apply, defer and discard."""
        chunks = tuple(self._in_flight.values())
        discarding = self._may_discard and not self._complete and self._limit is not None
        if not chunks and not discarding:
            return Verdicts(dict(keys))
        cut = self._cut
        bounds = [(None if c.after is None else cut(c.after), cut(c.upto)) for c in chunks]
        reached = [cut(key) for key in (self._upto, self._greatest) if key is not None]
        front = max(reached) if reached else None
        limit = cut(self._limit) if discarding else ()
        if self._prefix == len(self._spec.columns):
            return _by_place(dict(keys), self._spec, bounds, (front, limit) if discarding else None)
        verdicts = Verdicts()
        for key, gone in keys:
            short = cut(key)
            if discarding and (front is None or short > front) and short < limit:
                verdicts.discarded += 1
            elif any((low is None or low <= short) and short <= high for low, high in bounds):
                verdicts.defer[key] = gone  # a cut key on an edge may be on either side of it
            else:
                verdicts.apply[key] = gone
        return verdicts

    def _cut(self, key: Key) -> _Values:
        return self._spec.values(key)[: self._prefix]


def _by_place(keys: dict[Key, bool], spec: KeySpec, chunks: list[_Bounds], ahead: _Bounds | None) -> Verdicts:
    """The verdicts where keys compare as the server compares them: in order, so that only edges are looked for."""
    ordered: list[Any] = sorted(keys)

    def place(edge: _Values | None) -> int:
        """How many keys lie up to here."""
        return 0 if edge is None else bisect_right(ordered, edge[0] if spec.single else edge)

    verdicts = Verdicts()
    spans = [(place(low), place(high), True) for low, high in chunks]
    if ahead is not None:
        spans.append((place(ahead[0]), place(ahead[1]), False))
    at = 0
    for begin, end, copied in sorted(spans):
        verdicts.apply.update((key, keys[key]) for key in ordered[at:begin])
        inside = ordered[max(at, begin) : end]
        if copied:
            verdicts.defer.update((key, keys[key]) for key in inside)
        else:
            verdicts.discarded += len(inside)
        at = max(at, end)
    verdicts.apply.update((key, keys[key]) for key in ordered[at:])
    return verdicts
