"""The turns of a migration that others may want to hear of: hooks, metrics, Python callables. Names are gh-ost's.

A notice is sent by the thread that takes the turn, and its hearers are called in that thread: one that raises stops
what the turn leads to.
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


@dataclass(frozen=True, slots=True)
class Notice:
    """A turn that was taken, and what is special to it: names and values of environment variables of a hook."""

    turn: Turn
    more: Mapping[str, str] = field(default_factory=dict)


Hear = Callable[[Notice], None]
"""Somebody who is told. Raises HookFailed to object."""
