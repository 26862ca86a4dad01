"""The cut-over's scripts against every misfortune: invariant 11, played out step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ghostshift.core.cutover import Verdict, judge, old_dropped, rename_under_lock, sentry_script, with_sentry
from ghostshift.core.cutover_steps import (
    AwaitRename,
    CheckTriggers,
    CreateSentry,
    CreateTriggers,
    DropSentry,
    EndSession,
    Failed,
    LockTables,
    NotSwapped,
    Outcome,
    Picture,
    QueueRename,
    RemoveSentry,
    RemoveTriggers,
    RenameUnderLock,
    ResumeApplying,
    Script,
    Seen,
    Step,
    Swapped,
    Unknown,
    Unlock,
    Who,
)
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName, helper_names
from unit.core.playbook import TWISTS, Stage, Story, every_story, play

T = TableName("shop", "t")
NAMES = helper_names(T, sort_after=True)
ARRIVES = ("OpenSessions", "Identify", "PauseApplying", "LockTables", "Mark", "AwaitMarker", "Drain", "ConfirmLocked")


def under_lock() -> Script:
    return rename_under_lock(T, NAMES)


def sentry() -> Script:
    return with_sentry(T, NAMES)


def under_lock_with_triggers() -> Script:
    return rename_under_lock(T, NAMES, triggers=True)


def sentry_with_triggers() -> Script:
    return with_sentry(T, NAMES, triggers=True)


WITH_TRIGGERS = pytest.mark.parametrize("script", [under_lock_with_triggers, sentry_with_triggers])
BOTH = pytest.mark.parametrize("script", [under_lock, sentry])
IDS = pytest.mark.parametrize("ids", [True, False], ids=["ids shown", "ids hidden"])


def spoken(story: Story) -> list[str]:
    return [line.partition(":")[0] for line in story.stage.dialogue]


def check(story: Story) -> None:
    """Invariant 11, and what it rests on, at the end of a story."""
    stage, result, refused = story.stage, story.result, story.stage.refused
    locked_at_end = stage.a == "locked"
    stage.epilogue(died=result is None)
    told = f"\n{story}"
    # A RENAME that backed off and cannot be ended, or whose owner died: the net's business, if anybody's.
    hopeless = "b-backs-off" in story.twists and (result is None or isinstance(result, Unknown))
    assert stage.lossless or hopeless, f"writes were lost{told}"
    assert set(stage.dropped) <= {"sentry"}, f"something else than the sentry was dropped{told}"
    assert sorted(v for v in stage.names.values() if v != "sentry") == ["new data", "old data"], told
    assert not stage.fired, f"triggers fired on rows that we applied{told}"
    if result is None:
        return
    assert not locked_at_end or "EndSession locker" in refused, f"the tables stay locked{told}"
    assert EndSession(Who.LOCKER) in story.asked, told
    if isinstance(result, Swapped):
        assert stage.swaps == 1, f"a swap was claimed that is none{told}"
        if CreateTriggers() in story.asked:
            assert stage.triggers == {"new data"}, f"swapped without its triggers{told}"
    if isinstance(result, NotSwapped):
        assert stage.swaps == 0, f"a swap was overlooked{told}"
        given_up = "triggers made on the ghost" in result.reason and not result.retry
        assert stage.applying or "ResumeApplying" in refused or given_up, f"the appliers stay paused{told}"
        assert given_up or not stage.triggers, f"triggers stay on the ghost{told}"
        if CreateSentry() in story.asked:
            assert "old" not in stage.names or "RemoveSentry" in refused, f"the sentry is left behind{told}"
    if isinstance(result, Unknown):
        assert "Nothing was dropped" in result.look_at
        assert ResumeApplying() not in story.asked, f"we write while nobody knows to which table{told}"
        assert RemoveSentry() not in story.asked, f"something was dropped in doubt{told}"


def test_a_rename_under_lock_is_this_dialogue() -> None:
    story = play(under_lock, Stage())
    assert spoken(story) == [*ARRIVES, "RenameUnderLock", "Unlock", "EndSession locker"]
    assert story.result == Swapped()


def test_a_swap_with_a_sentry_is_this_dialogue() -> None:
    story = play(sentry, Stage())
    assert spoken(story) == [
        *ARRIVES[:2],
        "CreateSentry",
        *ARRIVES[2:],
        *("QueueRename", "AwaitRenameQueued", "DropSentry", "ConfirmUnhindered"),
        *("Unlock", "EndSession locker"),
        *("AwaitRename", "EndSession renamer"),
    ]
    assert story.result == Swapped()


@BOTH
@IDS
def test_every_outcome_at_every_step_ends_true_and_one_misfortune_never_ends_unknown(
    script: Callable[[], Script], *, ids: bool
) -> None:
    kinds = set()
    for story in every_story(script, lambda: Stage(ids=ids), 1):
        check(story)
        assert not isinstance(story.result, Unknown), f"\n{story}"
        kinds.add(type(story.result))
    assert kinds == {Swapped, NotSwapped}


@BOTH
@IDS
def test_every_three_misfortunes_in_one_story_end_true(script: Callable[[], Script], *, ids: bool) -> None:
    kinds = set()
    for story in every_story(script, lambda: Stage(ids=ids), 3):
        check(story)
        kinds.add(type(story.result))
    assert kinds == {Swapped, NotSwapped, Unknown}


@WITH_TRIGGERS
def test_triggers_are_made_when_all_is_drained_and_travel_with_the_swap(script: Callable[[], Script]) -> None:
    story = play(script, Stage())
    said = spoken(story)
    assert said.index("Identify") < said.index("CheckTriggers") < said.index("PauseApplying")
    assert said.index("Drain") + 1 == said.index("CreateTriggers") == said.index("ConfirmLocked") - 1
    assert story.result == Swapped()
    assert story.stage.triggers == {"new data"}


@WITH_TRIGGERS
def test_with_triggers_two_misfortunes_end_true_and_one_never_ends_unknown(script: Callable[[], Script]) -> None:
    for story in every_story(script, Stage, 2):
        check(story)
        asked = [type(step) for step in story.asked]
        if CreateTriggers in asked and ResumeApplying in asked:
            assert asked.index(EndSession) < asked.index(RemoveTriggers) < asked.index(ResumeApplying)
    for story in every_story(script, Stage, 1):
        assert not isinstance(story.result, Unknown), f"\n{story}"


@WITH_TRIGGERS
def test_triggers_that_may_be_left_on_the_ghost_forbid_to_go_on(script: Callable[[], Script]) -> None:
    for story in every_story(script, Stage, 2):
        if RemoveTriggers() in story.asked and "RemoveTriggers" in story.stage.refused:
            assert isinstance(story.result, NotSwapped)
            assert not story.result.retry
            assert "drop it" in story.result.reason
            assert not story.stage.applying


@WITH_TRIGGERS
def test_a_name_that_is_taken_is_found_before_anybody_waits(script: Callable[[], Script]) -> None:
    story = next(s for s in every_story(script, Stage, 1) if "CheckTriggers: fatal" in str(s))
    assert isinstance(story.result, NotSwapped)
    assert not story.result.retry
    assert CheckTriggers() in story.asked
    assert not any(isinstance(step, LockTables | CreateTriggers | RemoveTriggers) for step in story.asked)


@WITH_TRIGGERS
def test_our_death_with_triggers_on_the_ghost_loses_nothing(script: Callable[[], Script]) -> None:
    for story in every_story(script, Stage, 1):
        for steps in range(1, len(story.asked) + 1):
            check(play(script, Stage(), story.twists, upto=steps))


@BOTH
def test_our_death_after_any_step_of_any_story_loses_nothing(script: Callable[[], Script]) -> None:
    for story in every_story(script, Stage, 1):
        for steps in range(1, len(story.asked) + 1):
            check(play(script, Stage(), story.twists, upto=steps))


@BOTH
def test_every_step_of_the_scripts_is_twisted(script: Callable[[], Script]) -> None:
    asked = {type(step) for story in every_story(script, Stage, 1) for step in story.asked}
    assert asked <= set(TWISTS)


@BOTH
def test_a_stop_before_the_rename_is_obeyed_and_not_tried_again(script: Callable[[], Script]) -> None:
    for story in every_story(script, Stage, 1):
        if "interrupted" in story.twists:
            assert isinstance(story.result, NotSwapped)
            assert not story.result.retry


def test_no_step_after_the_point_of_no_return_can_be_interrupted() -> None:
    story = play(sentry, Stage())
    after = story.asked[story.asked.index(DropSentry()) :]
    assert [step for step in after if step.interruptible] == []
    assert RenameUnderLock.interruptible
    assert QueueRename.interruptible


def test_a_rename_that_waits_is_killed_before_anything_else_is_changed() -> None:
    for story in every_story(sentry, Stage, 1):
        if QueueRename() not in story.asked or AwaitRename() in story.asked:
            continue  # it was never sent, or may run now
        after = story.asked[story.asked.index(QueueRename()) :]
        assert after.index(EndSession(Who.RENAMER)) < after.index(Unlock())


def test_a_leftover_sentry_is_removed_first() -> None:
    stage = Stage()
    stage.names["old"] = "sentry"
    story = play(sentry, stage)
    assert spoken(story)[:4] == ["OpenSessions", "Identify", "RemoveSentry", "CreateSentry"]
    assert story.result == Swapped()
    assert stage.dropped == ["sentry", "sentry"]


@BOTH
def test_a_stranger_under_the_old_name_ends_it_for_good(script: Callable[[], Script]) -> None:
    stage = Stage()
    stage.names["old"] = "somebody's"
    story = play(script, stage)
    assert isinstance(story.result, NotSwapped)
    assert not story.result.retry
    assert "`shop`.`t_del` exists" in story.result.reason
    assert stage.dropped == []
    assert stage.applying


@BOTH
@pytest.mark.parametrize("missing", ["original", "ghost"])
def test_a_missing_table_ends_it_for_good(script: Callable[[], Script], missing: str) -> None:
    stage = Stage()
    del stage.names[missing]
    result = play(script, stage).result
    assert isinstance(result, NotSwapped)
    assert not result.retry
    assert "does not exist" in result.reason


@BOTH
def test_a_lock_that_is_not_had_names_who_blocks_it(script: Callable[[], Script]) -> None:
    story = next(s for s in every_story(script, Stage, 1) if "LockTables: timed-out" in str(s))
    assert isinstance(story.result, NotSwapped)
    assert story.result.retry
    assert "session 9 (app@web) has held it for 60 s" in story.result.reason


@BOTH
def test_drained_without_locks_is_not_drained(script: Callable[[], Script]) -> None:
    story = next(s for s in every_story(script, Stage, 1) if "gives-lock-up" in s.twists)
    assert isinstance(story.result, NotSwapped)
    assert story.stage.swaps == 0


@BOTH
def test_missing_privileges_are_not_tried_again(script: Callable[[], Script]) -> None:
    class Forbidding(Stage):
        def perform(self, step: Step, twist: str = "") -> Outcome:
            return Failed(1044, "Access denied") if isinstance(step, LockTables) else super().perform(step, twist)

    result = play(script, Forbidding()).result
    assert isinstance(result, NotSwapped)
    assert not result.retry
    assert "Access denied (server error 1044)" in result.reason


@pytest.mark.parametrize("bad", ["_t_gho", "_t_del", "s", "T_del"])
def test_names_that_do_not_sort_after_the_original_are_refused(bad: str) -> None:
    for part in ("ghost", "old"):
        with pytest.raises(Refused, match="helper-name-order"):
            with_sentry(T, replace(NAMES, **{part: T.sibling(bad)}))
    assert next(sentry_script(T, replace(NAMES, old=T.sibling(bad))))


ORIGINAL, GHOST = Seen(exists=True, ids=frozenset({1})), Seen(exists=True, ids=frozenset({2}))
NONE, SENTRY = Seen(), Seen(exists=True, sentry=True, ids=frozenset({3}))
BEFORE = Picture(ORIGINAL, GHOST, NONE)


def bare(seen: Seen) -> Seen:
    return Seen(exists=seen.exists, sentry=seen.sentry)


@pytest.mark.parametrize(
    ("after", "by_ids", "by_names"),
    [
        (Picture(GHOST, NONE, ORIGINAL), Verdict.SWAPPED, Verdict.SWAPPED),
        (Picture(ORIGINAL, GHOST, NONE), Verdict.IN_PLACE, Verdict.IN_PLACE),
        (Picture(ORIGINAL, GHOST, SENTRY), Verdict.IN_PLACE, Verdict.IN_PLACE),
        (Picture(NONE, GHOST, ORIGINAL), Verdict.UNCLEAR, Verdict.UNCLEAR),
        (Picture(ORIGINAL, NONE, SENTRY), Verdict.UNCLEAR, Verdict.UNCLEAR),
        (Picture(ORIGINAL, NONE, NONE), Verdict.UNCLEAR, Verdict.UNCLEAR),
        # Somebody else's doing: only identity can tell that the table with the right name is the wrong one.
        (Picture(Seen(exists=True, ids=frozenset({9})), NONE, ORIGINAL), Verdict.UNCLEAR, Verdict.SWAPPED),
        (Picture(ORIGINAL, Seen(exists=True, ids=frozenset({9})), NONE), Verdict.UNCLEAR, Verdict.IN_PLACE),
        (Picture(ORIGINAL, GHOST, Seen(exists=True)), Verdict.IN_PLACE, Verdict.UNCLEAR),
    ],
)
def test_the_tables_are_judged_by_identity_and_else_by_name(after: Picture, by_ids: Verdict, by_names: Verdict) -> None:
    assert judge(BEFORE, after) is by_ids
    hidden = Picture(bare(after.original), bare(after.ghost), bare(after.old))
    assert judge(Picture(bare(ORIGINAL), bare(GHOST), NONE), hidden) is by_names
    assert judge(BEFORE, hidden) is by_names


@pytest.mark.parametrize(
    ("after", "dropped"),
    [
        (Picture(GHOST, NONE, NONE), True),
        (Picture(bare(GHOST), NONE, NONE), True),
        (Picture(ORIGINAL, NONE, NONE), False),
        (Picture(GHOST, NONE, ORIGINAL), False),
        (Picture(ORIGINAL, GHOST, NONE), False),
        (Picture(NONE, NONE, NONE), False),
    ],
)
def test_after_a_swap_the_old_table_may_have_been_dropped(after: Picture, dropped: bool) -> None:  # noqa: FBT001
    assert old_dropped(BEFORE, after) is dropped
