"""What migrations left on a server, as values; and what a table's name may mean. Pure.

A name proves nothing: a table that ends in `_del` may be anybody's. It only says where to look, and what belongs
together. What may be dropped is decided in core/cleaning.py, from what was seen behind the names.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ghostshift.core.cutover import Verdict, judge
from ghostshift.core.cutover_steps import Picture, Seen
from ghostshift.core.resuming import swapped_by_definition
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import Refused
from ghostshift.model.names import HelperNames, TableName, helper_names
from ghostshift.sql.checkpoints import COMMENT as CHECKPOINT_COMMENT
from ghostshift.sql.cleaning import CHANGELOG_COMMENT, LEAVING_COMMENT
from ghostshift.sql.cutover_statements import SENTRY_COMMENT


class Kind(enum.Enum):
    """What a table may be by its name and comment; the value is what a person reads."""

    GHOST = "ghost table"
    SHELL = "shell of a ghost table"
    CHANGELOG = "changelog"
    CHECKPOINT = "checkpoint"
    OLD = "old table"
    SENTRY = "sentry"
    LEAVING = "old table, being removed"
    REHEARSAL = "ghost of a rehearsal"
    OTHER_NEW = "looks like pt-osc's new table"
    OTHER_OLD = "looks like pt-osc's old table"


OUR_COMMENTS = {
    CHECKPOINT_COMMENT: Kind.CHECKPOINT,
    CHANGELOG_COMMENT: Kind.CHANGELOG,
    SENTRY_COMMENT: Kind.SENTRY,
    LEAVING_COMMENT: Kind.LEAVING,
}
"""Comments by which a table is known as ours."""

GH_OST_COMMENTS = frozenset({"gh-ost changelog", "ghost-cut-over-sentry"})

_PARTS = {
    "gho": Kind.GHOST,
    "ghs": Kind.SHELL,
    "ghr": Kind.REHEARSAL,
    "ghc": Kind.CHANGELOG,
    "ghk": Kind.CHECKPOINT,
    "del": Kind.OLD,
}
_HELPER = re.compile(
    "(?P<stem>.+?[_~\u00ff\uffee])(?:[0-9]{14}_)?(?P<part>gho|ghs|ghr|ghc|ghk|del)", re.DOTALL | re.IGNORECASE
)
_PT_OSC = re.compile(r"_+(?P<root>.+)_(?P<part>new|old)", re.DOTALL)
_QUOTED = re.compile(r"`((?:[^`]|``)+)`\.`((?:[^`]|``)+)`", re.DOTALL)

_CUT = 64
"""A name of so many letters was perhaps cut: it does not tell the original's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A table that was found."""

    name: TableName
    kind: Kind
    comment: str = ""
    rows: int = 0
    """By the server's estimate."""
    bytes: int = 0
    made: str = ""
    """When it was created, as the server says; another table under the same name has another time."""

    @property
    def ours(self) -> bool:
        """Whether its comment says that we made it."""
        return OUR_COMMENTS.get(self.comment) is self.kind

    @property
    def whose(self) -> str:
        """Another tool that it seems to be of."""
        if self.kind in (Kind.OTHER_NEW, Kind.OTHER_OLD):
            return "pt-online-schema-change"
        return "gh-ost" if self.comment in GH_OST_COMMENTS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What speaks for a process that is still at work."""

    holder: int | None = None
    """The session that holds the advisory lock of the original or the ghost."""
    sessions: tuple[int, ...] = ()
    """Sessions that hold the fence locks of the checkpoint's migration."""
    renaming: tuple[int, ...] = ()
    """Sessions in a RENAME TABLE that names one of the tables."""
    beating: bool = False
    """The changelog's heartbeat moved while it was looked at."""
    silent: float | None = None
    """Seconds since it, or the checkpoint, was last written, by the server's clock; None where neither is there."""
    pulse: tuple[str, ...] = ()
    """What those hold: another value later is a sign of life."""
    socket: str = ""
    """A control socket of this machine, for this table, at which somebody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Tables that belong together by their names, and all that is known of the migration that made them."""

    stem: TableName
    pieces: tuple[Piece, ...]
    original: TableName | None = None
    """None where the names do not tell it."""
    there: bool = False
    """A table bears the original's name."""
    checkpoint: Checkpoint | None = None
    problem: str = ""
    """Why the checkpoint that is there cannot be read."""
    sealed: bool = False
    """Somebody else could read it: another user, or a newer version."""
    now: Picture = field(default_factory=lambda: Picture(original=Seen(), ghost=Seen(), old=Seen()))
    """What the names of the swap stand for; the ghost is what holds its rows, though that be called the shell."""
    has_shell: bool = False
    """What bears the shell's name is the ghost's: the same table but for its form."""
    digest: str = ""
    """Of the definition of what bears the original's name; empty where nothing does."""
    old_digest: str = ""
    """Of the definition of what bears the name of the checkpoint's old table; empty where nothing does."""
    here: bool = True
    """The checkpoint speaks of this server."""
    replica: bool = False
    """The server replicates from another one, or may: the tables may be of a migration there."""
    guards: tuple[str, ...] = ()
    """Triggers of another tool on the original, which write into its new table."""
    signs: Signs = field(default_factory=Signs)

    @property
    def verdict(self) -> Verdict:
        """Which side of the swap the tables are on, by the checkpoint.

        What bears the original's name decides, where it is known: the others may have been dropped since.
        """
        if self.checkpoint is None:
            return Verdict.UNCLEAR
        before, here = picture_before(self.checkpoint), self.now.original.ids
        if here and here == before.original.ids:
            return Verdict.IN_PLACE
        if here and here == before.ghost.ids:
            return Verdict.SWAPPED
        known = here and before.ghost.ids
        if not known and swapped_by_definition(self.checkpoint, self.now, self.digest):
            return Verdict.SWAPPED
        return judge(before, self.now)

    @property
    def title(self) -> TableName:
        """What people know it by."""
        return self.original or self.stem


