"""The sampler: turns counters into the snapshot that every face shows. One thread; it reads, and changes nothing."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.core.pacing import Pace
from ghostshift.core.progress import Counters, Doing, Progress, Snapshot, percent_done, seconds_left
from ghostshift.core.throttling import Readings, Verdict
from ghostshift.core.verifying import VerifyProgress
from ghostshift.model.phase import Phase
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.copier import CopyTally
from ghostshift.workers.streamer import StreamReading

TICK = 0.25
"""Seconds between two snapshots."""


@dataclass(frozen=True, slots=True)
class CopyClock:
    """On the board: when the row copy began and ended, by the stop token's clock."""

    began: float | None = None
    ended: float | None = None

    def elapsed(self, now: float) -> float:
        """Seconds that it has taken."""
        return 0.0 if self.began is None else (self.ended or now) - self.began


@dataclass(frozen=True, slots=True)
class RowEstimate:
    """On the board: how many rows there are to copy."""

    rows: int
    exact: bool = False
    """Counted, but for what the log has told of since it is read: its growth is to be added."""


class Sampler:
    """See the module."""

    def __init__(
        self,
        board: StatusBoard,
        buffer: Guarded[DeltaBuffer],
        front: Guarded[CopyFront],
        tally: Guarded[CopyTally],
        stop: Stop,
        *,
        began: float,
        restarts: int = 0,
    ) -> None:
        self._board = board
        self._buffer = buffer
        self._front = front
        self._tally = tally
        self._stop = stop
        self._began = began
        self._restarts = restarts
        self._progress = Progress()
        self._sampling = threading.Lock()

    def run(self) -> None:
        """Sample until stopped."""
        while not self._stop.is_set():
            self.sample()
            self._stop.wait(TICK)

    def sample(self) -> Snapshot:
        """Take one snapshot and publish it. The conductor may ask for one, too."""
        with self._sampling:
            return self._sample()

    def _sample(self) -> Snapshot:
        now = self._stop.now()
        with self._buffer.open() as buffer:
            backlog, capacity, held = buffer.backlog, buffer.capacity, buffer.held
            received, applied, discarded = buffer.received, buffer.applied, buffer.discarded
        with self._front.open() as front, self._tally.open() as tally:
            complete, rows = front.done, tally.rows
        reading = self._board.read(StreamReading)
        lag = reading.lag() if reading is not None and reading.heartbeat else 0.0
        self._progress.add(
            Counters(
                at=now,
                rows_copied=rows,
                changes_received=received,
                changes_applied=applied,
                changes_discarded=discarded,
                backlog=backlog,
                stream_behind=lag,
            )
        )
        expected = self._board.get(RowEstimate, RowEstimate(0))
        estimate = rows if complete else max(rows, expected.rows + _growth(expected, reading))
        rate = self._progress.rate("rows_copied")
        snapshot = Snapshot(
            phase=self._board.get(Phase, Phase.INSPECTING),
            rows_copied=rows,
            rows_estimate=estimate,
            percent=percent_done(rows, estimate, complete=complete),
            rows_per_second=rate,
            changes_received=received,
            changes_per_second=self._progress.rate("changes_received"),
            applied=applied,
            applied_per_second=self._progress.rate("changes_applied"),
            backlog=backlog,
            capacity=capacity,
            lag=lag,
            server_lag=self._server_lag(),
            elapsed=now - self._began,
            copy_elapsed=self._board.get(CopyClock, CopyClock()).elapsed(now),
            doing=self._board.get(Doing, Doing()).text,
            restarts=self._restarts,
            eta_seconds=seconds_left(rows, estimate, rate, complete=complete),
            throttled=self._board.get(Verdict, Verdict()).reason,
            verification=self._board.read(VerifyProgress),
            pace=self._board.get(Pace, Pace()).text,
            position=str(reading.position) if reading is not None else "",
            verdict=_waits_for_xa(held) if complete and held else self._progress.not_converging(capacity),
        )
        self._board.publish(snapshot)
        return snapshot

    def _server_lag(self) -> float | None:
        reading = self._board.get(Readings, Readings()).lag
        return None if reading is None or reading.problem else reading.value


def _growth(expected: RowEstimate, reading: StreamReading | None) -> int:
    return reading.growth if expected.exact and reading is not None else 0


def _waits_for_xa(held: int) -> str:
    return f"waiting for prepared XA transactions, which hold {held} changed rows"
