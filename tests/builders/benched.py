"""Results for the tests of the bench, made up."""

from __future__ import annotations

from typing import Any

from bench.felt import Felt
from bench.results import Result


def stall(worst: float, *, p99: float | None = None) -> Felt:
    """What an application felt whose worst moment took so many milliseconds."""
    return Felt(100, 1.0, worst / 2 if p99 is None else p99, worst)


def ran(scenario: str, contestant: str, seconds: float, number: int = 1, **more: Any) -> Result:
    """A run that finished."""
    return Result(scenario, contestant, number, **{"finished": True, "seconds": seconds, **more})


def busy(
    contestant: str, seconds: float, number: int = 1, *, kept: float = 0.5, worst: float = 50, **more: Any
) -> Result:
    """A run under unlimited writes."""
    felt = {"copy": stall(worst), "cut_over": stall(worst / 2), "during": stall(worst)}
    rates = {"rate_before": 1000.0, "rate_during": 1000.0 * kept}
    return ran(more.pop("scenario", "unlimited"), contestant, seconds, number, **{**felt, **rates, **more})
