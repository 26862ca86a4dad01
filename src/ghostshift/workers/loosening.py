"""Fills a ghost without its AUTO_INCREMENT, so that the server's lock for numbers keeps nobody waiting.

The table that the ALTER has made is never altered again: it becomes the *shell*, empty, and a table of one partition,
which has no AUTO_INCREMENT, takes the ghost's name. When all is copied they change contents (EXCHANGE PARTITION, which
compares their definitions) and names; both were done once while they were empty, so the server is known to do it.

What was done is never remembered but looked at (core.loosening). A failure before the ghost has changed its form means
that it is filled as ever; one behind it, that the migration ends or is resumed. Rows are never in danger: each
statement is atomic, and nothing is dropped but what was seen empty.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from ghostshift.core.filters import comes_through
from ghostshift.core.loosening import State, judge, numbered
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import ConnectionLost, MigrationError, Refused, ServerError
from ghostshift.model.names import HelperNames
from ghostshift.model.options import Options
from ghostshift.model.plan import Plan
from ghostshift.mysql import inspector
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import RenewableSession, Session
from ghostshift.sql import loosening as sql
from ghostshift.sql.cutover_statements import session_limits
from ghostshift.workers import preparer
from ghostshift.workers.crew import Crew
from ghostshift.workers.definitions import digest
from ghostshift.workers.preparer import Made
from ghostshift.workers.topology import Sites

IDLE_SECONDS = 60

_log = logging.getLogger("ghostshift")


def loosen(home: Session, plan: Plan, sites: Sites, options: Options, made: Made) -> Plan:
    """The plan with a ghost, still empty, that can be filled without waiting where the server would have it wait.

    Raises ConnectionLost.
    """
    column, helpers = numbered(plan, sites.migrated.facts.variables, options), plan.helpers
    if not column or not comes_through(sites.route, (helpers.shell, helpers.between)):
        return plan
    created = inspector.read_create(home, plan.ghost.name)
    definition = sql.definition_without_number(created, column)
    if definition is None or sql.is_partitioned(created) or inspector.table_exists(home, helpers.shell):
        return plan
    try:
        whole = digest(home, plan.ghost.name)
        preparer.make_alike(home, plan.ghost.name, helpers.shell, made)
        home.execute(sql.loosen(helpers.shell, column, definition))
        home.execute(sql.exchange(helpers.shell, plan.ghost.name))
        home.execute(sql.change_names(helpers))
    except ConnectionLost:
        raise
    except ServerError as error:
        _log.info(
            "%s is filled with its AUTO_INCREMENT, and copying threads wait for each other: %s",
            plan.ghost.name,
            error.server_message,
        )
        with suppress(ServerError):
            _drop(home, helpers, made)
        return plan
    return replace(plan, loose=True, whole=whole)


def look(session: Session, helpers: HelperNames) -> State:
    """How far it is. Raises ServerError."""
    if not inspector.table_exists(session, helpers.shell):
        return State.WHOLE
    ghost, shell = (inspector.read_create(session, name) for name in (helpers.ghost, helpers.shell))
    if not sql.alike(ghost, shell):
        return State.WHOLE  # what bears that name is somebody else's
    return judge(
        ghost_loose=sql.is_partitioned(ghost),
        shell_loose=sql.is_partitioned(shell),
        ghost_rows=bool(session.query(sql.any_row(helpers.ghost))),
        shell_rows=bool(session.query(sql.any_row(helpers.shell))),
    )


def finish(session: Session, helpers: HelperNames, last: Checkpoint) -> None:
    """End what a dead run was about when it ended, before anybody looks at the ghost. Raises ServerError."""
    if not last.unfinished:
        return
    state = look(session, helpers)
    if state is State.MOVED:
        session.execute(sql.change_names(helpers))
    if state in (State.MOVED, State.NAMED):
        session.execute(sql.drop_shell(helpers.shell))


def waits(session: Session, helpers: HelperNames) -> bool:
    """Whether the ghost of an earlier run is being filled in another form. Raises Refused where that cannot end."""
    if look(session, helpers) is State.LOOSE:
        return True
    if sql.is_partitioned(inspector.read_create(session, helpers.ghost)):
        raise Refused(
            "resume-no-ghost",
            f"{helpers.ghost} cannot be gone on with: {helpers.shell}, whose form it is to have in the end, is gone or "
            f"was changed. Give --no-resume to drop {helpers.ghost} and begin anew",
        )
    return False


def seal(crew: Crew, options: Options, made: Made, idle: Callable[[], None]) -> None:
    """All is copied: give the ghost the form that the ALTER had made. Applying stands still for that moment.

    Raises ServerError, MigrationError; the original is not touched.
    """
    last, plan, stop = crew.journal.last, crew.plan, crew.stop
    if not last.unfinished:
        return
    worker = RenewableSession(crew.pool, stop)
    began = stop.now()
    try:
        while not crew.applier.pause(1.0):
            stop.raise_cause()
            idle()
        retrying(
            lambda: _sealed(worker.session, plan, options, made),
            stop,
            options.retries,
            recover=lambda _: worker.renew(),
            on_retry=lambda error, _: _log.warning("%s waits for its last form: %s", plan.ghost.name, error),
        )
        if digest(worker.session, plan.ghost.name) != last.whole:
            raise MigrationError(
                f"{plan.ghost.name} is not what the ALTER had made of it: look at SHOW CREATE TABLE "
                f"{plan.ghost.name.sql}. {plan.table} is intact and in place"
            )
        crew.journal.note(worker.session, last.phase, ghost=last.whole)
    finally:
        crew.applier.resume()
        worker.close()
    _log.info("%s has its AUTO_INCREMENT, after %.2f s", plan.ghost.name, stop.now() - began)


def _sealed(session: Session, plan: Plan, options: Options, made: Made) -> None:
    helpers = plan.helpers
    session.execute(session_limits(options.cut_over_lock_seconds, IDLE_SECONDS))
    state = look(session, helpers)
    if state is State.ODD:
        raise MigrationError(
            f"{helpers.ghost} and {helpers.shell} are not what they were: somebody else has changed them. {plan.table} "
            "is intact and in place; drop both, and begin anew"
        )
    if state is State.LOOSE:
        session.execute(sql.exchange(helpers.ghost, helpers.shell))
    if state in (State.LOOSE, State.MOVED):
        session.execute(sql.change_names(helpers))
    if state is not State.WHOLE:
        _drop(session, helpers, made)
    preparer.raise_auto_increment(session, plan.table, plan.ghost.name)


def _drop(session: Session, helpers: HelperNames, made: Made) -> None:
    """Drop what bears the shell's name, if it is empty and there."""
    if inspector.table_exists(session, helpers.shell):
        if session.query(sql.any_row(helpers.shell)):
            raise MigrationError(f"{helpers.shell} has rows and is not dropped")
        session.execute(sql.drop_shell(helpers.shell))
    if helpers.shell in made.tables:
        made.tables.remove(helpers.shell)
