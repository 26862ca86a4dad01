"""What a person should know although nothing forbids it: sentences for the log, told when a migration begins. Pure."""

from __future__ import annotations

from ghostshift.model.options import Options
from ghostshift.model.schema import Table
from ghostshift.model.settings import TWO_STEP


def on_options(options: Options) -> tuple[str, ...]:
    """Flags that do something else than their name says."""
    said = []
    if options.cut_over.kind == TWO_STEP:
        said.append(
            "--cut-over=two-step: the swap is one atomic statement here, for a two-step swap leaves moments without "
            "the table, or no table at all"
        )
    if not options.execute:
        given = [flag for flag, on in _ignored(options) if on]
        if given:
            said.append(f"this is a rehearsal: {', '.join(given)} would act with --execute only, and does nothing now")
    return tuple(said)


def _ignored(options: Options) -> tuple[tuple[str, bool], ...]:
    return (
        ("--initially-drop-ghost-table", options.initially_drop_ghost_table),
        ("--initially-drop-old-table", options.initially_drop_old_table),
        ("--ok-to-drop-table", options.ok_to_drop_table),
        ("--attempt-instant-ddl", options.allow.instant_ddl),
    )


def on_table(table: Table, options: Options) -> tuple[str, ...]:
    """What the new table will lack, and what nobody has looked at."""
    if options.allow.skip_foreign_key_checks:
        said = (
            f"--skip-foreign-key-checks: nobody has looked whether {table.name} has foreign keys, which the new table "
            "will lack, whether they change its rows unlogged, or whether other tables reference it: their keys would "
            "go on pointing at the old table"
        )
        return (said,)
    if options.allow.discard_foreign_keys and table.parents:
        return (f"the new {table.name} will lack these foreign keys: {', '.join(table.parents)}",)
    return ()
