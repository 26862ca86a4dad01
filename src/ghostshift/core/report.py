"""From two tables and a plan to what `ghostshift plan` says of columns, keys and the swap. Pure.

It explains what core.planner has decided and decides nothing: where the planner refused, it says what can be seen.
"""

from __future__ import annotations

from ghostshift.core.planner import column_pairs, ghost_spec, key_column, key_spec
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName, quote_name
from ghostshift.model.options import Options
from ghostshift.model.plan import ColumnPair, Plan
from ghostshift.model.remark import Remark
from ghostshift.model.report import ColumnReport, KeyReport, Saying, UniquenessReport
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import Alter


def saying(said: Refused | Remark) -> Saying:
    """A refusal or warning with its page. The code stands apart from the text."""
    text = str(said).removesuffix(f" [{said.code}]")
    return Saying(code=said.code, text=text, page=f"docs/refusals/{said.code}.md")


def columns(original: Table, ghost: Table, alter: Alter, plan: Plan | None) -> tuple[ColumnReport, ...]:
    """What becomes of each column, in the original's order, then the new ones."""
    pairs = {pair.original: pair.ghost for pair in column_pairs(original, ghost, alter)}
    values = {filling.column: filling.literal for filling in (plan.fillings if plan is not None else ())}
    found = [_fate(column, ghost, pairs.get(column.name), alter) for column in original.columns]
    known = {one.ghost for one in found}
    found += [
        ColumnReport(
            original="", ghost=column.name, renamed=False, before="", after=type_of(column),
            fate="generated" if column.generated else "filled" if column.name in values else "added",
            value=values.get(column.name, ""),
        )
        for column in ghost.columns
        if column.name not in known
    ]  # fmt: skip
    return tuple(found)


def _fate(column: Column, ghost: Table, name: str | None, alter: Alter) -> ColumnReport:
    lower = column.name.lower()
    target = ghost.column(name) if name is not None else None
    made = ghost.column(alter.renames.get(lower, column.name)) if lower not in alter.dropped else None
    if target is None and (made is None or not made.generated):
        return ColumnReport(
            original=column.name, ghost="", fate="dropped", renamed=False, before=type_of(column), after=""
        )
    there = target or made
    assert there is not None  # noqa: S101 - one of the two is there, by the lines above
    before, after = type_of(column), type_of(there)
    narrower = column.nullable and not there.nullable
    changed = (column.column_type, column.collation) != (there.column_type, there.collation) or narrower
    return ColumnReport(
        original=column.name,
        ghost=there.name,
        fate="generated" if target is None else "converted" if changed else "copied",
        renamed=column.name.lower() != there.name.lower(),
        before=before,
        after=after,
    )


def type_of(column: Column) -> str:
    """A column's type for a person."""
    collation = f" COLLATE {column.collation}" if column.collation else ""
    made = f" {column.generated.upper()} GENERATED" if column.generated else ""
    return f"{column.column_type}{collation}{made}{'' if column.nullable else ' NOT NULL'}"


def keys(
    original: Table, ghost: Table | None, alter: Alter, plan: Plan | None, *, full_row_image: bool
) -> tuple[KeyReport, ...]:
    """Each unique key of the original: whether rows are followed by it, and why, or why not."""
    pairs = column_pairs(original, ghost, alter) if ghost is not None else ()
    used = plan.key.index if plan is not None else None
    found = []
    for key in original.unique_keys:
        why = _why_not(original, ghost, key, pairs)
        if key.name == used:
            why = "the primary key" if key.primary else "the best that there is"
            why += ", and it may hold NULL (--allow-nullable-unique-key)" if key.nullable else ""
        elif not why and not full_row_image and not key.primary:
            why = "binlog_row_image is not FULL: only the primary key is logged for certain"
        elif not why and used is not None:
            why = f"it would do; {used} is better"
        found.append(KeyReport(name=key.name, columns=key.columns, used=key.name == used, why=why or "it would do"))
    return tuple(found)


