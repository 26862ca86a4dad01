"""The journal: the one row that holds the checkpoint, and the last that was written into it.

Two write there: the conductor notes a phase before whatever the phase does is done, with all else as the last moment
gave it; the checkpointer writes new moments. One at a time, and each builds on what the other wrote. Must never let an
old writing land on a newer one: who repeats a lost one ends its session first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ghostshift.core.checkpoints import to_text
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.names import TableName
from ghostshift.model.phase import Phase
from ghostshift.mysql.session import Session
from ghostshift.sql.checkpoints import write_checkpoint

AFTER_THE_SWAP = frozenset({Phase.CLEANING, Phase.DONE})

STILL = AFTER_THE_SWAP | {Phase.CUTTING_OVER}
"""Phases in which the position stays: who ends such a run must be able to read the swap in the log."""


class Journal:
    """See the module. May be used from any thread."""

    def __init__(self, name: TableName, first: Checkpoint, *, kept: bool = True) -> None:
        """`kept` false: nothing is written (--checkpoint=false), the rest goes its way."""
        self.name = name
        self.kept = kept
        self._last = first
        self._lock = threading.Lock()

    @property
    def last(self) -> Checkpoint:
        """What was written last."""
        return self._last

    def note(self, session: Session, phase: Phase, **facts: Any) -> None:
        """Write the phase, and what else has become known with it. Raises ServerError."""
        with self._lock:
            self._write(session.execute, replace(self._last, phase=phase, **facts))

    def rewrite(self, session: Session) -> None:
        """Write what an earlier run has left, as it is true of the servers of this one. Raises ServerError."""
        with self._lock:
            self._write(session.execute, self._last)

    def save(self, execute: Callable[[str], object], **facts: Any) -> None:
        """Write a new moment; nothing while the tables are being swapped, or after. Raises what `execute` raises."""
        with self._lock:
            if self._last.phase not in STILL:
                self._write(execute, replace(self._last, **facts))

    def _write(self, execute: Callable[[str], object], checkpoint: Checkpoint) -> None:
        if self.kept:
            execute(
                write_checkpoint(
                    self.name,
                    to_text(checkpoint),
                    coords=str(checkpoint.position),
                    iteration=checkpoint.chunks,
                    rows=checkpoint.rows,
                    applied=checkpoint.totals.applied,
                    swapped=checkpoint.phase in AFTER_THE_SWAP,
                )
            )
        self._last = checkpoint
