"""Finds what an earlier run left on the server, and makes ready what a run that goes on with it needs.

What to do with it is decided in core/resuming.py. This module asks the server, ends what the dead run has left running
before anything else is looked at, and drops only what a checkpoint proves to be ours, and only once that was decided.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from ghostshift.core.checkpoints import from_text, key_of, run_in
from ghostshift.core.cutover import Verdict, judge, old_dropped
from ghostshift.core.cutover_steps import Picture, Seen
from ghostshift.core.parting import last_word
from ghostshift.core.resuming import (
    Remains,
    Way,
    dropped_elsewhere,
    judged_elsewhere,
    names_back,
    swapped_by_definition,
    way,
)
from ghostshift.model.checkpoint import Checkpoint, Identities
from ghostshift.model.errors import (
    ConnectionLost,
    MigrationError,
    OutcomeUnknown,
    Refused,
    ServerChanged,
    ServerError,
    StreamLost,
)
from ghostshift.model.names import HelperNames, TableName
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.phase import Phase
from ghostshift.model.plan import Plan
from ghostshift.mysql import inspector
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.retry import FULL, NO_SUCH_COLUMN
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql.checkpoints import COMMENT, read_checkpoint
from ghostshift.sql.literals import parse_key
from ghostshift.sql.statements import drop_table, greatest_ghost_key
from ghostshift.workers import failover, lives, loosening, preparation, totals
from ghostshift.workers.cutover_sessions import look
from ghostshift.workers.definitions import digest
from ghostshift.workers.fence import end_sessions
from ghostshift.workers.journal import Journal
from ghostshift.workers.nulls import check_rows
from ghostshift.workers.preparation import Inspection
from ghostshift.workers.preparer import Made, make_changelog, remove
from ghostshift.workers.topology import Sites

PASSING = FULL | frozenset(
    {
        1053,  # server shutdown in progress
        1290,  # read_only, as a server is while another takes over
        1836,  # read only mode
        1927,  # connection was killed (MariaDB)
        3169,  # session was killed
        3684,  # the server is being shut down or restarted
    }
)
"""Errors of a server that may be another one by the next time."""

GONE = frozenset({1049, 1146})
"""No such database, no such table."""

_log = logging.getLogger("ghostshift")


def find(
    session: Session, options: Options, names: HelperNames, dialect: Dialect, stop: Stop
) -> tuple[Way, Remains | None]:
    """What this run is to do, and what it goes on with. Raises Refused. Sessions of a dead run are ended by then."""
    remains = look_for(session, options, names, dialect, stop)
    chosen = way(remains, options, names)
    if remains is not None and chosen is not Way.BEGIN:
        checkpoint = remains.checkpoint
        _log.info(
            "an earlier run of this migration ended while %s, with %d rows copied: this one goes on",
            checkpoint.phase.value, max(checkpoint.rows, checkpoint.totals.rows),
        )  # fmt: skip
    return chosen, remains


def look_for(
    session: Session, options: Options, names: HelperNames, dialect: Dialect, stop: Stop, *, touch: bool = True
) -> Remains | None:
    """What an earlier run has left; its sessions are ended. Raises Refused for a checkpoint that is none of ours.

    `touch` false: no session is ended, and nothing dropped.
    """
    stored = _checkpoint(session, options, names, stop, touch=touch)
    if stored is None:
        return None
    checkpoint, logged = stored
    names = names_back(names, checkpoint, options.original)
    if touch:
        _fence(session, checkpoint.run, stop)
        loosening.finish(session, names, checkpoint)
    after = look(session, options.original, names, dialect)
    original = digest(session, options.original) if after.original.exists else ""
    swapping = not options.verification.only and checkpoint.choices.get("verify-only") != "true"
    ghost = digest(session, names.ghost) if after.ghost.exists else ""
    swapped_in = swapped_by_definition(checkpoint, after, original)
    if checkpoint.migrated == inspector.read_identity(session, dialect):
        before = _picture(checkpoint.identities)
        verdict, dropped = judge(before, after), old_dropped(before, after)
        seen = bool(before.ghost.ids and after.ghost.ids)
        known = before.ghost.ids == after.ghost.ids if seen else not ghost or checkpoint.is_ghost(ghost)
        if before.ghost.ids and after.original.ids:
            swapped_in = before.ghost.ids == after.original.ids
    else:
        known = checkpoint.is_ghost(ghost)
        old = digest(session, names.old) if after.old.exists else ""
        verdict = judged_elsewhere(checkpoint, after, original=original, old=old)
        dropped = dropped_elsewhere(checkpoint, after, original=original)
    dropped = swapping and checkpoint.phase is Phase.CLEANING and dropped
    return Remains(
        names=names,
        checkpoint=checkpoint,
        verdict=Verdict.SWAPPED if dropped else verdict,
        old_in_the_way=after.old.exists and not after.old.sentry,
        old_dropped=dropped,
        original=original,
        ghost=ghost,
        ghost_known=known,
        swapped_in=swapped_in,
        after=logged,
    )


def _checkpoint(
    session: Session, options: Options, names: HelperNames, stop: Stop, *, touch: bool
) -> tuple[Checkpoint, str] | None:
    name = names.checkpoint
    if not inspector.table_exists(session, name):
        return None
    if inspector.table_comment(session, name) != COMMENT:
        raise Refused("leftover-table", f"{name} exists and is not a checkpoint of ours; rename or drop it")
    stored = _stored(session, name)
    if stored is None:
        return None
    text, logged = stored
    try:
        checkpoint = from_text(text, str(name))
    except Refused:
        if not options.recovery.anew:
            raise
        if touch:
            _fence(session, run_in(text), stop)
            session.execute(drop_table(names.ghost))  # ours: such a checkpoint stood beside it, and nobody can go on
        return None
    if checkpoint.table == str(options.original):
        return checkpoint, logged
    if checkpoint.phase is Phase.DONE:
        return None
    raise Refused("leftover-table", f"{name} is the checkpoint of a migration of {checkpoint.table}")


def _fence(session: Session, run: str, stop: Stop) -> None:
    ended = end_sessions(session, run, stop)
    if ended:
        _log.info("%d sessions of the earlier run were still at work on the server; they are ended", ended)


def _stored(session: Session, name: TableName) -> tuple[str, str] | None:
    """What stands in the checkpoint's row; None where there is none, empty where it is a table of another make."""
    try:
        rows = session.query(read_checkpoint(name))
    except ServerError as error:
        if error.errno != NO_SUCH_COLUMN:
            raise
        return "", ""
    return (str(rows[0][0]), str(rows[0][1])) if rows else None


