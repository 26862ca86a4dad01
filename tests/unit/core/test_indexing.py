"""Which indexes may come after the copy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ghostshift.core.indexing import choices, doing, on_indexes
from ghostshift.model.index import Index, IndexPart
from ghostshift.model.names import TableName
from ghostshift.model.schema import Column, Table, UniqueKey

GHOST = TableName("shop", "_t_gho")
TABLE = Table(
    name=GHOST,
    columns=(
        Column(name="id", ordinal=0, data_type="int", column_type="int"),
        Column(name="No", ordinal=1, data_type="int", column_type="int", auto_increment=True),
        Column(name="virtual", ordinal=2, data_type="int", column_type="int", generated="virtual"),
        Column(name="stored", ordinal=3, data_type="int", column_type="int", generated="stored"),
    ),
    unique_keys=(UniqueKey(name="PRIMARY", columns=("id",)),),
    engine="InnoDB",
)


def index(*columns: str) -> Index:
    return Index(name="by " + " ".join(columns), parts=tuple(IndexPart(column=name) for name in columns))


ID, STORED, BOTH = index("id"), index("stored"), index("id", "No")


def test_all_may_that_are_plain() -> None:
    assert choices(TABLE, (ID, STORED, BOTH)) == ((ID, STORED, BOTH),)


@pytest.mark.parametrize("stays", [None, index("virtual"), index("id", "virtual"), index("no"), index("gone")])
def test_what_stays_may_upset_the_order_of_those_before_it(stays: Index | None) -> None:
    assert choices(TABLE, (ID, stays, BOTH)) == ((ID, BOTH), (BOTH,))
    assert choices(TABLE, (ID, stays)) == ((ID,),)
    assert choices(TABLE, (stays,)) == ()


def test_the_counter_may_have_another_key() -> None:
    other = replace(TABLE, unique_keys=(*TABLE.unique_keys, UniqueKey(name="u", columns=("no", "id"))))
    assert choices(other, (index("No"),)) == ((index("No"),),)


def test_a_person_is_told() -> None:
    assert doing(1, GHOST).startswith("adding 1 index to `shop`.`_t_gho`")
    assert doing(3, GHOST).startswith("adding 3 indexes to")
    assert "changes nothing" in on_indexes(GHOST, ()).text
    assert "'by id', 'by stored' after the copy" in on_indexes(GHOST, (ID, STORED)).text
