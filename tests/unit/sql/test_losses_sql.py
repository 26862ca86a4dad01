"""The question which rows share a value: a column's name stands in it as a name and as a text."""

from __future__ import annotations

from ghostshift.core.planner import make_plan
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import read_alter
from ghostshift.sql.losses import twins


def test_a_quote_in_a_name_ends_no_text() -> None:
    name = TableName("shop", "t")
    helpers = helper_names(name, sort_after=False)
    key = UniqueKey(name="PRIMARY", columns=("i'`d\\",))
    columns = (
        Column(name="i'`d\\", ordinal=0, data_type="int", column_type="int"),
        Column(name="a", ordinal=1, data_type="int", column_type="int"),
    )
    original = Table(name=name, columns=columns, unique_keys=(key,), engine="InnoDB")
    new = UniqueKey(name="a", columns=("a",))
    ghost = Table(name=helpers.ghost, columns=columns, unique_keys=(key, new), engine="InnoDB")
    text = twins(make_plan(original, ghost, helpers, read_alter("ADD UNIQUE a (a)")), new, 3)
    assert "CONCAT('(', 'i''`d\\\\=', s.`i'``d\\`, ')')" in text
