"""What of a migration's leftovers may be dropped, and why not. Pure: a table of cases.

Live is whatever might be: a lock that is held, a heartbeat that moves, a socket that answers, a RENAME that waits. What
is dead is dropped only where it proves itself to be ours, by a comment that we set or a checkpoint that knows it. An
old table is the only copy of what was there before, and is dropped only where that was asked for by name or flag.

Must never let anything be dropped of a migration that lives, nor of one whose swap is not certain (invariant 11).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ghostshift.core.cutover import Verdict
from ghostshift.core.leftovers import Family, Kind, Piece, helpers_of
from ghostshift.core.resuming import NOTHING_YET
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.names import HelperNames, TableName
from ghostshift.model.phase import Phase


class Answer(enum.Enum):
    """Whether a table may be dropped."""

    FREE = "with a yes"
    OLD = "with --old-tables, or by name"
    NAMED = "by name only"
    NEVER = "not now"


class State(enum.Enum):
    """How it stands with the migration that made them."""

    LIVE = "live"
    DEAD = "dead"
    """It ended before its time."""
    FINISHED = "finished"
    UNCLEAR = "unclear"
    """Nobody knows which side of the swap the tables are on."""
    UNKNOWN = "unknown"
    """Nothing proves that there was one of ours."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What may become of one table, and why."""

    answer: Answer
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A family, judged."""

    family: Family
    state: State
    story: str
    """What is known of the migration, in words."""
    rulings: Mapping[TableName, Ruling]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody wants to be dropped besides what is free."""

    old_tables: bool = False
    named: frozenset[TableName] = frozenset()
    silent: float | None = None
    """Seconds for which nothing must have been heard of a migration; for what is named, too. None: see WAITING."""


MAY_WAIT = "its migration may be waiting for this server; where it is not: --silent-for 0"
"""Why what was heard of just now is left alone."""

WAITING = 600.0
"""Seconds of silence after which a migration is not believed any more to wait for its server: its own default."""

LAST = (
    Kind.SENTRY,
    Kind.OTHER_NEW,
    Kind.OTHER_OLD,
    Kind.REHEARSAL,
    Kind.SHELL,
    Kind.GHOST,
    Kind.CHANGELOG,
    Kind.LEAVING,
    Kind.OLD,
)
"""The order of dropping; the checkpoint is the last, for it proves the others."""


def rule(family: Family) -> Ruled:
    """Judge a family."""
    for case in _WHOLE:
        found = case(family)
        if found is not None:
            state, story, ruling = found
            rulings = {piece.name: ruling for piece in family.pieces}
            return Ruled(family=family, state=state, story=story, rulings=rulings)
    checkpoint = family.checkpoint
    if checkpoint is None:
        return _without_checkpoint(family)
    swapped = checkpoint.phase is Phase.DONE or _side(family, Verdict.SWAPPED)
    rulings = {
        piece.name: _of_swapped(family, checkpoint, piece) if swapped else _of_ended(family, checkpoint, piece)
        for piece in family.pieces
    }
    state = State.FINISHED if checkpoint.phase is Phase.DONE else State.DEAD
    return Ruled(family=family, state=state, story=_story(family, checkpoint, swapped=swapped), rulings=rulings)


def chosen(ruled: Ruled, wishes: Wishes) -> tuple[Piece, ...]:
    """The tables to be dropped, in the order in which that is done."""
    if spared(ruled, wishes):
        return ()
    found = [piece for piece in ruled.family.pieces if _is_chosen(ruled.rulings[piece.name], piece, wishes)]
    names = {piece.name for piece in found}
    checkpoint = ruled.family.checkpoint
    if checkpoint is not None and any(piece.name.table == checkpoint.old for piece in found):
        # With the table that a revert would go back to goes what it would begin from.
        found += [
            piece
            for piece in ruled.family.pieces
            if piece.name not in names
            and piece.kind is Kind.CHECKPOINT
            and ruled.rulings[piece.name].answer is Answer.OLD
        ]
    return tuple(sorted(found, key=lambda piece: LAST.index(piece.kind) if piece.kind in LAST else len(LAST)))


