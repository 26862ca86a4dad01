"""Asking the server in which way it would do an ALTER itself: statements, and what its answers mean. Pure.

The algorithm is asked for by name, so the server never does it in a dearer way than it was asked.
"""

from __future__ import annotations

from ghostshift.model.names import TableName
from ghostshift.sql.literals import text_literal
from ghostshift.sql.tokens import words_of

NO_SUCH_WAY = frozenset(
    {
        1221,  # incorrect usage of ALGORITHM=INSTANT and a LOCK of the ALTER's own
        1845,  # not supported for this operation
        1846,  # not supported for this operation, with a reason
        4092,  # MySQL: no row versions are left
    }
)
"""Errors that say: not in this way. Whatever else goes wrong is wrong with the ALTER itself."""

Way = tuple[str, str]
"""Algorithm and lock."""

WAYS: tuple[Way, ...] = (("INSTANT", ""), ("INPLACE", "NONE"), ("INPLACE", "SHARED"), ("COPY", "SHARED"))
INSTANTLY = WAYS[:1]
MARIADB_WAYS: tuple[Way, ...] = (("INSTANT", ""), ("NOCOPY", "NONE"), ("NOCOPY", "SHARED"), *WAYS[1:])
"""From the cheapest to the dearest."""

_UNFIT = ("ALGORITHM", "LOCK", "PARTITION", "PARTITIONING", "TABLESPACE")


def unasked(options: str) -> str:
    """Why the server cannot be asked; empty where it can.

    An ALGORITHM or LOCK of the ALTER's own would win over ours, and what is done to partitions and tablespaces takes no
    other clause beside it.
    """
    _, words = words_of(options)
    found = next((word.text.upper() for word in words if word.says(*_UNFIT)), "")
    return f"the ALTER says {found}: the server takes no question about its algorithm beside it" if found else ""


def native_alter(table: TableName, way: Way, options: str) -> str:
    """The ALTER in this way and no other."""
    algorithm, lock = way
    return f"ALTER TABLE {table.sql} ALGORITHM={algorithm}{f', LOCK={lock}' if lock else ''}, {options}"


def stored_name(name: TableName) -> str | None:
    """The name as MySQL's InnoDB lists it; None for letters beyond ASCII, which it writes in ways of its own."""
    text = f"{name.schema}/{name.table}"
    if not text.isascii():
        return None
    parts = (
        "".join(letter if letter.isalnum() or letter == "_" else f"@{ord(letter):04x}" for letter in part)
        for part in (name.schema, name.table)
    )
    return "/".join(parts)


def row_versions(stored: str) -> str:
    """MySQL: the greatest number of row versions of the table and its partitions, and its id while it has none."""
    parts = stored + "#p#"
    return (
        "SELECT MAX(TOTAL_ROW_VERSIONS), MAX(TABLE_ID) FROM information_schema.INNODB_TABLES WHERE LOWER(NAME) = "
        f"{text_literal(stored.lower())} OR LEFT(LOWER(NAME), {len(parts):d}) = {text_literal(parts.lower())}"
    )
