"""The floors: imports go down only, and what is dangerous lives in few, named places. docs/architecture.md tells why.

Every import counts, those for types too. An exception stands in a table with its reason; one that is not used any more
fails the test as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "ghostshift"

FLOORS = {
    "ghostshift": 0,  # the version
    "model": 0,
    "sql": 1,
    "core": 1,
    "runtime": 1,
    "mysql": 2,
    "binlog": 2,
    "status": 2,
    "workers": 3,
    "hooks": 3,
    "migration": 4,
    "planning": 4,
    "supervisor": 4,
    "waiting": 4,
    "api": 5,
    "cleanup_text": 5,
    "cli": 5,
    "cli_cleanup": 5,
    "cli_commands": 5,
    "cli_connection": 5,
    "cli_explain": 5,
    "cli_log": 5,
    "cli_migrate": 5,
    "cli_parser": 5,
    "cli_plan": 5,
    "cli_reload": 5,
    "cli_run": 5,
    "cli_signals": 5,
    "cli_summary": 5,
    "cli_verify": 5,
    "command_line": 5,
    "conf_file": 5,
    "control": 5,
    "demo": 5,
    "display": 5,
    "display_live": 5,
    "display_verify": 5,
    "flag_table": 5,
    "flags": 5,
    "hint": 5,
    "importing": 5,
    "plan_text": 5,
    "secrecy": 5,
    "sandbox": 5,
    "__main__": 5,
}

SIDEWAYS = {
    "core": {"sql"},  # the planner asks what an ALTER's text renames and drops
    "__main__": {"cli"},
    "cleanup_text": {"control", "plan_text"},
    "cli": {"cli_migrate", "cli_plan", "cli_commands", "importing", "secrecy"},  # the door
    "cli_cleanup": {"cleanup_text", "cli_connection", "cli_signals", "control", "flags"},
    "cli_commands": {
        "cli_cleanup",
        "cli_explain",
        "cli_parser",
        "cli_verify",
        "control",
        "demo",
        "sandbox",
    },  # the face of the faces
    "cli_migrate": {"cli_log", "cli_run", "command_line", "flags", "importing"},
    "cli_plan": {"cli_log", "cli_signals", "command_line", "flags", "plan_text"},
    "cli_reload": {"flags"},
    "cli_run": {
        "api",
        "cli_log",
        "cli_reload",
        "cli_signals",
        "cli_summary",
        "control",
        "display",
        "display_live",
        "flags",
    },
    "cli_connection": {"conf_file"},
    "cli_verify": {"cli_connection", "cli_signals", "display_verify"},
    "command_line": {"flag_table"},
    "flags": {"command_line", "conf_file", "flag_table"},
    "control": {"flag_table", "flags", "hint"},  # a command reads its value as the flag of its name does
    "display": {"hint"},
    "supervisor": {"migration", "waiting"},  # of which it makes as many runs as it takes
    "demo": {"sandbox"},  # its server
}

DRIVER = {
    "mysql": "the one place where the migration talks SQL",
    "demo": "its writers are an application: they must not share our sessions' care",
    "sandbox": "it waits for servers and sets up replication before any migration exists",
}

THREADS = {
    "cli_signals.py": "Python's own handlers are deaf while the main thread waits for a server, so a thread listens",
    "runtime/group.py": "the worker group is what all others use instead",
    "runtime/guarded.py": "waking waiters from a signal handler must not block it",
    "workers/cutover_sessions.py": "the queued RENAME must outlive an abort of the group: the script ends it",
    "demo/stage.py": "the demo's witness is an application, outside of any migration",
    "demo/workload.py": "the demo's writers are an application, outside of any migration",
    "sandbox/apt.py": "downloads side by side; the pool ends with its block",
    "sandbox/launch.py": "servers start side by side; the pool ends with its block",
}

STARTS_THREADS = {"threading.Thread", "threading.Timer", "concurrent.futures.ThreadPoolExecutor"}

LOCAL_IMPORTS = {
    "cli.py": "the door: a command's module when it is called",
    "cli_commands.py": "the same, for the commands beside migrate",
    "cli_migrate.py": "a question about the program itself is answered without all that a migration needs",
    "cli_run.py": "the live display, which only a terminal needs",
    "workers/askers.py": "throttle-http, which few use, needs the standard library's half",
}
"""Who may import within a function, and why: all else a start would pay for and not use (unit/faces/test_start.py)."""

IMPURE = {
    "asyncio", "logging", "multiprocessing", "os", "pathlib", "pymysql", "random", "select", "selectors", "signal",
    "socket", "ssl", "subprocess", "tempfile", "threading", "time",
}  # fmt: skip
"""What the pure parts must do without. `runtime` may use some: it is threads without MySQL."""

PURE = {"model", "sql", "core"}

LIBRARIES = {
    "pymysql": set(DRIVER),
    "zstandard": {"binlog"},
    "rich": {
        "cleanup_text",
        "cli_cleanup",
        "cli_verify",
        "demo",
        "display_live",
        "display_verify",
        "plan_text",
        "sandbox",
    },
    "rich_argparse": {"control", "cli_cleanup", "cli_commands", "cli_explain", "cli_verify"},
}
"""Who may import which library; a library that is not here is not a dependency."""

FACES_THAT_PRINT = {"demo", "display", "sandbox"}


@dataclass
class Source:
    """A module of the package, or a text that stands for one."""

    path: str
    """Relative to the package."""
    text: str

    @property
    def unit(self) -> str:
        """The folder on the first level, or the module itself."""
        first = self.path.split("/", maxsplit=1)[0].removesuffix(".py")
        return "ghostshift" if first == "__init__" else first

    @cached_property
    def tree(self) -> ast.Module:
        """The text, parsed."""
        return ast.parse(self.text)


@cache
def sources() -> list[Source]:
    """The whole package."""
    return [
        Source(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that is imported, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            if module == "ghostshift":
                yield from ((node.lineno, f"ghostshift.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def unit_of(name: str) -> str:
    """The unit that a full name of ours belongs to."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else "ghostshift"


