"""Swapping back: what may be brought back, what it is called meanwhile, and how its columns belong to today's. Pure.

A revert is a migration with the roles swapped. The original is the table that bears the name now, the ghost is the old
table, and nothing is copied: what changed since the swap is read again, by key, as always. So what the old table alone
knows comes back too: the values of columns that the ALTER dropped, and those that it rounded or cut.

Must never let anything but the very table that was swapped out be the ghost, and never take two columns for one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ghostshift.core.comparing import column_test
from ghostshift.core.cutover import Verdict
from ghostshift.core.resuming import Remains, Way
from ghostshift.model.checkpoint import Checkpoint, Compared, Identities, Totals
from ghostshift.model.errors import Refused
from ghostshift.model.names import HelperNames, helper_names
from ghostshift.model.options import Options
from ghostshift.model.phase import Phase
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Column, Table
from ghostshift.sql.alter import Alter

CARRIED_OVER = ("skip-renamed-columns", "skip-strict-mode", "allow-data-loss")
"""Choices of the first run that say what the two tables have in common, whoever swaps them back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What was found of the migration that is to be reverted, or of a revert that was begun."""

    remains: Remains
    old: str
    """Digest of the definition of what bears the old table's name; empty where there is none."""
    elsewhere: bool = False
    """On another server than the migration ran on: its storage has other numbers, so the definitions tell."""


def names_of(options: Options, found: Checkpoint, names: HelperNames, *, sort_after: bool) -> HelperNames:
    """What the tables of a revert are called; `names` are those of a migration of this table.

    The reverted table is kept as the old one was: as `_t_rev_del`, and after a revert of that as `_t_del` again.
    """
    old = names.old.sibling(found.old)
    back = helper_names(options.original, sort_after=sort_after, base=options.force_table_names, stamp="rev").old
    choice = (names.old, back) if found.revert else (back, names.old)
    return replace(names, ghost=old, old=next(name for name in choice if name != old))


def begun(found: Checkpoint, names: HelperNames, *, tool: str, run: str, choices: dict[str, str]) -> Checkpoint:
    """The first checkpoint of a revert: all that changed since the swap is owed."""
    carried = {name: found.choices[name] for name in CARRIED_OVER if found.choices.get(name, "false") != "false"}
    return replace(
        found,
        tool=tool,
        old=names.old.table,
        run=run,
        phase=Phase.COPYING,
        revert=True,
        back=names.ghost.table,
        undone=not found.undone,
        opened=False,
        choices={**choices, **carried},
        original=found.ghost,
        ghost=found.original,
        later=(),
        whole="",
        copied=None,
        limit=None,
        copy_done=True,
        rows=0,
        chunks=0,
        rows_lost=0,
        values_changed=0,
        compared=Compared(),
        totals=Totals(),
        identities=Identities(original=found.identities.ghost, ghost=found.identities.original),
        hopeless="",
    )


def way(found: Candidate | None, options: Options, names: HelperNames) -> Way:
    """Begin the revert, go on with one, or finish it. Raises Refused where there is nothing to swap back."""
    if found is None:
        raise Refused(
            "revert-no-checkpoint",
            f"{options.original} cannot be reverted: there is no checkpoint in {names.checkpoint}, which a migration "
            "leaves beside the old table unless it ran with --ok-to-drop-table or --checkpoint=false",
        )
    checkpoint = found.remains.checkpoint
    going_on = checkpoint.revert and checkpoint.phase is not Phase.DONE
    wanted = options.recovery.old_table
    if checkpoint.revert and not going_on and wanted in {"", checkpoint.back}:
        raise _already(checkpoint, options)
    _check_name(checkpoint, options, going_on=going_on)
    if going_on and found.remains.verdict is Verdict.SWAPPED:
        return Way.FINISH
    if not going_on and checkpoint.phase is not Phase.DONE:
        raise Refused(
            "revert-not-swapped",
            f"{options.original} cannot be reverted: its migration has not come to its end (it was "
            f"{checkpoint.phase.value}). Give the command of the migration again to end it",
        )
    for code, problem in FIT_RULES:
        text = problem(found, options, going_on)
        if text:
            raise Refused(code, f"{options.original} cannot be reverted: {text}")
    return Way.RESUME if going_on else Way.BEGIN


def _already(checkpoint: Checkpoint, options: Options) -> Refused:
    done, onwards = "reverted already, and is as it was before its migration", "go forward again"
    if not checkpoint.undone:
        done, onwards = "brought forward again already, and is as its migration made it", "go back again"
    return Refused(
        "reverted-already",
        f"{options.original} was {done}. To {onwards}, to the table that was swapped out then, give --old-table "
        f"{checkpoint.old}",
    )


