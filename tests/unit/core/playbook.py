"""A stage for the cut-over's scripts: a server of toy tables and locks, and every way in which a step can go wrong.

`play(script, stage, twists)` answers the script's steps; a twist says how one step goes instead of well. `every_story`
plays all of them, up to a number of twists in one story. The stage knows the truth, so that a test can hold the
script's result against it: the script itself sees only what a client would see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ghostshift.core.cutover_steps import (
    AwaitMarker,
    AwaitRename,
    AwaitRenameQueued,
    CheckTriggers,
    ConfirmLocked,
    ConfirmUnhindered,
    CreateSentry,
    CreateTriggers,
    CutOverResult,
    Drain,
    DropSentry,
    EndSession,
    Failed,
    Identify,
    Interrupted,
    LockTables,
    Lost,
    Mark,
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
    Seen,
    Step,
    TimedOut,
    Unlock,
    Who,
)

# What can happen instead of "well". `lost-` twists end session A's connection: the step had no effect, had its effect,
# or the server goes on with the step while its client has gone ("late": it takes effect when the session ends).
BY_A = ("timed-out", "failed", "fatal", "lost-before", "lost-after", "lost-hanging", "interrupted")
TWISTS: dict[type[Step], tuple[str, ...]] = {
    OpenSessions: ("failed", "lost-before", "interrupted"),
    Identify: ("failed", "lost-before", "timed-out", "interrupted"),
    CreateSentry: ("failed", "fatal", "timed-out", "lost-before", "lost-after", "interrupted"),
    CheckTriggers: ("failed", "fatal", "timed-out", "lost-before", "interrupted"),
    PauseApplying: ("timed-out", "fatal", "interrupted"),
    LockTables: BY_A,
    ReportBlockers: ("failed", "lost-before"),
    Mark: BY_A,
    AwaitMarker: ("timed-out", "fatal", "interrupted", "a-dies"),
    Drain: (*BY_A, "gives-lock-up"),
    CreateTriggers: (*BY_A, "lost-late", "failed-after", "a-dies", "gives-lock-up"),
    ConfirmLocked: BY_A,
    RenameUnderLock: (*BY_A, "lost-late", "failed-after", "a-dies"),
    QueueRename: ("failed", "lost-before", "lost-after", "interrupted", "a-dies"),
    AwaitRenameQueued: ("timed-out", "failed", "lost-before", "b-dies", "a-dies", "interrupted"),
    DropSentry: ("timed-out", "failed", "lost-before", "lost-after", "lost-late", "lost-hanging", "a-dies", "b-dies"),
    ConfirmUnhindered: ("failed", "lost-before", "timed-out", "a-dies", "b-dies"),
    Unlock: ("failed", "lost-before", "lost-after", "lost-hanging", "b-held-up", "b-dies", "b-backs-off"),
    AwaitRename: ("timed-out", "lost-before", "failed-after"),
    EndSession: ("timed-out", "failed"),
    ProbeTables: ("timed-out", "failed", "lost-before"),
    RemoveSentry: ("timed-out", "failed"),
    RemoveTriggers: ("timed-out", "failed", "lost-before"),
    ResumeApplying: ("fatal",),
}


@dataclass
class Stage:
    """The truth: which table bears which name, who holds what, and whether writes were lost."""

    ids: bool = True
    """Whether the server shows the tables' numbers."""
    names: dict[str, str] = field(default_factory=lambda: {"original": "old data", "ghost": "new data"})
    a: str = "none"  # none, open, locked, dead; as the server sees it
    a_reachable: bool = True
    late: Callable[[], None] | None = None
    b: str = "none"  # none, waiting, swapped, failed, dead
    b_held_up: bool = False
    b_queued: bool = True
    """Ahead of all writers. A RENAME that backs off for a backup's lock is not."""
    drained: bool = False
    applying: bool = True
    triggers: set[str] = field(default_factory=set)
    """Whose data the new triggers are on."""
    fired: bool = False
    """Our own writes came to a table that has them."""
    swaps: int = 0
    lossless: bool = True
    dropped: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    dialogue: list[str] = field(default_factory=list)

    # -- the server --

    def settle(self) -> None:
        """Whoever waits gets what is free. Writers come the moment that nothing stops them."""
        if self.a == "locked":
            return
        if self.b == "waiting" and not self.b_held_up:
            self.b = "swapped" if self.swap() else "failed"
        if self.b != "swapped" and not self.swaps:
            self.drained = self.drained and self.b == "waiting" and self.b_queued

    def swap(self) -> bool:
        """RENAME: it fails on a target that exists. Lossless only if nothing was written since the drain."""
        if "old" in self.names:
            return False
        self.lossless = self.lossless and self.drained
        self.names = {"original": self.names["ghost"], "old": self.names["original"]}
        self.swaps += 1
        return True

    def drop_old(self) -> None:
        """DROP TABLE of whatever bears the old name."""
        self.dropped.append(self.names.pop("old"))

    def end_a(self) -> None:
        """The server ends session A; a statement that hung may still take effect."""
        late, self.late = self.late, None
        if late is not None and self.a == "locked":
            late()
        if self.a != "none":
            self.a = "dead"
        self.settle()

    def end_b(self) -> None:
        """The server ends session B; a RENAME that waits is never done."""
        if self.b == "waiting":
            self.b = "dead"
        self.settle()

    def epilogue(self, *, died: bool = False) -> None:
        """All that can still happen without us: half-open connections end, what waits gets its locks."""
        if died:
            self.a_reachable = False
        self.end_a()
        self.fired = self.fired or (self.applying and not died and self.names.get("ghost") in self.triggers)
        self.b_held_up = False
        self.settle()

    def picture(self) -> Picture:
        """What a look at the tables shows."""

        def seen(name: str) -> Seen:
            content = self.names.get(name)
            ids = frozenset({hash(content)}) if content and self.ids else frozenset[int]()
            return Seen(exists=content is not None, sentry=content == "sentry", ids=ids)

        return Picture(original=seen("original"), ghost=seen("ghost"), old=seen("old"))

    # -- the steps --

    def perform(self, step: Step, twist: str = "") -> Outcome:
        """Do a step, well or with a twist, and tell what a client would be told."""
        outcome = self._by_a(step, twist) if type(step) in _A_STEPS else self._other(step, twist)
        self.settle()
        self.dialogue.append(f"{_show(step)}: {twist or 'well'} -> {_show(outcome)}")
        return outcome

    def _by_a(self, step: Step, twist: str) -> Outcome:  # noqa: PLR0911 - one for each way to end
        plain = _plain(twist)
        if plain is not None:
            return plain
        if twist == "a-dies":
            self.end_a()
        if twist == "b-dies":
            self.end_b()
        if twist in ("b-held-up", "b-backs-off"):
            self.b_held_up = True
            self.b_queued = twist == "b-held-up"
        if self.a == "dead" or not self.a_reachable:
            self.a_reachable = False
            return Lost()
        effect = self._effects()[type(step)]
        if twist == "lost-hanging":  # a half-open connection: nothing happened, and the server does not know yet
            self.a_reachable = False
            return Lost()
        if twist == "lost-late":
            self.a_reachable, self.late = False, effect
            return Lost()
        if twist == "lost-before":
            self.a_reachable = False
            self.end_a()
            return Lost()
        if twist == "gives-lock-up":
            self.a, self.drained = "open", False
            return Ok(7)
        if self.a == "open" and type(step) is ConfirmLocked:
            return Failed(0, "not locked", fatal=True)
        effect()
        if twist == "lost-after":
            self.a_reachable = False
            self.end_a()
            return Lost()
        return Failed(1598, "not logged") if twist == "failed-after" else Ok(7)

    def _effects(self) -> dict[type[Step], Callable[[], object]]:
        return {
            LockTables: lambda: setattr(self, "a", "locked"),
            Mark: lambda: None,
            Drain: lambda: setattr(self, "drained", self.a == "locked"),
            CreateTriggers: lambda: self.triggers.add("new data") if self.a == "locked" else None,
            ConfirmLocked: lambda: None,
            RenameUnderLock: self.swap,
            DropSentry: self.drop_old,
            Unlock: lambda: setattr(self, "a", "open" if self.a == "locked" else self.a),
        }

    def _other(self, step: Step, twist: str) -> Outcome:  # noqa: PLR0911 - one for each way to end
        if twist == "a-dies":
            self.end_a()
        if twist == "b-dies":
            self.end_b()
        match step:
            case EndSession(who):
                return self._end(who, twist)
            case AwaitRename():
                return self._await_rename(twist)
            case AwaitRenameQueued():
                if (plain := _plain(twist)) is not None:
                    return plain
                if twist == "lost-before":
                    return Lost()
                return Ok() if self.b == "waiting" else Failed(1050, "table exists")
        plain = _plain(twist)
        if plain is not None or twist == "lost-before":
            self.refused.add(type(step).__name__)
            return plain or Lost()
        match step:
            case OpenSessions():
                self.a = "open"
            case Identify() | ProbeTables():
                return Ok(self.picture())
            case CreateSentry():
                assert "old" not in self.names
                self.names["old"] = "sentry"
            case PauseApplying():
                self.applying = False
            case AwaitMarker():
                assert step.marker == "7"
            case QueueRename():
                self.b = "waiting"
            case RemoveSentry():
                if self.a == "locked":  # behind session A's lock, that nobody could end
                    self.refused.add("RemoveSentry")
                    return TimedOut()
                if self.names.get("old") == "sentry":
                    self.drop_old()
            case RemoveTriggers():
                if self.a == "locked":
                    self.refused.add("RemoveTriggers")
                    return TimedOut()
                if "ghost" in self.names:
                    self.triggers.discard(self.names["ghost"])
            case ResumeApplying():
                self.applying = True
                self.fired = self.fired or self.names.get("ghost") in self.triggers
            case ReportBlockers():
                return Ok(("session 9 (app@web) has held it for 60 s",))
        return Lost() if twist == "lost-after" else Ok()

    def _end(self, who: Who, twist: str) -> Outcome:
        if twist:
            self.refused.add(f"EndSession {who.value}")
            return _plain(twist) or Lost()
        self.refused.discard(f"EndSession {who.value}")
        if who is Who.LOCKER:
            self.end_a()
        else:
            self.end_b()
        return Ok()

    def _await_rename(self, twist: str) -> Outcome:
        if self.b == "waiting" or twist == "timed-out":
            return Lost() if twist == "lost-before" else TimedOut()
        if twist == "lost-before" or self.b == "dead":
            return Lost()
        if self.b == "swapped":
            return Failed(1598, "not logged") if twist == "failed-after" else Ok()
        return Failed(1050, "table exists")


