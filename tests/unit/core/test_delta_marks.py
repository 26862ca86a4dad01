"""What a verifier asks of the delta buffer: is all applied that came before a moment, and what came in since."""

from __future__ import annotations

import random
import sys

import pytest

from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import REMEMBERED, CopyFront
from ghostshift.model.change import Keys
from ghostshift.model.chunk import Chunk
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec

SPEC = KeySpec(index="PRIMARY", columns=(KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER),))


def changed(*keys: int) -> Keys:
    return Keys("original", list(keys), [])


def buffer() -> DeltaBuffer:
    return DeltaBuffer(SPEC, 1 << 20)


def test_a_mark_is_settled_at_once_when_nothing_is_owed() -> None:
    assert (owed := buffer()).settled(owed.mark())


def test_what_came_before_the_mark_is_waited_for_and_what_came_after_is_not() -> None:
    owed = buffer()
    owed.put(changed(1, 2))
    mark = owed.mark()
    owed.put(changed(3))
    assert not owed.settled(mark)
    assert owed.take(0, 2).keys.keys() == {1, 2}
    assert not owed.settled(mark)
    owed.settle(2, 0)
    assert owed.settled(mark)
    assert owed.take(0, 9).keys.keys() == {3}
    assert owed.settled(mark)


def test_a_key_in_flight_through_the_appliers_is_waited_for_even_when_it_failed_there() -> None:
    owed = buffer()
    owed.put(changed(1))
    owed.take(0, 9)
    mark = owed.mark()
    owed.put(changed(7))
    owed.restore()
    assert not owed.settled(mark)
    assert owed.take(0, 1).keys.keys() == {1}
    owed.settle(1, 0)
    assert owed.settled(mark)


def test_a_deferred_key_is_waited_for() -> None:
    owed = buffer()
    owed.put(changed(1))
    mark = owed.mark()
    generation = owed.take(0, 9)
    owed.defer(generation.keys, 3)
    owed.settle(0, 0)
    assert not owed.settled(mark)
    owed.put(changed(2))
    assert owed.take(2, 9).ready == {}
    owed.settle(1, 0)
    assert not owed.settled(mark)
    assert owed.take(3, 9).ready == {1: False}
    owed.settle(1, 0)
    assert owed.settled(mark)


def test_i9_what_a_prepared_transaction_holds_counts_from_its_outcome_on() -> None:
    owed = buffer()
    owed.watch([5])
    owed.hold(b"x", changed(5))
    assert owed.settled(mark := owed.mark())
    assert not owed.touched
    owed.release(b"x")
    assert owed.touched == {5}
    assert owed.settled(mark)
    assert not owed.settled(owed.mark())


def test_only_watched_keys_are_touched_and_only_since_they_are_watched() -> None:
    owed = buffer()
    owed.put(changed(1))
    owed.watch([1, 2])
    owed.put(Keys("original", [3], [2]))
    assert owed.touched == {2}
    owed.watch([2])
    assert not owed.touched


@pytest.mark.parametrize("seed", [random.randrange(1 << 30) for _ in range(20)])
def test_settled_never_comes_too_early_and_always_comes(seed: int) -> None:
    sys.stdout.write(f"seed {seed}\n")
    dice = random.Random(seed)
    owed, now = buffer(), 0
    received: list[tuple[int, int]] = []
    """Changes that are not applied yet: key, and when it came in."""
    marks: list[tuple[int, int]] = []

    def receive() -> None:
        keys = [dice.randrange(30) for _ in range(dice.randrange(1, 6))]
        received.extend((key, now) for key in keys)
        owed.put(changed(*keys))

    for now in range(400):
        what = dice.randrange(4)
        if what == 0:
            receive()
        elif what == 1:
            marks.append((owed.mark(), now))
        else:
            generation = owed.take(now, dice.randrange(1, 8))
            before = len(received)
            if dice.random() < 0.5:
                receive()
            if dice.random() < 0.5:
                marks.append((owed.mark(), now))
            if dice.random() < 0.3:
                owed.restore()
            else:
                later = dict(list(generation.keys.items())[: dice.randrange(4)])
                owed.defer(later, now + dice.randrange(10))
                done = {*generation.keys, *generation.ready} - later.keys()
                received = [one for at, one in enumerate(received) if at >= before or one[0] not in done]
                owed.settle(len(generation), 0)
        for mark, at in marks:
            if owed.settled(mark):
                assert not [key for key, since in received if since < at]
    while not owed.idle:
        owed.take(1 << 30, 5)
        owed.settle(5, 0)
    assert all(owed.settled(mark) for mark, _ in marks)


# -- the front's watermark


def chunk(front: CopyFront, upto: int) -> Chunk:
    return front.dispatch(upto, 10)


def test_the_watermark_follows_the_finished_chunks_that_have_none_in_flight_before_them() -> None:
    front = CopyFront(SPEC, may_discard=True)
    front.open(30)
    one, two, three = chunk(front, 10), chunk(front, 20), chunk(front, 30)
    front.finish(two)
    assert front.watermark is None
    assert not front.finished
    front.finish(one)
    assert front.watermark == 20
    front.finish(three)
    assert front.watermark == 30
    assert list(front.finished) == [one, two, three]


def test_ranges_that_nobody_takes_are_not_kept_for_ever() -> None:
    front = CopyFront(SPEC, may_discard=True)
    front.open(REMEMBERED * 2)
    for key in range(1, REMEMBERED + 11):
        front.finish(chunk(front, key))
    assert len(front.finished) == REMEMBERED
    assert front.watermark == REMEMBERED + 10
