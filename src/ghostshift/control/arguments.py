"""A command line, taken apart: the token, the command's name and its argument. Pure text; nothing is done here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ghostshift.model.errors import UsageError

_TOKEN = re.compile(r"token=(\S*)(?:\s+|$)")
_JSON = re.compile(r"format=json(?:\s+|$)")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_ESCAPE = re.compile(r'\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\"]))')


@dataclass(frozen=True, slots=True)
class Said:
    """What one line says."""

    line: str
    """Without the token."""
    name: str
    argument: str
    token: str = field(default="", repr=False)


def take_apart(line: str) -> Said:
    """`[token=… ]command[=argument]`, with nothing else before it. Raises UsageError for wrong quotes."""
    text = line.strip()
    token = ""
    if found := _TOKEN.match(text):
        token, text = found[1], text[found.end() :]
    name, _, argument = text.partition("=")
    return Said(text, name.strip(), unquoted(argument.strip()), token)


def wants_json(line: str) -> tuple[bool, str]:
    """Whether the answer is wanted as JSON, which tells a rejection from an answer; and the line without that wish."""
    text = line.strip()
    token = _TOKEN.match(text)
    begin = token.end() if token else 0
    found = _JSON.match(text, begin)
    return bool(found), text[:begin] + text[found.end() :] if found else text


def unquoted(text: str) -> str:
    """An argument as Go reads it: in double quotes with escapes, in backquotes as it stands, or without any."""
    mark = text[:1]
    if mark not in ('"', "`"):
        return text
    inner = text[1:-1]
    if len(text) < 2 or text[-1] != mark or (mark == "`" and "`" in inner):
        raise UsageError(f"the quotes of {text} are not closed, or there is something behind them")
    if mark == "`":
        return inner
    if '"' in _ESCAPE.sub("", inner) or "\\" in _ESCAPE.sub("", inner):
        raise UsageError(f"{text} is not a quoted text: there is a quote or a backslash in it that means nothing")
    return _ESCAPE.sub(_meant, inner)


def _meant(found: re.Match[str]) -> str:
    byte, short, long, octal, letter = found.groups()
    if letter:
        return _ESCAPES[letter]
    number = int(octal, 8) if octal else int(byte or short or long, 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise UsageError(f"{found[0]} is no character")
    return chr(number)
