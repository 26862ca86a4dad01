"""What to do with what an earlier run left: begin anew, go on, or finish what has swapped already. Pure.

A checkpoint proves that the tables beside it are ours. Whoever starts the same command again wants to go on, so that is
what happens where it fits; where it does not, nothing is dropped but by name, and the refusal says what differs.
Must never let a run go on with a ghost that another ALTER, or other choices, have filled.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ghostshift.core.cutover import Verdict
from ghostshift.core.cutover_steps import Picture
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import Refused
from ghostshift.model.names import HelperNames, TableName
from ghostshift.model.options import Options
from ghostshift.model.phase import Phase
from ghostshift.sql.tokens import words_of

NOTHING_YET = frozenset({Phase.INSPECTING, Phase.PREPARING})
"""Phases in which no row has been copied."""

SWAPPING = frozenset({Phase.CUTTING_OVER, Phase.CLEANING})
"""Phases in which the tables may have been swapped."""


class Way(enum.Enum):
    """What this run does."""

    BEGIN = "begin"
    """There is nothing to go on with; what an earlier run made is dropped if it is ours and empty, or by an option."""
    RESUME = "resume"
    FINISH = "finish"
    """The tables have been swapped: only what comes after it is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What was found of an earlier run."""

    names: HelperNames
    """As that run has them."""
    checkpoint: Checkpoint
    verdict: Verdict
    """Which side of the swap the tables are on."""
    original: str
    """Digest of the definition of what bears the original's name."""
    after: str = ""
    """GTIDs of all that its server had logged when the checkpoint was written."""
    ghost: str
    """Digest of the ghost's, empty where there is none."""
    ghost_known: bool = True
    """What bears the ghost's name is the table that run had made, for all that can be told."""
    old_in_the_way: bool = False
    """Not swapped, but something bears the old table's name."""
    swapped_in: bool = False
    """What bears the original's name is the ghost that run had made, whatever has become of the old table."""
    old_dropped: bool = False
    """Swapped, and what was the original is gone: that run was asked to drop it (--ok-to-drop-table), and did."""


def names_back(names: HelperNames, checkpoint: Checkpoint, original: TableName) -> HelperNames:
    """The names of the run that a checkpoint tells of; `names` are those of a new one."""
    named = replace(names, old=original.sibling(checkpoint.old))
    return replace(named, ghost=original.sibling(checkpoint.back)) if checkpoint.revert else named


def choices(options: Options) -> Mapping[str, str]:
    """The options that decide what the ghost holds."""
    allow = options.allow
    chosen = {
        "skip-renamed-columns": allow.skip_renamed_columns,
        "allow-nullable-unique-key": allow.nullable_key,
        "allow-zero-in-date": allow.zero_in_date,
        "skip-strict-mode": allow.skip_strict_mode,
        "allow-data-loss": allow.data_loss,
        "discard-foreign-keys": allow.discard_foreign_keys,
        "include-triggers": options.triggers.include,
        "trigger-suffix": options.triggers.suffix,
        "remove-trigger-suffix-if-exists": options.triggers.toggle,
        "migrate-on-replica": options.topology.migrate_on_replica,
        "test-on-replica": options.topology.test_on_replica,
        "verify-only": options.verification.only,
    }
    return {name: str(value).lower() for name, value in chosen.items()}


def judged_elsewhere(checkpoint: Checkpoint, names: Picture, *, original: str, old: str) -> Verdict:
    """As `judge`, on another server than the checkpoint's: its storage has other numbers, so the definitions tell.

    `original`, `old`: digests of what bears these names now, empty where nothing does. Before a swap is begun
    there is none, whatever the names say.
    """
    kept = names.old.exists and not names.old.sentry
    if names.ghost.exists and not kept:
        certain = names.original.exists and checkpoint.phase is not Phase.CLEANING
        return Verdict.IN_PLACE if certain else Verdict.UNCLEAR
    swapped = kept and not names.ghost.exists and (original, old) == (checkpoint.ghost, checkpoint.original)
    return Verdict.SWAPPED if swapped and checkpoint.phase in SWAPPING else Verdict.UNCLEAR


