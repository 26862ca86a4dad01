"""A pile of keys: each of them once, with whether its row may be gone; where they are integers, a million in a few MB.

A dictionary entry and its integer take some 90 bytes. So when there are many, those of a key of one integer column go
into *shelves*, arrays of eight bytes a key, each shelf for a range of keys. What comes in is only laid on its shelf;
sorting out what lies there twice is done once for many, and always before a shelf is emptied: so a key that changes
again and again is taken once (and again, if it was among the newest at that time). The number of keys is therefore
exact as long as there are few, and otherwise may count a key up to three times.

Taken in key order, going round, so that no range waits for ever. Pure; the delta buffer's alone.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from ghostshift.model.change import Keys
from ghostshift.model.key import Key, KeyKind, KeySpec

LOOSE = 1 << 15
"""Keys in the dictionary before they are put onto shelves."""

SHELF = 1 << 13
"""Keys of a shelf when it is made; it is divided at twice as many."""

SHELVED_BYTES = 10
"""About how much memory a key on a shelf takes: arrays have some room to grow."""

_SIGNED = frozenset({KeyKind.INTEGER, KeyKind.TIME})
_UNSIGNED = frozenset({KeyKind.ENUM, KeyKind.SET, KeyKind.BIT})


def array_code(spec: KeySpec) -> str:
    """The kind of array that holds this key's values, empty where none does."""
    if not spec.single or spec.nullable:
        return ""
    column = spec.columns[0]
    if column.kind in _UNSIGNED or (column.kind in _SIGNED and column.unsigned):
        return "Q"
    return "q" if column.kind in _SIGNED else ""


class _Shelf:
    """Keys of one range."""

    __slots__ = ("gone", "keys", "sorted_out")

    def __init__(self, keys: array[int], gone: array[int]) -> None:
        self.keys = keys
        self.gone = gone
        """Those whose rows may be gone; among the keys, too."""
        self.sorted_out = len(keys)
        """How many keys there were when each was there once."""


