"""The delta buffer against a plain list of debts: nothing owed is forgotten, and a resume repeats all of it."""
# ruff: noqa: D102 - the moves of the game are named by what they do

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from ghostshift.core import pile
from ghostshift.core.delta import DeltaBuffer, Generation, key_bytes
from ghostshift.core.pile import Pile
from ghostshift.model.change import Keys
from ghostshift.model.errors import StreamError
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.position import Position

SPEC = KeySpec(index="PRIMARY", columns=(KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER),))


def at(offset: int) -> Position:
    return Position("binlog.000001", offset)


def keys(changed: list[int], gone: list[int] | None = None) -> Keys:
    return Keys("original", list(changed), list(gone or []))


def buffer_for(count: int) -> DeltaBuffer:
    return DeltaBuffer(SPEC, key_bytes(SPEC) * count)


def lying(pile: Pile) -> set[object]:
    """The keys of a pile."""
    return {*pile._loose, *(key for shelf in pile._shelves for key in shelf.keys)}


@dataclass
class Debts:
    """Each change that is owed: key, whether its row may be gone, the boundary before it, where it waits, its number.

    The last says whether an XA transaction brought it.
    """

    owed: list[list[object]] = field(default_factory=list)
    count: int = 0

    def add(self, key: int, gone: bool, boundary: int, where: object) -> None:  # noqa: FBT001 - a record
        self.count += 1
        self.owed.append([key, gone, boundary, where, self.count, isinstance(where, bytes)])

    def at(self, where: object) -> list[list[object]]:
        return [debt for debt in self.owed if debt[3] == where]

    def move(self, where: object, to: object) -> None:
        for debt in self.at(where):
            debt[3] = to

    def pay(self, where: object) -> None:
        self.owed = [debt for debt in self.owed if debt[3] != where]


class Game:
    """Plays the reader's and the applier's sides at random, and compares after each move."""

    def __init__(self, seed: int, *, exact: bool = True) -> None:
        self.exact = exact
        self.random = random.Random(seed)
        self.buffer = buffer_for(10_000 if exact else 100_000)
        self.debts = Debts()
        self.boundary = 0
        self.buffer.reached(at(0))
        self.generation: Generation | None = None
        self.ended = 0
        self.dispatched = 0
        self.moments: list[tuple[int, Position, int]] = []

    def some(self, most: int = 4) -> list[int]:
        return [self.random.randrange(12) for _ in range(self.random.randrange(most))]

    def move(self) -> None:
        moves = [self.put, self.hold, self.release, self.reach, self.chunk, self.moment]
        moves += (
            [self.take, self.take] if self.generation is None else [self.settle, self.defer_and_settle, self.restore]
        )
        self.random.choice(moves)()
        self.check()

    def put(self) -> None:
        changed, gone = self.some(), self.some()
        self.buffer.put(keys(changed, gone))
        for key in changed:
            self.debts.add(key, False, self.boundary, "pending")
        for key in gone:
            self.debts.add(key, True, self.boundary, "pending")

    def hold(self) -> None:
        xid = b"x%d" % self.random.randrange(3)
        changed = [*self.some(), self.random.randrange(12)]
        self.buffer.hold(xid, keys(changed))
        for key in changed:
            self.debts.add(key, False, self.boundary, xid)

    def release(self) -> None:
        xid = b"x%d" % self.random.randrange(3)
        assert self.buffer.release(xid) == bool(self.debts.at(xid))
        self.debts.move(xid, "pending")

    def reach(self) -> None:
        self.boundary += self.random.randrange(1, 9)
        self.buffer.reached(at(self.boundary))

    def moment(self) -> None:
        moment = self.buffer.moment()
        assert moment.position is not None
        assert moment.position <= at(self.boundary)
        self.moments.append((moment.mark, moment.position, self.debts.count))
        self.debts.move("pending", "marked")

    def chunk(self) -> None:
        if self.random.random() < 0.5:
            self.dispatched += 1
        elif self.ended < self.dispatched:
            self.ended += 1

    def take(self) -> None:
        most = self.random.choice((1, 3, 100))
        self.generation = self.buffer.take(self.ended, most)
        left = {"pending": lying(self.buffer._pending), "marked": lying(self.buffer._marked)}
        for debt in self.debts.owed:
            if debt[3] in left and debt[0] in self.generation.keys and debt[0] not in left[str(debt[3])]:
                debt[3] = "flushing"
            elif isinstance(debt[3], int) and debt[3] <= self.ended:
                debt[3] = "ready"
        assert len(self.generation.keys) <= most
        for where, taken in (("flushing", self.generation.keys), ("ready", self.generation.ready)):
            due = {debt[0] for debt in self.debts.at(where)}
            assert taken == {key: any(d[1] for d in self.debts.at(where) if d[0] == key) for key in due}

    def settle(self) -> None:
        self.buffer.settle(len(self.generation or ()), 0)
        self.generation = None
        self.debts.pay("flushing")
        self.debts.pay("ready")

    def defer_and_settle(self) -> None:
        assert self.generation is not None
        self.dispatched += 1
        late = {key: gone for key, gone in self.generation.keys.items() if self.random.random() < 0.5}
        self.buffer.defer(late, self.dispatched)
        for debt in self.debts.at("flushing"):
            if debt[0] in late:
                debt[3] = self.dispatched
        self.settle()

    def restore(self) -> None:
        assert self.generation is not None
        where = "marked" if self.generation.mark <= len(self.moments) else "pending"
        self.buffer.restore()
        self.generation = None
        self.debts.move("flushing", where)
        self.debts.move("ready", where)

    def check(self) -> None:
        buffer, debts = self.buffer, self.debts
        pending = sum(len({debt[0] for debt in debts.at(where)}) for where in ("pending", "marked"))
        assert buffer.pending == pending if self.exact else buffer.pending >= pending
        assert buffer.idle == all(isinstance(debt[3], bytes) for debt in debts.owed) or self.generation is not None
        assert buffer.held == len({(debt[0], debt[3]) for debt in debts.owed if isinstance(debt[3], bytes)})
        for mark, position, count in self.moments[-6:]:
            if not buffer.settled(mark):
                continue
            for key, _, boundary, where, number, by_xa in debts.owed:
                assert isinstance(boundary, int)
                assert isinstance(number, int)
                repeated = by_xa and position <= at(boundary)
                assert number > count or repeated, f"key {key}, {where}, is owed, yet all before the moment is settled"
        if not debts.owed:
            assert all(buffer.settled(mark) for mark, _, _ in self.moments)


