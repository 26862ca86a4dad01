"""What a person is told who starts the command again and cannot go on: each reason once, on one interrupted migration.

What is printed names the reason's code, says what differs and what to do. Nothing is dropped meanwhile: in the end
the right command goes on from where the first run was killed.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from builders.killing import AFTER, BEFORE, POINTS, Zygote
from builders.program import Ended, columns, environment, make_table, run, tables, words
from plugins.server_pool import TestServer

POINT = {point.name: point for point in POINTS}


class Interrupted:
    """A migration of `t` that was killed, and the same command for it with other words."""

    def __init__(self, server: TestServer, database: str, zygote: Zygote, point: str, when: str = BEFORE) -> None:
        self.server = server
        self.database = database
        self._zygote = zygote
        make_table(server, database, rows=800)
        held = {"postpone_cut_over_flag_file": zygote.folder / "postpone"} if POINT[point].held else {}
        killed = self.again(point=point, when=when, **held)
        assert killed.code == -9, killed

    def again(self, *, point: str = "", when: str = BEFORE, **more: object) -> Ended:
        """Start it."""
        flags = {"execute": True, "chunk_size": 100, "checkpoint_seconds": 0.1, "no_display": True, **more}
        arguments = words(self.server, self.database, serve_socket_file="-", nice_ratio=1.0, **flags)
        return self._zygote.run(arguments, environment(self.server.password), POINT.get(point), when)

    def helper(self, part: str) -> str:
        """The name of a helper table."""
        return f"_t_{part}" if self.server.flavor == "mysql" else f"t_{part}"

    def sql(self, text: str) -> tuple[tuple[Any, ...], ...]:
        """One statement; `{gho}`, `{ghk}`, `{old}` stand for the helpers' names."""
        names = {part: self.helper(part) for part in ("gho", "ghk", "ghc", "del")}
        return self.server.execute(text.format(**names), db=self.database)

    @contextlib.contextmanager
    def but(self, there: str, back: str) -> Iterator[None]:
        """A statement, and the one that takes it back."""
        for text in there.split("; "):
            self.sql(text)
        yield
        for text in back.split("; "):
            self.sql(text)

    @contextlib.contextmanager
    def state(self, **other: Any) -> Iterator[None]:
        """The checkpoint says something else."""
        before = str(self.sql("SELECT ghostshift_state FROM {ghk}")[0][0])
        self._write(json.dumps({**json.loads(before), **other}))
        yield
        self._write(before)

    @contextlib.contextmanager
    def text(self, text: str) -> Iterator[None]:
        """The checkpoint is something else."""
        before = str(self.sql("SELECT ghostshift_state FROM {ghk}")[0][0])
        self._write(text)
        yield
        self._write(before)

    def _write(self, text: str) -> None:
        name = self.helper("ghk")
        self.server.execute(f"UPDATE {name} SET ghostshift_state = %s", (text,), db=self.database)


def refused(ended: Ended, code: str, *told: str) -> None:
    assert ended.code == 3, ended
    assert f"[{code}]" in ended.err, ended.err
    assert f"ghostshift explain {code}" in ended.err, ended.err
    for text in told:
        assert text in ended.err, (text, ended.err)
    assert "Traceback" not in ended.err


Changed = Callable[[Interrupted], AbstractContextManager[None]]

CASES: dict[str, tuple[Changed, tuple[str, ...]]] = {
    "resume-no-ghost": (
        lambda one: one.but("RENAME TABLE {gho} TO elsewhere", "RENAME TABLE elsewhere TO {gho}"),
        ("is gone", "--no-resume"),
    ),
    "resume-other-tables": (
        lambda one: one.but("RENAME TABLE t TO mine; CREATE TABLE t LIKE mine", "DROP TABLE t; RENAME TABLE mine TO t"),
        ("is not the table that it was", "--no-resume"),
    ),
    "resume-original-altered": (
        lambda one: one.but("ALTER TABLE t COMMENT='mine'", "ALTER TABLE t COMMENT=''"),
        ("`t` was altered since", "--no-resume"),
    ),
    "resume-ghost-altered": (
        lambda one: one.but("ALTER TABLE {gho} COMMENT='mine'", "ALTER TABLE {gho} COMMENT=''"),
        ("gho` was altered since", "--no-resume"),
    ),
    "resume-other-server": (
        lambda one: one.state(gtids="", inspected={"server_id": "9", "uuid": "other", "host": "db9", "port": "3306"}),
        ("db9:3306", "Connect to that server", "--no-resume"),
    ),
    "resume-position-lost": (
        lambda one: one.state(gtids="", position="binlog.000000:4"),
        ("binlog.000000 is not there any more", "binlog_expire_logs_seconds", "--no-resume"),
    ),
    "checkpoint-format": (
        lambda one: one.state(format=99, tool="77.1"),
        ("written by ghostshift 77.1 in format 99", "--no-resume"),
    ),
    "checkpoint-unreadable": (lambda one: one.text("rubbish"), ("--no-resume",)),
    "leftover-table": (lambda one: one.state(table="`other`.`t`"), ("`other`.`t`",)),
}


