"""The commands beside `migrate`: their parsers, put together. Each command's own module does its work.

Only the module of the command that is given is imported: `--help` needs none of them, and no command another's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from rich_argparse import RichHelpFormatter

from ghostshift import __version__
from ghostshift.cli_parser import Parser
from ghostshift.model.errors import MigrationError
from ghostshift.model.shown import shown

COMMANDS = {
    # The first three read their lines by gh-ost's rules, before this parser is asked: they only show up in the list.
    "migrate": "change a table while the application goes on writing",
    "revert": "bring the old table back, with all that was written since",
    "plan": "say what that would do and why; touches nothing",
    "control": "talk to a running migration",
    "explain": "say what a refusal or a warning means, and what to do",
    "demo": "a throw-away server under live writes, and a migration to watch",
    "sandbox": "throw-away MySQL and MariaDB servers",
    "verify": "compare two tables while both are written to",
    "cleanup": "list what migrations left on a server, and remove it after a yes",
}


def run(words: Sequence[str]) -> int:
    """Run a command. The exit code."""
    arguments = _parser(words[0] if words else "").parse_args(words)
    try:
        code: int = arguments.run(arguments)
    except MigrationError as error:
        sys.stderr.write(shown(f"FATAL {error}\n"))
        for note in getattr(error, "__notes__", ()):
            sys.stderr.write(shown(f"  {note}\n"))
        return error.exit_code
    return code


def _parser(chosen: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = Parser(
        prog="ghostshift",
        description="Online schema migration for MySQL and MariaDB.",
        formatter_class=RichHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", "-version", action="version", version=f"ghostshift {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        if name != chosen or not _added(commands, chosen):
            commands.add_parser(name, help=text, add_help=False)
    return parser


def _added(commands: Any, chosen: str) -> bool:
    """Add the whole parser of the command that was given, from its own module; false where it has none here."""
    match chosen:
        case "control":
            from ghostshift.control import client

            client.add_parser(commands)
        case "explain":
            from ghostshift import cli_explain

            cli_explain.add_parser(commands)
        case "demo":
            from ghostshift.demo import cli as demo_cli

            demo_cli.add_parser(commands)
        case "sandbox":
            from ghostshift.sandbox import cli as sandbox_cli

            sandbox_cli.add_parser(commands)
        case "verify":
            from ghostshift import cli_verify

            cli_verify.add_parser(commands)
        case "cleanup":
            from ghostshift import cli_cleanup

            cli_cleanup.add_parser(commands)
        case _:
            return False
    return True
