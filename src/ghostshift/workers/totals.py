"""The figures of a migration over all its runs: what earlier ones came to, and how this one stands. It only reads.

Each run begins to count where the last checkpoint says that the others were, so that whoever looks sees one migration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.verifying import VerifyProgress
from ghostshift.model.checkpoint import Checkpoint, Totals
from ghostshift.model.options import Options
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.copier import CopyTally
from ghostshift.workers.sampler import CopyClock
from ghostshift.workers.streamer import StreamReading


@dataclass(frozen=True, slots=True)
class Before:
    """What the runs of this process know of those before."""

    seconds: float | None = None
    """That other processes took; None as long as no run has come to a checkpoint."""
    reached: Checkpoint | None = None
    """The last checkpoint that the server acknowledged to this process."""


NOTHING = Before()


def gone_on_with(checkpoint: Checkpoint, options: Options, *, swapped: bool) -> Checkpoint:
    """The checkpoint of a run that another goes on with: what it proves of the copy counts, the rest comes again."""
    before = checkpoint.totals
    totals = replace(before, restarts=before.restarts + 1, verified=before.verified and swapped)
    if swapped or (checkpoint.copy_done and not options.allow.data_loss):
        return replace(checkpoint, totals=totals, rows=before.rows, chunks=before.chunks)
    if options.allow.data_loss:  # the copy begins once more with the first row
        return replace(checkpoint, totals=totals, rows=0, chunks=0)
    return replace(checkpoint, totals=totals)


def begun_tally(checkpoint: Checkpoint) -> CopyTally:
    """The tally of a run, which counts from where the others were."""
    return CopyTally(rows=checkpoint.rows, chunks=checkpoint.chunks, again=checkpoint.totals.restarts > 0)


def begun_at(before: Totals, buffer: DeltaBuffer) -> DeltaBuffer:
    """The buffer of a run, which counts from where the others were."""
    buffer.received, buffer.applied, buffer.discarded = before.seen, before.applied, before.discarded
    return buffer


def so_far(
    before: Totals,
    tally: Guarded[CopyTally],
    buffer: Guarded[DeltaBuffer],
    board: StatusBoard,
    *,
    now: float,
    seconds: float,
) -> Totals:
    """Up to this moment, which is `now` by the clock of the stop token; `seconds` is how long it took in all."""
    clock, reading = board.get(CopyClock, CopyClock()), board.read(StreamReading)
    copying = before.seconds_copy if clock.began is None else (clock.ended or now) - clock.began
    with tally.open() as copied:
        rows, chunks = copied.rows, copied.chunks
    with buffer.open() as delta:
        seen, applied, discarded = delta.received, delta.applied, delta.discarded
    return Totals(
        restarts=before.restarts,
        reconnects=before.reconnects if reading is None else reading.reconnects,
        seen=seen,
        applied=applied,
        discarded=discarded,
        seconds=seconds,
        seconds_copy=copying,
        rows=rows,
        chunks=chunks,
        verified=before.verified or board.get(VerifyProgress, VerifyProgress()).complete,
    )
