"""Checks, sizing and progress: small decisions, each with its reason in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostshift.core.checks import check_log, check_server, check_table, check_version, commits_in_order, table_problems
from ghostshift.core.progress import Counters, Progress, Snapshot, percent_done, seconds_left
from ghostshift.core.sizing import FIRST, FIRST_LARGE, ChunkSizer
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.phase import Phase
from ghostshift.model.schema import Table
from ghostshift.model.server import ServerFacts, ServerIdentity
from ghostshift.model.settings import Recovery, Topology

# -- checks

GOOD = {"log_bin": "ON", "binlog_format": "ROW", "binlog_order_commits": "1", "read_only": "OFF"}
ON_PRIMARY = Options(endpoint=Endpoint(), schema="s", table="t", alter="FORCE", allow_on_master=True)
SWITCHING = replace(ON_PRIMARY, topology=Topology(switch_to_rbr=True))


def facts(variables: dict[str, str] | None = None, **more: Any) -> ServerFacts:
    identity = ServerIdentity(server_id="7", uuid="", host="db1", port="3306")
    plain = {
        "identity": identity, "version": "8.4.0", "flavor": "MySQL", "renames_under_lock": True, "supported": True,
        "user": "'me'@'%'",
    }  # fmt: skip
    return ServerFacts(**{**plain, **more, "variables": {**GOOD, **(variables or {})}})


def table(**more: Any) -> Table:
    return Table(**{"name": TableName("s", "t"), "columns": (), "unique_keys": (), "engine": "InnoDB", **more})


def test_a_server_as_it_should_be_passes() -> None:
    check_server(facts(), ON_PRIMARY)
    check_server(facts({"binlog_order_commits": ""}, flavor="MariaDB"), ON_PRIMARY)
    check_log(facts(), ON_PRIMARY)


@pytest.mark.parametrize(
    ("found", "code", "says"),
    [
        (facts(missing_grants=("A", "B")), "missing-grants", "'me'@'%' lacks A, B; GRANT them"),
        (facts({"binlog_order_commits": "OFF"}), "commit-order", "SET GLOBAL binlog_order_commits = ON"),
        (facts({"read_only": "1"}), "read-only", "db1:3306.*read only; connect to the primary"),
        (facts({"read_only": "1"}, may_write_anyway=True), "read-only", "connect to the primary"),
        (facts({"super_read_only": "ON"}), "read-only", "is super_read_only"),
    ],
)
def test_each_rule_about_the_server_says_what_is_wrong_and_what_to_do(found: ServerFacts, code: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        check_server(found, ON_PRIMARY)
    assert refused.value.code == code


def test_a_server_that_is_too_old_is_refused() -> None:
    check_version(facts())
    with pytest.raises(Refused, match=r"5\.6\.1.*needs MySQL 5\.7 or MariaDB 10\.6"):
        check_version(facts(supported=False, version="5.6.1"))


@pytest.mark.parametrize(
    ("found", "options", "code", "says"),
    [
        (facts({"log_bin": "OFF"}), ON_PRIMARY, "binlog-off", "start it with log_bin"),
        (facts({"binlog_format": "mixed"}), ON_PRIMARY, "binlog-format", "is MIXED on db1:3306.*--switch-to-rbr"),
        (
            facts({"binlog_format": "MIXED"}, followers=2),
            SWITCHING,
            "binlog-format",
            "2 have registered",
        ),
    ],
)
def test_each_rule_about_the_log_says_what_is_wrong_and_what_to_do(
    found: ServerFacts, options: Options, code: str, says: str
) -> None:
    with pytest.raises(Refused, match=says) as refused:
        check_log(found, options)
    assert refused.value.code == code


def test_the_format_of_a_log_that_nobody_follows_may_be_switched() -> None:
    check_log(facts({"binlog_format": "MIXED"}), SWITCHING)


@pytest.mark.parametrize("flag", ["test_on_replica", "migrate_on_replica"])
def test_a_replica_is_migrated_although_it_is_read_only_where_the_user_may_write(flag: str) -> None:
    asked = replace(ON_PRIMARY, allow_on_master=False, topology=Topology(**{flag: True}))
    check_server(facts({"read_only": "ON"}, may_write_anyway=True), asked)
    for found in (facts({"read_only": "ON"}), facts({"super_read_only": "ON"}, may_write_anyway=True)):
        with pytest.raises(Refused, match="switch that off while this replica is used"):
            check_server(found, asked)


def test_a_server_that_has_no_binlog_format_any_more_logs_rows() -> None:
    found = facts()
    check_log(replace(found, variables={k: v for k, v in found.variables.items() if k != "binlog_format"}), ON_PRIMARY)


def test_i1_only_mysql_can_leave_the_logs_order() -> None:
    assert commits_in_order(facts())
    assert not commits_in_order(facts({"binlog_order_commits": "0"}))
    assert commits_in_order(facts({"binlog_order_commits": "0"}, flavor="MariaDB"))


def test_a_plain_innodb_table_passes() -> None:
    check_table(table(engine="innodb"), facts(), ON_PRIMARY)


@pytest.mark.parametrize(
    ("found", "code", "says"),
    [
        (table(kind="VIEW"), "not-a-table", "is a view, not a table"),
        (table(engine="MyISAM"), "engine", "uses the engine MyISAM"),
        (table(triggers=("a", "b")), "triggers", r"has triggers \(a, b\).*drop them first"),
        (table(children=("x.y.fk",)), "foreign-key-children", r"referenced by foreign keys \(x\.y\.fk\)"),
        (table(parents=("fk",)), "foreign-key-parents", r"has foreign keys \(fk\).*drop them first"),
        (table(versioned=True), "system-versioned", "system-versioned"),
        (table(elsewhere=True), "data-directory", "DATA DIRECTORY"),
    ],
)
def test_each_rule_about_the_table_names_it_and_what_stands_in_the_way(found: Table, code: str, says: str) -> None:
    with pytest.raises(Refused, match=r"^`s`\.`t` .*" + says) as refused:
        check_table(found, facts(), ON_PRIMARY)
    assert refused.value.code == code


def test_a_revert_is_not_told_of_flags_that_mean_nothing_to_it() -> None:
    back = replace(ON_PRIMARY, recovery=Recovery(revert=True))
    for found, flag in (
        (table(triggers=("a", "b")), "--trigger-suffix"),
        (table(parents=("fk",)), "--discard-foreign"),
    ):
        with pytest.raises(Refused, match=r"drop them.* revert") as refused:
            check_table(found, facts(), back)
        assert flag not in str(refused.value)


def test_a_name_in_capitals_is_refused_where_the_server_keeps_none() -> None:
    spelled = replace(table(), name=TableName("Shop", "t"))
    folding = replace(facts(), variables={**facts().variables, "lower_case_table_names": "1"})
    with pytest.raises(Refused, match="--database shop --table t") as refused:
        check_table(spelled, folding, ON_PRIMARY)
    assert refused.value.code == "name-case"
    check_table(spelled, facts(), ON_PRIMARY)
    check_table(table(), folding, ON_PRIMARY)


def test_a_view_is_refused_for_what_it_is_and_not_for_its_engine() -> None:
    assert [one.code for one in table_problems(table(kind="VIEW", engine=""), facts(), ON_PRIMARY)] == ["not-a-table"]


# -- sizing


def sizer(seconds: float = 0.25, most_bytes: int = 1 << 30, row_bytes: int = 100, widest: int = 1000) -> ChunkSizer:
    return ChunkSizer(seconds=seconds, most_bytes=most_bytes, row_bytes=row_bytes, widest=widest)


def test_the_first_chunks_are_modest_and_a_size_asked_for_is_kept() -> None:
    assert sizer().rows(0) == FIRST
    assert sizer().rows(77) == 77


def test_a_chunk_grows_fourfold_at_most_and_halves_where_it_was_not_far_off() -> None:
    one = sizer()
    one.ended(1000, 0.001)
    assert one.rows(0) == 4000
    one.ended(4000, 0.9)
    assert one.rows(0) == 2000


def test_after_a_chunk_that_was_far_too_long_the_next_is_right_at_once() -> None:
    one = sizer()
    one.ended(1000, 10.0)
    assert one.rows(0) == 25
    one.ended(25, 10.0)
    assert one.rows(0) == 10, "the way to the server takes so long, not the rows"
    one = sizer(widest=1 << 24)
    one.ended(10, 10.0)
    assert one.rows(0) == 1


def test_rows_that_may_be_large_begin_with_few_whatever_they_are_on_the_average() -> None:
    assert sizer(widest=1 << 24).rows(0) == FIRST_LARGE
    assert sizer(widest=1 << 24, most_bytes=8 << 20, row_bytes=1 << 24).rows(0) == 1


def test_another_aim_takes_the_size_along() -> None:
    one = sizer()
    one.aim(0.05)
    assert one.rows(0) == FIRST // 5
    one.aim(0.05)
    assert one.rows(0) == FIRST // 5
    one.ended(200, 0.05)
    assert one.rows(0) == FIRST // 5


def test_a_chunk_of_the_right_duration_stays_and_one_of_half_of_it_doubles() -> None:
    one = sizer()
    one.ended(1000, 0.25)
    assert one.rows(0) == 1000
    one.ended(1000, 0.2)
    assert one.rows(0) == 1250


def test_the_last_chunks_are_a_quarter_of_the_others_but_not_smaller_than_the_first() -> None:
    one = sizer()
    assert one.last(20_000) == 5_000
    assert one.last(2_000) == FIRST
    assert one.last(300) == 300, "there is nothing to be divided"
    assert sizer(widest=1 << 24).last(20) == FIRST_LARGE


def test_an_empty_chunk_says_nothing() -> None:
    one = sizer()
    one.ended(0, 5.0)
    assert one.rows(0) == FIRST


def test_wide_rows_make_small_chunks_from_the_start() -> None:
    assert sizer(most_bytes=1 << 20, row_bytes=1 << 12).rows(0) == 256
    assert sizer(most_bytes=1 << 20, row_bytes=1 << 20).rows(0) == 1
    assert sizer(row_bytes=0).rows(0) == FIRST


@given(st.lists(st.tuples(st.integers(0, 200_000), st.floats(0, 100)), max_size=40), st.integers(1, 10_000))
def test_whatever_chunks_took_the_next_one_is_within_bounds(ended: list[tuple[int, float]], row_bytes: int) -> None:
    one = sizer(most_bytes=8 << 20, row_bytes=row_bytes)
    for rows, seconds in ended:
        one.ended(rows, seconds)
        assert 1 <= one.rows(0) <= min(100_000, (8 << 20) // row_bytes)


# -- progress


def counters(at: float, **more: Any) -> Counters:
    return Counters(at=at, **more)


def test_rates_are_growth_per_second_over_the_window() -> None:
    progress = Progress(window=10)
    assert progress.rate("rows_copied") == 0.0
    for second in range(40):
        progress.add(counters(second, rows_copied=100 * second if second < 20 else 2000 + 10 * (second - 20)))
    assert progress.rate("rows_copied") == pytest.approx(10, rel=0.2)


def test_two_samples_of_one_moment_have_no_rate() -> None:
    progress = Progress()
    progress.add(counters(5, rows_copied=1))
    progress.add(counters(5, rows_copied=9))
    assert progress.rate("rows_copied") == 0.0


def lagging(seconds: int, backlog: int, *, slope: float = 1.0) -> Progress:
    progress = Progress(window=10)
    for second in range(seconds):
        progress.add(
            counters(
                second, changes_received=500 * second, changes_applied=200 * second, changes_discarded=100 * second,
                backlog=backlog, stream_behind=1.5 + slope * second,
            )
        )  # fmt: skip
    return progress


def test_a_full_buffer_and_a_growing_lag_do_not_converge_and_the_rate_is_told() -> None:
    assert lagging(9, 95).not_converging(100) == (
        "not converging: changes arrive faster than 300/s, which is all that can be applied"
    )


def test_a_growing_lag_with_room_in_the_buffer_is_the_readers() -> None:
    assert lagging(9, 10).not_converging(100) == (
        "not converging: the binary log grows faster than it is read (500 changes/s)"
    )


def test_what_stood_still_for_a_while_is_no_verdict_on_the_log() -> None:
    stood = lagging(2, 10)
    for second in range(58, 61):
        stood.add(counters(second, backlog=10, stream_behind=float(second)))
    assert stood.not_converging(100) == ""


def test_a_lag_that_does_not_grow_or_is_too_young_is_no_verdict() -> None:
    assert lagging(9, 95, slope=0.0).not_converging(100) == ""
    assert lagging(3, 95).not_converging(100) == ""
    assert Progress().not_converging(100) == ""


@pytest.mark.parametrize(
    ("copied", "estimate", "complete", "percent"),
    [
        (0, 100, False, 0.0),
        (25, 100, False, 25.0),
        (150, 100, False, 100.0),
        (5, 100, True, 100.0),
        (0, 0, False, 100.0),
    ],
)
def test_percent_is_of_the_estimate_and_a_hundred_at_the_end(
    copied: int, estimate: int, percent: float, *, complete: bool
) -> None:
    assert percent_done(copied, estimate, complete=complete) == percent


@pytest.mark.parametrize(
    ("copied", "estimate", "rate", "complete", "left"),
    [
        (50, 100, 10.0, False, 5.0),
        (50, 100, 0.0, False, None),
        (0, 100_000, 10.0, False, None),
        (99, 100_000, 10.0, False, None),
        (100, 100_000, 10.0, False, 9990.0),
        (100, 100, 0.0, False, 0.0),
        (5, 100, 0.0, True, 0.0),
    ],
)
def test_the_time_left_is_known_only_when_there_is_something_to_go_by(
    copied: int, estimate: int, rate: float, left: float | None, *, complete: bool
) -> None:
    assert seconds_left(copied, estimate, rate, complete=complete) == left


SNAPSHOT = Snapshot(
    phase=Phase.COPYING, rows_copied=1, rows_estimate=2, percent=50.0, rows_per_second=1.0, changes_received=0,
    changes_per_second=0.0, applied=0, applied_per_second=0.0, backlog=0, capacity=1, lag=0.0, elapsed=1.0,
    copy_elapsed=1.0, eta_seconds=None, throttled="", position="", verdict="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("phase", "throttled", "state"),
    [
        (Phase.COPYING, "", "migrating"),
        (Phase.CATCHING_UP, "", "migrating"),
        (Phase.CUTTING_OVER, "", "migrating"),
        (Phase.COPYING, "flag-file /a", "throttled, flag-file /a"),
        (Phase.POSTPONED, "flag-file /a", "postponing cut-over"),
        (Phase.PREPARING, "", "preparing ghost table"),
        (Phase.DONE, "", "done"),
    ],
)
def test_the_state_is_gh_osts_word(phase: Phase, throttled: str, state: str) -> None:
    assert replace(SNAPSHOT, phase=phase, throttled=throttled).state == state