def _why_not(original: Table, ghost: Table | None, key: UniqueKey, pairs: tuple[ColumnPair, ...]) -> str:
    """Why rows cannot be followed by this key; empty where they can."""
    flaws = (
        (key.functional, "it has an expression"),
        (key.prefixed, "it does not hold its columns whole"),
        (not key.visible, "it is invisible"),
    )
    flaw = next((text for there, text in flaws if there), "")
    if flaw:
        return flaw
    for name in key.columns:
        column = original.column(name)
        if column is not None and column.generated:
            return f"{name} is generated"
        if column is None or key_column(column) is None:
            return f"{name} is of a type without exact equality ({column.data_type if column else 'unknown'})"
    if key.nullable:
        return "it may hold NULL"
    return _why_not_after(original, ghost, key, pairs) if ghost is not None else ""


def _why_not_after(original: Table, ghost: Table, key: UniqueKey, pairs: tuple[ColumnPair, ...]) -> str:
    """Why the ALTER takes the key away."""
    to_ghost = {pair.original.lower(): pair.ghost for pair in pairs}
    gone = [name for name in key.columns if name.lower() not in to_ghost]
    if gone:
        return f"{', '.join(gone)} is not in the new table"
    spec = key_spec(original, key)
    names = [to_ghost[name.lower()] for name in key.columns]
    if spec is not None and ghost_spec(original, ghost, spec, names) is None:
        within = {name.lower() for name in names}
        unique = any(k.columns and {n.lower() for n in k.columns} <= within for k in ghost.unique_keys)
        if unique:
            return "the ALTER converts it in a way that may make two values one"
        return "the new table is not unique by it"
    return ""


def uniqueness(plan: Plan) -> tuple[UniquenessReport, ...]:
    """Where the new table is more unique."""
    watched = "looked for before the copy, and again for each chunk and each changed row"
    return tuple(
        UniquenessReport(index=new.index, columns=tuple(pair.original for pair in new.pairs), watched=watched)
        for new in plan.new_uniqueness
    )


def cut_over(original: TableName, options: Options, *, under_lock: bool, test: bool) -> str:
    """How the tables are swapped on this server."""
    limit = f"locks of at most {options.cut_over_lock_seconds} s, up to {options.retries} attempts"
    if under_lock:
        way = "one session locks both tables, applies the last changes and renames them in one statement"
    else:
        way = (
            "one session locks both tables and an empty sentry with the old table's name, a second one queues the "
            "RENAME, the first applies the last changes and lets go"
        )
    end = f"; then it is undone at once, and {original} stays as it is (a test)" if test else ""
    return f"{way}; {limit}{end}"


def describe(plan: Plan) -> str:
    """The plan in a few lines, for a person."""
    lines = [
        f"table    {plan.table} ({plan.original.rows_estimate} rows, about)",
        f"ghost    {plan.ghost.name}",
        f"old      {plan.helpers.old}",
        f"key      {quote_name(plan.key.index)} ({', '.join(plan.key.names())})",
        f"columns  {len(plan.columns)} copied",
    ]
    lines += [f"renamed  {p.original} to {p.ghost}" for p in plan.columns if p.original != p.ghost]
    lines += [f"dropped  {name}" for name in plan.dropped]
    lines += [f"added    {name}" for name in plan.added]
    lines += [f"kept     {name}: as the old table has it, in new rows its default" for name in plan.kept]
    lines += [
        f"unsure   {name}: not compared, as the old table has it in rows that have not changed" for name in plan.unsure
    ]
    lines += [f"unique   {new.index}: more unique than the original, watched" for new in plan.new_uniqueness]
    lines += [f"later    {one.name}: made after the copy" for one in plan.later]
    lines += [f"trigger  {trigger.source.name}: made as {trigger.name}" for trigger in plan.triggers]
    return "\n".join(lines)
