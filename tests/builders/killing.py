"""The real program, killed (SIGKILL, by itself) right before or right after a statement, or after a time.

The program knows nothing of it: the one place where it sends a statement is wrapped from outside. A point has a name,
the text that its statement matches, and which of these it is to be. Every statement that changes something is one.
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builders.program import Ended
from ghostshift.cli import main as program
from ghostshift.core import loosening
from ghostshift.mysql.session import Session

BEFORE, AFTER = "before", "after"

MOST = 60.0
"""Seconds that a run may take; then it shows where its threads are and ends with 1."""


@dataclass(frozen=True)
class Point:
    """A statement of a migration."""

    name: str
    pattern: str
    number: int = 1
    only: str = ""
    """The flavour that has it."""
    held: bool = False
    """It comes only if the migration lasts long enough: its cut-over is postponed until then."""


def _note(phase: str) -> str:
    return rf"INSERT INTO \S+ghk`.*\"phase\": \"{phase}\""


POINTS = (
    Point("make the checkpoint", r"CREATE TABLE \S+ghk`"),
    Point("note the beginning", _note("PREPARING")),
    Point("make the ghost", r"CREATE TABLE \S+gho` LIKE"),
    Point("alter the ghost", r"ALTER TABLE \S+gho` ADD"),
    Point("make the changelog", r"CREATE TABLE \S+ghc`"),
    Point("note the definitions", _note("PREPARING"), 2),
    Point("note the position", _note("PREPARING"), 3),
    Point("the first heartbeat", r"INSERT INTO \S+ghc`.*'heartbeat'"),
    Point("tables in place", r"INSERT INTO \S+ghc`.*'GhostTableMigrated"),
    Point("the first marker", r"INSERT INTO \S+ghc`.*'marker'"),
    Point("reading the range", r"INSERT INTO \S+ghc`.*'ReadMigrationRange"),
    Point("the first barrier", r"INSERT INTO \S+ghc`.*'barrier'"),
    Point("note the copy", _note("COPYING")),
    Point("the first chunk", r"INSERT INTO \S+gho`.*ON DUPLICATE KEY"),
    Point("the third chunk", r"INSERT INTO \S+gho`.*ON DUPLICATE KEY", 3),
    Point("the seventh chunk", r"INSERT INTO \S+gho`.*ON DUPLICATE KEY", 7),
    Point("rows that are gone", r"DELETE FROM \S+gho`", held=True),
    Point("rows that changed", r"REPLACE INTO \S+gho`", held=True),
    Point("rows that changed, later", r"REPLACE INTO \S+gho`", 2, held=True),
    Point("the first checkpoint", r"INSERT INTO \S+ghk`.*\"copied\": \[", held=True),
    Point("a later checkpoint", r"INSERT INTO \S+ghk`.*\"copied\": \[", 3, held=True),
    Point("note the verification", _note("VERIFYING")),
    Point("note the catching up", _note("CATCHING_UP")),
    Point("note the cut-over", _note("CUTTING_OVER")),
    Point("make the sentry", r"CREATE TABLE \S+del`", only="mariadb"),
    Point("lock the tables", r"LOCK TABLES \S+t` WRITE"),
    Point("mark the locked tables", r"INSERT INTO \S+ghc`.*'AllEventsUpToLock"),
    Point("rename", r"RENAME TABLE"),
    Point("drop the sentry", r"DROP TABLE \S+del`", only="mariadb"),
    Point("unlock", r"UNLOCK TABLES"),
    Point("note the clean-up", _note("CLEANING")),
    Point("migrated", r"INSERT INTO \S+ghc`.*'Migrated"),
    Point("drop the changelog", r"DROP TABLE IF EXISTS \S+ghc`"),
    Point("note the end", _note("DONE")),
)

REVERT_POINTS = (
    Point("begin the revert", _note("COPYING")),
    Point("make its changelog", r"CREATE TABLE \S+ghc`"),
    Point("put rows together", r"UPDATE \S+_ghostshift_rivals` JOIN"),
    Point("take rows out", r"DELETE FROM \S+del`"),
    Point("put rows in", r"INSERT INTO \S+del`"),
    Point("its first checkpoint", r"INSERT INTO \S+ghk`.*\"opened\": true", held=True),
    Point("note its verification", _note("VERIFYING")),
    Point("note its cut-over", _note("CUTTING_OVER")),
    Point("carry the number over", r"ALTER TABLE \S+del` AUTO_INCREMENT"),
    Point("rename back", r"RENAME TABLE"),
    Point("drop its changelog", r"DROP TABLE IF EXISTS \S+ghc`"),
    Point("note its end", _note("DONE")),
)
"""Statements of a revert to a table that has a column of its own."""


LOOSE_POINTS = (
    Point("make the shell", r"CREATE TABLE \S+ghs` LIKE"),
    Point("give it another form", r"ALTER TABLE \S+ghs` MODIFY"),
    Point("try the exchange", r"ALTER TABLE \S+ghs` EXCHANGE"),
    Point("make it the ghost", r"RENAME TABLE \S+gho`"),
    Point("note both forms", _note("PREPARING"), 2),
    Point("a chunk", r"INSERT INTO \S+gho`.*ON DUPLICATE KEY", 5),
    Point("note the catching up", _note("CATCHING_UP")),
    Point("move the rows", r"ALTER TABLE \S+gho` EXCHANGE"),
    Point("give them the name", r"RENAME TABLE \S+gho`", 2),
    Point("drop the shell", r"DROP TABLE IF EXISTS \S+ghs`"),
    Point("carry the number over", r"ALTER TABLE \S+gho` AUTO_INCREMENT", 2),
    Point("note the last form", _note("CATCHING_UP"), 2),
    Point("swap", r"RENAME TABLE \S+t` TO"),
)
"""Statements of a migration whose ghost is filled without its AUTO_INCREMENT; each time right after it."""

INDEX_POINTS = (
    Point("take the indexes off for a trial", r"ALTER TABLE \S+gho` DROP KEY"),
    Point("take them off for good", r"ALTER TABLE \S+gho` DROP KEY", 2),
    Point("a chunk without them", r"INSERT INTO \S+gho`.*ON DUPLICATE KEY", 3),
    Point("note the indexing", _note("INDEXING")),
    Point("add the indexes", r"ALTER TABLE \S+gho` ADD KEY", 2),
    Point("note the indexes", _note("INDEXING"), 2),
    Point("rename with indexes", r"RENAME TABLE"),
)
"""Statements of a migration whose indexes come after the copy."""


class Zygote:
    """A process with all modules read, which forks a child for each run: to start Python costs more than to migrate."""

    def __init__(self, folder: Path, *, loose: bool = False) -> None:
        """`loose`: however small a table is, its ghost is filled without AUTO_INCREMENT where it can be."""
        self.folder = folder
        self.loose = loose
        here = Path(__file__).resolve().parents[1]
        path = os.pathsep.join([str(here), *filter(None, [os.environ.get("PYTHONPATH", "")])])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "builders.killing"],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        point: Point | None = None,
        when: str = BEFORE,
        *,
        seconds: float = 0.0,
        most: float = MOST,
    ) -> Ended:
        """Run `ghostshift migrate` with these words to its end; its code is -9 where it reached the point.

        Or where `seconds` have passed, unless that is 0.
        """
        out, err = self.folder / "out", self.folder / "err"
        order: dict[str, Any] = {"words": ["migrate", *arguments], "env": dict(env), "out": str(out), "err": str(err)}
        order |= {"seconds": seconds, "most": most, "loose": self.loose}
        if point is not None:
            order |= {"pattern": point.pattern, "number": point.number, "when": when}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        return Ended(code, out.read_text(), err.read_text())

    def close(self) -> None:
        """End it; a child that still runs is killed."""
        self._process.terminate()
        self._process.communicate(timeout=10.0)


def _armed(order: Mapping[str, Any], run: Any) -> Any:
    """The function that sends a statement, with a death in it."""
    pattern, number, when = re.compile(order["pattern"], re.DOTALL), order["number"], order["when"]
    seen = 0

    def deadly(session: Any, statement: str) -> None:
        nonlocal seen
        due = pattern.match(statement) is not None
        if due:
            seen += 1
            due = seen == number
        if due and when == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        run(session, statement)
        if due:
            os.kill(os.getpid(), signal.SIGKILL)

    return deadly


def main() -> None:
    """Fork a child for each order that comes in, and tell its exit code."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _be_the_program(order)
        signal.signal(signal.SIGTERM, lambda *_, child=child: (os.kill(child, signal.SIGKILL), os._exit(1)))  # type: ignore[misc]
        _, status = os.waitpid(child, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _be_the_program(order: dict[str, Any]) -> None:
    os.setsid()
    for stream, path in ((1, order["out"]), (2, order["err"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(order["env"])
    if "pattern" in order:
        Session._run = _armed(order, Session._run)  # type: ignore[method-assign]
    if order["loose"]:
        loosening.WORTH_BYTES = 0
    if order["seconds"]:
        clock = threading.Timer(order["seconds"], os.kill, (os.getpid(), signal.SIGKILL))
        clock.daemon = True
        clock.start()
    faulthandler.dump_traceback_later(order["most"], exit=True)
    sys.argv = ["ghostshift", *order["words"]]
    try:
        code = program(order["words"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
