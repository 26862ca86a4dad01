"""The watch over the server's warnings: when it stops, what it says, and that it asks nothing while there are none."""

from __future__ import annotations

from typing import Any

import pytest

from ghostshift.model.errors import DataLossError, ServerError
from ghostshift.model.names import TableName
from ghostshift.model.settings import Allowances
from ghostshift.mysql.session import Result
from ghostshift.workers.warnings import WarningWatch, between

ROW = ("Warning", 1265, "Data truncated for column 'a' at row 7")


class Session:
    """Answers SHOW WARNINGS, and counts how often it was asked."""

    def __init__(self, *rows: tuple[Any, ...]) -> None:
        self.rows = list(rows)
        self.asked = 0

    def query(self, _: str) -> list[tuple[Any, ...]]:
        """The rows."""
        self.asked += 1
        return self.rows


def watch(**allowed: bool) -> WarningWatch:
    return WarningWatch(TableName("shop", "t"), Allowances(**allowed))


def test_nothing_is_asked_while_there_are_no_warnings() -> None:
    session = Session(ROW)
    watch().check(session, Result(5, "", 0), "the rows")  # type: ignore[arg-type]
    assert session.asked == 0


def test_a_changed_value_stops_with_the_warning_and_the_place() -> None:
    with pytest.raises(DataLossError, match=r"the rows up to 9 of `shop`\.`t`.*Warning 1265: Data truncated.*mend"):
        watch().check(Session(ROW), Result(5, "", 1), between(None, 9))  # type: ignore[arg-type]


def test_what_is_let_through_is_counted_by_kind(caplog: pytest.LogCaptureFixture) -> None:
    lax = watch(skip_strict_mode=True)
    lax.check(Session(ROW, ROW), Result(5, "", 2), between(1, 9))  # type: ignore[arg-type]
    lax.check(Session(("Warning", 1265, "Data truncated for column 'a' at row 1")), Result(5, "", 1), "x")  # type: ignore[arg-type]
    assert lax.summary() == ("3 times while writing: Data truncated for column 'a' (1265)",)
    assert caplog.text.count("Data truncated") == 1


def test_an_error_about_a_value_says_that_a_row_does_not_fit_and_others_are_left_alone() -> None:
    with pytest.raises(DataLossError, match=r"a row among the rows above 1 and up to 9 of `shop`.*cannot be null"):
        watch().explain(ServerError(1048, "Column 'a' cannot be null"), between(1, 9))
    watch().explain(ServerError(1146, "no such table"), "x")


def test_a_revert_speaks_of_the_old_table_and_of_no_alter() -> None:
    back = WarningWatch(TableName("shop", "t"), Allowances(), revert=True)
    for trouble in (
        lambda: back.explain(ServerError(1048, "Column 'a' cannot be null"), "x"),
        lambda: back.check(Session(ROW), Result(5, "", 1), "x"),  # type: ignore[arg-type]
    ):
        with pytest.raises(
            DataLossError, match=r"the old table, which is to come back: .*mend the rows, and give"
        ) as caught:
            trouble()
        assert "ALTER" not in str(caught.value)
