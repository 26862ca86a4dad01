"""Statements by which a ghost is filled without its AUTO_INCREMENT, and gets it back. Values in, text out.

MariaDB takes the attribute from a column in an instant and gives it back only by copying the table. But a partition
changes places with a table in an instant, too, and there the attribute may be on the table's side alone.
"""

from __future__ import annotations

import re

from ghostshift.model.names import HelperNames, TableName, quote_name

PARTITION = "p0"
"""What the server calls the one partition of PARTITION BY KEY."""

_QUOTED_OR_NUMBERED = re.compile(r"('(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`)| AUTO_INCREMENT\b", re.DOTALL)


def definition_without_number(created: str, column: str) -> str | None:
    """A column's definition from SHOW CREATE TABLE, without AUTO_INCREMENT; None where it is not found, or has none.

    Read in a session of ours, where a line is a column and names are in backquotes.
    """
    wanted = f"  {quote_name(column)} "
    line = next((line for line in created.splitlines() if line.startswith(wanted)), "").removesuffix(",").strip()
    plain = _unnumbered(line)
    return plain if plain != line else None


def is_partitioned(created: str) -> bool:
    """Whether SHOW CREATE TABLE tells of partitions."""
    return re.search(r"^ ?PARTITION BY ", created.rsplit("\n)", 1)[-1], re.MULTILINE) is not None


def alike(one: str, other: str) -> bool:
    """Whether two tables, of which SHOW CREATE TABLE tells, differ in name, numbering and partitions at the most."""
    return _shape(one) == _shape(other)


def _shape(created: str) -> str:
    body = created.partition("(")[2]
    head, tail = body.rsplit("\n)", 1) if "\n)" in body else (body, "")
    tail = re.sub(
        r"\s*\bAUTO_INCREMENT=\d+", "", re.split(r"^ ?PARTITION BY ", tail, maxsplit=1, flags=re.MULTILINE)[0]
    )
    return _unnumbered(head) + "\n)" + tail.rstrip()


def _unnumbered(text: str) -> str:
    return _QUOTED_OR_NUMBERED.sub(lambda found: found[1] or "", text)


def create_alike(name: TableName, model: TableName) -> str:
    """An empty table like another one."""
    return f"CREATE TABLE {name.sql} LIKE {model.sql}"


def loosen(name: TableName, column: str, definition: str) -> str:
    """Make an empty table one partition by `column`, defined as `definition` says."""
    return f"ALTER TABLE {name.sql} MODIFY {definition} PARTITION BY KEY ({quote_name(column)}) PARTITIONS 1"


def exchange(loose: TableName, whole: TableName) -> str:
    """The rows of two tables change places; the server compares their definitions."""
    return f"ALTER TABLE {loose.sql} EXCHANGE PARTITION {PARTITION} WITH TABLE {whole.sql}"


def change_names(helpers: HelperNames) -> str:
    """Ghost and shell change names, in one statement."""
    ghost, shell, between = helpers.ghost, helpers.shell, helpers.between
    return f"RENAME TABLE {ghost.sql} TO {between.sql}, {shell.sql} TO {ghost.sql}, {between.sql} TO {shell.sql}"


def any_row(name: TableName) -> str:
    """A row if there is one."""
    return f"SELECT 1 FROM {name.sql} LIMIT 1"


def drop_shell(name: TableName) -> str:
    """Only for a caller that has seen it empty."""
    return f"DROP TABLE IF EXISTS {name.sql}"
