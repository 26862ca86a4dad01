"""The command table: every command there is, for all faces. A command reads the board or puts something on it."""

from __future__ import annotations

from ghostshift.control import looking, tuning
from ghostshift.control.command import Command, Context


def _help(_: Context, __: str) -> str:
    return "\n".join(["available commands:", *map(help_line, COMMANDS)])


def help_line(command: Command) -> str:
    """One command in the help."""
    names = ", ".join(command.names) + (f"=<{command.argument}>" if command.argument else "")
    return f"{names:<48} # {command.text}"


_TABLE = "[TABLE]"

COMMANDS: tuple[Command, ...] = (
    Command(("help",), "print this", _help, reads=True),
    Command(("status", "info"), "print how the migration is set, and the status line", looking.status, reads=True),
    Command(("sup",), "print the status line", looking.line_only, reads=True),
    Command(("status-json",), "print all that is known, as JSON on one line", looking.status_json, reads=True),
    Command(("coordinates",), "print how far the binary log has been read", looking.coordinates, reads=True),
    Command(("applier",), "print the server that is migrated", looking.applier, reads=True),
    Command(("inspector",), "print the server whose log is read", looking.inspector, reads=True),
    *tuning.SETTINGS,
    Command(
        ("throttle-control-replicas",),
        "replicas whose lag counts; nothing clears, ? asks",
        tuning.control_replicas,
        "HOST:PORT,…",
        asks=True,
    ),
    Command(("throttle", "pause", "suspend"), "stop copying and applying", tuning.throttle, _TABLE),
    Command(
        ("no-throttle", "unthrottle", "resume", "continue"),
        "go on, unless something else throttles",
        tuning.unthrottle,
        _TABLE,
    ),
    Command(
        ("postpone-cut-over-flag-file",),
        "make this file, and do not cut over while it exists; ? asks",
        tuning.postpone,
        "PATH",
        asks=True,
    ),
    Command(
        ("unpostpone", "no-postpone", "cut-over"),
        "cut over although the file exists; counts for one attempt",
        tuning.unpostpone,
        _TABLE,
    ),
    Command(("panic",), "end the migration at once, without cleaning up", tuning.panic, _TABLE),
    Command(("cpu-profile",), "not available here", looking.cpu_profile, "DURATION", reads=True),
    Command(("replication-lag-query",), "no longer in use", looking.replication_lag_query, "QUERY", reads=True),
)

BY_NAME = {name: command for command in COMMANDS for name in command.names}
