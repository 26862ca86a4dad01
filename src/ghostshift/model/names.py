"""Names of tables: how they are quoted, and what the helper tables of a migration are called.

gh-ost's names (`_t_gho`, `_t_ghc`, `_t_ghk`, `_t_del`) are kept where they are safe. On servers that cannot rename a
locked table (MariaDB, MySQL before 8.0.13) they lose writes: RENAME takes its locks in name order, names that sort
before the original leave it unqueued on the original at the moment of unlocking, and the application slips in.
There every helper name is the original's name plus a suffix, which sorts after it byte for byte (invariant 11's
ground; docs/decisions/0007). This module must never build a name that breaks that order: it refuses instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from ghostshift.model.errors import Refused

NAME_LIMIT = 64
"""Characters in an identifier, on both flavours (MySQL manual, "Identifier Length Limits")."""


def quote_name(name: str) -> str:
    """`name` as a quoted SQL identifier. The only place where identifiers are quoted."""
    # Neither flavour takes a blank at the end, or characters beyond the basic multilingual plane (both manuals).
    if not name or "\0" in name or name.endswith(" ") or max(name) > "\uffff":
        raise Refused("bad-name", f"{name!r} cannot be the name of a table or column")
    return "`" + name.replace("`", "``") + "`"


def quote_account(account: str) -> str:
    """`user@host` as a quoted account; a role of MariaDB has no host."""
    parts = account.rpartition("@")
    names = [parts[0], parts[2]] if parts[0] and parts[2] else [parts[0] or parts[2]]
    return "@".join("`" + name.replace("`", "``") + "`" for name in names)


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table in a schema."""

    schema: str
    table: str

    @property
    def sql(self) -> str:
        """The qualified, quoted form."""
        return f"{quote_name(self.schema)}.{quote_name(self.table)}"

    def __str__(self) -> str:
        return self.sql

    def sibling(self, table: str) -> TableName:
        """Another table of the same schema."""
        return TableName(self.schema, table)


@dataclass(frozen=True, slots=True)
class HelperNames:
    """The tables that a migration makes beside the original. The sentry bears the old table's name."""

    ghost: TableName
    old: TableName
    changelog: TableName
    checkpoint: TableName

    @property
    def shell(self) -> TableName:
        """Where a ghost is filled in another form than it has in the end: the one that it will have, empty."""
        return self.ghost.sibling(self.ghost.table[:-1] + "s")

    @property
    def between(self) -> TableName:
        """Within the one statement by which these two change names."""
        return self.ghost.sibling(self.ghost.table[:-1] + "x")


def helper_names(original: TableName, *, sort_after: bool, base: str = "", stamp: str = "") -> HelperNames:
    """The helper tables of `original`.

    `sort_after` demands names that sort after the original's; `base` replaces the table's name as their root
    (--force-table-names); `stamp` (YYYYMMDDhhmmss) goes into the old table's name (--timestamp-old-table).
    Raises Refused when no name of at most 64 characters sorts after the original.
    """
    root = base or original.table
    build = _suffixed if sort_after else _wrapped
    old = f"{stamp}_del" if stamp else "del"
    names = [build(root, original.table, part) for part in ("gho", old, "ghc", "ghk")]
    longest = max(names, key=_stored_bytes)
    if _stored_bytes(longest) > _FILE_NAME_BYTES:
        raise Refused(
            "helper-name-length",
            f"the helper table {longest!r} of {original} would have a file name of more than {_FILE_NAME_BYTES} bytes, "
            "for the server writes letters beyond ASCII as three or five of them; give a shorter root with "
            "--force-table-names",
        )
    ghost, old_name, changelog, checkpoint = (original.sibling(name) for name in names)
    return HelperNames(ghost=ghost, old=old_name, changelog=changelog, checkpoint=checkpoint)


_FILE_NAME_BYTES = 255 - len(".ibd")
"""For a table's name in its file's name, on the file systems that are in use."""


def _stored_bytes(name: str) -> int:
    """How long the name is as a file's, at the least: other letters are written as @ and two or four more bytes."""
    return sum(1 if letter.isascii() and (letter.isalnum() or letter == "_") else _width(letter) for letter in name)


def _width(letter: str) -> int:
    code = ord(letter)
    short = 0xC0 <= code < 0x600 or 0x1E00 <= code < 0x2000 or 0x2160 <= code < 0x2180 or 0x24B0 <= code < 0x24F0
    return 3 if short or 0xFF20 <= code < 0xFF60 else 5


def sorts_after(name: str, original: str) -> bool:
    """Whether RENAME locks `name` after `original`: bytewise, and in lower case too (lower_case_table_names=1)."""
    return name.encode() > original.encode() and name.lower().encode() > original.lower().encode()


def _wrapped(root: str, _original: str, part: str) -> str:
    return f"_{root[: NAME_LIMIT - len(part) - 2]}_{part}"


def _suffixed(root: str, original: str, part: str) -> str:
    # A cut name meets the original's own next letter, so the joint must sort after it: try ever greater ones.
    for joint in ("_", "~", "\u00ff", "\uffee"):
        name = f"{root[: NAME_LIMIT - len(part) - 1]}{joint}{part}"
        if sorts_after(name, original):
            return name
    raise Refused(
        "helper-name-order",
        f"no helper table name of {NAME_LIMIT} characters sorts after {original!r}, and on this server the cut-over is "
        "only safe with such names; give a root that sorts after it with --force-table-names",
    )
