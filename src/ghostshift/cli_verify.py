"""`ghostshift verify`: compares two tables, on one server or two, and says which rows differ. It changes nothing.

Passwords come from the environment, the file of --conf or a question, never from the line.
"""

from __future__ import annotations

import argparse
import dataclasses
import getpass
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich_argparse import RichHelpFormatter

from ghostshift.cli_connection import NoPassword, add_server, check_host, endpoint_of, port_of, texts_of
from ghostshift.cli_signals import hearing
from ghostshift.display_verify import Progress
from ghostshift.model.errors import TablesDiffer, UsageError
from ghostshift.model.findings import Findings, VerifyWishes
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint
from ghostshift.model.shown import one_line, shown
from ghostshift.runtime.group import Stop
from ghostshift.workers.two_tables import Asked, verify

_NAMES = ("user", "password", "host", "port", "socket")
_SECTIONS = {"client": {name: name for name in _NAMES}, "with": {name: f"with-{name}" for name in _NAMES}}
WITH_PASSWORD = "GHOSTSHIFT_WITH_PASSWORD"  # noqa: S105 - the name of a variable


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "verify",
        description="Compare two tables, on one server or two, while both are written to. Nothing is locked or "
        "changed. Exit code 0: no row differs; 12: some do.",
        formatter_class=RichHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--table", required=True, metavar="SCHEMA.TABLE", help="the table")
    parser.add_argument(
        "--with", required=True, metavar="SCHEMA.TABLE", dest="other", help="the one to compare it with"
    )
    parser.add_argument("--with-password", action=NoPassword, help=argparse.SUPPRESS)
    add_server(parser, conf="file whose section client, and perhaps with, names a server")
    _add_other(parser)
    _add_wishes(parser)
    parser.set_defaults(run=_run)


def _add_other(parser: argparse.ArgumentParser) -> None:
    others = parser.add_argument_group(
        "second server",
        "Where --with is on another server. What is not given is the first server's; the password is "
        f"{WITH_PASSWORD}'s or that of the file's section with.",
    )
    others.add_argument("--with-host", help="its address")
    others.add_argument("--with-port", type=int, help="its port")
    others.add_argument("--with-socket", help="path of its socket")
    others.add_argument("--with-user", help="whom to log in as there")


