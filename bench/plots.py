"""Pictures of a run: for each scenario with a load, the application's throughput over time; and seconds of all.

matplotlib is an extra of the bench; without it nothing is drawn, and the race says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.book import results_of
from bench.figures import by_scenario, seconds
from bench.render import NAMES
from bench.results import Result
from bench.scenarios import SCENARIOS

_COLORS = {
    "alter": "#888888",
    "gh-ost": "#d95f02",
    "pt-osc": "#7570b3",
    "ghostshift": "#1b9e77",
    "ghostshift-verified": "#66c2a5",
    "alone": "#cccccc",
}


def draw(kept: Mapping[str, Any], folder: Path, *, prefix: str = "") -> list[Path]:
    """All pictures of a run, of its first round where there are more."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra that a race can do without
    except ImportError:
        return []
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of a backend

    scenarios = by_scenario(results_of(kept))
    facts = kept["facts"]
    title = f"{facts.get('server')}, {facts.get('rows', 0):,} rows, {facts.get('cpus')} cores"
    drawn = []
    for name, here in scenarios.items():
        first = min(one.number for one in here)
        lively = [one for one in here if one.ticks and one.number == first]
        if lively:
            figure, axis = plt.subplots(figsize=(10, 3.6), layout="constrained")
            _throughput(axis, lively, f"{title}\n{name}: {_says(name)}")
            drawn.append(folder / f"{prefix}{name}.png")
            figure.savefig(drawn[-1], dpi=90)
            plt.close(figure)
    figure, axis = plt.subplots(figsize=(10, 1.2 + 0.9 * len(scenarios)), layout="constrained")
    _seconds(axis, scenarios, title)
    drawn.append(folder / f"{prefix}seconds.png")
    figure.savefig(drawn[-1], dpi=90)
    plt.close(figure)
    return drawn


def _says(name: str) -> str:
    return SCENARIOS[name].says if name in SCENARIOS else ""


def _throughput(axis: Any, here: Sequence[Result], title: str) -> None:
    for one in here:
        color = _COLORS.get(one.contestant)
        name = NAMES.get(one.contestant, one.contestant)
        axis.plot([at for at, _ in one.ticks], [rate for _, rate in one.ticks], label=name, color=color)
        if one.raced:
            axis.axvline(one.seconds, color=color, linestyle=":" if one.finished else "--", linewidth=1)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_ylim(bottom=0)
    axis.set_ylabel("transactions/s")
    axis.set_xlabel("seconds; a migration runs from 0 to its dotted line")
    axis.set_title(title, fontsize=9)
    axis.legend(fontsize=8)


def _seconds(axis: Any, scenarios: Mapping[str, Sequence[Result]], title: str) -> None:
    names = list(dict.fromkeys(one.contestant for here in scenarios.values() for one in here if one.raced))
    height = 0.8 / max(1, len(names))
    for index, name in enumerate(names):
        found = [(at, seconds(here, name)) for at, here in enumerate(scenarios.values())]
        known = [(at + index * height, one) for at, one in found if one is not None]
        places, values = [at for at, _ in known], [one.median for _, one in known]
        spread = [[one.median - one.low for _, one in known], [one.high - one.median for _, one in known]]
        drawn = axis.barh(
            places, values, height * 0.9, xerr=spread, label=NAMES.get(name, name), color=_COLORS.get(name)
        )
        axis.bar_label(drawn, [f"{value:.1f}" for value in values], padding=3, fontsize=7)
    axis.set_yticks([index + 0.4 - height / 2 for index in range(len(scenarios))], list(scenarios))
    axis.invert_yaxis()
    axis.set_xlabel("seconds, medians; what did not finish is not drawn")
    axis.set_title(title, fontsize=9)
    axis.margins(x=0.12)
    axis.legend(fontsize=8)
