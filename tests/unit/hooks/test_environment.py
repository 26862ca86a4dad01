"""The environment of a hook, byte by byte."""

from __future__ import annotations

import pytest

from ghostshift.hooks.environment import environment, variables
from ghostshift.model.notice import AFTERMATH, Figures, Notice, Turn

FIGURES = Figures(
    schema="shop", table="orders", ghost="_orders_gho", old="_orders_del", alter="ADD c int", elapsed=12.3456789,
    copy_elapsed=2.5, rows_estimate=1000, rows_copied=10, migrated_host="db1", inspected_host="db2",
    executing_host="box", inspected_lag=0.25, heartbeat_lag=0.125, percent=1.0, eta_seconds=99.9, hint="h", owner="o",
    token="t",
)  # fmt: skip

ALL = {
    b"GH_OST_DATABASE_NAME": b"shop",
    b"GH_OST_TABLE_NAME": b"orders",
    b"GH_OST_GHOST_TABLE_NAME": b"_orders_gho",
    b"GH_OST_OLD_TABLE_NAME": b"_orders_del",
    b"GH_OST_DDL": b"ADD c int",
    b"GH_OST_ELAPSED_SECONDS": b"12.345679",
    b"GH_OST_ELAPSED_COPY_SECONDS": b"2.500000",
    b"GH_OST_ESTIMATED_ROWS": b"1000",
    b"GH_OST_COPIED_ROWS": b"10",
    b"GH_OST_MIGRATED_HOST": b"db1",
    b"GH_OST_INSPECTED_HOST": b"db2",
    b"GH_OST_EXECUTING_HOST": b"box",
    b"GH_OST_INSPECTED_LAG": b"0.250000",
    b"GH_OST_HEARTBEAT_LAG": b"0.125000",
    b"GH_OST_PROGRESS": b"1.000000",
    b"GH_OST_ETA_SECONDS": b"99",
    b"GH_OST_HOOKS_HINT": b"h",
    b"GH_OST_HOOKS_HINT_OWNER": b"o",
    b"GH_OST_HOOKS_HINT_TOKEN": b"t",
    b"GH_OST_DRY_RUN": b"false",
    b"GH_OST_REVERT": b"false",
}

MORE: dict[Turn, tuple[dict[str, str], dict[bytes, bytes]]] = {
    Turn.INTERACTIVE_COMMAND: ({"command": "throttle"}, {b"GH_OST_COMMAND": b"'throttle'"}),
    Turn.STATUS: ({"status": "Copy: 1/2"}, {b"GH_OST_STATUS": b"'Copy: 1/2'"}),
    Turn.BATCH_COPY_RETRY: ({"last_batch_copy_error": "why"}, {b"GH_OST_LAST_BATCH_COPY_ERROR": b"why"}),
    Turn.SUCCESS: ({"instant_ddl": "true"}, {b"GH_OST_INSTANT_DDL": b"true"}),
}


@pytest.mark.parametrize("turn", list(Turn))
def test_the_variables_of_each_turn(turn: Turn) -> None:
    given, wanted = MORE.get(turn, ({}, {}))
    assert environment({b"PATH": b"/bin"}, Notice(turn, given, FIGURES), ()) == {b"PATH": b"/bin", **ALL, **wanted}


def test_what_nobody_knows_yet() -> None:
    found = variables(Notice(Turn.STARTUP, {}, Figures(dry_run=True)))
    assert found["GH_OST_ETA_SECONDS"] == "-9223372036854775808"
    assert found["GH_OST_DRY_RUN"] == "true"
    assert found["GH_OST_MIGRATED_HOST"] == ""


def test_no_password_is_inherited() -> None:
    inherited = {
        b"GHOSTSHIFT_PASSWORD": b"one",
        b"GHOSTSHIFT_MASTER_PASSWORD": b"two",
        b"GHOSTSHIFT_SERVE_TCP_TOKEN": b"three",
        b"GHOSTSHIFT_PORT": b"3306",
        b"DB_PW": b"s\xc3\xa9cret",
        b"USER": b"root",
        b"ALSO_ROOT": b"root",
        b"ROOTED": b"of the root",
        b"DATABASE_URL": b"mysql://me:s\xc3\xa9cret@db/shop",
        b"EMPTY": b"",
        b"RAW": b"\xff\xfe",
    }
    found = environment(inherited, Notice(Turn.STARTUP), ("s\u00e9cret", "root", ""))
    assert {name: value for name, value in found.items() if not name.startswith(b"GH_OST_")} == {
        b"GHOSTSHIFT_PORT": b"3306",
        b"USER": b"root",
        b"ROOTED": b"of the root",
        b"EMPTY": b"",
        b"RAW": b"\xff\xfe",
    }


def test_text_that_no_environment_can_hold_loses_its_nul() -> None:
    found = environment({}, Notice(Turn.STARTUP, {}, Figures(alter="a\0b \N{GHOST}")), ())
    assert found[b"GH_OST_DDL"] == "ab \N{GHOST}".encode()


def test_every_turn_has_an_aftermath() -> None:
    assert set(AFTERMATH) == set(Turn)
