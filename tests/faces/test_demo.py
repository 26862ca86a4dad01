"""`ghostshift demo` says the truth about what it saw, and leaves nothing behind.

The migration is played by a small program here, so that it can also fail and lose rows.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ghostshift.demo import cli, stage
from ghostshift.model.errors import UsageError
from ghostshift.sandbox import registry
from plugins.server_pool import TestServer

Play = Callable[..., None]

PLAYER = """
    import json, os, sys, pymysql
    words = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    assert os.environ["GHOSTSHIFT_PASSWORD"] not in " ".join(sys.argv)
    connection = pymysql.connect(host=words["host"], port=int(words["port"]), user=words["user"], autocommit=True,
                                 password=os.environ["GHOSTSHIFT_PASSWORD"], database=words["database"])
    table = words["table"]
    {before}
    connection.query(f"ALTER TABLE {{table}} {{words['alter']}}")
    {after}
    report = dict(rows_copied=1, changes_applied=2, changes_seen=3, seconds_total=0.5,
                  cut_over=dict(attempts=1, lock_seconds=0.01, drained_keys=4))
    open(words["report-file"], "w").write(json.dumps(report))
"""


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    def prepare(before: str = "", after: str = "") -> None:
        path = tmp_path / "player.py"
        path.write_text(textwrap.dedent(PLAYER).format(before=before, after=after))
        monkeypatch.setattr(stage, "program", lambda: [sys.executable, str(path)])
        monkeypatch.setattr(cli, "_ALONE", 0.5)
        monkeypatch.setattr(cli, "_AFTER", 0.3)

    return prepare


def _demo(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers())
    return cli.run(parser.parse_args(["demo", "--rows=3000", "--writers=2", *words]))


@pytest.fixture
def flavor(server: TestServer) -> str:
    """The flavours that this run is about; the demo starts a server of its own."""
    return str(server.flavor)


def test_a_good_migration_is_called_good(flavor: str, play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    play()
    assert _demo("--flavor", flavor) == 0
    said = capfd.readouterr().out
    assert "the table equals what the writers know they wrote" in said
    assert "longest stall" in said
    assert "✘" not in said


def test_a_migration_that_fails_is_called_failed(flavor: str, play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    play(before="sys.exit(4)")
    assert _demo("--flavor", flavor) == 1
    said = capfd.readouterr().out
    assert "ended with exit code 4" in said
    assert "nobody saw the table's new shape" in said
    assert "the table equals what the writers know they wrote" in said


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        ("DELETE FROM orders WHERE id = 2999", "NOT what the writers wrote"),
        ("RENAME TABLE orders TO gone", "writers failed"),
    ],
)
def test_a_migration_that_loses_rows_is_found_out(
    damage: str, text: str, flavor: str, play: Play, capfd: pytest.CaptureFixture[str]
) -> None:
    back = "import time; time.sleep(0.3); connection.query('RENAME TABLE gone TO orders')" if "RENAME" in damage else ""
    play(after=f'connection.query("{damage}"); {back}')
    assert _demo("--flavor", flavor, "--seed", "3") == 1
    said = capfd.readouterr().out
    assert text in said.replace("\n", " ")


def test_a_killed_demo_leaves_no_server_and_no_child(flavor: str, play: Play, tmp_path: Path) -> None:
    play(before="print('MIGRATING', os.getpid(), flush=True); import time; time.sleep(300)")
    player = tmp_path / "player.py"
    driver = (
        "import sys\nfrom ghostshift.demo import cli, stage\n"
        f"stage.program = lambda: [sys.executable, {str(player)!r}]\n"
        "import argparse\nparser = argparse.ArgumentParser()\ncli.add_parser(parser.add_subparsers())\n"
        f"cli.run(parser.parse_args(['demo', '--rows=500', '--writers=2', '--flavor={flavor}']))\n"
    )
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", driver], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = 0
    for line in process.stdout:
        if line.startswith("MIGRATING"):
            child = int(line.split()[1])
            break
    assert child, process.communicate()
    mine = [entry for entry in registry.entries() if entry.owner is not None and entry.owner.pid == process.pid]
    assert len(mine) == 1
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=40)
    assert process.returncode != 0
    assert "the demo was interrupted" in errors
    assert not [entry for entry in registry.entries() if entry.name == mine[0].name]
    _gone(child)


def _gone(pid: int) -> None:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        threading.Event().wait(0.05)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError(f"process {pid} still ran")


@pytest.mark.parametrize("word", ["--rows=0", "--writers=0", "--rate=0"])
def test_numbers_that_cannot_be(word: str) -> None:
    with pytest.raises(UsageError):
        _demo(word)


def test_the_real_migration_under_the_real_writers(flavor: str) -> None:
    """The command as a person gives it, with fewer rows."""
    command = [*stage.program(), "demo", "--rows=30000", f"--flavor={flavor}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert "the table equals what the writers know they wrote" in said
    assert "✘" not in said
    assert "the table has its new shape" in said


def test_ctrl_c_in_the_middle_of_a_migration_ends_everything(flavor: str) -> None:
    """A terminal sends SIGINT to the demo and to the migration alike."""
    command = [*stage.program(), "demo", "--rows=200000", f"--flavor={flavor}"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "Copy:" in line or "migrating" in line:
            break
    mine = [entry for entry in registry.entries() if entry.owner is not None and entry.owner.pid == process.pid]
    assert mine, said
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 6, "".join(said) + rest
    assert "Traceback" not in rest
    assert not [entry for entry in registry.entries() if entry.name == mine[0].name]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
