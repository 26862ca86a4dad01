"""Keys as SQL literals and back: every kind, every awkward value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostshift.model.errors import MigrationError
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.sql.literals import (
    form,
    ghost_form,
    parse_key,
    parse_value,
    select_expression,
    text_literal,
    time_text,
    value_literal,
)
from ghostshift.sql.tokens import words_of


def column(kind: KeyKind, **more: Any) -> KeyColumn:
    return KeyColumn(**{"name": "k", "ordinal": 0, "kind": kind, **more})


def text(charset: str = "utf8mb4", collation: str = "utf8mb4_0900_ai_ci") -> KeyColumn:
    return column(KeyKind.TEXT, charset=charset, collation=collation)


@pytest.mark.parametrize(
    ("made", "value", "literal"),
    [
        (column(KeyKind.INTEGER), -(1 << 63), "-9223372036854775808"),
        (column(KeyKind.INTEGER, unsigned=True), (1 << 64) - 1, "18446744073709551615"),
        (column(KeyKind.ENUM), 3, "3"),
        (column(KeyKind.SET), 1 << 63, "9223372036854775808"),
        (column(KeyKind.BIT, length=64), (1 << 64) - 1, "18446744073709551615"),
        (column(KeyKind.BIT, length=1), 0, "0"),
        (column(KeyKind.BYTES), b"\x00\\'\xff", "X'005c27ff'"),
        (column(KeyKind.BYTES), b"", "X''"),
        (column(KeyKind.BYTES, length=4), b"a\0\0\0", "X'61000000'"),
        (text(), "a\\'é".encode(), "_utf8mb4 X'615c27c3a9' COLLATE utf8mb4_0900_ai_ci"),
        (text("latin1", "latin1_bin"), b"\xe9", "_latin1 X'e9' COLLATE latin1_bin"),
        (text(), b"", "_utf8mb4 X'' COLLATE utf8mb4_0900_ai_ci"),
        (column(KeyKind.DECIMAL), Decimal("-0.50"), "-0.50"),
        (column(KeyKind.DECIMAL), Decimal("1E+20"), "100000000000000000000"),
        (column(KeyKind.DECIMAL), Decimal("0E-10"), "0.0000000000"),
        (column(KeyKind.DATE), "0000-00-00", "'0000-00-00'"),
        (column(KeyKind.DATETIME), "2026-00-31 23:59:59.000000", "'2026-00-31 23:59:59.000000'"),
        (column(KeyKind.TIMESTAMP), "0000-00-00 00:00:00.000000", "'0000-00-00 00:00:00.000000'"),
        (column(KeyKind.TIME), -1, "'-00:00:00.000001'"),
        (column(KeyKind.TIME), 0, "'00:00:00.000000'"),
        (column(KeyKind.INET4), bytes([10, 0, 0, 1]), "CAST(X'0a000001' AS INET4)"),
        (column(KeyKind.INET6), bytes(16), f"CAST(X'{'00' * 16}' AS INET6)"),
        (column(KeyKind.UUID), bytes(range(16)), "CAST(X'000102030405060708090a0b0c0d0e0f' AS UUID)"),
    ],
)
def test_i6_a_value_becomes_a_literal_of_its_columns_own_type(made: KeyColumn, value: Any, literal: str) -> None:
    assert value_literal(made, value) == literal
    assert list(form(made).write_all([value, value])) == [literal, literal]


@pytest.mark.parametrize(
    ("made", "raw", "value"),
    [
        (column(KeyKind.INTEGER), "-5", -5),
        (column(KeyKind.INTEGER), b"18446744073709551615", (1 << 64) - 1),
        (column(KeyKind.ENUM), "2", 2),
        (column(KeyKind.BIT), "255", 255),
        (column(KeyKind.BYTES), "00FF5C", b"\x00\xff\\"),
        (column(KeyKind.BYTES), "", b""),
        (text(), "C3A9", "é".encode()),
        (column(KeyKind.DECIMAL), "-0.50", Decimal("-0.50")),
        (column(KeyKind.DATE), "0000-00-00", "0000-00-00"),
        (column(KeyKind.DATETIME), "2026-01-31 23:59:59", "2026-01-31 23:59:59.000000"),
        (column(KeyKind.DATETIME), "2026-01-31 23:59:59.12", "2026-01-31 23:59:59.120000"),
        (column(KeyKind.TIMESTAMP), "0000-00-00 00:00:00", "0000-00-00 00:00:00.000000"),
        (column(KeyKind.TIME), "00:00:00", 0),
        (column(KeyKind.TIME), "-00:00:00.5", -500_000),
        (column(KeyKind.TIME), "-838:59:59", -3_020_399_000_000),
        (column(KeyKind.TIME), b"838:59:59.000001", 3_020_399_000_001),
        (column(KeyKind.INET4), "0A000001", bytes([10, 0, 0, 1])),
        (column(KeyKind.UUID), "00" * 16, bytes(16)),
    ],
)
def test_what_a_server_answers_is_read_as_the_key_that_the_log_would_bring(
    made: KeyColumn, raw: str | bytes, value: Any
) -> None:
    assert parse_value(made, raw) == value


@pytest.mark.parametrize(
    ("made", "raw"),
    [
        (column(KeyKind.INTEGER), None),
        (column(KeyKind.INTEGER), "x"),
        (column(KeyKind.BYTES), "0G"),
        (column(KeyKind.DECIMAL), "x"),
        (column(KeyKind.TIME), "12"),
        (column(KeyKind.DATETIME), None),
        (text(), None),
    ],
)
def test_what_cannot_be_a_key_is_an_error_that_names_the_column(made: KeyColumn, raw: Any) -> None:
    with pytest.raises(MigrationError, match="key column 'k'"):
        parse_value(made, raw)


@given(st.integers(-3_020_399_000_000, 3_020_399_000_000))
def test_a_time_of_either_sign_survives_the_trip_to_text_and_back(microseconds: int) -> None:
    assert parse_value(column(KeyKind.TIME), time_text(microseconds)) == microseconds


@pytest.mark.parametrize(
    ("microseconds", "shown"),
    [
        (-1, "-00:00:00.000001"),
        (-3_020_399_000_000, "-838:59:59.000000"),
        (3_600_000_000, "01:00:00.000000"),
        (59_999_999, "00:00:59.999999"),
        (-61_000_000, "-00:01:01.000000"),
    ],
)
def test_a_negative_time_is_its_absolute_value_with_a_sign(microseconds: int, shown: str) -> None:
    assert time_text(microseconds) == shown


@given(st.text(max_size=30).filter(lambda value: "\0" not in value))
def test_any_text_is_one_literal_word_of_the_same_text(value: str) -> None:
    _, words = words_of(f"SELECT {text_literal(value)}, x")
    assert [word.literal for word in words[1:]] == [True, False, False]
    assert words[1].text == value


@pytest.mark.parametrize(
    ("value", "literal"),
    [("it's", "'it''s'"), ("a\\", "'a\\\\'"), ("\\'", "'\\\\'''"), ("\0", "'\\0'"), ("naïve 🦉", "'naïve 🦉'")],
)
def test_quotes_backslashes_and_zero_bytes_are_escaped(value: str, literal: str) -> None:
    assert text_literal(value) == literal


def spec(*columns: KeyColumn) -> KeySpec:
    return KeySpec(index="PRIMARY", columns=columns)


NUMBER = column(KeyKind.INTEGER)


def test_a_selected_row_is_a_bare_value_or_a_tuple() -> None:
    assert parse_key(spec(NUMBER), ("7",)) == 7
    assert parse_key(spec(NUMBER, column(KeyKind.BYTES)), ("7", "01")) == (7, b"\x01")


@pytest.mark.parametrize(
    ("ours", "theirs", "value", "literal"),
    [
        (text("latin1", "latin1_bin"), text(), b"a", "CONVERT(_latin1 X'61' USING utf8mb4) COLLATE utf8mb4_0900_ai_ci"),
        (text("utf8mb4", "utf8mb4_bin"), text("utf8mb4", "x"), b"", "CONVERT(_utf8mb4 X'' USING utf8mb4) COLLATE x"),
        (text(), text(), b"a", "_utf8mb4 X'61' COLLATE utf8mb4_0900_ai_ci"),
        (column(KeyKind.BYTES, length=2), column(KeyKind.BYTES, length=4), b"ab", "X'61620000'"),
        (column(KeyKind.BYTES, length=4), column(KeyKind.BYTES), b"ab\0\0", "X'61620000'"),
        (NUMBER, column(KeyKind.INTEGER, unsigned=True), 5, "5"),
    ],
)
def test_i6_the_ghost_is_asked_for_the_key_as_it_holds_it(
    ours: KeyColumn, theirs: KeyColumn, value: Any, literal: str
) -> None:
    assert ghost_form(ours, theirs).write(value) == literal


@pytest.mark.parametrize(
    ("made", "expression"),
    [
        (text("latin1", "latin1_bin"), "HEX(CONVERT(`k` USING latin1))"),
        (column(KeyKind.BYTES), "HEX(`k`)"),
        (column(KeyKind.INET4), "HEX(CAST(`k` AS BINARY(4)))"),
        (column(KeyKind.INET6), "HEX(CAST(`k` AS BINARY(16)))"),
        (column(KeyKind.UUID), "HEX(CAST(`k` AS BINARY(16)))"),
        (column(KeyKind.ENUM), "CAST(`k` AS UNSIGNED)"),
        (column(KeyKind.SET), "CAST(`k` AS UNSIGNED)"),
        (column(KeyKind.BIT), "CAST(`k` AS UNSIGNED)"),
        (column(KeyKind.INTEGER), "`k`"),
        (column(KeyKind.DECIMAL), "`k`"),
        (column(KeyKind.DATE), "CAST(`k` AS CHAR)"),
        (column(KeyKind.TIME), "CAST(`k` AS CHAR)"),
        (column(KeyKind.TIMESTAMP), "CAST(`k` AS CHAR)"),
    ],
)
def test_each_kind_is_asked_for_in_a_form_that_loses_nothing(made: KeyColumn, expression: str) -> None:
    assert select_expression(made) == expression


def test_another_name_and_an_alias_take_the_columns_place() -> None:
    assert select_expression(NUMBER, name="a`b") == "`a``b`"
    assert select_expression(NUMBER, alias="o") == "o.`k`"
    assert select_expression(column(KeyKind.BYTES), name="x", alias="g") == "HEX(g.`x`)"