class Pile:
    """See the module."""

    def __init__(self, code: str) -> None:
        """`code`: see `array_code`."""
        self._code = code
        self._loose: dict[Key, bool] = {}
        self._shelves: list[_Shelf] = []
        self._bounds: list[int] = []
        """The first key of each shelf but the first one."""
        self._shelved = 0
        self._after: int | None = None
        """The last key that was taken from a shelf: the next is the one above it, or the first."""

    def __len__(self) -> int:
        return len(self._loose) + self._shelved

    @property
    def shelved(self) -> int:
        """How many of the keys are on shelves."""
        return self._shelved

    def put(self, keys: Keys) -> None:
        """Keys that have come in."""
        loose = self._loose
        if keys.changed:
            if loose:
                # A key that was gone once stays marked: its row is deleted and read again, which is right either way.
                for key in keys.changed:
                    loose.setdefault(key, False)
            else:
                loose.update(dict.fromkeys(keys.changed, False))
        for key in keys.gone:
            loose[key] = True
        if len(loose) > LOOSE:
            self._put_away()

    def add(self, keys: dict[Key, bool]) -> None:
        """Keys with whether their rows may be gone."""
        loose = self._loose
        for key, gone in keys.items():
            loose[key] = gone or loose.get(key, False)
        if len(loose) > LOOSE:
            self._put_away()

    def take(self, most: int) -> dict[Key, bool]:
        """About `most` of the keys, not more."""
        if not self._shelves and len(self._loose) <= most:
            taken, self._loose = self._loose, {}
            return taken
        taken = {}
        while self._shelves and len(taken) < most:
            self._take_shelf(taken, most - len(taken))
        loose = self._loose
        for key in taken.keys() & loose.keys():
            taken[key] = loose.pop(key) or taken[key]
        for key in list(islice(loose, most - len(taken))):
            taken[key] = loose.pop(key)
        return taken

    def absorb(self, other: Pile) -> None:
        """Take all that is in the other one."""
        if not self:
            self._swap(other)
            return
        if len(other) > len(self):
            self._swap(other)
        self.add(other._loose)
        for shelf in other._shelves:
            self._lay(sorted(set(shelf.keys)), sorted(set(shelf.gone)))
        other._empty()

    def _swap(self, other: Pile) -> None:
        for name in ("_loose", "_shelves", "_bounds", "_shelved", "_after"):
            mine = getattr(self, name)
            setattr(self, name, getattr(other, name))
            setattr(other, name, mine)

    def _empty(self) -> None:
        self._loose = {}
        self._shelves, self._bounds, self._shelved = [], [], 0

    def _put_away(self) -> None:
        """What is loose onto the shelves."""
        if not self._code:
            return
        loose: dict[Any, bool] = self._loose
        self._loose = {}
        self._lay(sorted(loose), sorted(key for key, gone in loose.items() if gone))

    def _lay(self, keys: Sequence[int], gone: Sequence[int]) -> None:
        """Sorted keys, each onto its shelf."""
        if not self._shelves:
            self._shelves.append(_Shelf(array(self._code), array(self._code)))
        begin = lost = 0
        packed, packed_gone = array(self._code, keys), array(self._code, gone)
        crowded = []
        for number, shelf in enumerate(self._shelves):
            last = number == len(self._bounds)
            end = len(keys) if last else bisect_left(keys, self._bounds[number], begin)
            if end > begin:
                shelf.keys.extend(packed[begin:end])
                left = len(gone) if last else bisect_left(gone, self._bounds[number], lost)
                shelf.gone.extend(packed_gone[lost:left])
                begin, lost = end, left
                if len(shelf.keys) > 2 * shelf.sorted_out + SHELF:
                    crowded.append(number)
        self._shelved += len(keys)
        for number in reversed(crowded):
            self._sort_out(number)

    def _sort_out(self, number: int) -> None:
        """Keep each key of a shelf once, and divide it where it is still large."""
        shelf = self._shelves[number]
        keys, gone = sorted(set(shelf.keys)), sorted(set(shelf.gone))
        self._shelved += len(keys) - len(shelf.keys)
        each = SHELF if len(keys) > 2 * SHELF else len(keys)
        firsts = list(range(0, len(keys), each))
        pieces = [keys[first : first + each] for first in firsts]
        self._shelves[number : number + 1] = [self._shelf(piece, gone) for piece in pieces]
        self._bounds[number:number] = [piece[0] for piece in pieces[1:]]

    def _shelf(self, keys: Sequence[int], gone: Sequence[int]) -> _Shelf:
        """`keys` are sorted; `gone` may be of other shelves, too."""
        lost = gone[bisect_left(gone, keys[0]) : bisect_right(gone, keys[-1])]
        return _Shelf(array(self._code, keys), array(self._code, lost))

    def _take_shelf(self, taken: dict[Key, bool], most: int) -> None:
        """Keys of one shelf, above the last that was taken."""
        number, keys, begin = self._place()
        shelf, gone = self._shelves[number], set(self._shelves[number].gone)
        some, rest = keys[begin : begin + most], keys[:begin] + keys[begin + most :]
        taken.update(_flagged(some, gone))
        self._after = some[-1]
        self._shelved += len(rest) - len(shelf.keys)
        if rest:
            self._shelves[number] = self._shelf(rest, sorted(gone.difference(some)))
            return
        del self._shelves[number]
        # The range of the shelf goes to its neighbour.
        del self._bounds[max(0, number - 1) : max(1, number)]

    def _place(self) -> tuple[int, list[int], int]:
        """The shelf to take from, its keys in order, and from which of them on."""
        number, begin = 0, 0
        if self._after is not None:
            number = bisect_right(self._bounds, self._after)
            keys = sorted(set(self._shelves[number].keys))
            begin = bisect_right(keys, self._after)
            if begin < len(keys):
                return number, keys, begin
            number = (number + 1) % len(self._shelves)
        return number, sorted(set(self._shelves[number].keys)), 0


def _flagged(keys: Iterable[Key], gone: set[int]) -> dict[Key, bool]:
    return {key: key in gone for key in keys} if gone else dict.fromkeys(keys, False)
