"""What a race looks like: a table, the bars that must hold, and a picture of what the application kept."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from bench.race import Result

IDLE_FACTOR = 1.5
UNLIMITED_SECONDS = 20.0
STALL_MS = 250.0
VERIFY_FACTOR = 1.25
READER_ROWS = 150_000
MEMORY_MB = 150.0

_COLORS = {
    "server ALTER (COPY)": "#888888",
    "gh-ost": "#d95f02",
    "pt-osc": "#7570b3",
    "ghostshift": "#1b9e77",
    "ghostshift-verified": "#66c2a5",
}


def line(result: Result) -> str:
    """One result, as soon as it is known."""
    if result.absent:
        return f"  {result.absent}"
    state = "finished" if result.finished else f"NOT finished ({result.note})"
    felt = "" if result.kept is None else f", application kept {result.kept:.0%}, worst {_ms(result.worst_during_ms)}"
    return f"  {state} in {result.seconds:.1f} s{felt}" + "".join(f"\n  ! {text}" for text in result.problems)


def table(console: Console, results: Sequence[Result]) -> None:
    """All results."""
    shown = Table(title="the race", title_justify="left")
    shown.add_column("scenario")
    shown.add_column("contestant")
    for name in ("seconds", "tx/s before", "tx/s during", "kept", "p99", "worst stall", "(alone)", "CPU s", "MB"):
        shown.add_column(name, justify="right")
    shown.add_column("note")
    last = ""
    for one in results:
        if last and one.scenario != last:
            shown.add_section()
        last = one.scenario
        if one.absent:
            shown.add_row(one.scenario, one.contestant, *[""] * 9, one.absent)
            continue
        shown.add_row(
            one.scenario,
            one.contestant,
            f"{one.seconds:.1f}" if one.finished else f"> {one.seconds:.0f}",
            _round(one.rate_before),
            _round(one.rate_during),
            "" if one.kept is None else f"{one.kept:.0%}",
            _ms(one.p99_during_ms),
            _ms(one.worst_during_ms),
            _ms(one.worst_before_ms),
            "" if one.cpu_seconds is None else f"{one.cpu_seconds:.1f}",
            _round(one.peak_mb),
            "; ".join([one.note, *one.problems]).strip("; ")[:80],
        )
    console.print(shown)


def bars(results: Sequence[Result], reader: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What must hold; `passed` None where it was not measured."""
    ours = {one.scenario: one for one in results if one.contestant == "ghostshift"}
    alter = next((one for one in results if one.scenario == "idle" and "ALTER" in one.contestant), None)
    found: list[dict[str, Any]] = []

    def bar(name: str, limit: str, value: str, passed: bool | None) -> None:  # noqa: FBT001 - a row of a table
        found.append({"bar": name, "limit": limit, "value": value, "passed": passed})

    idle = ours.get("idle")
    if idle and alter and alter.finished:
        factor = idle.seconds / alter.seconds
        passed = idle.finished and factor <= IDLE_FACTOR
        bar("idle", f"≤ {IDLE_FACTOR} times ALTER COPY", f"{factor:.2f} times ({idle.seconds:.1f} s)", passed)
    seconds = [
        [one.seconds for one in results if one.scenario == "idle" and one.contestant == name and one.finished]
        for name in ("ghostshift-verified", "ghostshift")
    ]
    if all(seconds):
        verified, bare = map(statistics.median, seconds)
        factor = verified / bare
        shown = f"{factor:.2f} times ({verified:.1f} s to {bare:.1f} s)"
        bar("verification, idle", f"≤ {VERIFY_FACTOR} times without", shown, factor <= VERIFY_FACTOR)
    busy = ours.get("unlimited")
    if busy:
        bar(
            "unlimited writes",
            f"finishes in < {UNLIMITED_SECONDS:.0f} s",
            f"{busy.seconds:.1f} s" + ("" if busy.finished else f" NOT finished: {busy.note}"),
            busy.finished and busy.seconds < UNLIMITED_SECONDS,
        )
        worst, alone = busy.worst_during_ms or 0.0, busy.worst_before_ms or 0.0
        bar(
            "unlimited, worst stall by us",
            f"≤ {STALL_MS:.0f} ms",
            f"{worst:.0f} ms ({alone:.0f} ms without us)",
            bool(busy.p99_during_ms) and (worst <= STALL_MS or worst <= alone),
        )
    if reader is not None:
        rate = reader.get("multi_row_statements", {}).get("rows_per_second", 0)
        bar("reader", f"≥ {READER_ROWS:,} rows/s", f"{rate:,} rows/s", rate >= READER_ROWS)
    peaks = [one.peak_mb for one in ours.values() if one.peak_mb]
    if peaks:
        bar("memory", f"< {MEMORY_MB:.0f} MB", f"{max(peaks):.0f} MB", max(peaks) < MEMORY_MB)
    lies = [text for one in ours.values() for text in one.problems]
    if ours:
        bar("nothing lost", "no writer saw an error", "; ".join(lies)[:200] or "none did", not lies)
    return found


