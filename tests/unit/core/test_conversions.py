"""Which conversions keep different values different."""

from __future__ import annotations

import pytest

from ghostshift.core.conversions import keeps_spelling, keeps_values
from ghostshift.model.schema import Column


def column(text: str, collation: str = "utf8mb4_general_ci") -> Column:
    """A column from `varchar(20)`-like text."""
    data_type = text.split("(", maxsplit=1)[0].split(maxsplit=1)[0]
    size = int(text.partition("(")[2].split(",")[0].rstrip(")")) if "(" in text and "'" not in text else 0
    scale = int(text.partition(",")[2].rstrip(")")) if data_type == "decimal" else 0
    textual = data_type in ("char", "varchar")
    return Column(
        name="a",
        ordinal=0,
        data_type=data_type,
        column_type=text,
        collation=collation if textual else "",
        characters=size if textual else 0,
        fraction=size if data_type in ("datetime", "timestamp", "time") else 0,
        scale=scale,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("int", "bigint"),
        ("bigint unsigned", "int"),  # what does not fit is an error
        ("year", "int"),
        ("varchar(20)", "varchar(30)"),
        ("varchar(20)", "varchar(5)"),
        ("char(20)", "varchar(20)"),
        ("varchar(20)", "char(20)"),
        ("binary(8)", "binary(16)"),
        ("binary(8)", "varbinary(16)"),
        ("varbinary(8)", "varbinary(16)"),
        ("datetime(0)", "datetime(6)"),
        ("decimal(10,2)", "decimal(12,4)"),
        ("enum('a','b')", "enum('a','b','c')"),
        ("bit(3)", "bit(9)"),
        ("double", "double"),
    ],
)
def test_these_keep_values_apart(before: str, after: str) -> None:
    assert keeps_values(column(before), column(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("varbinary(20)", "binary(20)"),  # pads with zeros
        ("int", "year"),  # 1 is 2001
        ("int", "varchar(10)"),
        ("varchar(10)", "int"),
        ("datetime(6)", "datetime(0)"),  # rounds
        ("datetime(6)", "timestamp(6)"),
        ("decimal(10,4)", "decimal(10,2)"),
        ("double", "float"),
        ("enum('a','b')", "enum('b','a')"),
        ("enum('a','b')", "varchar(5)"),
    ],
)
def test_these_may_make_two_values_one(before: str, after: str) -> None:
    assert not keeps_spelling(column(before), column(after))


@pytest.mark.parametrize("collation", ["utf8mb4_0900_ai_ci", "utf8mb4_nopad_bin"])
@pytest.mark.parametrize(("before", "after"), [("varchar(20)", "char(20)"), ("varchar(20)", "varchar(5)")])
def test_stripped_blanks_matter_where_the_collation_sees_them(collation: str, before: str, after: str) -> None:
    assert not keeps_spelling(column(before, collation), column(after, collation))
    assert keeps_spelling(column(before), column(after))


def test_another_collation_keeps_the_spelling_but_not_the_values_apart() -> None:
    before, after = column("varchar(5)", "utf8mb4_bin"), column("varchar(9)", "utf8mb4_general_ci")
    assert keeps_spelling(before, after)
    assert not keeps_values(before, after)
