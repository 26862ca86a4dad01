"""Conversions that are refused, since a copy makes other values than the server's own ALTER."""

from __future__ import annotations

from typing import Any

import pytest

from ghostshift.core.oddities import check_conversions, oddity
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName
from ghostshift.model.plan import ColumnPair
from ghostshift.model.schema import Column, Table


def column(kind: str, **more: Any) -> Column:
    return Column(
        **{"name": "v", "ordinal": 0, "data_type": kind, "column_type": kind, "nullable": True, "charset": "", **more}
    )


def table(one: Column) -> Table:
    return Table(name=TableName("s", "t"), columns=(one,), unique_keys=(), engine="InnoDB")


CHAR4 = column("char", characters=4, octets=4)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (column("blob"), column("bit")),
        (column("json"), column("int")),
        (column("double"), column("year")),
        (column("time"), column("datetime")),
        (column("decimal"), column("enum", column_type="enum('a')")),
        (column("int"), column("enum", column_type="enum('a','2')")),
        (CHAR4, column("binary", octets=4)),
    ],
)
def test_these_are_refused(before: Column, after: Column) -> None:
    with pytest.raises(Refused, match=r"converts 'v' of `s`\.`t` from .* to ") as refused:
        check_conversions(table(before), table(after), [ColumnPair(original="v", ghost="v")])
    assert refused.value.code == "conversion"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (column("int"), column("bit")),
        (column("bit"), column("bit", precision=9)),
        (column("json"), column("longtext")),
        (column("int"), column("enum", column_type="enum('a','b2')")),
        (column("enum"), column("int")),
        (CHAR4, column("binary", octets=5)),
        (column("char", characters=4, octets=16), column("binary", octets=16)),
    ],
)
def test_these_are_not(before: Column, after: Column) -> None:
    assert oddity(before, after, mariadb=False) == ""


def test_mariadb_pads_as_a_copy_does() -> None:
    assert oddity(CHAR4, column("binary", octets=4), mariadb=True) == ""
