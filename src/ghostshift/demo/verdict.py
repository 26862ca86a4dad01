"""What a demo ends with: plain sentences, each true or false, made from measured facts. Pure.

It must never call a run good of which a part is not known: a fact that is missing is a failure with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ghostshift.demo.timing import Report, Window
from ghostshift.demo.verify import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a demo saw. Times are of the monotonic clock."""

    exit_code: int
    report: Mapping[str, Any]
    """What the migration wrote about itself; empty where it wrote nothing."""
    load: Report
    verdict: Verdict
    migrating: tuple[float, float]
    """When the migration began and ended."""
    swapped_at: float | None
    """When the first reader saw the new table; None where nobody did."""
    lag: float = 0.5
    """Seconds on both sides of the cut-over that count as around it."""

    @property
    def lock_seconds(self) -> float:
        """How long the migration says the table was locked."""
        return float(self._cut_over.get("lock_seconds") or 0.0)

    @property
    def _cut_over(self) -> Mapping[str, Any]:
        found = self.report.get("cut_over")
        return found if isinstance(found, Mapping) else {}

    def before(self) -> Window:
        """The writers alone."""
        return self.load.window(None, self.migrating[0])

    def copying(self) -> Window:
        """From the migration's start to shortly before the cut-over."""
        end = self.migrating[1] if self.swapped_at is None else self.swapped_at - self.lock_seconds - self.lag
        return self.load.window(self.migrating[0], max(end, self.migrating[0]))

    def around(self) -> Window | None:
        """The cut-over and a moment on both sides."""
        if self.swapped_at is None:
            return None
        return self.load.window(self.swapped_at - self.lock_seconds - self.lag, self.swapped_at + self.lag)


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence. `good` None means: a figure, neither good nor bad."""

    text: str
    good: bool | None = None


def lines(facts: Facts) -> list[Line]:
    """The verdict, in reading order."""
    number, report = _number, facts.report
    before, copying, around = facts.before(), facts.copying(), facts.around()
    cut = report.get("cut_over") or {}
    felt = f"{_ms(copying.worst)} while rows were copied"
    if around is not None:
        felt += f", {_ms(around.worst)} around the cut-over"
    finished = facts.exit_code == 0
    return [
        Line(
            "the migration finished" if finished else f"the migration ended with exit code {facts.exit_code}", finished
        ),
        Line(
            f"{number(report, 'rows_copied')} rows copied and {number(report, 'changes_applied')} changes applied "
            f"(of {number(report, 'changes_seen')} seen) in {_seconds(report.get('seconds_total'))}"
            if report
            else "the migration left no report",
            None if report else False,
        ),
        Line(
            f"the writers did {before.rate:.0f} transactions a second before and {copying.rate:.0f} meanwhile "
            f"({facts.load.transactions:,} in all)"
        ),
        Line(f"longest stall that a writer saw: {felt} ({_ms(before.worst)} without a migration)"),
        Line(
            f"the table was locked for {_ms(facts.lock_seconds)} "
            f"in {number(cut, 'attempts')} cut-over attempt(s), {number(cut, 'drained_keys')} keys drained"
            if finished
            else "the tables were not swapped"
        ),
        _shape(facts),
        _writers(facts),
        _equal(facts),
    ]


def all_good(found: list[Line]) -> bool:
    """Whether everything that had to hold did."""
    return all(line.good is not False for line in found)


def _shape(facts: Facts) -> Line:
    seen = facts.swapped_at is not None
    return Line("the table has its new shape" if seen else "nobody saw the table's new shape", seen)


def _writers(facts: Facts) -> Line:
    load = facts.load
    if load.errors:
        return Line(f"writers failed: {'; '.join(load.errors)}", False)
    retried = sum(load.retried.values())
    return Line(f"no writer saw an error ({retried} transactions started over, {load.lost} connections lost)", True)


def _equal(facts: Facts) -> Line:
    if facts.verdict.ok:
        return Line(
            f"the table equals what the writers know they wrote: {facts.verdict.rows:,} rows, "
            f"{facts.verdict.touched:,} keys touched",
            True,
        )
    return Line(f"the table is NOT what the writers wrote: {facts.verdict}", False)


def _number(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return f"{value:,}" if isinstance(value, int) else "?"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _seconds(value: Any) -> str:
    return f"{value:.1f} s" if isinstance(value, int | float) else "? s"
