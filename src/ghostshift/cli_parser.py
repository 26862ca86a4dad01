"""argparse, but for its habit of repeating every word that it does not know: one of them may be a password."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """For the whole line; the commands' own parsers leave to it what they do not know."""

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As the library's, with errors that name flags and nothing else."""
        first = (list(args or ()) or [""])[0]
        if first.startswith("-") and first.partition("=")[0] not in self._option_string_actions:
            self.error(f"the command comes first, then its flags ({named(first)})")
        found, rest = self.parse_known_args(args, namespace)
        if rest:
            self._complain(rest)
        return found

    def _complain(self, rest: list[str]) -> NoReturn:
        flags = [named(word) for word in rest if word.startswith("-")]
        strays = len(rest) - len(flags)
        words = [f"{strays} word{'s' if strays > 1 else ''} without a flag"] if strays else []
        self.error(f"unrecognized arguments: {', '.join([*flags, *words])}")


def named(word: str) -> str:
    """A flag without its value; mysql's `-psecret` has no more of a name than two signs."""
    flag = word.partition("=")[0]
    return flag if flag.startswith("--") else flag[:2] + ("…" if len(flag) > 2 else "")
