"""SQL text as words. A thin coat over sqlglot's MySQL tokenizer, which is sound for all statements that we meet.

Its parser is not used: it falls back to raw text for some clauses of ALTER TABLE. Comments that the server executes
(`/*!80000 … */`, `/*M! … */`) are opened first, for their content is part of the statement; which ones it executes is a
matter of its version, and whoever knows the server says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from ghostshift.model.errors import UsageError

_EXECUTED = re.compile(
    r"""
    '(?:[^'\\]++|\\.|'')*+' | "(?:[^"\\]++|\\.|"")*+" | `(?:[^`]++|``)*+`
    | --(?=\s)[^\n]* | \#[^\n]* | /\*(?!M?!).*?\*/
    | /\*(?P<mariadb>M?)!(?P<version>\d{5,6})?
      (?P<content>(?:'(?:[^'\\]++|\\.|'')*+' | "(?:[^"\\]++|\\.|"")*+" | `(?:[^`]++|``)*+` | /\*.*?\*/ | (?!\*/).)*+)\*/
    """,
    re.DOTALL | re.VERBOSE,
)
"""Quoted texts and names and plain comments, which stay as they are, and comments that the server executes. Their end
does not count within quotes, nor does that of a comment inside of them."""

Executes = Callable[[bool, int], bool]
"""Whether the server executes a comment: that begins with `/*M!`, and with this number (0 for none)."""
_PLAIN = re.compile(r"\S+")
_LEAD = "x "
"""Some words swallow the rest of the statement as one text when they come first; behind another word none does."""
_TEXTS = frozenset({TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.HEX_STRING, TokenType.BIT_STRING})


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
    try:
        tokens = MySQL().tokenize(_LEAD + opened)
    except SqlglotError as error:
        raise UsageError(f"this is not SQL that can be read: {' '.join(text.split())[:200]!r}: {error}") from None
    words: list[Word] = []
    for token in tokens[1:]:
        start, end = token.start - len(_LEAD), token.end + 1 - len(_LEAD)
        quoted = token.token_type is TokenType.IDENTIFIER
        literal = token.token_type in _TEXTS
        if quoted or literal:
            words.append(Word(token.text, start, end, quoted, literal))
        else:
            # "PRIMARY KEY" and the like come as one token, with whatever space there is between.
            words += (
                Word(m[0], start + m.start(), start + m.end(), False, False) for m in _PLAIN.finditer(opened[start:end])
            )
    return opened, words


def _opened(found: re.Match[str], executes: Executes) -> str:
    if found["content"] is None:
        return found[0]
    return f" {found['content']} " if executes(bool(found["mariadb"]), int(found["version"] or 0)) else " "
