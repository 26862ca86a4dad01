"""The copy front against a plain list of ranges: composite keys, keys that end in text, edges, empty tables."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from ghostshift.core.front import CopyFront
from ghostshift.model.chunk import Chunk
from ghostshift.model.key import Key, KeyColumn, KeyKind, KeySpec

NUMBER = KeyColumn(name="a", ordinal=0, kind=KeyKind.INTEGER)
OTHER = KeyColumn(name="b", ordinal=1, kind=KeyKind.INTEGER)
TEXT = KeyColumn(name="c", ordinal=2, kind=KeyKind.TEXT, charset="latin1", collation="latin1_swedish_ci")

ONE = KeySpec(index="k", columns=(NUMBER,))
TWO = KeySpec(index="k", columns=(NUMBER, OTHER))
MIXED = KeySpec(index="k", columns=(NUMBER, TEXT))
TEXT_FIRST = KeySpec(index="k", columns=(TEXT, NUMBER))


def order(spec: KeySpec, key: Key) -> tuple[Any, ...]:
    """The server's order: letters' case does not count."""
    return tuple(v.lower() if isinstance(v, bytes) else v for v in spec.values(key))


def keys_of(spec: KeySpec) -> list[Key]:
    words = [b"a", b"A", b"b", b"C", b"d"]
    if spec is ONE:
        return list(range(-3, 12))
    if spec is TWO:
        return [(a, b) for a in range(4) for b in range(-1, 3)]
    if spec is MIXED:
        return [(a, w) for a in range(4) for w in words]
    return [(w, a) for w in words for a in range(3)]


@pytest.mark.parametrize(
    "spec", [ONE, TWO, MIXED, TEXT_FIRST], ids=["number", "two numbers", "number, text", "text first"]
)
def test_i3_i4_no_verdict_is_ever_unsafe_and_whole_numbers_get_the_exact_one(spec: KeySpec) -> None:
    keys = keys_of(spec)
    exact = spec.comparable_prefix == len(spec.columns)
    for seed in range(150):
        chance = random.Random(seed)
        front = CopyFront(spec, may_discard=True)
        ends = sorted(chance.sample(keys, chance.randrange(1, 6)), key=lambda key: order(spec, key))
        front.open(ends[-1])
        flying: list[Chunk] = []
        for upto in ends[: chance.randrange(len(ends) + 1)]:
            flying.append(front.dispatch(upto, 10))
            if chance.random() < 0.5:
                front.finish(flying.pop(chance.randrange(len(flying))))
        verdicts = front.judge([(key, False) for key in keys])
        left = set(keys) - set(verdicts.apply) - set(verdicts.defer)
        assert len(left) == verdicts.discarded
        for key in keys:
            place = order(spec, key)
            inside = any(
                (c.after is None or place > order(spec, c.after)) and place <= order(spec, c.upto) for c in flying
            )
            above = (front.after is None or place > order(spec, front.after)) and place <= order(spec, ends[-1])
            above = above and not front.dispatched_all
            if inside:
                assert key in verdicts.defer, f"seed {seed}: {key} is being copied"
            if key in left:
                assert above, f"seed {seed}: {key} will not be copied any more"
            if exact:
                assert (key in left, key in verdicts.defer) == (above, inside), f"seed {seed}: {key}"


def test_i4_the_limit_itself_is_still_to_be_copied_and_what_lies_behind_it_is_not() -> None:
    front = CopyFront(ONE, may_discard=True)
    front.open(10)
    verdicts = front.judge([(9, False), (10, True), (11, True)])
    assert verdicts.discarded == 2
    assert verdicts.apply == {11: True}


def test_i4_of_a_key_that_ends_in_text_the_limits_own_number_is_not_known_to_be_below_it() -> None:
    front = CopyFront(MIXED, may_discard=True)
    front.open((3, b"m"))
    verdicts = front.judge([((2, b"z"), False), ((3, b"a"), False), ((3, b"z"), False)])
    assert verdicts.discarded == 1
    assert list(verdicts.apply) == [(3, b"a"), (3, b"z")]


def test_i3_of_a_key_that_ends_in_text_both_edges_of_a_chunk_may_hold_it() -> None:
    front = CopyFront(MIXED, may_discard=False)
    front.open((9, b"z"))
    front.finish(front.dispatch((2, b"m"), 5))
    front.dispatch((4, b"m"), 5)
    keys = [(n, b"q") for n in range(7)]
    assert list(front.judge([(key, True) for key in keys]).defer) == [(2, b"q"), (3, b"q"), (4, b"q")]


def test_i3_of_a_key_that_begins_with_text_every_chunk_in_flight_may_hold_it_and_none_is_discarded() -> None:
    front = CopyFront(TEXT_FIRST, may_discard=True)
    front.open((b"z", 9))
    assert list(front.judge([((b"q", 1), True)]).apply) == [(b"q", 1)]
    chunk = front.dispatch((b"b", 1), 5)
    assert front.judge([((b"q", 1), True)]).defer == {(b"q", 1): True}
    front.finish(chunk)
    assert list(front.judge([((b"q", 1), True)]).apply) == [(b"q", 1)]


def test_i4_nothing_is_discarded_before_the_copy_has_a_limit() -> None:
    front = CopyFront(ONE, may_discard=True)
    assert not front.dispatched_all
    assert front.judge([(1, True)]).apply == {1: True}


def test_i4_nothing_is_discarded_of_an_empty_table() -> None:
    front = CopyFront(ONE, may_discard=True)
    front.open(None)
    assert front.done
    assert front.judge([(1, True)]).apply == {1: True}


def test_i4_after_the_last_dispatch_nothing_is_discarded_while_it_is_in_flight_or_later() -> None:
    front = CopyFront(ONE, may_discard=True)
    front.open(10)
    last = front.dispatch(10, 100)
    assert front.dispatched_all
    assert not front.done
    verdicts = front.judge([(10, True), (11, True)])
    assert (verdicts.defer, verdicts.apply, verdicts.discarded) == ({10: True}, {11: True}, 0)
    front.finish(last)
    assert front.done
    assert front.judge([(10, True)]).apply == {10: True}


def test_a_chunk_that_ends_where_the_last_row_now_is_does_not_complete_the_copy_before_its_limit() -> None:
    front = CopyFront(ONE, may_discard=True)
    front.open(10)
    front.dispatch(9, 100)
    assert not front.dispatched_all
    assert front.dispatch(10, 100) == Chunk(1, 9, 10, 100)
    assert front.dispatched_all


def test_chunks_that_end_out_of_order_leave_the_oldest_as_the_one_to_wait_for() -> None:
    front = CopyFront(ONE, may_discard=True)
    front.open(99)
    first, second, third = (front.dispatch(n, 1) for n in (1, 2, 3))
    assert (front.next_number(), front.ended_below(), front.in_flight) == (3, 0, 3)
    front.finish(second)
    assert (front.ended_below(), front.in_flight) == (0, 2)
    front.finish(first)
    assert front.ended_below() == 2
    front.finish(third)
    assert (front.ended_below(), front.in_flight) == (3, 0)
    with pytest.raises(KeyError):
        front.finish(third)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (KeyKind.INTEGER, -5, 3),
        (KeyKind.BYTES, b"\x01", b"\x01\x00"),
        (KeyKind.BYTES, b"\x7f", b"\x80"),
        (KeyKind.DECIMAL, Decimal("-1.50"), Decimal("1.5")),
        (KeyKind.TIME, -1, 0),
        (KeyKind.DATE, "0000-00-00", "1000-01-01"),
        (KeyKind.DATETIME, "2026-01-31 23:59:59.999999", "2026-02-01 00:00:00.000000"),
        (KeyKind.TIMESTAMP, "1970-01-01 00:00:01.000000", "2038-01-19 03:14:07.000000"),
        (KeyKind.ENUM, 2, 11),
        (KeyKind.SET, 1, 2),
        (KeyKind.BIT, 0, 1),
    ],
)
def test_keys_of_every_comparable_kind_are_told_apart_at_the_front(kind: KeyKind, low: Key, high: Key) -> None:
    spec = KeySpec(index="k", columns=(KeyColumn(name="a", ordinal=0, kind=kind),))
    front = CopyFront(spec, may_discard=True)
    front.open(high)
    front.dispatch(low, 1)
    verdicts = front.judge([(low, False), (high, False)])
    assert (list(verdicts.defer), verdicts.discarded) == ([low], 1)


@pytest.mark.parametrize("kind", [KeyKind.TEXT, KeyKind.INET4, KeyKind.INET6, KeyKind.UUID])
def test_kinds_whose_order_only_the_server_knows_are_never_compared(kind: KeyKind) -> None:
    column = KeyColumn(name="a", ordinal=0, kind=kind)
    assert not column.comparable
    assert KeySpec(index="k", columns=(column,)).comparable_prefix == 0
    assert KeySpec(index="k", columns=(NUMBER, column, OTHER)).comparable_prefix == 1
