"""The ALTER as it was asked for: what it names agrees with the flags, and renames are taken as they were allowed."""

from __future__ import annotations

import pytest

from ghostshift.model.errors import Refused, UsageError
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.settings import Allowances
from ghostshift.workers.preparation import read_request


def asked(alter: str, **allowed: bool) -> Options:
    return Options(endpoint=Endpoint(), schema="shop", table="orders", alter=alter, allow=Allowances(**allowed))


@pytest.mark.parametrize(
    "alter", ["ADD c int", "ALTER TABLE orders ADD c int", 'ALTER TABLE "shop".`orders` ADD c int']
)
def test_a_statement_that_names_the_same_table_or_none_is_taken(alter: str) -> None:
    assert read_request(asked(alter)).options == "ADD c int"


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        ("ALTER TABLE others ADD c int", "about 'others', but --table is 'orders'"),
        ("ALTER TABLE store.orders ADD c int", "about 'store', but --database is 'shop'"),
        ("ALTER TABLE Orders ADD c int", "the case of letters counts"),
    ],
)
def test_a_statement_about_another_table_is_a_usage_error(alter: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_request(asked(alter))


def test_a_rename_of_the_table_is_refused_before_anything_is_connected_to() -> None:
    with pytest.raises(Refused, match="rename it separately"):
        read_request(asked("RENAME others"))


def test_renames_are_followed_unless_they_are_to_be_skipped() -> None:
    alter = "CHANGE a b int"
    assert read_request(asked(alter)).renames == {"a": "b"}
    assert read_request(asked(alter, renamed_columns=True)).renames == {"a": "b"}
    skipped = read_request(asked(alter, skip_renamed_columns=True))
    assert (skipped.renames, skipped.dropped) == ({}, {"a"})
