"""A migration from the command line: options in, an exit code out.

The only place that puts migration, faces, log and signals together.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ghostshift.api import MakeFace, migrate
from ghostshift.cli_log import tell
from ghostshift.cli_reload import Reload
from ghostshift.cli_signals import hearing
from ghostshift.cli_summary import summary
from ghostshift.control.faces import control_faces, wanted_of
from ghostshift.control.sockets import TOKEN_VARIABLE
from ghostshift.display import PlainDisplay
from ghostshift.flags import Settings, build_options
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Options
from ghostshift.model.outcome import Outcome
from ghostshift.model.shown import one_line, shown
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop

_log = logging.getLogger("ghostshift")


def run(settings: Settings, *, as_gh_ost: bool) -> int:
    """Migrate as the settings say. Raises MigrationError."""
    options = build_options(settings)
    for warning in settings.warnings:
        tell(warning)
    _check_report_file(str(settings["report-file"]))
    stop, board = Stop(), StatusBoard()
    with hearing(stop, Reload(settings, board).run):
        outcome = migrate(options, faces=_faces(settings, options), stop=stop, board=board)
        _while_read(lambda: _tell(outcome, settings, as_gh_ost=as_gh_ost))
    return 0


def _check_report_file(path: str) -> None:
    """See that the report can be written, before anything is done."""
    if not path:
        return
    try:
        Path(path).open("a", encoding="utf-8").close()
    except OSError as error:
        raise UsageError(f"--report-file {path} cannot be written: {error.strerror or error}") from None


def _faces(settings: Settings, options: Options) -> dict[str, MakeFace]:
    wanted_of(options)  # a rehearsal, too, says what is wrong with the address
    if not options.execute:
        return {}
    name = f"{options.schema}.{options.table}"
    faces = control_faces(options, os.environ.get(TOKEN_VARIABLE, ""))
    if sys.stdout.isatty() and not settings["no-display"] and not settings["quiet"]:
        from ghostshift.display_live import LiveDisplay

        faces["display"] = lambda board, stop: partial(_while_read, LiveDisplay(board, stop, name).run)
    else:
        faces["display"] = lambda board, stop: partial(_while_read, PlainDisplay(board, stop).run)
    return faces


def _while_read(show: Callable[[], None]) -> None:
    """Show something; where nobody reads it any more the migration goes on without being watched."""
    try:
        show()
        sys.stdout.flush()
    except OSError as error:
        _log.warning("the standard output cannot be written any more (%s); the work goes on", error.strerror or error)
        # Else the interpreter would fail once more at its exit, when it flushes what could not be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(outcome: Outcome, settings: Settings, *, as_gh_ost: bool) -> None:
    for warning in outcome.warnings:
        tell(warning)
    if settings["report-file"]:
        report = json.dumps(dataclasses.asdict(outcome), indent=2)
        try:
            Path(settings["report-file"]).write_text(report + "\n", encoding="utf-8")
        except OSError as error:
            _log.warning("the report could not be written to %s: %s", settings["report-file"], error)
    for line in summary(outcome, stopped=not settings["test-on-replica-skip-replica-stop"]):
        if as_gh_ost:
            _log.info("%s", line)  # its readers expect nothing on the standard output that it does not print there
        else:
            sys.stdout.write(f"{one_line(line)}\n")
    if outcome.structure:
        sys.stdout.write(shown(f"{outcome.structure}\n"))
    sys.stdout.write("# Done\n")