def _picture(identities: Identities) -> Picture:
    return Picture(
        original=Seen(exists=True, ids=frozenset(identities.original)),
        ghost=Seen(exists=True, ids=frozenset(identities.ghost)),
        old=Seen(),
    )


def identities(session: Session, plan: Plan, dialect: Dialect) -> Identities:
    """The numbers by which the two tables are known whatever they are called."""
    return known_by(look(session, plan.table, plan.helpers, dialect))


def known_by(picture: Picture) -> Identities:
    """The same of a picture."""
    return Identities(original=tuple(sorted(picture.original.ids)), ghost=tuple(sorted(picture.ghost.ids)))


def placed(home: Session, sites: Sites, remains: Remains, options: Options, stop: Stop) -> Checkpoint:
    """The checkpoint as it is true of these servers now. Raises Refused where nobody can go on with it."""
    checkpoint, swapped = remains.checkpoint, remains.verdict is Verdict.SWAPPED
    if swapped and checkpoint.phase is not Phase.CUTTING_OVER:
        return checkpoint  # nothing is to be read any more
    where = options.original, remains.names
    found = failover.placed(sites, checkpoint, remains.after, where, stop, swapped=swapped)
    if swapped:
        return found
    if found.migrated != checkpoint.migrated:
        found = replace(found, identities=known_by(look(home, *where, sites.migrated.dialect)))
    return lives.after_restarts(sites, found, options)


def journal_again(
    home: Session, sites: Sites, remains: Remains, options: Options, stop: Stop, *, swapped: bool
) -> Journal:
    """The journal of a run that goes on with another one; where that was on other servers, it says so at once."""
    checkpoint = placed(home, sites, remains, options, stop)
    journal = Journal(remains.names.checkpoint, totals.gone_on_with(checkpoint, options, swapped=swapped))
    if not checkpoint.same_servers(remains.checkpoint):
        journal.rewrite(home)
    return journal


def plan_again(home: Session, options: Options, found: Inspection, remains: Remains) -> Plan:
    """The plan over a ghost that an earlier run has made. Raises Refused."""
    for statement in preparation.setup_of(found.dialect):
        home.execute(statement)
    found = replace(found, names=remains.names)
    last = remains.checkpoint
    loose = last.unfinished and not last.later and loosening.waits(home, found.names)
    plan = preparation.planned(home, options, found, form=found.names.shell if loose else None)
    plan = replace(plan, triggers=found.triggers, later=last.later, loose=loose, whole=last.whole)
    preparation.look_at_replication(found, plan)
    check_rows(home, plan)
    return plan


