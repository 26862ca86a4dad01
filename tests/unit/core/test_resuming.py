"""What is done with what an earlier run left: every way, and every reason not to go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ghostshift.core.cutover import Verdict
from ghostshift.core.cutover_steps import Picture, Seen
from ghostshift.core.resuming import Remains, Way, choices, judged_elsewhere, owns_ghost, swapped_by_definition, way
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Allowances, Recovery, Verification
from unit.core.test_checkpoints import PLAIN

OPTIONS = Options(endpoint=Endpoint(), schema="shop", table="t", alter="add column a  int;")
NAMES = helper_names(TableName("shop", "t"), sort_after=False)
CHECKPOINT = replace(PLAIN, alter="add column a int", choices=choices(OPTIONS))
REMAINS = Remains(
    names=NAMES, checkpoint=CHECKPOINT, verdict=Verdict.IN_PLACE, original=PLAIN.original, ghost=PLAIN.ghost
)
RESUME, ANEW = (replace(OPTIONS, recovery=one) for one in (Recovery(resume=True), Recovery(anew=True)))


def at(phase: Phase, **more: object) -> Remains:
    return replace(REMAINS, checkpoint=replace(CHECKPOINT, phase=phase), **more)  # type: ignore[arg-type]


GOING = (Phase.COPYING, Phase.INDEXING, Phase.VERIFYING, Phase.CATCHING_UP, Phase.POSTPONED, Phase.CUTTING_OVER)


@pytest.mark.parametrize("phase", GOING)
def test_the_same_command_goes_on_unless_told_otherwise(phase: Phase) -> None:
    assert way(at(phase), OPTIONS, NAMES) is Way.RESUME
    assert way(at(phase), RESUME, NAMES) is Way.RESUME
    assert way(at(phase), ANEW, NAMES) is Way.BEGIN


def test_a_script_that_always_drops_the_ghost_begins_anew_but_for_a_resume() -> None:
    dropping = replace(OPTIONS, initially_drop_ghost_table=True)
    assert way(REMAINS, dropping, NAMES) is Way.BEGIN
    assert way(REMAINS, replace(dropping, recovery=Recovery(resume=True)), NAMES) is Way.RESUME


def test_where_there_is_nothing_a_resume_is_refused() -> None:
    assert way(None, OPTIONS, NAMES) is Way.BEGIN
    assert way(None, ANEW, NAMES) is Way.BEGIN
    with pytest.raises(Refused, match="there is no checkpoint") as caught:
        way(None, RESUME, NAMES)
    assert caught.value.code == "no-checkpoint"


@pytest.mark.parametrize("phase", [Phase.PREPARING, Phase.DONE])
def test_where_nothing_was_copied_or_all_is_done_it_begins(phase: Phase) -> None:
    assert way(at(phase), OPTIONS, NAMES) is Way.BEGIN


def test_what_has_come_to_its_end_is_not_begun_again_by_whoever_would_go_on_with_it() -> None:
    with pytest.raises(Refused, match="has come to its end") as caught:
        way(at(Phase.DONE), RESUME, NAMES)
    assert caught.value.code == "no-checkpoint"


@pytest.mark.parametrize("phase", [Phase.CUTTING_OVER, Phase.CLEANING])
@pytest.mark.parametrize("options", [OPTIONS, RESUME, ANEW])
def test_i11_swapped_tables_are_only_ever_finished(phase: Phase, options: Options) -> None:
    swapped = at(phase, verdict=Verdict.SWAPPED, ghost="")
    assert way(swapped, options, NAMES) is Way.FINISH
    with pytest.raises(Refused, match="the table as it was") as caught:
        way(swapped, replace(options, alter="add column b int"), NAMES)
    assert caught.value.code == "swapped-already"
    assert "give that command again" in str(caught.value)
    assert "cleanup" not in str(caught.value), "while the old table is there clean-up leaves what the end needs"
    with pytest.raises(Refused, match=r"is dropped already\. .* or run ghostshift cleanup --silent-for 0"):
        way(replace(swapped, old_dropped=True), replace(options, alter="add column b int"), NAMES)


MISFITS = {
    "resume-hopeless": replace(REMAINS, checkpoint=replace(CHECKPOINT, hopeless="why")),
    "resume-other-alter": replace(REMAINS, checkpoint=replace(CHECKPOINT, alter="add column b int")),
    "resume-other-options": replace(REMAINS, checkpoint=replace(CHECKPOINT, choices={"allow-data-loss": "true"})),
    "resume-no-ghost": replace(REMAINS, ghost=""),
    "resume-other-tables": replace(REMAINS, verdict=Verdict.UNCLEAR),
    "resume-original-altered": replace(REMAINS, original="other"),
    "resume-ghost-altered": replace(REMAINS, ghost="other"),
}


@pytest.mark.parametrize("code", MISFITS)
def test_what_does_not_fit_is_told_apart_and_never_dropped_unasked(code: str) -> None:
    for options in (OPTIONS, RESUME):
        with pytest.raises(Refused, match=r"--no-resume to (drop|begin)") as caught:
            way(MISFITS[code], options, NAMES)
        assert caught.value.code == code
    assert way(MISFITS[code], ANEW, NAMES) is Way.BEGIN


@pytest.mark.parametrize("phase", GOING)
def test_indexes_may_have_come_after_the_last_word(phase: Phase) -> None:
    filled = at(phase, ghost="with them")
    assert way(replace(filled, checkpoint=replace(filled.checkpoint, whole="with them")), OPTIONS, NAMES) is Way.RESUME


def test_a_choice_that_an_older_version_did_not_know_is_no_difference() -> None:
    known = {name: value for name, value in choices(OPTIONS).items() if name != "verify-only"}
    assert way(replace(REMAINS, checkpoint=replace(CHECKPOINT, choices=known)), OPTIONS, NAMES) is Way.RESUME
    lossy = replace(OPTIONS, allow=Allowances(data_loss=True))
    with pytest.raises(Refused, match="--allow-data-loss=false"):
        way(REMAINS, lossy, NAMES)


def test_a_comparison_that_has_ended_leaves_nothing_to_go_on_with() -> None:
    comparing = replace(CHECKPOINT, phase=Phase.CLEANING, choices={**CHECKPOINT.choices, "verify-only": "true"})
    ended = replace(REMAINS, checkpoint=comparing, verdict=Verdict.UNCLEAR, ghost="")
    only = replace(OPTIONS, verification=Verification(only=True))
    assert way(ended, only, NAMES) is Way.BEGIN
    assert way(replace(ended, verdict=Verdict.IN_PLACE, ghost=PLAIN.ghost), only, NAMES) is Way.RESUME


HERE, GONE, SENTRY = Seen(exists=True), Seen(), Seen(exists=True, sentry=True)
DIGESTS = {"original": PLAIN.original, "ghost": PLAIN.ghost}


@pytest.mark.parametrize(
    ("phase", "names", "bears", "verdict"),
    [
        (Phase.COPYING, (HERE, HERE, GONE), ("original", ""), Verdict.IN_PLACE),
        (Phase.CUTTING_OVER, (HERE, HERE, SENTRY), ("original", ""), Verdict.IN_PLACE),
        (Phase.CUTTING_OVER, (HERE, GONE, HERE), ("ghost", "original"), Verdict.SWAPPED),
        (Phase.CLEANING, (HERE, GONE, HERE), ("ghost", "original"), Verdict.SWAPPED),
        (Phase.CLEANING, (HERE, HERE, GONE), ("original", ""), Verdict.UNCLEAR),
        (Phase.COPYING, (HERE, GONE, HERE), ("ghost", "original"), Verdict.UNCLEAR),
        (Phase.CUTTING_OVER, (HERE, GONE, HERE), ("original", "ghost"), Verdict.UNCLEAR),
        (Phase.CUTTING_OVER, (HERE, GONE, SENTRY), ("ghost", "original"), Verdict.UNCLEAR),
        (Phase.CUTTING_OVER, (HERE, HERE, HERE), ("original", "original"), Verdict.UNCLEAR),
        (Phase.CUTTING_OVER, (GONE, HERE, GONE), ("", ""), Verdict.UNCLEAR),
    ],
)
def test_i11_on_another_server_definitions_tell_on_which_side_of_the_swap_it_is(
    phase: Phase, names: tuple[Seen, Seen, Seen], bears: tuple[str, str], verdict: Verdict
) -> None:
    original, old = (DIGESTS.get(one, "") for one in bears)
    picture = Picture(original=names[0], ghost=names[1], old=names[2])
    checkpoint = replace(CHECKPOINT, phase=phase)
    assert judged_elsewhere(checkpoint, picture, original=original, old=old) is verdict


def test_what_bears_the_old_tables_name_is_told_before_the_rest_is_copied() -> None:
    with pytest.raises(Refused, match=r"_t_del` exists by now.*drop or rename") as caught:
        way(replace(REMAINS, old_in_the_way=True), OPTIONS, NAMES)
    assert caught.value.code == "leftover-table"
    assert way(replace(REMAINS, old_in_the_way=True, verdict=Verdict.SWAPPED), OPTIONS, NAMES) is Way.FINISH


@pytest.mark.parametrize("phase", [*GOING, Phase.PREPARING])
def test_a_ghost_is_dropped_unasked_only_if_it_is_the_one_that_the_checkpoint_knows(phase: Phase) -> None:
    assert owns_ghost(at(phase))
    assert not owns_ghost(at(phase, ghost_known=False))


def test_a_migration_that_has_ended_and_a_revert_own_no_ghost() -> None:
    assert not owns_ghost(None)
    assert not owns_ghost(at(Phase.DONE))
    assert not owns_ghost(replace(REMAINS, checkpoint=replace(CHECKPOINT, revert=True)))


@pytest.mark.parametrize("phase", [*GOING, Phase.PREPARING])
def test_i11_what_was_swapped_in_is_never_migrated_again_by_the_same_checkpoint(phase: Phase) -> None:
    found = at(phase, verdict=Verdict.UNCLEAR, swapped_in=True, ghost="")
    for chosen in (OPTIONS, RESUME, ANEW, replace(OPTIONS, initially_drop_ghost_table=True)):
        with pytest.raises(Refused, match="must not be done twice") as refused:
            way(found, chosen, NAMES)
        assert refused.value.code == "swapped-already"


def test_without_identities_only_another_definition_tells_that_the_tables_are_swapped() -> None:
    gone = Picture(original=Seen(exists=True), ghost=Seen(), old=Seen())
    begun = replace(CHECKPOINT, phase=Phase.CUTTING_OVER, original="before", ghost="after")
    assert swapped_by_definition(begun, gone, "after")
    assert not swapped_by_definition(begun, gone, "before")
    assert not swapped_by_definition(replace(begun, original="after"), gone, "after")
    assert not swapped_by_definition(replace(begun, phase=Phase.POSTPONED), gone, "after")
    assert not swapped_by_definition(begun, replace(gone, ghost=Seen(exists=True)), "after")
