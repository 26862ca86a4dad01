"""Each code of a refusal or a warning has a page, each page a code; and `ghostshift explain` prints it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghostshift.cli_commands import run
from ghostshift.cli_explain import codes

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "ghostshift"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in (PACKAGE / "pages").iterdir()}
INDEX = (ROOT / "docs" / "refusals" / "README.md").read_text(encoding="utf-8")

HEADINGS = {
    "Refusal": ["What it means", "Why it would be dangerous", "What to do", "An example"],
    "Warning": ["What it means", "Why it matters", "What to do", "An example"],
}


def spoken(tree: ast.Module, kind: str) -> Iterator[str]:
    """Codes in a module: of `kind(code, …)`, and of tables of rules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == kind:
            if isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)
        elif kind == "Refused" and isinstance(node, ast.AnnAssign) and ast.unparse(node.target).endswith("_RULES"):
            assert isinstance(node.value, ast.Tuple)
            yield from (str(ast.literal_eval(rule.elts[0])) for rule in node.value.elts if isinstance(rule, ast.Tuple))


def in_the_code(kind: str) -> set[str]:
    """The codes of the whole package."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py"))
    return {code for tree in trees for code in spoken(tree, kind)}


def of_kind(word: str) -> set[str]:
    """The pages of a kind."""
    return {code for code, text in PAGES.items() if text.startswith(f"# {word}: ")}


@pytest.mark.parametrize(("kind", "word"), [("Refused", "Refusal"), ("Remark", "Warning")])
def test_code_and_pages_agree_both_ways(kind: str, word: str) -> None:
    said, told = in_the_code(kind), of_kind(word)
    assert said - told == set(), "codes without a page in src/ghostshift/pages (then run tools/reference.py)"
    assert told - said == set(), "pages of codes that nobody says"


def test_codes_are_found_wherever_they_stand() -> None:
    tree = ast.parse('_X_RULES: tuple = (("one", f), ("two", g))\nraise Refused("three", "…")\nx = Remark("four", y)')
    assert set(spoken(tree, "Refused")) == {"one", "two", "three"}
    assert set(spoken(tree, "Remark")) == {"four"}


@pytest.mark.parametrize("code", sorted(PAGES))
def test_each_page_says_all_there_is_to_say(code: str) -> None:
    text = PAGES[code]
    head = re.match(r"# (Refusal|Warning): (\S+)\n\n\S", text)
    assert head is not None
    assert head[2] == code
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS[head[1]]
    assert all(part.split("\n\n", 1)[1].strip() for part in text.split("\n## ")[1:])


@pytest.mark.parametrize("code", sorted(PAGES))
def test_each_page_is_linked_from_the_index(code: str) -> None:
    assert f"| [`{code}`]({code}.md) |" in INDEX
    assert (ROOT / "docs" / "refusals" / f"{code}.md").read_text(encoding="utf-8").endswith(PAGES[code])


def test_explain_prints_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "[leftover-table]"]) == 0
    assert capsys.readouterr().out == PAGES["leftover-table"]


def test_explain_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()] == sorted(PAGES)
    assert set(codes()) == set(PAGES)


def test_explain_knows_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "left-over-table"]) == 2
    assert "did you mean leftover-table?" in capsys.readouterr().err
