"""Reading a column as the server's own ALTER would: tests/conformance shows that the expressions do it."""

from __future__ import annotations

from typing import Any

import pytest

from ghostshift.model.schema import Column
from ghostshift.sql.transfers import transfer


def column(kind: str, **more: Any) -> Column:
    return Column(
        **{"name": "v", "ordinal": 0, "data_type": kind, "column_type": kind, "nullable": True, "charset": "", **more}
    )


LONG = column("longtext", octets=2**32 - 1)
WIDE = column("varchar", column_type="varchar(9)", characters=9, octets=9, charset="latin1")
NARROW = column("varchar", column_type="varchar(3)", characters=3, octets=3, charset="latin1")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (WIDE, WIDE, "`v`"),
        (column("float"), WIDE, "CAST(`v` AS CHAR)"),
        (column("year"), column("binary"), "CAST(`v` AS CHAR)"),
        (column("float"), column("double"), "`v`"),
        (LONG, column("text", octets=65535), "COALESCE(`v`)"),
        (column("text", octets=65535), LONG, "`v`"),
        (column("varchar", octets=300), column("tinytext", octets=255), "COALESCE(`v`)"),
        (WIDE, NARROW, "IF(CHAR_LENGTH(`v`) > 3, CONCAT(`v`, '.'), `v`)"),
        (NARROW, WIDE, "`v`"),
        (WIDE, column("char", characters=3, octets=3, charset="latin1"), "`v`"),
        (WIDE, column("varchar", characters=3, octets=12, charset="utf8mb4"), "`v`"),
        (column("date"), WIDE, "`v`"),
    ],
)
def test_where_a_plain_column_will_not_do_an_expression_stands(before: Column, after: Column, expected: str) -> None:
    assert transfer(before, after, "v", mariadb=False) == expected
    assert transfer(before, after, "v", mariadb=True) == expected


def test_a_fraction_is_no_whole_number_to_mariadb() -> None:
    assert transfer(WIDE, column("int"), "v", mariadb=True) == "IF(`v` REGEXP '[.eE]', CONCAT(`v`, '!'), `v`)"
    assert transfer(WIDE, column("int"), "v", mariadb=False) == "`v`"


def test_a_name_is_quoted() -> None:
    assert transfer(column("float"), WIDE, "a`b", mariadb=False) == "CAST(`a``b` AS CHAR)"
