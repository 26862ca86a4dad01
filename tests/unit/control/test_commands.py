"""The command table: each command's effect on the board, and bad input that changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ghostshift.control.commands import COMMANDS, Commands
from ghostshift.core.progress import Snapshot
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.runtime.board import StatusBoard

SNAPSHOT = Snapshot(
    phase=Phase.COPYING, rows_copied=1, rows_estimate=2, percent=50.0, rows_per_second=1.0, changes_received=0,
    changes_per_second=0.0, applied=0, applied_per_second=0.0, backlog=0, capacity=1, lag=0.0, elapsed=1.0,
    copy_elapsed=1.0, eta_seconds=None, throttled="", position="binlog.000001:42", verdict="",
)  # fmt: skip
BEFORE = Tunables(chunk_size=500, throttle_flag_file="/f")


@pytest.fixture
def commands() -> Commands:
    board = StatusBoard()
    board.publish(BEFORE)
    board.publish(SNAPSHOT)
    return Commands(board, "orders")


@pytest.mark.parametrize("name", ["status", "info", "sup", " status ", "status\n"])
def test_the_status_line_has_several_names(commands: Commands, name: str) -> None:
    assert commands.answer(name).startswith("Copy: 1/2 50.0%;")


def test_before_the_copy_there_is_no_status_line_but_an_answer() -> None:
    fresh = Commands(StatusBoard(), "orders")
    assert fresh.answer("status") == "the migration has not begun to copy yet\n"
    assert fresh.answer("coordinates") == "\n"


@pytest.mark.parametrize("name", ["throttle", "pause", "suspend", "throttle=orders"])
def test_throttling_is_a_tunable_and_nothing_else_changes(commands: Commands, name: str) -> None:
    assert "throttled" in commands.answer(name)
    assert commands.tunables() == replace(BEFORE, throttled_by_user=True)


@pytest.mark.parametrize("name", ["no-throttle", "unthrottle", "resume", "continue", "resume=orders"])
def test_going_on_takes_it_back(commands: Commands, name: str) -> None:
    commands.answer("throttle")
    assert commands.answer(name).startswith("Copy:")
    assert commands.tunables() == BEFORE


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("chunk-size=10", "chunk_size", 10),
        ("chunk-size = 100000", "chunk_size", 100_000),
        ("chunk-size=0", "chunk_size", 0),
        ("max-lag-millis=100", "max_lag_millis", 100),
        ("max-lag-millis=86400000", "max_lag_millis", 86_400_000),
    ],
)
def test_numbers_become_tunables(commands: Commands, line: str, field: str, value: int) -> None:
    assert commands.answer(line).startswith("Copy:")
    assert commands.tunables() == replace(BEFORE, **{field: value})


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("chunk-size=?", "500\n"),
        ("max-lag-millis=?", "1500\n"),
        ("coordinates", "binlog.000001:42\n"),
        ("coordinates=?", "binlog.000001:42\n"),
    ],
)
def test_a_question_mark_asks(commands: Commands, line: str, answer: str) -> None:
    assert commands.answer(line) == answer


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "unknown command: "),
        ("dance=now", "unknown command: dance=now"),
        ("Status", "unknown command: Status"),
        ("chunk-size=", "chunk-size must be a whole number between 0 and 100000, not ''"),
        ("chunk-size=9", "chunk-size must be between 10 and 100000, or 0 to find it by itself"),
        ("chunk-size=100001", "not '100001'"),
        ("chunk-size=-5", "not '-5'"),
        ("chunk-size=٣٣", "whole number"),
        ("max-lag-millis=99", "max-lag-millis must be a whole number between 100 and 86400000"),
        ("coordinates=5", "coordinates are read-only"),
        ("throttle=others", "this is the migration of orders, not of others"),
        ("unthrottle=others", "not of others"),
    ],
)
def test_bad_input_gets_one_line_and_changes_nothing(commands: Commands, line: str, says: str) -> None:
    answer = commands.answer(line)
    assert says in answer
    assert answer.endswith("\n")
    assert answer.count("\n") == 1
    assert commands.tunables() == BEFORE


def test_help_names_every_command_and_every_name_is_one_commands_only(commands: Commands) -> None:
    text = commands.answer("help")
    names = [name for command in COMMANDS for name in command.names]
    assert len(set(names)) == len(names)
    assert all(name in text for name in names)
    assert all(command.text in text for command in COMMANDS)
