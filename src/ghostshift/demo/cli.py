"""`ghostshift demo`: a throw-away server, a live write load, a migration to watch, and a verdict that can be checked.

Everything it starts is its own and is gone when it ends, on success, on failure and on Ctrl-C. The exit code is 0 only
if the migration finished and the table is, row by row, what the writers know that they wrote.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from ghostshift.demo import stage
from ghostshift.demo.timing import Report
from ghostshift.demo.verdict import Facts, Line, all_good, lines
from ghostshift.demo.workload import Workload, WorkloadFailed
from ghostshift.model.errors import Aborted, UsageError
from ghostshift.sandbox import Server, ServerSpec, start

_ALONE = 3.0
"""Seconds that the writers have the table to themselves before the migration, to compare with."""
_AFTER = 1.5
"""Seconds that they go on with the new table."""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add `demo` to a command line; the parsed words go to `run`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "demo",
        description="Starts a throw-away server, fills a table, puts it under live writes, migrates it, swaps it, and "
        "checks that no acknowledged write was lost. Cleans up behind itself.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--flavor", choices=("mysql", "mariadb"), default="mysql", help="default: mysql")
    parser.add_argument("--version", default="", metavar="X.Y", help="default: mysql 9.7, mariadb 10.11")
    parser.add_argument("--rows", type=int, default=500_000, metavar="N", help="rows in the table; default: 500000")
    parser.add_argument("--writers", type=int, default=4, metavar="N", help="writing connections; default: 4")
    parser.add_argument("--rate", type=float, metavar="N", help="transactions a second in all; default: no limit")
    parser.add_argument("--seed", type=int, metavar="N", help="of the random writes; default: a new one each time")
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what the parsed command line says; the exit status."""
    if args.rows < 1 or args.writers < 1 or (args.rate is not None and args.rate <= 0):
        raise UsageError("--rows, --writers and --rate must be positive")
    console = Console(highlight=False, soft_wrap=True)
    with _sigterm_as_interrupt():
        try:
            return _demo(args, console)
        except KeyboardInterrupt:
            console.print("stopped; the server and its data are gone")
            raise Aborted("the demo was interrupted") from None


def _demo(args: argparse.Namespace, console: Console) -> int:
    begun = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - begun:5.1f} s[/dim]  {text}")

    spec = ServerSpec(args.flavor, args.version, settings=stage.server_settings(args.flavor))
    with start(spec, say=say) as sandbox, tempfile.TemporaryDirectory(prefix="ghostshift-demo-") as folder:
        server = sandbox.primary
        say(f"filling a table with {args.rows:,} rows")
        load = stage.filled_load(server, args.rows, args.writers, args.seed, args.rate)
        say(f"{args.writers} writers begin (seed {load.seed}); first without a migration")
        facts = _perform(server, load, Path(folder) / "report.json", say)
    say("the server and its data are gone")
    found = lines(facts)
    _show(console, found)
    return 0 if all_good(found) else 1


def _perform(server: Server, load: Workload, report_file: Path, say: Callable[[str], None]) -> Facts:
    """The migration under the load, from the first writer to the comparison."""
    rest = threading.Event()
    command = stage.migrate_command(server, report_file)
    load.start()
    try:
        rest.wait(_ALONE)
        say(f'ghostshift migrate --alter "{stage.ALTER}" --execute')
        begun = time.monotonic()
        with stage.Witness(stage.connector(server)) as witness:
            with stage.child(command, server.password) as process:
                exit_code = process.wait()
            ended = time.monotonic()
            rest.wait(_AFTER)
    finally:
        felt = _stopped(load)
    say("the writers stopped; comparing the table with their ledgers")
    connection = stage.connector(server)()
    try:
        verdict = load.verify(connection, stage.TABLE)
    finally:
        connection.close()
    return Facts(
        exit_code=exit_code,
        report=stage.read_report(report_file),
        load=felt,
        verdict=verdict,
        migrating=(begun, ended),
        swapped_at=witness.seen_at,
    )


def _stopped(load: Workload) -> Report:
    """End the writers; their failures are part of the verdict."""
    try:
        return load.stop()
    except WorkloadFailed as failure:
        return failure.report


def _show(console: Console, found: list[Line]) -> None:
    marks = {True: "[green]✔[/green]", False: "[red]✘[/red]", None: " "}
    console.print()
    for line in found:
        console.print(f" {marks[line.good]} ", end="")
        console.print(line.text, markup=False)
    console.print()


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """SIGTERM ends a demo as Ctrl-C does: with everything cleaned up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)