def spared(ruled: Ruled, wishes: Wishes) -> bool:
    """Whether the migration was heard of too recently: it may be cut off from the server, and go on."""
    heard, checkpoint = ruled.family.signs.silent, ruled.family.checkpoint
    if heard is None:
        return False
    if wishes.silent is not None:
        return heard < wishes.silent
    ended = checkpoint is not None and (checkpoint.phase is Phase.DONE or bool(checkpoint.hopeless))
    return heard < WAITING and not ended


def kept_for(ruled: Ruled, piece: Piece, wishes: Wishes) -> str:
    """Why one stays that is not among the chosen."""
    ruling = ruled.rulings[piece.name]
    if not (_is_chosen(ruling, piece, wishes) and spared(ruled, wishes)):
        return ruling.why
    return MAY_WAIT if wishes.silent is None else f"heard of within {wishes.silent:g} s: --silent-for with less"


def _is_chosen(ruling: Ruling, piece: Piece, wishes: Wishes) -> bool:
    if ruling.answer is Answer.NEVER:
        return False
    if ruling.answer is Answer.FREE or piece.name in wishes.named:
        return True
    return ruling.answer is Answer.OLD and wishes.old_tables


# Cases that decide for all tables of a family ------------------------------------------------------------------------

Whole = tuple[State, str, Ruling]


def _living(family: Family) -> Whole | None:
    """Sessions alone do not count: they may be a dead process's."""
    signs = family.signs
    seen = ""
    if signs.holder is not None:
        seen = f"session {signs.holder} on the server holds its lock"
    elif signs.beating:
        seen = "its heartbeat moves"
    elif signs.socket:
        seen = f"somebody answers at {signs.socket}"
    elif signs.renaming:
        seen = f"session {signs.renaming[0]} on the server is in a RENAME of its tables"
    return (State.LIVE, f"running: {seen}", Ruling(Answer.NEVER, "a migration is at work on it")) if seen else None


def _unreadable(family: Family) -> Whole | None:
    if not family.problem:
        return None
    story = f"its checkpoint cannot be read: {family.problem}"
    if family.sealed:
        return State.UNCLEAR, story, Ruling(Answer.NEVER, "whoever can read the checkpoint can tell")
    return State.UNKNOWN, story, Ruling(Answer.NAMED, "what it is of is not known")


def _elsewhere(family: Family) -> Whole | None:
    checkpoint = family.checkpoint
    if checkpoint is None or family.here:
        return None
    story = f"{_ended(checkpoint)}, on {checkpoint.migrated}; this is another server"
    return State.UNKNOWN, story, Ruling(Answer.NAMED, "clean up on that server first")


def _uncertain(family: Family) -> Whole | None:
    checkpoint = family.checkpoint
    if checkpoint is None or not _side(family, Verdict.UNCLEAR):
        return None
    story = (
        f"{_ended(checkpoint)}, and which side of the swap the tables are on is not certain: start the same command "
        f"again, or look at {family.title} and the tables beside it"
    )
    return State.UNCLEAR, story, Ruling(Answer.NEVER, "it may be the only copy of rows")


def _reverting(family: Family) -> Whole | None:
    checkpoint = family.checkpoint
    if checkpoint is None or not checkpoint.revert or checkpoint.phase is Phase.DONE or _side(family, Verdict.SWAPPED):
        return None
    begun = f"a revert {_ended(checkpoint)}"
    if checkpoint.hopeless:
        story = f"{begun}; nobody can go on with it: {checkpoint.hopeless}"
        return State.DEAD, story, Ruling(Answer.NAMED, "it is of a revert that nobody can go on with")
    return State.DEAD, f"{begun}; the same command again goes on", Ruling(Answer.NAMED, "the revert needs it")


_WHOLE: tuple[Callable[[Family], Whole | None], ...] = (_living, _unreadable, _elsewhere, _uncertain, _reverting)


