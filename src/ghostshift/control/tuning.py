"""Commands that change a migration while it runs: its pace, what throttles it, its cut-over, its end.

Values are read and bounded as the flags of the same names are; a reply says where a number was brought within its
bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ghostshift.control.command import Command, Context
from ghostshift.control.looking import without_password
from ghostshift.flag_table import BY_NAME
from ghostshift.flags import tunable
from ghostshift.hint import load_text
from ghostshift.model.address import show_address
from ghostshift.model.errors import Aborted, UsageError
from ghostshift.model.messages import Unpostpone
from ghostshift.model.phase import Phase
from ghostshift.runtime import flag_files

LASTS = "Note: a migration may stay throttled only as long as the server keeps its binary logs"


def setting(name: str, text: str, show: Callable[[Any], str] = str, note: str = "", argument: str = "N") -> Command:
    """A command that sets the tunable of a flag's name; `?` asks for it."""
    field = BY_NAME[name].field.removeprefix("tunables.")

    def run(context: Context, argument: str) -> str:
        if argument == "?":
            return show(getattr(context.tunables, field))
        value, warnings = tunable(name, argument)
        context.change(**{field: value})
        return context.shown("\n".join([*warnings, *([note] if note else [])]))

    return Command((name,), f"{text}; ? asks", run, argument, asks=True)


def _truth(value: object) -> str:
    return "true" if value else "false"


def addresses_text(addresses: tuple[tuple[str, int], ...]) -> str:
    """Replicas as they are written."""
    return ",".join(show_address(*address) for address in addresses)


def control_replicas(context: Context, argument: str) -> str:
    """Set the list, and say it."""
    if argument != "?":
        value, _ = tunable("throttle-control-replicas", argument)
        context.change(control_replicas=value)
        return addresses_text(value) + "\n" + context.shown()
    return addresses_text(context.tunables.control_replicas)


def throttle(context: Context, argument: str) -> str:
    """Stop copying and applying."""
    context.named(argument)
    context.change(throttled_by_user=True)
    return context.shown(f"throttled. {LASTS}")


def unthrottle(context: Context, argument: str) -> str:
    """Go on."""
    context.named(argument)
    context.change(throttled_by_user=False)
    return context.shown()


def postpone(context: Context, argument: str) -> str:
    """Make a flag file and heed it; ask for the present one."""
    if argument == "?":
        return context.tunables.postpone_flag_file
    if not argument:
        raise UsageError("postpone-cut-over-flag-file needs a path: postpone-cut-over-flag-file=/path/to/file")
    try:
        if Path(argument).exists() and not Path(argument).is_file():
            raise UsageError(f"{argument!r} is no plain file, which somebody could remove")
        flag_files.make(argument)
    except (OSError, ValueError) as error:
        raise UsageError(f"{argument!r} cannot be made: {getattr(error, 'strerror', None) or error}") from None
    context.change(postpone_flag_file=argument)
    return context.shown("Postponed")


def unpostpone(context: Context, argument: str) -> str:
    """Let the cut-over go, for one attempt."""
    context.named(argument, must=context.settings.force_named, command="unpostpone")
    if context.board.get(Phase, Phase.INSPECTING) is not Phase.POSTPONED:
        raise UsageError("the cut-over is not being postponed at this moment; unpostpone has a meaning only then")
    context.board.publish(Unpostpone())
    return context.shown("Unpostponed")


def panic(context: Context, argument: str) -> str:
    """End the migration at once."""
    context.named(argument, must=context.settings.force_named_panic, command="panic")
    message = f"the migration of {context.table} is aborted by the command panic, without cleaning up"
    context.stop.set(Aborted(message))
    return f"{message}; the original table is as it was"


SETTINGS = (
    setting("chunk-size", "rows in a chunk"),
    setting("copy-threads", "threads that copy rows; 0 finds the number"),
    setting("apply-threads", "threads that apply changes; 0 finds the number"),
    setting("polite", "give way before the application notices", _truth, argument="true|false"),
    setting("app-latency-target", "give way while a tiny commit takes more milliseconds; 0 for none", argument="X"),
    setting("dml-batch-size", "changed keys in one transaction"),
    setting("max-lag-millis", "lag at which to throttle"),
    setting("nice-ratio", "sleep this many times as long as the last chunk took", argument="X"),
    setting("max-load", "status variables at which to throttle; nothing clears", load_text, argument="NAME=N,…"),
    setting("critical-load", "status variables at which to give up; nothing clears", load_text, argument="NAME=N,…"),
    setting("throttle-query", "throttle while its value is above 0; nothing clears", note=LASTS, argument="QUERY"),
    setting(
        "throttle-http", "throttle while it does not answer with 200; nothing clears", without_password, LASTS, "URL"
    ),
)
