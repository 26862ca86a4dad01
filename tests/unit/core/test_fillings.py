"""What new columns begin with: the server's implicit default where nothing else gives them a value."""

from __future__ import annotations

import pytest

from ghostshift.core.fillings import fillings
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName
from ghostshift.model.plan import ColumnPair, Filling
from ghostshift.model.schema import Column, Table

ID = Column(name="id", ordinal=0, data_type="int", column_type="int", defaultless=True)
PAIRS = (ColumnPair(original="id", ghost="id"),)


def table(*columns: Column) -> Table:
    return Table(name=TableName("shop", "t"), columns=columns, unique_keys=(), engine="InnoDB")


def new(kind: str, *, defaultless: bool = True) -> Column:
    return Column(name="c", ordinal=1, data_type=kind, column_type=kind, defaultless=defaultless)


def test_only_new_columns_without_a_default_are_filled() -> None:
    assert fillings(table(ID), table(ID, new("int")), PAIRS, zero_dates=False) == (Filling(column="c", literal="0"),)
    assert fillings(table(ID), table(ID, new("int", defaultless=False)), PAIRS, zero_dates=False) == ()
    assert fillings(table(ID), table(ID), PAIRS, zero_dates=False) == ()


@pytest.mark.parametrize("kind", ["date", "datetime", "timestamp"])
def test_a_zero_date_is_put_only_where_it_may_be(kind: str) -> None:
    assert fillings(table(ID), table(ID, new(kind)), PAIRS, zero_dates=True)[0].literal.startswith("'0000-00-00")
    with pytest.raises(Refused, match=r"`shop`\.`t` a column 'c'.*--allow-zero-in-date"):
        fillings(table(ID), table(ID, new(kind)), PAIRS, zero_dates=False)


def test_a_type_without_an_implicit_default_is_refused() -> None:
    with pytest.raises(Refused, match="there is nothing to put into it") as refused:
        fillings(table(ID), table(ID, new("geometry")), PAIRS, zero_dates=True)
    assert refused.value.code == "no-default"
