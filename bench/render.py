"""A run of the race as Markdown: the short table that README includes, and the whole one beside the snapshot. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.bars import Bar
from bench.book import in_order, results_of
from bench.figures import ALTER, OURS, Figure, Row, by_scenario, figure, of, row, rows
from bench.results import Result
from bench.scenarios import ALONE, SCENARIOS

NAMES = {
    OURS: "ghostshift",
    "ghostshift-verified": "ghostshift, verified",
    "gh-ost": "gh-ost",
    "pt-osc": "pt-osc",
    ALTER: "server's ALTER (COPY)",
    ALONE: "the load alone",
}
_MARKS = {True: "holds", False: "**does not hold**", None: "not measured"}
_NOTHING = "-"
HELD = 0.5
"""Seconds that the bench may be kept from running before it is said."""
_PEERS = ("gh-ost", "pt-osc")
_LEGEND = (
    "Seconds are of the whole command, medians (least to most). *Of ALTER's*, *of ours*: times the seconds of the same "
    "round.\n*Kept*: the application's throughput, of what it had just before. Stalls: medians of the rounds' worst; "
    "*load alone*: the worst of\nthe same load, for as long, with nobody at work."
)


def short(kept: Mapping[str, Any], *, folder: str) -> str:
    """What README shows of one flavour; `folder` is where the snapshots are, seen from the README."""
    results = in_order(results_of(kept), list(SCENARIOS))
    flavor = kept["flavor"]
    head = ["scenario", "ghostshift", "of ALTER's", *(f"{peer}, of ours" for peer in _PEERS)]
    head += ["kept: ours", *(f"kept: {peer}" for peer in _PEERS), "kept: ALTER"]
    head += ["stall: copy", "stall: cut-over", "stall: load alone"]
    lines = [[*_short_row(here)] for here in by_scenario(results).values()]
    found = [Bar(**bar) for bar in kept["bars"]]
    every = f"[every figure]({folder}/{flavor}.md), [data]({folder}/{flavor}.json)"
    return "\n".join(
        [
            f"{_heading(kept)} ({every}):",
            "",
            *_table(head, lines),
            "",
            _LEGEND,
            "",
            *_table(["bar", "limit", "measured", ""], [[b.bar, b.limit, b.value, _MARKS[b.passed]] for b in found]),
            "",
            f"![what the application kept]({folder}/{flavor}-unlimited.png)" if _drawn(kept) else "",
        ]
    ).rstrip()


def whole(kept: Mapping[str, Any]) -> str:
    """All figures of a run, a table for each scenario."""
    results = in_order(results_of(kept), list(SCENARIOS))
    parts = [f"# The race on {kept['facts'].get('server', kept['flavor'])}", "", f"{_heading(kept)}.", ""]
    parts += [
        "How it is measured: [the bench](../../docs/howto/bench.md). This page is made by `python -m bench.readme`.",
        "",
    ]
    for name, here in by_scenario(results).items():
        known = SCENARIOS.get(name)
        run = kept["runs"].get(name, {})
        parts += [f"## {name}", "", f"{known.says if known else ''}; {_load(here)}; {_of_run(run)}.".lstrip("; "), ""]
        parts += _table(_WHOLE, [_whole_row(one) for one in rows(here)])
        parts += ["", *_remarks(here)]
        if any(one.ticks for one in here):
            parts += [f"![throughput of the application]({kept['flavor']}-{name}.png)", ""]
    parts += _micro(kept["micro"] or {})
    return "\n".join(parts).rstrip() + "\n"


# --- the short table


def _short_row(results: Sequence[Result]) -> Iterable[str]:
    name = results[0].scenario
    ours = row(results, OURS) if any(one.contestant == OURS for one in results) else None
    yield name
    yield _took(ours)
    yield _NOTHING if ours is None else _figure(ours.of_alter, "{:.2f} times")
    for peer in _PEERS:
        yield _peer(results, peer)
    for contestant in (OURS, *_PEERS, ALTER):
        yield _figure(figure(one.kept for one in of(results, contestant)), "{:.0%}", spread=False)
    yield _NOTHING if ours is None else _figure(ours.worst_copying, "{:.0f} ms", spread=False)
    yield _NOTHING if ours is None else _figure(ours.worst_swapping, "{:.0f} ms", spread=False)
    yield _figure(
        figure(None if one.during is None else one.during.worst for one in of(results, ALONE)),
        "{:.0f} ms",
        spread=False,
    )


def _peer(results: Sequence[Result], peer: str) -> str:
    if not any(one.contestant == peer for one in results):
        return "did not race"
    found = row(results, peer)
    if found.absent:
        return found.absent
    if not found.finished:
        return "does not finish"
    return _figure(found.of_ours, "{:.2f} times", spread=False)


def _took(found: Row | None) -> str:
    if found is None:
        return "did not race"
    if found.absent:
        return found.absent
    if found.finished < found.runs:
        return f"{found.runs - found.finished} of {found.runs} did not finish"
    return f"**{_figure(found.seconds, form_of(found.seconds) + ' s', spread=False)}**" + _spread(
        found.seconds, form_of(found.seconds)
    )


# --- the whole table

_WHOLE = [
    "", "seconds", "of ALTER's", "of ours", "kept", "p50", "p99", "worst, copy", "worst, cut-over", "replica behind",
    "until caught up", "tool's CPU", "server's CPU", "memory", "wire", "strangers",
]  # fmt: skip


def _whole_row(found: Row) -> list[str]:
    name = NAMES.get(found.contestant, found.contestant)
    if found.absent:
        return [name, found.absent, *[""] * (len(_WHOLE) - 2)]
    finished = found.finished == found.runs
    return [
        name,
        _figure(found.seconds, form_of(found.seconds))
        if finished
        else f"{found.runs - found.finished} of {found.runs} unfinished",
        _figure(found.of_alter, "{:.2f}"),
        _figure(found.of_ours, "{:.2f}"),
        _figure(found.kept, "{:.0%}"),
        _figure(found.p50, "{:.1f} ms"),
        _figure(found.p99, "{:.0f} ms"),
        _figure(found.worst_copying, "{:.0f} ms"),
        _figure(found.worst_swapping, "{:.0f} ms") + _by(found),
        _figure(found.lag_worst, "{:.1f} s"),
        _figure(found.lag_after, "{:.1f} s"),
        _figure(found.cpu, "{:.1f} s"),
        _figure(found.server_cpu, "{:.1f} s"),
        _figure(found.peak_mb, "{:.0f} MB"),
        _figure(found.wire_mb, "{:.0f} MB"),
        _figure(found.strangers, "{:.0%}"),
    ]


def _by(found: Row) -> str:
    return " (last second)" if found.worst_swapping is not None and found.swap_by == "last second" else ""


def _remarks(results: Sequence[Result]) -> list[str]:
    """What went wrong, in words."""
    said = []
    for found in rows(results):
        name = NAMES.get(found.contestant, found.contestant)
        if found.note:
            said.append(f"- {name}: {found.note}")
        if found.held > HELD:
            said.append(f"- {name}: the bench itself was kept from running for {found.held:.1f} s; do not believe it")
        said += [f"- {name}: {problem}" for problem in found.problems]
    return [*(_plain(line) for line in said), ""] if said else []


def _micro(micro: Mapping[str, Any]) -> list[str]:
    """Our own code on one core, without a server in the way."""
    lines = []
    for name, found in (micro.get("reader") or {}).items():
        if isinstance(found, Mapping):
            rates = [f"{found['rows_per_second']:,} rows/s", f"{found['events_per_second']:,} events/s"]
            lines.append([f"reader, a real log: {name.replace('_', ' ')}", ", ".join(rates), ""])
    for name, found in (micro.get("micro") or {}).items():
        if isinstance(found, Mapping):
            lines.append([name, f"{found['per_second']:,} {found['unit']}s/s", f"{found['ratio']}"])
    head = ["", "a core does", "of the reference loop"]
    return ["## Our own code, on one core", "", *_table(head, lines), ""] if lines else []


# --- words


def _heading(kept: Mapping[str, Any]) -> str:
    facts, runs = kept["facts"], kept["runs"].values()
    days = sorted({str(run.get("made", ""))[:8] for run in runs})
    when = " to ".join(dict.fromkeys(_day(day) for day in (days[0], days[-1]))) if days else "never"
    least, most = _range(run.get("rounds", 1) for run in runs)
    rounds = f"{least} to {most} rounds" if least != most else f"{most} round{'s' if most != 1 else ''}"
    return (
        f"{_server(str(facts.get('server', '')))}, {when}: {facts.get('rows', 0):,} rows, "
        f"{facts.get('cpus', '?')} cores shared by server, load and tool, {rounds}"
    )


def _range(values: Iterable[int]) -> tuple[int, int]:
    known = sorted(values) or [0]
    return known[0], known[-1]


def _server(text: str) -> str:
    return text.replace("mysql", "MySQL").replace("mariadb", "MariaDB")


def _day(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}"


def _load(results: Sequence[Result]) -> str:
    return next((f"writers: {one.load}" for one in results if one.load), "")


def _of_run(run: Mapping[str, Any]) -> str:
    rounds = run.get("rounds", 1)
    return f"{rounds} round{'s' if rounds != 1 else ''} on {_day(str(run.get('made', '')))}"


def _drawn(kept: Mapping[str, Any]) -> bool:
    return any(one["scenario"] == "unlimited" and one["ticks"] for one in kept["results"])


def _figure(value: Figure | None, form: str, *, spread: bool = True) -> str:
    if value is None:
        return _NOTHING
    return form.format(value.median) + (_spread(value, form.partition(" ")[0]) if spread else "")


def form_of(value: Figure | None) -> str:
    """How seconds are written: a few with hundredths."""
    return "{:.2f}" if value is not None and value.median < 5 else "{:.1f}"


def _spread(value: Figure | None, form: str) -> str:
    if value is None or value.count == 1:
        return ""
    low, high = form.format(value.low), form.format(value.high)
    return f" ({low} to {high})" if low != high else ""


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    shown = [head, *lines]
    return [
        "| " + " | ".join(_plain(cell) for cell in shown[0]) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(_plain(cell) for cell in line) + " |" for line in shown[1:]),
    ]


def _plain(text: str) -> str:
    """A cell that cannot end its table."""
    return text.replace("|", "\\|").replace("\n", " ")
