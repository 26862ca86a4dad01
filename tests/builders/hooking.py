"""Folders of hooks that write down that they ran, for tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path

RECORD = """#!{python}
import json, os, sys
turn = os.path.basename(sys.argv[0])
with open({log!r}, "a") as log:
    log.write(json.dumps([turn, len(sys.argv), dict(os.environ)]) + "\\n")
"""
EVERY = [
    "startup", "validated", "rowcount-complete", "before-row-copy", "batch-copy-retry", "status", "row-copy-complete",
    "before-cut-over", "begin-postponed", "interactive-command", "stop-replication", "start-replication", "success",
    "failure",
]  # fmt: skip


WHOLE = ["startup", "validated", "rowcount-complete", "before-row-copy", "row-copy-complete", "before-cut-over"]


class Hooks:
    """A folder of hooks that write down that they ran."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "hooks"
        self.path.mkdir()
        self.log = folder / "hooks.log"
        self.log.touch()
        for turn in EVERY:
            self.record(f"gh-ost-on-{turn}")

    def record(self, name: str) -> Path:
        """A hook that writes down that it ran."""
        return self.add(name, RECORD.format(python=sys.executable, log=str(self.log)))

    def add(self, name: str, text: str, mode: int = 0o755) -> Path:
        """A hook."""
        path = self.path / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def ran(self) -> list[tuple[str, dict[str, str]]]:
        """Turns and environments, in order; without those that come whenever they come."""
        return [
            (name.removeprefix("gh-ost-on-"), variables)
            for name, count, variables in map(json.loads, self.log.read_text().splitlines())
            if count == 1
        ]

    def turns(self) -> list[str]:
        """Turns in order, without the status."""
        return [turn for turn, _ in self.ran() if turn != "status"]
