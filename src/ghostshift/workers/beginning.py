"""Begins a migration anew: looks whether nothing is in the way, removes what may go, and makes the checkpoint first.

The checkpoint proves that the tables beside it are ours, so it is there before any of them and goes after all of them.
Must never write to the checkpoint of an earlier run before it is certain that this one will begin.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

from ghostshift import __version__
from ghostshift.binlog.stream import current_position
from ghostshift.core.resuming import Remains, choices, owns_ghost
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import DataLossError, Refused
from ghostshift.model.options import Options
from ghostshift.model.phase import Phase
from ghostshift.mysql.session import Session
from ghostshift.sql.statements import drop_table
from ghostshift.workers import failover, lives
from ghostshift.workers.journal import Journal
from ghostshift.workers.preparation import Inspection, try_structure
from ghostshift.workers.preparer import Made, leftovers, make_checkpoint, remove


def clear(home: Session, seen: Inspection, options: Options, remains: Remains | None, made: Made) -> None:
    """Drop what is in the way. Raises Refused, with nothing touched, for what may not be dropped.

    What an earlier migration could be reverted to goes only for one whose ALTER the server will have: that is tried.
    """
    names, ours = seen.names, owns_ghost(remains)
    found = leftovers(home, names, options, ours=ours)
    if names.old in found or (remains is not None and remains.checkpoint.phase is Phase.DONE):
        try_structure(home, options, seen, made, ours=ours)
    if remains is not None and remains.checkpoint.phase is not Phase.DONE:
        # Killed in the midst of it, the next one begins anew, too. What has ended well stays so until its turn comes.
        Journal(names.checkpoint, remains.checkpoint).note(home, Phase.PREPARING)
    for name in found:
        home.execute(drop_table(name))


def begin(options: Options, found: Inspection) -> Journal:
    """The journal of a migration that begins: nothing is done yet."""
    sites = found.sites
    with sites.inspected.look() as session:
        gtids = failover.gtids_so_far(sites.inspected, session)
        position = current_position(session)
    checkpoint = Checkpoint(
        tool=__version__,
        table=str(options.original),
        old=found.names.old.table,
        run=secrets.token_hex(8),
        phase=Phase.PREPARING,
        alter=options.alter,
        choices=choices(options),
        inspected=sites.inspected.facts.identity,
        migrated=sites.migrated.facts.identity,
        lives=lives.lives_of(sites),
        position=position,
        gtids=gtids,
    )
    return Journal(found.names.checkpoint, checkpoint, kept=options.recovery.checkpoint)


@contextlib.contextmanager
def journalled(home: Session, journal: Journal, made: Made) -> Iterator[None]:
    """The checkpoint's table is made before anything else of ours, and removed where all of it is refused."""
    if journal.kept:
        make_checkpoint(home, journal.name, made)
        journal.note(home, Phase.PREPARING)
    try:
        yield
    except (Refused, DataLossError):
        if journal.kept and made.tables == [journal.name]:
            remove(home, journal.name, made)
        raise


def end(home: Session, journal: Journal, made: Made) -> None:
    """Nobody will have to go on."""
    if journal.kept:
        remove(home, journal.name, made)