def picture_before(checkpoint: Checkpoint) -> Picture:
    """What the names stood for before the swap."""
    known = checkpoint.identities
    return Picture(
        original=Seen(exists=True, ids=frozenset(known.original)),
        ghost=Seen(exists=True, ids=frozenset(known.ghost)),
        old=Seen(),
    )


def kind_of(name: TableName, comment: str) -> Kind | None:
    """What a table may be; None for one that is no business of ours."""
    if comment in OUR_COMMENTS:
        return OUR_COMMENTS[comment]
    found = _HELPER.fullmatch(name.table)
    if found is not None:
        return _PARTS[found["part"].lower()]
    other = _PT_OSC.fullmatch(name.table)
    if other is None:
        return None
    return Kind.OTHER_NEW if other["part"] == "new" else Kind.OTHER_OLD


def stem_of(name: TableName) -> TableName:
    """What the helper tables of one migration have in common."""
    found = _HELPER.fullmatch(name.table) or _PT_OSC.fullmatch(name.table)
    return name.sibling(name.table if found is None else found["stem" if "stem" in found.groupdict() else "root"])


def perhaps_of(name: TableName, *, sort_after: bool) -> tuple[TableName, ...]:
    """Tables that the helper may be of by its name, the likelier first; `sort_after` as in `helper_names`."""
    other = _PT_OSC.fullmatch(name.table)
    found = _HELPER.fullmatch(name.table)
    if found is None:
        return (name.sibling(other["root"]),) if other is not None else ()
    if len(name.table) >= _CUT:
        return ()
    stem = found["stem"]
    suffixed = (stem[:-1],)
    wrapped = (stem[1:-1],) if stem.startswith("_") and stem.endswith("_") else ()
    roots = (*suffixed, *wrapped) if sort_after else (*wrapped, *suffixed)
    return tuple(name.sibling(root) for root in roots if root)


OF_PT_OSC = frozenset({Kind.OTHER_NEW, Kind.OTHER_OLD})
"""Names that are worth a word only where the table that they name is there: they are anybody's."""


def read_name(text: str) -> TableName | None:
    """A table's name in the form in which it is shown to people; None for another form."""
    found = _QUOTED.fullmatch(text)
    return TableName(*(part.replace("``", "`") for part in found.groups())) if found else None


def helpers_of(found: TableName, checkpoint: Checkpoint, original: TableName, *, sort_after: bool) -> HelperNames:
    """The tables of the migration whose checkpoint is the table `found`; a revert's ghost is the old table."""
    old = found.sibling(checkpoint.old)
    if checkpoint.revert and checkpoint.back:
        changelog = found.sibling(f"{stem_of(found).table}ghc")
        return HelperNames(ghost=found.sibling(checkpoint.back), old=old, changelog=changelog, checkpoint=found)
    for order in (sort_after, not sort_after):
        try:
            names = helper_names(original, sort_after=order)
        except Refused:
            continue
        if names.checkpoint == found:
            return HelperNames(ghost=names.ghost, old=old, changelog=names.changelog, checkpoint=found)
    stem = stem_of(found).table  # --force-table-names
    return HelperNames(
        ghost=found.sibling(f"{stem}gho"), old=old, changelog=found.sibling(f"{stem}ghc"), checkpoint=found
    )


def families(pieces: Iterable[Piece]) -> Mapping[TableName, tuple[Piece, ...]]:
    """The pieces by their stems, in the order of the names."""
    found: dict[TableName, list[Piece]] = {}
    for piece in sorted(pieces, key=lambda piece: piece.name):
        found.setdefault(stem_of(piece.name), []).append(piece)
    return {stem: tuple(some) for stem, some in found.items()}
