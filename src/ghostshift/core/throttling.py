"""Readings and limits in, one verdict out: go, or wait and why. Pure; every source of throttling ends here.

The order and the reasons are gh-ost's, for people and programs know them. What cannot be read holds us back: a server
that does not answer may be one that suffers. Only a throttle query without a value, and an HTTP server that cannot be
reached where a person said so, count as a yes, as they do for gh-ost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ghostshift.model.options import Load, Tunables

UNREACHABLE = -1
"""Stands for the HTTP status where no answer came."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether work may go on. An empty reason means go."""

    reason: str = ""
    source: str = ""
    """What holds us back, without its figures: a change of it is worth telling. Empty where it is not."""

    @property
    def go(self) -> bool:
        """Nothing holds us back."""
        return not self.reason


GO = Verdict()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source said, or the problem that kept it from saying anything."""

    at: float
    """When, by the stop token's clock."""
    value: float = 0.0
    """Seconds of lag, an HTTP status, or the result of the throttle query."""
    problem: str = ""
    status: Mapping[str, str] = field(default_factory=dict)
    """Of the server's load: its status variables by name in small letters, those that were asked for."""
    asked: frozenset[str] = frozenset()
    """The names that were asked for, in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What the throttler saw at its last turn. None where a source that is wanted has not said anything yet."""

    flag_files: frozenset[str] = frozenset()
    """Those flag files that exist."""
    load: Reading | None = None
    query: Reading | None = None
    http: Reading | None = None
    lag: Reading | None = None
    """Ours: the age of the heartbeat on the server whose log is read."""
    replicas: Mapping[str, Reading | None] = field(default_factory=dict)
    """Control replicas by address."""


def judge(tunables: Tunables, readings: Readings, critical: Verdict = GO) -> Verdict:
    """The first reason to wait, in gh-ost's order. `critical` is what `core.critical` says of the server's load."""
    if not critical.go:
        return critical
    if tunables.throttled_by_user:
        return Verdict("commanded by user", "user")
    for path in (tunables.throttle_flag_file, tunables.throttle_additional_flag_file):
        if path and path in readings.flag_files:
            return Verdict("flag-file", "flag-file")
    for verdict in (
        judge_load(tunables, readings.load),
        _query(tunables, readings.query),
        _http(tunables, readings.http),
        _own_lag(tunables, readings.lag),
        _replicas(tunables, readings.replicas),
    ):
        if not verdict.go:
            return verdict
    return GO


def panic(tunables: Tunables, readings: Readings) -> str:
    """Why to give up at once, or nothing."""
    path = tunables.panic_flag_file
    if path and path in readings.flag_files:
        return f"found panic-file {path}. Aborting without cleanup"
    return ""


def awaited(what: str) -> Verdict:
    """Wait for a first reading. Not worth telling: it takes a moment."""
    return Verdict(f"awaiting the first reading of {what}")


def status_value(name: str, reading: Reading) -> int:
    """A status variable as a number. Raises ValueError with the problem."""
    if reading.problem:
        raise ValueError(reading.problem)
    text = reading.status.get(name.lower())
    if text is None:
        raise ValueError("the server has no status variable of that name")
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise ValueError(f"is not a number but {text[:40]!r}") from None


def is_known(limits: Load, reading: Reading | None) -> bool:
    """Whether this reading can be held against these limits."""
    return reading is not None and (bool(reading.problem) or {name.lower() for name, _ in limits} <= reading.asked)


def judge_load(tunables: Tunables, reading: Reading | None) -> Verdict:
    """The server's load alone, by --max-load."""
    if not tunables.max_load:
        return GO
    if reading is None or not is_known(tunables.max_load, reading):
        return awaited("max-load")
    for name, limit in tunables.max_load:
        try:
            value = status_value(name, reading)
        except ValueError as problem:
            return Verdict(f"{name} {problem}", f"max-load {name}")
        if value >= limit:
            return Verdict(f"max-load {name}={value} >= {limit}", f"max-load {name}")
    return GO


def _query(tunables: Tunables, reading: Reading | None) -> Verdict:
    if not tunables.throttle_query:
        return GO
    if reading is None:
        return awaited("throttle-query")
    if reading.problem:
        return Verdict(f"throttle-query {reading.problem}", "throttle-query")
    return Verdict("throttle-query", "throttle-query") if reading.value > 0 else GO


def _http(tunables: Tunables, reading: Reading | None) -> Verdict:
    if not tunables.throttle_http:
        return GO
    if reading is None:
        return awaited("throttle-http")
    status = UNREACHABLE if reading.problem else int(reading.value)
    if status == 200 or (status == UNREACHABLE and tunables.ignore_http_errors):
        return GO
    return Verdict(http_reason(status, tunables.throttle_http), f"throttle-http {status}")


def http_reason(status: int, address: str) -> str:
    """gh-ost's words for a status, and its special ones for a freno server."""
    words = _FRENO if "freno" in address else {}
    text = words.get(status) or _STATUS.get(status)
    return f"{text} (http={status})" if text else f"http={status}"


_STATUS = {
    429: "Too many requests",
    404: "Not found",
    417: "Expectation failed",
    500: "Internal server error",
    UNREACHABLE: "Connection error",
}
_FRENO = {
    429: "freno: threshold exceeded",
    404: "freno: unknown metric",
    417: "freno: access forbidden",
    500: "freno: internal error",
}


def _own_lag(tunables: Tunables, reading: Reading | None) -> Verdict:
    if reading is None:
        return awaited("lag")
    if reading.problem:
        return Verdict(f"lag {reading.problem}", "lag")
    if reading.value > tunables.max_lag_millis / 1000:
        return Verdict(f"lag={reading.value:f}s", "lag")
    return GO


def _replicas(tunables: Tunables, readings: Mapping[str, Reading | None]) -> Verdict:
    """The first replica that cannot be read, or the one that lags most."""
    lags: list[tuple[float, str]] = []
    for address, reading in readings.items():
        if reading is None:
            return awaited(address)
        if reading.problem:
            return Verdict(f"{address} {reading.problem}", f"replica {address}")
        lags.append((reading.value, address))
    worst, address = max(lags, default=(0.0, ""))
    if worst > tunables.max_lag_millis / 1000:
        return Verdict(f"{address} replica-lag={worst:f}s", f"replica {address}")
    return GO
