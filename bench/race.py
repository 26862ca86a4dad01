"""A side-by-side race on one throw-away server: the server's own ALTER, gh-ost, pt-osc, ghostshift.

Idle, at a fixed rate of writes, and under unlimited ones. Each contestant starts from the same fresh table; what the
application kept is measured against the seconds before, in the same run. Prints a table and the bars, writes JSON and
a plot under bench/results/.

    python -m bench.race [--rows 1000000] [--flavor mysql|mariadb] [--scenarios idle,fixed,unlimited]
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import show
from bench.arena import Arena, settings
from bench.contestants import Contestant, GhOst, Ghostshift, GhostshiftVerified, PtOnlineSchemaChange, Run, ServerAlter
from bench.loads import Load, Probe, Tick, make_load, mean_rate
from rich.console import Console

from ghostshift.sandbox import ServerSpec, start

ROOT = Path(__file__).resolve().parent
CONTESTANTS = ("alter", "gh-ost", "pt-osc", "ghostshift", "ghostshift-verified")
SCENARIOS = ("idle", "fixed", "unlimited")
_ALONE = 4.0
"""Seconds of the load alone before a contestant starts."""
_AFTER = 1.5


@dataclass
class Result:
    """One contestant in one scenario."""

    scenario: str
    contestant: str
    load: str = ""
    absent: str = ""
    finished: bool = False
    seconds: float = 0.0
    note: str = ""
    cpu_seconds: float | None = None
    peak_mb: float | None = None
    rate_before: float | None = None
    rate_during: float | None = None
    p99_before_ms: float | None = None
    p99_during_ms: float | None = None
    worst_before_ms: float | None = None
    worst_during_ms: float | None = None
    problems: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    ticks: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the contestant's start, and transactions a second."""

    @property
    def kept(self) -> float | None:
        """What the application kept of its throughput."""
        if not self.rate_before or self.rate_during is None:
            return None
        return self.rate_during / self.rate_before


def main() -> int:
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: children and the server are ended
    console = Console()
    if not console.is_terminal:
        console.width = 160
    stamp = f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}-{args.flavor}"
    folder = ROOT / "results" / stamp
    folder.mkdir(parents=True, exist_ok=True)
    spec = ServerSpec(args.flavor, args.version, settings=settings(args.flavor, relaxed=args.relaxed))
    found: dict[str, Any] = {}
    results: list[Result] = []
    with start(spec, say=console.print) as sandbox:
        console.print(f"filling {args.rows:,} rows")
        arena = Arena(sandbox.primary, args.rows)
        found = arena.facts()
        for scenario in args.scenarios:
            for number, contestant in itertools.product(range(1, args.rounds + 1), contestants(args)):
                console.print(f"[dim]{scenario}: {contestant.name}[/dim]")
                results.append(race(scenario, contestant, arena, folder, args, number))
                console.print(show.line(results[-1]))
    reader = None if args.no_reader else read_speed(args.flavor)
    bars = show.bars(results, reader)
    show.table(console, results)
    show.print_bars(console, bars)
    found |= {"made": stamp, "reader": reader, "bars": bars, "results": [dataclasses.asdict(r) for r in results]}
    target = folder / "race.json"
    target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    plotted = show.plot(results, folder / "race.png", found)
    console.print(f"written: {target}" + (f" and {plotted}" if plotted else " (no plot: matplotlib is not installed)"))
    if args.snapshot:
        show.snapshot(folder, ROOT / "snapshots" / args.flavor)
    return 0 if all(bar["passed"] is not False for bar in bars) else 1


