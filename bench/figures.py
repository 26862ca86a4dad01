"""Medians with their spread, and ratios of what ran in the same round. Pure.

Two runs of one round met the same machine, minutes apart at most; so a ratio is the median of the rounds' ratios, never
the ratio of two medians of different hours.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bench.results import Result
from bench.scenarios import ALONE

OURS = "ghostshift"
ALTER = "alter"
Pick: TypeAlias = Callable[[Result], float | None]


@dataclass(frozen=True)
class Figure:
    """A median and what it was taken from."""

    median: float
    low: float
    high: float
    count: int


def figure(values: Iterable[float | None]) -> Figure | None:
    """The median of what was measured; None where nothing was."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    return Figure(statistics.median(known), min(known), max(known), len(known))


def of(results: Iterable[Result], contestant: str) -> list[Result]:
    """The rounds of one contestant that ran."""
    return [one for one in results if one.contestant == contestant and not one.absent]


def seconds(results: Iterable[Result], contestant: str) -> Figure | None:
    """How long it took where it finished."""
    return figure(one.seconds for one in of(results, contestant) if one.finished)


def paired(results: Sequence[Result], one: str, other: str, pick: Pick) -> Figure | None:
    """The median of `one`'s figure as a multiple of `other`'s in the same round; of rounds in which both finished."""
    return across(of(results, one), of(results, other), pick)


def across(ones: Iterable[Result], others: Iterable[Result], pick: Pick) -> Figure | None:
    """The same for results of whichever scenarios."""
    base = {result.number: pick(result) for result in others if result.finished}
    ratios = []
    for result in ones:
        value, against = pick(result), base.get(result.number)
        if result.finished and value is not None and against:
            ratios.append(value / against)
    return figure(ratios)


def took(result: Result) -> float | None:
    """Seconds of the whole command."""
    return result.seconds


def p99(result: Result) -> float | None:
    """Of the whole run, the cut-over with it."""
    return None if result.during is None else result.during.p99


def worst_copying(result: Result) -> float | None:
    """The longest stall outside of the cut-over."""
    return None if result.copy is None else result.copy.worst


def worst_swapping(result: Result) -> float | None:
    """The longest stall that met the cut-over."""
    return None if result.cut_over is None else result.cut_over.worst


@dataclass(frozen=True)
class Row:
    """One contestant in one scenario, over all rounds."""

    scenario: str
    contestant: str
    absent: str
    runs: int
    finished: int
    note: str
    """Of the first run that did not finish."""
    seconds: Figure | None
    of_alter: Figure | None
    """Its seconds as a multiple of the server's own ALTER of the same round."""
    of_ours: Figure | None
    """And of ghostshift's."""
    kept: Figure | None
    p50: Figure | None
    p99: Figure | None
    worst_copying: Figure | None
    worst_swapping: Figure | None
    swap_by: str
    lag_worst: Figure | None
    lag_after: Figure | None
    cpu: Figure | None
    server_cpu: Figure | None
    peak_mb: Figure | None
    wire_mb: Figure | None
    strangers: Figure | None
    held: float
    """The longest that the bench was kept from running."""
    problems: tuple[str, ...]


def row(results: Sequence[Result], contestant: str) -> Row:
    """Reckon one contestant of one scenario; `results` are all of that scenario."""
    here = [one for one in results if one.contestant == contestant]
    ran = [one for one in here if not one.absent]
    raced = contestant != ALONE
    return Row(
        scenario=here[0].scenario,
        contestant=contestant,
        absent="" if ran else here[0].absent,
        runs=len(ran),
        finished=sum(one.finished for one in ran),
        note=next((one.note for one in ran if not one.finished), ""),
        seconds=seconds(results, contestant) or figure(one.seconds for one in ran),
        of_alter=paired(results, contestant, ALTER, took) if raced else None,
        of_ours=paired(results, contestant, OURS, took) if raced else None,
        kept=figure(one.kept for one in ran),
        p50=figure(None if one.copy is None else one.copy.p50 for one in ran),
        p99=figure(None if one.copy is None else one.copy.p99 for one in ran),
        worst_copying=figure(map(worst_copying, ran)),
        worst_swapping=figure(map(worst_swapping, ran)),
        swap_by=next((one.cut_over_by for one in ran if one.cut_over_by), ""),
        lag_worst=figure(one.lag_worst for one in ran),
        lag_after=figure(one.lag_after for one in ran),
        cpu=figure(one.cpu_seconds for one in ran),
        server_cpu=figure(one.server_cpu_seconds for one in ran),
        peak_mb=figure(one.peak_mb for one in ran),
        wire_mb=figure(one.wire_mb for one in ran),
        strangers=figure(one.strangers for one in ran),
        held=max((one.held for one in ran), default=0.0),
        problems=tuple(dict.fromkeys(text for one in ran for text in one.problems)),
    )


def rows(results: Sequence[Result]) -> list[Row]:
    """All rows, scenario by scenario in the order in which they were raced."""
    found = []
    for scenario in dict.fromkeys(one.scenario for one in results):
        here = [one for one in results if one.scenario == scenario]
        names = sorted({one.contestant for one in here}, key=_place)
        found += [row(here, name) for name in names]
    return found


_ORDER = (OURS, "ghostshift-verified", "gh-ost", "pt-osc", ALTER, ALONE)


def _place(contestant: str) -> int:
    return _ORDER.index(contestant) if contestant in _ORDER else len(_ORDER)


def by_scenario(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Divided by their scenario."""
    found: dict[str, list[Result]] = {}
    for one in results:
        found.setdefault(one.scenario, []).append(one)
    return found


def deep(mapping: Mapping[str, Any] | None, *names: str) -> Any:
    """A value some levels down in what was read from JSON; None where a level lacks it."""
    value: Any = mapping
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
