"""The ledger writes down what was acknowledged, keeps doubts apart, and settles them only by what is there."""

from __future__ import annotations

import pytest

from ghostshift.demo.ledger import Ledger, LedgerError, Row

OLD = Row(1, 1)
NEW = Row(2, 2)


def _ledger() -> Ledger:
    return Ledger(lambda n: Row(0, n) if n < 10 else None)


def test_untouched_rows_are_as_filled_and_take_no_memory() -> None:
    ledger = _ledger()
    assert ledger.get(3) == Row(0, 3)
    assert ledger.get(10) is None
    assert set(ledger.touched()) == set()


def test_a_transaction_sees_its_own_changes_and_nobody_else_does_before_the_commit() -> None:
    ledger = _ledger()
    staging = ledger.begin()
    staging.put(3, None)
    staging.put(11, NEW)
    assert (staging.get(3), staging.get(11), staging.get(4)) == (None, NEW, Row(0, 4))
    assert (ledger.get(3), ledger.get(11)) == (Row(0, 3), None)
    ledger.commit(staging)
    assert (ledger.get(3), ledger.get(11)) == (None, NEW)
    assert set(ledger.touched()) == {3, 11}


def test_a_staging_that_is_never_committed_leaves_no_trace() -> None:
    ledger = _ledger()
    ledger.begin().put(3, None)
    assert ledger.allowed(3) == (Row(0, 3),)


def test_a_doubt_allows_both_sides_until_it_is_settled() -> None:
    ledger = _ledger()
    staging = ledger.begin()
    staging.put(3, None)
    staging.put(11, NEW)
    doubt = ledger.doubt(staging)
    assert ledger.allowed(3) == (Row(0, 3), None)
    assert ledger.allowed(11) == (None, NEW)
    assert ledger.doubts == (doubt,)
    assert set(ledger.touched()) == {3, 11}


@pytest.mark.parametrize("committed", [True, False])
def test_a_settled_doubt_is_a_fact(committed: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    ledger = _ledger()
    staging = ledger.begin()
    staging.put(3, None)
    staging.put(11, NEW)
    table = {3: None, 11: NEW} if committed else {3: Row(0, 3), 11: None}
    assert ledger.settle(ledger.doubt(staging), lambda n, row: table[n] == row) is committed
    assert ledger.doubts == ()
    assert ledger.allowed(3) == (table[3],)
    assert ledger.allowed(11) == (table[11],)


def test_half_a_transaction_is_an_error() -> None:
    ledger = _ledger()
    staging = ledger.begin()
    staging.put(3, None)
    staging.put(11, NEW)
    torn = {3: None, 11: None}
    with pytest.raises(LedgerError, match="torn apart"):
        ledger.settle(ledger.doubt(staging), lambda n, row: torn[n] == row)
