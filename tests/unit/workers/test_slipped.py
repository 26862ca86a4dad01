"""Keys that a collation may call equal must meet; the repair itself is tested on servers."""

from __future__ import annotations

import pytest

from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.workers.slipped import folded

NUMBER = KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER)


def text(charset: str = "utf8mb4") -> KeyColumn:
    return KeyColumn(name="c", ordinal=1, kind=KeyKind.TEXT, charset=charset, collation=f"{charset}_general_ci")


def spec(*columns: KeyColumn) -> KeySpec:
    return KeySpec(index="PRIMARY", columns=columns)


@pytest.mark.parametrize(("one", "other"), [("a", "A"), ("\u00e9", "E"), ("stra\u00dfe", "STRASSE"), ("a ", "a")])
def test_texts_that_a_collation_may_call_equal_are_one_key(one: str, other: str) -> None:
    assert folded(spec(text()), one.encode()) == folded(spec(text()), other.encode())


def test_other_texts_and_numbers_stay_apart() -> None:
    assert folded(spec(text()), b"a") != folded(spec(text()), b"b")
    assert folded(spec(NUMBER), 1) != folded(spec(NUMBER), 2)


def test_each_column_of_a_key_is_folded_by_its_own_kind() -> None:
    both = spec(NUMBER, text("ucs2"))
    assert folded(both, (1, "A".encode("utf-16-be"))) == folded(both, (1, "a".encode("utf-16-be")))
    assert folded(both, (1, b"\0a")) != folded(both, (2, b"\0a"))
