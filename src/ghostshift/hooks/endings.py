"""How the end of a migration is told: on-success, or on-failure, which nothing can make worse.

An objection to the success comes too late: the tables have been swapped. It is an error all the same, as in gh-ost, and
its message must leave no doubt that the table is migrated.
"""

from __future__ import annotations

from collections.abc import Callable

from ghostshift.model.errors import HookFailed
from ghostshift.model.notice import Turn
from ghostshift.model.outcome import Outcome
from ghostshift.runtime.notifier import Notifier


def telling_the_end(notices: Notifier, work: Callable[[], Outcome]) -> Outcome:
    """Do the work, and tell how it ended. Raises what the work raised, or HookFailed."""
    try:
        outcome = work()
    except KeyboardInterrupt:
        raise  # whoever presses Ctrl-C twice does not want to wait for a hook
    except BaseException as failure:
        _tell_failure(notices, failure)
        raise
    try:
        notices.tell(Turn.SUCCESS, instant_ddl="true" if outcome.instant else "false")
    except (HookFailed, KeyboardInterrupt) as objection:
        error = HookFailed(f"{_what_is(outcome)}, only this failed afterwards: {str(objection) or 'interrupted'}")
        if outcome.old_table:
            error.add_note(f"the old table is kept; to remove it: DROP TABLE {outcome.old_table}")
        for warning in outcome.warnings:
            error.add_note(warning)
        _tell_failure(notices, error)
        raise error from objection
    return outcome


def _what_is(outcome: Outcome) -> str:
    if outcome.instant:
        return f"{outcome.table} IS altered, by ALGORITHM=INSTANT"
    if outcome.compared_only:
        return f"{outcome.table} was copied and compared; it is as it was"
    if outcome.tested:
        return f"the test of {outcome.table} succeeded; {outcome.tested} stays for comparison"
    if outcome.reverted:
        return f"{outcome.table} IS reverted: the table that came back is in place and complete"
    if outcome.swapped:
        return f"{outcome.table} IS migrated: the new table is in place and complete"
    return f"the rehearsal for {outcome.table} succeeded"


def _tell_failure(notices: Notifier, failure: BaseException) -> None:
    try:
        notices.tell(Turn.FAILURE)
    except KeyboardInterrupt:
        # What ended the migration is what the exit code must tell, and what is left on the server.
        failure.add_note("the hooks of on-failure were interrupted")
