"""Makes the tables of a migration, and removes them: changelog, ghost, leftovers.

It drops only what is ours by its comment, what an option names, or what this very run has made; a rehearsal drops only
what it has surely made itself. The ALTER runs in a
session with the server's own settings, so that it means what it would mean on the original.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from ghostshift.model.errors import ConnectionLost, MigrationError, Refused, ServerError
from ghostshift.model.names import HelperNames, TableName, quote_name
from ghostshift.model.options import Options
from ghostshift.mysql.inspector import read_auto_increment, read_create, table_comment, table_exists
from ghostshift.mysql.session import Session
from ghostshift.sql.checkpoints import COMMENT as CHECKPOINT
from ghostshift.sql.checkpoints import create_checkpoint
from ghostshift.sql.cutover_statements import SENTRY_COMMENT
from ghostshift.sql.literals import text_literal
from ghostshift.sql.loosening import alike, create_alike
from ghostshift.sql.statements import create_changelog, drop_table, set_counter
from ghostshift.workers.constraints import Constraints
from ghostshift.workers.other_tools import GH_OST_CHANGELOG, ghost_of_gh_ost

OUR_CHANGELOGS = frozenset({"ghostshift changelog", GH_OST_CHANGELOG})
"""Comments of changelog tables; one without an owner is always made anew."""


def take_lock(session: Session, original: TableName) -> None:
    """Take the advisory lock of this table, by gh-ost's name for it, so that two tools never meet. Raises Refused."""
    name = lock_name(original)
    if str(session.one(f"SELECT GET_LOCK({text_literal(name)}, 0)")[0]) != "1":
        holder = session.one(f"SELECT IS_USED_LOCK({text_literal(name)})")[0]
        raise Refused(
            "already-running",
            f"another migration of {original} is running (session {holder} on the server holds its lock)",
        )


def lock_name(table: TableName) -> str:
    """The name of a table's advisory lock."""
    name = f"gh-ost::{table.schema}.{table.table}"
    return name if len(name) <= 64 else hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()


def leftovers(session: Session, helpers: HelperNames, options: Options, *, ours: bool = False) -> list[TableName]:
    """What bears a helper's name and may be dropped; raises Refused for what may not. Nothing is touched.

    `ours`: a checkpoint has proved that the ghost was made by an earlier run of ours, which nobody goes on with.
    """
    found = []
    theirs = ghost_of_gh_ost(session, options.original)
    may = options.initially_drop_ghost_table
    ghosts = {theirs or helpers.ghost: may, helpers.ghost: ours or may}
    if (ours or may) and _is_shell(session, helpers):
        found.append(helpers.shell)  # before the ghost, which proves it
    for name, allowed, flag in (
        *((name, allowed, "--initially-drop-ghost-table") for name, allowed in ghosts.items()),
        (helpers.old, options.initially_drop_old_table, "--initially-drop-old-table"),
    ):
        if not table_exists(session, name):
            continue
        sentry = name == helpers.old and table_comment(session, name) == SENTRY_COMMENT
        if not (allowed or sentry):
            raise Refused("leftover-table", f"{name} exists already; drop it, or give {flag}")
        found.append(name)
    for name, comments, what in (
        (helpers.changelog, OUR_CHANGELOGS, "changelog"),
        (helpers.checkpoint, frozenset({CHECKPOINT}), "checkpoint"),
    ):
        if table_exists(session, name):
            if table_comment(session, name) not in comments:
                raise Refused("leftover-table", f"{name} exists and is not a {what} of ours; rename or drop it")
            found.append(name)  # the checkpoint is the last: it is what proves the ghost to be ours
    return found


def _is_shell(session: Session, helpers: HelperNames) -> bool:
    """Whether what bears the shell's name is the ghost's: the same table in another form (workers.loosening)."""
    if not (table_exists(session, helpers.shell) and table_exists(session, helpers.ghost)):
        return False
    return alike(read_create(session, helpers.ghost), read_create(session, helpers.shell))


