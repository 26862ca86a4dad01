"""One contestant, once: a fresh table, the load alone, the contestant, what the application felt, what it cost."""

from __future__ import annotations

import argparse
import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.arena import Arena
from bench.contestants import Alone, Contestant, Ghostshift, Run
from bench.felt import Span, divided, felt, held
from bench.gauges import Counted, Held, Lag, count
from bench.loads import Load, Nobody, make_load
from bench.probe import BEAT, Probe
from bench.results import Result
from bench.scenarios import Scenario

REST = 5.0
"""Seconds of the load alone before a contestant starts; the first of them do not count."""
WARMING = 1.5
_AFTER = 1.5
_CATCHING_UP = 120.0
_ALONE = (4.0, 60.0)
"""The least and the most seconds of the load alone."""


@dataclass(frozen=True)
class Heat:
    """What all heats have in common."""

    args: argparse.Namespace
    console: Console
    folder: Path

    def alone(self, seconds: float) -> Alone:
        """The load alone for about as long as somebody took."""
        return Alone(min(max(seconds, _ALONE[0]), _ALONE[1]))


@dataclass
class Performed:
    """What happened."""

    run: Run
    used: Counted
    load: Load
    probe: Probe | None
    lag: Lag
    held: Held
    lag_after: float | None = None

    @property
    def span(self) -> Span:
        """From the contestant's start to its end."""
        return self.run.begun, self.run.ended


def race(scenario: Scenario, contestant: Contestant, arena: Arena, heat: Heat, number: int) -> Result:
    """One contestant, from a fresh table to what the application felt."""
    result = Result(scenario.name, contestant.name, number, absent=contestant.absent())
    if scenario.server and arena.server.flavor != "mysql":
        result.absent = f"{scenario.server[0][0]} is MySQL's"
    if result.absent:
        return result
    arena.fresh(scenario.shape, scenario.count(heat.args.rows))
    logs = heat.folder / f"{scenario.name}-{number}-{contestant.name}"
    logs.mkdir()
    load = make_load(scenario.writes, arena, logs, heat.args.load)
    cap = heat.args.own_cap if isinstance(contestant, Ghostshift) else heat.args.cap
    with _no_secrets(logs), arena.varied(scenario.server):
        done = perform(load, contestant, arena, logs, cap)
    note(result, done)
    if result.raced and done.run.finished and not arena.migrated():
        result.finished, result.note = False, "it says it finished, but the table is as it was"
    return result


def perform(load: Load, contestant: Contestant, arena: Arena, logs: Path, cap: float) -> Performed:
    """The load alone, then with the contestant, then a moment more, and until a replica has caught up."""
    rest = threading.Event()
    probe = None if isinstance(load, Nobody) else Probe(arena)
    lag, held_up = Lag(arena), Held()
    with contextlib.ExitStack() as running:
        parts: list[Held | Lag | Probe | Load] = [held_up, lag, *([probe] if probe else []), load]
        for one in parts:
            running.callback(one.stop)
            one.start()
        if probe is not None:
            rest.wait(REST)
        pids = [*load.pids, *(probe.pids if probe else [])]
        before = count(arena, pids)
        run = contestant.run(arena, logs, cap)
        done = Performed(run, count(arena, pids).since(before), load, probe, lag, held_up)
        if probe is not None:
            rest.wait(_AFTER)
        done.lag_after = lag.caught_up(run.ended, _CATCHING_UP)
        if arena.replicas and done.lag_after is None:
            lag.problems.append(f"the replica had not caught up {_CATCHING_UP:.0f} s after the end")
    return done


def note(result: Result, done: Performed) -> None:
    """Write down what was measured."""
    run, used = done.run, done.used
    for name in ("finished", "seconds", "note", "cpu_seconds", "peak_mb"):
        setattr(result, name, getattr(run, name))
    result.report = {name: value for name, value in run.report.items() if name not in ("plan", "structure")}
    result.load = done.load.name
    result.server_cpu_seconds = used.server_cpu
    if result.raced:
        result.sent_mb = None if used.sent is None else used.sent / 1e6
        result.received_mb = None if used.received is None else used.received / 1e6
    if used.busy is not None:
        strangers = used.busy - used.known - (run.cpu_seconds or 0.0)
        result.strangers = round(max(0.0, strangers) / used.at / (os.cpu_count() or 1), 3)
    result.lag_after = done.lag_after
    until = run.ended + (done.lag_after or 0.0)
    result.lag_worst = done.lag.worst((run.begun, until))
    result.problems = [*done.load.problems(), *done.lag.problems]
    result.held = round(done.held.worst((run.begun - REST, run.ended)), 3)
    if done.probe is not None:
        _felt(result, done, done.probe)


def _felt(result: Result, done: Performed, probe: Probe) -> None:
    """What the application had before and what it kept."""
    begun, ended = done.span
    rest: Span = (begun - REST + WARMING, begun)
    swaps, result.cut_over_by = done.run.swaps, "log"
    if not swaps:
        tells = result.raced and result.contestant != "alter" and result.finished
        swaps, result.cut_over_by = ([(ended - 1.0, ended)], "last second") if tells else ([], "")
    copy, swap = divided(probe.samples, done.span, swaps)
    result.before = felt([sample for sample in probe.samples if sample.meets(rest)], BEAT)
    result.during = felt([*copy, *swap], BEAT)
    result.copy, result.cut_over = felt(copy, BEAT), felt(swap, BEAT)
    result.rate_before, result.rate_during = done.load.rate(rest), done.load.rate(done.span)
    result.ticks = [(round(tick.at - begun, 2), round(tick.rate, 1)) for tick in done.load.ticks()]
    result.held = max(result.held, round(held(probe.samples, BEAT, (rest[0], ended)), 3))
    result.problems += probe.problems


@contextlib.contextmanager
def _no_secrets(logs: Path) -> Iterator[None]:
    """Configuration files with passwords go, whatever happens."""
    try:
        yield
    finally:
        for secret in logs.glob("*.cnf"):
            secret.unlink()