def adopt(home: Session, names: HelperNames, last: Checkpoint, made: Made) -> None:
    """What the earlier run has made is this one's from here on. A changelog that somebody dropped is made anew."""
    made.tables += [names.ghost, names.checkpoint]
    if inspector.table_exists(home, names.changelog):
        made.tables.append(names.changelog)
    else:
        make_changelog(home, names.changelog, made)
    if last.unfinished and inspector.table_exists(home, names.shell):
        made.tables.append(names.shell)


def known_again(home: Session, plan: Plan) -> dict[str, Any]:
    """By which original and ghost will be known again, now and once it has its last form."""
    ghost = digest(home, plan.ghost.name)
    return {"original": digest(home, plan.table), "ghost": ghost, "later": plan.later, "whole": plan.whole or ghost}


def sweep(endpoint: Endpoint, made: Made, journal: Journal | None) -> None:
    """Where the checkpoint's table is all that was made, it goes again: there is nothing to go on with.

    Raises MigrationError where that cannot be done.
    """
    if journal is not None and made.tables == [journal.name]:
        with Session.open(endpoint) as session:
            remove(session, journal.name, made)


def passing(failure: BaseException) -> bool:
    """Whether the failure is one of the server's or of the way to it, so that it may be none the next time."""
    return isinstance(failure, (ConnectionLost, StreamLost, ServerChanged, OutcomeUnknown)) or (
        isinstance(failure, ServerError) and failure.errno in PASSING
    )


def may_go_on(journal: Journal | None, failure: BaseException, options: Options) -> bool:
    """Whether another run could go on where one with this journal failed, or begin anew."""
    if not passing(failure):
        return False
    if journal is None:
        return True  # it has touched nothing; whether an earlier one has is not its business
    begun = journal.last.phase is not Phase.PREPARING
    # An ALTER of the table itself, whose answer was lost, must not be given twice.
    return journal.kept and journal.last.phase is not Phase.DONE and (begun or not options.allow.instant_ddl)


def leave_word(endpoint: Endpoint, journal: Journal, error: BaseException) -> None:
    """Say with the error how to go on; where nobody could, the checkpoint says so to whoever tries."""
    if not journal.kept or journal.last.phase in (Phase.PREPARING, Phase.DONE):
        return
    gone = isinstance(error, ServerError) and error.errno in GONE and journal.name.sql in error.statement
    facts, word = last_word(journal.last, error, f"{journal.name}, the checkpoint" if gone else "")
    if facts:
        try:
            with Session.open(endpoint) as session:
                journal.note(session, journal.last.phase, **facts)
        except MigrationError as trouble:
            error.add_note(f"the checkpoint could not be told of it: {trouble}")
    error.add_note(word)


def opening(plan: Plan, checkpoint: Checkpoint, session: Session, options: Options) -> dict[str, Any]:
    """How the copy front begins where an earlier run has copied (CopyFront.open). Raises Refused, ServerError."""
    key = plan.key
    try:
        limit, copied = key_of(key, checkpoint.limit), key_of(key, checkpoint.copied)
        for one in (checkpoint.compared.after, *checkpoint.compared.suspects):
            key_of(key, one)
    except ValueError as error:
        raise Refused(
            "checkpoint-unreadable", f"the checkpoint of {plan.table} does not fit its key: {error}; give --no-resume"
        ) from None
    if options.allow.data_loss:  # which rows were left out is known to nobody: the copy finds them again
        return {"limit": limit, "after": None, "discard": False}
    rows = session.query(greatest_ghost_key(plan)) if same_order(plan) else []
    greatest = parse_key(key, rows[0]) if rows else None
    return {
        "limit": limit,
        "after": copied,
        "greatest": greatest,
        "complete": checkpoint.copy_done,
        "discard": same_order(plan),
    }


def same_order(plan: Plan) -> bool:
    """Whether the ghost's order of the keys is the original's, so that its last row is its greatest."""
    return all(
        (one.kind, one.unsigned, one.collation, one.length, one.members)
        == (other.kind, other.unsigned, other.collation, other.length, other.members)
        for one, other in zip(plan.key.columns, plan.ghost_key.columns, strict=True)
    )
