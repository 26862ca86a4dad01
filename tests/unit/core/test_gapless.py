"""Ranges that are counted out, and those that are not."""

from __future__ import annotations

import pytest

from ghostshift.core.gapless import Gapless
from ghostshift.model.chunk import Chunk
from ghostshift.model.key import Key, KeyColumn, KeyKind, KeySpec


def spec(*kinds: KeyKind) -> KeySpec:
    columns = tuple(KeyColumn(name=f"c{n}", ordinal=n, kind=kind) for n, kind in enumerate(kinds))
    return KeySpec(index="PRIMARY", columns=columns)


def after_a_chunk(rows: int, *kinds: KeyKind, after: Key | None = -50, upto: Key = 50) -> Gapless:
    gapless = Gapless(spec(*(kinds or (KeyKind.INTEGER,))))
    gapless.ended(Chunk(0, after, upto, rows), rows)
    return gapless


def test_nothing_is_counted_before_a_chunk_has_ended() -> None:
    assert Gapless(spec(KeyKind.INTEGER)).end(7, 100, 10) is None


def test_without_gaps_as_many_numbers_are_taken_as_rows_are_wanted_up_to_the_limit() -> None:
    gapless = after_a_chunk(100)
    assert gapless.end(50, 1000, 10) == 60
    assert gapless.end(-5, 1000, 10) == 5
    assert gapless.end(50, 55, 10) == 55
    assert gapless.end(50, 60, 10) == 60


@pytest.mark.parametrize(("rows", "counted"), [(101, True), (90, True), (89, False), (0, False)])
def test_with_more_than_a_few_gaps_the_server_is_asked(rows: int, *, counted: bool) -> None:
    assert (after_a_chunk(rows).end(50, 1000, 10) is not None) is counted


def test_the_last_chunk_decides() -> None:
    gapless = after_a_chunk(100)
    gapless.ended(Chunk(1, 50, 10_000, 0), 0)
    assert gapless.end(10_000, 20_000, 10) is None
    gapless.ended(Chunk(2, 10_000, 10_010, 10), 10)
    assert gapless.end(10_010, 20_000, 10) == 10_020


def test_the_beginning_is_no_number() -> None:
    assert after_a_chunk(100).end(None, 1000, 10) is None
    assert after_a_chunk(100, after=None).end(50, 1000, 10) is None


@pytest.mark.parametrize("kind", [kind for kind in KeyKind if kind is not KeyKind.INTEGER])
def test_only_whole_numbers_are_counted(kind: KeyKind) -> None:
    assert after_a_chunk(100, kind).end(50, 1000, 10) is None


def test_keys_of_several_columns_are_not() -> None:
    pair = (KeyKind.INTEGER, KeyKind.INTEGER)
    assert after_a_chunk(100, *pair, after=(1, 0), upto=(1, 100)).end((1, 100), (2, 0), 10) is None
