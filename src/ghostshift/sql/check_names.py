"""Names of CHECK constraints where they are the schema's, not the table's (MySQL): what the ghost's are called. Pure.

CREATE TABLE … LIKE numbers them anew, so that an ALTER could not name them any more, and the new table's would be
called otherwise than the server's own ALTER leaves them. One fact of the server helps: a CHECK whose name begins with
its table's name and `_chk_` follows the table's name in a RENAME. So `t_chk_7` is `_t_gho_chk_7` on the ghost, and
itself again after the swap. Any other name is taken as long as the original lives, and must become another one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ghostshift.model.names import TableName, quote_name
from ghostshift.sql.alter import clauses_of
from ghostshift.sql.tokens import Word, words_of

MOST = 64
"""Letters of a constraint's name."""

_LINE = re.compile(r"^  CONSTRAINT `((?:[^`]|``)+)` (CHECK \(.*\)(?: /\*!\d+ NOT ENFORCED \*/)?),?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK as SHOW CREATE TABLE writes it: its name, and the words behind it."""

    name: str
    text: str


def read_checks(created: str) -> tuple[Check, ...]:
    """From SHOW CREATE TABLE in the server's usual quotes."""
    return tuple(Check(found[1].replace("``", "`"), found[2]) for found in _LINE.finditer(created))


def follows(name: str, table: str) -> bool:
    """Whether this CHECK's name follows its table's in a RENAME."""
    return name.startswith(f"{table}_chk_") and len(name) > len(table) + 5


def ghost_names(
    checks: Sequence[Check], original: TableName, ghost: TableName, taken: Collection[str]
) -> dict[str, str]:
    """By name of the original's CHECK in lower case: the ghost's. `taken` are the schema's names, in lower case."""
    prefix, used, names = f"{original.table}_chk_", set(taken), {}
    for check in checks:
        if follows(check.name, original.table):
            name = f"{ghost.table}_chk_{check.name[len(prefix) :]}"
        else:
            name = _other(check.name, used)
        used.add(name.lower())
        names[check.name.lower()] = name
    return names


def _other(name: str, used: Collection[str]) -> str:
    """The name without or with underscores behind it: the next migration gives the old one back."""
    stem = name.rstrip("_") or name
    tries = [stem, *(f"{stem[: MOST - count]}{'_' * count}" for count in range(1, MOST))]
    return next(one for one in tries if one.lower() not in used)


def too_long(checks: Sequence[Check], original: TableName, others: Collection[TableName]) -> str:
    """The first name that would be longer than the server takes, on the ghost or the old table; empty if none."""
    prefix = f"{original.table}_chk_"
    for table in others:
        for number, check in enumerate(checks, 1):
            rest = check.name[len(prefix) :] if follows(check.name, original.table) else str(number)
            if len(name := f"{table.table}_chk_{rest}") > MOST:
                return name
    return ""


def adopt(ghost: TableName, made: Sequence[Check], wanted: Sequence[Check], names: Mapping[str, str]) -> str:
    """The statement that gives the empty ghost these CHECKs under their names; empty where it has them already."""
    renamed = [Check(names[check.name.lower()], check.text) for check in wanted]
    if set(renamed) == set(made):
        return ""
    drops = [f"DROP CHECK {quote_name(check.name)}" for check in made]
    adds = [f"ADD CONSTRAINT {quote_name(check.name)} {check.text}" for check in renamed]
    return f"ALTER TABLE {ghost.sql} {', '.join((*drops, *adds))}"


def with_ghost_names(options: str, names: Mapping[str, str]) -> str:
    """The ALTER's options, the names of the original's CHECKs replaced where it drops, alters or adds them."""
    opened, words = words_of(options)
    places = [word for clause in clauses_of(words) if (word := _named(clause)) and word.text.lower() in names]
    for word in reversed(places):
        opened = f"{opened[: word.start]}{quote_name(names[word.text.lower()])}{opened[word.end :]}"
    return opened


def _named(clause: Sequence[Word]) -> Word | None:
    """The name of the constraint that a clause is about."""
    if len(clause) < 3 or not clause[1].says("CHECK", "CONSTRAINT"):
        return None
    if clause[0].says("DROP", "ALTER"):
        return clause[2]
    adds = clause[0].says("ADD") and clause[1].says("CONSTRAINT") and len(clause) > 3 and clause[3].says("CHECK")
    return clause[2] if adds else None
