"""What the command line says of a migration that has ended: how it went, and what is left to do. Text only."""

from __future__ import annotations

from collections.abc import Iterator

from ghostshift.model.outcome import Outcome


def summary(outcome: Outcome, *, stopped: bool) -> Iterator[str]:
    """How it went, and what is left to do, line by line."""
    swap = outcome.cut_over
    if outcome.instant:
        yield f"{outcome.table} is altered: by ALGORITHM=INSTANT, in {outcome.seconds_total:.1f} s, with no row copied"
    elif outcome.tested:
        yield (
            f"{outcome.table} is in place, tested with {outcome.rows_copied} rows copied and {outcome.changes_applied} "
            f"changes applied; tables locked for {swap.lock_seconds * 1000:.0f} ms"
        )
        yield f"-- compare it with {outcome.tested}; to remove that: DROP TABLE {outcome.tested}"
        if stopped:
            yield "-- replication is stopped, so that they stay equal; to start it again: START REPLICA"
    elif outcome.compared_only:
        yield (
            f"{outcome.table} is as it was: {outcome.rows_copied} rows were copied, {outcome.changes_applied} changes "
            f"applied and all compared in {outcome.seconds_total:.1f} s; nothing was swapped, the new table is removed"
        )
    elif outcome.reverted:
        state = "as its migration had made it" if outcome.forward else "as it was before its migration"
        yield (
            f"{outcome.table} is {state}, with all that was written since: {outcome.changes_applied} changes brought "
            f"over in {outcome.seconds_total:.1f} s; tables locked for {swap.lock_seconds * 1000:.0f} ms"
        )
        if outcome.old_table:
            yield f"-- the reverted table is kept; to remove it: DROP TABLE {outcome.old_table}"
    elif not outcome.swapped:
        yield from outcome.plan.splitlines()
    else:
        yield (
            f"{outcome.table} is migrated: {outcome.rows_copied} rows copied, {outcome.changes_applied} changes "
            f"applied in {outcome.seconds_total:.1f} s; tables locked for {swap.lock_seconds * 1000:.0f} ms"
        )
        if outcome.old_table:
            yield f"-- the old table is kept; to remove it: DROP TABLE {outcome.old_table}"
    yield from _restarted(outcome)
    if outcome.swapped or outcome.tested or outcome.compared_only:
        yield from _verified(outcome)


def _restarted(outcome: Outcome) -> Iterator[str]:
    """That it took more than one run."""
    if outcome.restarts:
        often = "once" if outcome.restarts == 1 else f"{outcome.restarts} times"
        yield f"it ended before its time {often}, and was gone on with"


def _verified(outcome: Outcome) -> Iterator[str]:
    """What the comparison found."""
    found = outcome.verification
    if not found.rows and not found.verified:
        yield "not verified (--no-verify)"
        return
    if not found.rows and not found.passes:
        return  # the run that has swapped had verified them, and did not tell how many
    word = "verified" if found.verified else "NOT verified, for some rows changed all the time"
    lost = f", but for what was lost ({outcome.rows_lost:,} rows)" if outcome.rows_lost else ""
    yield f"{word}: {found.rows:,} rows equal the original's{lost}, {found.repaired:,} had to be repaired"
    if found.wrong:
        yield f"-- repaired: {', '.join(found.wrong)}{' and more' if found.repaired > len(found.wrong) else ''}"
    if found.uncompared:
        yield f"-- columns that could not be compared: {', '.join(found.uncompared)}"