def _side(family: Family, verdict: Verdict) -> bool:
    """Whether the tables are on this side of the swap. By names alone they can be swapped only once that was noted."""
    checkpoint = family.checkpoint
    if checkpoint is None or family.verdict is not verdict:
        return False
    ghost, here = frozenset(checkpoint.identities.ghost), family.now.original.ids
    surely = verdict is Verdict.SWAPPED and bool(ghost) and here == ghost
    return surely or checkpoint.phase in (Phase.CUTTING_OVER, Phase.CLEANING)


# Without a checkpoint ------------------------------------------------------------------------------------------------


def _without_checkpoint(family: Family) -> Ruled:
    ours = any(piece.ours and piece.kind is Kind.CHANGELOG for piece in family.pieces)
    rulings = {piece.name: _unproved(family, piece, changelog=ours) for piece in family.pieces}
    if ours:
        return Ruled(family=family, state=State.DEAD, story="ended, without a checkpoint", rulings=rulings)
    if any(piece.ours for piece in family.pieces):
        return Ruled(family=family, state=State.DEAD, story="left behind", rulings=rulings)
    others = " or ".join(sorted({f"{piece.whose}'s" for piece in family.pieces if piece.whose}))
    like = others or "a helper of ours or gh-ost's"
    story = f"not proved to be ours; by the names it may be {like}"
    return Ruled(family=family, state=State.UNKNOWN, story=story, rulings=rulings)


def _unproved(family: Family, piece: Piece, *, changelog: bool) -> Ruling:
    ghost = piece.kind is Kind.GHOST and changelog
    cases = (
        (
            bool(family.guards) and piece.kind is Kind.OTHER_NEW,
            Answer.NEVER,
            f"the trigger {''.join(family.guards[:1])} on {family.title} writes into it: drop that tool's triggers",
        ),
        (family.replica, Answer.NAMED, "this server is a replica: it may be of a migration on its primary"),
        (piece.ours, Answer.FREE, ""),
        (ghost and family.there, Answer.FREE, "the changelog beside it is ours"),
        (ghost, Answer.NAMED, _alone(family)),
        (piece.kind is Kind.OLD, Answer.NAMED, "no checkpoint says that a migration made it"),
    )
    return _first(cases, Ruling(Answer.NAMED, "nothing but its name says whose it is"))


# With a checkpoint ---------------------------------------------------------------------------------------------------


def _of_swapped(family: Family, checkpoint: Checkpoint, piece: Piece) -> Ruling:
    """The tables are swapped."""
    slipped = checkpoint.phase not in (Phase.CLEANING, Phase.DONE) and family.now.old.exists
    old = any(other.name.table == checkpoint.old and other.kind is Kind.OLD for other in family.pieces)
    is_old = piece.name.table == checkpoint.old and piece.kind is Kind.OLD
    known, seen = frozenset(checkpoint.identities.original), family.now.old.ids
    begins = piece.kind is Kind.CHECKPOINT
    # Where the server does not show which table it is, its definition must be as it was.
    shown = bool(known and seen)
    other = known != seen if shown else family.old_digest != checkpoint.original
    unproved = "" if shown or other else _not_told_apart(family, checkpoint)
    cases = (
        (piece.kind in (Kind.SENTRY, Kind.LEAVING), Answer.FREE, ""),
        (is_old and other, Answer.NAMED, "it is not the table that was swapped"),
        (is_old and slipped, Answer.NEVER, "the same command again reads from it what slipped in before the swap"),
        (is_old and bool(unproved), Answer.NAMED, unproved),
        (is_old, Answer.OLD, "it is the only copy of what was there before"),
        (
            slipped and piece.kind in (Kind.CHECKPOINT, Kind.CHANGELOG),
            Answer.NAMED,
            "without the table that was swapped nobody can end that run"
            if shown and other
            else "the same command again brings over what slipped in before the swap",
        ),
        (begins and old and bool(unproved), Answer.NAMED, "by it others may tell which table the old one is"),
        (begins and piece.ours and old, Answer.OLD, "a revert to the old table begins there"),
        (piece.ours, Answer.FREE, ""),
    )
    return _first(cases, Ruling(Answer.NAMED, "the checkpoint knows nothing of it"))