def _check_name(checkpoint: Checkpoint, options: Options, *, going_on: bool) -> None:
    wanted, there = options.recovery.old_table, checkpoint.back if going_on else checkpoint.old
    if wanted and wanted != there:
        raise Refused(
            "revert-other-old-table",
            f"{options.original} can be reverted to {there!r}, of which its checkpoint speaks, and not to {wanted!r}: "
            "nobody knows since when that lacks changes",
        )


def _hopeless(found: Candidate, _: Options, __: bool) -> str:  # noqa: FBT001 - as all rules
    why = found.remains.checkpoint.hopeless
    return f"what ended an earlier attempt would end it again: {why}" if why else ""


def _gone(found: Candidate, options: Options, going_on: bool) -> str:  # noqa: FBT001 - as all rules
    checkpoint = found.remains.checkpoint
    name = options.original.sibling(checkpoint.back if going_on else checkpoint.old)
    there = found.remains.ghost if going_on else found.old
    return "" if there else f"the old table {name} is gone"


def _other_tables(found: Candidate, options: Options, going_on: bool) -> str:  # noqa: FBT001 - as all rules
    wanted = Verdict.IN_PLACE if going_on else Verdict.SWAPPED
    if found.remains.verdict is wanted or (found.elsewhere and not going_on):
        return ""
    return (
        f"{options.original} or the old table is not the one that was swapped (it was rebuilt, restored, or made "
        "anew), so that nobody knows what it holds"
    )


def _altered(found: Candidate, _: Options, going_on: bool) -> str:  # noqa: FBT001 - as all rules
    checkpoint, remains = found.remains.checkpoint, found.remains
    if going_on:
        pairs = ((remains.original, checkpoint.original, "it"), (remains.ghost, checkpoint.ghost, "the old table"))
    else:
        pairs = ((remains.original, checkpoint.ghost, "it"), (found.old, checkpoint.original, "the old table"))
    altered = [name for now, then, name in pairs if now != then]
    return f"{' and '.join(altered)} was altered since the swap" if altered else ""


FIT_RULES: tuple[tuple[str, Callable[[Candidate, Options, bool], str]], ...] = (
    ("revert-hopeless", _hopeless),
    ("revert-no-old-table", _gone),
    ("revert-other-tables", _other_tables),
    ("revert-altered", _altered),
)
"""What both tables must be to be swapped back, the first that they are not is told: a stable code, and the words."""


def check_old(old: Table) -> None:
    """Raise Refused where writing into the old table would do more than that."""
    if old.triggers:
        raise Refused(
            "revert-triggers",
            f"{old.name} has triggers ({', '.join(old.triggers)}), which would fire once more for every change that is "
            "brought into it. Drop them (SHOW CREATE TRIGGER tells how to make them again), and those of the table in "
            "use if it has any; revert, and make them again",
        )
    keys = (*old.parents, *old.children)
    if keys:
        raise Refused(
            "revert-foreign-keys",
            f"{old.name} has foreign keys ({', '.join(keys)}), which the new table has not: what was written since "
            "need not obey them. Drop them, revert, and make them again",
        )


# -- columns


def direction(alter: Alter, before: Table, after: Table, *, undone: bool) -> Alter:
    """The ALTER that leads from today's table to the one that is brought back.

    `before` and `after` have the definitions before and after `alter`; `undone`: from after to before.
    """
    if not undone:
        return replace(alter, sets_counter=False)
    pairs = {}
    for column in before.columns:
        lower = column.name.lower()
        target = after.column(alter.renames.get(lower, column.name))
        if target is not None and (lower in alter.renames or lower not in alter.dropped):
            pairs[target.name.lower()] = column.name
    return replace(
        alter,
        renames={new: old for new, old in pairs.items() if new != old.lower()},
        dropped=frozenset(column.name.lower() for column in after.columns if column.name.lower() not in pairs),
        sets_counter=False,
    )


def plan_of(plan: Plan, checkpoint: Checkpoint) -> Plan:
    """The plan of a revert: what the old table alone knows is kept."""
    lenient = any(checkpoint.choices.get(name, "false") != "false" for name in CARRIED_OVER[1:])
    unsure = tuple(
        pair.ghost
        for pair in plan.columns
        if not _exact(plan.ghost.column(pair.ghost), plan.original.column(pair.original), lenient=lenient)
    )
    return replace(plan, kept=plan.added, unsure=unsure)


def _exact(before: Column | None, after: Column | None, *, lenient: bool) -> bool:
    """Whether every value of the old table's column is the same value in today's, and comes back as it was."""
    if before is None or after is None:
        return False
    test = column_test(before, after, lenient=lenient)
    return test is not None and not test.strip and not test.lossy


def verifiable(checkpoint: Checkpoint) -> bool:
    """Whether both tables have the same rows: not where the first run was allowed to lose some."""
    return checkpoint.choices.get("allow-data-loss", "false") == "false"
