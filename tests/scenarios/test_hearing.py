"""Python callables that hear of a migration: in order, with its figures, and with a say."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.migrating import options
from builders.program import columns, make_table
from ghostshift.api import migrate
from ghostshift.model.errors import CutOverFailed, HookFailed
from ghostshift.model.notice import Notice, Turn
from ghostshift.model.options import Tunables
from plugins.server_pool import TestServer

WHOLE = [
    Turn.STARTUP,
    Turn.VALIDATED,
    Turn.BEFORE_ROW_COPY,
    Turn.ROW_COPY_COMPLETE,
    Turn.BEFORE_CUT_OVER,
    Turn.SUCCESS,
]


@pytest.fixture
def database(mysql_server: TestServer) -> str:
    """Who is told what is the same with every server."""
    return mysql_server.fresh_database()


def test_callables_hear_in_order_with_figures(mysql_server: TestServer, database: str) -> None:
    make_table(mysql_server, database)
    told: list[tuple[int, Notice]] = []
    hearers = [lambda notice: told.append((1, notice)), lambda notice: told.append((2, notice))]
    migrate(options(mysql_server, database), hear=hearers)
    turns = [(number, notice) for number, notice in told if notice.turn is not Turn.STATUS]
    assert [notice.turn for number, notice in turns if number == 1] == WHOLE
    assert [number for number, _ in turns] == [1, 2] * len(WHOLE)
    last = turns[-1][1]
    assert (last.figures.schema, last.figures.table) == (database, "t")
    assert last.figures.rows_copied == 200
    assert last.more == {"instant_ddl": "false"}
    assert last.figures.elapsed >= last.figures.copy_elapsed > 0


def test_an_objection_ends_it_and_the_failure_is_told(mysql_server: TestServer, database: str) -> None:
    make_table(mysql_server, database)
    told: list[Turn] = []

    def hear(notice: Notice) -> None:
        told.append(notice.turn)
        if notice.turn is Turn.BEFORE_CUT_OVER:
            raise ValueError("a mistake of the hearer")

    with pytest.raises(HookFailed, match="a mistake of the hearer") as caught:
        migrate(options(mysql_server, database), hear=[hear])
    assert told[-1] is Turn.FAILURE
    assert "added" not in columns(mysql_server, database)
    assert any("left on the server" in note for note in caught.value.__notes__)


def test_postponements_that_are_objected_to_use_up_the_attempts(
    mysql_server: TestServer, database: str, tmp_path: Path
) -> None:
    make_table(mysql_server, database)
    flag = tmp_path / "postpone"

    def hear(notice: Notice) -> None:
        if notice.turn is Turn.BEFORE_CUT_OVER:
            flag.touch()
        if notice.turn is Turn.BEGIN_POSTPONED:
            raise HookFailed("not at this hour")

    tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=str(flag))
    with pytest.raises(CutOverFailed, match="not at this hour"):
        migrate(options(mysql_server, database, retries=2, tunables=tunables), hear=[hear])
    assert "added" not in columns(mysql_server, database)
