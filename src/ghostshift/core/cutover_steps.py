"""The words of the cut-over's dialogue: steps that a script asks for, outcomes it is told, results it ends in.

They are apart from the script so that the worker and the tests can speak the language without the policy.
A step must never say how it is done: that is the worker's business and the SQL's.
"""

from __future__ import annotations

import enum
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from ghostshift.model.names import TableName


class Who(enum.Enum):
    """The sessions of a cut-over."""

    LOCKER = "locker"
    """Session A: holds the table locks, marks, drains; renames under its own lock where the server can."""
    RENAMER = "renamer"
    """Session B: only for servers that refuse to rename a locked table; runs the queued RENAME and nothing else."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server shows under one name."""

    exists: bool = False
    sentry: bool = False
    """The table is empty of meaning: its comment says that it is a sentry of ours."""
    ids: frozenset[int] = frozenset()
    """The storage engine's own numbers of the table (one for each partition). RENAME keeps them. Empty: not shown."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the three names of a swap stood for at one moment."""

    original: Seen
    ghost: Seen
    old: Seen


# Steps ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """Something the script wants done. An interruptible step may be answered with Interrupted, undone."""

    interruptible: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class OpenSessions(Step):
    """Open what will be needed before anything is locked: a login under the lock would stall the application."""

    who: tuple[Who, ...]


@dataclass(frozen=True, slots=True)
class Identify(Step):
    """Look at the tables before anything is done. Ok(Picture)."""


@dataclass(frozen=True, slots=True)
class CreateSentry(Step):
    """Make the sentry: an empty table under the old table's name, so that a rename which comes too early fails."""


@dataclass(frozen=True, slots=True)
class CheckTriggers(Step):
    """The names under which triggers will be made are still free; asked before anybody has to wait."""


@dataclass(frozen=True, slots=True)
class PauseApplying(Step):
    """The ordinary appliers go idle: from here on only session A writes to the ghost."""


@dataclass(frozen=True, slots=True)
class LockTables(Step):
    """Session A locks. The grant starts a clock that all following steps up to the release share."""

    write: tuple[TableName, ...]


@dataclass(frozen=True, slots=True)
class ReportBlockers(Step):
    """Who holds what we could not lock? Ok(lines for a person)."""


@dataclass(frozen=True, slots=True)
class Mark(Step):
    """Session A commits a fresh row in the changelog. Ok(marker)."""


@dataclass(frozen=True, slots=True)
class AwaitMarker(Step):
    """The row has come back through the binary log: all changes made before the lock have been received."""

    marker: str


@dataclass(frozen=True, slots=True)
class Drain(Step):
    """Session A applies every key that is still owed. Ok(number of keys)."""


@dataclass(frozen=True, slots=True)
class CreateTriggers(Step):
    """Session A makes the triggers on the drained ghost, under its lock: none of our writes can fire them any more."""


@dataclass(frozen=True, slots=True)
class ConfirmLocked(Step):
    """Session A still holds its locks, asked of the server (a START TRANSACTION, for one, gives them up unasked)."""


@dataclass(frozen=True, slots=True)
class RenameUnderLock(Step):
    """Session A swaps."""


@dataclass(frozen=True, slots=True)
class QueueRename(Step):
    """Session B sends the RENAME; Ok means only that it was sent."""


@dataclass(frozen=True, slots=True)
class AwaitRenameQueued(Step):
    """Session B is seen to wait for a table's lock, with that RENAME, and nobody hinders it (ConfirmUnhindered)."""


@dataclass(frozen=True, slots=True)
class DropSentry(Step):
    """Session A drops the sentry while it holds it locked. Failed means that it stands."""

    interruptible: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class ConfirmUnhindered(Step):
    """Nobody waits for a lock before which the RENAME, once it has its tables, would let go of them again."""

    interruptible: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Unlock(Step):
    """Session A gives its locks up."""

    interruptible: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class AwaitRename(Step):
    """What became of session B's RENAME. TimedOut: it is still running, or has lost its place in the queue."""

    interruptible: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class EndSession(Step):
    """Close or kill a session. Ok only when the server has none of that id any more: nothing of it can still happen."""

    interruptible: ClassVar[bool] = False
    who: Who


@dataclass(frozen=True, slots=True)
class ProbeTables(Step):
    """Look at the tables through a fresh connection, patiently. Ok(Picture)."""

    interruptible: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class RemoveSentry(Step):
    """Drop what bears the old table's name if, looked at under a lock, it is our sentry. Ok: there is none now."""

    interruptible: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class RemoveTriggers(Step):
    """Drop the triggers of ours that are on the ghost: they would fire on what is applied. Ok: there is none."""

    interruptible: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class ResumeApplying(Step):
    """The ordinary appliers go on."""

    interruptible: ClassVar[bool] = False


# Outcomes ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ok:
    """Done; `value` is what the step asks for."""

    value: object = None


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Not done within its time, and the session lives."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The server, or a part of ours, said no. `fatal`: trying again would not help."""

    errno: int
    message: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection died: whether the step took effect is open."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Somebody asked the program to stop; the step was not begun."""


Outcome: TypeAlias = Ok | TimedOut | Failed | Lost | Interrupted


# Results -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an attempt cost."""

    lock_wait_seconds: float = 0.0
    """From the request of the locks to their grant: new statements on the original queue behind it."""
    lock_seconds: float = 0.0
    """From the grant until the application could go on."""
    marker: str = ""
    marker_seconds: float = 0.0
    """From the marker's commit to its arrival: how far behind the binary log we were."""
    keys_drained: int = 0
    drain_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapped:
    """The original's name is the new table's, for certain."""

    figures: Figures = field(default_factory=Figures)
    notes: tuple[str, ...] = ()
    """What went wrong without changing the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSwapped:
    """Everything is as it was, for certain. `retry`: another attempt may do better."""

    reason: str
    retry: bool
    figures: Figures = field(default_factory=Figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nobody can tell. Nothing was dropped, nothing may be written until a person, or a later probe, has looked."""

    look_at: str
    figures: Figures = field(default_factory=Figures)


CutOverResult: TypeAlias = Swapped | NotSwapped | Unknown
Script: TypeAlias = Generator[Step, Outcome, CutOverResult]
