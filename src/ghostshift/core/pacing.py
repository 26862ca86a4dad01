"""The pace: how many copiers and appliers work, how large their pieces are, and why. Pure.

What the application feels is measured, not guessed: a tiny commit and a tiny read of our own (workers/pacer.py). Their
time while we copy, over their time while we rest, is what an application that waits for each answer loses: at twice
the time it does half. So there is one rule for all servers, and no number of theirs has to be known:

- as many copiers as make it faster, found by trying one more and keeping it where it pays;
- an application at work: give way where its commits take more than `FAIR` times as long as without us;
- polite, or with a target: give way at once where they take noticeably longer, or longer than was asked for.

To give way is to copy for a part of the time. What commits take beyond what they take without us grows with that part:
so beyond the limit it shrinks at once and by as much as it is beyond, well below it it grows in small steps, and in
between nothing changes. A try that did not pay is not repeated for a while, and each time for longer. So it settles.

It must never stop for good: however bad things look, a share remains (`LEAST`), or a migration would not end.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from ghostshift.core.feeling import Feeling
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase

WORKING = frozenset({Phase.COPYING, Phase.VERIFYING})
"""The phases in which the pace matters."""

MOST_COPIERS = 8
"""More are not tried of our own accord: a server that is faster with more of them has other users, too."""

MOST_APPLIERS = 4

CHUNK_SECONDS = 0.25
"""How long a chunk takes where nothing else is asked for and nobody else is at work."""

GENTLE_SECONDS = 0.1
"""The same where we are asked to be gentle: nobody yields within a chunk. Smaller ones are no gentler (decision 22)."""

BEGIN = 2
"""Copiers at the start."""

LEAST = 0.1
"""Copiers at the least, as a share of one."""

FAIR = 2.2
"""How many times as long an application's commits may take on average, by default."""

POLITE = 1.35
"""The same where we are asked to be polite."""

SLACK = 0.0005
"""Seconds that are no reason to give way: a clock, a switch of threads."""

LOOK_EVERY = 5.0
"""Seconds between two looks at the application alone."""

LOOK_AGAIN = 1.0
"""The same while too little is known."""

LOOK_COMMITS = 8
"""Commits that are seen in such a look."""

LOOK_LONGEST = 0.5
"""Seconds that such a look takes at the most."""

FIRST = 12
"""Commits alone that are seen before an application's ease is taken for known."""

EASY = 0.8
"""Share of what is bearable up to which more is tried."""

EASED = "nothing speaks against more any longer, which is tried step by step"
"""The reason while that is so."""

WORTH = 5.0
"""How many times as long as a tiny commit a chunk takes at the least: all of it would be the way to the server else."""

FIRST_TRY = 10.0
"""Seconds before another number is tried at all: one that does not pay costs a small table more than is gained."""

TRY_SECONDS = 2.0
"""How long a number of copiers is watched before another one is tried."""

PAYS = 1.08
"""One more copier must make it faster by this factor."""

REST_TRIES = 20.0
"""Seconds before a number that did not pay is tried again; twice as long each time."""

HISTORY = 1_000_000
"""Undo records that wait for purge at which we give way. To a half: whose they are nobody knows."""

