"""House rules that a machine can check: sizes, documents that match the code, and nothing private in the repository."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "ghostshift"
DOCS = ROOT / "docs"

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 50

LONG_FUNCTIONS = {
    ("binlog/decoder.py", "walk"): "one pass over all events in one frame: a call per event would halve the speed",
    ("binlog/rows.py", "_read_updates"): "the same for pairs of row images: a call per row is what it does without",
}

SYNONYMS = {
    "shadow table": "ghost",
    "low watermark": "moment",
    "high watermark": "limit of the copy",
    "white" + "list": "allow",
    "black" + "list": "deny",
}
"""Words that the glossary has a better one for."""

_ALLOWED_HOSTS = re.compile(
    r"(localhost|127\.0\.0\.1|\[?::1\]?|keepachangelog\.com|semver\.org|([\w-]+\.)*example(\.\w+)?|[{$<%].*)(:\d+)?"
)
_PRIVATE = {
    "a registry or mirror": re.compile(
        r"pypi\.|pythonhosted|(deb|ftp|security|snapshot)\.debian|(archive|security)\.ubuntu|mirrors?\.\w+\.\w+"
        r"|docker\.io|ghcr\.io|quay\.io|repo\.mysql|downloads?\.mariadb|proxy\.golang|npmjs"
        r"|(?<!no-emit-)(index-url|trusted-host)"
    ),
    "a path of somebody's machine": re.compile(r"/(work|home/\w+|opt/wheels|root|Users)/"),
}
_ITSELF = {"tests/unit/test_house.py"}


@cache
def tracked() -> list[Path]:
    """The files of the repository; of a copy without git, all that are not caches."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=60).stdout
        paths = [ROOT / name for name in listed.decode().split("\0") if name]
    else:
        parts = ("src", "tests", "docs", "bench", "tools", ".ci")
        paths = [path for part in parts for path in (ROOT / part).rglob("*")] + list(ROOT.glob("*"))
    return [path for path in paths if path.is_file() and "__pycache__" not in path.parts]


