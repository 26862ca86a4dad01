"""What is read from SHOW CREATE TABLE to fill a ghost without its AUTO_INCREMENT, and the statements for it."""

from __future__ import annotations

import pytest

from ghostshift.model.names import HelperNames, TableName
from ghostshift.sql import loosening

T = TableName("shop", "t")
NAMES = HelperNames(
    ghost=T.sibling("t_gho"), old=T.sibling("t_del"), changelog=T.sibling("t_ghc"), checkpoint=T.sibling("t_ghk")
)
CREATED = (
    "CREATE TABLE `t_gho` (\n"
    "  `note` varchar(9) DEFAULT 'id AUTO_INCREMENT',\n"
    "  `i``d` int(11) NOT NULL AUTO_INCREMENT COMMENT 'an AUTO_INCREMENT, it''s said' CHECK (`i``d` > 0),\n"
    "  PRIMARY KEY (`i``d`)\n"
    ") ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COMMENT='PARTITION BY KEY'"
)
LOOSE = (
    CREATED.replace("t_gho", "t_ghs").replace("NULL AUTO_INCREMENT", "NULL").replace(" AUTO_INCREMENT=7", "")
    + "\n PARTITION BY KEY (`i``d`)\nPARTITIONS 1"
)


def test_a_definition_loses_the_attribute_and_nothing_that_only_looks_like_it() -> None:
    found = loosening.definition_without_number(CREATED, "i`d")
    assert found == "`i``d` int(11) NOT NULL COMMENT 'an AUTO_INCREMENT, it''s said' CHECK (`i``d` > 0)"


@pytest.mark.parametrize("column", ["note", "absent"])
def test_a_column_without_the_attribute_has_no_such_definition(column: str) -> None:
    assert loosening.definition_without_number(CREATED, column) is None


def test_partitions_are_told_from_a_comment() -> None:
    assert not loosening.is_partitioned(CREATED)
    assert loosening.is_partitioned(LOOSE)


def test_two_forms_of_one_table_are_alike_and_another_table_is_not() -> None:
    assert loosening.alike(CREATED, LOOSE)
    assert not loosening.alike(CREATED, LOOSE.replace("varchar(9)", "varchar(10)"))
    assert not loosening.alike(CREATED, LOOSE.replace("an AUTO_INCREMENT", "an"))


def test_ghost_and_shell_change_names_in_one_statement() -> None:
    assert loosening.change_names(NAMES) == (
        "RENAME TABLE `shop`.`t_gho` TO `shop`.`t_ghx`, `shop`.`t_ghs` TO `shop`.`t_gho`, "
        "`shop`.`t_ghx` TO `shop`.`t_ghs`"
    )