_A_STEPS = frozenset({LockTables, Mark, Drain, CreateTriggers, ConfirmLocked, RenameUnderLock, DropSentry, Unlock})


def _plain(twist: str) -> Outcome | None:
    return {
        "timed-out": TimedOut(),
        "failed": Failed(1234, "no"),
        "fatal": Failed(0, "never", fatal=True),
        "interrupted": Interrupted(),
    }.get(twist)


def _show(value: Step | Outcome) -> str:
    return type(value).__name__ + (f" {value.who.value}" if isinstance(value, EndSession) else "")


@dataclass
class Story:
    """One run of a script: what was chosen at each step, what it came to, and the truth."""

    twists: tuple[str, ...]
    stage: Stage
    result: CutOverResult | None
    """None: our process died after the last twist."""
    asked: tuple[Step, ...]

    def __str__(self) -> str:
        return "\n".join((*self.stage.dialogue, f"=> {self.result}", f"truth: {replace(self.stage, dialogue=[])}"))


def play(script: Callable[[], Script], stage: Stage, twists: tuple[str, ...] = (), *, upto: int | None = None) -> Story:
    """Run a script; step n goes as `twists[n]` says (empty: well). `upto`: our process dies after so many steps."""
    dialogue = script()
    asked: list[Step] = []
    outcome: Outcome | None = None
    while upto is None or len(asked) < upto:
        try:
            step = next(dialogue) if outcome is None else dialogue.send(outcome)
        except StopIteration as end:
            return Story(twists, stage, end.value, tuple(asked))
        twist = twists[len(asked)] if len(asked) < len(twists) else ""
        asked.append(step)
        outcome = stage.perform(step, twist)
        assert len(asked) < 60, "a script without an end"
    return Story(twists, stage, None, tuple(asked))


def every_story(script: Callable[[], Script], stage: Callable[[], Stage], faults: int) -> Iterator[Story]:
    """All stories with at most `faults` twists, at whichever steps."""
    pending: list[tuple[tuple[str, ...], int]] = [((), 0)]
    while pending:
        twists, used = pending.pop()
        story = play(script, stage(), twists)
        yield story
        if used == faults:
            continue
        # Let things go well until a later step, then twist that one.
        for number in range(len(twists), len(story.asked)):
            well = twists + ("",) * (number - len(twists))
            pending += [((*well, twist), used + 1) for twist in TWISTS[type(story.asked[number])]]
