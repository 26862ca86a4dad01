"""Readings and limits in, one verdict out: go, or wait and why. Pure; every source of throttling ends here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ghostshift.model.options import Tunables


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether work may go on. An empty reason means go."""

    reason: str = ""

    @property
    def go(self) -> bool:
        """Nothing holds us back."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class ReplicaLag:
    """Lag of one control replica in seconds, None where it could not be read, and then why."""

    address: str
    seconds: float | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Readings:
    """What the throttler saw at its last turn."""

    flag_files: tuple[str, ...] = ()
    """Those flag files that exist."""
    replicas: Sequence[ReplicaLag] = ()


def judge(tunables: Tunables, readings: Readings) -> Verdict:
    """The first reason to wait, in a fixed order: the user, flag files, replicas. What cannot be read counts as lag."""
    if tunables.throttled_by_user:
        return Verdict("commanded by user")
    for path in (tunables.throttle_flag_file, tunables.throttle_additional_flag_file):
        if path and path in readings.flag_files:
            return Verdict(f"flag-file {path}")
    limit = tunables.max_lag_millis / 1000
    for replica in readings.replicas:
        if replica.seconds is None:
            return Verdict(f"{replica.address} replica-lag unknown: {replica.problem}")
        if replica.seconds > limit:
            return Verdict(f"{replica.address} replica-lag={replica.seconds:.2f}s")
    return Verdict()