REDO = 0.75
"""Share of the redo log that is not checkpointed at which we give way: beyond it the server stops everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How to work until the next decision."""

    copiers: float = BEGIN
    """Copiers at work; 1.5 are two that rest for a quarter of the time."""
    appliers: int = 2
    chunk_seconds: float = CHUNK_SECONDS
    looking: bool = False
    """Nobody copies for a moment, so that the application is seen alone."""
    limit: float = math.inf
    """Seconds that a tiny commit may take; while one takes longer, no chunk is begun."""
    reason: str = ""
    """For people: why it is not faster. Empty where nothing holds us back."""

    @property
    def threads(self) -> int:
        """How many copiers take part."""
        return max(1, math.ceil(self.copiers - 1e-9))

    @property
    def text(self) -> str:
        """For people."""
        held = f", for {self.reason}" if self.reason else ""
        return f"{self.copiers:.3g} copying, {self.appliers} applying{held}"

    @property
    def rest(self) -> float:
        """How many times as long as a chunk took each of them rests after it."""
        return self.threads / self.copiers - 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """What was measured since the last decision."""

    at: float
    """Monotonic seconds."""
    alone: tuple[float, ...] = ()
    """Seconds of each tiny commit beside which nobody of ours copied."""
    beside: tuple[float, ...] = ()
    """Seconds of those beside which somebody did."""
    busy: bool = False
    """Somebody else is at work on this server."""
    rows: int = 0
    """Rows copied so far."""
    backlog: int = 0
    """Changed keys that wait to be applied."""
    redo: float = 0.0
    """Share of the redo log that is not checkpointed."""
    history: int = 0
    """Undo records that wait for purge."""
    lag: float = 0.0
    """The slowest replica's lag, over what it may be."""
    throttled: bool = False
    """Nobody copies now, for another reason than the pace."""


@dataclass(frozen=True, slots=True, order=True)
class _Sign:
    """One reason to give way."""

    used: float
    """How much of what is bearable is used."""
    words: str
    least: float = 0.0
    """The share below which one does not go for it, where that is more than the least for all."""


@dataclass(slots=True)
class _Trial:
    """The search for the number of copiers that is worth it."""

    number: int = BEGIN
    since: float | None = None
    rows: int = 0
    best: float = 0.0
    """Rows a second with one copier less, where one more is being tried."""
    not_before: float = math.inf
    """When the next one may be tried; not known until the first work."""
    pause: float = REST_TRIES


def _compares(wish: Tunables) -> bool:
    """Whether what commits take without us matters: beside a target alone it does not."""
    return wish.polite or not wish.app_latency_millis


