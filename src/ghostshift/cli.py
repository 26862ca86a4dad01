"""The command line: arguments and environment in, an exit code out. The only place that sets up logging and signals.

Exit codes are the error classes' (model.errors), 0 for success, 130 where a second Ctrl-C cut the way back short.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich_argparse import RichHelpFormatter

from ghostshift import __version__
from ghostshift.api import MakeFace, migrate
from ghostshift.control.commands import Commands
from ghostshift.control.lines import LineServer
from ghostshift.demo import cli as demo_cli
from ghostshift.display import LiveDisplay, PlainDisplay
from ghostshift.flags import Settings, add_flags, build_options, normalize, settle
from ghostshift.model.errors import Aborted, MigrationError, UsageError
from ghostshift.model.options import Options
from ghostshift.model.outcome import Outcome
from ghostshift.runtime.group import Stop
from ghostshift.sandbox import cli as sandbox_cli

SOCKET_PATH_LIMIT = 107
"""Bytes of a Unix socket's path (unix(7): sun_path)."""

_log = logging.getLogger("ghostshift")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; the console script's entry."""
    given = list(sys.argv[1:] if words is None else words)
    if Path(sys.argv[0]).name == "gh-ost" and words is None:
        given = ["migrate", *given]
    if given[:1] == ["migrate"]:
        given = ["migrate", *normalize(given[1:])]
    parser = _parser()
    arguments = parser.parse_args(given)
    try:
        code: int = arguments.run(arguments)
    except MigrationError as error:
        _report(error, debug=bool(getattr(arguments, "debug", None) == "true"))
        return error.exit_code
    except KeyboardInterrupt as error:
        sys.stderr.write("FATAL interrupted again, on the way back; the original table is as it was\n")
        _tell_notes(error)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ghostshift",
        description="Online schema migration for MySQL and MariaDB.",
        formatter_class=RichHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", "-version", action="version", version=f"ghostshift {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    migration = commands.add_parser(
        "migrate",
        help="change a table while the application goes on writing",
        description="Change a table while the application goes on writing. Takes gh-ost's flags.",
        formatter_class=RichHelpFormatter,
        allow_abbrev=False,
    )
    add_flags(migration)
    migration.add_argument("--version", "-version", action="version", version=f"ghostshift {__version__}")
    migration.set_defaults(run=_migrate)
    demo_cli.add_parser(commands)
    sandbox_cli.add_parser(commands)
    return parser


def _migrate(arguments: argparse.Namespace) -> int:
    settings = settle(vars(arguments), os.environ)
    _set_up_logging(settings)
    options = build_options(settings)
    _check_report_file(str(settings["report-file"]))
    stop = Stop()
    _handle_signals(stop)
    outcome = migrate(options, faces=_faces(settings, options), stop=stop)
    _while_read(lambda: _tell(outcome, settings))
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
    name = f"{options.schema}.{options.table}"
    faces: dict[str, MakeFace] = {}
    if not options.execute:
        return faces
    path = options.serve_socket_file or default_socket(name)
    if path != "-":
        faces["control"] = lambda board, stop: (
            LineServer(path, Commands(board, options.table), stop, drop_existing=options.initially_drop_socket_file).run
        )
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


def default_socket(name: str) -> str:
    """gh-ost's path for the control socket, with a digest where the name cannot be part of one; its mode is 0600."""
    plain = f"/tmp/gh-ost.{name}.sock"  # noqa: S108 - the path that gh-ost's users look for
    if "/" not in name and len(plain.encode()) <= SOCKET_PATH_LIMIT:
        return plain
    return f"/tmp/gh-ost.{hashlib.sha256(name.encode()).hexdigest()[:16]}.sock"  # noqa: S108 - as above


def _handle_signals(stop: Stop) -> None:
    def handle(number: int, _: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set(Aborted(f"stopped by {signal.Signals(number).name}; the original table is as it was"))

    # A terminal that goes away is no reason to lose hours of copying.
    signal.signal(signal.SIGHUP, lambda *_: _log.info("SIGHUP: the migration goes on"))
    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def _set_up_logging(settings: Settings) -> None:
    for name in ("debug", "verbose", "quiet"):
        if settings[name]:
            level = {"debug": logging.DEBUG, "verbose": logging.INFO, "quiet": logging.ERROR}[name]
            break
    else:
        level = logging.INFO
    logging.addLevelName(logging.CRITICAL, "FATAL")
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S"
    )


def _tell(outcome: Outcome, settings: Settings) -> None:
    for warning in outcome.warnings:
        _log.warning("%s", warning)
    if settings["report-file"]:
        report = json.dumps(dataclasses.asdict(outcome), indent=2)
        try:
            Path(settings["report-file"]).write_text(report + "\n", encoding="utf-8")
        except OSError as error:
            _log.warning("the report could not be written to %s: %s", settings["report-file"], error)
    if not outcome.swapped:
        sys.stdout.write(outcome.plan + "\n")
        return
    swap = outcome.cut_over
    sys.stdout.write(
        f"{outcome.table} is migrated: {outcome.rows_copied} rows copied, {outcome.changes_applied} changes applied in "
        f"{outcome.seconds_total:.1f} s; tables locked for {swap.lock_seconds * 1000:.0f} ms\n"
    )
    if outcome.old_table:
        sys.stdout.write(f"-- the old table is kept; to remove it: DROP TABLE {outcome.old_table}\n")
    sys.stdout.write("# Done\n")


def _report(error: MigrationError, *, debug: bool) -> None:
    if debug:
        _log.critical("%s", error, exc_info=error)
    else:
        sys.stderr.write(f"FATAL {error}\n")
    _tell_notes(error)


def _tell_notes(error: BaseException) -> None:
    for note in getattr(error, "__notes__", ()):
        sys.stderr.write(f"  {note}\n")
