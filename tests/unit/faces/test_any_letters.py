"""Names of any letters on any terminal: one that lacks them, and one whose library reads square brackets as markup."""

from __future__ import annotations

import io
import os
import subprocess
import sys

from rich.console import Console

from ghostshift.display_verify import Progress
from ghostshift.workers.table_verifier import Walk

GH_OST = "import sys; from ghostshift.cli import main; sys.argv = ['gh-ost', '--\u00fc\u65e5\x1b']; sys.exit(main())"
NAME = "`shop`.`[/b] [red]\x1b[2J`"


def test_letters_that_a_terminal_lacks_are_written_out() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", GH_OST],
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2, ended
    for stream in (ended.stdout, ended.stderr):
        assert b"not defined: --\\xfc\\u65e5\\u001b" in stream
        assert b"Traceback" not in stream


def test_a_name_with_brackets_is_no_markup() -> None:
    for terminal in (True, False):
        page = io.StringIO()
        console = Console(file=page, force_terminal=terminal, width=120, color_system=None)
        progress = Progress(console, NAME)
        progress._next = 0.0
        with progress:
            progress.show(Walk(), 10)
        assert "[/b] [red]\\u001b[2J" in page.getvalue()
