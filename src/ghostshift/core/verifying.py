"""Which differences between ghost and original are explained, and which are wrong. Pure.

A row that differs in one view of both tables is a *suspect*: most often a change of it is still to be applied. Round
after round all suspects are looked at again, by these steps, which workers.verifier takes:

    mark, watch    a moment; from here on the delta buffer tells of changes of the suspects
    settled        whatever was received before the moment is applied
    look           the suspects again, in one view of both tables; those that are equal now are *explained*
    marker         written after that view and come back through the log: every change that was visible in the view
                   has been received by now
    judge          a suspect that differed in the view, and of which nothing came in since the moment, is *wrong*

For were it right, the ghost's row would be what some earlier view showed of the original; a transaction that changed
it since would have been visible in the look, so received before the marker came back; if it was received before the
moment it was applied before the look, and if after, it is seen here. A suspect that was touched is asked about again
in the next round. One that is touched in every round is *hot*, and is left to the last look, under the cut-over's
locks, when nobody writes. Must never call a row wrong on any other ground, nor let go of one that was not seen equal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ghostshift.model.key import Key

REPAIRS = 3
"""How often a row is written again before it is taken for one that does not heal."""

HOT_AFTER = 10
"""Rounds in each of which a suspect differed and was changed meanwhile."""

MOST_HOT = 2000
"""Suspects that may be left to the last look, where each costs time under the lock."""

MOST = 50_000
"""Suspects at once; then nothing more is compared until some are explained (invariant 12)."""

NAMED = 10
"""Wrong rows that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyProgress:
    """On the board: how far the comparison has come."""

    rows: int = 0
    """Rows compared, over all passes."""
    number: int = 1
    """Which pass it is in, from 1."""
    passes: int = 1
    suspects: int = 0
    explained: int = 0
    repaired: int = 0
    hot: int = 0
    wrong: tuple[str, ...] = ()
    """The first of those that had to be repaired, as a person reads a key."""
    complete: bool = False
    """Every row was compared as often as was asked for, and each was equal in the end, or is left to the last look."""

    @property
    def text(self) -> str:
        """All this for a person."""
        turn = f" in pass {self.number} of {self.passes}" if self.passes > 1 else ""
        return (
            f"{self.rows:,} rows compared{turn}, {self.suspects:,} to be explained, {self.explained:,} explained, "
            f"{self.repaired:,} repaired"
        )


@dataclass(slots=True)
class _Suspect:
    spellings: frozenset[Key]
    watched: frozenset[Key] = frozenset()
    rounds: int = 0
    undisturbed: int = 0
    repairs: int = 0


@dataclass(slots=True)
class Judgement:
    """What comes of a round."""

    repair: dict[Key, frozenset[Key]] = field(default_factory=dict)
    """Wrong rows that are to be written again, with every spelling of their keys."""
    hopeless: list[Key] = field(default_factory=list)
    """Wrong rows that were written again often enough."""


class Suspects:
    """All rows about which nothing is known yet but that they differed."""

    def __init__(self, *, certain_after: int = 1) -> None:
        """`certain_after`: the rounds after which a suspect that nothing has touched is wrong.

        More than one where the log may spell a key in a way that neither table shows.
        """
        self._certain = certain_after
        self._fresh: dict[Key, _Suspect] = {}
        self._asked: dict[Key, _Suspect] = {}
        self.explained = 0
        self.repaired = 0
        self.wrong: list[Key] = []
        """The first of those that had to be written again."""

    def __len__(self) -> int:
        return len(self._fresh) + len(self._asked)

    @property
    def keys(self) -> tuple[Key, ...]:
        """All of them."""
        return (*self._asked, *(key for key in self._fresh if key not in self._asked))

    def add(self, found: Mapping[Key, Iterable[Key]]) -> None:
        """Rows that differed, by key, with the spellings of it that the two tables show."""
        for key, spellings in found.items():
            known = self._asked.get(key) or self._fresh.setdefault(key, _Suspect(frozenset()))
            known.spellings = known.spellings.union(spellings, (key,))

    def begin(self) -> frozenset[Key]:
        """A round begins: the spellings to watch."""
        for key, suspect in self._fresh.items():
            self._asked.setdefault(key, suspect)
        self._fresh = {}
        for suspect in self._asked.values():
            suspect.watched = suspect.spellings
        return frozenset().union(*(suspect.watched for suspect in self._asked.values()))

    def asked(self) -> tuple[Key, ...]:
        """The suspects of this round."""
        return tuple(self._asked)

    def looked(self, different: Mapping[Key, Iterable[Key]]) -> bool:
        """Of this round's suspects these differ still, all others are equal. Whether there is anything to judge."""
        for key in [key for key in self._asked if key not in different]:
            if not self._asked.pop(key).repairs:
                self.explained += 1
        return bool(self._asked)

    def judge(self, touched: Collection[Key], seen: Mapping[Key, Iterable[Key]]) -> Judgement:
        """The marker is back; these spellings were touched since the round began, these were seen in its look."""
        judgement = Judgement()
        for key, suspect in self._asked.items():
            suspect.spellings = suspect.spellings.union(seen.get(key, ()))
            suspect.rounds += 1
            if not suspect.watched.isdisjoint(touched) or suspect.spellings != suspect.watched:
                suspect.undisturbed = 0
                continue
            suspect.undisturbed += 1
            if suspect.undisturbed < self._certain:
                continue
            if suspect.repairs >= REPAIRS:
                judgement.hopeless.append(key)
                continue
            if not suspect.repairs:
                self.repaired += 1
                if len(self.wrong) < NAMED:
                    self.wrong.append(key)
            suspect.repairs += 1
            suspect.undisturbed = 0
            judgement.repair[key] = suspect.spellings
        return judgement

    @property
    def hot(self) -> dict[Key, frozenset[Key]]:
        """Suspects that are being changed all the time, with the spellings of their keys."""
        return {key: one.spellings for key, one in self._asked.items() if one.rounds >= HOT_AFTER}

    @property
    def only_hot(self) -> bool:
        """Whether all that is left may be left to the last look."""
        return not self._fresh and len(self._asked) <= MOST_HOT and len(self.hot) == len(self._asked)

    @property
    def full(self) -> bool:
        """Whether there are too many of them to look for more."""
        return len(self) >= MOST
