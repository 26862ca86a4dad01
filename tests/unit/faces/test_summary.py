"""What the command line says at the end about the comparison of the tables."""

from __future__ import annotations

import pytest

from ghostshift.cli_summary import summary
from ghostshift.model.outcome import Outcome, VerifyOutcome

GOOD = VerifyOutcome(verified=True, rows=1_000_000, passes=1)


def told(found: VerifyOutcome, *, swapped: bool = True, compared_only: bool = False) -> list[str]:
    return list(
        summary(
            Outcome(table="`a`.`t`", swapped=swapped, compared_only=compared_only, verification=found), stopped=True
        )
    )


def test_what_was_verified_is_told_in_one_line() -> None:
    assert told(GOOD)[-1] == "verified: 1,000,000 rows equal the original's, 0 had to be repaired"


def test_rows_that_were_lost_with_leave_do_not_count_as_equal() -> None:
    outcome = Outcome(table="`a`.`t`", swapped=True, verification=GOOD, rows_lost=10)
    assert list(summary(outcome, stopped=True))[-1] == (
        "verified: 1,000,000 rows equal the original's, but for what was lost (10 rows), 0 had to be repaired"
    )


def test_how_often_it_was_gone_on_with_is_told() -> None:
    once, often = (Outcome(table="t", swapped=True, verification=GOOD, restarts=number) for number in (1, 3))
    assert "it ended before its time once, and was gone on with" in list(summary(once, stopped=True))
    assert "it ended before its time 3 times, and was gone on with" in list(summary(often, stopped=True))


def test_a_revert_of_a_revert_is_not_as_before_the_migration() -> None:
    for forward, said in ((False, "t is as it was before its migration"), (True, "t is as its migration had made it")):
        outcome = Outcome(table="t", swapped=True, reverted=True, forward=forward, verification=GOOD)
        assert next(summary(outcome, stopped=True)).startswith(said)


def test_an_empty_table_is_verified_too() -> None:
    assert (
        told(VerifyOutcome(verified=True, passes=1))[-1]
        == "verified: 0 rows equal the original's, 0 had to be repaired"
    )


def test_who_only_ends_a_swap_says_nothing_of_rows_that_nobody_has_counted() -> None:
    assert not [line for line in told(VerifyOutcome(verified=True)) if "verified" in line]
    assert told(VerifyOutcome(verified=True, rows=7))[-1].startswith("verified: 7 rows")


def test_rows_that_were_repaired_are_named() -> None:
    found = VerifyOutcome(verified=True, rows=9, repaired=12, wrong=("(id=1)", "(id=2)"), uncompared=("c",))
    assert told(found)[-3:] == [
        "verified: 9 rows equal the original's, 12 had to be repaired",
        "-- repaired: (id=1), (id=2) and more",
        "-- columns that could not be compared: c",
    ]


def test_who_did_not_verify_is_told_so() -> None:
    assert told(VerifyOutcome())[-1] == "not verified (--no-verify)"


def test_only_to_verify_says_that_nothing_was_swapped() -> None:
    first, last = told(GOOD, swapped=False, compared_only=True)
    assert "`a`.`t` is as it was" in first
    assert "nothing was swapped" in first
    assert last.startswith("verified: ")
    assert told(VerifyOutcome(rows=5), swapped=False, compared_only=True)[-1].startswith("NOT verified")


@pytest.mark.parametrize("found", [GOOD, VerifyOutcome()])
def test_a_rehearsal_says_nothing_of_it(found: VerifyOutcome) -> None:
    assert told(found, swapped=False) == []
