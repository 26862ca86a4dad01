"""Which columns of two tables belong together."""

from __future__ import annotations

import pytest

from ghostshift.core.two_tables import paired
from ghostshift.model.errors import Refused, UsageError
from ghostshift.model.names import TableName
from ghostshift.model.schema import Column, Table, UniqueKey

PRIMARY = UniqueKey(name="PRIMARY", columns=("id",))


def table(name: str, *columns: str, keys: tuple[UniqueKey, ...] = (PRIMARY,)) -> Table:
    made = tuple(Column(name=c, ordinal=n, data_type="int", column_type="int") for n, c in enumerate(columns))
    return Table(name=TableName("s", name), columns=made, unique_keys=keys, engine="InnoDB")


def test_columns_belong_together_by_name_or_as_the_person_says() -> None:
    found = paired(table("t", "id", "a", "b", "c"), table("u", "ID", "b", "d"), renames={"A": "d"})
    assert [(pair.original, pair.ghost) for pair in found.pairs] == [("id", "ID"), ("a", "d"), ("b", "b")]
    assert found.left_out == ("c",)
    assert found.other_key.names() == ("ID",)


def test_a_column_that_another_one_was_renamed_to_is_not_paired_twice() -> None:
    found = paired(table("t", "id", "a", "b"), table("u", "id", "b"), renames={"a": "b"})
    assert [(pair.original, pair.ghost) for pair in found.pairs] == [("id", "id"), ("a", "b")]


def test_the_key_is_compared_whatever_is_chosen() -> None:
    left, right = table("t", "id", "a", "b"), table("u", "id", "a", "b")
    assert [pair.original for pair in paired(left, right, only=["b"]).pairs] == ["id", "b"]
    assert [pair.original for pair in paired(left, right, ignored=["id", "b"]).pairs] == ["id", "a"]


def test_another_unique_key_serves_where_the_primary_key_does_not() -> None:
    second = UniqueKey(name="a", columns=("a",))
    left = table("t", "id", "a", keys=(PRIMARY, second))
    assert paired(left, table("u", "x", "a", keys=(second,))).key.index == "a"
    for other in (table("u", "id", "a", keys=()), table("u", "id", keys=(second,))):
        with pytest.raises(Refused) as caught:
            paired(left, other)
        assert caught.value.code == "no-shared-key"


@pytest.mark.parametrize(
    "wrong", [{"renames": {"x": "a"}}, {"renames": {"a": "x"}}, {"only": ["x"]}, {"ignored": ["x"]}], ids=str
)
def test_a_column_that_is_not_there_is_said(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="no column 'x'"):
        paired(table("t", "id", "a"), table("u", "id", "a"), **wrong)  # type: ignore[arg-type]
    with pytest.raises(Refused) as caught:
        paired(table("t", "a"), table("u", "b"))
    assert caught.value.code == "no-shared-columns"
