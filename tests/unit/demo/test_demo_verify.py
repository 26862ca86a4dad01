"""The comparison finds each way in which a table can differ from what the writers know."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from ghostshift.demo.ledger import Doubt, Ledger, Row
from ghostshift.demo.shapes import SHAPES, Values
from ghostshift.demo.verify import Reconciler, Verdict, as_filled_sql

SHAPE = SHAPES["text"]
FILLED = 100
ALL = range(FILLED)


def _values(n: int, row: Row | None = None) -> Values:
    return SHAPE.values(n, SHAPE.filled(n) if row is None else row)


def _masks(numbers: Iterable[int]) -> dict[int, int]:
    masks: dict[int, int] = {}
    for n in numbers:
        masks[n // 64] = masks.get(n // 64, 0) | 1 << n % 64
    return masks


def _ledger() -> Ledger:
    """Row 5 was changed, row 70 deleted, row 200 inserted."""
    ledger = Ledger(lambda n: SHAPE.filled(n) if 0 <= n < FILLED else None)
    staging = ledger.begin()
    staging.put(5, Row(1, 1 << 40, None, 2))
    staging.put(70, None)
    staging.put(200, Row(2, 2 << 40, 9))
    ledger.commit(staging)
    return ledger


def _compare(
    ledger: Ledger,
    filled: Iterable[int],
    rows: Iterable[Values],
    columns: tuple[str, ...] = SHAPE.columns,
) -> Verdict:
    reconciler = Reconciler(SHAPE, FILLED, ledger.allowed, ledger.touched(), columns)
    reconciler.masks(_masks(filled))
    for row in rows:
        reconciler.row(row)
    return reconciler.finish(ledger.doubts)


def _good() -> tuple[set[int], list[Values]]:
    rows = [_values(5, Row(1, 1 << 40, None, 2)), _values(200, Row(2, 2 << 40, 9))]
    return set(ALL) - {5, 70}, rows


def test_the_table_that_the_writers_know_is_equal() -> None:
    verdict = _compare(_ledger(), *_good())
    assert verdict.ok
    assert (verdict.rows, verdict.expected, verdict.touched) == (100, 100, 3)
    assert str(verdict).startswith("equal: 100 rows")


def _drop_filled(filled: set[int], _rows: list[Values]) -> None:
    filled.discard(99)


def _drop_changed(_filled: set[int], rows: list[Values]) -> None:
    del rows[0]


def _drop_inserted(_filled: set[int], rows: list[Values]) -> None:
    del rows[1]


def _deleted_is_back(filled: set[int], _rows: list[Values]) -> None:
    filled.add(70)


def _never_written(_filled: set[int], rows: list[Values]) -> None:
    rows.append(_values(300, Row(1, 1)))


def _foreign_key(_filled: set[int], rows: list[Values]) -> None:
    rows.append(("nobody", 1, None, "x", b"y"))


def _twice(_filled: set[int], rows: list[Values]) -> None:
    rows.append(_values(6, SHAPE.filled(6)._replace(variant=1)))


def _stale(filled: set[int], rows: list[Values]) -> None:
    del rows[0]
    filled.add(5)


def _byte(_filled: set[int], rows: list[Values]) -> None:
    rows[1] = (*rows[1][:-1], b"\0")


def _letter_case(_filled: set[int], rows: list[Values]) -> None:
    rows[0] = _values(5, Row(1, 1 << 40, None, 0))


def _byte_of_untouched(filled: set[int], rows: list[Values]) -> None:
    filled.discard(8)
    rows.append((*_values(8)[:-1], b"\0"))


@pytest.mark.parametrize(
    ("damage", "kind", "n"),
    [
        (_drop_filled, "missing", 99),
        (_drop_changed, "missing", 5),
        (_drop_inserted, "missing", 200),
        (_deleted_is_back, "extra", 70),
        (_never_written, "extra", 300),
        (_foreign_key, "extra", None),
        (_twice, "extra", 6),
        (_stale, "different", 5),
        (_byte, "different", 200),
        (_letter_case, "different", 5),
        (_byte_of_untouched, "different", 8),
    ],
)
def test_each_damage_is_named(damage: Callable[[set[int], list[Values]], None], kind: str, n: int | None) -> None:
    filled, rows = _good()
    damage(filled, rows)
    verdict = _compare(_ledger(), filled, rows)
    assert not verdict.ok
    assert [(d.kind, d.n) for d in verdict.differences] == [(kind, n)]
    assert (verdict.missing, verdict.extra, verdict.different).count(1) == 1
    assert kind in str(verdict)


def test_only_the_first_differences_are_kept_but_all_are_counted() -> None:
    verdict = _compare(_ledger(), set(), _good()[1])
    assert verdict.missing == 98
    assert len(verdict.differences) == 10


def _doubtful() -> Ledger:
    ledger = _ledger()
    staging = ledger.begin()
    staging.put(10, None)
    staging.put(300, Row(3, 3))
    ledger.doubt(staging)
    return ledger


def test_an_unknown_commit_may_be_there_or_not_but_not_by_half() -> None:
    filled, rows = _good()
    inserted = _values(300, Row(3, 3))
    assert _compare(_doubtful(), filled, rows).ok
    assert _compare(_doubtful(), filled - {10}, [*rows, inserted]).ok
    torn = _compare(_doubtful(), filled, [*rows, inserted])
    assert torn.torn == 1
    assert not torn.ok


def test_columns_that_are_not_compared_may_differ() -> None:
    columns = ("name", "k")
    filled, rows = _good()
    assert _compare(_ledger(), filled, [row[:2] for row in rows], columns).ok
    assert not _compare(_ledger(), filled, [(row[0], 77) for row in rows], columns).ok


def test_doubts_are_compared_as_a_whole() -> None:
    assert Doubt({1: None}, {1: Row(1, 1)}).old == {1: None}


def test_text_is_compared_by_its_bytes_not_by_its_collation() -> None:
    sql = as_filled_sql(SHAPE, "n", ("name", "k"))
    assert "CAST(CONVERT(`name` USING utf8mb4) AS BINARY) <=>" in sql
    assert "`note`" not in sql
