"""Positions, options, errors, phases, keys, tables: the words of a migration."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostshift.model import errors
from ghostshift.model.errors import ConnectionLost, MigrationError, Refused, ServerError, UsageError
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint, Options, Tls, Tunables
from ghostshift.model.phase import LEGAL, Phase, may_move
from ghostshift.model.position import Position
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.model.server import ServerFacts, ServerIdentity

# -- positions


FLAGS_OF_OPTIONS = {
    "heartbeat_millis": "heartbeat-interval-millis",
    "cut_over_lock_seconds": "cut-over-lock-timeout-seconds",
    "retries": "default-retries",
}


@pytest.mark.parametrize("text", ["binlog.000012:3456", "a.b:c.000001:0", "log:7"])
def test_a_position_is_printed_as_it_is_read(text: str) -> None:
    assert str(Position.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "binlog.000001", ":4", "binlog.000001:", "binlog.000001:-4", "binlog.000001:٤", "a:1.5"]
)
def test_what_is_no_position_is_a_usage_error_that_shows_one(text: str) -> None:
    with pytest.raises(UsageError, match=r"such as binlog\.000012:3456"):
        Position.parse(text)


def test_files_are_ordered_by_number_and_within_a_file_by_offset() -> None:
    ordered = ["b.000009:500", "b.000010:4", "b.999999:9", "b.1000000:4", "b.1000000:5"]
    positions = [Position.parse(text) for text in ordered]
    assert all(one < other and other > one and not other < one for one, other in pairwise(positions))
    assert max(positions[1], positions[0]) == positions[1]
    assert positions[0] <= Position.parse("b.000009:500")


@given(st.integers(0, 2_000_000), st.integers(0, 1 << 40), st.integers(0, 2_000_000), st.integers(0, 1 << 40))
def test_order_of_positions_is_order_of_number_and_offset(n: int, a: int, m: int, b: int) -> None:
    assert (Position(f"x.{n:06d}", a) < Position(f"x.{m:06d}", b)) == ((n, a) < (m, b))


# -- options


def options(**more: Any) -> Options:
    return Options(**{"endpoint": Endpoint(), "schema": "shop", "table": "orders", "alter": "ADD c int", **more})


def test_options_know_the_table_they_are_about() -> None:
    assert options().original == TableName("shop", "orders")


@pytest.mark.parametrize(("name", "flag"), [("schema", "database"), ("table", "table"), ("alter", "alter")])
@pytest.mark.parametrize("value", ["", "  "])
def test_what_is_missing_is_named_by_its_flag(name: str, flag: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"^--{flag} is missing$"):
        options(**{name: value})


@pytest.mark.parametrize(
    ("field", "flag", "low", "high"),
    [
        ("copy_threads", "copy-threads", 0, 64),
        ("apply_threads", "apply-threads", 0, 64),
        ("app_latency_millis", "app-latency-target", 0, 60_000),
        ("max_lag_millis", "max-lag-millis", 1, 1 << 40),
    ],
)
def test_so_is_a_tunable(field: str, flag: str, low: int, high: int) -> None:
    for value in (low, high):
        options(tunables=Tunables(**{field: value}))
    for value in (low - 1, high + 1):
        with pytest.raises(UsageError, match=f"--{flag} must be between {low} and {high}, not {value}"):
            options(tunables=Tunables(**{field: value}))


@pytest.mark.parametrize("seconds", [-1.0, 0.009, 10.1])
def test_a_chunk_takes_as_long_as_it_can_be_asked_to(seconds: float) -> None:
    with pytest.raises(UsageError, match=r"--chunk-seconds must be between 0\.01 and 10\.0, or 0"):
        options(chunk_seconds=seconds)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("chunk_bytes", 1 << 16, 1 << 30),
        ("buffer_bytes", 1 << 20, 1 << 40),
        ("apply_batch", 1, 10_000),
        ("heartbeat_millis", 20, 1000),
        ("cut_over_lock_seconds", 1, 10),
        ("retries", 1, 1_000_000),
        ("replica_server_id", 0, (1 << 32) - 1),
    ],
)
def test_a_value_out_of_bounds_is_refused_and_its_bounds_are_named(name: str, low: float, high: float) -> None:
    assert getattr(options(**{name: low}), name) == low
    assert getattr(options(**{name: high}), name) == high
    flag = FLAGS_OF_OPTIONS.get(name, name.replace("_", "-"))
    step = 0.001 if isinstance(low, float) else 1
    for value in (low - step, high + step):
        with pytest.raises(UsageError, match=f"--{flag} must be between {low} and {high}, not {value}"):
            options(**{name: value})


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_a_chunk_size_may_be_free_or_within_gh_osts_bounds(size: int) -> None:
    assert options(tunables=Tunables(chunk_size=size)).tunables.chunk_size == size


@pytest.mark.parametrize("size", [-1, 1, 9, 100_001])
def test_any_other_chunk_size_is_refused(size: int) -> None:
    with pytest.raises(UsageError, match="--chunk-size must be between 10 and 100000"):
        options(tunables=Tunables(chunk_size=size))


def test_an_endpoint_never_shows_its_password() -> None:
    endpoint = Endpoint(user="me", password="s3cret", tls=Tls(ca="x"))
    assert "s3cret" not in repr(endpoint) + str(endpoint) + repr(options(endpoint=endpoint))


def test_an_endpoint_is_shown_by_socket_or_address_and_moves_to_another_with_its_credentials() -> None:
    endpoint = Endpoint(host="a", port=1, socket="/run/x.sock", user="me", password="p", timeout=3)
    assert str(endpoint) == "/run/x.sock"
    other = endpoint.at("b", 2)
    assert (str(other), other.user, other.password, other.timeout) == ("b:2", "me", "p", 3)


# -- errors


def tree() -> list[type[MigrationError]]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MigrationError)]
    assert len(kinds) >= 11
    return kinds


def test_every_error_has_the_exit_code_that_the_tree_says() -> None:
    said = errors.__doc__ or ""
    lines = {line.split()[0]: int(line.split()[-1]) for line in said.splitlines() if line.strip()[-1:].isdigit()}
    assert lines == {kind.__name__: kind.exit_code for kind in tree() if kind is not MigrationError}


def test_a_refusal_carries_its_code_in_its_text_too() -> None:
    refused = Refused("some-code", "no")
    assert (refused.code, str(refused)) == ("some-code", "no [some-code]")


def test_a_server_error_shows_number_message_and_a_short_statement_but_keeps_the_whole() -> None:
    statement = "SELECT\n  1 " + "x" * 500
    error = ServerError(1064, "syntax", statement)
    assert str(error).startswith("server error 1064: syntax (in: SELECT 1 xxx")
    assert str(error).endswith("…)")
    assert len(str(error)) < 240
    assert (error.errno, error.server_message, error.statement) == (1064, "syntax", statement)
    assert str(ServerError(1, "m")) == "server error 1: m"
    assert isinstance(ConnectionLost(2013, "x"), ServerError)


def test_a_statement_of_two_hundred_letters_is_shown_whole() -> None:
    assert "…" not in str(ServerError(1, "m", "x" * 200))
    assert "…" in str(ServerError(1, "m", "x" * 201))


# -- phases


def test_phases_move_forward_and_back_to_catching_up_and_nowhere_else() -> None:
    path = [
        Phase.INSPECTING,
        Phase.PREPARING,
        Phase.COPYING,
        Phase.CATCHING_UP,
        Phase.CUTTING_OVER,
        Phase.CLEANING,
        Phase.DONE,
    ]
    assert all(may_move(one, other) for one, other in pairwise(path))
    assert may_move(Phase.INSPECTING, Phase.DONE)
    assert may_move(Phase.CUTTING_OVER, Phase.CATCHING_UP)
    assert may_move(Phase.CATCHING_UP, Phase.POSTPONED)
    assert may_move(Phase.PREPARING, Phase.COUNTING)
    assert may_move(Phase.COUNTING, Phase.COPYING)
    assert may_move(Phase.POSTPONED, Phase.CATCHING_UP)
    assert may_move(Phase.COPYING, Phase.VERIFYING)
    assert may_move(Phase.COPYING, Phase.INDEXING)
    assert may_move(Phase.INDEXING, Phase.VERIFYING)
    assert may_move(Phase.INDEXING, Phase.CATCHING_UP)  # --no-verify
    assert may_move(Phase.VERIFYING, Phase.CATCHING_UP)
    assert may_move(Phase.VERIFYING, Phase.CLEANING)
    assert not may_move(Phase.COPYING, Phase.CUTTING_OVER)
    assert not may_move(Phase.VERIFYING, Phase.CUTTING_OVER)
    assert not may_move(Phase.POSTPONED, Phase.CUTTING_OVER)
    assert may_move(Phase.INSPECTING, Phase.CLEANING)  # what an earlier run has swapped
    assert may_move(Phase.WAITING, Phase.INSPECTING)
    assert sum(len(targets) for targets in LEGAL.values()) == 20


def test_every_phase_may_fail_but_what_is_done_is_done() -> None:
    assert [phase for phase in Phase if not may_move(phase, Phase.FAILED)] == [Phase.DONE]
    assert [phase for phase in Phase if not may_move(phase, Phase.WAITING)] == [Phase.DONE]
    assert set(LEGAL) == set(Phase)


# -- keys


def test_a_key_is_a_value_or_a_tuple_and_always_readable_as_a_tuple() -> None:
    one = KeyColumn(name="a", ordinal=0, kind=KeyKind.INTEGER)
    two = KeyColumn(name="b", ordinal=1, kind=KeyKind.TEXT)
    single, double = KeySpec(index="k", columns=(one,)), KeySpec(index="k", columns=(one, two))
    assert (single.single, double.single) == (True, False)
    assert single.values(5) == (5,)
    assert double.values((5, b"x")) == (5, b"x")
    assert double.names() == ("a", "b")


def test_i6_only_kinds_that_compare_here_as_on_the_server_are_comparable() -> None:
    kinds = {kind for kind in KeyKind if not KeyColumn(name="a", ordinal=0, kind=kind).comparable}
    assert kinds == {KeyKind.TEXT, KeyKind.INET4, KeyKind.INET6, KeyKind.UUID}


# -- tables and servers


def column(name: str, data_type: str, column_type: str) -> Column:
    return Column(name=name, ordinal=0, data_type=data_type, column_type=column_type)


@pytest.mark.parametrize(
    ("data_type", "column_type", "unsigned"),
    [
        ("int", "int unsigned", True),
        ("int", "int(10) unsigned", True),
        ("decimal", "decimal(10,2) unsigned zerofill", True),
        ("int", "int", False),
        ("enum", "enum('unsigned','x')", False),
        ("set", "set('a unsigned')", False),
    ],
)
def test_a_number_is_unsigned_where_its_type_says_so_outside_of_texts(
    data_type: str, column_type: str, *, unsigned: bool
) -> None:
    assert column("a", data_type, column_type).unsigned is unsigned


def test_a_column_is_found_whatever_its_letters_case() -> None:
    table = Table(name=TableName("s", "t"), columns=(column("Id", "int", "int"),), unique_keys=(), engine="InnoDB")
    found = table.column("iD")
    assert found is not None
    assert found.name == "Id"
    assert table.column("x") is None
    assert UniqueKey(name="PRIMARY", columns=("id",)).primary
    assert not UniqueKey(name="primary_2", columns=("id",)).primary


@pytest.mark.parametrize(
    ("value", "on"), [("ON", True), ("1", True), ("yes", True), ("OFF", False), ("0", False), ("", False)]
)
def test_a_server_variable_is_on_where_it_says_so(value: str, *, on: bool) -> None:
    identity = ServerIdentity(server_id="1", uuid="u-u", host="db", port="3306")
    facts = ServerFacts(
        identity=identity, version="8", flavor="MySQL", renames_under_lock=True, supported=True,
        variables={"v": value},
    )  # fmt: skip
    assert facts.on("v") is on
    assert not facts.on("absent")
    assert str(identity) == "db:3306 (server id 1, u-u)"
    assert str(ServerIdentity(server_id="1", uuid="", host="db", port="2")) == "db:2 (server id 1)"
