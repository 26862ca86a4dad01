"""The cut-over as a script: a generator that asks for steps, is told their outcomes, and ends in one of three results.

The policy of the most dangerous second of a migration is here, whole and without a server, so that a test can play
every outcome at every step. The worker (workers/cutover.py) performs the steps and decides nothing.

`rename_under_lock` serves MySQL 8.0.13 and later, `with_sentry` the servers that refuse to rename a locked table.
Before a RENAME has been sent nothing can have happened. From then on only two things are believed: that the RENAME
itself answered Ok, or the identity of the tables, looked at when no session of ours can change it any more.

It must never claim a swap that is not certain, never ask to drop anything but a sentry, never let a sentry fall while a
RENAME whose keys are not drained may still be waiting behind it (invariant 11, docs/decisions/0007).
"""

from __future__ import annotations

import enum
from collections.abc import Generator

from ghostshift.core.cutover_steps import (
    AwaitMarker,
    AwaitRename,
    AwaitRenameQueued,
    CheckTriggers,
    ConfirmLocked,
    ConfirmUnhindered,
    CreateSentry,
    CreateTriggers,
    Drain,
    DropSentry,
    EndSession,
    Failed,
    Identify,
    Interrupted,
    LockTables,
    Lost,
    Mark,
    NotSwapped,
    Ok,
    OpenSessions,
    Outcome,
    PauseApplying,
    Picture,
    ProbeTables,
    QueueRename,
    RemoveSentry,
    RemoveTriggers,
    RenameUnderLock,
    ReportBlockers,
    ResumeApplying,
    Script,
    Step,
    Swapped,
    TimedOut,
    Unknown,
    Unlock,
    Who,
)
from ghostshift.model.errors import Refused
from ghostshift.model.names import HelperNames, TableName, sorts_after

HOPELESS = frozenset(
    {
        1044,  # access denied to the schema
        1045,  # access denied
        1142,  # command denied on the table
        1146,  # no such table
        1227,  # a privilege is missing
        1290,  # the server runs with an option that forbids it (read_only)
    }
)
"""Server errors that another attempt meets again."""


class Verdict(enum.Enum):
    """What two pictures say about the swap."""

    SWAPPED = "swapped"
    IN_PLACE = "in place"
    UNCLEAR = "unclear"


def rename_under_lock(original: TableName, helpers: HelperNames, *, triggers: bool = False) -> Script:
    """Lock, drain and swap in one session. If it dies before its RENAME commits, nothing has happened."""
    made = False
    try:
        yield from _need(OpenSessions((Who.LOCKER,)))
        before = yield from _identify(original, helpers, triggers=triggers)
        yield from _lock_and_drain((original, helpers.ghost, helpers.changelog))
        made = triggers  # from the request on: a lost connection may have made them
        yield from _complete(triggers=triggers)
    except _Broken as broken:
        return (yield from _untouched(broken, triggers=made))
    renamed = yield RenameUnderLock()
    over = yield from _release()
    if isinstance(renamed, Ok):
        return Swapped(notes=() if over else (_lingering(Who.LOCKER),))
    if isinstance(renamed, Interrupted):
        return (yield from _untouched(_Broken(RenameUnderLock(), renamed), released=over, triggers=made))
    # A server can report an error after the point of no return; only the tables themselves are believed.
    why = _why(RenameUnderLock(), renamed)
    return (yield from _decide(before, original, helpers, why, over=over, released=over, triggers=made))


def with_sentry(original: TableName, helpers: HelperNames, *, triggers: bool = False) -> Script:
    """Lock and drain in session A while session B's RENAME waits; a sentry makes it fail should A die too early.

    Raises Refused for names that do not sort after the original: RENAME takes its locks in name order, and would not be
    queued on the original when A unlocks, so that the application's writes slip into the old table.
    """
    for name in (helpers.ghost, helpers.old):
        if name.schema != original.schema or not sorts_after(name.table, original.table):
            raise Refused("helper-name-order", f"{name} does not sort after {original}: the cut-over would lose writes")
    return sentry_script(original, helpers, triggers=triggers)


def sentry_script(original: TableName, helpers: HelperNames, *, triggers: bool = False) -> Script:
    """The script of `with_sentry` without its check of the names (tests show with it why there is a check)."""
    sentry = made = False
    try:
        yield from _need(OpenSessions((Who.LOCKER, Who.RENAMER)))
        before = yield from _identify(original, helpers, triggers=triggers)
        sentry = True  # from the request on: a lost connection may have made it
        yield from _need(CreateSentry())
        yield from _lock_and_drain((original, helpers.ghost, helpers.old, helpers.changelog))
        made = triggers
        yield from _complete(triggers=triggers)
    except _Broken as broken:
        return (yield from _untouched(broken, sentry=sentry, triggers=made))
    try:
        yield from _need(QueueRename())
        yield from _need(AwaitRenameQueued())
    except _Broken as broken:
        return (yield from _take_rename_back(before, original, helpers, broken, triggers=made))
    dropped = yield DropSentry()
    if isinstance(dropped, (Failed, TimedOut, Interrupted)):
        kept = _Broken(DropSentry(), dropped)
        return (yield from _take_rename_back(before, original, helpers, kept, triggers=made))
    if isinstance(dropped, Ok):
        clear = yield ConfirmUnhindered()
        if not isinstance(clear, Ok):
            hindered = _Broken(ConfirmUnhindered(), clear)
            return (yield from _take_rename_back(before, original, helpers, hindered, triggers=made))
    # Lost or done: the locks go now, in either case. If the sentry stands after all, the RENAME fails on it.
    released = yield from _release()
    renamed = yield AwaitRename()
    over = isinstance((yield EndSession(Who.RENAMER)), Ok)
    if isinstance(renamed, Ok):
        return Swapped(notes=() if released else (_lingering(Who.LOCKER),))
    why = _why(DropSentry(), dropped) if isinstance(dropped, Lost) else _why(AwaitRename(), renamed)
    return (
        yield from _decide(before, original, helpers, why, over=over, released=released, sentry=True, triggers=made)
    )


