"""The delta buffer: changed keys that are not applied yet, each once.

An entry is a key and whether its row may be gone (it was deleted, or got another key). Entries carry no image and no
order: whoever applies a key reads its row again, so all that matters is that each change is followed by one more
reading, after a barrier (invariants 1, 5, 6). A key that arrives during its own flush is pending again.

    pending   received, no barrier yet
    flushing  taken by the applier, one generation at a time
    deferred  barrier done, waiting for chunks in flight (invariant 3)
    held      of prepared XA transactions, waiting for their outcome (invariant 9)

Whoever verifies, or saves a checkpoint, asks more: has all that was received before a moment been applied (`mark`,
`moment`, `settled`), and did a change of one of these keys come in since (`watch`, `touched`)?

Bounded in bytes (invariant 12): `full` tells the reader to wait. Pure and single-threaded; shared through Guarded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ghostshift.core.pile import LOOSE, SHELVED_BYTES, Pile, array_code
from ghostshift.model.change import Keys
from ghostshift.model.errors import StreamError
from ghostshift.model.key import Key, KeySpec
from ghostshift.model.position import Position


@dataclass(slots=True)
class Generation:
    """Keys taken together."""

    keys: dict[Key, bool]
    ready: dict[Key, bool] = field(default_factory=dict)
    """Deferred keys whose chunks have ended: to be applied without another look."""
    mark: int = 0
    """The first mark that was set after the oldest of these keys had come in; 0 is before all."""

    def __len__(self) -> int:
        return len(self.keys) + len(self.ready)


@dataclass(slots=True)
class _Deferred:
    keys: dict[Key, bool]
    chunks_below: int
    mark: int


@dataclass(slots=True)
class _Held:
    keys: dict[Key, bool]
    since: Position | None


@dataclass(frozen=True, slots=True)
class Moment:
    """See `DeltaBuffer.moment`."""

    mark: int
    position: Position | None
    """None before the first boundary: there is nothing to resume from."""
    prepared: frozenset[bytes]
    """XA transactions that were prepared before the position, changed none of our rows and have not ended yet."""


def key_bytes(spec: KeySpec) -> int:
    """About how much memory one entry of this key takes in a dictionary: its slot and the key's objects."""
    each = 0
    for column in spec.columns:
        each += 40 if column.kind.value in ("integer", "enum", "set", "bit", "time") else 80 + column.length
    return 104 + each + (0 if spec.single else 56 + 8 * len(spec.columns))


