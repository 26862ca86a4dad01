"""Whether a checkpoint is as good as when it was written, though a server was restarted since.

What an engine keeps over a crash is a prefix of its commits, and the checkpoint is one of them, so tables and
checkpoint fit together whatever was lost (invariant 8). The binary log is another file: where it is not brought to disk
with each commit it may lack the last changes that the tables have, and nobody would tell us of them. Then all that was
compared is compared again, which finds such rows. Must never go on after that where nothing is compared at all.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from ghostshift.model.checkpoint import Checkpoint, Compared
from ghostshift.model.errors import Refused
from ghostshift.model.options import Options
from ghostshift.model.server import Life
from ghostshift.workers.topology import Sites

_log = logging.getLogger("ghostshift")


def lives_of(sites: Sites) -> tuple[Life, ...]:
    """The lives that the servers are in."""
    return sites.inspected.life, sites.migrated.life


def all_there(before: tuple[Life, ...], now: tuple[Life, ...]) -> bool:
    """Whether the logs surely hold all that the tables hold: no server was restarted, or one that loses nothing."""
    return len(before) == len(now) and all(
        one.since == other.since or (one.durable and other.durable) for one, other in zip(before, now, strict=True)
    )


def say_if_older(acknowledged: Checkpoint | None, found: Checkpoint) -> None:
    """Tell a person where the server came back without what it had acknowledged to this process.

    Tables, checkpoint and log are still of one moment, so the migration goes on from there; but what the application
    wrote since may be gone as well.
    """
    if acknowledged is None or acknowledged.run != found.run or acknowledged.inspected != found.inspected:
        return
    if found.position < acknowledged.position:
        _log.warning(
            "the server came back as it was earlier: it had acknowledged a checkpoint at %s, and has one at %s. What "
            "applications wrote in between may be lost; the migration goes on from there",
            acknowledged.position, found.position,
        )  # fmt: skip


def after_restarts(sites: Sites, checkpoint: Checkpoint, options: Options) -> Checkpoint:
    """The checkpoint as it may be gone on with now. Raises Refused."""
    now = lives_of(sites)
    if all_there(checkpoint.lives, now):
        return replace(checkpoint, lives=now)
    if not options.verification.wanted:
        anew = "give it up with migrate … --no-resume" if checkpoint.revert else "give --no-resume to begin anew"
        raise Refused(
            "resume-log-not-durable",
            f"{options.original} cannot be resumed without verification: its server was restarted, and as sync_binlog "
            f"is not 1 its binary log may lack changes that the table has. Leave out --no-verify, or {anew}",
        )
    done = checkpoint.compared
    if done.after is not None or done.handed_out or done.number > 1:
        _log.warning(
            "the server was restarted, and as sync_binlog is not 1 its binary log may lack changes that the table has: "
            "all rows are compared again"
        )
    fresh = Compared(rows=done.rows, explained=done.explained, repaired=done.repaired)
    return replace(checkpoint, lives=now, compared=fresh)