def judge(before: Picture, after: Picture) -> Verdict:
    """Swapped or not, by the tables' identity; where the server does not show it, by which names exist."""
    if before.original.ids and before.ghost.ids and after.original.ids:
        swapped = after.original.ids == before.ghost.ids and after.old.ids == before.original.ids
        in_place = after.original.ids == before.original.ids and after.ghost.ids == before.ghost.ids
    else:
        old = after.old.exists and not after.old.sentry
        swapped = after.original.exists and old and not after.ghost.exists
        in_place = after.original.exists and after.ghost.exists and not old
    if swapped:
        return Verdict.SWAPPED
    return Verdict.IN_PLACE if in_place else Verdict.UNCLEAR


def old_dropped(before: Picture, after: Picture) -> bool:
    """Whether the tables were swapped and the old one is gone since: to be asked only where the swap is certain."""
    if after.old.exists or after.ghost.exists or not after.original.exists:
        return False
    return after.original.ids == before.ghost.ids or not (after.original.ids and before.ghost.ids)


# Ways forward --------------------------------------------------------------------------------------------------------


class _Broken(Exception):  # noqa: N818 - never leaves this module
    """A step that had to succeed did not."""

    def __init__(self, step: Step, outcome: Outcome, detail: str = "") -> None:
        super().__init__(detail or _why(step, outcome))
        fatal = isinstance(outcome, Failed) and (outcome.fatal or outcome.errno in HOPELESS)
        self.retry = not (fatal or isinstance(outcome, Interrupted))


def _need(step: Step) -> Generator[Step, Outcome, object]:
    """Ask for a step that has to succeed; its value. Raises _Broken."""
    outcome = yield step
    if not isinstance(outcome, Ok):
        raise _Broken(step, outcome)
    return outcome.value


def _identify(original: TableName, helpers: HelperNames, *, triggers: bool) -> Generator[Step, Outcome, Picture]:
    before = yield from _need(Identify())
    if not isinstance(before, Picture):
        raise _Broken(Identify(), Failed(0, "the tables could not be looked at"))
    for name, seen in ((original, before.original), (helpers.ghost, before.ghost)):
        if not seen.exists:
            raise _Broken(Identify(), Failed(0, "", fatal=True), f"{name} does not exist")
    if before.old.sentry:
        yield from _need(RemoveSentry())
    elif before.old.exists:
        raise _Broken(Identify(), Failed(0, "", fatal=True), f"{helpers.old} exists and is not ours: drop or rename it")
    if triggers:
        yield from _need(CheckTriggers())
    return before


def _lock_and_drain(write: tuple[TableName, ...]) -> Generator[Step, Outcome, None]:
    """From running to a standstill in which the ghost equals the original."""
    yield from _need(PauseApplying())
    locked = yield LockTables(write)
    if isinstance(locked, TimedOut):
        report = yield ReportBlockers()
        lines = report.value if isinstance(report, Ok) and isinstance(report.value, tuple) else ()
        raise _Broken(LockTables(write), locked, "\n  ".join((_why(LockTables(write), locked), *map(str, lines))))
    if not isinstance(locked, Ok):
        raise _Broken(LockTables(write), locked)
    marker = yield from _need(Mark())
    yield from _need(AwaitMarker(str(marker)))
    yield from _need(Drain())


def _complete(*, triggers: bool) -> Generator[Step, Outcome, None]:
    """The last of what is done to the ghost, and the proof that nobody else could do anything meanwhile."""
    if triggers:
        yield from _need(CreateTriggers())
    yield from _need(ConfirmLocked())


# Ways back -----------------------------------------------------------------------------------------------------------


def _release() -> Generator[Step, Outcome, bool]:
    """Give the locks up, politely or by killing; whether session A is surely gone."""
    yield Unlock()
    return isinstance((yield EndSession(Who.LOCKER)), Ok)


def _untouched(
    broken: _Broken, *, sentry: bool = False, released: bool | None = None, triggers: bool = False
) -> Script:
    """No RENAME was ever sent: put everything back."""
    over = (yield from _release()) if released is None else released
    return (yield from _go_on(str(broken), retry=broken.retry, sentry=sentry, released=over, triggers=triggers))


