"""docs/parity.md tells the truth: nothing of gh-ost's is missing from it or from the parser, and each row has its test.

The lists are those of gh-ost's documentation and of the program that ghostshift began from.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ghostshift.control.table import COMMANDS
from ghostshift.flag_table import BY_NAME
from ghostshift.model.notice import Turn

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "ghostshift"
PAGE = ROOT / "docs" / "parity.md"
DIFFERENCES = ROOT / "docs" / "differences-from-gh-ost.md"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


GH_OST_FLAGS = _names("""
    aliyun-rds allow-master-master allow-nullable-unique-key allow-on-master allow-setup-metadata-lock-instruments
    allow-zero-in-date alter analyze-ghost-table-before-cutover approve-renamed-columns ask-pass assume-master-host
    assume-rbr attempt-instant-ddl azure binlogsyncer-max-reconnect-attempts charset check-flag checkpoint
    checkpoint-seconds chunk-size concurrent-rowcount conf critical-load critical-load-hibernate-seconds
    critical-load-interval-millis cut-over cut-over-exponential-backoff cut-over-lock-timeout-seconds database debug
    default-retries discard-foreign-keys dml-batch-size exact-rowcount execute exponential-backoff-max-interval
    force-named-cut-over force-named-panic force-table-names gcp gtid heartbeat-interval-millis help hooks-hint
    hooks-hint-owner hooks-hint-token hooks-path hooks-status-interval host ignore-http-errors include-triggers
    initially-drop-ghost-table initially-drop-old-table initially-drop-socket-file master-password master-user
    max-lag-millis max-load migrate-on-replica mysql-timeout nice-ratio ok-to-drop-table old-table panic-flag-file
    panic-on-warnings password port postpone-cut-over-flag-file quiet remove-trigger-suffix-if-exists
    replica-server-id replication-lag-query resume revert runtime-metrics-interval serve-socket-file serve-tcp-port
    skip-foreign-key-checks skip-metadata-lock-check skip-port-validation skip-renamed-columns skip-strict-mode ssl
    ssl-allow-insecure ssl-ca ssl-cert ssl-key stack statsd-addr statsd-tags storage-engine switch-to-rbr table
    test-on-replica test-on-replica-skip-replica-stop throttle-additional-flag-file throttle-control-replicas
    throttle-flag-file throttle-http throttle-http-interval-millis throttle-http-timeout-millis throttle-query
    timestamp-old-table trigger-suffix tungsten user verbose version
""")

GH_OST_COMMANDS = _names("""
    applier chunk-size continue coordinates cpu-profile critical-load cut-over dml-batch-size help info inspector
    max-lag-millis max-load nice-ratio no-postpone no-throttle panic pause postpone-cut-over-flag-file
    replication-lag-query resume status sup suspend throttle throttle-control-replicas throttle-http throttle-query
    unpostpone unthrottle
""")

GH_OST_HOOKS = _names("""
    batch-copy-retry before-cut-over before-row-copy begin-postponed failure interactive-command row-copy-complete
    rowcount-complete start-replication startup status stop-replication success validated
""")

MODES = {
    "through a replica, on its primary",
    "on the primary (--allow-on-master)",
    "--migrate-on-replica",
    "--test-on-replica",
    "--test-on-replica, without stopping replication",
    "--assume-master-host",
    "master-master",
    "--gtid",
    "noop (without --execute)",
    "called through a link named gh-ost",
}

SEED_ELEMENTS = {
    "throttle: user's command",
    "throttle: flag file",
    "throttle: additional flag file",
    "throttle: own lag from the heartbeat",
    "throttle: lag of control replicas",
    "throttle: max-load",
    "throttle: its reason, checked every tick",
    "throttle: changes of state in the changelog",
    "throttle: before a retry",
    "retries",
    "all parts end on the first fatal error",
    "changelog states",
    "heartbeat, written and read back",
    "SIGHUP",
    "inspection and validation",
    "master detection",
    "refusal to run on the master without --allow-on-master",
    "exact row count",
    "exact row count in the background",
    "noop",
    "chunk iteration",
    "changes before copy, and neither starves",
    "status: all fields",
    "status: printing rhythm",
    "status: hint block",
    "status: ETA",
    "status: due",
    "status: throttled, with the reason",
    "cut-over: postponed by a flag file",
    "cut-over: atomic",
    "cut-over: two-step",
    "cut-over: on a replica",
    "cut-over: drained up to the lock",
    "cut-over: throttled between attempts",
    "server: Unix socket",
    "server: TCP port",
    "server: unknown command",
    "final clean-up",
    "ok-to-drop-table",
}

VERDICTS = re.compile(r"same|safer|not applicable|later \(issue \d+\)")


def rows(text: str, title: str) -> Iterator[list[str]]:
    """The cells of the rows of a section's table."""
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| ") and not line.startswith("| -"):
            yield [cell.strip() for cell in line.strip("| \n").split(" |")]