class DeltaBuffer:
    """See the module."""

    def __init__(self, spec: KeySpec, limit_bytes: int) -> None:
        self._each = key_bytes(spec)
        self._most_bytes = max(self._each, limit_bytes)
        # A small buffer keeps to the dictionary, or one large batch would make room for many more.
        code = array_code(spec) if self._most_bytes // self._each > LOOSE else ""
        self._shelves = bool(code)
        self._pending = Pile(code)
        self._marked = Pile(code)
        """Pending, too, and received before the last mark; these are taken first."""
        self._marked_by = 0
        self._marks = 0
        self._watched: frozenset[Key] = frozenset()
        self._touched: set[Key] = set()
        self._flushing: Generation | None = None
        self._deferred: list[_Deferred] = []
        self._held: dict[bytes, _Held] = {}
        self._boundary: Position | None = None
        self.prepared: set[bytes] = set()
        """XA transactions that were seen to be prepared and have not ended."""
        self.received = 0
        self.applied = 0
        self.discarded = 0

    # -- the reader's side

    def put(self, keys: Keys) -> None:
        """Changes of ordinary transactions."""
        self._pending.put(keys)
        if self._watched:
            self._touch(keys.changed)
            self._touch(keys.gone)
        self.received += len(keys.changed) + len(keys.gone)

    def hold(self, xid: bytes, keys: Keys) -> None:
        """Changes inside an XA transaction. Raises StreamError when prepared transactions alone fill the buffer."""
        held = self._held.setdefault(xid, _Held({}, self._boundary))
        _add(held.keys, dict.fromkeys(keys.changed, False))
        _add(held.keys, dict.fromkeys(keys.gone, True))
        self.received += len(keys.changed) + len(keys.gone)
        if (
            self.held * self._each >= self._most_bytes
        ):  # the reader would wait for room that only what it has not read can make
            raise StreamError(
                "prepared XA transactions hold more changed rows than the delta buffer can: "
                "commit or roll them back, or raise --buffer-bytes, and start again"
            )

    def release(self, xid: bytes) -> bool:
        """The XA transaction has ended, whichever way: its keys are pending. False for an xid that is not held."""
        held = self._held.pop(xid, None)
        if held is None:
            return False
        self._pending.add(held.keys)
        self._touch(held.keys)
        return True

    def reached(self, boundary: Position) -> None:
        """All of the log up to here has been put in."""
        self._boundary = boundary

    @property
    def full(self) -> bool:
        """The reader must wait."""
        shelved = self._pending.shelved + self._marked.shelved
        return (self.backlog - shelved) * self._each + shelved * SHELVED_BYTES >= self._most_bytes

    # -- the applier's side

    def take(self, ended_below: int, most: int) -> Generation:
        """The next generation, of about `most` keys; its predecessor must be settled.

        `ended_below` is the front's: deferred keys that wait only for smaller chunk numbers are ready.
        """
        if self._flushing is not None:
            raise AssertionError("one generation at a time (invariant 5)")
        ready: dict[Key, bool] = {}
        mark = self._marks + 1
        waiting: list[_Deferred] = []
        for group in self._deferred:
            if group.chunks_below <= ended_below:
                _add(ready, group.keys)
                mark = min(mark, group.mark)
            else:
                waiting.append(group)
        self._deferred = waiting
        keys: dict[Key, bool] = {}
        if self._marked:
            mark = min(mark, self._marked_by)
            keys = self._marked.take(most)
        if len(keys) < most and self._pending:
            _add(keys, self._pending.take(most - len(keys)))
        self._flushing = Generation(keys, ready, mark)
        return self._flushing

    def defer(self, keys: dict[Key, bool], chunks_below: int) -> None:
        """Keys of the current generation that wait for the chunks numbered below `chunks_below`."""
        if not keys:
            return
        mark, waiting = 0, dict(keys)
        if self._flushing is not None:
            mark = self._flushing.mark
            for key in waiting:  # each is owed once, and counts once
                self._flushing.keys.pop(key, None)
        self._deferred.append(_Deferred(waiting, chunks_below, mark))

    def restore(self) -> None:
        """The current generation failed: all of it is pending again."""
        if self._flushing is None:
            return
        generation, self._flushing = self._flushing, None
        if not generation:
            return
        if generation.mark <= self._marks:
            self._marked_by = min(self._marked_by, generation.mark) if self._marked else generation.mark
            pending = self._marked
        else:
            pending = self._pending
        pending.add(generation.keys)
        pending.add(generation.ready)

    def settle(self, applied: int, discarded: int) -> None:
        """The current generation is applied, deferred or discarded, all of it."""
        self._flushing = None
        self.applied += applied
        self.discarded += discarded

    def slipped(self) -> dict[Key, bool]:
        """Take what is pending without applying it: after the swap it belongs to another table."""
        self._pending.absorb(self._marked)
        return self._pending.take(len(self._pending))

    # -- the verifier's side

    def mark(self) -> int:
        """A moment: `settled` tells when all that was received before it has been applied."""
        self._marks += 1
        if self._pending:
            if not self._marked:
                self._marked_by = self._marks
            self._marked.absorb(self._pending)
        return self._marks

    def moment(self) -> Moment:
        """A place that may be resumed from as soon as its mark is settled (invariant 8).

        All that came in before it is applied then, whether the log told of it or somebody else; and what XA
        transactions held comes again, for the position lies before the oldest of them.
        """
        since = [self._boundary, *(entry.since for entry in self._held.values())]
        return Moment(self.mark(), _oldest(since), frozenset(self.prepared.difference(self._held)))

    def settled(self, mark: int) -> bool:
        """Whether nothing is owed that was received before the mark, but for what XA transactions hold.

        Those keys show nothing to anybody before their outcome, which counts as received when it comes (invariant 9).
        """
        if self._marked and self._marked_by <= mark:
            return False
        if self._flushing is not None and len(self._flushing) and self._flushing.mark <= mark:
            return False
        return all(group.mark > mark for group in self._deferred)

    def watch(self, keys: Iterable[Key]) -> None:
        """From now on `touched` tells of these keys; of others no more."""
        self._watched = frozenset(keys)
        self._touched = set()

    @property
    def touched(self) -> frozenset[Key]:
        """Those of the watched keys of which a change came in."""
        return frozenset(self._touched)

    def _touch(self, keys: Iterable[Key]) -> None:
        if self._watched:
            self._touched |= self._watched.intersection(keys)

    # -- what others ask

    @property
    def backlog(self) -> int:
        """Keys that are owed, wherever they wait (those held for XA too: they take room)."""
        flushing = len(self._flushing) if self._flushing is not None else 0
        return self.pending + flushing + self.deferred + self.held

    @property
    def pending(self) -> int:
        """Keys that a flush could take now."""
        return len(self._pending) + len(self._marked)

    @property
    def deferred(self) -> int:
        """Keys waiting for chunks."""
        return sum(len(group.keys) for group in self._deferred)

    @property
    def held(self) -> int:
        """Keys waiting for the outcome of XA transactions."""
        return sum(len(entry.keys) for entry in self._held.values())

    @property
    def idle(self) -> bool:
        """Nothing is owed, but for what XA transactions hold."""
        return not self.pending and self._flushing is None and not self._deferred

    @property
    def capacity(self) -> int:
        """How many keys fit, were all of them pending."""
        loose = self._most_bytes // self._each
        if not self._shelves:
            return loose
        return LOOSE + (self._most_bytes - LOOSE * self._each) // SHELVED_BYTES


def _add(into: dict[Key, bool], keys: dict[Key, bool]) -> None:
    for key, gone in keys.items():
        into[key] = gone or into.get(key, False)


def _oldest(positions: list[Position | None]) -> Position | None:
    """None, which is older than all, where one of them is not known or there are none."""
    known = [position for position in positions if position is not None]
    return min(known) if known and len(known) == len(positions) else None
