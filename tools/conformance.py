"""Writes docs/reference/conformance.md from the suite's folders. `--check` only says whether it is behind them."""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from builders import conformance  # noqa: E402 - it is found only now

PAGE = ROOT / "docs" / "reference" / "conformance.md"


def page() -> str:
    """The table of all scenarios."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "<!-- written by tools/conformance.py; edit the scenarios, not this page -->"
    yield ""
    yield "# What ghostshift makes of a table"
    yield ""
    yield "Each scenario is migrated while it changes, and the server's own `ALTER TABLE` is the judge: the same rows"
    yield "byte for byte, the same `SHOW CREATE TABLE`, the same AUTO_INCREMENT"
    yield "([how it works](../howto/conformance.md)). *refused*: nothing was touched, and the code says why"
    yield "([exit codes](exit-codes.md)). *stops*: the migration ended before the swap, with the original as it was. A"
    yield "dash: there is no such thing on that server."
    group = ""
    for name in conformance.all_names():
        scenario = conformance.load(name)
        if scenario.group != group:
            group = scenario.group
            yield from ("", f"## {group.capitalize()}", "")
            yield f"| scenario | what it is about | {' | '.join(conformance.SERVERS)} |"
            yield "|---|---|" + "---|" * len(conformance.SERVERS)
        results = (_cell(scenario, server) for server in conformance.SERVERS)
        why = scenario.why.replace("|", "\\|")
        yield f"| `{name.split('/', 1)[1]}` | {why} | {' | '.join(results)} |"


def _cell(scenario: conformance.Scenario, server: str) -> str:
    expected = scenario.expected.get(server)
    if expected is None:
        return "-"
    if expected.refused:
        return f"refused `{expected.refused}`"
    reasons = scenario.differs[server].items()
    return str(expected) + "".join(f"; {what} may differ: {reason}" for what, reason in reasons)


def main() -> int:
    """Write the page, or compare it."""
    text = page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if "--check" in sys.argv[1:]:
        sys.stderr.write("docs/reference/conformance.md is behind the scenarios\n")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
