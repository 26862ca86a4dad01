"""Texts as people see them: nothing in a name, a comment or a server's answer may rule a terminal or forge a log.

A table's name may hold any sign but NUL, an escape sequence or a change of the writing direction among them, and so may
an error message, which quotes names and values. Whatever goes to a terminal, a log, a status line or an answer passes
through here; what a program reads (JSON, a hook's variables for names) is exact instead. Pure. Must never be used on
SQL.
"""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # what rules a terminal; blank, tab and the end of a line are looked at below
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen, or turning the line
    "\ud800-\udfff"  # bytes that are no UTF-8
    "\U000e0000-\U000e0fff"  # tags: letters that nobody sees
    "]"
)
_LINE_ENDS = re.compile("[\t\n]")


def shown(text: str) -> str:
    r"""The text with what cannot be seen as \uXXXX, which is a JSON text's way too; lines and tabs stay."""
    return _UNSEEN.sub(_escaped, text) if not (text.isascii() and text.isprintable()) else text


def one_line(text: str) -> str:
    """As `shown`, and on one line."""
    return _LINE_ENDS.sub(_escaped, shown(text))


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