def dropped_elsewhere(checkpoint: Checkpoint, names: Picture, *, original: str) -> bool:
    """The same of a table that was swapped in, and whose old one has been dropped since."""
    return original == checkpoint.ghost and not names.ghost.exists and not names.old.exists


def swapped_by_definition(checkpoint: Checkpoint, names: Picture, original: str) -> bool:
    """Whether it must be the new table, where the server shows no identities; `original`: its definition's digest.

    Where both definitions are the same it tells nothing.
    """
    swapping = checkpoint.phase in SWAPPING and not names.ghost.exists
    return swapping and original == checkpoint.ghost != checkpoint.original


def way(found: Remains | None, options: Options, names: HelperNames) -> Way:
    """Which way to go. Raises Refused where the options and what was found do not go together."""
    if found is None or found.checkpoint.phase is Phase.DONE:
        return _nothing_there(found, options, names)
    checkpoint = found.checkpoint
    if found.swapped_in and found.verdict is not Verdict.SWAPPED:
        raise Refused(
            "swapped-already",
            f"{options.original} is the table that an earlier migration has made of it: it was swapped in, and "
            f"{names.old} is not any more what it was before. Its ALTER was {_short(checkpoint.alter)!r}, and must not "
            "be done twice: ghostshift cleanup --silent-for 0 lists what is left, and says what removes it",
        )
    if checkpoint.revert:
        return _beside_a_revert(found, options, names)
    if found.verdict is Verdict.SWAPPED:
        _check_same_order(found, options, names)
        return Way.FINISH
    if checkpoint.phase in NOTHING_YET or _only_compared(found):
        return Way.BEGIN
    if options.recovery.anew or (options.initially_drop_ghost_table and not options.recovery.resume):
        return Way.BEGIN
    for code, problem in FIT_RULES:
        text = problem(found, options, names)
        if text:
            raise Refused(
                code,
                f"an earlier migration of {options.original} ended while {checkpoint.phase.value}, and cannot be "
                f"resumed: {text}. {_anew(found, names)}",
            )
    if found.old_in_the_way:
        raise Refused(
            "leftover-table",
            f"an earlier migration of {options.original} ended while {checkpoint.phase.value}, and could be resumed, "
            f"but {names.old} exists by now, and is not ours: drop or rename it, and give the same command again",
        )
    return Way.RESUME


def _anew(found: Remains, names: HelperNames) -> str:
    """How to begin anew."""
    if not found.ghost:
        return "Give --no-resume to begin anew"
    if found.ghost_known:
        return f"Give --no-resume to drop {names.ghost} and begin anew"
    return f"{names.ghost} is not the one that it made: rename or drop that, and give --no-resume to begin anew"


def owns_ghost(found: Remains | None) -> bool:
    """Whether who begins anew may drop what bears the ghost's name: only where it is the earlier run's.

    What has come to its end has left no ghost, and what a revert fills is the only copy of what was there before.
    """
    if found is None or found.checkpoint.phase is Phase.DONE or found.checkpoint.revert:
        return False
    return found.ghost_known


def _nothing_there(found: Remains | None, options: Options, names: HelperNames) -> Way:
    """Begin, unless it was insisted on a resume: a run that waited must not do again what another one has ended."""
    if not options.recovery.resume:
        return Way.BEGIN
    why = f"there is no checkpoint in {names.checkpoint}"
    if found is not None:
        why = f"the migration of which {names.checkpoint} tells has come to its end"
    raise Refused("no-checkpoint", f"{options.original} cannot be resumed: {why}. Start without --resume to begin")


