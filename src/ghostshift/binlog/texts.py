"""The text of QUERY events: its character set, and which statements only mark the bounds of transactions.

The text is in the character set of the client that sent it. Read wrongly, a table's name would not be recognised and a
foreign ALTER be overlooked (invariant 10), so the character set is looked up, not assumed.
"""

from __future__ import annotations

import enum
import re

from ghostshift.binlog.events import cut

_STATUS_FIXED = {0: 4, 1: 8, 3: 4, 4: 6, 7: 2, 8: 2, 9: 8, 10: 4, 13: 3, 16: 1, 17: 8, 18: 2, 19: 1, 20: 1, 21: 2}
"""Status variables of fixed size, by number: all that may stand before or around the character set (number 4).

flags2, sql_mode, auto_increment, charset, lc_time_names, charset_database, table_map_for_update, master_data_written,
microseconds, explicit_defaults, ddl xid, default_collation_for_utf8mb4, the 8.0 flags.
"""
_CHARSET = 4
_CATALOG, _CATALOG_NUL, _TIME_ZONE = 6, 2, 5

_CODECS: dict[str, tuple[int, ...]] = {
    "big5hkscs": (1, 84),
    "cp932": (13, 88, 95, 96),
    "euc_jp": (12, 91, 97, 98),
    "euc_kr": (19, 85),
    "gbk": (24, 86, 28, 87),
    "gb18030": (248, 249, 250),
    "cp1252": (5, 8, 15, 31, 47, 48, 49, 94),
    "iso8859_2": (2, 9, 21, 27, 77),
    "iso8859_9": (30, 78),
    "iso8859_13": (20, 41, 42, 79),
    "iso8859_7": (25, 70),
    "iso8859_8": (16, 71),
    "cp1250": (26, 34, 44, 66, 99),
    "cp1251": (14, 23, 50, 51, 52),
    "cp1256": (57, 67),
    "cp1257": (29, 58, 59),
    "koi8_r": (7, 74),
    "koi8_u": (22, 75),
    "cp850": (4, 80),
    "cp852": (40, 81),
    "cp866": (36, 68),
    "tis_620": (18, 89),
}
_CODEC_OF = {number: codec for codec, numbers in _CODECS.items() for number in numbers}

_BLANK = re.compile(r"(?:\s+|/\*(?!M?!).*?\*/|--(?=\s).*?(?:\n|\Z)|#.*?(?:\n|\Z))+", re.DOTALL)
_CONTROL = re.compile(
    r"(?P<begin>BEGIN(?:\s+WORK)?|START\s+TRANSACTION(?:\s[\s\w,]*)?)"
    r"|(?P<savepoint>SAVEPOINT\b.*|RELEASE\s+SAVEPOINT\b.*|ROLLBACK(?:\s+WORK)?\s+TO\b.*)"
    r"|(?P<end>(?:COMMIT|ROLLBACK)(?:\s+WORK)?(?:\s+AND\s+(?:NO\s+)?CHAIN)?(?:\s+(?:NO\s+)?RELEASE)?)"
    r"|(?P<xa>XA\b.*)",
    re.IGNORECASE | re.DOTALL,
)


class Control(enum.Enum):
    """What a statement does to the transaction that it stands in."""

    BEGIN = "begin"
    END = "end"
    SAVEPOINT = "savepoint"
    XA = "xa"
    NOTHING = "nothing"
    """It is empty but for comments."""
    STATEMENT = "statement"


def control(text: str) -> tuple[Control, str]:
    """What kind of statement this is, and the statement without comments and blanks around it."""
    bare = text
    if leading := _BLANK.match(bare):
        bare = bare[leading.end() :]
    word = bare[:9].upper()
    if not bare:
        return Control.NOTHING, bare
    if not word.startswith(("BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "XA")):
        return Control.STATEMENT, text
    bare = _BLANK.sub(" ", bare).rstrip(" ;")
    match = _CONTROL.fullmatch(bare)
    if match is None or match.lastgroup is None:
        return Control.STATEMENT, text
    return Control(match.lastgroup), bare


def decode(text: bytes, status: bytes) -> str:
    """The text of a statement, in the character set that the event's status variables name."""
    codec = _CODEC_OF.get(_client_charset(status))
    if text.isascii():
        return text.decode("ascii")
    if codec is None:
        try:
            return text.decode()
        except UnicodeDecodeError:
            codec = "cp1252"
    return text.decode(codec, "replace")


def _client_charset(status: bytes) -> int:
    """The client's collation number, 0 where the event does not say (or says it after something unknown)."""
    at = 0
    while at < len(status):
        number = status[at]
        at += 1
        if number == _CHARSET:
            return int.from_bytes(cut(status, at, 2), "little")
        if number in _STATUS_FIXED:
            at += _STATUS_FIXED[number]
        elif number in (_CATALOG, _TIME_ZONE):
            at += 1 + cut(status, at, 1)[0]
        elif number == _CATALOG_NUL:
            at += 2 + cut(status, at, 1)[0]
        else:
            return 0
    return 0
