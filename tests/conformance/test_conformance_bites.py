"""The conformance suite can fail: with one rule of the migration broken on purpose, its verdict has complaints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from builders import conformance
from builders.conformance import Expectation, Scenario
from builders.judging import Court
from ghostshift.core.delta import DeltaBuffer
from ghostshift.sql import statements

SERVER = "mysql"
FLAVOR = "mysql"
ROWS_DIFFER = "the new table differs from the judge's: rows"


@pytest.fixture
def numbers() -> Scenario:
    found = conformance.load("numbers/int-extremes")
    return replace(found, options={**found.options, "verification": {"skip": True}})


def test_a_value_that_is_not_copied_is_seen(court: Court, numbers: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    selected = statements._original_columns
    monkeypatch.setattr(statements, "_original_columns", lambda plan: selected(plan).replace("`u8`", "NULL"))
    verdict = court.judge(numbers)
    assert verdict.complaints == [ROWS_DIFFER]
    assert "only in ours: " in str(verdict)


def test_a_change_that_is_not_followed_is_seen(
    court: Court, numbers: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    putting = DeltaBuffer.put

    def careless(self: DeltaBuffer, keys: Any) -> None:
        keys.changed = [key for key in keys.changed if key != 30]
        putting(self, keys)

    monkeypatch.setattr(DeltaBuffer, "put", careless)
    assert court.judge(numbers).complaints == [ROWS_DIFFER]


def test_an_expectation_that_is_not_met_is_seen(court: Court, numbers: Scenario) -> None:
    wrong = replace(numbers, expected={SERVER: Expectation(refused="no-shared-key")})
    assert court.judge(wrong).complaints == ["expected: refused: no-shared-key; it was migrated"]


def test_a_difference_that_is_allowed_for_nothing_is_seen(court: Court, numbers: Scenario) -> None:
    other = replace(numbers, differs={SERVER: {"create": "a reason"}})
    assert court.judge(other).complaints == ["[differs] create is not needed: they are equal"]


def test_another_definition_is_seen(court: Court, numbers: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scenario, "judged_alter", "ALTER TABLE t ADD COLUMN added int NOT NULL DEFAULT 7 COMMENT 'x'")
    assert court.judge(numbers).complaints == ["the new table differs from the judge's: create"]
