"""What differs between servers, from the version they give."""

from __future__ import annotations

import pytest

from ghostshift.model.errors import Refused
from ghostshift.mysql.dialect import Dialect


@pytest.mark.parametrize(
    ("text", "comment", "mariadb", "version"),
    [
        ("8.0.36", "MySQL Community Server - GPL", False, (8, 0, 36)),
        ("8.0.36-28", "Percona Server (GPL), Release 28", False, (8, 0, 36)),
        ("9.7.4-debug-log", "", False, (9, 7, 4)),
        ("10.11.6-MariaDB-0+deb12u1-log", "Debian 12", True, (10, 11, 6)),
        ("5.5.5-10.6.12-MariaDB", "", True, (10, 6, 12)),
        ("11.8.2", "MariaDB Server", True, (11, 8, 2)),
    ],
)
def test_flavour_and_version_are_read_from_what_servers_say(
    text: str, comment: str, version: tuple[int, int, int], *, mariadb: bool
) -> None:
    dialect = Dialect.of(text, comment)
    assert (dialect.mariadb, dialect.version, dialect.text) == (mariadb, version, text)
    assert dialect.name == ("MariaDB" if mariadb else "MySQL")


@pytest.mark.parametrize("text", ["", "abc", "8.0", "v8.0.1"])
def test_what_is_no_version_is_refused_and_shown(text: str) -> None:
    with pytest.raises(Refused, match="not a version of MySQL or MariaDB") as refused:
        Dialect.of(text)
    assert refused.value.code == "server-version"
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "under_lock", "supported", "position"),
    [
        ("5.6.51", False, False, "SHOW MASTER STATUS"),
        ("5.7.44", False, True, "SHOW MASTER STATUS"),
        ("8.0.12", False, True, "SHOW MASTER STATUS"),
        ("8.0.13", True, True, "SHOW MASTER STATUS"),
        ("8.1.0", True, True, "SHOW MASTER STATUS"),
        ("8.2.0", True, True, "SHOW BINARY LOG STATUS"),
        ("9.7.0", True, True, "SHOW BINARY LOG STATUS"),
        ("10.5.9-MariaDB", False, False, "SHOW MASTER STATUS"),
        ("10.6.0-MariaDB", False, True, "SHOW MASTER STATUS"),
        ("11.8.0-MariaDB", False, True, "SHOW MASTER STATUS"),
    ],
)
def test_i11_only_servers_that_rename_a_locked_table_are_asked_to(
    text: str, position: str, *, under_lock: bool, supported: bool
) -> None:
    dialect = Dialect.of(text)
    assert (dialect.renames_under_lock, dialect.supported, dialect.position_statement) == (
        under_lock,
        supported,
        position,
    )


def test_i1_only_mysql_can_be_told_to_leave_the_logs_order() -> None:
    assert Dialect.of("8.4.0").orders_commits_by_variable
    assert not Dialect.of("11.4.2-MariaDB").orders_commits_by_variable


@pytest.mark.parametrize("text", ["8.0.36", "9.7.4", "10.11.6-MariaDB"])
def test_i2_every_session_reads_committed_rows_strictly_in_the_zone_it_is_given(text: str) -> None:
    first, second, *_ = Dialect.of(text).session_setup(time_zone="'Europe/Paris'")
    assert first == "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
    assert "time_zone = 'Europe/Paris'," in second
    assert "'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'" in second
    for mode in ("ALLOW_INVALID_DATES", "TIME_TRUNCATE_FRACTIONAL", "TIME_ROUND_FRACTIONAL", "NO_UNSIGNED_SUBTRACTION"):
        assert f"IF(FIND_IN_SET('{mode}', @@GLOBAL.sql_mode), ',{mode}', '')" in second
    assert "NO_ZERO" not in second
    assert "NO_BACKSLASH_ESCAPES" not in second


def test_each_flavour_is_only_told_what_it_knows() -> None:
    mysql = " ".join(Dialect.of("8.0.36").session_setup(time_zone="'+00:00'"))
    mariadb = " ".join(Dialect.of("10.11.6-MariaDB").session_setup(time_zone="'+00:00'"))
    assert "range_optimizer_max_mem_size = 0" in mysql
    assert "in_predicate_conversion_threshold = 0" in mariadb
    assert "in_predicate_conversion_threshold" not in mysql
    assert "range_optimizer_max_mem_size" not in mariadb


def test_sessions_that_write_are_strict_unless_the_servers_own_mode_is_asked_for() -> None:
    assert Dialect.writing_setup(strict=True, notes=False) == ("SET SESSION sql_notes = 0",)
    notes, mode = Dialect.writing_setup(strict=False, notes=True)
    assert notes == "SET SESSION sql_notes = 1"
    assert "CONCAT('NO_AUTO_VALUE_ON_ZERO', " in mode
    assert "IF(FIND_IN_SET('STRICT_TRANS_TABLES', @@GLOBAL.sql_mode), ',STRICT_TRANS_TABLES', '')" in mode


def test_the_alter_runs_in_the_servers_own_mode_without_its_ban_on_zero_dates_where_allowed() -> None:
    assert Dialect.altering_setup(zero_dates=False).startswith("SET SESSION sql_mode = @@GLOBAL.sql_mode, ")
    allowed = Dialect.altering_setup(zero_dates=True)
    assert all(f"'{name}', ''" in allowed for name in ("NO_ZERO_DATE", "NO_ZERO_IN_DATE", "TRADITIONAL"))


@pytest.mark.parametrize(
    ("text", "executed", "passed_over"),
    [
        ("8.0.36", [(False, 0), (False, 50700), (False, 80036)], [(True, 0), (False, 80037), (False, 100600)]),
        ("9.7.4", [(False, 90704)], [(False, 90800), (True, 50500)]),
        (
            "10.11.6-MariaDB",
            [(False, 0), (True, 0), (False, 50699), (False, 100600), (True, 101106), (True, 80000)],
            [(False, 50700), (False, 80000), (False, 99999), (False, 110000), (True, 101107)],
        ),
    ],
)
def test_a_server_executes_comments_up_to_its_own_version_and_of_its_own_kind(
    text: str, executed: list[tuple[bool, int]], passed_over: list[tuple[bool, int]]
) -> None:
    dialect = Dialect.of(text)
    assert all(dialect.executes(*one) for one in executed)
    assert not any(dialect.executes(*one) for one in passed_over)
