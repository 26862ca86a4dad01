"""Reading an ALTER TABLE: what is renamed, what is dropped, and what must be refused.

What the ALTER *did* is read from the ghost afterwards; the text is needed only for what a look at two tables cannot
tell: whether a column that is gone was renamed or dropped, and whether the table itself is to be moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ghostshift.model.errors import Refused, UsageError
from ghostshift.sql.tokens import Executes, Word, every, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Alter:
    """An ALTER TABLE, read."""

    schema: str = ""
    """Schema named in the statement, if any."""
    table: str = ""
    options: str
    """The text after the table's name: what is applied to the ghost."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Columns by old name, in lower case, to their new name."""
    dropped: frozenset[str] = frozenset()
    """Columns dropped by name, in lower case, also where one of that name is added again."""
    sets_counter: bool = False
    """It sets the table's next AUTO_INCREMENT value."""
    conditional: bool = False
    """It has comments that some servers execute and others do not: read it again for the server at hand."""


def read_alter(text: str, executes: Executes = every) -> Alter:
    """Read a whole ALTER TABLE statement, or only what follows the table's name (gh-ost's --alter).

    `executes` says which comments with a version the server executes; the others are no part of the statement.
    Raises UsageError for what is not an ALTER, Refused for what must not be done through a ghost table.
    """
    opened, words = words_of(text, executes)
    while words and words[-1].text == ";":
        words.pop()
    if any(word.text == ";" and not word.literal and not word.quoted for word in words):
        raise UsageError("--alter holds more than one statement; give one ALTER TABLE, or only its options")
    if not words:
        raise UsageError("--alter is empty")
    if _is_other_statement(words):
        raise UsageError(f"--alter must be an ALTER TABLE statement, or only its options; it is {_opening(words)!r}")
    schema, table, rest = _target(opened, words)
    rest = _without_wait(rest)
    if not rest:
        raise UsageError("--alter changes nothing: no options follow the table's name")
    options = opened[rest[0].start : rest[-1].end]
    renames: dict[str, str] = {}
    dropped: set[str] = set()
    for clause in clauses_of(rest):
        _read_clause(clause, renames, dropped)
    return Alter(
        schema=schema,
        table=table,
        options=options,
        renames=renames,
        dropped=frozenset(dropped),
        sets_counter=_sets_counter(rest),
        conditional=opened != text,
    )


def _sets_counter(words: list[Word]) -> bool:
    """AUTO_INCREMENT as the table's option: a number follows; as a column's attribute none does."""
    pairs = pairwise(word for word in words if not word.says("="))
    return any(one.says("AUTO_INCREMENT") and other.text.isdigit() and not other.quoted for one, other in pairs)


def without_renames(alter: Alter) -> Alter:
    """The same, its renamed columns taken as dropped and added: their values are not copied."""
    return replace(alter, renames={}, dropped=alter.dropped | set(alter.renames))


_OTHERS = frozenset(
    {"ANALYZE", "CALL", "CREATE", "DELETE", "EXPLAIN", "GRANT", "INSERT", "OPTIMIZE", "REPAIR", "REPLACE"}
    | {"REVOKE", "SELECT", "SET", "SHOW", "TRUNCATE", "UPDATE", "USE", "WITH"}
)
"""First words of other statements. Those of options that begin alike go on with PARTITION, COLUMN, INDEX and such."""


def _is_other_statement(words: list[Word]) -> bool:
    following = words[1:2]
    if words[0].says("DROP"):
        if any(word.says("INDEX") for word in following):
            return any(word.says("ON") for word in _skip(words[2:], "IF", "EXISTS")[1:2])
        return any(word.says("TABLE", "TABLES", "DATABASE", "SCHEMA") for word in following)
    if words[0].says("RENAME"):
        return any(word.says("TABLE", "TABLES") for word in following)
    return words[0].says(*_OTHERS) and not any(word.says("PARTITION") for word in following)


def _opening(words: list[Word]) -> str:
    return " ".join(word.text for word in words[:3])


def _target(opened: str, words: list[Word]) -> tuple[str, str, list[Word]]:
    if not words[0].says("ALTER") or _alters_a_part(words):
        return "", "", words
    rest = words[1:]
    while rest and rest[0].says("ONLINE", "IGNORE"):
        if rest[0].says("IGNORE"):
            raise Refused("alter-ignore", "ALTER IGNORE TABLE drops rows silently, which ghostshift never does")
        rest = rest[1:]
    if not rest or not rest[0].says("TABLE"):
        raise UsageError("--alter must be an ALTER TABLE statement, or only its options")
    rest = rest[1:]
    if len(rest) > 1 and rest[0].says("IF") and rest[1].says("EXISTS"):
        rest = rest[2:]
    if not rest:
        raise UsageError("--alter names no table after ALTER TABLE")
    names = [_name(opened, rest)]
    rest = rest[1:]
    while rest and _is_dot(rest[0]):
        names.append(_name(opened, rest[1:]))
        rest = rest[2:]
    if len(names) > 2:
        raise UsageError(
            f"--alter names {'.'.join(names)!r} after ALTER TABLE: that is neither a table nor schema.table"
        )
    return names[0] if len(names) == 2 else "", names[-1], rest


