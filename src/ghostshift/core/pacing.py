"""The pace: how many copiers and appliers work, how large their pieces are, and why. Pure.

What the application feels is measured, not guessed: a tiny commit and a tiny read of our own (workers/pacer.py). Their
time while we copy, over their time while we rest, is what an application that waits for each answer loses: at twice
the time it does half. So there is one rule for all servers, and no number of theirs has to be known:

- nobody else at work: as many copiers as make it faster, found by trying one more and keeping it where it pays;
- an application at work: give way where its commits take more than `FAIR` times as long as without us;
- polite, or with a target: give way at once where they take noticeably longer, or longer than was asked for.

To give way is to copy for a part of the time. Towards the limit the share grows in small steps, beyond it it shrinks at
once and by as much as it is beyond; in between nothing changes. A try that did not pay is not repeated for a while, and
each time for longer. So it settles.

It must never stop for good: however bad things look, a share remains (`LEAST`), or a migration would not end.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from dataclasses import dataclass, field

from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase

WORKING = frozenset({Phase.COPYING, Phase.VERIFYING})
"""The phases in which the pace matters."""

MOST_COPIERS = 8
"""More are not tried of our own accord: a server that is faster with more of them has other users, too."""

MOST_APPLIERS = 4

CHUNK_SECONDS = 0.25
"""How long a chunk takes where nothing else is asked for and nobody else is at work."""

BEGIN = 2
"""Copiers at the start."""

LEAST = 0.1
"""Copiers at the least, as a share of one."""

FAIR = 2.0
"""How many times as long an application's commits may take, by default."""

POLITE = 1.6
"""The same where we are asked to be polite."""

SLACK = 0.0005
"""Seconds that are no reason to give way: a clock, a switch of threads."""

LOOK_EVERY = 5.0
"""Seconds between two looks at the application alone."""

LOOK_LONGEST = 0.5
"""Seconds that such a look takes at the most."""

ENOUGH = 4
"""Measurements that a judgement needs: one slow commit is no sign."""

WORTH = 5.0
"""How many times as long as a tiny commit a chunk takes at the least: all of it would be the way to the server else."""

TRY_SECONDS = 2.0
"""How long a number of copiers is watched before another one is tried."""

PAYS = 1.08
"""One more copier must make it faster by this factor."""

REST_TRIES = 20.0
"""Seconds before a number that did not pay is tried again; twice as long each time."""

HISTORY = 1_000_000
"""Undo records that wait for purge at which we give way."""

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


@dataclass(slots=True)
class _Trial:
    """The search for the number of copiers that is worth it."""

    number: int = BEGIN
    since: float | None = None
    rows: int = 0
    best: float = 0.0
    """Rows a second with one copier less, where one more is being tried."""
    not_before: float = 0.0
    pause: float = REST_TRIES


@dataclass(slots=True)
class Pacer:
    """See the module. Single-threaded."""

    _alone: deque[float] = field(default_factory=lambda: deque(maxlen=24))
    _beside: deque[float] = field(default_factory=lambda: deque(maxlen=12))
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
        self._alone.extend(felt.alone)
        # A target holds for every commit, whoever makes it slow.
        self._beside.extend((*felt.alone, *felt.beside) if wish.app_latency_millis else felt.beside)
        gentle = wish.polite or wish.app_latency_millis > 0
        minds = gentle or felt.busy
        looking = self._look(felt, minds=minds and not wish.app_latency_millis)
        limit = self._limit(wish)
        pressure, sign = self._pressure(felt, limit if minds else math.inf)
        number = self._number(felt, wish, held=self._share < 1.0 or minds)
        if not looking:
            self._give_way(pressure, sign, gentle=gentle)
        copiers = max(LEAST, number * self._share)
        return Pace(
            copiers=copiers,
            appliers=self._number_of_appliers(felt, wish),
            chunk_seconds=max(_chunk_seconds(gentle=gentle, minds=minds), WORTH * self.baseline),
            looking=looking,
            limit=limit if gentle else math.inf,
            reason=self._reason if self._share < 1.0 else "",
        )

    # -- what the application feels

    @property
    def baseline(self) -> float:
        """Seconds of a tiny commit without us; 0 while that is not known."""
        return statistics.median(self._alone) if self._alone else 0.0

    def _limit(self, wish: Tunables) -> float:
        if wish.app_latency_millis > 0:
            return wish.app_latency_millis / 1000
        if not self._alone:
            return math.inf
        return self.baseline * (POLITE if wish.polite else FAIR) + SLACK

    def _pressure(self, felt: Felt, limit: float) -> tuple[float, str]:
        """How much of what is bearable is used, by the worst of all signs; and that sign in words."""
        commits = statistics.median(self._beside) if len(self._beside) >= ENOUGH else 0.0
        signs = (
            (commits / limit, f"commits take {commits * 1000:.1f} ms, {self.baseline * 1000:.1f} ms without us"),
            (felt.redo / REDO, f"{felt.redo:.0%} of the redo log wait for a checkpoint"),
            (felt.history / HISTORY, f"{felt.history} undo records wait for purge"),
            (felt.lag, f"replicas lag by {felt.lag:.0%} of what they may"),
        )
        return max(signs)

    def _give_way(self, pressure: float, sign: str, *, gentle: bool) -> None:
        if pressure > 1.0:
            self._reason = sign
            self._share = max(LEAST / 2, self._share * max(0.5, 1.0 / pressure))
            self._beside.clear()  # they belong to the share that was too much
        elif pressure < 0.9:
            self._share = min(1.0, self._share + (0.04 if gentle else 0.05))

    def _look(self, felt: Felt, *, minds: bool) -> bool:
        """Whether the application is to be seen alone now."""
        if felt.alone:
            self._looked = felt.at
            self._fresh += len(felt.alone)
        if self._looking_since is not None:
            over = self._fresh >= ENOUGH or felt.at - self._looking_since > LOOK_LONGEST
            if over:
                self._looking_since, self._looked = None, felt.at
        elif minds and (felt.at - self._looked > LOOK_EVERY or len(self._alone) < ENOUGH):
            self._looking_since, self._fresh = felt.at, 0
        return self._looking_since is not None

    # -- how many

    def _number(self, felt: Felt, wish: Tunables, *, held: bool) -> int:
        """Copiers without giving way: what was asked for, or what proved to be worth it."""
        trial = self._trial
        if wish.copy_threads:
            trial.since = None
            return wish.copy_threads
        if held:  # what holds us back is not the number
            trial.since = None
            return min(trial.number, BEGIN)
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


def _chunk_seconds(*, gentle: bool, minds: bool) -> float:
    """A chunk's commit stands in the way of all others, and nobody yields within one: small where somebody waits."""
    if gentle:
        return 0.05
    return 0.1 if minds else CHUNK_SECONDS
