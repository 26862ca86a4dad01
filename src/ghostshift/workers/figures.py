"""The figures that hooks and other hearers are told, gathered from the board. It reads, and changes nothing.

What is not known yet is empty, or nought. Before the server has been looked at, the helper tables bear the names that
gh-ost would give them; from `on-validated` on the names are those of the plan.
"""

from __future__ import annotations

import platform
from collections.abc import Callable

from ghostshift.core.progress import Snapshot
from ghostshift.model.names import helper_names
from ghostshift.model.notice import Figures
from ghostshift.model.options import Options
from ghostshift.model.places import Places
from ghostshift.model.plan import Plan
from ghostshift.runtime.board import StatusBoard
from ghostshift.workers.sampler import CopyClock, RowEstimate


def gather(options: Options, board: StatusBoard, now: Callable[[], float], began: float) -> Figures:
    """The figures of this moment; progress, lag and time left are those of the last snapshot."""
    plan, snapshot, places = board.read(Plan), board.read(Snapshot), board.read(Places)
    clock, moment = board.get(CopyClock, CopyClock()), now()
    if plan is not None:
        helpers = plan.helpers
    else:
        helpers = helper_names(options.original, sort_after=False, base=options.force_table_names)
    copied = snapshot.rows_copied if snapshot is not None else 0
    estimate = board.get(RowEstimate, RowEstimate(0)).rows
    return Figures(
        schema=options.schema,
        table=options.table,
        ghost=helpers.ghost.table,
        old=helpers.old.table,
        alter=options.alter,
        elapsed=moment - began,
        copy_elapsed=0.0 if clock.began is None else (clock.ended or moment) - clock.began,
        rows_estimate=snapshot.rows_estimate if snapshot is not None else estimate,
        rows_copied=copied,
        migrated_host=places.migrated_name if places is not None else "",
        inspected_host=places.inspected_name if places is not None else "",
        executing_host=platform.node(),
        inspected_lag=snapshot.inspected_lag if snapshot is not None else 0.0,
        heartbeat_lag=snapshot.lag if snapshot is not None else 0.0,
        percent=snapshot.percent if snapshot is not None else 0.0,
        eta_seconds=snapshot.eta_seconds if snapshot is not None else None,
        hint=options.hooks.hint,
        owner=options.hooks.owner,
        token=options.hooks.token,
        dry_run=not options.execute,
        revert=options.recovery.revert,
    )
