"""The cut-over: chooses the script for the server, lets a stage perform it, and hands back one of three results.

What to do next is decided in core/cutover.py, how it is done in workers/cutover_stage.py. This module must never decide
anything but which script, and must never lose a failure: what the follower raised comes out again, once everything has
been put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ghostshift.core.cutover import rename_under_lock, with_sentry
from ghostshift.core.cutover_steps import (
    AwaitRename,
    CutOverResult,
    LockTables,
    NotSwapped,
    Ok,
    Outcome,
    RenameUnderLock,
    Script,
    Step,
    Swapped,
    Unknown,
    Unlock,
)
from ghostshift.workers.cutover_stage import Follower, Job, Stage

__all__ = ["CutOver", "CutOverResult", "Follower", "NotSwapped", "Swapped", "Unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOver(Job):
    """Swaps the ghost for the original, one attempt at a time."""

    def attempt(self) -> CutOverResult:
        """One attempt. Raises what the follower raised, after everything has been put back."""
        original, helpers = self.plan.table, self.plan.helpers
        make = rename_under_lock if self.dialect.renames_under_lock else with_sentry
        return self.perform(make(original, helpers, triggers=bool(self.plan.triggers)))

    def perform(self, script: Script) -> CutOverResult:
        """Perform a script to its end."""
        stage = Stage(self)
        try:
            result = _drive(script, lambda step: self._timed(step, stage))
        finally:
            stage.close()
        result = replace(result, figures=stage.figures)
        if stage.cause is not None and isinstance(result, NotSwapped):
            stage.cause.add_note(f"the cut-over was given up, nothing has changed: {result.reason}")
            raise stage.cause
        if stage.cause is not None and isinstance(result, Swapped):
            return replace(result, notes=(*result.notes, f"{type(stage.cause).__name__}: {stage.cause}"))
        return result

    def _timed(self, step: Step, stage: Stage) -> Outcome:
        """Perform a step; how long the phases took that gh-ost has names for is dropped on the meter."""
        phase, began = _PHASES.get(type(step)), self.stop.now()
        outcome = stage.perform(step)
        if phase is not None:
            said = "ok" if isinstance(outcome, Ok) else "error"
            self.meter.milliseconds("cut_over.phase_duration", self.stop.now() - began, phase=phase, outcome=said)
        return outcome


_PHASES: dict[type[Step], str] = {
    LockTables: "magic_lock",
    RenameUnderLock: "magic_rename",
    AwaitRename: "magic_rename",
    Unlock: "unlock",
}


def _drive(script: Script, perform: Callable[[Step], Outcome]) -> CutOverResult:
    try:
        step = next(script)
        while True:
            step = script.send(perform(step))
    except StopIteration as end:
        result: CutOverResult = end.value
        return result
