"""What an application felt, reckoned from a probe's samples. Pure.

The probe sends its next statement when the last one has answered, so that a stall of nine seconds is one sample of a
thousand; statements of a real application would have gone on arriving. So a sample that took longer than the probe's
beat stands for those that would have been sent meanwhile too: they would have waited for the rest of the stall.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from ghostshift.demo.timing import percentile

Span: TypeAlias = tuple[float, float]
"""From when to when, by the monotonic clock."""


class Sample(NamedTuple):
    """One statement of the probe: when it ended, how many seconds it took."""

    ended: float
    took: float

    def meets(self, span: Span) -> bool:
        """Whether any of it was in that stretch of time."""
        return self.ended >= span[0] and self.ended - self.took <= span[1]


@dataclass(frozen=True)
class Felt:
    """Milliseconds that a statement took."""

    samples: int
    p50: float
    p99: float
    worst: float


def arrivals(samples: Iterable[Sample], beat: float) -> list[float]:
    """Seconds that statements would have waited that arrive every `beat` seconds, whatever happens."""
    waits: list[float] = []
    for sample in samples:
        waits.append(sample.took)
        rest = sample.took - beat
        while rest > 0:
            waits.append(rest)
            rest -= beat
    return waits


def felt(samples: Iterable[Sample], beat: float) -> Felt | None:
    """What these samples come to; None of none."""
    own = list(samples)
    if not own:
        return None
    waits = sorted(arrivals(own, beat))
    p50, p99 = percentile(waits, 50), percentile(waits, 99)
    return Felt(len(own), *(round(value * 1000, 2) for value in (p50, p99, max(sample.took for sample in own))))


def held(samples: Sequence[Sample], beat: float, span: Span) -> float:
    """The longest that the probe itself was kept from asking, in seconds: then nobody knows what was to be felt."""
    within = [sample for sample in samples if sample.meets(span)]
    pairs = itertools.pairwise(within)
    return max((later.ended - later.took - earlier.ended - beat for earlier, later in pairs), default=0.0)


def divided(samples: Sequence[Sample], run: Span, swaps: Sequence[Span]) -> tuple[list[Sample], list[Sample]]:
    """Samples of a run: those outside of its cut-over, and those that met it."""
    within = [sample for sample in samples if sample.meets(run)]
    meeting = [sample for sample in within if any(sample.meets(swap) for swap in swaps)]
    taken = set(meeting)
    return [sample for sample in within if sample not in taken], meeting


@dataclass(frozen=True)
class Tick:
    """Acknowledged transactions a second, in the `seconds` that ended at `at` (monotonic)."""

    at: float
    rate: float
    seconds: float = 1.0

    def overlap(self, since: float, until: float) -> float:
        """How much of a stretch of time this speaks of."""
        return max(0.0, min(self.at, until) - max(self.at - self.seconds, since))


def mean_rate(ticks: Sequence[Tick], since: float, until: float) -> float | None:
    """Transactions a second in a stretch of time; None without any load. A load that died did nothing afterwards."""
    if not ticks or until <= since:
        return None
    return sum(tick.rate * tick.overlap(since, until) for tick in ticks) / (until - since)


class Line(NamedTuple):
    """A line that a tool said, and when it came."""

    at: float
    text: str


def swaps_of(lines: Iterable[Line], begins: str, ends: Sequence[str], run_ended: float) -> list[Span]:
    """The cut-overs of a run by what the tool said: from a line with `begins` to the next with one of `ends`."""
    spans: list[Span] = []
    since: float | None = None
    for line in lines:
        if since is None:
            since = line.at if begins in line.text else None
        elif any(end in line.text for end in ends):
            spans.append((since, line.at))
            since = None
    if since is not None:
        spans.append((since, run_ended))
    return spans
