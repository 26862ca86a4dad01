"""Secondary indexes as SHOW CREATE TABLE tells them, and the statements that drop and make them. Values in, text out.

Read in a session of ours, whose names are in backquotes; what is not understood to the last word is None, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ghostshift.model.errors import UsageError
from ghostshift.model.index import Index, IndexPart
from ghostshift.model.names import TableName, quote_name
from ghostshift.sql.alter import clauses_of
from ghostshift.sql.literals import text_literal
from ghostshift.sql.tokens import Word, words_of

NOT_ONLINE = frozenset({1845, 1846})
"""ER_ALTER_OPERATION_NOT_SUPPORTED, with and without a reason."""

LOG_FULL = 1799
"""ER_INNODB_ONLINE_LOG_TOO_BIG: the changes made meanwhile do not fit innodb_online_alter_log_max_size."""

LOCKS = ("NONE", "SHARED")
"""How the ghost may be used while indexes are added, the best first: written to, or read only."""

_ESCAPED = re.compile(r"\\(.)|''", re.DOTALL)
_LETTERS = {"0": "\0", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "b": "\b"}


def read_indexes(created: str) -> tuple[Index | None, ...]:
    """The indexes that are not unique, in the server's order; None for one that is not of the plain kind.

    Those for FULLTEXT are left out: they stay, and the server puts them behind all others in any case.
    """
    try:
        opened, words = words_of(created)
    except UsageError:
        return ()
    found = []
    for clause in clauses_of(_body(words)):
        if clause[0].says("KEY"):
            found.append(_index(opened, clause))
        elif len(clause) > 1 and not clause[0].says("PRIMARY", "UNIQUE", "FULLTEXT") and clause[1].says("KEY", "INDEX"):
            found.append(None)  # SPATIAL, VECTOR
    return tuple(found)


def _body(words: list[Word]) -> list[Word]:
    """What stands within the first brackets."""
    depth, begin = 0, 0
    for place, word in enumerate(words):
        if word.quoted or word.literal:
            continue
        if word.text == "(":
            depth += 1
            begin = begin or place + 1
        elif word.text == ")":
            depth -= 1
            if begin and not depth:
                return words[begin:place]
    return []


def _index(opened: str, clause: list[Word]) -> Index | None:
    """KEY `name` (`column`[(length)] [DESC], …) and its options."""
    if len(clause) < 5 or not clause[1].quoted or not _is(clause[2], "("):
        return None
    close = _closing(clause, 2)
    parts = [_part(words) for words in clauses_of(clause[3:close])]
    options = _options(opened, clause[close + 1 :])
    known = [part for part in parts if part is not None]
    if options is None or not known or len(known) != len(parts):
        return None
    return Index(name=clause[1].text, parts=tuple(known), **options)


def _closing(clause: list[Word], place: int) -> int:
    depth = 0
    for at in range(place, len(clause)):
        depth += _is(clause[at], "(") - _is(clause[at], ")")
        if not depth:
            return at
    return len(clause)


def _part(words: list[Word]) -> IndexPart | None:
    name, rest = words[0], words[1:]
    if not name.quoted:
        return None
    length = 0
    if len(rest) >= 3 and _is(rest[0], "(") and _is(rest[2], ")") and rest[1].text.isdigit():
        length, rest = int(rest[1].text), rest[3:]
    descending = bool(rest) and rest[0].says("DESC")
    return None if rest[descending:] else IndexPart(column=name.text, length=length, descending=descending)


def _options(opened: str, words: list[Word]) -> dict[str, Any] | None:
    """What stands behind the columns; None where that is not all known."""
    found: dict[str, Any] = {}
    while words:
        if words[0].says("INVISIBLE", "IGNORED"):
            found["hidden"], used = True, 1
        elif len(words) > 1 and words[0].says("USING") and words[1].says("BTREE"):
            found["btree"], used = True, 2
        elif len(words) > 1 and words[0].says("COMMENT") and words[1].literal:
            found["comment"], used = _text(opened[words[1].start : words[1].end]), 2
        elif len(words) > 2 and words[0].says("KEY_BLOCK_SIZE") and _is(words[1], "=") and words[2].text.isdigit():
            found["block_size"], used = int(words[2].text), 3
        else:
            return None
        words = words[used:]
    return found


def _text(literal: str) -> str:
    """What a literal in single quotes says."""
    return _ESCAPED.sub(lambda m: "'" if m[1] is None else _LETTERS.get(m[1], m[1]), literal[1:-1])


def _is(word: Word, text: str) -> bool:
    return word.text == text and not word.quoted and not word.literal


def drop_indexes(table: TableName, indexes: Sequence[Index]) -> str:
    """Drop them all at once."""
    return f"ALTER TABLE {table.sql} {', '.join(f'DROP KEY {quote_name(one.name)}' for one in indexes)}"


def add_indexes(table: TableName, indexes: Sequence[Index], lock: str, *, mariadb: bool) -> str:
    """Make them all at once, without writing the table anew; `lock` is one of LOCKS."""
    added = ", ".join(f"ADD {_definition(one, mariadb=mariadb)}" for one in indexes)
    return f"ALTER TABLE {table.sql} {added}, ALGORITHM=INPLACE, LOCK={lock}"


def _definition(index: Index, *, mariadb: bool) -> str:
    parts = ", ".join(
        quote_name(part.column) + (f"({part.length:d})" if part.length else "") + (" DESC" if part.descending else "")
        for part in index.parts
    )
    words = [f"KEY {quote_name(index.name)} ({parts})"]
    if index.block_size:
        words.append(f"KEY_BLOCK_SIZE={index.block_size:d}")
    if index.btree:
        words.append("USING BTREE")
    if index.comment:
        words.append(f"COMMENT {text_literal(index.comment)}")
    if index.hidden:
        words.append("IGNORED" if mariadb else "INVISIBLE")
    return " ".join(words)
