"""The turns of a migration that others may want to hear of: hooks, metrics, Python callables. Names are gh-ost's.

A notice is sent by the thread that takes the turn, and its hearers are called in that thread: one that raises stops
what the turn leads to. What exactly that is stands in `AFTERMATH`. No notice is sent while tables are locked by us.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


class Turn(enum.Enum):
    """A turn; its value is the hook's name behind `gh-ost-`."""

    STARTUP = "on-startup"
    VALIDATED = "on-validated"
    ROWCOUNT_COMPLETE = "on-rowcount-complete"
    BEFORE_ROW_COPY = "on-before-row-copy"
    BATCH_COPY_RETRY = "on-batch-copy-retry"
    STATUS = "on-status"
    ROW_COPY_COMPLETE = "on-row-copy-complete"
    BEFORE_CUT_OVER = "on-before-cut-over"
    BEGIN_POSTPONED = "on-begin-postponed"
    INTERACTIVE_COMMAND = "on-interactive-command"
    STOP_REPLICATION = "on-stop-replication"
    START_REPLICATION = "on-start-replication"
    SUCCESS = "on-success"
    FAILURE = "on-failure"


class Aftermath(enum.Enum):
    """What becomes of the migration when a hearer objects. All but IGNORED reach the sender as HookFailed."""

    FATAL = "the migration ends as by any other error"
    IGNORED = "a warning, and nothing else"
    ATTEMPT = "this attempt of the cut-over fails; there will be another"
    REJECTED = "the command is not carried out, and the answer says why"
    TOO_LATE = "the table is migrated and stays so; only the exit code tells"


AFTERMATH: Mapping[Turn, Aftermath] = {
    Turn.STARTUP: Aftermath.FATAL,
    Turn.VALIDATED: Aftermath.FATAL,
    Turn.ROWCOUNT_COMPLETE: Aftermath.FATAL,
    Turn.BEFORE_ROW_COPY: Aftermath.FATAL,
    Turn.BATCH_COPY_RETRY: Aftermath.IGNORED,
    Turn.STATUS: Aftermath.IGNORED,
    Turn.ROW_COPY_COMPLETE: Aftermath.FATAL,
    Turn.BEFORE_CUT_OVER: Aftermath.FATAL,
    Turn.BEGIN_POSTPONED: Aftermath.ATTEMPT,
    Turn.INTERACTIVE_COMMAND: Aftermath.REJECTED,
    Turn.STOP_REPLICATION: Aftermath.ATTEMPT,
    Turn.START_REPLICATION: Aftermath.IGNORED,
    Turn.SUCCESS: Aftermath.TOO_LATE,
    Turn.FAILURE: Aftermath.IGNORED,
}
"""Rows that are counted beside the copy are told by `Notifier.mention`: then nobody can object any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How the migration stands, as a hook is told of it. No password is ever among them."""

    schema: str = ""
    table: str = ""
    ghost: str = ""
    old: str = ""
    alter: str = ""
    elapsed: float = 0.0
    copy_elapsed: float = 0.0
    rows_estimate: int = 0
    rows_copied: int = 0
    migrated_host: str = ""
    inspected_host: str = ""
    executing_host: str = ""
    inspected_lag: float = 0.0
    heartbeat_lag: float = 0.0
    percent: float = 0.0
    eta_seconds: float | None = None
    """None while nobody can tell."""
    hint: str = ""
    owner: str = ""
    token: str = ""
    dry_run: bool = False
    revert: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A turn that was taken, and what is special to it: `command`, `status`, `last_batch_copy_error`, `instant_ddl`."""

    turn: Turn
    more: Mapping[str, str] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)


Hear = Callable[[Notice], None]
"""Somebody who is told. Raises HookFailed to object."""