def texts(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Name and content of tracked text files, of all kinds where none is said."""
    for path in tracked():
        if suffixes and path.suffix not in suffixes:
            continue
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Each module of the package: name relative to it, text, tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield path.relative_to(PACKAGE).as_posix(), text, ast.parse(text)


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each function's name and length."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


# -- sizes


def test_modules_stay_short() -> None:
    long = {name: lines for name, text, _ in modules() if (lines := text.count("\n")) > MOST_LINES}
    assert not long, f"more than {MOST_LINES} lines; divide them: {long}"


def test_functions_stay_short_but_for_named_ones() -> None:
    long = {
        (name, function)
        for name, _, tree in modules()
        for function, length in functions(tree)
        if length > MOST_LINES_OF_A_FUNCTION
    }
    assert long - set(LONG_FUNCTIONS) == set(), f"more than {MOST_LINES_OF_A_FUNCTION} lines"
    assert set(LONG_FUNCTIONS) - long == set(), "exceptions that are not needed any more"


def test_lengths_are_counted_as_an_editor_shows_them() -> None:
    tree = ast.parse("def short():\n    pass\n\nclass C:\n    def long(self):\n" + "        x = 1\n" * 60)
    assert dict(functions(tree)) == {"short": 2, "long": 61}


# -- hygiene


def test_every_module_says_what_it_is() -> None:
    assert [name for name, _, tree in modules() if not ast.get_docstring(tree)] == []


def unfinished(text: str) -> list[str]:
    """Marks that say: not done."""
    words = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "NotImplemented" + "Error", "HA" + "CK")
    return [word for word in words if re.search(rf"\b{word}\b", text)]


def private(text: str) -> list[str]:
    """What must not be in a public repository."""
    found = [f"{kind}: {match[0]}" for kind, pattern in _PRIVATE.items() if (match := pattern.search(text))]
    hosts = (match[1] for match in re.finditer(r"\bhttps?://([^/\s\"'`)>\\]+)", text))
    return found + [f"an address: {host}" for host in hosts if not _ALLOWED_HOSTS.fullmatch(host)]


def test_nothing_is_left_undone() -> None:
    found = {name: marks for name, text in texts(".py", ".md", "") if (marks := unfinished(text))}
    assert not found


def test_no_registry_and_no_machine_is_named() -> None:
    found = {name: what for name, text in texts() if name not in _ITSELF and (what := private(text))}
    assert not found


def test_hygiene_bites() -> None:
    assert unfinished("x = 1  # TO" + "DO later") == ["TO" + "DO"]
    assert unfinished("mktemp gs.XXXXXX") == []
    assert private("pip install --index-url https://" + "packages.corp/simple")
    assert private("see https://" + "intranet.corp/page")
    assert private("open('/work" + "/main/x')")
    assert private("see https://keepachangelog.com/en/1.1.0/ and http://localhost:8080/x") == []


# -- invariants


def cited(text: str) -> set[int]:
    """Numbers of invariants that a text speaks of: `invariant 3`, `invariants 1 and 6`, `I7`, `test_i4_…`."""
    numbers: set[int] = set()
    for match in re.finditer(r"\binvariants?\s+(\d+(?:(?:,\s*|\s+and\s+|\s+to\s+)\d+)*)", text, re.IGNORECASE):
        numbers |= {int(number) for number in re.findall(r"\d+", match[1])}
    numbers |= {int(number) for number in re.findall(r"\bI(\d{1,2})\b", text)}
    for name in re.findall(r"\btest((?:_i\d+)+)_", text):
        numbers |= {int(number) for number in re.findall(r"\d+", name)}
    return numbers


def test_citations_are_found() -> None:
    assert cited("see invariants 1, 5 and 6; invariant 12.") == {1, 5, 6, 12}
    assert cited("def test_i1_i4_a_key() -> None:") == {1, 4}
    assert cited("(I7) and UTF8, test_id_9") == {7}


def test_there_are_twelve_invariants_and_each_is_cited_by_code_and_by_a_test() -> None:
    headings = re.findall(r"^## I(\d+)\. ", (DOCS / "invariants.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number in headings] == list(range(1, 13))
    every = set(range(1, 13))
    in_code = {number for _, text, _ in modules() for number in cited(text)}
    in_tests = {
        number
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__)
        for number in cited(path.read_text(encoding="utf-8"))
    }
    assert every - in_code == set(), "no module cites these invariants"
    assert every - in_tests == set(), "no test cites these invariants"
    assert in_code - every == set(), "these numbers are no invariants"


def test_invariants_name_code_and_tests_that_exist() -> None:
    text = (DOCS / "invariants.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:13]:
        code = re.findall(r"`(\w[\w/]*\.py)`", section)
        tests = re.findall(r"`(tests/[\w/]+(?:\.py)?)`", section)
        assert code, f"names no module: {section[:40]}"
        assert tests, f"names no test: {section[:40]}"


# -- documents


def document_complaints(name: str, text: str) -> Iterator[str]:
    """Links and paths in a document that lead nowhere."""
    folder = (ROOT / name).parent
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http://", "https://")) and not (folder / target).exists():
            yield f"{name}: link to {target}"
    units = "|".join(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__")
    for target in re.findall(rf"`((?:{units})/\w+\.py)", text):
        if not (PACKAGE / target).exists():
            yield f"{name}: {target} is not in the package"
    for target in re.findall(r"`((?:tests|tools|bench|docs|src)/[\w/.-]+?\.(?:py|md))", text):
        if not (ROOT / target).exists():
            yield f"{name}: {target} does not exist"


def test_documents_lead_somewhere() -> None:
    found = [line for name, text in texts(".md") for line in document_complaints(name, text)]
    assert not found, "\n" + "\n".join(found)


def test_dead_links_are_found() -> None:
    text = "[a](nowhere.md) [b](pyproject.toml#x) `core/nothing.py` `tests/unit/no_such.py` `core/delta.py`"
    assert list(document_complaints("README.md", text)) == [
        "README.md: link to nowhere.md",
        "README.md: core/nothing.py is not in the package",
        "README.md: tests/unit/no_such.py does not exist",
    ]


def test_the_reference_is_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "reference.py", "--check"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + "run: .venv/bin/python tools/reference.py"


def test_the_table_of_the_conformance_suite_is_what_its_folders_say() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "conformance.py", "--check"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + "run: .venv/bin/python tools/conformance.py"


@pytest.mark.parametrize("word", sorted(SYNONYMS))
def test_the_glossary_s_words_are_used(word: str) -> None:
    spoken = [
        name
        for name, text in texts(".py", ".md")
        if name not in {*_ITSELF, "docs/glossary.md"} and re.search(rf"\b{word}s?\b", text, re.IGNORECASE)
    ]
    assert not spoken, f"say {SYNONYMS[word]!r} instead of {word!r}"


def test_the_glossary_has_the_words_of_the_code() -> None:
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8")
    explained = {
        word.strip().lower()
        for entry in re.findall(r"^\*\*(.+?)\*\*", glossary, re.MULTILINE)
        for word in entry.split(",")
    }
    needed = {
        "original", "ghost", "old table", "changelog", "shared key", "key", "chunk", "copy front", "dispatch point",
        "delta buffer", "generation", "barrier", "marker", "heartbeat", "discard", "defer", "held key", "drain",
        "cut-over", "sentry", "slipped write", "plan", "position", "boundary", "moment", "checkpoint", "phase",
        "verdict", "worker", "stop", "face", "floor", "outcome",
    }  # fmt: skip
    assert needed - explained == set()


def test_every_phase_is_in_the_architecture() -> None:
    phases = re.findall(r"^    [A-Z_]+ = \"(.+)\"$", (PACKAGE / "model" / "phase.py").read_text(), re.MULTILINE)
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert phases
    assert [phase for phase in phases if phase not in page] == []
