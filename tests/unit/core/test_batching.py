"""Which changed keys are applied together."""

from __future__ import annotations

from ghostshift.core.batching import batches, most_bytes, text_bytes

MUCH = 1 << 20


def test_batches_are_in_key_order_and_of_the_size_asked_for() -> None:
    work = {9: False, 1: True, 5: False, 3: False, 7: True}
    assert list(batches(work, 2, MUCH)) == [[(1, True), (3, False)], [(5, False), (7, True)], [(9, False)]]
    assert list(batches({}, 2, MUCH)) == []


def test_batches_of_composite_keys_are_in_the_order_of_their_columns() -> None:
    assert list(batches({(2, b"a"): False, (1, b"b"): False, (1, b"a"): True}, 9, MUCH)) == [
        [((1, b"a"), True), ((1, b"b"), False), ((2, b"a"), False)]
    ]


def test_keys_that_are_long_are_fewer_in_a_batch_and_one_that_is_too_long_goes_alone() -> None:
    work = {b"a" * 100: False, b"b" * 100: False, b"c" * 5000: False, b"d": False}
    cut = list(batches(work, 500, 2 * text_bytes(b"a" * 100)))
    assert [[key[:1] for key, _ in batch] for batch in cut] == [[b"a", b"b"], [b"c"], [b"d"]]


def test_the_keys_of_a_statement_leave_room_for_the_rest_of_it() -> None:
    assert most_bytes("67108864") == 67108864 // 2
    assert most_bytes("1024") == 4096
    assert most_bytes("") == 1 << 19