def _go_on(reason: str, *, retry: bool, sentry: bool, released: bool, triggers: bool) -> Script:
    """The last steps of every attempt that has surely not swapped. `released`: session A is surely gone.

    Triggers that may be on the ghost forbid to go on: they would fire on every row that is applied.
    """
    notes = [] if released else [_lingering(Who.LOCKER)]
    if sentry and not isinstance((yield RemoveSentry()), Ok):
        notes.append("the sentry that bears the old table's name could not be removed; the next attempt will try to")
    if triggers:
        removed = yield RemoveTriggers()
        if not (released and isinstance(removed, Ok)):
            notes.append(
                "triggers made on the ghost table may be there still, and would fire on what is applied to it; so "
                "nothing is applied any more, and the ghost is of no use: drop it"
            )
            return NotSwapped(reason="; ".join((reason, *notes)), retry=False)
    resumed = yield ResumeApplying()
    if not isinstance(resumed, Ok):
        notes.append(_why(ResumeApplying(), resumed))
    return NotSwapped(reason="; ".join((reason, *notes)), retry=retry and isinstance(resumed, Ok))


def _take_rename_back(
    before: Picture, original: TableName, helpers: HelperNames, broken: _Broken, *, triggers: bool
) -> Script:
    """The RENAME may be waiting: it must be dead before A lets go, and before the sentry that blocks it falls."""
    over = isinstance((yield EndSession(Who.RENAMER)), Ok)
    released = yield from _release()
    return (
        yield from _decide(
            before, original, helpers, str(broken),
            over=over, released=released, sentry=True, retry=broken.retry, triggers=triggers,
        )
    )  # fmt: skip


def _decide(
    before: Picture,
    original: TableName,
    helpers: HelperNames,
    why: str,
    *,
    over: bool,
    released: bool,
    triggers: bool,
    sentry: bool = False,
    retry: bool = True,
) -> Script:
    """A RENAME was sent and did not answer Ok. `over`: the session that sent it is gone, so what we see stays so."""
    probe = yield ProbeTables()
    after = probe.value if isinstance(probe, Ok) else None
    if not isinstance(after, Picture):
        return Unknown(look_at=_look_at(original, helpers, f"{why}; the tables could not be looked at"))
    verdict = judge(before, after)
    if verdict is Verdict.SWAPPED:
        return Swapped(notes=(why,))
    if verdict is Verdict.IN_PLACE and over:
        return (yield from _go_on(why, retry=retry, sentry=sentry, released=released, triggers=triggers))
    if verdict is Verdict.IN_PLACE:
        why += "; the tables are in place, but the session that renames could not be ended and may still do so"
    return Unknown(look_at=_look_at(original, helpers, why))


# Words ---------------------------------------------------------------------------------------------------------------


def _why(step: Step, outcome: Outcome) -> str:
    name = _IN_WORDS[type(step)]
    match outcome:
        case TimedOut():
            return f"{name}: not in time"
        case Failed(errno, message):
            return f"{name}: {message}" + (f" (server error {errno})" if errno else "")
        case Lost(message):
            return f"{name}: the connection was lost" + (f" ({message})" if message else "")
        case Interrupted():
            return f"{name}: not begun, because the program is to stop"
        case Ok():
            return f"{name}: done"


def _lingering(who: Who) -> str:
    return f"the {who.value} session could not be seen to end; the server closes it after its wait_timeout"


def _look_at(original: TableName, helpers: HelperNames, why: str) -> str:
    return (
        f"{why}. Look at SHOW PROCESSLIST for a RENAME of ours, wait until it is gone, then at the three names: "
        f"if {helpers.ghost} is gone and {helpers.old} has rows, the swap happened; "
        f"if {helpers.ghost} exists and {original} is the table you know, it did not; "
        f"if {original} is missing, RENAME TABLE {helpers.old} TO {original} restores it. Nothing was dropped."
    )


_IN_WORDS: dict[type[Step], str] = {
    OpenSessions: "connecting for the cut-over",
    Identify: "looking at the tables",
    CreateSentry: "creating the sentry table",
    PauseApplying: "pausing the appliers",
    LockTables: "locking the tables",
    ReportBlockers: "looking for who blocks the lock",
    Mark: "writing the marker",
    AwaitMarker: "waiting for the marker in the binary log",
    Drain: "applying the last keys",
    CheckTriggers: "looking at the triggers",
    CreateTriggers: "making the triggers",
    ConfirmLocked: "making sure that the locks are held",
    RenameUnderLock: "renaming the tables",
    QueueRename: "sending the RENAME",
    AwaitRenameQueued: "waiting until the RENAME is queued on the original",
    DropSentry: "dropping the sentry table",
    ConfirmUnhindered: "making sure that nothing comes between",
    Unlock: "unlocking the tables",
    AwaitRename: "renaming the tables",
    EndSession: "ending a session",
    ProbeTables: "looking at the tables",
    RemoveSentry: "removing the sentry table",
    RemoveTriggers: "removing the triggers from the ghost",
    ResumeApplying: "resuming the appliers",
}
