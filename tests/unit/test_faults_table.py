"""docs/faults.md: every fault has what the user sees, what happens to the data, a bound, and a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
NAMED = re.compile(r"`((?:tests/)?[\w/]*test_\w+\.py)`")


def rows() -> list[list[str]]:
    """The table's lines, cell by cell, without its head."""
    lines = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert cells[0] == ["fault", "what you see", "the data", "bound", "test"]
    return cells[2:]


def is_heading(row: list[str]) -> bool:
    return row[0].startswith("**") and not any(row[1:])


def test_every_fault_says_what_is_seen_what_becomes_of_the_data_its_bound_and_its_test() -> None:
    for row in rows():
        assert len(row) == 5, row
        assert is_heading(row) or all(row), f"a cell is empty: {row}"


def test_every_test_that_is_named_exists() -> None:
    missing = {}
    for row in rows():
        if is_heading(row):
            continue
        named = NAMED.findall(row[4])
        assert named or row[4] == "the same", f"no test is named: {row}"
        known = {path.relative_to(ROOT).as_posix() for path in TESTS.rglob("test_*.py")}
        files = {path.rpartition("/")[2] for path in known}
        gone = [name for name in named if name not in known and ("/" in name or name not in files)]
        if gone:
            missing[row[0]] = gone
    assert not missing


def test_headings_are_in_order_and_each_fault_stands_once() -> None:
    headings = [row[0] for row in rows() if is_heading(row)]
    assert headings == sorted(headings)
    faults, heading = [], ""
    for row in rows():
        heading = row[0] if is_heading(row) else heading
        faults.append((heading, row[0]))
    assert len(set(faults)) == len(faults)


def test_every_test_of_faults_is_named() -> None:
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert not [path.name for path in (TESTS / "faults").glob("test_*.py") if path.name not in text]
