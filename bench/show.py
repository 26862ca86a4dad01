"""What a race looks like on a terminal: a line for each run, a table of medians, the bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.bars import Bar
from bench.book import results_of
from bench.figures import Figure, rows
from bench.render import HELD, NAMES, form_of
from bench.results import Result

_MARKS = {True: "[green]pass[/green]", False: "[red]FAIL[/red]", None: "[dim]not measured[/dim]"}
_COLUMNS = (
    "seconds",
    "of ALTER",
    "of ours",
    "kept",
    "p99",
    "stall",
    "cut-over",
    "lag",
    "CPU",
    "server",
    "MB",
    "wire",
    "strangers",
)

NOISY = 0.1
"""The share of the machine that others may use before it is said."""


def line(result: Result) -> str:
    """One result, as soon as it is known."""
    if result.absent:
        return f"  [yellow]{escape(result.absent)}[/yellow]"
    state = "finished" if result.finished else f"NOT finished ({result.note})"
    said = f"  {state} in {result.seconds:.2f} s"
    if result.kept is not None and result.during is not None:
        said += f", application kept {result.kept:.0%}, worst {result.during.worst:.0f} ms"
    if result.lag_worst is not None:
        said += f", replica {result.lag_worst:.1f} s behind at the worst"
    if result.strangers is not None and result.strangers > NOISY:
        said += f"\n  ! {result.strangers:.0%} of the machine was at work for others: these figures are theirs too"
    if result.held > HELD:
        said += f"\n  ! the bench itself was kept from running for {result.held:.1f} s; do not believe this one"
    return escape(said + "".join(f"\n  ! {text}" for text in result.problems))


def whole(console: Console, kept: Mapping[str, Any]) -> None:
    """All results and the bars."""
    shown = Table(title="the race: medians", title_justify="left")
    for name in ("scenario", "contestant"):
        shown.add_column(name)
    for name in _COLUMNS:
        shown.add_column(name, justify="right")
    shown.add_column("note")
    last = ""
    for one in rows(results_of(kept)):
        if last and one.scenario != last:
            shown.add_section()
        last = one.scenario
        name = NAMES.get(one.contestant, one.contestant)
        note = one.absent or "; ".join([one.note, *one.problems]).strip("; ")[:100]
        cells = (
            _text(one.seconds, form_of(one.seconds) + " s")
            + ("" if one.finished == one.runs else f" {one.finished}/{one.runs}"),
            _text(one.of_alter, "{:.2f}"),
            _text(one.of_ours, "{:.2f}"),
            _text(one.kept, "{:.0%}"),
            _text(one.p99, "{:.0f} ms"),
            _text(one.worst_copying, "{:.0f} ms"),
            _text(one.worst_swapping, "{:.0f} ms"),
            _text(one.lag_worst, "{:.1f} s"),
            _text(one.cpu, "{:.1f} s"),
            _text(one.server_cpu, "{:.1f} s"),
            _text(one.peak_mb, "{:.0f}"),
            _text(one.wire_mb, "{:.0f}"),
            _text(one.strangers, "{:.0%}"),
        )
        shown.add_row(one.scenario, name, *cells, escape(note))
    console.print(shown)
    _bars(console, kept)


def _bars(console: Console, kept: Mapping[str, Any]) -> None:
    shown = Table(title="bars", title_justify="left")
    for name in ("bar", "limit", "measured", ""):
        shown.add_column(name)
    for one in (Bar(**bar) for bar in kept["bars"]):
        shown.add_row(one.bar, one.limit, escape(one.value), _MARKS[one.passed])
    console.print(shown)


def _text(value: Figure | None, form: str) -> str:
    return "" if value is None else form.format(value.median)