def race(
    scenario: str, contestant: Contestant, arena: Arena, folder: Path, args: argparse.Namespace, number: int = 1
) -> Result:
    """One contestant, from a fresh table to what the application felt."""
    result = Result(scenario, contestant.name, absent=contestant.absent())
    if result.absent:
        return result
    arena.fresh()
    logs = folder / f"{scenario}-{contestant.name.split()[0]}-{number}"
    logs.mkdir()
    load = make_load(scenario, arena, logs, rate=args.rate, kind=args.load)
    result.load = load.name
    probe = None if scenario == "idle" else Probe(arena)
    cap = args.own_cap if isinstance(contestant, Ghostshift) else args.cap
    begun, run = perform(load, probe, contestant, arena, logs, cap)
    ended = begun + run.seconds
    for name in ("finished", "seconds", "note", "cpu_seconds", "peak_mb", "report"):
        setattr(result, name, getattr(run, name))
    if run.finished and not arena.migrated():
        result.finished, result.note = False, "it says it finished, but the table is as it was"
    if probe is not None:
        felt(result, load.ticks(), probe, begun, ended)
        result.problems = [*load.problems(), *probe.problems]
    for secret in (*logs.glob("*.cnf"),):
        secret.unlink()
    return result


def perform(
    load: Load, probe: Probe | None, contestant: Contestant, arena: Arena, logs: Path, cap: float
) -> tuple[float, Run]:
    """The load alone, then with the contestant, then a moment more."""
    rest = threading.Event()
    if probe is not None:
        probe.start()
    load.start()
    try:
        if probe is not None:
            rest.wait(_ALONE)
        begun = time.monotonic()
        run = contestant.run(arena, logs, cap)
        if probe is not None:
            rest.wait(_AFTER)
    finally:
        load.stop()
        if probe is not None:
            probe.stop()
    return begun, run


def felt(result: Result, ticks: list[Tick], probe: Probe, begun: float, ended: float) -> None:
    """What the application had before and what it kept."""
    report = probe.report()
    before, during = report.window(begun - _ALONE + 0.5, begun), report.window(begun, ended)
    result.p99_before_ms, result.p99_during_ms = before.p99 * 1000, during.p99 * 1000
    result.worst_before_ms, result.worst_during_ms = before.worst * 1000, during.worst * 1000
    result.rate_before = mean_rate(ticks, begun - _ALONE + 1, begun)
    result.rate_during = mean_rate(ticks, begun, ended)
    result.ticks = [(round(tick.at - begun, 2), tick.rate) for tick in ticks]


def read_speed(flavor: str) -> dict[str, Any] | None:
    """The micro bench of the binary log reader, as a program of its own."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "reader.py"), "--flavor", flavor], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def contestants(args: argparse.Namespace) -> list[Contestant]:
    """In the order of the table."""
    everybody: list[tuple[str, Contestant]] = [
        ("alter", ServerAlter()),
        ("gh-ost", GhOst()),
        ("pt-osc", PtOnlineSchemaChange()),
        ("ghostshift", Ghostshift(args.more)),
        ("ghostshift-verified", GhostshiftVerified(args.more)),
    ]
    return [one for name, one in everybody if name in args.contestants]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: text.split(",")  # noqa: E731 - the type of two options
    parser.add_argument("--flavor", default="mysql", choices=("mysql", "mariadb"))
    parser.add_argument("--version", default="")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=500.0, help="transactions a second in the scenario `fixed`")
    parser.add_argument("--cap", type=float, default=90.0, help="seconds after which others are stopped")
    parser.add_argument("--own-cap", type=float, default=180.0, help="seconds after which ghostshift is stopped")
    parser.add_argument("--scenarios", type=words, default=list(SCENARIOS), help="of idle,fixed,unlimited")
    parser.add_argument("--contestants", type=words, default=list(CONTESTANTS))
    parser.add_argument("--rounds", type=int, default=1, help="how often each contestant runs in each scenario")
    parser.add_argument("--load", choices=("auto", "own", "sysbench"), default="auto", help="who writes unlimited")
    parser.add_argument("--relaxed", action="store_true", help="commits need not reach the disk (for slow disks)")
    parser.add_argument("--no-reader", action="store_true", help="leave the reader's micro bench out")
    parser.add_argument("--snapshot", action="store_true", help="copy the result to bench/snapshots/")
    parser.add_argument("--more", nargs="*", default=[], help="more words for ghostshift migrate; the last option")
    args = parser.parse_args()
    wrong = set(args.scenarios) - set(SCENARIOS)
    if wrong:
        parser.error(f"no such scenario: {', '.join(sorted(wrong))}")
    return args


if __name__ == "__main__":
    sys.exit(main())
