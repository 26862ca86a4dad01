"""What may be applied when: the delta buffer and the copy front, without threads and without a server."""

from __future__ import annotations

import pytest

from ghostshift.core.delta import DeltaBuffer, key_bytes
from ghostshift.core.front import CopyFront
from ghostshift.model.change import Keys
from ghostshift.model.errors import StreamError
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.position import Position

NUMBERS = KeySpec(index="PRIMARY", columns=(KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER),))
PAIRS = KeySpec(
    index="PRIMARY",
    columns=(
        KeyColumn(name="a", ordinal=0, kind=KeyKind.INTEGER),
        KeyColumn(name="b", ordinal=1, kind=KeyKind.TEXT, charset="utf8mb4", collation="utf8mb4_general_ci"),
    ),
)
TEXTS = KeySpec(index="PRIMARY", columns=PAIRS.columns[1:])
MANY = 1 << 20


def at(offset: int) -> Position:
    return Position("log.000001", offset)


def changed(*keys: int) -> Keys:
    return Keys("original", list(keys), [])


def gone(*keys: int) -> Keys:
    return Keys("original", [], list(keys))


def front(upto: int = 10, limit: int = 30, *, may_discard: bool = True) -> CopyFront:
    """A copy of the keys up to `limit`, of which one chunk up to `upto` has been dispatched."""
    made = CopyFront(NUMBERS, may_discard=may_discard)
    made.open(limit)
    made.dispatch(upto, 10)
    return made


# -- the front


def test_i3_a_key_under_a_chunk_in_flight_is_deferred_and_applied_after_it() -> None:
    copy = CopyFront(NUMBERS, may_discard=True)
    copy.open(30)
    first, second = copy.dispatch(10, 10), copy.dispatch(20, 10)
    verdicts = copy.judge([(5, True), (15, False)])
    assert verdicts.defer == {5: True, 15: False}
    copy.finish(first)
    verdicts = copy.judge([(5, True), (10, False), (11, False), (20, True)])
    assert verdicts.apply == {5: True, 10: False}, "the upper edge belongs to the chunk, the lower one does not"
    assert verdicts.defer == {11: False, 20: True}
    copy.finish(second)
    assert copy.judge([(15, True)]).apply == {15: True}


def test_i3_chunks_that_are_dispatched_later_are_not_waited_for() -> None:
    copy = front()
    number = copy.next_number()
    copy.dispatch(20, 10)
    assert copy.ended_below() < number
    copy.finish(next(iter(copy._in_flight.values())))
    assert copy.ended_below() >= number


def test_i4_above_the_dispatch_point_and_up_to_the_limit_is_discarded() -> None:
    verdicts = front(upto=10, limit=30).judge([(11, False), (30, True), (31, False)])
    assert verdicts.discarded == 2
    assert verdicts.apply == {31: False}, "nobody copies what lies above the limit"


def test_i4_nothing_is_discarded_when_the_ghost_has_a_second_unique_index() -> None:
    verdicts = front(upto=10, limit=30, may_discard=False).judge([(11, False), (5, False)])
    assert verdicts.discarded == 0
    assert verdicts.apply == {11: False}
    assert verdicts.defer == {5: False}


def test_i4_nothing_is_discarded_once_every_chunk_is_dispatched() -> None:
    copy = front()
    copy.dispatch(30, 10)
    assert copy.dispatched_all
    assert not copy.done
    assert copy.judge([(30, False)]).discarded == 0


def test_i6_texts_are_never_compared_here() -> None:
    copy = CopyFront(TEXTS, may_discard=True)
    copy.open(b"m")
    copy.dispatch(b"c", 10)
    verdicts = copy.judge([(b"a", False), (b"z", True), (b"D", False)])
    assert verdicts.discarded == 0
    assert set(verdicts.defer) == {b"a", b"z", b"D"}, "who cannot compare must wait for every chunk"


def test_i6_only_the_leading_numbers_of_a_mixed_key_are_compared() -> None:
    copy = CopyFront(PAIRS, may_discard=True)
    copy.open((9, b"m"))
    copy.dispatch((5, b"c"), 10)
    verdicts = copy.judge([((5, b"z"), False), ((6, b"a"), False), ((9, b"a"), True), ((4, b"a"), True)])
    assert verdicts.discarded == 1, "(6, …) is above the front in any case; (5, z) and (9, a) may not be"
    assert verdicts.defer == {(5, b"z"): False, (4, b"a"): True}
    assert verdicts.apply == {(9, b"a"): True}


def test_an_empty_table_is_copied_at_once() -> None:
    copy = CopyFront(NUMBERS, may_discard=True)
    copy.open(None)
    assert copy.done
    assert copy.judge([(1, False)]).apply == {1: False}


# -- the buffer


def test_i1_a_key_is_pending_until_it_is_taken_and_each_key_once() -> None:
    buffer = DeltaBuffer(NUMBERS, MANY)
    buffer.put(changed(1, 2, 1))
    buffer.put(gone(1))
    buffer.put(changed(1))
    assert buffer.backlog == 2
    assert buffer.take(0, 10).keys == {1: True, 2: False}, "gone once stays marked: it is deleted and read again"


