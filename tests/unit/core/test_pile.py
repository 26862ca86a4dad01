"""Piles of keys against a plain dictionary: none is lost, none is taken twice, and many take little room."""

from __future__ import annotations

import random
import sys

import pytest

from ghostshift.core import pile
from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.pile import Pile, array_code
from ghostshift.model.change import Keys
from ghostshift.model.key import Key, KeyColumn, KeyKind, KeySpec


def spec(kind: KeyKind = KeyKind.INTEGER, *more: KeyColumn, **column: bool) -> KeySpec:
    first = KeyColumn(name="a", ordinal=0, kind=kind, unsigned=column.get("unsigned", False))
    if column.get("nullable"):
        first = KeyColumn(name="a", ordinal=0, kind=kind, nullable=True)
    return KeySpec(index="k", columns=(first, *more))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shelves of so few keys that some dozens make many of them."""
    monkeypatch.setattr(pile, "LOOSE", 5)
    monkeypatch.setattr(pile, "SHELF", 4)


def emptied(made: Pile, most: int) -> list[dict[Key, bool]]:
    taken = []
    while made:
        taken.append(made.take(most))
    return taken


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("most", [1, 3, 7, 1000])
def test_what_was_put_in_comes_out_each_key_once_and_gone_if_it_was_gone_ever(most: int) -> None:
    for seed in range(60):
        chance = random.Random(seed)
        made, expected = Pile("q"), {}
        for _ in range(chance.randrange(1, 40)):
            changed = [chance.randrange(-40, 40) for _ in range(chance.randrange(6))]
            gone = [chance.randrange(-40, 40) for _ in range(chance.randrange(3))]
            if chance.random() < 0.2:
                made.add(dict.fromkeys(gone, True))
            else:
                made.put(Keys("original", changed, gone))
                expected |= {key: expected.get(key, False) for key in changed}
            expected |= dict.fromkeys(gone, True)
            assert len(made) >= len(expected), f"seed {seed}"
        rounds = emptied(made, most)
        assert all(len(some) <= most for some in rounds), f"seed {seed}"
        taken = [item for some in rounds for item in some.items()]
        assert len(taken) == len(expected), f"seed {seed}: a key was taken twice, or not at all"
        assert dict(taken) == expected, f"seed {seed}"
        assert (made.shelved, made._bounds, made._shelves) == (0, [], [])


@pytest.mark.usefixtures("tiny")
def test_what_comes_in_between_takings_is_taken_with_what_lies_there_already() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        made, other, owed = Pile("q"), Pile("q"), {}
        for _ in range(80):
            keys = [chance.randrange(60) for _ in range(8)]
            match chance.randrange(4):
                case 0 | 1:
                    made.put(Keys("original", keys[2:], keys[:2]))
                    owed |= {key: owed.get(key, False) for key in keys} | dict.fromkeys(keys[:2], True)
                case 2:
                    other.put(Keys("original", keys, []))
                    made.absorb(other)
                    owed |= {key: owed.get(key, False) for key in keys}
                    assert not other
                case 3:
                    for key, gone in made.take(chance.randrange(1, 20)).items():
                        assert gone == owed.pop(key), f"seed {seed}: {key}"
        for some in emptied(made, 11):
            for key, gone in some.items():
                assert gone == owed.pop(key), f"seed {seed}: {key}"
        assert not owed, f"seed {seed}"


@pytest.mark.usefixtures("tiny")
def test_no_range_waits_for_ever_while_another_one_keeps_changing() -> None:
    made = Pile("q")
    made.put(Keys("original", list(range(100)), []))
    taken: set[Key] = set()
    for _ in range(60):
        made.put(Keys("original", list(range(6)), []))
        taken |= made.take(4).keys()
    assert taken >= set(range(100))


def test_a_million_keys_take_a_few_bytes_each_although_each_of_them_comes_twice() -> None:
    made = Pile("q")
    chance = random.Random(1)
    keys = chance.sample(range(10**9), 200_000)
    for first in range(0, len(keys), 1000):
        made.put(Keys("original", keys[first : first + 1000], []))
        made.put(Keys("original", keys[max(0, first - 60_000) :][:1000], []))
    shelves = sum(sys.getsizeof(shelf.keys) + sys.getsizeof(shelf.gone) for shelf in made._shelves)
    assert shelves < 30 * made.shelved
    assert len(made) < 3 * len(keys)
    assert sum(map(len, emptied(made, 50_000))) == len(keys)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (spec(), "q"),
        (spec(unsigned=True), "Q"),
        (spec(KeyKind.TIME), "q"),
        (spec(KeyKind.BIT), "Q"),
        (spec(KeyKind.SET), "Q"),
        (spec(KeyKind.ENUM), "Q"),
        (spec(KeyKind.TEXT), ""),
        (spec(KeyKind.BYTES), ""),
        (spec(KeyKind.DECIMAL), ""),
        (spec(nullable=True), ""),
        (spec(KeyKind.INTEGER, KeyColumn(name="b", ordinal=1, kind=KeyKind.INTEGER)), ""),
    ],
)
def test_only_keys_of_one_integer_are_put_onto_shelves(made: KeySpec, code: str) -> None:
    assert array_code(made) == code


@pytest.mark.usefixtures("tiny")
def test_the_greatest_and_the_least_integers_of_the_server_fit() -> None:
    for code, edges in (("q", [-(1 << 63), (1 << 63) - 1]), ("Q", [0, (1 << 64) - 1])):
        made = Pile(code)
        made.put(Keys("original", [*edges, *range(20)], edges))
        assert made.shelved
        taken = {key: gone for some in emptied(made, 3) for key, gone in some.items()}
        assert [taken[edge] for edge in edges] == [True, True]


@pytest.mark.usefixtures("tiny")
def test_keys_of_other_kinds_stay_in_the_dictionary() -> None:
    made = Pile("")
    made.put(Keys("original", [(n, b"x") for n in range(50)], []))
    assert (made.shelved, len(made)) == (0, 50)


def test_i12_a_buffer_of_integers_holds_ten_times_as_many_and_is_full_at_its_bytes() -> None:
    numbers, texts = DeltaBuffer(spec(), 16 << 20), DeltaBuffer(spec(KeyKind.TEXT), 16 << 20)
    assert numbers.capacity > 10 * texts.capacity / 2
    first = 0
    while not numbers.full:
        numbers.put(Keys("original", list(range(first, first + 10_000)), []))
        first += 10_000
    assert numbers.capacity * 0.8 < numbers.backlog < numbers.capacity * 1.2
