"""The commands beside `migrate`: their parsers, put together. Each command's own module does its work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich_argparse import RichHelpFormatter

from ghostshift import __version__, cli_cleanup, cli_explain, cli_verify
from ghostshift.cli_parser import Parser
from ghostshift.control import client as control_client
from ghostshift.demo import cli as demo_cli
from ghostshift.model.errors import MigrationError
from ghostshift.model.shown import shown
from ghostshift.sandbox import cli as sandbox_cli


def run(words: Sequence[str]) -> int:
    """Run a command. The exit code."""
    arguments = _parser().parse_args(words)
    try:
        code: int = arguments.run(arguments)
    except MigrationError as error:
        sys.stderr.write(shown(f"FATAL {error}\n"))
        for note in getattr(error, "__notes__", ()):
            sys.stderr.write(shown(f"  {note}\n"))
        return error.exit_code
    return code


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = Parser(
        prog="ghostshift",
        description="Online schema migration for MySQL and MariaDB.",
        formatter_class=RichHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", "-version", action="version", version=f"ghostshift {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    # These read their lines by gh-ost's rules, before this parser is asked: here they only show up in the list.
    commands.add_parser("migrate", help="change a table while the application goes on writing", add_help=False)
    commands.add_parser("revert", help="bring the old table back, with all that was written since", add_help=False)
    commands.add_parser("plan", help="say what that would do and why; touches nothing", add_help=False)
    control_client.add_parser(commands)
    cli_explain.add_parser(commands)
    demo_cli.add_parser(commands)
    sandbox_cli.add_parser(commands)
    cli_verify.add_parser(commands)
    cli_cleanup.add_parser(commands)
    return parser
