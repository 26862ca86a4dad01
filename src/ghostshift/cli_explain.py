"""`ghostshift explain CODE`: prints the page of a refusal or a warning, which is part of the installed package.

The pages lie in ghostshift/pages as text; docs/refusals is written from them by tools/reference.py.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from importlib import resources

from rich_argparse import RichHelpFormatter

from ghostshift.model.errors import UsageError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "explain",
        formatter_class=RichHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("code", nargs="?", default="", help="as it stands in brackets; without one, all are listed")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    sys.stdout.write(page(arguments.code.strip("[]")) if arguments.code else index())
    return 0


def codes() -> dict[str, str]:
    """All pages: code and summary."""
    files = (resources.files("ghostshift") / "pages").iterdir()
    texts = {file.name.removesuffix(".md"): file.read_text(encoding="utf-8") for file in files}
    return {code: " ".join(text.split("\n\n")[1].split()) for code, text in sorted(texts.items())}


def page(code: str) -> str:
    """The page of a code. Raises UsageError where there is none."""
    known = codes()
    if code not in known:
        near = difflib.get_close_matches(code, known, n=1, cutoff=0.5)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"no refusal and no warning has the code {code!r}{meant} (ghostshift explain lists all)")
    return (resources.files("ghostshift") / "pages" / f"{code}.md").read_text(encoding="utf-8")


def index() -> str:
    """One line for each code."""
    known = codes()
    width = max(map(len, known))
    return "".join(f"{code:{width}}  {summary}\n" for code, summary in known.items())