def test_each_reason_why_a_checkpoint_does_not_fit_is_told_and_nothing_is_touched(
    server: TestServer, database: str, zygote: Zygote
) -> None:
    one = Interrupted(server, database, zygote, "the third chunk")
    before = tables(server, database)
    refused(one.again(alter="ADD COLUMN other int"), "resume-other-alter", "ADD COLUMN added", "ADD COLUMN other")
    refused(one.again(allow_data_loss=True), "resume-other-options", "--allow-data-loss=false", "--no-resume")
    for code, (changed, told) in CASES.items():
        with changed(one):
            refused(one.again(), code, *told)
        assert tables(server, database) == before, code
    with one.but(
        "RENAME TABLE {gho} TO elsewhere; CREATE TABLE {gho} (mine int); INSERT INTO {gho} VALUES (7)",
        "DROP TABLE {gho}; RENAME TABLE elsewhere TO {gho}",
    ):
        refused(one.again(), "resume-other-tables", "is not the one that it made: rename or drop that")
        refused(one.again(no_resume=True), "leftover-table", "--initially-drop-ghost-table")
        assert one.sql("SELECT mine FROM {gho}") == ((7,),)
    with one.but("CREATE TABLE {del} (mine int)", "DROP TABLE {del}"):
        refused(one.again(), "leftover-table", one.helper("del"), "same command again")
    ended = one.again(resume=True)
    assert ended.code == 5, "the ALTER that was taken back stands in the log"
    assert "--no-resume" in ended.err
    refused(one.again(), "resume-hopeless", "cannot be followed", "--no-resume")
    ended = one.again(no_resume=True)
    assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"


@pytest.mark.parametrize("text", ["rubbish", '{"format": 99, "tool": "77.1", "run": "cafe"}'])
def test_a_checkpoint_that_cannot_be_read_is_done_with_by_no_resume(
    server: TestServer, database: str, zygote: Zygote, text: str
) -> None:
    one = Interrupted(server, database, zygote, "the first chunk")
    with one.text(text):
        ended = one.again(no_resume=True)
        assert ended.code == 0, ended
    assert columns(server, database)[-1] == "added"


def test_a_table_of_gh_ost_or_of_anybody_under_the_checkpoints_name_is_refused_by_its_name(
    server: TestServer, database: str, zygote: Zygote
) -> None:
    one = Interrupted(server, database, zygote, "make the checkpoint")
    refused(one.again(resume=True), "no-checkpoint", "without --resume")
    theirs = "CREATE TABLE {ghk} (gh_ost_chk_id bigint AUTO_INCREMENT PRIMARY KEY, gh_ost_rows_copied bigint)"
    with one.but(theirs, "DROP TABLE {ghk}"):
        refused(one.again(), "leftover-table", one.helper("ghk"), "rename or drop it")
    with one.but(f"{theirs} COMMENT='ghostshift checkpoint'", "DROP TABLE {ghk}"):
        refused(one.again(), "checkpoint-unreadable", one.helper("ghk"), "--no-resume")
    assert one.again().code == 0


def test_a_swap_that_another_command_has_made_is_told(server: TestServer, database: str, zygote: Zygote) -> None:
    one = Interrupted(server, database, zygote, "note the clean-up", AFTER)
    ended = one.again(alter="ADD COLUMN other int")
    refused(ended, "swapped-already", "ADD COLUMN added", one.helper("del"), "give that command again")
    ended = one.again()
    assert (ended.code, ": 0 rows equal" in ended.out) == (0, False), ended


def test_a_plan_and_a_rehearsal_tell_of_the_earlier_run_and_leave_it_alone(
    server: TestServer, database: str, zygote: Zygote
) -> None:
    one = Interrupted(server, database, zygote, "a later checkpoint", AFTER)
    before = tables(server, database), one.sql("SELECT * FROM {ghk}")
    rehearsed = one.again(execute=None)
    assert rehearsed.code == 0, rehearsed
    told = re.search(r"ended while [a-z -]+: it would go on from \S+, (\d+) rows copied", rehearsed.err)
    assert told, rehearsed.err
    assert 0 < int(told[1]) <= 800
    assert "would be dropped first" not in rehearsed.err
    refused(one.again(execute=None, alter="ADD COLUMN other int"), "resume-other-alter")
    flags = words(server, database)
    planned = run(flags, environment(server.password), command="plan")
    assert planned.code == 0, planned
    assert f"it would go on from {told[0].split(' from ')[1]}" in " ".join(planned.out.split())
    other = [word for word in flags if not word.startswith("--alter")]
    planned = run([*other, "--alter=ADD COLUMN other int"], environment(server.password), command="plan")
    assert "resume-other-alter" in planned.out, planned
    assert "leftover-table" not in planned.out, planned
    assert (tables(server, database), one.sql("SELECT * FROM {ghk}")) == before
    with one.state(gtids="", position="binlog.000000:4"):
        refused(one.again(execute=None), "resume-position-lost")
        planned = run(flags, environment(server.password), command="plan")
        assert "resume-position-lost" in planned.out, planned
    assert one.again().code == 0
