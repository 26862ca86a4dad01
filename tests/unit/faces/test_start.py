"""What a start imports: as much as the command needs. By names, never by the clock."""

from __future__ import annotations

import subprocess
import sys

import pytest

DRAWING = {"rich", "rich_argparse"}
WIRE = {"pymysql", "ssl", "zstandard", "cryptography"}
SELDOM = {
    "ghostshift.cleanup_text",
    "ghostshift.cli_cleanup",
    "ghostshift.cli_commands",
    "ghostshift.cli_explain",
    "ghostshift.cli_plan",
    "ghostshift.cli_verify",
    "ghostshift.control.client",
    "ghostshift.demo",
    "ghostshift.display_live",
    "ghostshift.plan_text",
    "ghostshift.planning",
    "ghostshift.sandbox",
    "ghostshift.workers.http_asker",
    "asyncio",
    "email",
    "http.client",
    "urllib.request",
}
"""What a migration without a terminal has no use for."""
DOING = {"ghostshift.migration", "ghostshift.workers", "ghostshift.binlog", "ghostshift.mysql"}


def imported(text: str) -> set[str]:
    """The modules of a fresh interpreter once it has run this text."""
    program = f"import sys\ntry:\n    {text}\nexcept SystemExit: pass\nprint('', *sys.modules, sep=chr(10))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split("\n"))


def start(*words: str) -> str:
    return f"from ghostshift.cli import main; main({list(words)})"


@pytest.mark.parametrize(
    ("text", "needless"),
    [
        (start("--version"), DRAWING | WIRE | SELDOM | DOING | {"argparse", "dataclasses", "logging"}),
        (start("--help"), WIRE | DOING | SELDOM - {"ghostshift.cli_commands"}),
        (start("migrate", "--help"), DRAWING | WIRE | SELDOM | DOING | {"ghostshift.cli_run"}),
        (start("sandbox", "--help"), DOING | SELDOM - {"ghostshift.cli_commands", "ghostshift.sandbox"}),
        ("import ghostshift.cli_run", DRAWING | SELDOM),
    ],
    ids=["version", "help", "questions", "sandbox", "migrate"],
)
def test_a_command_imports_nothing_that_it_has_no_use_for(text: str, needless: set[str]) -> None:
    found = imported(text)
    assert "ghostshift" in found
    assert not found & needless
