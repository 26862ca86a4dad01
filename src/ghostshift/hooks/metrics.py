"""The collector of figures: looks at the board, adds what workers dropped on the meter, and sends it every few seconds.

Names and tags are gh-ost's. Instead of its `go_runtime.*` there is `runtime.*`, with what a Python process can say of
itself. One thread; it must never touch a worker.
"""

from __future__ import annotations

import gc
import os
import resource
import threading
from pathlib import Path

from ghostshift.core.progress import Snapshot
from ghostshift.core.throttling import Verdict
from ghostshift.hooks.statsd import Statsd
from ghostshift.model.settings import Metrics
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.footprint import peak_bytes
from ghostshift.runtime.group import Stop
from ghostshift.runtime.meter import Meter

TICK = 0.25

FLUSH_SECONDS = 5.0


class Collector:
    """See the module. `run` is for a thread of the group; begin and end are the conductor's."""

    def __init__(self, settings: Metrics, board: StatusBoard, stop: Stop) -> None:
        """Put a meter on the board, where figures are wanted. Raises UsageError for what is no address."""
        self._settings = settings
        self._board = board
        self._stop = stop
        self._statsd = Statsd(settings.address, settings.tags) if settings.address else None
        self._meter = Meter(self._statsd.take) if self._statsd is not None else Meter()
        self._held: tuple[str, float] | None = None
        board.publish(self._meter)

    @property
    def wanted(self) -> bool:
        """Whether there is anybody to send to."""
        return self._statsd is not None

    def begin(self) -> None:
        """A run has started; this is sent at once, for a run may be over before the first flush."""
        self._meter.count("startup")
        self._flush()

    def run(self) -> None:
        """Collect until stopped."""
        sent = measured = float("-inf")
        while not self._stop.wait(TICK):
            now = self._stop.now()
            self._watch_throttling(now)
            if self._settings.runtime_seconds and now - measured >= self._settings.runtime_seconds:
                measured = now
                self._measure_ourselves()
            if now - sent >= FLUSH_SECONDS:
                sent = now
                self._look()
                self._flush()

    def end(self) -> None:
        """Send the last figures; called when no worker is left."""
        if self.wanted and self._settings.runtime_seconds:
            self._measure_ourselves()
        self._look()
        if self._statsd is not None:
            self._statsd.close()

    def _flush(self) -> None:
        if self._statsd is not None:
            self._statsd.flush()

    def _look(self) -> None:
        snapshot = self._board.read(Snapshot)
        if snapshot is None:
            return
        meter, throttled = self._meter, not self._verdict().go
        meter.gauge("row_copy.rows_copied", snapshot.rows_copied)
        meter.gauge("row_copy.rows_estimate", snapshot.rows_estimate)
        if snapshot.verification is not None:
            meter.gauge("verification.rows_verified", snapshot.verification.rows)
            meter.gauge("verification.rows_repaired", snapshot.verification.repaired)
        meter.gauge("dml.events_applied", snapshot.applied)
        meter.gauge("binlog.backlog_size", snapshot.backlog)
        meter.gauge("binlog.backlog_capacity", snapshot.capacity)
        meter.gauge("binlog.backlog_utilization", snapshot.backlog / max(1, snapshot.capacity))
        tag = "true" if throttled else "false"
        meter.gauge("lag.replication_seconds", snapshot.inspected_lag, throttled=tag)
        meter.gauge("lag.heartbeat_seconds", snapshot.lag, throttled=tag)
        meter.gauge("throttle.active", int(throttled))

    def _verdict(self) -> Verdict:
        return self._board.get(Verdict, Verdict())

    def _watch_throttling(self, now: float) -> None:
        """A change from going to waiting is an event, and back again a duration. Figures are no part of a reason."""
        verdict = self._verdict()
        reason = "" if verdict.go else verdict.source or verdict.reason.partition("=")[0]
        if self._held is not None and self._held[0] != reason:
            self._meter.milliseconds("throttle.duration", now - self._held[1], reason=self._held[0])
            self._held = None
        if reason and self._held is None:
            self._meter.count("throttle.events_total", reason=reason)
            self._held = (reason, now)

    def _measure_ourselves(self) -> None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        self._meter.gauge("runtime.rss_bytes", pages * os.sysconf("SC_PAGE_SIZE"))
        self._meter.gauge("runtime.peak_rss_bytes", peak_bytes())
        self._meter.gauge("runtime.cpu_seconds", usage.ru_utime + usage.ru_stime)
        self._meter.gauge("runtime.num_gc", sum(generation["collections"] for generation in gc.get_stats()))
        self._meter.gauge("runtime.threads", threading.active_count())
