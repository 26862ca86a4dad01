"""What is suspected of not fitting, by how the column changes; and that what is not narrowed is not looked at."""

from __future__ import annotations

import pytest

from ghostshift.core.planner import make_plan
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import read_alter
from ghostshift.sql.misfits import counted, shown, suspected, suspicions

NAME = TableName("shop", "t")
HELPERS = helper_names(NAME, sort_after=False)
ID = Column(name="id", ordinal=0, data_type="int", column_type="int")


def column(column_type: str, *, nullable: bool = False, charset: str = "", octets: int = 0) -> Column:
    kind, _, rest = column_type.partition("(")
    numbers = [int(part) for part in rest.partition(")")[0].split(",") if part.isdigit()]
    return Column(
        name="a", ordinal=1, data_type=kind.split()[0], column_type=column_type, nullable=nullable, charset=charset,
        characters=numbers[0] if numbers else 0, octets=octets, precision=numbers[0] if numbers else 0,
        scale=numbers[1] if len(numbers) > 1 else 0,
    )  # fmt: skip


def plan(before: Column, after: Column) -> Plan:
    key = UniqueKey(name="PRIMARY", columns=("id",))
    original = Table(name=NAME, columns=(ID, before), unique_keys=(key,), engine="InnoDB")
    ghost = Table(name=HELPERS.ghost, columns=(ID, after), unique_keys=(key,), engine="InnoDB")
    return make_plan(original, ghost, HELPERS, read_alter("FORCE"))


def conditions(before: Column, after: Column) -> list[str]:
    return [one.condition for one in suspicions(plan(before, after))]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (column("int"), column("bigint"), []),
        (column("int unsigned"), column("bigint"), []),
        (column("int"), column("tinyint"), ["`a` < -128 OR `a` > 127"]),
        (column("bigint"), column("bigint unsigned"), ["`a` < 0 OR `a` > 18446744073709551615"]),
        (column("decimal(9,2)"), column("int"), ["ROUND(`a`) < -2147483648 OR ROUND(`a`) > 2147483647"]),
        (column("decimal(9,2)"), column("decimal(10,2)"), []),
        (column("decimal(9,2)"), column("decimal(9,3)"), ["ABS(ROUND(`a`, 3)) >= 1000000"]),
        (column("int", nullable=True), column("int"), ["`a` IS NULL"]),
        (column("varchar(9)", charset="utf8mb4"), column("varchar(20)", charset="utf8mb4"), []),
        (column("varchar(9)", charset="utf8mb4"), column("char(3)", charset="utf8mb4"), ["CHAR_LENGTH(`a`) > 3"]),
        (column("varchar(9)", charset="latin1"), column("varchar(9)", charset="utf8mb4"), []),
        (column("enum('a','b')"), column("enum('b')"), ["CAST(`a` AS CHAR) NOT IN ('b')"]),
        (column("enum('a')"), column("enum('a\\')"), []),
        (column("varbinary(9)", octets=9), column("varbinary(3)", octets=3), ["LENGTH(`a`) > 3"]),
        (column("varbinary(9)", octets=9), column("varbinary(10)", octets=10), []),
    ],
)
def test_only_what_is_narrowed_is_suspected(before: Column, after: Column, expected: list[str]) -> None:
    assert conditions(before, after) == expected


def test_letters_that_the_new_character_set_lacks_are_suspected() -> None:
    found = conditions(column("varchar(9)", charset="utf8mb4"), column("varchar(9)", charset="latin1"))
    assert len(found) == 1
    assert "USING latin1" in found[0]


def test_one_range_is_read_by_the_key_and_nothing_is_locked() -> None:
    made = plan(column("int", nullable=True), column("tinyint"))
    found = suspicions(made)
    assert suspected(made, found, 5, 9, 20) == (
        "SELECT `id` FROM `shop`.`t` FORCE INDEX (`PRIMARY`) WHERE `id` > 5 AND `id` <= 9 AND "
        "((`a` IS NULL) OR (`a` < -128 OR `a` > 127)) LIMIT 20"
    )
    assert counted(made, found, None, 9).startswith("SELECT COALESCE(SUM((`a` IS NULL)), 0), COALESCE(SUM((`a` < -128")


def test_bytes_are_shown_as_bytes_and_long_texts_are_cut() -> None:
    assert "HEX" in shown(plan(column("varbinary(9)", octets=9), column("int")), "a")
    assert "CHAR_LENGTH" in shown(plan(column("text", charset="utf8mb4"), column("int")), "a")
