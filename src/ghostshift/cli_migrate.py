"""`ghostshift migrate`, and `gh-ost` where the program bears that name: a line of flags in, an exit code out.

The order is gh-ost's: is every flag known, is help or the version wanted, then the wish itself, all of it before a
server is asked. What a migration needs is imported when one is wanted, so that a question is answered at once.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from ghostshift import __version__
from ghostshift.cli_log import logging_to_stderr, report, set_level
from ghostshift.command_line import Line, read_line, usage
from ghostshift.flags import ONLY_ON_THE_LINE, Settings, check_values, settle
from ghostshift.importing import undisturbed
from ghostshift.model.errors import MigrationError, UsageError
from ghostshift.model.shown import shown

GH_OST = "gh-ost"


def run(words: Sequence[str], *, as_gh_ost: bool = False) -> int:
    """Do what the line says. The exit code; whatever goes wrong has been told."""
    with logging_to_stderr():
        settings: Settings | None = None
        try:
            line = _line(words, as_gh_ost=as_gh_ost)
            answer = _answer(line, as_gh_ost=as_gh_ost)
            if answer is not None:
                sys.stdout.write(answer)
                return 0
            settings = settle(line, os.environ)
            set_level(settings.values, logging.ERROR if as_gh_ost else logging.INFO)
            return _migrate(settings, as_gh_ost=as_gh_ost)
        except MigrationError as error:
            report(error, traceback=bool(settings and (settings["debug"] or settings["stack"])))
            return error.exit_code
        except KeyboardInterrupt as error:
            error.args = error.args or ("interrupted again, on the way back; the original table is as it was",)
            report(error, traceback=False)
            return 130


def _line(words: Sequence[str], *, as_gh_ost: bool) -> Line:
    """The line, of known flags with values of their kinds. gh-ost complains on the standard output, with its usage."""
    try:
        line = read_line(words)
        check_values(line)
    except UsageError as error:
        error.add_note(f"{_program(as_gh_ost=as_gh_ost)} --help lists all flags")
        if as_gh_ost:
            sys.stdout.write(shown(f"{error}\n{usage(GH_OST)}"))
        raise
    return line


def _answer(line: Line, *, as_gh_ost: bool) -> str | None:
    """The answer to a question to the program itself; None where a migration is wanted."""
    wanted = settle({name: line[name] for name in ONLY_ON_THE_LINE if name in line}, {})
    if wanted["check-flag"]:
        return ""
    if wanted["help"]:
        return usage(_program(as_gh_ost=as_gh_ost))
    if wanted["version"]:
        return f"{__version__} (git commit: unknown)\n" if as_gh_ost else f"ghostshift {__version__}\n"
    return None


def _program(*, as_gh_ost: bool) -> str:
    return GH_OST if as_gh_ost else "ghostshift migrate"


def _migrate(settings: Settings, *, as_gh_ost: bool) -> int:
    try:
        with undisturbed():
            from ghostshift import cli_run
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; nothing was begun") from None
    return cli_run.run(settings, as_gh_ost=as_gh_ost)
