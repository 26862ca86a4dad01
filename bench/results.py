"""What was measured, as values that JSON keeps: one result for each contestant, scenario and round. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.felt import Felt
from bench.scenarios import ALONE

FORMAT = 2
"""Version of the JSON."""


@dataclass
class Result:
    """One contestant in one round of one scenario. None is what was not measured, or has no meaning there."""

    scenario: str
    contestant: str
    number: int = 1
    """The round."""
    load: str = ""
    absent: str = ""
    """Why it did not run; everything below says nothing then."""
    finished: bool = False
    seconds: float = 0.0
    """Of the whole command, from its start to its end."""
    note: str = ""
    cpu_seconds: float | None = None
    """CPU of the tool's process."""
    server_cpu_seconds: float | None = None
    """CPU of the primary's process meanwhile; the load's statements are in it."""
    peak_mb: float | None = None
    sent_mb: float | None = None
    """From the server to the tool, its binary log included."""
    received_mb: float | None = None
    """From the tool to the server."""
    rate_before: float | None = None
    rate_during: float | None = None
    before: Felt | None = None
    during: Felt | None = None
    copy: Felt | None = None
    """The same outside of the cut-over."""
    cut_over: Felt | None = None
    cut_over_by: str = ""
    """How it is known when the cut-over was: `log`, or `last second`."""
    lag_worst: float | None = None
    """Seconds that the replica was behind at the worst, until it had caught up after the end."""
    lag_after: float | None = None
    """Seconds from the end of the run until the replica had all of it."""
    strangers: float | None = None
    """Share of all cores that was used by what has nothing to do with the race: a noisy machine."""
    held: float = 0.0
    """The longest that the bench itself was kept from running, before or during the run, in seconds."""
    problems: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    """Ghostshift's own report, without its texts."""
    ticks: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the contestant's start, and transactions a second."""

    @property
    def kept(self) -> float | None:
        """What the application kept of its throughput."""
        if not self.rate_before or self.rate_during is None:
            return None
        return self.rate_during / self.rate_before

    @property
    def raced(self) -> bool:
        """Whether it is a contestant that ran, not the load alone."""
        return not self.absent and self.contestant != ALONE

    @property
    def wire_mb(self) -> float | None:
        """Both ways."""
        if self.sent_mb is None or self.received_mb is None:
            return None
        return self.sent_mb + self.received_mb


def to_json(result: Result) -> dict[str, Any]:
    """As JSON keeps it."""
    return dataclasses.asdict(result)


def from_json(kept: Mapping[str, Any]) -> Result:
    """And back."""
    values = dict(kept)
    for name in ("before", "during", "copy", "cut_over"):
        if values.get(name) is not None:
            values[name] = Felt(**values[name])
    values["ticks"] = [(float(at), float(rate)) for at, rate in values.get("ticks", [])]
    return Result(**values)