def _only_compared(found: Remains) -> bool:
    """Its end was the comparison: it removed the ghost, and died before it had removed its checkpoint."""
    checkpoint = found.checkpoint
    compared = checkpoint.choices.get("verify-only") == "true" and checkpoint.phase is Phase.CLEANING
    return compared and not found.ghost


def _beside_a_revert(found: Remains, options: Options, names: HelperNames) -> Way:
    if options.recovery.anew and found.verdict is not Verdict.SWAPPED:
        return Way.BEGIN
    back = names.old.sibling(found.checkpoint.back)
    given_up = (
        f", or give it up with --no-resume and --timestamp-old-table (which leaves {back} there) or "
        "--initially-drop-old-table (which drops it)"
    )
    raise Refused(
        "revert-in-progress",
        f"a revert of {options.original} to {back} was begun and has not come to its end: give ghostshift revert again "
        "to end it" + ("" if found.verdict is Verdict.SWAPPED else given_up),
    )


def _check_same_order(found: Remains, options: Options, names: HelperNames) -> None:
    checkpoint = found.checkpoint
    if not _same(checkpoint.alter, options.alter):
        old, instead = f"{names.old} is the table as it was", ""
        if found.old_dropped:
            old, instead = f"{names.old} is dropped already", ", or run ghostshift cleanup --silent-for 0"
        raise Refused(
            "swapped-already",
            f"an earlier migration swapped {options.original} and ended before it had cleaned up: {old}. Its ALTER "
            f"was {_short(checkpoint.alter)!r}: give that command again, which ends it in a moment{instead}",
        )


def _hopeless(found: Remains, _: Options, __: HelperNames) -> str:
    why = found.checkpoint.hopeless
    return f"what ended it would end it again: {why}" if why else ""


def _other_alter(found: Remains, options: Options, _: HelperNames) -> str:
    earlier = found.checkpoint.alter
    if _same(earlier, options.alter):
        return ""
    return f"its ALTER was {_short(earlier)!r}, this one is {_short(options.alter)!r}"


def _other_options(found: Remains, options: Options, _: HelperNames) -> str:
    earlier, wanted = found.checkpoint.choices, choices(options)
    other = [name for name, value in sorted(earlier.items()) if wanted.get(name, value) != value]
    said = ", ".join(f"--{name}={earlier[name]}" for name in other)
    return f"it ran with {said}, on which the ghost's rows depend" if other else ""


def _no_ghost(found: Remains, _: Options, names: HelperNames) -> str:
    return "" if found.ghost else f"{names.ghost} is gone"


def _other_tables(found: Remains, options: Options, names: HelperNames) -> str:
    if found.verdict is not Verdict.UNCLEAR:
        return ""
    return f"{options.original} or {names.ghost} is not the table that it was, or {names.old} exists"


def _original_altered(found: Remains, options: Options, _: HelperNames) -> str:
    return "" if found.original == found.checkpoint.original else f"{options.original} was altered since"


def _ghost_altered(found: Remains, _: Options, names: HelperNames) -> str:
    return "" if found.ghost in (found.checkpoint.ghost, found.checkpoint.whole) else f"{names.ghost} was altered since"


FIT_RULES: tuple[tuple[str, Callable[[Remains, Options, HelperNames], str]], ...] = (
    ("resume-hopeless", _hopeless),
    ("resume-other-alter", _other_alter),
    ("resume-other-options", _other_options),
    ("resume-no-ghost", _no_ghost),
    ("resume-other-tables", _other_tables),
    ("resume-original-altered", _original_altered),
    ("resume-ghost-altered", _ghost_altered),
)
"""What a checkpoint must be to be gone on with, the first that it is not is told: a stable code, and the words."""


def _same(one: str, other: str) -> bool:
    """Two ALTERs are one if they have the same words; the table's own name may be said in one of them only."""
    return _words(one) == _words(other)


def _words(text: str) -> list[str]:
    return [word.text for word in words_of(text)[1] if word.text != ";"]


def _short(text: str, limit: int = 100) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
