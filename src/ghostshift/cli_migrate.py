"""`ghostshift migrate`, and `gh-ost` where the program bears that name: a line of flags in, an exit code out.

The order is gh-ost's: is every flag known, is help or the version wanted, then the wish itself, all of it before a
server is asked. The only place that puts migration, faces, log and signals together.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from ghostshift import __version__
from ghostshift.api import MakeFace, migrate
from ghostshift.cli_log import logging_to_stderr, report, set_level, tell
from ghostshift.cli_reload import Reload
from ghostshift.cli_signals import hearing
from ghostshift.command_line import Line, read_line, usage
from ghostshift.control.faces import control_faces, wanted_of
from ghostshift.control.sockets import TOKEN_VARIABLE
from ghostshift.display import LiveDisplay, PlainDisplay
from ghostshift.flags import ONLY_ON_THE_LINE, Settings, build_options, check_values, settle
from ghostshift.model.errors import MigrationError, UsageError
from ghostshift.model.options import Options
from ghostshift.model.outcome import Outcome
from ghostshift.model.shown import one_line, shown
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop

GH_OST = "gh-ost"

_log = logging.getLogger("ghostshift")


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
            error.args = ("interrupted again, on the way back; the original table is as it was",)
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
        console = Console()
        faces["display"] = lambda board, stop: partial(_while_read, LiveDisplay(board, stop, name, console).run)
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
    for line in _summary(outcome, stopped=not settings["test-on-replica-skip-replica-stop"]):
        if as_gh_ost:
            _log.info("%s", line)  # its readers expect nothing on the standard output that it does not print there
        else:
            sys.stdout.write(f"{one_line(line)}\n")
    if outcome.structure:
        sys.stdout.write(shown(f"{outcome.structure}\n"))
    sys.stdout.write("# Done\n")


def _summary(outcome: Outcome, *, stopped: bool) -> Iterator[str]:
    """How it went, and what is left to do, line by line."""
    swap = outcome.cut_over
    if outcome.instant:
        yield f"{outcome.table} is altered: by ALGORITHM=INSTANT, in {outcome.seconds_total:.1f} s, with no row copied"
    elif outcome.tested:
        yield (
            f"{outcome.table} is in place, tested with {outcome.rows_copied} rows copied and {outcome.changes_applied} "
            f"changes applied; tables locked for {swap.lock_seconds * 1000:.0f} ms"
        )
        yield f"-- compare it with {outcome.tested}; to remove that: DROP TABLE {outcome.tested}"
        if stopped:
            yield "-- replication is stopped, so that they stay equal; to start it again: START REPLICA"
    elif outcome.compared_only:
        yield (
            f"{outcome.table} is as it was: {outcome.rows_copied} rows were copied, {outcome.changes_applied} changes "
            f"applied and all compared in {outcome.seconds_total:.1f} s; nothing was swapped, the new table is removed"
        )
    elif outcome.reverted:
        state = "as its migration had made it" if outcome.forward else "as it was before its migration"
        yield (
            f"{outcome.table} is {state}, with all that was written since: {outcome.changes_applied} changes brought "
            f"over in {outcome.seconds_total:.1f} s; tables locked for {swap.lock_seconds * 1000:.0f} ms"
        )
        if outcome.old_table:
            yield f"-- the reverted table is kept; to remove it: DROP TABLE {outcome.old_table}"
    elif not outcome.swapped:
        yield from outcome.plan.splitlines()
    else:
        yield (
            f"{outcome.table} is migrated: {outcome.rows_copied} rows copied, {outcome.changes_applied} changes "
            f"applied in {outcome.seconds_total:.1f} s; tables locked for {swap.lock_seconds * 1000:.0f} ms"
        )
        if outcome.old_table:
            yield f"-- the old table is kept; to remove it: DROP TABLE {outcome.old_table}"
    yield from _restarted(outcome)
    if outcome.swapped or outcome.tested or outcome.compared_only:
        yield from _verified(outcome)


def _restarted(outcome: Outcome) -> Iterator[str]:
    """That it took more than one run."""
    if outcome.restarts:
        often = "once" if outcome.restarts == 1 else f"{outcome.restarts} times"
        yield f"it ended before its time {often}, and was gone on with"


def _verified(outcome: Outcome) -> Iterator[str]:
    """What the comparison found."""
    found = outcome.verification
    if not found.rows and not found.verified:
        yield "not verified (--no-verify)"
        return
    if not found.rows and not found.passes:
        return  # the run that has swapped had verified them, and did not tell how many
    word = "verified" if found.verified else "NOT verified, for some rows changed all the time"
    lost = f", but for what was lost ({outcome.rows_lost:,} rows)" if outcome.rows_lost else ""
    yield f"{word}: {found.rows:,} rows equal the original's{lost}, {found.repaired:,} had to be repaired"
    if found.wrong:
        yield f"-- repaired: {', '.join(found.wrong)}{' and more' if found.repaired > len(found.wrong) else ''}"
    if found.uncompared:
        yield f"-- columns that could not be compared: {', '.join(found.uncompared)}"
