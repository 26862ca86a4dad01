"""SQL text as words: by the servers' own rules of what a word is, and no more of their grammar.

Comments that the server executes (`/*!80000 … */`, `/*M! … */`) are opened first, for their content is part of the
statement; which ones it executes is a matter of its version, and whoever knows the server says so. Why no library does
this: decision 20.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ghostshift.model.errors import UsageError

_EXECUTED = re.compile(
    r"""
    '(?:[^'\\]++|\\.|'')*+' | "(?:[^"\\]++|\\.|"")*+" | `(?:[^`]++|``)*+`
    | --(?=[\x00-\x20])[^\n]* | \#[^\n]* | /\*(?!M?!).*?\*/
    | /\*(?P<mariadb>M?)!(?P<version>\d{5,6})?
      (?P<content>(?:'(?:[^'\\]++|\\.|'')*+' | "(?:[^"\\]++|\\.|"")*+" | `(?:[^`]++|``)*+` | /\*.*?\*/ | (?!\*/).)*+)\*/
    """,
    re.DOTALL | re.VERBOSE,
)
"""Quoted texts and names and plain comments, which stay as they are, and comments that the server executes. Their end
does not count within quotes, nor does that of a comment inside of them."""

Executes = Callable[[bool, int], bool]
"""Whether the server executes a comment: that begins with `/*M!`, and with this number (0 for none)."""

_WORD = re.compile(
    r"""
      [ \t\n\v\f\r]++ | --(?=[\x00-\x20]|\Z)[^\n]*+ | \#[^\n]*+ | /\*.*?\*/
    | `(?P<name>(?:[^`]++|``)*+)`
    | [nN]?'(?P<text>(?:[^'\\]++|\\.|'')*+)' | "(?P<other>(?:[^"\\]++|\\.|"")*+)"
    | [xX]'(?P<digits>[0-9a-fA-F]*+)' | [bB]'(?P<bits>[01]*+)'
    | 0x(?P<hex>[0-9a-fA-F]++)(?![\w$]) | 0b(?P<binary>[01]++)(?![\w$])
    | (?P<plain>
        [0-9]++(?:[eE][0-9]++)?\.[0-9]*+(?:[eE][-+]?[0-9]++)? | [0-9]++[eE][-+][0-9]++
      | [0-9A-Za-z_$\x80-\U0010ffff]++
      | ->>? | := | @@ | \|\| | && | <=>? | <> | >= | != | [^'"`/] | /(?!\*)
      )
    """,
    re.DOTALL | re.VERBOSE,
)
"""One word, or white space or a comment, which is none. Whatever does not match is not closed."""

_ESCAPED = re.compile(r"\\(.)|''|\"\"", re.DOTALL)
_MEANT = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
"""What a backslash makes of a letter; of any other it makes that letter."""


@dataclass(frozen=True, slots=True)
class Word:
    """One token: its text without quotes, where it starts, and what it can be."""

    text: str
    start: int
    end: int
    """One past its last character."""
    quoted: bool
    """A `quoted` identifier: never a keyword."""
    literal: bool
    """A string: never a name or a keyword."""

    def says(self, *keywords: str) -> bool:
        """Whether this is one of these keywords (given in capitals)."""
        return not self.quoted and not self.literal and self.text.upper() in keywords


def every(_mariadb: bool, _version: int) -> bool:  # noqa: FBT001 - an Executes
    """All are executed: for what must hold on any server."""
    return True


def words_of(text: str, executes: Executes = every) -> tuple[str, list[Word]]:
    """The statement with executable comments opened, others of the kind gone, and its words.

    Raises UsageError for what is not SQL.
    """
    opened = _EXECUTED.sub(lambda found: _opened(found, executes), text)
    words: list[Word] = []
    at = 0
    while at < len(opened):
        found = _WORD.match(opened, at)
        if found is None:
            shown = " ".join(text.split())[:200]
            raise UsageError(f"this is not SQL that can be read: {shown!r}: what begins with {opened[at]} does not end")
        at = found.end()
        if found.lastgroup is not None:
            words.append(_word(found, found.lastgroup))
    return opened, words


def _word(found: re.Match[str], kind: str) -> Word:
    written = found[kind]
    if kind == "name":
        return Word(written.replace("``", "`"), found.start(), found.end(), quoted=True, literal=False)
    if kind in ("text", "other"):
        double = "''" if kind == "text" else '""'
        written = _ESCAPED.sub(lambda escaped: _meant(escaped, double), written)
    return Word(written, found.start(), found.end(), quoted=False, literal=kind != "plain")


def _meant(escaped: re.Match[str], double: str) -> str:
    letter = escaped[1]
    if letter is None:
        return double[0] if escaped[0] == double else escaped[0]
    return _MEANT.get(letter, letter)


def _opened(found: re.Match[str], executes: Executes) -> str:
    if found["content"] is None:
        return found[0]
    return f" {found['content']} " if executes(bool(found["mariadb"]), int(found["version"] or 0)) else " "