def _add_wishes(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what is compared")
    what.add_argument("--columns", default="", metavar="A,B", help="only these columns of --table, and the key")
    what.add_argument("--ignore-columns", default="", metavar="A,B", help="all but these")
    what.add_argument(
        "--rename", action="append", default=[], metavar="OLD=NEW", help="a column's name in --with; may be repeated"
    )
    how = parser.add_argument_group("how")
    defaults = VerifyWishes()
    how.add_argument("--threads", type=int, default=defaults.threads, help="default: %(default)s")
    how.add_argument("--chunk-size", type=int, default=defaults.chunk_rows, help="rows at a time; default: %(default)s")
    how.add_argument(
        "--settle-seconds",
        type=float,
        default=defaults.settle_seconds,
        help="for how long rows that differ are read again; more than a replica lags; default: %(default)s",
    )
    told = parser.add_argument_group("report")
    told.add_argument("--show", type=int, default=20, metavar="N", help="name the first N rows; default: %(default)s")
    told.add_argument("--json", action="store_true", help="the report for programs, on the standard output")
    told.add_argument("--report-file", default="", metavar="FILE", help="write the report for programs there")
    told.add_argument("--quiet", action="store_true", help="no progress")


def _run(arguments: argparse.Namespace) -> int:
    asked = _asked(arguments, os.environ)
    report = _opened(arguments.report_file)
    stop = Stop()
    console = Console(stderr=True)
    with hearing(stop, lambda: None):
        if arguments.quiet:
            found = verify(asked, stop)
        else:
            with Progress(console, str(asked.table)) as progress:
                found = verify(asked, stop, progress.show)
    answer = shown(json.dumps(_for_programs(found, arguments.show), indent=2, ensure_ascii=False)) + "\n"
    if report is not None:
        report.write_text(answer, encoding="utf-8")
    sys.stdout.write(
        answer if arguments.json else "".join(f"{one_line(line)}\n" for line in _told(found, arguments.show))
    )
    return 0 if found.equal else TablesDiffer.exit_code


def _opened(path: str) -> Path | None:
    """See that the report can be written, before anything is done."""
    if not path:
        return None
    try:
        Path(path).open("a", encoding="utf-8").close()
    except OSError as error:
        raise UsageError(f"--report-file {path} cannot be written: {error.strerror or error}") from None
    return Path(path)


def _asked(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Asked:
    texts = texts_of(arguments, environment, _SECTIONS)
    first, second = _ends(arguments, texts, environment)
    for name, least in (("threads", 1), ("chunk_size", 1), ("settle_seconds", 0), ("show", 0)):
        if not getattr(arguments, name) >= least:
            raise UsageError(f"--{name.replace('_', '-')} must be at least {least}")
    renames = dict(_rename(text) for text in arguments.rename)
    return Asked(
        table=_table(arguments.table, "--table"),
        other=_table(arguments.other, "--with"),
        endpoint=first,
        other_endpoint=second,
        columns=_names(arguments.columns),
        ignored=_names(arguments.ignore_columns),
        renames=renames,
        wishes=VerifyWishes(
            threads=arguments.threads, chunk_rows=arguments.chunk_size, settle_seconds=arguments.settle_seconds
        ),
    )


def _ends(
    arguments: argparse.Namespace, texts: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[Endpoint, Endpoint | None]:
    """The servers: flag, environment (passwords), file, default. None for a second one that is the first."""
    host = arguments.with_host or texts.get("with-host", "")
    check_host(host, "--with-host")
    first = endpoint_of(arguments, texts, environment)
    given: dict[str, Any] = {
        name: value
        for name, value in (
            ("host", host),
            ("port", arguments.with_port or port_of(texts.get("with-port", "0"))),
            ("socket", arguments.with_socket or texts.get("with-socket", "")),
            ("user", arguments.with_user or texts.get("with-user", "")),
            ("password", environment.get(WITH_PASSWORD, "") or texts.get("with-password", "")),
        )
        if value
    }
    if not given:
        return first, None
    if "socket" not in given and ("host" in given or "port" in given):
        given["socket"] = ""
    second = dataclasses.replace(first, **given)
    if arguments.ask_pass and "password" not in given:
        second = dataclasses.replace(second, password=getpass.getpass(f"Password of {second.user} on {second}: "))
    return first, second


def _table(text: str, flag: str) -> TableName:
    schema, found, table = text.partition(".")
    if not (found and schema and table):
        raise UsageError(f"{flag} must be SCHEMA.TABLE, not {text!r}")
    return TableName(schema, table)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for piece in text.split(",") if (name := piece.strip()))


def _rename(text: str) -> tuple[str, str]:
    old, found, new = text.partition("=")
    if not (found and old and new):
        raise UsageError(f"--rename must be OLD=NEW, not {text!r}")
    return old, new


def _for_programs(found: Findings, most: int) -> dict[str, object]:
    report = dataclasses.asdict(found)
    report["shown"] = report["shown"][:most]
    return {"equal": found.equal, **report}


def _told(found: Findings, most: int) -> Iterator[str]:
    """The report for people."""
    if found.equal:
        yield f"{found.table} and {found.other} are equal: {found.rows:,} rows compared in {found.seconds:.1f} s"
    else:
        yield f"{found.table} and {found.other} DIFFER: {found.rows:,} rows here, {found.other_rows:,} there"
        least = "" if found.complete else "at least "
        yield f"  missing there: {least}{found.missing:,}"
        yield f"  extra there: {least}{found.extra:,}"
        yield f"  different: {least}{found.different:,}"
    if found.moving:
        yield f"  moving, so that nothing can be said of them: {found.moving:,}"
    if found.settled:
        yield f"  different at first and equal later: {found.settled:,}"
    for row in found.shown[:most]:
        yield f"  {row.kind}: {', '.join(f'{name}={value}' for name, value in row.key.items())}"
    if len(found.shown) > most > 0:
        yield f"  … and {len(found.shown) - most:,} more (--show)"
    if not found.complete:
        yield "  the comparison gave up, for too many rows differ"
    if found.left_out:
        yield f"-- columns left out: {', '.join(found.left_out)}"
    if found.uncompared:
        names = ", ".join(found.uncompared)
        yield f"-- columns that could not be compared, for only the server can convert them: {names}"