def rehearsal_names(
    session: Session, helpers: HelperNames, options: Options, *, ours: bool = False
) -> tuple[HelperNames, list[TableName]]:
    """Names for a rehearsal, and what the real run would drop first. What bears the ghost's name stays untouched.

    `ours` as for `leftovers`.
    """
    in_the_way = leftovers(session, helpers, options, ours=ours)
    if helpers.ghost not in in_the_way:
        return helpers, in_the_way
    # As long as the ghost's name, so that it fits; it is not renamed, so its place in the order does not matter.
    ghost = helpers.ghost.sibling(helpers.ghost.table[:-1] + "r")
    if table_exists(session, ghost):
        raise Refused("leftover-table", f"{ghost} exists, and {helpers.ghost} too: no name is left to rehearse with")
    return replace(helpers, ghost=ghost), in_the_way


Trial = Callable[[Session, str], bool]
"""Something to try on the ghost before it is altered, with the ALTER's options; true where that has changed it."""


class Made:
    """The tables that this run has made and not removed yet: what an error message must name."""

    def __init__(self) -> None:
        self.tables: list[TableName] = []
        self.perhaps: set[TableName] = set()
        """Those among them whose making was not answered: they may be there, and may be somebody else's."""
        self.precious: set[TableName] = set()
        """Those among them that must never be dropped: an old table that is to be brought back, and its checkpoint."""

    def remedy(self) -> str:
        """The statement that removes them; empty where nothing is left."""
        left = [table.sql for table in self.tables if table not in self.precious]
        return f"DROP TABLE IF EXISTS {', '.join(left)}" if left else ""


def make_empty(session: Session, original: TableName, name: TableName, made: Made) -> None:
    """Create a table like the original, without rows."""
    _create(session, name, create_alike(name, original), made)


def make_alike(session: Session, model: TableName, name: TableName, made: Made) -> None:
    """Create an empty table like another one of ours."""
    _create(session, name, create_alike(name, model), made)


def make_ghost(
    session: Session,
    original: TableName,
    ghost: TableName,
    alter: Sequence[str],
    made: Made,
    checks: Constraints,
    trial: Trial | None = None,
) -> bool:
    """Create the ghost like the original and alter it. Raises Refused when the server will not have the ALTER.

    With a `trial` it may be false: that has used the ghost up, so that it is removed and must be made once more.
    `alter` is the session's setting for it and its options.
    """
    setting, options = alter
    make_empty(session, original, ghost, made)
    try:
        checks.adopt(session)
        session.execute(setting)
        # As whoever runs an ALTER has it: a default may name a sequence or a function without its schema.
        session.execute(f"USE {quote_name(original.schema)}")
        if trial is not None and trial(session, checks.options(options)):
            remove(session, ghost, made)
            return False
        session.execute(f"ALTER TABLE {ghost.sql} {checks.options(options)}")
    except ServerError as error:
        session.execute(drop_table(ghost))
        made.tables.remove(ghost)
        raise Refused("alter-failed", f"the server refuses this ALTER of {original}: {error}") from error
    return True


def raise_auto_increment(session: Session, original: TableName, ghost: TableName) -> None:
    """See to it that the ghost's next number is not below the original's.

    Before the copy, and again under the cut-over's lock: numbers that rows had which were deleted since are not given
    a second time.
    """
    wanted, present = read_auto_increment(session, original), read_auto_increment(session, ghost)
    if present < wanted:
        session.execute(set_counter(ghost, wanted))


def make_changelog(session: Session, name: TableName, made: Made) -> None:
    """Create the changelog."""
    _create(session, name, create_changelog(name), made)


def make_checkpoint(session: Session, name: TableName, made: Made) -> None:
    """Create the table of the checkpoint."""
    _create(session, name, create_checkpoint(name), made)


def _create(session: Session, name: TableName, statement: str, made: Made) -> None:
    """Create a table. Where the connection dies meanwhile it may have been made, and is named as made."""
    made.tables.append(name)
    try:
        session.execute(statement)
    except ConnectionLost:
        made.perhaps.add(name)
        raise
    except ServerError:
        made.tables.remove(name)
        raise


def remove_rehearsed(session: Session, made: Made) -> None:
    """Drop what a rehearsal has surely made and, interrupted or failed, has not removed."""
    for name in [name for name in made.tables if name in made.perhaps and not table_exists(session, name)]:
        made.tables.remove(name)
    for name in [name for name in made.tables if name not in made.perhaps]:
        remove(session, name, made)


def remove(session: Session, name: TableName, made: Made) -> None:
    """Drop one of the tables that this run has made."""
    if name not in made.tables or name in made.precious:
        raise MigrationError(f"{name} was not made by this run and will not be dropped")
    session.execute(drop_table(name))
    made.tables.remove(name)