@dataclass(slots=True)
class Pacer:
    """See the module. Single-threaded."""

    _feeling: Feeling = field(default_factory=Feeling)
    _share: float = 1.0
    _reason: str = ""
    _trial: _Trial = field(default_factory=_Trial)
    _looking_since: float | None = None
    _looked: float = -math.inf
    _fresh: int = 0
    """Measurements of the application alone since the present look began."""
    _appliers: int = 2
    _backlog: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=8))

    def decide(self, felt: Felt, wish: Tunables) -> Pace:
        """The pace from now on, by what was felt at the last one."""
        begun = math.isfinite(self._looked)
        looked = (self._looking_since is not None or not begun) and _compares(wish)
        self._feeling.note(felt.at, felt.alone, felt.beside, share=self._share, looked=looked)
        minds = wish.gentle or felt.busy
        looking = self._look(felt, minds=minds and _compares(wish))
        limit = self._limit(wish)
        signs = self._signs(felt, limit if minds else math.inf, wish)
        number = self._number(felt, wish, held=self._share < 1.0 or felt.throttled)
        self._give_way(max(signs), number)
        copiers = max(LEAST, number * self._share)
        return Pace(
            copiers=copiers,
            appliers=self._number_of_appliers(felt, wish),
            chunk_seconds=max(GENTLE_SECONDS if wish.gentle else CHUNK_SECONDS, WORTH * self._feeling.baseline),
            looking=looking,
            limit=limit if wish.gentle else math.inf,
            reason=self._reason if self._share < 1.0 else "",
        )

    # -- what the application feels

    def _limit(self, wish: Tunables) -> float:
        """The least of what was asked for: who names a target besides being polite asks for more, not for less."""
        target = wish.app_latency_millis / 1000 or math.inf
        if not self._feeling.seen or not _compares(wish):
            return target
        return min(target, self._feeling.baseline * (POLITE if wish.polite else FAIR) + SLACK)

    def _signs(self, felt: Felt, limit: float, wish: Tunables) -> tuple[_Sign, ...]:
        alone = self._feeling.baseline
        commits = self._feeling.far_beyond(limit) or self._feeling.lately(limit)
        ease = min(alone, limit / 2)  # a target may ask for less than they take without us
        asked = limit == wish.app_latency_millis / 1000
        beside = f"{wish.app_latency_millis:g} ms are asked for" if asked else f"{alone * 1000:.1f} ms without us"
        slow = f"commits take {commits * 1000:.1f} ms, {beside}"
        return (
            _Sign((commits - ease) / (limit - ease) if commits else (EASY if limit < math.inf else 0.0), slow),
            _Sign(felt.redo / REDO, f"{felt.redo:.0%} of the redo log wait for a checkpoint"),
            _Sign(felt.history / HISTORY, f"{felt.history} undo records wait for purge", least=0.5),
            _Sign(felt.lag, f"replicas lag by {felt.lag:.0%} of what they may"),
        )

    def _give_way(self, worst: _Sign, number: int) -> None:
        if worst.used > 1.0:
            self._reason = worst.words
            least = max(worst.least, LEAST / number)
            self._share = min(self._share, max(least, self._share * max(0.5, 1.0 / worst.used)))
            self._feeling.forget()
        elif worst.used > EASY:
            self._reason = worst.words  # exactly that is one of which too little is known
        elif worst.used < EASY:
            self._reason = EASED
            self._share = min(1.0, self._share * (1.04 if worst.used > EASY / 2 else 1.12) + 0.005)

    def _look(self, felt: Felt, *, minds: bool) -> bool:
        """Whether the application is to be seen alone now."""
        if felt.alone:
            self._looked = felt.at
            self._fresh += len(felt.alone)
        if self._looking_since is not None:
            over = self._fresh >= LOOK_COMMITS or felt.at - self._looking_since > LOOK_LONGEST
            if over:
                self._looking_since, self._looked = None, felt.at
        elif minds and felt.at - self._looked > (LOOK_EVERY if self._feeling.seen >= FIRST else LOOK_AGAIN):
            self._looking_since, self._fresh = felt.at, 0
        return self._looking_since is not None

    # -- how many

    def _number(self, felt: Felt, wish: Tunables, *, held: bool) -> int:
        """Copiers without giving way: what was asked for, or what proved to be worth it."""
        trial = self._trial
        if wish.copy_threads or held:  # what holds us back is not the number, and a try beside it tells nothing
            trial.number -= 1 if trial.best else 0
            trial.since, trial.best = None, 0.0
            return wish.copy_threads or trial.number
        if math.isinf(trial.not_before):
            trial.not_before = felt.at + FIRST_TRY
        if trial.since is None:
            trial.since, trial.rows = felt.at, felt.rows
        elif felt.at - trial.since >= TRY_SECONDS and felt.rows > trial.rows:
            self._judge_trial(felt, (felt.rows - trial.rows) / (felt.at - trial.since))
        return trial.number

    def _judge_trial(self, felt: Felt, speed: float) -> None:
        trial = self._trial
        if trial.best and speed < trial.best * PAYS:
            trial.number, trial.best = trial.number - 1, 0.0
            trial.not_before, trial.pause = felt.at + trial.pause, trial.pause * 2
        elif trial.number < MOST_COPIERS and felt.at >= trial.not_before:
            trial.number, trial.best = trial.number + 1, speed
        else:
            trial.best = 0.0
        trial.since, trial.rows = felt.at, felt.rows

    def _number_of_appliers(self, felt: Felt, wish: Tunables) -> int:
        """One more while the backlog grows for seconds, one less when there is none."""
        if wish.apply_threads:
            return wish.apply_threads
        self._backlog.append((felt.at, felt.backlog))
        since, before = self._backlog[0]
        if len(self._backlog) == self._backlog.maxlen and felt.at > since:
            if felt.backlog > 5_000 and felt.backlog > before * 1.2:
                self._appliers = min(MOST_APPLIERS, self._appliers + 1)
                self._backlog.clear()
            elif felt.backlog < 500 and before < 500:
                self._appliers = max(1 if wish.polite else 2, self._appliers - 1)
                self._backlog.clear()
        return self._appliers