def floor_violations(source: Source) -> Iterator[str]:
    if source.unit not in FLOORS:
        yield f"{source.path} stands on no floor: name it in FLOORS"
        return
    for line, name in imports(source.tree):
        where = f"{source.path}:{line} imports {name}"
        if name.startswith("."):
            yield f"{where}: relative imports hide the floor"
        elif name.split(".")[0] == "ghostshift":
            target = unit_of(name)
            if FLOORS[target] > FLOORS[source.unit]:
                yield f"{where}: upwards, from floor {FLOORS[source.unit]} to {FLOORS[target]}"
            elif (
                FLOORS[target] == FLOORS[source.unit]
                and target not in {source.unit, "ghostshift"}
                and target not in SIDEWAYS.get(source.unit, ())
            ):
                yield f"{where}: sideways on floor {FLOORS[target]}"


def library_violations(source: Source) -> Iterator[str]:
    for line, name in imports(source.tree):
        top = name.split(".")[0]
        allowed = LIBRARIES.get(top)
        if allowed is not None and source.unit not in allowed:
            yield f"{source.path}:{line} imports {top}, which only {', '.join(sorted(allowed))} may"
        if source.unit in PURE and top in IMPURE:
            yield f"{source.path}:{line} imports {top}: {source.unit}/ is pure"


def calls(source: Source) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that is called, as far as names tell."""
    aliases = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = ast.unparse(node.func)
            yield node.lineno, aliases.get(name, name)


def call_violations(source: Source) -> Iterator[str]:
    """Sleeping, threads of one's own, and printing where nobody reads it."""
    for line, name in calls(source):
        if name == "time.sleep":
            yield f"{source.path}:{line} sleeps: wait on runtime.group.Stop"
        elif name in STARTS_THREADS and source.path not in THREADS:
            yield f"{source.path}:{line} starts a bare thread: use runtime.group.WorkerGroup"
        elif name == "print" and source.unit not in FACES_THAT_PRINT:
            yield f"{source.path}:{line} prints"


def local_imports(source: Source) -> Iterator[str]:
    """Imports inside functions: they hide what a module needs."""
    if source.path not in LOCAL_IMPORTS:
        yield from late(source)


def late(source: Source) -> Iterator[str]:
    for outer in ast.walk(source.tree):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(outer):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield f"{source.path}:{node.lineno} imports inside a function"