@pytest.mark.parametrize("block", range(5))
def test_i8_whatever_waits_wherever_a_settled_moment_forgets_nothing(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        game = Game(seed)
        for _ in range(120):
            game.move()


@pytest.mark.parametrize("block", range(5))
def test_i8_nor_does_it_where_keys_are_packed(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pile, "LOOSE", 2)
    monkeypatch.setattr(pile, "SHELF", 2)
    for seed in range(block * 40, block * 40 + 40):
        game = Game(seed, exact=False)
        for _ in range(120):
            game.move()


def test_i8_before_the_first_boundary_no_position_is_safe() -> None:
    buffer = buffer_for(100)
    buffer.hold(b"x", keys([1]))
    assert buffer.moment().position is None
    buffer.reached(at(50))
    assert buffer.moment().position is None
    buffer.release(b"x")
    assert buffer.moment().position == at(50)


def test_i8_a_moment_is_settled_only_when_what_was_left_behind_by_a_partial_take_is_applied_too() -> None:
    buffer = buffer_for(100)
    buffer.reached(at(10))
    buffer.put(keys([1, 2, 3]))
    buffer.reached(at(20))
    moment = buffer.moment()
    assert moment.position == at(20)
    buffer.take(0, 1)
    buffer.settle(1, 0)
    assert buffer.pending == 2
    assert not buffer.settled(moment.mark)
    buffer.take(0, 2)
    buffer.settle(2, 0)
    assert buffer.settled(moment.mark)


def test_i9_prepared_rows_that_fill_the_buffer_to_its_last_place_end_the_run_rather_than_wait_for_ever() -> None:
    # The reader waits while the buffer is full, and would never read the outcome that makes room.
    buffer = buffer_for(3)
    buffer.hold(b"x", keys([1, 2]))
    assert not buffer.full
    with pytest.raises(StreamError, match="commit or roll them back, or raise --buffer-bytes"):
        buffer.hold(b"y", keys([3]))


def test_i12_a_bound_below_one_key_still_holds_one() -> None:
    assert DeltaBuffer(SPEC, 1).capacity == 1


def test_i12_a_key_takes_more_room_the_more_columns_and_the_longer_they_are() -> None:
    number = KeyColumn(name="a", ordinal=0, kind=KeyKind.INTEGER)
    text = KeyColumn(name="b", ordinal=1, kind=KeyKind.TEXT)
    binary = KeyColumn(name="b", ordinal=1, kind=KeyKind.BYTES, length=64)
    sizes = [
        key_bytes(KeySpec(index="k", columns=columns))
        for columns in ((number,), (text,), (binary,), (number, text), (number, number, binary))
    ]
    assert sizes == sorted(set(sizes))
    assert 100 < sizes[0] < 250


def test_slipped_keys_are_handed_over_once_and_owed_no_more() -> None:
    buffer = buffer_for(10)
    buffer.reached(at(1))
    buffer.put(keys([1], [2]))
    assert buffer.slipped() == {1: False, 2: True}
    assert buffer.slipped() == {}
    assert buffer.idle


def test_a_failed_generation_with_deferred_keys_of_older_chunks_is_owed_whole() -> None:
    buffer = buffer_for(10)
    buffer.reached(at(1))
    buffer.put(keys([1], [2]))
    buffer.defer(buffer.take(0, 10).keys, 1)
    buffer.settle(0, 0)
    buffer.reached(at(9))
    buffer.put(keys([2, 3]))
    assert len(buffer.take(1, 10)) == 4
    buffer.restore()
    assert buffer.take(0, 10).keys == {1: False, 2: True, 3: False}


def test_restoring_what_was_settled_changes_nothing() -> None:
    buffer = buffer_for(10)
    buffer.put(keys([1]))
    buffer.take(0, 10)
    buffer.settle(1, 0)
    buffer.restore()
    assert buffer.idle
    assert (buffer.received, buffer.applied, buffer.discarded) == (1, 1, 0)
