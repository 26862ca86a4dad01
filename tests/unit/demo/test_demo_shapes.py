"""Codecs are one to one; operations stay within their writer's share."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostshift.demo.ledger import Ledger, Row
from ghostshift.demo.operations import MIXTURE, Operations, Space
from ghostshift.demo.shapes import BINARY, COMPOSITE, DATETIME, PLAIN, SHAPES, TEXT, UNSIGNED, KeyCodec, literal

CODECS = [PLAIN, COMPOSITE, TEXT, BINARY, UNSIGNED, DATETIME]


@given(n=st.integers(0, 2**31), codec=st.sampled_from(CODECS), data=st.data())
def test_a_key_decodes_to_its_number_and_spelling(n: int, codec: KeyCodec, data: st.DataObject) -> None:
    variant = data.draw(st.integers(0, codec.variants - 1))
    number, spelled = codec.decode(codec.encode(n, variant))
    assert number == n
    assert codec.encode(number, spelled) == codec.encode(n, variant)


@given(one=st.integers(0, 2**31), other=st.integers(0, 2**31), codec=st.sampled_from(CODECS))
def test_two_numbers_never_share_a_key(one: int, other: int, codec: KeyCodec) -> None:
    assert (codec.encode(one, 0) == codec.encode(other, 0)) == (one == other)


@pytest.mark.parametrize(
    ("codec", "key"),
    [
        (PLAIN, (0,)),
        (COMPOSITE, (-11, "ü1")),
        (COMPOSITE, (0, "ü01")),
        (COMPOSITE, (0, "u1")),
        (COMPOSITE, (0, "ü")),
        (TEXT, ("strase-01",)),
        (TEXT, ("strase-1  ",)),
        (TEXT, ("strase-",)),
        (TEXT, ("other",)),
        (BINARY, (b"\0" * 16,)),
        (BINARY, (b"",)),
        (UNSIGNED, (1,)),
        (UNSIGNED, (2**64 - 1 - 2,)),
        (DATETIME, (dt.datetime(2000, 1, 1),)),  # noqa: DTZ001 - DATETIME knows no zone
    ],
)
def test_a_key_that_no_number_has_is_refused(codec: KeyCodec, key: tuple[object, ...]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the contract is the class
        codec.decode(key)  # type: ignore[arg-type]


def test_unsigned_keys_go_past_the_signed_range() -> None:
    assert UNSIGNED.encode(1, 0) == (2**64 - 2,)


@given(st.integers(0, 2**50), st.integers(0, 2**50), st.sampled_from(sorted(SHAPES)))
def test_two_seeds_never_make_the_same_texts(one: int, other: int, name: str) -> None:
    make = SHAPES[name].payload.make
    assert (make(one) == make(other)) == (one == other)


def test_literals_survive_quotes_and_backslashes() -> None:
    assert literal("a'b\\") == "'a''b\\\\'"
    assert literal(b"\0'") == "x'0027'"
    assert literal(None) == "NULL"


@pytest.mark.parametrize("name", sorted(SHAPES))
@pytest.mark.parametrize("index", [0, 2])
def test_operations_touch_own_keys_only_and_never_share_a_tag(name: str, index: int) -> None:
    shape = SHAPES[name]
    filled = 50
    ledger = Ledger(lambda n: shape.filled(n) if n < filled else None)
    rng = random.Random(5)
    operations = Operations(shape, "`t`", Space(index, 3, filled), rng)
    kinds = [kind for kind in MIXTURE if kind not in ("several", "long", "rollback")]
    deleted = 0
    for _ in range(3000):
        staging = ledger.begin()
        statements = operations.make(rng.choice(kinds), staging)
        assert statements
        assert {n % 3 for n in staging.changes} == {index}
        ledger.commit(staging)
        deleted += any(row is None for row in staging.changes.values())
    rows = {n: ledger.get(n) for n in ledger.touched()}
    tags = [row.tag for row in rows.values() if row is not None and row.tag is not None]
    assert len(tags) == len(set(tags))
    assert any(n >= filled for n in rows)
    assert deleted > 300


def test_an_operation_without_a_row_to_work_on_inserts() -> None:
    ledger = Ledger(lambda _n: None)
    operations = Operations(SHAPES["text"], "`t`", Space(0, 1, 0), random.Random(1))
    for kind in ("update", "delete", "move", "swap", "reuse", "respell"):
        staging = ledger.begin()
        (statement,) = operations.make(kind, staging)
        assert statement.sql.startswith("INSERT")
        assert [type(row) for row in staging.changes.values()] == [Row]


def test_the_same_seed_makes_the_same_statements() -> None:
    def run() -> list[str]:
        ledger = Ledger(SHAPES["composite"].filled)
        operations = Operations(SHAPES["composite"], "`t`", Space(0, 1, 100), random.Random("7/0"))
        return [operations.make("update", ledger.begin())[0].sql for _ in range(20)]

    assert run() == run()
