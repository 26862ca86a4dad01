"""The words of `migrate`'s line, read by the rules of Go's flag package, as gh-ost's users write them; and its usage.

`-x` and `--x` are the same, a switch never takes the next word, any other flag always does, the last one wins, and
flags that may be given again add up. What Go passes over silently, a stray word and all that follows it, is an error.

An error must never repeat what may be a password: the value of a flag that is misspelt, `-psecret` as mysql's programs
take it, a word behind --ask-pass.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from ghostshift.flag_table import BY_NAME, FLAGS, Flag
from ghostshift.model.errors import UsageError

_OF_PASSWORDS = frozenset({"password", "master-password", "ask-pass"})

Line = Mapping[str, str | list[str]]
"""What was given, by flag; the values as they were written."""


def read_line(words: Sequence[str]) -> Line:
    """The flags of a line. Raises UsageError for what no flag is."""
    given: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if given.keys() & _OF_PASSWORDS and not word.startswith("-"):
            raise UsageError("a word that is no flag follows one that is about a password; it is not repeated here")
        name, written, value = _parts(word)
        if name == "h":
            name = "help"
        flag = BY_NAME.get(name)
        if flag is None:
            _unknown(name)
        if flag.kind is bool:
            value = value if written else "true"
        elif not written:
            value = _next(rest, name)
        if flag.kind is tuple:
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    return given


def _parts(word: str) -> tuple[str, bool, str]:
    """Name, whether a value is written behind it, that value."""
    bare = word[2:] if word.startswith("--") else word[1:]
    if not word.startswith("-") or not bare:
        raise UsageError(f"{word!r} is no flag; gh-ost would have ignored it and all that follows it")
    if bare.startswith(("-", "=")):
        raise UsageError(f"bad flag syntax: {word.partition('=')[0]}")
    name, written, value = bare.partition("=")
    return name, bool(written), value


def _next(rest: Iterator[str], name: str) -> str:
    value = next(rest, None)
    if value is None:
        raise UsageError(f"flag needs an argument: --{name}")
    return value


def _unknown(name: str) -> NoReturn:
    near = difflib.get_close_matches(name, BY_NAME, n=1, cutoff=0.75)
    if name[:1] in ("p", "P") and (not near or near[0] in _OF_PASSWORDS):
        raise UsageError("flag provided but not defined: --p…; did you mean --password=…, or --ask-pass?")
    meant = f"; did you mean --{near[0]}?" if near else ""
    raise UsageError(f"flag provided but not defined: --{name}{meant}")


def usage(program: str) -> str:
    """All flags, sorted by name."""
    lines = [f"Usage of {program}:"]
    for flag in sorted(FLAGS, key=lambda flag: flag.name):
        lines += [f"  --{flag.name} {_value(flag)}".rstrip(), f"        {flag.text}{_default(flag)}"]
    return "\n".join(lines) + "\n"


def _value(flag: Flag) -> str:
    return {bool: "", int: "int", float: "float"}.get(flag.kind, "string")


def _default(flag: Flag) -> str:
    if flag.default in ("", 0, 0.0, False, ()):
        return ""
    return f" (default {str(flag.default).lower() if flag.kind is bool else flag.default})"
