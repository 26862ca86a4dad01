"""Puts the snapshots of the race into README.md and into a page of their own beside them.

    python -m bench.readme            # rewrite them
    python -m bench.readme --check    # only say whether they are up to date

Rewrites what is between the two marks of README.md and nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import render

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SNAPSHOTS = ROOT / "bench" / "snapshots"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
FLAVORS = ("mysql", "mariadb")


def snapshots(folder: Path = SNAPSHOTS) -> dict[str, dict[str, Any]]:
    """The committed runs, by flavour."""
    paths = {flavor: folder / f"{flavor}.json" for flavor in FLAVORS}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()}


def section(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """What stands between the marks."""
    parts = [render.short(kept[flavor], folder="bench/snapshots") for flavor in FLAVORS if flavor in kept]
    return "\n\n".join(parts) if parts else "No run is kept in this repository; `make bench` makes one."


def replaced(text: str, new: str) -> str:
    """README's text with another section; ValueError where the marks are not there once each, in their order."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"there must be one {BEGIN} and one {END} behind it")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{new}\n{END}{rest.partition(END)[2]}"


def documents() -> dict[Path, str]:
    """What each document should be."""
    kept = snapshots()
    wanted = {README: replaced(README.read_text(encoding="utf-8"), section(kept))}
    return wanted | {SNAPSHOTS / f"{flavor}.md": render.whole(one) for flavor, one in kept.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = {path: text for path, text in documents().items() if not path.exists() or path.read_text("utf-8") != text}
    for path, text in stale.items():
        print(f"{path.relative_to(ROOT)} {'is not what the snapshot says' if check else 'rewritten'}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
