"""The throttler: looks at flag files and at what the probes have read, and publishes one verdict on the board.

Several times a second, and it never waits for anybody: what has to be asked over a network is asked by probes, each in
a thread of its own, that come and go with the tunables. So a server that hangs delays neither a flag file nor the
user's command. A change of the verdict is told to the announcer, which writes it into the changelog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ghostshift.core.critical import EVERY, CriticalLoad
from ghostshift.core.throttling import Reading, Readings, Verdict, judge, panic
from ghostshift.model.errors import Aborted
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.workers.announcer import DONE, Announcer
from ghostshift.workers.askers import Askers
from ghostshift.workers.probes import PATIENCE, Asker, Probe

TICK = 0.1
"""Seconds between two looks."""

SOON = 0.01
"""The same while a first reading is awaited: nothing is copied until it is there, and it takes a moment."""

OFTEN = 0.1
"""Seconds between two looks at a replica that must not lag by a second."""

TOO_LATE = (Phase.CUTTING_OVER, Phase.CLEANING)
"""In the cut-over's critical section nothing can be stopped: an attempt that fails ends it, and then it is time."""

Pause = Callable[[float, float], float]


class Start(Protocol):
    """Starts a thread of the group."""

    def __call__(self, name: str, work: Callable[[], None], *, harmless: bool) -> None:
        """Run `work` in it."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is asked, and of whom: another one gets another probe."""

    kind: str
    subject: str = ""
    address: tuple[str, int] = ("", 0)

    @property
    def name(self) -> str:
        """For people."""
        return f"throttle {self.kind}" + (f" {self.subject}" if self.kind == "replica" else "")


LAG, LOAD = Source("lag"), Source("load")


class Throttler:
    """See the module."""

    def __init__(
        self, board: StatusBoard, askers: Askers, announcer: Announcer, start: Start, stop: Stop, *, beat: float
    ) -> None:
        self._board = board
        self._askers = askers
        self._announcer = announcer
        self._start = start
        self._stop = stop
        self._beat = max(beat, OFTEN)
        self._critical = CriticalLoad()
        self._probes: dict[Source, Probe] = {}
        self._told = ""
        stop.on_set(self._dismiss_all)

    def run(self) -> None:
        """Look until stopped. Raises Aborted where the load or a panic file says so."""
        self._start("announcer", self._announcer.run, harmless=False)
        while not self._stop.is_set():
            verdict = self.look()
            self._stop.wait(TICK if verdict.go or verdict.source else SOON)

    def look(self) -> Verdict:
        """Take readings once, publish and return the verdict. Raises Aborted."""
        tunables = self._board.get(Tunables, Tunables())
        self._attend(tunables)
        now = self._stop.now()
        readings = self._readings(tunables)
        ruling = self._critical.look(tunables, readings.load, now, datetime.now(UTC))
        reason = panic(tunables, readings) or ruling.abort
        if reason and self._board.get(Phase, Phase.INSPECTING) not in TOO_LATE:
            raise Aborted(reason)
        if self._critical.resting(now):
            for source, probe in self._probes.items():
                if source.kind == "query":
                    probe.forget()
        verdict = judge(tunables, readings, ruling.verdict)
        self._board.publish(readings)
        self._board.publish(verdict)
        self._tell(verdict)
        return verdict

    def _tell(self, verdict: Verdict) -> None:
        if verdict.go:
            if self._told:
                self._announcer.tell(DONE)
            self._told = ""
        elif verdict.source and verdict.source != self._told:
            self._announcer.tell(verdict.reason)
            self._told = verdict.source

    # -- readings

    def _readings(self, tunables: Tunables) -> Readings:
        paths = (tunables.throttle_flag_file, tunables.throttle_additional_flag_file, tunables.panic_flag_file)
        latest: dict[str, Reading | None] = {}
        replicas: dict[str, Reading | None] = {}
        for source in _wanted(tunables):
            probe = self._probes.get(source)
            reading = None if probe is None else probe.latest()
            if source.kind == "replica":
                replicas[source.subject] = reading
            else:
                latest[source.kind] = reading
        return Readings(
            flag_files=frozenset(path for path in paths if path and _exists(path)),
            load=latest.get("load"),
            query=latest.get("query"),
            http=latest.get("http"),
            lag=latest.get("lag"),
            replicas=replicas,
        )

    # -- probes

    def _attend(self, tunables: Tunables) -> None:
        """Start the probes that are missing, dismiss those that nobody wants any more."""
        wanted = set(_wanted(tunables))
        for source in set(self._probes) - wanted:
            self._probes.pop(source).dismiss()
        for source in wanted - set(self._probes):
            if self._stop.is_set():
                return
            probe = self._probes[source] = self._probe(source, tunables)
            self._start(source.name, probe.run, harmless=True)

    def _probe(self, source: Source, tunables: Tunables) -> Probe:
        """Who asks this source, how often, and after how long its silence is a problem."""
        askers, patience = self._askers, PATIENCE
        asker: Asker
        pause: Pause
        if source.kind == "lag":
            asker, pause = askers.own_lag(), _every(lambda: self._beat)
        elif source.kind == "load":
            asker, pause = askers.load(), self._load_pause
        elif source.kind == "query":
            asker, pause = askers.query(source.subject), self._query_pause
        elif source.kind == "http":
            asker = askers.http(source.subject)
            pause = _every(lambda: self._tunables.throttle_http_interval_millis / 1000)
            patience += tunables.throttle_http_timeout_millis / 1000
        else:
            asker, pause = askers.replica(source.address), _every(self._replica_seconds)
        return Probe(asker, pause, self._stop, patience)

    @property
    def _tunables(self) -> Tunables:
        return self._board.get(Tunables, Tunables())

    def _replica_seconds(self) -> float:
        return OFTEN if self._tunables.max_lag_millis < 1000 else EVERY

    def _load_pause(self, last: float, now: float) -> float:
        return self._critical.pause(last, now, self._tunables.critical_load_interval_millis / 1000)

    def _query_pause(self, last: float, now: float) -> float:
        return TICK if self._critical.resting(now) else last + EVERY - now

    def _dismiss_all(self) -> None:
        for probe in tuple(self._probes.values()):
            probe.dismiss()


def _wanted(tunables: Tunables) -> Iterator[Source]:
    yield LAG
    if tunables.max_load or tunables.critical_load:
        yield LOAD
    if tunables.throttle_query:
        yield Source("query", tunables.throttle_query)
    if tunables.throttle_http:
        yield Source("http", tunables.throttle_http)
    for host, port in tunables.control_replicas:
        yield Source("replica", f"{host}:{port}", (host, port))


def _every(seconds: Callable[[], float]) -> Pause:
    return lambda last, now: last + max(0.01, seconds()) - now


def _exists(path: str) -> bool:
    try:
        Path(path).stat()
    except (OSError, ValueError):
        return False
    return True


# -- those who wait


def may_go(board: StatusBoard) -> bool:
    """Whether work may go on now. The user's command holds from its answer on, not from the throttler's next look."""
    return board.get(Verdict, Verdict()).go and not board.get(Tunables, Tunables()).throttled_by_user


def wait_for_go(board: StatusBoard, stop: Stop, idle: Callable[[], None] | None = None) -> bool:
    """Wait while throttled, calling `idle` again and again; false when stopped."""
    while not stop.is_set():
        if may_go(board):
            return True
        if idle is not None:
            idle()
        stop.wait(TICK)
    return False
