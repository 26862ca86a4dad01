"""What is compared how."""

from __future__ import annotations

from typing import Any

import pytest

from ghostshift.core.comparing import column_test, comparison_of
from ghostshift.core.planner import key_spec
from ghostshift.model.comparison import Comparison, How
from ghostshift.model.names import TableName
from ghostshift.model.plan import ColumnPair
from ghostshift.model.schema import Column, Table, UniqueKey

_OCTETS = {"text": 65535, "mediumtext": 1 << 24, "varchar": 40, "char": 40}


def column(definition: str, name: str = "a", **more: Any) -> Column:
    kind = definition.split("(", maxsplit=1)[0].split(maxsplit=1)[0]
    facts: dict[str, Any] = {"name": name, "ordinal": 0, "data_type": kind, "column_type": definition}
    if kind in _OCTETS:
        facts |= {"charset": "utf8mb4", "collation": "utf8mb4_bin", "characters": 10, "octets": _OCTETS[kind]}
    return Column(**{**facts, **more})


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        (column("int"), column("int"), How.PLAIN),
        (column("int"), column("bigint"), How.PLAIN),
        (column("int unsigned"), column("bigint"), How.PLAIN),
        (column("int(5) unsigned zerofill"), column("bigint"), How.WHOLE),
        (column("bigint"), column("int"), None),
        (column("int"), column("int unsigned"), None),
        (column("int"), column("varchar(10)"), None),
        (column("float"), column("float"), How.REAL),
        (column("float"), column("double"), None),
        (column("decimal(5,2)", precision=5, scale=2), column("decimal(6,3)", precision=6, scale=3), How.DECIMAL),
        (column("decimal(5,2)", precision=5, scale=2), column("decimal(5,3)", precision=5, scale=3), None),
        (column("timestamp", fraction=0), column("timestamp(3)", fraction=3), How.INSTANT),
        (column("timestamp"), column("datetime"), None),
        (column("datetime(3)", fraction=3), column("datetime", fraction=0), None),
        (column("varchar(10)"), column("varchar(20)", characters=20), How.BYTES),
        (column("varchar(10)"), column("varchar(5)", characters=5), None),
        (column("varchar(10)"), column("text", characters=65535), How.BYTES),
        (column("text"), column("mediumtext"), How.DIGEST),
        (column("varchar(10)", charset="latin1"), column("varchar(10)"), How.BYTES),
        (column("text", charset="latin1", characters=65535), column("text", characters=65535), None),
        (column("varchar(10)", charset="binary"), column("varchar(10)"), None),
        (column("enum('a','b')"), column("enum('a','b','c')"), How.WHOLE),
        (column("enum('a','b')"), column("enum('b','a')"), None),
        (column("json"), column("json"), How.DIGEST),
        (column("vector(3)"), column("vector(3)"), How.HEX),
        (column("point"), column("geometry"), How.DIGEST),
        (column("geometry"), column("point"), None),
        (column("binary(3)", octets=3), column("binary(4)", octets=4), None),
        (column("varbinary(3)", octets=3), column("blob", octets=65535), How.BYTES),
    ],
    ids=lambda value: value.column_type if isinstance(value, Column) else "",
)
def test_only_what_an_expression_says_exactly_is_compared_by_one(
    before: Column, after: Column, how: How | None
) -> None:
    test = column_test(before, after)
    assert (test.how if test else None) is how


def test_what_a_lenient_session_changes_in_silence_is_left_to_the_server() -> None:
    before, after = column("int", nullable=True), column("int")
    assert column_test(before, after) is not None
    assert column_test(before, after, lenient=True) is None
    latin = column("varchar(10)", charset="latin1")
    assert column_test(latin, column("varchar(10)"), lenient=True) is None


def compared(left: list[Column], right: list[Column], *, scratch: bool = True) -> Comparison:
    key = UniqueKey(name="PRIMARY", columns=("id",))
    tables = [
        Table(name=TableName("s", name), columns=(column("int", "id"), *columns), unique_keys=(key,), engine="InnoDB")
        for name, columns in (("t", left), ("g", right))
    ]
    names = [c.name for c in tables[0].columns if tables[1].column(c.name) and not c.generated]
    specs = [key_spec(table, key) for table in tables]
    assert specs[0]
    assert specs[1]
    pairs = [ColumnPair(original=name, ghost=name) for name in names]
    return comparison_of(tables[0], tables[1], specs[0], specs[1], pairs, scratch=scratch)


def test_one_conversion_of_the_server_s_sends_the_whole_row_through_it() -> None:
    found = compared([column("int", "a"), column("float", "b")], [column("bigint", "a"), column("double", "b")])
    assert found.scratch
    assert [(test.right, test.how) for test in found.tests] == [("id", How.PLAIN), ("a", How.PLAIN), ("b", How.REAL)]


def test_without_a_temporary_table_only_null_is_compared_of_such_a_column() -> None:
    left = [column("float", "a", nullable=True), column("float", "b")]
    right = [column("double", "a", nullable=True), column("double", "b")]
    found = compared(left, right, scratch=False)
    assert not found.scratch
    assert found.uncompared == ("a", "b")
    assert [(test.right, test.how) for test in found.tests] == [("id", How.PLAIN), ("a", How.NULLNESS)]


def made(name: str, expression: str, kind: str = "virtual") -> Column:
    return column("int", name, generated=kind, expression=expression)


def test_generated_columns_are_compared_where_nothing_that_they_are_made_of_has_changed() -> None:
    left = [
        column("int", "a"),
        column("int", "b"),
        made("from_a", "`a` + 1"),
        made("from_b", "`b` + 1"),
        made("from_from_a", "`from_a` + `a`", "stored"),
        made("from_from_b", "`from_b`"),
        made("unsteady", "rand()"),
        made("other", "`a` + 2"),
    ]
    right = [column("bigint", "b") if c.name == "b" else c for c in left[:-1]] + [made("other", "`a` + 3")]
    found = compared(left, right)
    assert [test.right for test in found.tests] == ["id", "a", "b", "from_a", "from_from_a"]
    assert set(found.uncompared) == {"from_b", "from_from_b", "unsteady", "other"}


@pytest.mark.parametrize(
    ("before", "after", "lossy"),
    [("utf8mb4", "latin1", "utf8mb4"), ("latin1", "utf8mb4", ""), ("sjis", "utf8mb4", "sjis"), ("ucs2", "ucs2", "")],
)
def test_which_conversions_may_lose_letters(before: str, after: str, lossy: str) -> None:
    test = column_test(column("varchar(10)", charset=before), column("varchar(10)", charset=after))
    assert test is not None
    assert test.lossy == lossy
