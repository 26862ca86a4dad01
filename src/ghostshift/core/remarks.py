"""What a person should know although nothing forbids it: sentences for the log, told when a migration begins. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ghostshift.core.planner import unlogged_keys
from ghostshift.core.replicated import changed_types
from ghostshift.model.names import TableName
from ghostshift.model.options import Options
from ghostshift.model.plan import Plan
from ghostshift.model.remark import Remark
from ghostshift.model.schema import Table
from ghostshift.model.settings import TWO_STEP
from ghostshift.sql.alter import Alter


def on_options(options: Options) -> tuple[Remark, ...]:
    """Flags that do something else than their name says."""
    said = []
    if options.cut_over.kind == TWO_STEP:
        text = (
            "the swap is one atomic statement here, for a two-step swap leaves moments without the table, or no table"
        )
        said.append(Remark("two-step-is-atomic", f"--cut-over=two-step: {text} at all"))
    if not options.execute:
        given = [flag for flag, on in _ignored(options) if on]
        if given:
            text = f"this is a rehearsal: {', '.join(given)} would act with --execute only, and does nothing now"
            said.append(Remark("rehearsal", text))
    return tuple(said)


def _ignored(options: Options) -> tuple[tuple[str, bool], ...]:
    return (
        ("--initially-drop-ghost-table", options.initially_drop_ghost_table),
        ("--initially-drop-old-table", options.initially_drop_old_table),
        ("--ok-to-drop-table", options.ok_to_drop_table),
        ("--attempt-instant-ddl", options.allow.instant_ddl),
    )


def on_table(table: Table, options: Options) -> tuple[Remark, ...]:
    """What the new table will lack, and what nobody has looked at."""
    if options.allow.skip_foreign_key_checks:
        said = (
            f"--skip-foreign-key-checks: nobody has looked whether {table.name} has foreign keys, which the new table "
            "will lack, whether they change its rows unlogged, or whether other tables reference it: their keys would "
            "go on pointing at the old table"
        )
        return (Remark("foreign-keys-unchecked", said),)
    if options.allow.discard_foreign_keys and table.parents:
        text = f"the new {table.name} will lack these foreign keys: {', '.join(table.parents)}"
        return (Remark("foreign-keys-discarded", text),)
    return ()


def on_request(alter: Alter, options: Options) -> tuple[Remark, ...]:
    """What the ALTER says and a flag lets nobody heed."""
    if not options.allow.skip_renamed_columns:
        return ()
    text = "--skip-renamed-columns: the values of {} of {} are not copied"
    return tuple(Remark("renamed-not-copied", text.format(name, options.original)) for name in alter.renames)


def on_checks(table: TableName, said: Sequence[str]) -> tuple[Remark, ...]:
    """What the new table's CHECKs are called otherwise."""
    text = f"--allow-renamed-checks: in the new {table} the CHECK {'; '.join(said)}"
    return (Remark("checks-renamed", text),) if said else ()


def on_replica(plan: Plan) -> tuple[Remark, ...]:
    """Where only a replica is migrated: what may stop its replication."""
    names = ", ".join(changed_types(plan))
    text = (
        f"the types of {names} change on this replica only: its replication stops at the next change of {plan.table} "
        "unless replica_type_conversions (slave_type_conversions) allows to convert them"
    )
    return (Remark("replica-type-conversions", text),) if names else ()


def on_images(plan: Plan, variables: Mapping[str, str]) -> tuple[Remark, ...]:
    """What would stop the migration later; the variables are those of the server whose log is read."""
    names = ", ".join(unlogged_keys(plan))
    if not names or variables.get("binlog_row_image", "FULL").upper() != "MINIMAL":
        return ()
    text = (
        f"binlog_row_image is MINIMAL, and the key of {plan.table} has columns with a default ({names}): an INSERT "
        "that leaves them out is logged without its key and will stop the migration; SET GLOBAL binlog_row_image = "
        "'FULL' and let the application reconnect, or let it name them"
    )
    return (Remark("minimal-images", text),)


def on_log_writing(variables: Mapping[str, str]) -> tuple[Remark, ...]:
    """What makes an application wait that shares its server with any copy; of the server whose table is changed."""
    if variables.get("innodb_log_writer_threads", "").upper() != "OFF":
        return ()
    text = (
        "innodb_log_writer_threads is OFF: beside a copy some commits, the application's too, then take 100 ms; "
        "SET GLOBAL innodb_log_writer_threads = ON for as long as the migration runs, which holds at once"
    )
    return (Remark("slow-commits", text),)


def on_plan(plan: Plan, options: Options, uncompared: Sequence[str] = ()) -> tuple[Remark, ...]:
    """What `ghostshift plan` says besides: what may be lost, what is not proved."""
    allow, found = options.allow, []
    for new in plan.new_uniqueness:
        text = (
            f"the unique index {new.index!r} is more unique than {plan.table} is now: it is watched, and rows that "
            + ("clash are lost" if allow.data_loss else "clash stop the migration")
        )
        found.append(Remark("more-unique", text))
    if allow.skip_strict_mode:
        text = "--skip-strict-mode: a value that does not fit is changed where the server's own sql_mode lets it"
        found.append(Remark("lenient-mode", text))
    if allow.data_loss:
        text = "--allow-data-loss: rows and values that the new table cannot take are lost, and only counted"
        found.append(Remark("loss-accepted", text))
    if uncompared:
        names = ", ".join(uncompared)
        text = f"the values of these columns of the new table cannot be compared with the original: {names}"
        found.append(Remark("not-compared", text))
    if not options.verification.wanted:
        text = "the new table is not compared with the original before the swap (--no-verify)"
        found.append(Remark("not-verified", text))
    gone = plan.dropped or [pair for pair in plan.columns if pair.original != pair.ghost]
    if plan.original.views and gone:
        names = ", ".join(plan.original.views)
        text = f"these views name {plan.table}, and fail after the swap where they use columns that are gone: {names}"
        found.append(Remark("views-name-it", text))
    return tuple(found)


def instant_possible(options: str) -> Remark:
    """The server would do it in a moment, and nobody has asked for that."""
    text = f"the server can do this instantly: {options}; give --attempt-instant-ddl"
    return Remark("instant-possible", text)