def test_i5_a_key_that_arrives_during_its_own_flush_is_pending_again() -> None:
    buffer = DeltaBuffer(NUMBERS, MANY)
    buffer.put(changed(1))
    buffer.take(0, 10)
    buffer.put(gone(1))
    with pytest.raises(AssertionError, match="one generation at a time"):
        buffer.take(0, 10)
    buffer.settle(1, 0)
    assert buffer.take(0, 10).keys == {1: True}


def test_i5_a_flush_that_failed_is_owed_again_and_forgets_no_mark() -> None:
    buffer = DeltaBuffer(NUMBERS, MANY)
    buffer.put(gone(1))
    buffer.take(0, 10)
    buffer.put(changed(1, 2))
    buffer.restore()
    assert buffer.take(0, 10).keys == {1: True, 2: False}


def test_i3_deferred_keys_are_ready_when_their_chunks_have_ended() -> None:
    buffer = DeltaBuffer(NUMBERS, MANY)
    buffer.put(gone(5))
    generation = buffer.take(0, 10)
    buffer.defer(generation.keys, chunks_below=2)
    buffer.settle(0, 0)
    assert buffer.deferred == 1
    assert not buffer.idle
    assert not buffer.take(1, 10).ready
    buffer.settle(0, 0)
    assert buffer.take(2, 10).ready == {5: True}


def test_i8_a_moment_is_settled_once_what_came_before_it_is_applied_wherever_it_waited() -> None:
    buffer = DeltaBuffer(NUMBERS, MANY)
    buffer.put(changed(1))
    buffer.reached(at(200))
    mark = buffer.moment().mark
    buffer.put(changed(2))
    buffer.reached(at(300))
    generation = buffer.take(0, 1)
    assert not buffer.settled(mark), "taken is not applied"
    buffer.defer(generation.keys, chunks_below=7)
    buffer.settle(0, 0)
    assert not buffer.settled(mark), "deferred is not applied"
    buffer.take(7, 10)
    buffer.settle(2, 0)
    assert buffer.settled(mark)


def test_i8_a_key_that_is_held_keeps_the_position_back() -> None:
    buffer = DeltaBuffer(NUMBERS, MANY)
    buffer.reached(at(100))
    buffer.hold(b"x", changed(1))
    buffer.reached(at(200))
    assert buffer.moment().position == at(100)
    assert buffer.release(b"x")
    assert buffer.moment().position == at(200)


@pytest.mark.parametrize("greatest", [None, 30])
def test_i8_nothing_is_discarded_at_or_below_the_greatest_key_that_an_earlier_run_has_copied(
    greatest: int | None,
) -> None:
    front = CopyFront(NUMBERS, may_discard=True)
    front.open(100, after=10, greatest=greatest)
    verdicts = front.judge({5: False, 20: False, 30: True, 31: False}.items())
    below = {5, 20, 30} if greatest else {5}
    assert verdicts.apply.keys() == below
    assert verdicts.discarded == 4 - len(below)
    assert (front.after, front.watermark, front.done) == (10, 10, False)


def test_i8_a_copy_that_had_ended_stays_so() -> None:
    front = CopyFront(NUMBERS, may_discard=True)
    front.open(100, after=100, greatest=200)
    assert front.done
    assert front.judge({300: False}.items()).apply == {300: False}


def test_i9_prepared_keys_wait_for_their_outcome() -> None:
    buffer = DeltaBuffer(NUMBERS, MANY)
    buffer.hold(b"x", gone(1))
    buffer.put(changed(1))
    assert buffer.take(0, 10).keys == {1: False}
    buffer.settle(1, 0)
    assert buffer.idle, "what XA transactions hold does not keep a cut-over back"
    assert buffer.held == 1
    assert buffer.release(b"x")
    assert not buffer.release(b"x")
    assert buffer.take(0, 10).keys == {1: True}


def test_i9_a_released_change_forgets_no_mark() -> None:
    buffer = DeltaBuffer(NUMBERS, MANY)
    buffer.hold(b"x", changed(1))
    buffer.put(gone(1))
    assert buffer.release(b"x")
    assert buffer.take(0, 10).keys == {1: True}


def test_i12_the_buffer_is_full_at_its_bound_wherever_the_keys_wait() -> None:
    buffer = DeltaBuffer(NUMBERS, 4 * key_bytes(NUMBERS))
    buffer.put(changed(1, 2))
    generation = buffer.take(0, 10)
    buffer.defer(generation.keys, chunks_below=1)
    buffer.settle(0, 0)
    buffer.hold(b"x", changed(3))
    assert not buffer.full
    buffer.put(changed(4))
    assert buffer.full


def test_i12_xa_transactions_that_fill_the_buffer_alone_end_the_run() -> None:
    buffer = DeltaBuffer(NUMBERS, 2 * key_bytes(NUMBERS))
    with pytest.raises(StreamError, match="commit or roll them back"):
        buffer.hold(b"x", changed(1, 2, 3))


def test_a_large_backlog_is_taken_in_pieces() -> None:
    buffer = DeltaBuffer(NUMBERS, MANY)
    buffer.put(changed(*range(25)))
    sizes = []
    while len(generation := buffer.take(0, 10)):
        sizes.append(len(generation))
        buffer.settle(len(generation), 0)
    assert sizes == [10, 10, 5]
    assert buffer.applied == 25
