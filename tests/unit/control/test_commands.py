"""The command table: each command's effect on the board, and bad input that changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ghostshift.control.commands import Commands
from ghostshift.control.table import COMMANDS
from ghostshift.core.progress import Snapshot
from ghostshift.model.errors import Aborted, HookFailed
from ghostshift.model.messages import MOST_ECHOES, Echo, Unpostpone
from ghostshift.model.notice import Notice, Turn
from ghostshift.model.options import Endpoint, Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.places import Mode, Places
from ghostshift.model.settings import CutOverSettings
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop

SNAPSHOT = Snapshot(
    phase=Phase.COPYING, rows_copied=1, rows_estimate=2, percent=50.0, rows_per_second=1.0, changes_received=0,
    changes_per_second=0.0, applied=0, applied_per_second=0.0, backlog=0, capacity=1, lag=0.0, elapsed=1.0,
    copy_elapsed=1.0, eta_seconds=None, throttled="", position="binlog.000001:42", verdict="",
)  # fmt: skip
BEFORE = Tunables(chunk_size=500, throttle_flag_file="/f", throttle_additional_flag_file="", max_load=(("A", 1),))
HINT = "# chunk-size: "
LINE = "Copy: 1/2 50.0%;"


def made(settings: CutOverSettings | None = None, **more: object) -> Commands:
    board = StatusBoard()
    board.publish(BEFORE)
    board.publish(SNAPSHOT)
    board.publish(Phase.COPYING)
    return Commands(board, "orders", settings=settings, **more)  # type: ignore[arg-type]


@pytest.fixture
def commands() -> Commands:
    return made()


@pytest.mark.parametrize("name", ["status", "info", " status ", "status\n", "status=whatever"])
def test_the_status_has_several_names(commands: Commands, name: str) -> None:
    answer = commands.answer(name)
    assert answer.startswith(HINT)
    assert f"\n{LINE}" in answer


def test_sup_is_the_line_only(commands: Commands) -> None:
    assert commands.answer("sup").startswith(LINE)
    assert commands.answer("sup").count("\n") == 1


def test_before_the_copy_there_is_no_status_line_but_an_answer() -> None:
    fresh = Commands(StatusBoard(), "orders")
    assert fresh.answer("sup") == "the migration has not begun to copy yet\n"
    assert fresh.answer("coordinates") == "\n"
    assert "not decided yet" in fresh.answer("applier")
    assert json.loads(fresh.answer("status-json"))["phase"] == "inspecting"


@pytest.mark.parametrize("name", ["throttle", "pause", "suspend", "throttle=orders", 'throttle="orders"'])
def test_throttling_is_a_tunable_and_nothing_else_changes(commands: Commands, name: str) -> None:
    answer = commands.answer(name)
    assert answer.startswith("throttled. Note: a migration may stay throttled only as long as")
    assert f"\n{LINE}" in answer
    assert commands.tunables == replace(BEFORE, throttled_by_user=True)


@pytest.mark.parametrize("name", ["no-throttle", "unthrottle", "resume", "continue", "resume=orders"])
def test_going_on_takes_it_back(commands: Commands, name: str) -> None:
    commands.answer("throttle")
    assert commands.answer(name).startswith(HINT)
    assert commands.tunables == BEFORE


SETTINGS = [
    ("chunk-size=10", "chunk_size", 10),
    ("chunk-size = 100000", "chunk_size", 100_000),
    ("chunk-size=0", "chunk_size", 0),
    ("dml-batch-size=7", "dml_batch_size", 7),
    ("max-lag-millis=100", "max_lag_millis", 100),
    ("max-lag-millis=86400000", "max_lag_millis", 86_400_000),
    ("nice-ratio=0.5", "nice_ratio", 0.5),
    ("max-load=Threads_running=25,Aborted=3", "max_load", (("Aborted", 3), ("Threads_running", 25))),
    ("max-load=", "max_load", ()),
    ("critical-load=Threads_running=90", "critical_load", (("Threads_running", 90),)),
    ("throttle-query=SELECT a = 1 FROM t", "throttle_query", "SELECT a = 1 FROM t"),
    ('throttle-query="SELECT \\"x\\" > 0"', "throttle_query", 'SELECT "x" > 0'),
    ("throttle-http=http://t.example.com/x?y=1", "throttle_http", "http://t.example.com/x?y=1"),
    ("throttle-control-replicas=a,b:3307", "control_replicas", (("a", 3306), ("b", 3307))),
    ("throttle-control-replicas=", "control_replicas", ()),
]


@pytest.mark.parametrize(("line", "field", "value"), SETTINGS)
def test_settings_become_tunables(commands: Commands, line: str, field: str, value: object) -> None:
    answer = commands.answer(line)
    assert HINT in answer
    assert LINE in answer
    assert commands.tunables == replace(BEFORE, **{field: value})


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("chunk-size=9", "chunk_size", 10),
        ("chunk-size=100001", "chunk_size", 100_000),
        ("chunk-size=-5", "chunk_size", 10),
        ("dml-batch-size=5000", "dml_batch_size", 1000),
        ("max-lag-millis=99", "max_lag_millis", 100),
        ("nice-ratio=101", "nice_ratio", 100.0),
        ("nice-ratio=-1", "nice_ratio", 0.0),
    ],
)
def test_what_is_beyond_its_bounds_is_brought_within_and_the_answer_says_so(
    commands: Commands, line: str, field: str, value: float
) -> None:
    assert f"beyond its bounds; {value} is used" in commands.answer(line).splitlines()[0]
    assert commands.tunables == replace(BEFORE, **{field: value})


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("chunk-size=?", "500\n"),
        ("dml-batch-size=?", "0\n"),
        ("max-lag-millis=?", "1500\n"),
        ("nice-ratio=?", "0.0\n"),
        ("max-load=?", "A=1\n"),
        ("critical-load=?", "\n"),
        ("throttle-query=?", "\n"),
        ("throttle-http=?", "\n"),
        ("throttle-control-replicas=?", "\n"),
        ("postpone-cut-over-flag-file=?", "\n"),
        ("coordinates", "binlog.000001:42\n"),
        ("coordinates=?", "binlog.000001:42\n"),
    ],
)
def test_a_question_mark_asks_and_changes_nothing(commands: Commands, line: str, answer: str) -> None:
    assert commands.answer(line) == answer
    assert commands.tunables == BEFORE


def test_lists_are_shown_as_they_are_written(commands: Commands) -> None:
    assert commands.answer("throttle-control-replicas=a,b:3307").startswith("a:3306,b:3307\n")
    assert commands.answer("throttle-control-replicas=?") == "a:3306,b:3307\n"
    commands.answer("max-load=Threads_running=25,Aborted=3")
    assert commands.answer("max-load=?") == "Aborted=3,Threads_running=25\n"


def test_a_password_in_an_address_is_not_shown(commands: Commands) -> None:
    commands.answer("throttle-http=http://" + "me:secret@" + "t.example.com/x@y")
    assert commands.answer("throttle-http=?") == "http://t.example.com/x@y\n"
    assert "secret" not in commands.answer("status-json") + commands.answer("status")


BAD = [
    ("", "unknown command: "),
    ("dance=now", "unknown command: dance=now"),
    ("Status", "unknown command: Status"),
    ("chunk-size=", "chunk-size must be a whole number, not ''"),
    ("chunk-size=٣٣", "whole number"),
    ("chunk-size=1e3", "whole number"),
    ("chunk-size", "chunk-size must be a whole number, not ''"),
    ("copy-threads=-1", "copy-threads must be 0 or more, not -1"),
    ("app-latency-target=-5", "app-latency-target must be 0 or more, not -5.0"),
    ("nice-ratio=nan", "nice-ratio must be a number"),
    ("max-load=Threads_running", "Error parsing load condition"),
    ("critical-load=Threads_running=many", "Error parsing numeric value"),
    ("throttle-http=nowhere", "whole address"),
    ("throttle-control-replicas=h:x", "is not an address"),
    ("coordinates=5", "coordinates are read-only"),
    ("throttle=others", "this is the migration of orders, not of others"),
    ("unthrottle=others", "not of others"),
    ("unpostpone=others", "not of others"),
    ("panic=others", "not of others"),
    ("unpostpone", "the cut-over is not being postponed at this moment"),
    ("cut-over=orders", "not being postponed"),
    ("postpone-cut-over-flag-file", "needs a path"),
    ("postpone-cut-over-flag-file=/nowhere/at/all", "cannot be made: No such file"),
    ("postpone-cut-over-flag-file=a\0b", "cannot be made"),
    ("postpone-cut-over-flag-file=/", "'/' is no plain file"),
    ("cpu-profile=30s", "not available here"),
    ("cpu-profile=?", "py-spy"),
    ("replication-lag-query=SELECT 1", "no longer in use"),
    ('throttle="orders', "the quotes of"),
    ('throttle="or"ders"', "there is a quote or a backslash"),
    ('throttle-query="\\q"', "there is a quote or a backslash"),
    ('throttle-query="\\ud800"', "no character"),
]


@pytest.mark.parametrize(("line", "says"), BAD)
def test_bad_input_gets_one_line_and_changes_nothing(commands: Commands, line: str, says: str) -> None:
    answer = commands.answer(line)
    assert says in answer
    assert answer.endswith("\n")
    assert answer.count("\n") == 1
    assert commands.tunables == BEFORE
    assert not commands.stop.is_set()
    assert commands.board.read(Unpostpone) is None
    assert json.loads(commands.answer(f"format=json {line}"))["ok"] is False


def test_the_postpone_file_is_made_and_heeded(commands: Commands, tmp_path: Path) -> None:
    path = tmp_path / "wait"
    for _ in range(2):
        assert commands.answer(f"postpone-cut-over-flag-file={path}").startswith("Postponed\n# ")
        assert path.exists()
    assert commands.tunables == replace(BEFORE, postpone_flag_file=str(path))
    assert commands.answer("postpone-cut-over-flag-file=?") == f"{path}\n"
    assert f"# postpone-cut-over-flag-file: {path} [set]\n" in commands.answer("status")


@pytest.mark.parametrize("name", ["unpostpone", "no-postpone", "cut-over", "cut-over=orders"])
def test_a_postponed_cut_over_is_let_go(commands: Commands, name: str) -> None:
    commands.board.publish(Phase.POSTPONED)
    assert commands.answer(name).startswith("Unpostponed\n# ")
    assert commands.board.take(Unpostpone) == Unpostpone()


@pytest.mark.parametrize("name", ["panic", "panic=orders"])
def test_panic_ends_the_migration(commands: Commands, name: str) -> None:
    assert "aborted by the command panic" in commands.answer(name)
    assert isinstance(commands.stop.cause, Aborted)


def test_where_the_table_must_be_named_it_must() -> None:
    commands = made(CutOverSettings(force_named=True, force_named_panic=True))
    commands.board.publish(Phase.POSTPONED)
    assert commands.answer("unpostpone") == "unpostpone must name the table here: unpostpone=orders\n"
    assert commands.answer("panic") == "panic must name the table here: panic=orders\n"
    assert commands.board.read(Unpostpone) is None
    assert not commands.stop.is_set()
    assert commands.answer("unpostpone=orders").startswith("Unpostponed")
    assert "aborted" in commands.answer("panic=orders")
    assert commands.stop.is_set()


def test_the_servers_are_told(commands: Commands) -> None:
    commands.board.publish(
        Places(
            mode=Mode.THROUGH_REPLICA,
            migrated=Endpoint(host="db1", port=3307, password="secret"),
            inspected=Endpoint(host="::1"),
            migrated_version="9.7.0",
            inspected_version="8.4.1",
            executing="here",
        )
    )
    assert commands.answer("applier") == "Host: db1:3307, Version: 9.7.0\n"
    assert commands.answer("inspector") == "Host: [::1]:3306, Version: 8.4.1\n"
    found = commands.answer("status-json")
    assert "secret" not in found
    assert json.loads(found)["migrated"] == "db1:3307"


def test_the_status_as_json(commands: Commands) -> None:
    found = json.loads(commands.answer("status-json"))
    assert found["phase"] == "migrating"
    assert found["rows_copied"] == 1
    assert found["eta"] == "N/A"
    assert found["resumed"] is False
    assert found["tunables"]["chunk_size"] == 500
    assert found["status"].startswith(LINE)


def test_an_answer_as_json_tells_whether_it_was_accepted(commands: Commands) -> None:
    assert json.loads(commands.answer("format=json chunk-size=?")) == {"ok": True, "answer": "500\n"}
    assert json.loads(commands.answer("token=x format=json chunk-size=?"))["ok"] is True


def test_somebody_hears_of_each_command_first_and_may_object() -> None:
    heard: list[Notice] = []

    def hear(notice: Notice) -> None:
        heard.append(notice)
        raise HookFailed("not now")

    commands = made(before=hear)
    assert commands.answer("chunk-size=700") == "not now\n"
    assert commands.tunables == BEFORE
    assert heard == [Notice(Turn.INTERACTIVE_COMMAND, {"command": "chunk-size"})]
    assert commands.answer("dance") == "unknown command: dance\n"
    assert len(heard) == 1


@pytest.mark.parametrize("line", ["chunk-size=700", "throttle", "panic", "unpostpone", "max-load="])
@pytest.mark.parametrize("said", ["", "token= ", "token=wrong "])
def test_over_the_network_changes_need_the_token(commands: Commands, line: str, said: str) -> None:
    commands.board.publish(Phase.POSTPONED)
    answer = commands.answer(said + line, token="right")
    assert "token" in answer
    assert "right" not in answer
    assert commands.tunables == BEFORE
    assert not commands.stop.is_set()
    assert commands.board.read(Unpostpone) is None


def test_with_the_token_they_are_carried_out_and_questions_need_none(commands: Commands) -> None:
    assert HINT in commands.answer("token=right chunk-size=700", token="right")
    assert commands.answer("chunk-size=?", token="right") == "700\n"
    for line in ("help", "status", "sup", "coordinates", "status-json", "max-load=?", "postpone-cut-over-flag-file=?"):
        assert "token" not in commands.answer(line, token="right")
    assert commands.answer("token=wrong chunk-size=?", token="right").startswith("the token is wrong")


def test_a_token_is_never_said_back(commands: Commands, caplog: pytest.LogCaptureFixture) -> None:
    for line in ("token=secret", "token=secret dance", "token=secret chunk-size=x", 'token=secret throttle="'):
        for right in ("other", "secret", None):
            assert "secret" not in commands.answer(line, token=right)
    assert "secret" not in caplog.text


def test_what_is_answered_is_left_for_the_standard_output_and_no_more_than_fits(commands: Commands) -> None:
    commands.answer("chunk-size=?")
    assert commands.board.read(Echo) is None
    commands.answer("sup")
    echo = commands.board.take(Echo)
    assert echo is not None
    assert echo.texts[0].startswith(LINE)
    for _ in range(MOST_ECHOES + 5):
        commands.answer("status")
    left = commands.board.take(Echo)
    assert left is not None
    assert len(left.texts) == MOST_ECHOES


def test_help_names_every_command_and_every_name_is_one_commands_only(commands: Commands) -> None:
    text = commands.answer("help")
    names = [name for command in COMMANDS for name in command.names]
    assert len(set(names)) == len(names)
    assert all(name in text for name in names)
    assert all(command.text in text for command in COMMANDS)


def test_without_a_stop_of_its_own_panic_ends_nobody_else() -> None:
    stop = Stop()
    made().answer("panic")
    assert not stop.is_set()
