"""Questions to the server about its own ways: which are asked, in which words, and which ALTERs are not asked about."""

from __future__ import annotations

import pytest

from ghostshift.model.names import TableName
from ghostshift.sql.native import MARIADB_WAYS, WAYS, native_alter, stored_name, unasked


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("ADD COLUMN a int", ""),
        ("ADD COLUMN `lock` int COMMENT 'ALGORITHM=COPY'", ""),
        ("ADD COLUMN locked int, ADD INDEX algorithms (locked)", ""),
        ("ADD COLUMN a int, algorithm = copy", "ALGORITHM"),
        ("LOCK=NONE, ADD COLUMN a int", "LOCK"),
        ("PARTITION BY HASH (id) PARTITIONS 4", "PARTITION"),
        ("REMOVE PARTITIONING", "PARTITIONING"),
        ("ADD a int /*!80000 , ALGORITHM=COPY */", "ALGORITHM"),
    ],
)
def test_what_speaks_of_its_own_way_is_not_asked_about(options: str, word: str) -> None:
    assert (f"the ALTER says {word}:" in unasked(options)) if word else (unasked(options) == "")


def test_ways_go_from_the_cheapest_to_the_dearest() -> None:
    assert [algorithm for algorithm, _ in WAYS] == ["INSTANT", "INPLACE", "INPLACE", "COPY"]
    assert [one for one in MARIADB_WAYS if one[0] != "NOCOPY"] == list(WAYS)
    assert native_alter(TableName("s", "t"), WAYS[0], "ADD a int") == "ALTER TABLE `s`.`t` ALGORITHM=INSTANT, ADD a int"
    assert " ALGORITHM=INPLACE, LOCK=NONE, " in native_alter(TableName("s", "t"), WAYS[1], "ADD a int")


@pytest.mark.parametrize(
    ("schema", "table", "stored"),
    [("shop", "orders_2", "shop/orders_2"), ("p-x", "a b", "p@002dx/a@0020b"), ("shop", "café", None)],
)
def test_names_are_found_as_innodb_writes_them(schema: str, table: str, stored: str | None) -> None:
    assert stored_name(TableName(schema, table)) == stored