RULES = (floor_violations, library_violations, call_violations, local_imports)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_to_its_floors(rule) -> None:  # noqa: ANN001 - functions of one shape
    found = [violation for source in sources() for violation in rule(source)]
    assert not found, "\n" + "\n".join(found)


BAD = [
    ("core/x.py", "from ghostshift.mysql.session import Session", "upwards, from floor 1 to 2"),
    ("core/x.py", "from ghostshift import workers", "upwards, from floor 1 to 3"),
    ("model/x.py", "import ghostshift.cli", "upwards, from floor 0 to 5"),
    ("sql/x.py", "from ghostshift.core.delta import DeltaBuffer", "sideways on floor 1"),
    ("runtime/x.py", "if TYPE_CHECKING:\n    from ghostshift.sql.alter import Alter", "sideways on floor 1"),
    ("binlog/x.py", "from ghostshift.mysql.session import Session", "sideways on floor 2"),
    ("mysql/x.py", "from . import session", "relative"),
    ("flags.py", "from ghostshift.cli import main", "sideways on floor 5"),
    ("migration.py", "from ghostshift.display import LiveDisplay", "upwards, from floor 4 to 5"),
    ("novelty/x.py", "", "stands on no floor"),
    ("workers/x.py", "import pymysql.cursors", "imports pymysql"),
    ("workers/x.py", "from rich.console import Console", "imports rich"),
    ("core/x.py", "import time", "core/ is pure"),
    ("sql/x.py", "from logging import getLogger", "sql/ is pure"),
    ("workers/x.py", "def f():\n    import json", "inside a function"),
    ("migration.py", "class C:\n    def f(self):\n        from json import dumps", "inside a function"),
    ("workers/x.py", "import time\ntime.sleep(1)", "sleeps"),
    ("demo/x.py", "from time import sleep as nap\nnap(1)", "sleeps"),
    ("workers/x.py", "import threading\nthreading.Thread(target=f).start()", "bare thread"),
    ("workers/x.py", "from threading import Thread\nThread(target=f).start()", "bare thread"),
    ("workers/x.py", "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(4)", "bare thread"),
    ("workers/x.py", "print('here')", "prints"),
]


@pytest.mark.parametrize(("path", "text", "complaint"), BAD)
def test_each_rule_bites(path: str, text: str, complaint: str) -> None:
    found = [violation for rule in RULES for violation in rule(Source(path, text))]
    assert any(complaint in violation for violation in found), found


GOOD = [
    ("core/x.py", "from ghostshift.sql.alter import Alter\nfrom ghostshift.model.key import Key"),
    ("mysql/x.py", "import pymysql\nfrom ghostshift import __version__\nfrom ghostshift.runtime.group import Stop"),
    ("cli.py", "def f():\n    from ghostshift import cli_migrate"),
    ("workers/cutover_sessions.py", "import threading\nthreading.Thread(target=f)"),
    ("runtime/x.py", "import time\ntime.monotonic()"),
    ("control/x.py", "from ghostshift.status import status_line\nfrom ghostshift.control.commands import Commands"),
]


@pytest.mark.parametrize(("path", "text"), GOOD)
def test_what_is_allowed_passes(path: str, text: str) -> None:
    assert [violation for rule in RULES for violation in rule(Source(path, text))] == []


def test_every_exception_is_still_needed() -> None:
    every = sources()
    units = {source.unit for source in every}
    taken = {
        (source.unit, unit_of(name))
        for source in every
        for _, name in imports(source.tree)
        if name.startswith("ghostshift")
    }
    threads = {source.path for source in every for _, name in calls(source) if name in STARTS_THREADS}
    tops = {(source.unit, name.split(".")[0]) for source in every for _, name in imports(source.tree)}
    assert set(FLOORS) <= units, "a floor names what does not exist"
    unused = {(unit, other) for unit, others in SIDEWAYS.items() for other in others} - taken
    assert not unused, "sideways imports that nobody makes any more"
    assert set(THREADS) == threads
    assert set(LOCAL_IMPORTS) == {source.path for source in every if any(late(source))}
    assert {(unit, "pymysql") for unit in DRIVER} <= tops
