"""The command line's door: which command was called, and a way out without a traceback. Everything else is behind it.

It imports all but secrecy only when called, so that a Ctrl-C while that is read from disk ends as quietly as any other.
Exit codes are the error classes' (model.errors), 0 for success, 130 where a Ctrl-C cut things short.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

from ghostshift import __version__, secrecy
from ghostshift.importing import undisturbed

AS_GH_OST = "gh-ost"
"""Called by this name, by a link or a copy, the program is `ghostshift migrate` with gh-ost's manners."""


def main(words: Sequence[str] | None = None, program: str = "") -> int:
    """Run the command line; the console script's entry. `program` is the name it was called by."""
    if words is None:
        secrecy.keep_to_ourselves()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a name that a terminal's character set lacks ends no migration
                stream.reconfigure(errors="backslashreplace")
    name = program or ("ghostshift" if words is not None else Path(sys.argv[0]).name)
    given = list(sys.argv[1:] if words is None else words)
    try:
        return _called(name, given)
    except KeyboardInterrupt as error:
        sys.stderr.write("FATAL interrupted\n")
        for note in getattr(error, "__notes__", ()):
            sys.stderr.write(f"  {note}\n")
        return 130


def _called(name: str, given: list[str]) -> int:
    if given[:1] in (["--version"], ["-version"]) and name != AS_GH_OST:
        sys.stdout.write(f"ghostshift {__version__}\n")
        return 0
    if name == AS_GH_OST or given[:1] == ["migrate"]:
        with undisturbed():
            from ghostshift import cli_migrate

        as_gh_ost = name == AS_GH_OST
        return cli_migrate.run(given if as_gh_ost else given[1:], as_gh_ost=as_gh_ost)
    if given[:1] == ["revert"]:
        with undisturbed():
            from ghostshift import cli_migrate

        return cli_migrate.run(["--revert", *given[1:]])
    if given[:1] == ["plan"]:
        with undisturbed():
            from ghostshift import cli_plan

        return cli_plan.run(given[1:])
    with undisturbed():
        from ghostshift import cli_commands

    return cli_commands.run(given)
