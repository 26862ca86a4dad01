"""Every error that ghostshift raises, in one tree.

::

    MigrationError
      UsageError        options that cannot be                                  exit 2
      Refused           a check or the planner says no; carries a stable code   exit 3
      ServerError       the server failed a statement; carries errno            exit 4
        ConnectionLost  the connection died: the statement's outcome is open    exit 4
      ServerGone        the server did not come back in the time it was given   exit 4
      StreamError       the binary log cannot be followed any further           exit 5
        StreamLost      its server cannot be reached any more                   exit 5
        ServerChanged   another server answers, or it was restarted             exit 5
      DataLossError     rows would be lost by the new, stricter, unique index   exit 5
      Aborted           an operator or a signal ended the run                   exit 6
      CutOverFailed     every attempt failed; the original table is intact      exit 7
      SandboxError      a throw-away server could not be had                    exit 8
      OutcomeUnknown    nobody can tell yet which table bears the name          exit 9
      HookFailed        a hook objected to what it was told                     exit 10
      VerificationFailed  rows of the new table stay wrong, or are never right  exit 11
      TablesDiffer      `ghostshift verify` found rows that differ               exit 12

The class decides the exit code, the message tells a person what happened, to which table, and what to do next.
An error is raised where the fact is known and caught in three places only: the retry loop, the worker group, the CLI.
A message must never hold a password.
"""

from __future__ import annotations

from typing import ClassVar


class MigrationError(Exception):
    """Something stopped the migration."""

    exit_code: ClassVar[int] = 1


class UsageError(MigrationError):
    """The options contradict each other or have values that cannot be."""

    exit_code = 2


class Refused(MigrationError):  # noqa: N818 - the field's word: the tool refuses
    """A check said no before anything was touched. `code` is stable and documented."""

    exit_code = 3

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} [{code}]")
        self.code = code


class ServerError(MigrationError):
    """The server refused or failed a statement."""

    exit_code = 4

    def __init__(self, errno: int, message: str, statement: str = "") -> None:
        super().__init__(f"server error {errno}: {message}" + (f" (in: {_short(statement)})" if statement else ""))
        self.errno = errno
        self.server_message = message
        self.statement = statement


class ConnectionLost(ServerError):  # noqa: N818 - says what happened
    """The connection died: whether the last statement took effect is not known."""


class ServerGone(MigrationError):  # noqa: N818 - says what happened
    """The server went away and did not come back in time: when it is there the same command goes on."""

    exit_code = 4


class StreamError(MigrationError):
    """The binary log cannot be followed: nothing may be swapped any more."""

    exit_code = 5


class StreamLost(StreamError):  # noqa: N818 - says what happened
    """The binary log's server cannot be reached any more: another run may go on with it."""


class ServerChanged(StreamError):  # noqa: N818 - says what happened
    """Another server answers than before, or the same one after a restart: what is in memory need not be true of it."""


class DataLossError(MigrationError):
    """Rows of the original cannot all live in the ghost table."""

    exit_code = 5


class Aborted(MigrationError):  # noqa: N818 - says what happened
    """Somebody asked us to stop."""

    exit_code = 6


class CutOverFailed(MigrationError):  # noqa: N818 - says what happened
    """All cut-over attempts failed; the original table is intact and in place."""

    exit_code = 7


class SandboxError(MigrationError):
    """A throw-away server could not be found, provisioned or started."""

    exit_code = 8


class OutcomeUnknown(MigrationError):  # noqa: N818 - says what happened
    """The connection died around the swap; the message says what to look at. Nothing was dropped."""

    exit_code = 9


class HookFailed(MigrationError):  # noqa: N818 - says what happened
    """A hook objected: what it was told of does not go on."""

    exit_code = 10


class TablesDiffer(MigrationError):  # noqa: N818 - says what was found
    """`ghostshift verify`: the two tables do not hold the same rows."""

    exit_code = 12


class VerificationFailed(MigrationError):  # noqa: N818 - says what happened
    """Rows of the ghost are not what the original holds, and do not heal; nothing was swapped."""

    exit_code = 11


def _short(statement: str, limit: int = 200) -> str:
    flat = " ".join(statement.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
