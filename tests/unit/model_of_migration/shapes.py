"""The kinds of tables in the model, and the rules that a test can break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ghostshift.model.key import Key, KeyColumn, KeyKind, KeySpec


@dataclass(frozen=True)
class Rules:
    """The rules of the algorithm, each of which a test can break."""

    barrier: bool = True
    """I1: nothing is read again before a commit of ours, issued after its event came in, has returned."""
    ordered_commits: bool = True
    """I1's ground: transactions become visible in the log's order."""
    defer_in_flight: bool = True
    """I3: a key inside a chunk in flight waits for the chunk."""
    await_zombies: bool = True
    """I3: a statement is over when the server says so, not when its connection is lost."""
    barrier_before_discard: bool = True
    """I4: only a key whose barrier has returned may be forgotten."""
    keep_where_unique: bool = True
    """I4: nothing is forgotten where the ghost has another unique index."""
    one_generation: bool = True
    """I5: a key is never applied twice at once."""
    reread_gone: bool = True
    """I6: keys whose row is gone are read again, too."""
    hold_xa: bool = True
    """I9: keys of prepared XA transactions wait for their outcome."""
    settled_checkpoint: bool = True
    """I8: a moment is saved once all that was owed at it is applied."""
    position_of_the_moment: bool = True
    """I8: what is saved with it is the log's position at that moment, not a later one."""
    before_the_held: bool = True
    """I8: that position lies before the oldest XA transaction whose outcome is open."""
    copied_without_gap: bool = True
    """I8: what counts as copied ends where the first chunk is still in flight."""
    keep_below_greatest: bool = True
    """I8: who resumes forgets no change at or below the ghost's greatest key."""
    fence: bool = True
    """I8: who resumes begins when the last statement of the dead run is over."""


RIGHT = Rules()


@dataclass(frozen=True)
class Shape:
    """A kind of table."""

    name: str
    spec: KeySpec
    keys: tuple[Key, ...]
    fold: Callable[[Key], Any]
    """The collation: equal for keys that the server calls equal, and in the server's order."""
    unique: bool = False
    """There is a secondary unique index, on both sides of the ALTER."""


_ID = KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER)
_NAME = KeyColumn(name="name", ordinal=1, kind=KeyKind.TEXT, charset="latin1", collation="latin1_swedish_ci")
_WORDS = (b"a", b"A", b"b", b"B", b"c", b"C", b"d", b"D")


def _spec(*columns: KeyColumn) -> KeySpec:
    return KeySpec(index="PRIMARY", columns=columns)


def _fold_word(key: Any) -> Any:
    return key.lower()


def _fold_pair(key: Any) -> Any:
    return (key[0], key[1].lower())


def _itself(key: Any) -> Any:
    return key


NUMBERS = Shape("numbers", _spec(_ID), tuple(range(14)), _itself)
UNIQUE = Shape("numbers and a unique index", _spec(_ID), tuple(range(10)), _itself, unique=True)
WORDS = Shape("words", _spec(_NAME), _WORDS, _fold_word)
PAIRS = Shape("number and word", _spec(_ID, _NAME), tuple((n, w) for n in range(4) for w in _WORDS[:4]), _fold_pair)
NUMBER_PAIRS = Shape(
    "two numbers",
    _spec(_ID, KeyColumn(name="line", ordinal=1, kind=KeyKind.INTEGER)),
    tuple((n, m) for n in range(4) for m in range(4)),
    _itself,
)
SHAPES = (NUMBERS, UNIQUE, WORDS, PAIRS, NUMBER_PAIRS)