def _not_told_apart(family: Family, checkpoint: Checkpoint) -> str:
    """Why the old table's definition, which is the original's, proves nothing; empty where it does.

    Somebody may have swapped the tables back by hand: what is called the old table then has the newer rows.
    """
    if checkpoint.ghost and checkpoint.original not in (checkpoint.ghost, family.digest):
        return ""
    why = "it may hold the newer rows, for both are defined alike"
    if checkpoint.identities.original:
        return f"{why}; GRANT PROCESS ON *.* shows which it is; or look at it, then"
    return f"{why}, and the migration was not shown which it is; look at it, then"


def _of_ended(family: Family, checkpoint: Checkpoint, piece: Piece) -> Ruling:
    """Nothing is swapped: the original is in place."""
    names = names_of(family, checkpoint)
    known = () if names is None else (names.ghost, names.shell) if family.has_shell else (names.ghost,)
    cases = (
        (piece.ours, Answer.FREE, ""),
        (piece.name not in known, Answer.NAMED, "the checkpoint knows nothing of it"),
        (not family.there, Answer.NAMED, _alone(family)),
        (
            _is_another(family, checkpoint),
            Answer.NAMED,
            "it is not the table that the checkpoint speaks of",
        ),
    )
    return _first(cases, Ruling(Answer.FREE, "its checkpoint knows it"))


def _is_another(family: Family, checkpoint: Checkpoint) -> bool:
    """Whether what bears the ghost's name is not the ghost."""
    known, seen = frozenset(checkpoint.identities.ghost), family.now.ghost.ids
    return checkpoint.phase not in NOTHING_YET and bool(known and seen) and known != seen


def _alone(family: Family) -> str:
    return f"there is no {family.title} any more: it may be the only copy of its rows"


def _first(cases: Iterable[tuple[bool, Answer, str]], otherwise: Ruling) -> Ruling:
    """The first case that holds."""
    return next((Ruling(answer, why) for holds, answer, why in cases if holds), otherwise)


def names_of(family: Family, checkpoint: Checkpoint) -> HelperNames | None:
    """The names of the checkpoint's migration; None without what tells them."""
    found = next((piece.name for piece in family.pieces if piece.kind is Kind.CHECKPOINT), None)
    if found is None or family.original is None:
        return None
    return helpers_of(found, checkpoint, family.original, sort_after=not found.table.startswith("_"))


# Words ---------------------------------------------------------------------------------------------------------------


def _ended(checkpoint: Checkpoint) -> str:
    return "finished" if checkpoint.phase is Phase.DONE else f"ended while {checkpoint.phase.value}"


def _story(family: Family, checkpoint: Checkpoint, *, swapped: bool) -> str:
    rows = f", {checkpoint.rows:,} rows copied" if checkpoint.rows else ""
    if checkpoint.phase is Phase.DONE:
        return "finished"
    if swapped:
        return f"{_ended(checkpoint)}; the tables are swapped"
    if checkpoint.phase in NOTHING_YET:
        return f"{_ended(checkpoint)}: no row was copied"
    if checkpoint.hopeless:
        return f"{_ended(checkpoint)}{rows}; nobody can go on with it: {checkpoint.hopeless}"
    if not family.there or _is_another(family, checkpoint):
        return f"{_ended(checkpoint)}{rows}"
    return f"{_ended(checkpoint)}{rows}; the same command again would go on"


def unfit(ruled: Collection[Ruled], wishes: Wishes) -> dict[TableName, str]:
    """Of the tables that were named: those that will not be dropped, and why."""
    known = {name: ruling for one in ruled for name, ruling in one.rulings.items()}
    stories = {name: one.story for one in ruled for name in one.rulings}
    found = {}
    for name in wishes.named:
        if name not in known:
            found[name] = "it is not among what migrations leave: no name and no comment of theirs"
        elif known[name].answer is Answer.NEVER:
            found[name] = f"{known[name].why} ({stories[name]})"
        elif any(name in one.rulings and spared(one, wishes) for one in ruled):
            found[name] = MAY_WAIT
    return found
