"""What people and gh-ost's readers see: the status line, its rhythm, the plain lines and the panel."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from ghostshift.core.progress import Snapshot
from ghostshift.core.verifying import VerifyProgress
from ghostshift.display import PlainDisplay
from ghostshift.display_live import LiveDisplay, panel
from ghostshift.hint import hint
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.messages import Began, Echo, Printed, Serving
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.options import Endpoint, Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.places import Mode, Places
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Table
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.status import Rhythm, duration, eta_text, status_line

SNAPSHOT = Snapshot(
    phase=Phase.COPYING, rows_copied=1234, rows_estimate=5000, percent=24.68, rows_per_second=100.4,
    changes_received=77, changes_per_second=7.6, applied=55, applied_per_second=5.0, backlog=22, capacity=1000,
    lag=0.126, elapsed=63.9, copy_elapsed=59.2, eta_seconds=37.6, throttled="", position="binlog.000001:42", verdict="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0s"),
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m0s"),
        (63, "1m3s"),
        (3600, "1h0m0s"),
        (7205, "2h0m5s"),
        (360_000, "100h0m0s"),
    ],
)
def test_durations_are_written_as_go_writes_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_status_line_is_gh_osts_byte_for_byte() -> None:
    assert status_line(SNAPSHOT) == (
        "Copy: 1234/5000 24.7%; Applied: 55; Backlog: 22/1000; Time: 1m3s(total), 59s(copy); "
        "streamer: binlog.000001:42; Lag: 0.13s, HeartbeatLag: 0.13s, State: migrating; ETA: 37s"
    )


def test_what_gh_ost_does_not_say_comes_behind() -> None:
    assert "; Lag: 2.50s, HeartbeatLag: 0.13s, " in status_line(replace(SNAPSHOT, server_lag=2.5))
    assert status_line(replace(SNAPSHOT, verdict="not converging: x")).endswith("ETA: 37s; not converging: x")
    assert status_line(replace(SNAPSHOT, restarts=1)).endswith("ETA: 37s; resumed")
    verifying = replace(SNAPSHOT, verification=VerifyProgress(rows=9))
    assert status_line(verifying) == status_line(SNAPSHOT)
    told = status_line(replace(verifying, phase=Phase.VERIFYING))
    assert told == f"{status_line(SNAPSHOT)}; {VerifyProgress(rows=9).text}"


@pytest.mark.parametrize(
    ("eta", "percent", "text"),
    [(None, 5.0, "N/A"), (None, 100.0, "N/A"), (0.0, 100.0, "due"), (3.0, 100.0, "due"), (65.0, 5.0, "1m5s")],
)
def test_the_time_left_is_due_unknown_or_a_duration(eta: float | None, percent: float, text: str) -> None:
    assert eta_text(replace(SNAPSHOT, eta_seconds=eta, percent=percent)) == text


def due(eta: float | None, seconds: range) -> list[int]:
    rhythm = Rhythm()
    return [s for s in seconds if rhythm.due(replace(SNAPSHOT, elapsed=s + 0.5, eta_seconds=eta))]


def test_lines_come_each_second_at_first_and_near_the_end_then_every_five_then_every_thirty() -> None:
    assert due(9999, range(61)) == list(range(61))
    assert due(9999, range(61, 181)) == list(range(65, 181, 5))
    assert due(9999, range(181, 400)) == list(range(210, 400, 30))
    assert due(60, range(181, 200)) == list(range(181, 200))
    assert due(None, range(181, 200)) == list(range(181, 200))
    assert due(180, range(181, 200)) == [185, 190, 195]


def test_for_a_minute_after_a_point_of_interest_lines_come_every_five_seconds() -> None:
    rhythm = Rhythm()
    late = [
        second
        for second in range(1000, 1091)
        if rhythm.due(replace(SNAPSHOT, elapsed=float(second), eta_seconds=9999), second - 1000)
    ]
    assert late == [*range(1000, 1061, 5), 1080]


def test_no_line_comes_twice_in_one_second() -> None:
    rhythm = Rhythm()
    assert rhythm.due(SNAPSHOT)
    assert not rhythm.due(replace(SNAPSHOT, elapsed=63.95))
    assert rhythm.due(replace(SNAPSHOT, elapsed=64.0))


class Ticks(Stop):
    """A stop token that lets a display tick a few times, and changes the board before each."""

    def __init__(self, board: StatusBoard, *values: Snapshot | None) -> None:
        super().__init__()
        self._board = board
        self._values: Iterator[Snapshot | None] = iter(values)

    def wait(self, _: float) -> bool:
        """The next tick, or the end."""
        try:
            value = next(self._values)
        except StopIteration:
            return True
        if value is not None:
            self._board.publish(value)
        return False


def printed(board: StatusBoard, *values: Snapshot | None) -> list[str]:
    """What the plain display prints: each hint block as one word."""
    out = io.StringIO()
    PlainDisplay(board, Ticks(board, *values), out).run()
    return out.getvalue().replace(hint(board), "hint\n").splitlines()


def test_plain_lines_are_printed_when_due_and_once_more_at_the_end() -> None:
    early = replace(SNAPSHOT, position="")
    late = replace(SNAPSHOT, rows_copied=5000)
    found = printed(StatusBoard(), None, early, SNAPSHOT, SNAPSHOT, late)
    assert found == ["hint", status_line(SNAPSHOT), status_line(late)]


def at(second: float, phase: Phase = Phase.COPYING) -> Snapshot:
    """A moment far from everything that makes lines come more often."""
    return replace(SNAPSHOT, elapsed=second, eta_seconds=9999.0, phase=phase)


def test_the_hint_comes_at_the_start_and_every_ten_minutes() -> None:
    moments = [at(second) for second in (601.0, 602.0, 1199.0, 1200.2, 1200.4, 1801.0, 1802.0)]
    assert printed(StatusBoard(), *moments).count("hint") == 3
    begun = printed(StatusBoard(), at(601.0))
    assert begun[0] == "hint"


def test_the_end_of_the_row_copy_and_the_drain_have_lines_of_their_own() -> None:
    quiet = [at(601.0), at(602.0), at(603.0, Phase.CATCHING_UP), at(604.0, Phase.CATCHING_UP)]
    assert printed(StatusBoard(), *quiet) == ["hint", status_line(quiet[2]), status_line(quiet[3])]
    drain = [*quiet, at(605.0, Phase.CUTTING_OVER), at(606.0, Phase.CUTTING_OVER), at(607.0, Phase.DONE)]
    assert printed(StatusBoard(), *drain) == [
        "hint", status_line(drain[2]), "hint", status_line(drain[4]), status_line(drain[6])
    ]  # fmt: skip


def test_answers_to_commands_are_printed_and_each_line_is_noted_for_the_changelog() -> None:
    board = StatusBoard()
    board.publish(Echo(("one\n", "two\n")))
    assert printed(board, SNAPSHOT)[:2] == ["one", "two"]
    assert board.take(Echo) is None
    assert board.take(Printed) == Printed("migrating")


def test_the_hint_is_gh_osts_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    there, gone = tmp_path / "there", tmp_path / "gone"
    there.touch()
    board = StatusBoard()
    for value in (
        plan(),
        Places(
            mode=Mode.THROUGH_REPLICA, migrated=Endpoint(host="db1", port=3307), inspected=Endpoint(host="db2"),
            executing="here",
        ),
        Began(1136239445.0),
        Serving("/tmp/gh-ost.shop.orders.sock", "127.0.0.1", 10001),  # noqa: S108 - a text
        Tunables(
            chunk_size=1000, dml_batch_size=10, nice_ratio=0.5, max_load=(("Threads_running", 25),),
            critical_load=(("Aborted", 1), ("Threads_running", 90)), throttle_flag_file=str(there),
            throttle_additional_flag_file=str(gone), throttle_query="SELECT 1", control_replicas=(("a", 1), ("b", 2)),
            postpone_flag_file=str(gone), panic_flag_file="/p",
        ),
    ):  # fmt: skip
        board.publish(value)
    try:
        found = hint(board)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found == (
        "# Migrating `shop`.`orders`; Ghost table is `shop`.`_orders_gho`\n"
        "# Migrating db1:3307; inspecting db2:3306; executing on here\n"
        "# Migration started at Mon Jan 02 17:04:05 -0500 2006\n"
        "# chunk-size: 1000; max-lag-millis: 1500ms; dml-batch-size: 10; max-load: Threads_running=25; "
        "critical-load: Aborted=1,Threads_running=90; nice-ratio: 0.500000\n"
        f"# throttle-flag-file: {there} [set]\n"
        f"# throttle-additional-flag-file: {gone} \n"
        "# throttle-query: SELECT 1\n"
        "# throttle-control-replicas count: 2\n"
        f"# postpone-cut-over-flag-file: {gone} \n"
        "# panic-flag-file: /p\n"
        "# Serving on unix socket: /tmp/gh-ost.shop.orders.sock\n"
        "# Serving on TCP port: 10001\n"
    )


def plan() -> Plan:
    """As much of one as the hint shows."""
    name = TableName("shop", "orders")
    spec = KeySpec(index="PRIMARY", columns=(KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER),))
    table = Table(name=name, columns=(), unique_keys=(), engine="InnoDB", rows_estimate=0, row_bytes=0)
    ghost = replace(table, name=name.sibling("_orders_gho"))
    return Plan(
        original=table, ghost=ghost, helpers=helper_names(name, sort_after=False), alter="", key=spec, ghost_key=spec,
        columns=(), session_time_zone="'+00:00'",
    )  # fmt: skip


def test_plain_lines_of_a_migration_that_never_began_are_none() -> None:
    out = io.StringIO()
    PlainDisplay(StatusBoard(), Ticks(StatusBoard()), out).run()
    assert out.getvalue() == ""


def drawn(snapshot: Snapshot) -> str:
    console = Console(file=io.StringIO(), width=120, record=True)
    console.print(panel("shop.orders", snapshot))
    return console.export_text()


def test_the_panel_shows_phase_rows_rates_changes_backlog_lag_and_time() -> None:
    text = drawn(SNAPSHOT)
    for part in (
        "shop.orders  migrating", "24.7%", "1,234 of 5,000 rows", "100/s", "ETA 37s", "77 seen (8/s), 55 applied (5/s)",
        "22 of 1,000 keys", "0.13 s behind the log at binlog.000001:42", "1m3s (59s copying)",
    ):  # fmt: skip
        assert part in text
    assert "throttled" not in text


def test_the_panel_says_why_it_waits_and_why_it_will_not_end() -> None:
    text = drawn(replace(SNAPSHOT, throttled="flag-file /f", verdict="not converging: because"))
    assert "throttled: flag-file /f" in text
    assert "not converging: because" in text


def test_the_live_display_shows_the_phase_before_there_are_figures_and_the_last_figures_at_the_end() -> None:
    board = StatusBoard()
    board.publish(Phase.PREPARING)
    console = Console(file=io.StringIO(), width=120, force_terminal=False, record=True)
    LiveDisplay(board, Ticks(board), "shop.orders", console).run()
    assert "shop.orders: preparing ghost table" in console.export_text()
    console = Console(file=io.StringIO(), width=120, force_terminal=False, record=True)
    LiveDisplay(board, Ticks(board, SNAPSHOT), "shop.orders", console).run()
    assert "1,234 of 5,000 rows" in console.export_text()


def test_what_others_have_named_is_shown_as_it_is_and_rules_nothing() -> None:
    odd = "[/b][red]\x1b[2J\u202e\n"
    snapshot = replace(SNAPSHOT, throttled=odd, verdict=odd, position=odd)
    console = Console(file=io.StringIO(), width=300, record=True)
    console.print(panel(odd, snapshot))
    text = console.export_text()
    assert text.count("[/b][red]\\u001b[2J\\u202e\\u000a") == 4
    line = status_line(snapshot)
    assert line.count("[/b][red]\\u001b[2J\\u202e\\u000a") == 3
    assert line.isprintable()
