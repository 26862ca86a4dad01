"""`ghostshift cleanup`: lists what migrations left on a server and this machine, and removes it after a yes.

The listing touches nothing. A yes is --yes, or the answer to a question that names everything; where nobody can be
asked, nothing is removed. What may be removed is decided in core/cleaning.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich_argparse import RichHelpFormatter

from ghostshift import cleanup_text as text
from ghostshift.cli_connection import add_server, endpoint_of, texts_of
from ghostshift.cli_signals import hearing
from ghostshift.control import stale
from ghostshift.control.stale import Listening, SocketFile
from ghostshift.core.cleaning import Answer, Ruled, Wishes, chosen, kept_for, unfit
from ghostshift.core.leftovers import Piece, read_name
from ghostshift.flags import read_load
from ghostshift.model.errors import MigrationError, Refused, UsageError
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint
from ghostshift.model.shown import one_line
from ghostshift.runtime.group import Stop
from ghostshift.workers.cleaning import Cleaner, Done, survey
from ghostshift.workers.emptying import Pace
from ghostshift.workers.leftovers import Held

EVERY = 10.0
"""Seconds between two lines about how far a table is emptied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The line, read."""

    endpoint: Endpoint
    schema: str
    table: TableName | None
    wishes: Wishes
    pace: Pace | None


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "cleanup",
        description="List what migrations left on a server, tell the living from the dead, and remove after a yes. "
        "Nothing of a migration that may be at work is touched; old tables only go where that is asked for.",
        formatter_class=RichHelpFormatter,
        allow_abbrev=False,
    )
    add_server(parser)
    which = parser.add_argument_group("what is looked at")
    which.add_argument("--database", default="", metavar="SCHEMA", help="this schema only")
    which.add_argument("--table", default="", help="only what is of this table of it")
    which.add_argument(
        "--serve-socket-file", default=[], action="append", metavar="PATH", help="look at this control socket too"
    )
    what = parser.add_argument_group("what is removed")
    what.add_argument("--yes", action="store_true", help="remove without a question")
    what.add_argument("--dry-run", action="store_true", help="only list; also what happens where nobody can be asked")
    what.add_argument("--old-tables", action="store_true", help="also tables as they were before a migration")
    what.add_argument(
        "--drop",
        default=[],
        action="append",
        metavar="SCHEMA.TABLE",
        help="also this one of those that are listed; may be repeated",
    )
    what.add_argument(
        "--silent-for",
        type=float,
        metavar="SECONDS",
        help="only of migrations of which nothing was heard for so long; default: 600 for those that have not ended "
        "well, for they may be waiting for their server",
    )
    how = parser.add_argument_group("old tables")
    how.add_argument("--gently", action="store_true", help="empty them in batches with pauses, then drop them")
    how.add_argument("--batch-rows", type=int, default=0, metavar="N", help="rows in a batch; 0: by time (default)")
    how.add_argument(
        "--pause-ratio", type=float, default=1.0, help="pause after a batch, in times of its own; default: %(default)s"
    )
    how.add_argument("--pause-ms", type=int, default=0, metavar="N", help="pause at least so long; default: 0")
    how.add_argument("--max-load", default="", help="wait while the server has more to do: Threads_running=25,…")
    how.add_argument(
        "--skip-binlog", action="store_true", help="keep the deletions out of the binary log; the DROP is logged"
    )
    told = parser.add_argument_group("report")
    told.add_argument("--json", action="store_true", help="the report for programs, on the standard output")
    told.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    asked = _read(arguments, os.environ)
    stop, answers = Stop(), stale.Answers(asked.endpoint, arguments.serve_socket_file)
    with hearing(stop, lambda: None):
        seen = survey(asked.endpoint, answers, stop, asked.schema)
    found = [ruled for ruled in seen.found if _is_meant(ruled, asked)]
    held = seen.held if asked.table is None else ()
    files = stale.look(arguments.serve_socket_file, asked.schema, arguments.table)
    _check_named(found, asked)
    wanted = [piece.name for ruled in found for piece in chosen(ruled, asked.wishes)]
    dead = [file for file in files if file.listening is Listening.NOBODY]
    if not arguments.json:
        text.show(found, held, files, asked.wishes)
    done: list[Done] = []
    removed: list[tuple[SocketFile, bool]] = []
    if _is_agreed(arguments, asked, wanted, dead):
        tell = _Progress(stop, quiet=arguments.quiet)
        cleaner = Cleaner(asked.endpoint, answers, stop, pace=asked.pace, tell=tell)
        with hearing(stop, lambda: None):
            done = cleaner.run(found, asked.wishes)
        removed = [(file, stale.remove(file)) for file in dead]
    if arguments.json:
        report = _for_programs(found, held, files, asked.wishes, done, removed)
        sys.stdout.write(json.dumps(report, indent=2, ensure_ascii=True) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in text.told(done, removed))
    return MigrationError.exit_code if any(not one.removed for one in done) else 0


def _read(arguments: argparse.Namespace, environment: Mapping[str, str]) -> _Asked:
    if arguments.table and not arguments.database:
        raise UsageError("--table needs --database")
    if arguments.yes and arguments.dry_run:
        raise UsageError("--yes and --dry-run contradict each other")
    for name in ("batch_rows", "pause_ratio", "pause_ms", "silent_for"):
        given = getattr(arguments, name)
        if given is not None and not given >= 0:
            raise UsageError(f"--{name.replace('_', '-')} must be at least 0")
    pace = Pace(
        batch_rows=arguments.batch_rows,
        pause_ratio=arguments.pause_ratio,
        pause_millis=arguments.pause_ms,
        max_load=read_load(arguments.max_load),
        logged=not arguments.skip_binlog,
    )
    if pace != Pace() and not arguments.gently:
        raise UsageError("--batch-rows, --pause-ratio, --pause-ms, --max-load and --skip-binlog are about --gently")
    return _Asked(
        endpoint=endpoint_of(arguments, texts_of(arguments, environment), environment),
        schema=arguments.database,
        table=TableName(arguments.database, arguments.table) if arguments.table else None,
        wishes=Wishes(
            old_tables=arguments.old_tables,
            named=frozenset(map(_named, arguments.drop)),
            silent=arguments.silent_for,
        ),
        pace=pace if arguments.gently else None,
    )


def _named(given: str) -> TableName:
    """`schema.table`, or as the listing shows it."""
    quoted = read_name(given)
    if quoted is not None:
        return quoted
    schema, found, table = given.partition(".")
    if not (found and schema and table):
        raise UsageError(f"--drop must be SCHEMA.TABLE, or a name as it is listed, not {given!r}")
    return TableName(schema, table)


def _is_meant(ruled: Ruled, asked: _Asked) -> bool:
    return asked.table is None or str(ruled.family.title).lower() == str(asked.table).lower()


def _check_named(found: Sequence[Ruled], asked: _Asked) -> None:
    """Raise Refused for what was named and will not be dropped."""
    for name, why in unfit(found, asked.wishes).items():
        raise Refused("not-to-be-dropped", f"{name} will not be dropped: {why}. Nothing was removed")


def _is_agreed(
    arguments: argparse.Namespace, asked: _Asked, wanted: Sequence[TableName], files: Sequence[SocketFile]
) -> bool:
    """Whether there is a yes. Raises UsageError where one is needed and nobody can be asked."""
    if arguments.dry_run or not (wanted or files):
        return False
    if arguments.yes:
        return True
    if arguments.json or not _can_be_asked():
        if asked.wishes.old_tables or asked.wishes.named:
            raise UsageError("nothing was removed: there is no terminal to ask at; give --yes, or --dry-run to list")
        if not arguments.json:
            count = len(wanted) + len(files)
            sys.stdout.write(f"{count} to remove, and nothing was removed: give --yes\n")
        return False
    try:
        return input(text.question(wanted, files)).strip().lower() == "yes"
    except EOFError:
        return False


def _can_be_asked() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


class _Progress:
    """A line now and then on the standard error."""

    def __init__(self, stop: Stop, *, quiet: bool) -> None:
        self._console = Console(stderr=True, highlight=False, emoji=False, markup=False)
        self._stop = stop
        self._quiet = quiet
        self._next = stop.now() + EVERY

    def __call__(self, line: str) -> None:
        """Say it, unless something was said just now."""
        if self._quiet or self._stop.now() < self._next:
            return
        self._next = self._stop.now() + EVERY
        self._console.print(one_line(line), soft_wrap=True)


def _why(ruled: Ruled, piece: Piece, wishes: Wishes) -> str:
    return ruled.rulings[piece.name].why if piece in chosen(ruled, wishes) else kept_for(ruled, piece, wishes)


def _for_programs(
    found: Sequence[Ruled],
    held: Sequence[Held],
    files: Sequence[SocketFile],
    wishes: Wishes,
    done: Sequence[Done],
    removed: Sequence[tuple[SocketFile, bool]],
) -> dict[str, object]:
    became = {one.table: one for one in done}
    gone = {file.path for file, was in removed if was}
    return {
        "migrations": [
            {
                "table": str(ruled.family.title),
                "state": ruled.state.value,
                "story": text.story(ruled),
                "phase": None if ruled.family.checkpoint is None else ruled.family.checkpoint.phase.value,
                "silent_seconds": ruled.family.signs.silent,
                "sessions": list(ruled.family.signs.sessions),
                "tables": [
                    {
                        "name": str(piece.name),
                        "kind": piece.kind.name.lower(),
                        "rows": piece.rows,
                        "bytes": piece.bytes,
                        "drop": piece in chosen(ruled, wishes),
                        "only_by_name": ruled.rulings[piece.name].answer is Answer.NAMED,
                        "why": became[piece.name].why if piece.name in became else _why(ruled, piece, wishes),
                        "removed": piece.name in became and became[piece.name].removed,
                    }
                    for piece in ruled.family.pieces
                ],
            }
            for ruled in found
        ],
        "locks": [{"name": lock.name, "session": lock.session} for lock in held],
        "sockets": [
            {"path": file.path, "listening": file.listening.name.lower(), "removed": file.path in gone}
            for file in files
        ],
    }
