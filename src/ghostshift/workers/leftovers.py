"""Finds what migrations left on a server, and the signs of life of those that made it. It touches nothing.

What it means is decided in core/cleaning.py. A sign that is missing proves little, so several are looked for: locks,
sessions, a heartbeat that moves, statements that wait, sockets of this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ghostshift.core.checkpoints import from_text
from ghostshift.core.cleaning import names_of
from ghostshift.core.cutover_steps import Picture, Seen
from ghostshift.core.leftovers import (
    OF_PT_OSC,
    Family,
    Kind,
    Piece,
    Signs,
    families,
    kind_of,
    perhaps_of,
    read_name,
    stem_of,
)
from ghostshift.core.loosening import State as Form
from ghostshift.core.resuming import NOTHING_YET
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import ConnectionLost, MigrationError, Refused, ServerError
from ghostshift.model.names import HelperNames, TableName, quote_name
from ghostshift.model.server import ServerIdentity
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.inspector import read_dialect, read_identity, table_exists
from ghostshift.mysql.replication import FORBIDDEN, read_channels
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql import cleaning as sql
from ghostshift.sql.literals import text_literal
from ghostshift.workers import loosening
from ghostshift.workers.cutover_sessions import look
from ghostshift.workers.definitions import digest
from ghostshift.workers.fence import still_there
from ghostshift.workers.preparer import lock_name

FRESH = 10.0
"""Seconds since a heartbeat for which it is worth waiting for the next one."""

BEAT_WITHIN = 3.0
"""Seconds to wait for it: the slowest heartbeat comes once a second."""

Answered = Callable[[TableName], str]
"""The control socket at which a migration of a table answers; empty where none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What is the same for all that is found."""

    dialect: Dialect
    identity: ServerIdentity
    replica: bool

    @property
    def sort_after(self) -> bool:
        """How a migration names its tables here."""
        return not self.dialect.renames_under_lock


def read_server(session: Session) -> Server:
    """Who it is. Raises ServerError."""
    dialect = read_dialect(session)
    if not dialect.mariadb and dialect.version >= (8, 0, 0):
        session.execute("SET SESSION information_schema_stats_expiry = 0")
    channels = read_channels(session, dialect)
    return Server(
        dialect=dialect,
        identity=read_identity(session, dialect),
        replica=channels is None or bool(channels),
    )


def find(session: Session, server: Server, answered: Answered, stop: Stop, schema: str = "") -> list[Family]:
    """All that there is, of one schema or of all. Raises ServerError."""
    names = [TableName(str(row[0]), str(row[1])) for row in session.query(sql.names_in(schema))]
    pieces = [piece for name in names if kind_of(name, "") and (piece := _piece(session, name)) is not None]
    known = set(names)
    pieces = [piece for piece in pieces if piece.kind not in OF_PT_OSC or stem_of(piece.name) in known]
    found = [_family(session, server, some, answered) for some in _adopted(session, families(pieces).values())]
    return _heard(session, found, stop)


@dataclass(frozen=True, slots=True)
class Held:
    """An advisory lock of a migration, and who holds it."""

    name: str
    session: int


def held(session: Session, server: Server, found: Iterable[Family], schema: str = "") -> list[Held]:
    """Locks of migrations of which none of these tables is: of one that has only begun, or whose tables are gone.

    None where the server does not show them.
    """
    known = {number for family in found for number in (family.signs.holder, *family.signs.sessions)}
    ours = (f"gh-ost::{schema}.",) if schema else ("gh-ost::", "ghostshift.")
    try:
        rows = session.query(sql.user_locks(mariadb=server.dialect.mariadb))
    except ConnectionLost:
        raise
    except ServerError:
        return []  # a privilege or a plugin is missing: what is dropped is asked for lock by lock
    locks = (Held(str(row[0]), int(row[1])) for row in rows if str(row[0]).startswith(ours))
    return [lock for lock in locks if lock.session not in known]


def again(session: Session, server: Server, family: Family, answered: Answered) -> Family:
    """The same tables as they are now; those that are gone are left out. Raises ServerError."""
    seen = (_piece(session, piece.name) for piece in family.pieces)
    return _family(session, server, tuple(piece for piece in seen if piece is not None), answered)


def _piece(session: Session, name: TableName) -> Piece | None:
    """The table; None for a view, and for what is gone by now."""
    rows = session.query(sql.facts_of(name))
    if not rows or str(rows[0][0]) not in ("BASE TABLE", "SYSTEM VERSIONED"):
        return None
    _, comment, count, size, made = rows[0]
    kind = kind_of(name, str(comment or ""))
    if kind is None:
        return None
    return Piece(
        name=name, kind=kind, comment=str(comment or ""), rows=int(count or 0), bytes=int(size or 0), made=str(made)
    )


def _adopted(session: Session, found: Iterable[tuple[Piece, ...]]) -> list[tuple[Piece, ...]]:
    """With each checkpoint the old table that it names, though that has another stem (a revert's)."""
    groups = [list(some) for some in found]
    for group in groups:
        checkpoint = _read(session, group).checkpoint
        for other in groups if checkpoint is not None else ():
            for piece in other if other is not group else ():
                if checkpoint is not None and piece.name == group[0].name.sibling(checkpoint.old):
                    other.remove(piece)
                    group.append(piece)
                    break
    return [tuple(group) for group in groups if group]


# One family ----------------------------------------------------------------------------------------------------------


def _family(session: Session, server: Server, pieces: tuple[Piece, ...], answered: Answered) -> Family:
    if not pieces:
        raise MigrationError("the tables are gone: somebody else has removed them")
    said = _read(session, pieces)
    checkpoint = said.checkpoint
    original = _original(session, server, pieces, checkpoint)
    family = Family(
        stem=stem_of(pieces[0].name),
        pieces=pieces,
        original=original,
        there=original is not None and table_exists(session, original),
        checkpoint=checkpoint,
        problem=said.problem,
        sealed=said.sealed,
        here=checkpoint is None or checkpoint.migrated == server.identity,
        replica=server.replica,
        guards=_guards(session, pieces, original),
    )
    if checkpoint is not None and original is not None:
        names = names_of(family, checkpoint)
        if names is not None:
            form = _form(session, names, checkpoint)
            # A run may have died after the rows had moved, and before they got the ghost's name.
            ghost = names.shell if form is Form.MOVED else names.ghost
            now = look(session, original, replace(names, ghost=ghost), server.dialect)
            family = replace(
                family,
                now=now,
                has_shell=form is not Form.WHOLE,
                digest=digest(session, original) if now.original.exists else "",
                old_digest=digest(session, names.old) if now.old.exists else "",
            )
    else:
        family = replace(family, now=Picture(original=Seen(exists=family.there), ghost=Seen(), old=Seen()))
    return replace(family, signs=_signs(session, family, said, answered))


def _form(session: Session, names: HelperNames, checkpoint: Checkpoint) -> Form:
    """How far the ghost is from its last form, as a run that goes on would judge it; WHOLE: no shell is known."""
    if not (checkpoint.unfinished or checkpoint.phase in NOTHING_YET):
        return Form.WHOLE
    try:
        return loosening.look(session, names)
    except ConnectionLost:
        raise
    except ServerError:
        return Form.WHOLE  # one of the two is gone, or may not be seen: then nothing proves the other to be a shell


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What checkpoint and changelog say."""

    checkpoint: Checkpoint | None = None
    problem: str = ""
    sealed: bool = False
    silent: float | None = None
    pulse: tuple[str, ...] = ()


def _read(session: Session, pieces: Iterable[Piece]) -> _Said:
    said = _Said()
    for piece in pieces:
        if piece.kind not in (Kind.CHECKPOINT, Kind.CHANGELOG) or not (piece.ours or piece.whose):
            continue
        is_checkpoint = piece.kind is Kind.CHECKPOINT
        ask = sql.pulse_of_checkpoint if is_checkpoint else sql.pulse_of_changelog
        try:
            rows = session.query(ask(piece.name))
        except ConnectionLost:
            raise
        except ServerError as error:
            if is_checkpoint:
                denied = error.errno in FORBIDDEN
                said = replace(said, problem=error.server_message, sealed=denied)
            continue
        if not rows or rows[0][0] is None:
            continue
        text, age = str(rows[0][0]), float(rows[0][1])
        said = replace(said, pulse=(*said.pulse, text), silent=age if said.silent is None else min(age, said.silent))
        if is_checkpoint:
            try:
                said = replace(said, checkpoint=from_text(text, str(piece.name)))
            except Refused as error:
                said = replace(said, problem=str(error), sealed=error.code == "checkpoint-format")
    return said


def _original(
    session: Session, server: Server, pieces: tuple[Piece, ...], checkpoint: Checkpoint | None
) -> TableName | None:
    if checkpoint is not None:
        return read_name(checkpoint.table)
    perhaps = perhaps_of(pieces[0].name, sort_after=server.sort_after)
    return next((name for name in perhaps if table_exists(session, name)), perhaps[0] if perhaps else None)


def _guards(session: Session, pieces: Iterable[Piece], original: TableName | None) -> tuple[str, ...]:
    """Triggers of pt-online-schema-change on the original."""
    if original is None or not any(piece.kind in OF_PT_OSC for piece in pieces):
        return ()
    names = (str(row[0]) for row in session.query(sql.triggers_on(original)))
    return tuple(name for name in names if name.startswith("pt_osc_"))


# Signs of life -------------------------------------------------------------------------------------------------------


def _signs(session: Session, family: Family, said: _Said, answered: Answered) -> Signs:
    return Signs(
        holder=_holder(session, family),
        sessions=() if family.checkpoint is None else tuple(still_there(session, family.checkpoint.run)),
        renaming=renaming(session, family),
        silent=said.silent,
        pulse=said.pulse,
        socket="" if family.original is None else answered(family.original),
    )


def _holder(session: Session, family: Family) -> int | None:
    """Who holds the lock of the original, or of what bears the ghost's name: not we ourselves."""
    for name in locks_of(family):
        (holder,) = session.one(f"SELECT IS_USED_LOCK({text_literal(lock_name(name))})")
        if holder is not None and int(holder) != session.id:
            return int(holder)
    return None


def locks_of(family: Family) -> tuple[TableName, ...]:
    """The names whose locks a migration of these tables takes."""
    names = None if family.checkpoint is None else names_of(family, family.checkpoint)
    likely = (
        family.original,  # without a checkpoint it is not certain of which table they are
        None if names is None else names.ghost,
        family.stem.sibling(f"{family.stem.table}gho"),
    )
    return tuple(dict.fromkeys(name for name in likely if name is not None))


def renaming(session: Session, family: Family) -> tuple[int, ...]:
    """Sessions in a RENAME TABLE that names one of the tables; of other users' only those that we may see."""
    # However the name is quoted, and whatever schema is meant: one too many only means that nothing is dropped now.
    spelled = {form for piece in family.pieces for form in (piece.name.table, quote_name(piece.name.table)[1:-1])}
    marks = [form.encode("utf-8", "surrogateescape") for form in spelled]
    return tuple(
        int(row[0])
        for row in session.query_bytes(sql.EVERYBODY)
        if (text := bytes(row[7] or b"")).upper().startswith(b"RENAME TABLE") and any(mark in text for mark in marks)
    )


def _heard(session: Session, found: list[Family], stop: Stop) -> list[Family]:
    """With those marked whose heartbeat moves: asked again for a while of those that were heard of just now."""
    moved: set[TableName] = set()
    end = stop.now() + BEAT_WITHIN

    def waiting() -> list[Family]:
        return [
            family
            for family in found
            if family.stem not in moved
            and family.signs.holder is None
            and family.signs.silent is not None
            and family.signs.silent <= FRESH
        ]

    while waiting() and stop.now() < end and not stop.is_set():
        stop.wait(0.2)
        moved |= {family.stem for family in waiting() if _read(session, family.pieces).pulse != family.signs.pulse}
    stop.raise_cause()
    return [
        replace(family, signs=replace(family.signs, beating=True)) if family.stem in moved else family
        for family in found
    ]
