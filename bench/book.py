"""A run of the race as one JSON document, and how a later run of some scenarios is put in the place of theirs. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench import bars
from bench.figures import by_scenario
from bench.results import FORMAT, Result, from_json, to_json

_OF_A_RUN = ("made", "server", "rows", "rounds", "load_before", "interrupted")
"""Facts that may differ from scenario to scenario once runs were put together."""


def book(
    flavor: str, facts: Mapping[str, Any], results: Sequence[Result], micro: Mapping[str, Any] | None
) -> dict[str, Any]:
    """All of one run. `facts` are the machine's, the server's and the run's own."""
    made = {name: {key: facts[key] for key in _OF_A_RUN if key in facts} for name in by_scenario(results)}
    kept = {"format": FORMAT, "flavor": flavor, "facts": dict(facts), "runs": made, "micro": micro}
    return _judged(kept, results)


def merged(old: Mapping[str, Any] | None, new: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The new run, with what the old one has of scenarios that were not raced again, if the machine is the same.

    In the order of `names`.
    """
    if old is None or not _alike(old, new):
        return dict(new)
    runs = {**old["runs"], **new["runs"]}
    kept = {**new, "runs": runs, "micro": new["micro"] or old["micro"]}
    results = [*results_of(new), *(one for one in results_of(old) if one.scenario not in new["runs"])]
    return _judged(kept, in_order(results, names))


def slim(kept: Mapping[str, Any]) -> dict[str, Any]:
    """For the repository: time lines of the first round only, for that is what is drawn."""
    results = results_of(kept)
    first = {name: min(one.number for one in here) for name, here in by_scenario(results).items()}
    for one in results:
        if one.number != first[one.scenario]:
            one.ticks = []
        one.report = {name: value for name, value in one.report.items() if not isinstance(value, str | list)}
    return {**kept, "results": [to_json(one) for one in results]}


def results_of(kept: Mapping[str, Any]) -> list[Result]:
    """The results of a document."""
    return [from_json(one) for one in kept["results"]]


def in_order(results: Iterable[Result], names: Sequence[str]) -> list[Result]:
    """Sorted as the list of scenarios is, each by its rounds."""
    place = {name: at for at, name in enumerate(names)}
    return sorted(results, key=lambda one: (place.get(one.scenario, len(place)), one.number))


def _alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    if old.get("format") != new["format"] or old.get("flavor") != new["flavor"]:
        return False
    return all(old["facts"].get(name) == new["facts"].get(name) for name in ("server", "rows", "cpus", "settings"))


def _judged(kept: Mapping[str, Any], results: Sequence[Result]) -> dict[str, Any]:
    found = bars.bars(results, kept["flavor"], kept["facts"].get("rows", 0), kept["micro"])
    return {**kept, "bars": [dataclasses.asdict(bar) for bar in found], "results": [to_json(one) for one in results]}
