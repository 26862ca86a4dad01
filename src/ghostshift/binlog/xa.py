"""XA: one normal form for the name of a transaction, however the log spells it, and the reading of XA statements.

START, END, COMMIT and ROLLBACK stand in the log as text, PREPARE as an event with raw bytes, on MariaDB START as flags
of the GTID event. All must meet in one value, or keys of a prepared transaction would never be released (invariant 9).
This module must never guess: a statement that it cannot read exactly raises ValueError.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PART = r"(?:X'(?P<hex{0}>(?:[0-9A-F]{{2}})*)'|0x(?P<zero{0}>(?:[0-9A-F]{{2}})*)|'(?P<text{0}>(?:[^'\\]|'')*)')"
_XA = re.compile(
    r"XA\s+(?P<verb>START|BEGIN|END|PREPARE|COMMIT|ROLLBACK)\s+"
    + _PART.format(1)
    + r"(?:\s*,\s*"
    + _PART.format(2)
    + r"(?:\s*,\s*(?P<number>-?\d+))?)?"
    + r"(?:\s+(?P<tail>ONE\s+PHASE|JOIN|RESUME|SUSPEND(?:\s+FOR\s+MIGRATE)?))?\s*;?\s*",
    re.IGNORECASE,
)


class XaStatement(NamedTuple):
    """An XA statement of the log: its verb in upper case, the xid in normal form, and whether it says ONE PHASE."""

    verb: str
    xid: bytes
    one_phase: bool


def xid_form(global_part: bytes, branch: bytes, number: int) -> bytes:
    """The normal form of an xid: as MySQL writes it, in lower case hexadecimal, printable and safe in SQL."""
    return b"X'%s',X'%s',%d" % (global_part.hex().encode(), branch.hex().encode(), number)


def xa_statement(text: str) -> XaStatement:
    """Read `XA …`. Raises ValueError."""
    match = _XA.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"an XA statement that cannot be read: {text[:100]!r}")
    number = int(match["number"]) if match["number"] else 1
    verb = match["verb"].upper()
    tail = (match["tail"] or "").upper()
    xid = xid_form(_part(match, 1), _part(match, 2), number)
    return XaStatement("START" if verb == "BEGIN" else verb, xid, tail.startswith("ONE"))


def _part(match: re.Match[str], index: int) -> bytes:
    for group in ("hex", "zero"):
        value = match[f"{group}{index}"]
        if value is not None:
            return bytes.fromhex(value)
    return (match[f"text{index}"] or "").replace("''", "'").encode()