def print_bars(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    """The bars with their marks."""
    marks = {True: "[green]pass[/green]", False: "[red]FAIL[/red]", None: "[dim]not measured[/dim]"}
    shown = Table(title="bars", title_justify="left")
    for name in ("bar", "limit", "measured", ""):
        shown.add_column(name)
    for one in found:
        shown.add_row(one["bar"], one["limit"], one["value"], marks[one["passed"]])
    console.print(shown)


def plot(results: Sequence[Result], path: Path, facts: Mapping[str, Any]) -> Path | None:
    """A time line of the application's throughput for each scenario with one, and bars of seconds."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra that a race can do without
    except ImportError:
        return None
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of a backend

    here = [one for one in results if not one.absent]
    scenarios = list(dict.fromkeys(one.scenario for one in here))
    lively = [scenario for scenario in scenarios if any(one.ticks for one in here if one.scenario == scenario)]
    figure, axes = plt.subplots(1 + len(lively), 1, figsize=(11, 3.4 * (1 + len(lively))), layout="constrained")
    panels = list(axes) if lively else [axes]
    _plot_seconds(panels[0], here, scenarios)
    for axis, scenario in zip(panels[1:], lively, strict=True):
        _plot_ticks(axis, [one for one in here if one.scenario == scenario], scenario)
    figure.suptitle(f"{facts.get('server')}, {facts.get('rows', 0):,} rows, {facts.get('cpus')} CPUs")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _plot_seconds(axis: Any, here: Sequence[Result], scenarios: Sequence[str]) -> None:
    names = list(dict.fromkeys(one.contestant for one in here))
    height = 0.8 / max(1, len(names))
    for index, name in enumerate(names):
        mine = [one for one in here if one.contestant == name]
        places = [scenarios.index(one.scenario) + index * height for one in mine]
        drawn = axis.barh(places, [one.seconds for one in mine], height * 0.9, label=name, color=_COLORS.get(name))
        texts = [f"{one.seconds:.1f} s" if one.finished else "not finished" for one in mine]
        axis.bar_label(drawn, texts, padding=3, fontsize=8)
    axis.set_yticks([index + 0.4 - height / 2 for index in range(len(scenarios))], scenarios)
    axis.invert_yaxis()
    axis.set_xlabel("seconds")
    axis.margins(x=0.12)
    axis.legend(fontsize=8)


def _plot_ticks(axis: Any, here: Sequence[Result], scenario: str) -> None:
    for one in here:
        color = _COLORS.get(one.contestant)
        axis.plot([at for at, _ in one.ticks], [rate for _, rate in one.ticks], label=one.contestant, color=color)
        axis.axvline(one.seconds, color=color, linestyle=":" if one.finished else "--", linewidth=1)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_ylim(bottom=0)
    axis.set_ylabel("transactions/s")
    load = next((one.load for one in here), "")
    axis.set_title(f"{scenario}: {load}; the migration runs from 0 to the dotted line", fontsize=9)
    axis.legend(fontsize=8)


def snapshot(folder: Path, target: Path) -> None:
    """Keep a result in the repository."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("race.json", "race.png"):
        if (folder / name).exists():
            shutil.copy(folder / name, target / name)


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} ms"


def _round(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