def _is_dot(word: Word) -> bool:
    return word.text == "." and not word.quoted and not word.literal


def _name(opened: str, rest: list[Word]) -> str:
    """The first word as a name: bare, in backticks, or in the double quotes of ANSI_QUOTES."""
    if rest and rest[0].literal and opened[rest[0].start] == '"':
        # There a backslash is a letter as any other.
        return opened[rest[0].start + 1 : rest[0].end - 1].replace('""', '"')
    if rest and (rest[0].quoted or (not rest[0].literal and re.fullmatch(r"[\w$]+", rest[0].text))):
        return rest[0].text
    found = opened[rest[0].start : rest[0].end] if rest else ""
    raise UsageError(f"--alter names a table that cannot be read, at {found!r}; put the name into backticks")


def _alters_a_part(words: list[Word]) -> bool:
    """Options alone that begin with ALTER: a column's default, an index's visibility, a check's enforcement."""
    if len(words) > 1 and words[1].says("COLUMN", "INDEX", "KEY", "CHECK", "CONSTRAINT"):
        return True
    return len(words) > 2 and not words[1].says("TABLE", "ONLINE", "IGNORE") and words[2].says("SET", "DROP")


def _without_wait(words: list[Word]) -> list[Word]:
    """MariaDB's WAIT n or NOWAIT stands before the first clause, without a comma; nobody else uses the ghost."""
    if words and words[0].says("NOWAIT"):
        return words[1:]
    return words[2:] if len(words) > 1 and words[0].says("WAIT") else words


def clauses_of(words: list[Word]) -> list[list[Word]]:
    """The words between the commas that stand outside all brackets."""
    clauses: list[list[Word]] = [[]]
    depth = 0
    for word in words:
        plain = not word.quoted and not word.literal
        if plain and word.text == "(":
            depth += 1
        elif plain and word.text == ")":
            depth -= 1
        if plain and word.text == "," and depth == 0:
            clauses.append([])
        else:
            clauses[-1].append(word)
    return [clause for clause in clauses if clause]


def _skip(clause: list[Word], *keywords: str) -> list[Word]:
    while clause and clause[0].says(*keywords):
        clause = clause[1:]
    return clause


def _read_clause(clause: list[Word], renames: dict[str, str], dropped: set[str]) -> None:
    verb, rest = clause[0], clause[1:]
    if verb.says("CHANGE"):
        rest = _skip(_skip(rest, "COLUMN"), "IF", "EXISTS")
        if len(rest) > 1 and rest[0].text.lower() != rest[1].text.lower():
            renames[rest[0].text.lower()] = rest[1].text
    elif verb.says("RENAME"):
        _read_rename(rest, renames)
    elif verb.says("DROP"):
        _read_drop(rest, dropped)
    elif verb.says("DISCARD", "IMPORT") or (
        verb.says("EXCHANGE", "TRUNCATE", "CONVERT") and rest and rest[0].says("PARTITION", "TABLE")
    ):
        raise Refused(
            "alter-moves-data",
            f"{verb.text.upper()} {rest[0].text.upper() if rest else ''} moves or removes data rather than changing "
            "the schema; run it on the server directly",
        )
    elif verb.says("ANALYZE", "CHECK", "REPAIR") and rest and rest[0].says("PARTITION"):
        raise Refused(
            "alter-maintains",
            f"{verb.text.upper()} PARTITION looks after the partitions of a table as it is, and would find nothing in "
            "the empty ghost table; run it on the server directly",
        )
    elif verb.says("ADD"):
        _read_add(rest)


def _read_rename(rest: list[Word], renames: dict[str, str]) -> None:
    if rest and rest[0].says("COLUMN"):
        rest = _skip(rest[1:], "IF", "EXISTS")
        if len(rest) < 3 or not rest[1].says("TO"):
            raise UsageError("RENAME COLUMN wants: RENAME COLUMN old TO new")
        renames[rest[0].text.lower()] = rest[2].text
    elif not (rest and rest[0].says("INDEX", "KEY")):
        raise Refused(
            "alter-renames-table", "the ALTER renames the table, which is not supported: rename it separately"
        )


def _read_drop(rest: list[Word], dropped: set[str]) -> None:
    if rest and rest[0].says("PARTITION"):
        raise Refused("alter-moves-data", "DROP PARTITION removes data rather than changing the schema")
    if rest and rest[0].says("INDEX", "KEY", "PRIMARY", "FOREIGN", "CONSTRAINT", "CHECK"):
        return
    if [word.text.upper() for word in rest[:2]] in (["PERIOD", "FOR"], ["SYSTEM", "VERSIONING"]):
        return  # alone, these two words are names
    rest = _skip(_skip(rest, "COLUMN"), "IF", "EXISTS")
    if rest:
        dropped.add(rest[0].text.lower())


def _read_add(rest: list[Word]) -> None:
    named = rest[2:] if rest and rest[0].says("CONSTRAINT") and len(rest) > 2 else rest
    if (
        (rest and rest[0].says("FOREIGN"))
        or (named and named[0].says("FOREIGN"))
        or any(word.says("REFERENCES") for word in rest)
    ):
        raise Refused(
            "alter-adds-foreign-key",
            "the ALTER adds a foreign key, which a ghost table cannot carry over; add it separately afterwards",
        )
