"""What may be swapped back, what the tables of a revert are called, and which columns belong together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ghostshift.core import resuming
from ghostshift.core.cutover import Verdict
from ghostshift.core.resuming import Remains, Way
from ghostshift.core.reverting import Candidate, begun, check_old, direction, names_of, verifiable, way
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.phase import Phase
from ghostshift.model.schema import Column, Table
from ghostshift.model.settings import Recovery
from ghostshift.sql.alter import read_alter
from unit.core.test_checkpoints import PLAIN

OPTIONS = Options(endpoint=Endpoint(), schema="shop", table="t", alter="", recovery=Recovery(revert=True))
MIGRATE = replace(OPTIONS, alter="ADD c int", recovery=Recovery())
NAMES = helper_names(TableName("shop", "t"), sort_after=False)
DONE = replace(PLAIN, phase=Phase.DONE, old="_t_del", original="old", ghost="new")
FOUND = Remains(names=NAMES, checkpoint=DONE, verdict=Verdict.SWAPPED, original="new", ghost="")
CANDIDATE = Candidate(remains=FOUND, old="old")
REVERT_NAMES = names_of(OPTIONS, DONE, NAMES, sort_after=False)
BEGUN = begun(DONE, REVERT_NAMES, tool="1", run="run", choices={})
GOING = Candidate(
    remains=Remains(names=REVERT_NAMES, checkpoint=BEGUN, verdict=Verdict.IN_PLACE, original="new", ghost="old"), old=""
)


def but(candidate: Candidate, old: str | None = None, **more: object) -> Candidate:
    fields = {name: more.pop(name) for name in ("phase", "hopeless") if name in more}
    checkpoint = replace(candidate.remains.checkpoint, **fields)  # type: ignore[arg-type]
    remains = replace(candidate.remains, checkpoint=checkpoint, **more)  # type: ignore[arg-type]
    return Candidate(remains=remains, old=candidate.old if old is None else old)


def test_what_is_done_is_begun_to_be_undone_and_what_is_begun_is_gone_on_with() -> None:
    assert way(CANDIDATE, OPTIONS, NAMES) is Way.BEGIN
    assert way(GOING, OPTIONS, NAMES) is Way.RESUME
    assert way(but(GOING, verdict=Verdict.SWAPPED, phase=Phase.CUTTING_OVER), OPTIONS, NAMES) is Way.FINISH


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (None, "revert-no-checkpoint"),
        (but(GOING, phase=Phase.DONE), "reverted-already"),
        (but(CANDIDATE, phase=Phase.COPYING), "revert-not-swapped"),
        (but(CANDIDATE, phase=Phase.CLEANING), "revert-not-swapped"),
        (but(CANDIDATE, old=""), "revert-no-old-table"),
        (but(CANDIDATE, verdict=Verdict.UNCLEAR), "revert-other-tables"),
        (but(CANDIDATE, verdict=Verdict.IN_PLACE), "revert-other-tables"),
        (but(CANDIDATE, original="other"), "revert-altered"),
        (but(CANDIDATE, old="other"), "revert-altered"),
        (but(GOING, hopeless="why"), "revert-hopeless"),
        (but(GOING, ghost=""), "revert-no-old-table"),
        (but(GOING, verdict=Verdict.UNCLEAR), "revert-other-tables"),
        (but(GOING, original="other"), "revert-altered"),
        (but(GOING, ghost="other"), "revert-altered"),
    ],
)
def test_what_cannot_be_swapped_back_is_refused(found: Candidate | None, code: str) -> None:
    with pytest.raises(Refused) as caught:
        way(found, OPTIONS, NAMES)
    assert caught.value.code == code


@pytest.mark.parametrize("found", [CANDIDATE, GOING])
def test_only_the_table_that_was_swapped_out_last_comes_back(found: Candidate) -> None:
    def named(old: str) -> Options:
        return replace(OPTIONS, recovery=Recovery(revert=True, old_table=old))

    assert way(found, named("_t_del"), NAMES) is not Way.FINISH
    with pytest.raises(Refused) as caught:
        way(found, named("_t_2_del"), NAMES)
    assert caught.value.code == "revert-other-old-table"


def test_the_line_of_a_revert_that_is_done_is_told_so_and_what_would_go_the_other_way() -> None:
    def told(checkpoint: Checkpoint, old: str) -> str:
        done = Candidate(remains=replace(FOUND, checkpoint=replace(checkpoint, phase=Phase.DONE)), old="old")
        with pytest.raises(Refused) as caught:
            way(done, replace(OPTIONS, recovery=Recovery(revert=True, old_table=old)), NAMES)
        assert caught.value.code == "reverted-already"
        return str(caught.value)

    forward = begun(BEGUN, names_of(OPTIONS, BEGUN, NAMES, sort_after=False), tool="1", run="r", choices={})
    for old in ("", "_t_del"):
        assert "as it was before its migration. To go forward again" in told(BEGUN, old)
    for old in ("", "_t_rev_del"):
        words = told(forward, old)
        assert "as its migration made it. To go back again" in words
        assert "--old-table _t_del" in words


def test_no_migration_is_begun_beside_a_revert_unless_that_is_given_up() -> None:
    for options in (MIGRATE, replace(MIGRATE, recovery=Recovery(resume=True))):
        with pytest.raises(Refused) as caught:
            resuming.way(GOING.remains, options, NAMES)
        assert caught.value.code == "revert-in-progress"
        assert "--no-resume and --timestamp-old-table (which leaves `shop`.`_t_del` there)" in str(caught.value)
    anew = replace(MIGRATE, recovery=Recovery(anew=True))
    assert resuming.way(GOING.remains, anew, NAMES) is Way.BEGIN
    with pytest.raises(Refused, match=r"to end it \[|to end it$"):
        resuming.way(replace(GOING.remains, verdict=Verdict.SWAPPED), anew, NAMES)
    assert resuming.way(but(GOING, phase=Phase.DONE).remains, MIGRATE, NAMES) is Way.BEGIN


def test_the_first_checkpoint_of_a_revert_swaps_the_roles() -> None:
    assert (BEGUN.original, BEGUN.ghost) == ("new", "old")
    assert (BEGUN.identities.original, BEGUN.identities.ghost) == (PLAIN.identities.ghost, PLAIN.identities.original)
    assert (BEGUN.position, BEGUN.opened, BEGUN.copy_done, BEGUN.limit) == (PLAIN.position, False, True, None)
    assert (BEGUN.back, BEGUN.undone, BEGUN.old) == ("_t_del", True, "_t_rev_del")
    lossy = replace(DONE, choices={"allow-data-loss": "true", "trigger-suffix": "x"})
    assert begun(lossy, REVERT_NAMES, tool="1", run="r", choices={"a": "b"}).choices == {
        "a": "b", "allow-data-loss": "true",
    }  # fmt: skip
    assert verifiable(BEGUN)
    assert not verifiable(lossy)


@pytest.mark.parametrize(("sort_after", "names"), [(False, ("_t_del", "_t_rev_del")), (True, ("t_del", "t_rev_del"))])
def test_a_revert_of_a_revert_bears_the_first_names_again(sort_after: bool, names: tuple[str, str]) -> None:  # noqa: FBT001
    first, back = names
    helpers = helper_names(TableName("shop", "t"), sort_after=sort_after)
    once = names_of(OPTIONS, replace(DONE, old=first), helpers, sort_after=sort_after)
    assert (once.ghost.table, once.old.table) == (first, back)
    twice = names_of(OPTIONS, replace(DONE, old=back, revert=True), helpers, sort_after=sort_after)
    assert (twice.ghost.table, twice.old.table) == (back, first)
    assert not begun(BEGUN, twice, tool="1", run="r", choices={}).undone


def table(*columns: str) -> Table:
    made = tuple(
        Column(name=name, ordinal=n, data_type="int", column_type="int") for n, name in enumerate(columns)
    )  # fmt: skip
    return Table(name=TableName("shop", "t"), columns=made, unique_keys=(), engine="InnoDB")


def test_renames_are_turned_round_and_what_was_added_is_dropped() -> None:
    alter = read_alter("RENAME COLUMN a TO B, DROP COLUMN c, ADD COLUMN c int, ADD COLUMN d int, DROP COLUMN e")
    before, after = table("id", "a", "c", "e"), table("id", "B", "c", "d")
    turned = direction(alter, before, after, undone=True)
    assert turned.renames == {"b": "a"}
    assert turned.dropped == {"c", "d"}  # another c
    assert direction(alter, before, after, undone=False) == alter


def test_what_would_do_more_than_to_be_written_to_is_refused() -> None:
    for more, code in (
        ({"triggers": ("x",)}, "revert-triggers"),
        ({"parents": ("x",)}, "revert-foreign-keys"),
        ({"children": ("x",)}, "revert-foreign-keys"),
    ):
        with pytest.raises(Refused) as caught:
            check_old(replace(table("id"), **more))  # type: ignore[arg-type]
        assert caught.value.code == code
    check_old(table("id"))
