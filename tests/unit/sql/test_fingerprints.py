"""The text that a row's fingerprint is made of."""

from __future__ import annotations

from typing import Any

from ghostshift.model.comparison import ColumnTest, Comparison, How
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import TableName
from ghostshift.sql.comparisons import both_sums, left_range, right_range
from ghostshift.sql.fingerprints import LEFT, RIGHT, row_hash, row_text


def of(*tests: ColumnTest, key: KeyColumn | None = None, other: KeyColumn | None = None, **more: Any) -> Comparison:
    one = key or KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER)
    specs = [KeySpec(index="PRIMARY", columns=(column,)) for column in (one, other or one)]
    return Comparison(
        left=TableName("s", "t"), right=TableName("s", "g"), left_key=specs[0], right_key=specs[1], tests=tests, **more
    )


def test_lengths_stand_before_all_values_that_may_hold_a_comma_but_the_last() -> None:
    text = row_text(
        of(
            ColumnTest(left="c", right="c", how=How.BYTES),
            ColumnTest(left="id", right="id", how=How.PLAIN),
            ColumnTest(left="d", right="e", how=How.BYTES),
        ),
        RIGHT,
    )
    comma = "_binary',' COLLATE `binary`"
    assert text == f"CONCAT({comma}, g.`id`, {comma}, LENGTH(g.`c`), {comma}, g.`c`, {comma}, g.`e`)"


def test_nulls_are_told_before_everything_and_alike_on_both_sides() -> None:
    compared = of(
        ColumnTest(left="id", right="id", how=How.PLAIN),
        ColumnTest(left="a", right="b", how=How.NULLNESS, nullable=True),
        ColumnTest(left="c", right="c", how=How.BYTES, nullable=True),
    )
    for side, name in ((LEFT, "o.`a`"), (RIGHT, "g.`b`")):
        assert f"CONCAT(ISNULL({name}), ISNULL({side}.`c`)), {side}.`id`, {side}.`c`)" in row_text(compared, side)


def test_only_the_left_is_converted_and_not_what_the_server_has_converted_already() -> None:
    test = ColumnTest(left="a", right="b", how=How.BYTES, charset="utf8mb4", strip=True)
    assert "TRIM(TRAILING ' ' FROM CONVERT(o.`a` USING utf8mb4))" in row_text(of(test), LEFT)
    for text in (row_text(of(test), RIGHT), row_text(of(test, scratch=True), LEFT)):
        assert "CONVERT" not in text
        assert ".`b`" in text


def test_a_row_too_large_for_one_text_is_never_left_out() -> None:
    test = ColumnTest(left="a", right="a", how=How.BYTES)
    assert not row_hash(of(test), LEFT).startswith("COALESCE")
    assert row_hash(of(test, bulky=True), LEFT).startswith("COALESCE")


def test_a_range_is_the_same_on_both_sides_where_binary_keys_have_got_longer() -> None:
    short = KeyColumn(name="k", ordinal=0, kind=KeyKind.BYTES, length=2)
    long = KeyColumn(name="k", ordinal=0, kind=KeyKind.BYTES, length=4)
    compared = of(ColumnTest(left="k", right="k", how=How.BYTES), key=short, other=long)
    assert left_range(compared, b"ab", None) == "`k` > X'6162'"
    assert right_range(compared, b"ab", b"ac") == "`k` > X'61620000' AND `k` <= X'61630000'"
    assert right_range(compared, None, None) == "TRUE"


def test_one_statement_reads_both_tables_by_the_key() -> None:
    statement = both_sums(of(ColumnTest(left="id", right="id", how=How.PLAIN)), "L", "R")
    assert "`s`.`t` AS o FORCE INDEX (`PRIMARY`) WHERE L" in statement
    assert "`s`.`g` AS g FORCE INDEX (`PRIMARY`) WHERE R" in statement


def test_a_letter_that_a_conversion_loses_is_told_on_the_left_and_never_on_the_right() -> None:
    compared = of(ColumnTest(left="a", right="b", how=How.BYTES, charset="latin1", lossy="utf8mb4"))
    assert "REPLACE(o.`a` COLLATE utf8mb4_bin, '?', '')" in row_text(compared, LEFT)
    assert "CONCAT_WS(_binary',' COLLATE `binary`, CONCAT(0), g.`b`)" in row_text(compared, RIGHT)