def table(title: str, text: str = "") -> dict[str, list[str]]:
    """The rows behind the head, by their first cell."""
    found = list(rows(text or PAGE.read_text(encoding="utf-8"), title))[1:]
    assert len({row[0] for row in found}) == len(found), f"{title}: two rows are about one thing"
    return {row[0].replace("`", ""): row[1:] for row in found}


@cache
def functions(path: str) -> frozenset[str]:
    """The tests of a file."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def complaints(name: str, row: list[str]) -> Iterator[str]:
    """What is wrong with a row."""
    verdict, reason, proof = (*row, "", "", "")[:3]
    if not VERDICTS.fullmatch(verdict):
        yield f"{name}: {verdict!r} is no answer"
    if verdict != "same" and not reason:
        yield f"{name}: {verdict}, and why?"
    match = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", proof)
    if match is None:
        yield f"{name}: names no test"
    elif match[2] not in functions(match[1]):
        yield f"{name}: there is no {match[2]} in {match[1]}"


SECTIONS = ("Flags", "Commands", "Hooks", "Modes", "The seed")


@pytest.mark.parametrize("title", SECTIONS)
def test_every_row_has_an_answer_a_reason_and_a_test_that_exists(title: str) -> None:
    found = [line for name, row in table(title).items() for line in complaints(name, row)]
    assert not found, "\n" + "\n".join(found)


def test_nothing_of_gh_osts_is_missing_from_the_page() -> None:
    assert set(table("Flags")) == {f"--{name}" for name in GH_OST_FLAGS}
    assert set(table("Commands")) == GH_OST_COMMANDS
    assert set(table("Hooks")) == {f"gh-ost-on-{name}" for name in GH_OST_HOOKS}
    assert set(table("Modes")) == MODES
    assert set(table("The seed")) == SEED_ELEMENTS


def test_no_flag_of_gh_osts_is_missing_from_the_parser() -> None:
    assert GH_OST_FLAGS - set(BY_NAME) == set()


def test_no_command_of_gh_osts_is_missing_from_a_running_migration() -> None:
    known = {name for command in COMMANDS for name in command.names}
    assert GH_OST_COMMANDS - known == set()


def test_no_hook_of_gh_osts_is_missing_from_the_turns_of_a_migration() -> None:
    assert {f"on-{name}" for name in GH_OST_HOOKS} - {turn.value for turn in Turn} == set()


READ_NOWHERE = {
    "approve-renamed-columns": "a rename needs no approval; it only excludes its opposite",
    "verify": "asked for together with its opposite, as Verification.wanted",
}
"""Flags that no code asks for, with the reason."""


def test_no_flag_is_taken_and_forgotten() -> None:
    faces = {"flag_table.py", "options.py", "settings.py", "rules.py"}
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.name not in faces)
    forgotten = set()
    for flag in BY_NAME.values():
        named = rf"\.{flag.field.rpartition('.')[2]}\b" if flag.field else rf'"{flag.name}"'
        if not (flag.idle or flag.unbuilt or re.search(named, code)):
            forgotten.add(flag.name)
    assert forgotten == set(READ_NOWHERE)


@pytest.mark.parametrize("title", SECTIONS)
def test_flags_that_change_nothing_are_not_called_same(title: str) -> None:
    for name, (verdict, *_) in table(title).items():
        flag = BY_NAME.get(name.removeprefix("--"))
        if flag is not None and title == "Flags":
            assert not flag.idle or verdict == "not applicable" or verdict.startswith("later"), name
            assert not flag.unbuilt or verdict.startswith("later"), name


def test_every_difference_has_a_reason() -> None:
    text = DIFFERENCES.read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert titles
    for title in titles:
        found = list(rows(text, title))[1:]
        assert found, title
        for row in found:
            assert len(row) == 3, row
            assert all(row), row


def test_bad_rows_are_found() -> None:
    assert list(complaints("x", ["perhaps", "", ""])) == ["x: 'perhaps' is no answer", "x: perhaps, and why?",
                                                           "x: names no test"]  # fmt: skip
    assert list(complaints("x", ["safer", "", "`tests/unit/test_parity.py::test_bad_rows_are_found`"])) == [
        "x: safer, and why?"
    ]
    assert list(complaints("x", ["same", "", "`tests/unit/test_parity.py::test_none`"])) == [
        "x: there is no test_none in tests/unit/test_parity.py"
    ]
    assert list(complaints("x", ["same", "", "`tests/unit/test_nowhere.py::test_none`"])) == [
        "x: there is no test_none in tests/unit/test_nowhere.py"
    ]
    assert list(complaints("x", ["same", "", "`tests/unit/test_parity.py::test_bad_rows_are_found`"])) == []
