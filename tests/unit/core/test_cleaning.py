"""What may be dropped of a migration's leftovers, case by case, without a server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ghostshift.core.cleaning import Answer, State, Wishes, chosen, kept_for, rule, unfit
from ghostshift.core.cutover_steps import Picture, Seen
from ghostshift.core.leftovers import Family, Kind, Piece, Signs, families, kind_of, perhaps_of, read_name, stem_of
from ghostshift.model.checkpoint import Checkpoint, Identities
from ghostshift.model.names import TableName
from ghostshift.model.phase import Phase
from ghostshift.model.position import Position
from ghostshift.model.server import ServerIdentity

HERE = ServerIdentity(server_id="1", uuid="u", host="h", port="1")
T = TableName("shop", "t")
GHOST, CHANGELOG, CHECKPOINT, OLD = (T.sibling(f"_t_{part}") for part in ("gho", "ghc", "ghk", "del"))
SHELL = T.sibling("_t_ghs")
COMMENTS = {
    CHANGELOG: "ghostshift changelog",
    CHECKPOINT: "ghostshift checkpoint",
}
IN_PLACE = Picture(
    original=Seen(exists=True, ids=frozenset({1})), ghost=Seen(exists=True, ids=frozenset({2})), old=Seen()
)
SWAPPED = Picture(
    original=Seen(exists=True, ids=frozenset({2})), ghost=Seen(), old=Seen(exists=True, ids=frozenset({1}))
)
STRANGE = Picture(
    original=Seen(exists=True, ids=frozenset({7})), ghost=Seen(exists=True, ids=frozenset({2})), old=Seen()
)

NAMES = Picture(original=Seen(exists=True), ghost=Seen(), old=Seen(exists=True))
"""As it is where the server does not show its tables' numbers."""


def piece(name: TableName, comment: str | None = None) -> Piece:
    said = COMMENTS.get(name, "") if comment is None else comment
    kind = kind_of(name, said)
    assert kind is not None
    return Piece(name=name, kind=kind, comment=said)


def checkpoint(phase: Phase = Phase.COPYING, **more: object) -> Checkpoint:
    fields = {
        "tool": "1",
        "table": str(T),
        "old": OLD.table,
        "run": "r",
        "phase": phase,
        "alter": "ADD c int",
        "inspected": HERE,
        "migrated": HERE,
        "position": Position("b", 4),
        "identities": Identities(original=(1,), ghost=(2,)),
        **more,
    }
    return Checkpoint(**fields)  # type: ignore[arg-type] - one dictionary for all fields


def family(*names: TableName, **more: object) -> Family:
    fields = {
        "stem": T.sibling("_t_"),
        "pieces": tuple(map(piece, names)),
        "original": T,
        "there": True,
        "now": IN_PLACE,
        **more,
    }
    return Family(**fields)  # type: ignore[arg-type] - one dictionary for all fields


def answers(found: Family) -> dict[str, Answer]:
    """By the last three letters of the names."""
    return {name.table[-3:]: ruling.answer for name, ruling in rule(found).rulings.items()}


ALL = (GHOST, CHANGELOG, CHECKPOINT)
FREE, NAMED, NEVER, OF_OLD = Answer.FREE, Answer.NAMED, Answer.NEVER, Answer.OLD

CASES = {
    "ended in the copy": (family(*ALL, checkpoint=checkpoint()), State.DEAD, {"gho": FREE, "ghc": FREE, "ghk": FREE}),
    "ended before the first row": (
        family(*ALL, checkpoint=checkpoint(Phase.PREPARING, identities=Identities())),
        State.DEAD,
        {"gho": FREE, "ghc": FREE, "ghk": FREE},
    ),
    "ended while cutting over, in place": (
        family(*ALL, checkpoint=checkpoint(Phase.CUTTING_OVER)),
        State.DEAD,
        {"gho": FREE, "ghc": FREE, "ghk": FREE},
    ),
    "ended while cutting over, nobody knows": (
        family(*ALL, OLD, checkpoint=checkpoint(Phase.CUTTING_OVER), now=STRANGE),
        State.UNCLEAR,
        {"gho": NEVER, "ghc": NEVER, "ghk": NEVER, "del": NEVER},
    ),
    "ended right after the swap": (
        family(CHANGELOG, CHECKPOINT, OLD, checkpoint=checkpoint(Phase.CUTTING_OVER), now=SWAPPED),
        State.DEAD,
        {"ghc": NAMED, "ghk": NAMED, "del": NEVER},
    ),
    "ended while cleaning up": (
        family(CHANGELOG, CHECKPOINT, OLD, checkpoint=checkpoint(Phase.CLEANING), now=SWAPPED),
        State.DEAD,
        {"ghc": FREE, "ghk": OF_OLD, "del": OF_OLD},
    ),
    "compared only, ended while cleaning up": (
        family(CHECKPOINT, checkpoint=checkpoint(Phase.CLEANING), now=replace(IN_PLACE, ghost=Seen())),
        State.DEAD,
        {"ghk": FREE},
    ),
    "finished": (
        family(CHECKPOINT, OLD, checkpoint=checkpoint(Phase.DONE), now=SWAPPED),
        State.FINISHED,
        {"ghk": OF_OLD, "del": OF_OLD},
    ),
    "finished, and the old table is gone": (
        family(CHECKPOINT, checkpoint=checkpoint(Phase.DONE), now=replace(SWAPPED, old=Seen())),
        State.FINISHED,
        {"ghk": FREE},
    ),
    "finished, and something else bears the old table's name": (
        family(
            CHECKPOINT,
            OLD,
            checkpoint=checkpoint(Phase.DONE),
            now=replace(SWAPPED, old=Seen(exists=True, ids=frozenset({9}))),
        ),
        State.FINISHED,
        {"ghk": OF_OLD, "del": NAMED},
    ),
    "finished, and nobody shows which table it is": (
        family(
            CHECKPOINT,
            OLD,
            checkpoint=checkpoint(Phase.DONE, original="d", ghost="g"),
            now=NAMES,
            digest="g",
            old_digest="d",
        ),
        State.FINISHED,
        {"ghk": OF_OLD, "del": OF_OLD},
    ),
    "finished, nobody shows which table it is, and both were defined alike": (
        family(
            CHECKPOINT,
            OLD,
            checkpoint=checkpoint(Phase.DONE, original="d", ghost="d"),
            now=NAMES,
            digest="e",
            old_digest="d",
        ),
        State.FINISHED,
        {"ghk": NAMED, "del": NAMED},
    ),
    "finished, nobody shows which table it is, and both are defined alike now": (
        family(
            CHECKPOINT,
            OLD,
            checkpoint=checkpoint(Phase.DONE, original="d", ghost="g"),
            now=NAMES,
            digest="d",
            old_digest="d",
        ),
        State.FINISHED,
        {"ghk": NAMED, "del": NAMED},
    ),
    "cleaning up, the migration was not shown which it was, and both were defined alike": (
        family(
            CHECKPOINT,
            OLD,
            checkpoint=checkpoint(Phase.CLEANING, identities=Identities(), original="d", ghost="d"),
            now=SWAPPED,
            old_digest="d",
        ),
        State.DEAD,
        {"ghk": NAMED, "del": NAMED},
    ),
    "finished, both were defined alike, and it is shown which it is": (
        family(CHECKPOINT, OLD, checkpoint=checkpoint(Phase.DONE, original="d", ghost="d"), now=SWAPPED),
        State.FINISHED,
        {"ghk": OF_OLD, "del": OF_OLD},
    ),
    "finished, nobody shows which table it is, and it looks otherwise": (
        family(CHECKPOINT, OLD, checkpoint=checkpoint(Phase.DONE, original="d"), now=NAMES, old_digest="e"),
        State.FINISHED,
        {"ghk": OF_OLD, "del": NAMED},
    ),
    "swapped, and the note of it was lost": (
        family(CHANGELOG, CHECKPOINT, OLD, checkpoint=checkpoint(Phase.CATCHING_UP), now=SWAPPED),
        State.DEAD,
        {"ghc": NAMED, "ghk": NAMED, "del": NEVER},
    ),
    "the original was rebuilt by somebody while it was copied": (
        family(*ALL, checkpoint=checkpoint(), now=STRANGE),
        State.DEAD,
        {"gho": FREE, "ghc": FREE, "ghk": FREE},
    ),
    "finished, and a ghost of somebody's": (
        family(CHECKPOINT, GHOST, checkpoint=checkpoint(Phase.DONE), now=replace(SWAPPED, old=Seen())),
        State.FINISHED,
        {"ghk": FREE, "gho": NAMED},
    ),
    "the ghost is another table": (
        family(*ALL, checkpoint=checkpoint(), now=replace(IN_PLACE, ghost=Seen(exists=True, ids=frozenset({3})))),
        State.DEAD,
        {"gho": NAMED, "ghc": FREE, "ghk": FREE},
    ),
    "the original is gone": (
        family(*ALL, checkpoint=checkpoint(), there=False, now=replace(IN_PLACE, original=Seen())),
        State.DEAD,
        {"gho": NAMED, "ghc": FREE, "ghk": FREE},
    ),
    "an old table that the checkpoint knows nothing of": (
        family(*ALL, T.sibling("_t_20200101000000_del"), checkpoint=checkpoint()),
        State.DEAD,
        {"gho": FREE, "ghc": FREE, "ghk": FREE, "del": NAMED},
    ),
    "a revert that ended": (
        family(*ALL, OLD, checkpoint=checkpoint(revert=True)),
        State.DEAD,
        {"gho": NAMED, "ghc": NAMED, "ghk": NAMED, "del": NAMED},
    ),
    "a revert that ended right after the swap": (
        family(
            CHANGELOG,
            CHECKPOINT,
            T.sibling("_t_rev_del"),
            checkpoint=checkpoint(Phase.CUTTING_OVER, revert=True, back=OLD.table, old="_t_rev_del"),
            now=SWAPPED,
        ),
        State.DEAD,
        {"ghc": NAMED, "ghk": NAMED, "del": NEVER},
    ),
    "reverted": (
        family(
            CHECKPOINT,
            T.sibling("_t_rev_del"),
            checkpoint=checkpoint(Phase.DONE, revert=True, back=OLD.table, old="_t_rev_del"),
            now=SWAPPED,
        ),
        State.FINISHED,
        {"ghk": OF_OLD, "del": OF_OLD},
    ),
    "on another server": (
        family(*ALL, checkpoint=checkpoint(), here=False),
        State.UNKNOWN,
        {"gho": NAMED, "ghc": NAMED, "ghk": NAMED},
    ),
    "a checkpoint that only others can read": (
        family(*ALL, problem="denied", sealed=True),
        State.UNCLEAR,
        {"gho": NEVER, "ghc": NEVER, "ghk": NEVER},
    ),
    "a checkpoint that nobody can read": (
        family(*ALL, problem="damaged"),
        State.UNKNOWN,
        {"gho": NAMED, "ghc": NAMED, "ghk": NAMED},
    ),
    "without a checkpoint": (family(GHOST, CHANGELOG), State.DEAD, {"gho": FREE, "ghc": FREE}),
    "without a checkpoint, the original gone": (
        family(GHOST, CHANGELOG, there=False),
        State.DEAD,
        {"gho": NAMED, "ghc": FREE},
    ),
    "without a checkpoint, on a replica": (
        family(GHOST, CHANGELOG, replica=True),
        State.DEAD,
        {"gho": NAMED, "ghc": NAMED},
    ),
    "a shell that is the ghost's": (
        family(*ALL, SHELL, checkpoint=checkpoint(ghost="loose", whole="whole"), has_shell=True),
        State.DEAD,
        {"gho": FREE, "ghs": FREE, "ghc": FREE, "ghk": FREE},
    ),
    "a shell's name that somebody else has taken": (
        family(*ALL, SHELL, checkpoint=checkpoint(ghost="loose", whole="whole")),
        State.DEAD,
        {"gho": FREE, "ghs": NAMED, "ghc": FREE, "ghk": FREE},
    ),
    "a ghost by its name": (family(GHOST), State.UNKNOWN, {"gho": NAMED}),
    "an old table by its name": (family(OLD), State.UNKNOWN, {"del": NAMED}),
    "a sentry": (
        family(pieces=(piece(OLD, "ghostshift cut-over sentry"),)),
        State.DEAD,
        {"del": FREE},
    ),
    "an old table half removed": (
        family(pieces=(piece(OLD, "ghostshift: being removed"),)),
        State.DEAD,
        {"del": FREE},
    ),
    "gh-ost's": (
        family(pieces=(piece(CHANGELOG, "gh-ost changelog"), piece(GHOST), piece(OLD, "ghost-cut-over-sentry"))),
        State.UNKNOWN,
        {"ghc": NAMED, "gho": NAMED, "del": NAMED},
    ),
    "a checkpoint's name with another comment": (
        family(pieces=(piece(CHECKPOINT, "mine"), piece(GHOST))),
        State.UNKNOWN,
        {"ghk": NAMED, "gho": NAMED},
    ),
    "pt-osc's": (family(T.sibling("_t_new"), T.sibling("_t_old")), State.UNKNOWN, {"new": NAMED, "old": NAMED}),
    "pt-osc's, and its triggers": (
        family(T.sibling("_t_new"), T.sibling("_t_old"), guards=("pt_osc_shop_t_ins",)),
        State.UNKNOWN,
        {"new": NEVER, "old": NAMED},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_may_be_dropped(case: str) -> None:
    found, state, expected = CASES[case]
    assert rule(found).state is state
    assert answers(found) == expected


@pytest.mark.parametrize(
    "signs",
    [
        Signs(holder=5),
        Signs(beating=True, silent=0.0),
        Signs(socket="/tmp/gh-ost.shop.t.sock"),  # noqa: S108 - only a text
        Signs(renaming=(5,)),
    ],
    ids=["lock", "heartbeat", "socket", "rename"],
)
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_dropped_of_what_may_be_at_work(case: str, signs: Signs) -> None:
    ruled = rule(replace(CASES[case][0], signs=signs))
    assert ruled.state is State.LIVE
    every = Wishes(old_tables=True, named=frozenset(ruled.rulings))
    assert chosen(ruled, every) == ()
    assert set(unfit([ruled], every)) == set(ruled.rulings)


def test_of_a_revert_that_nobody_can_go_on_with_it_is_not_said_that_it_goes_on() -> None:
    tables = (CHANGELOG, CHECKPOINT, OLD)
    now = Picture(
        original=Seen(exists=True, ids=frozenset({1})), ghost=Seen(exists=True, ids=frozenset({2})), old=Seen()
    )
    for hopeless, said in (("", "goes on"), ("somebody has written", "nobody can go on with it: somebody has written")):
        begun = checkpoint(Phase.VERIFYING, revert=True, back=OLD.table, old="_t_rev_del", hopeless=hopeless)
        ruled = rule(family(*tables, checkpoint=begun, now=now))
        assert said in ruled.story
        assert {ruling.answer for ruling in ruled.rulings.values()} == {NAMED}


def test_sessions_of_a_dead_run_do_not_keep_its_tables() -> None:
    dead = family(*ALL, checkpoint=checkpoint(), signs=Signs(sessions=(4,), silent=900.0))
    assert rule(dead).state is State.DEAD


def test_a_job_that_runs_by_itself_leaves_those_alone_that_were_heard_of_just_now() -> None:
    dead = rule(family(*ALL, checkpoint=checkpoint(), signs=Signs(silent=900.0)))
    assert len(chosen(dead, Wishes(silent=899.0))) == 3
    assert chosen(dead, Wishes(silent=901.0, named=frozenset({GHOST}))) == ()


@pytest.mark.parametrize(
    ("more", "silent", "dropped"),
    [({}, 599.0, 0), ({}, 601.0, 3), ({"hopeless": "rows were lost"}, 1.0, 3)],
    ids=["heard of just now", "long silent", "ended for good"],
)
def test_one_that_may_be_waiting_for_its_server_is_spared_for_a_while(
    more: dict[str, object], silent: float, dropped: int
) -> None:
    ruled = rule(family(*ALL, checkpoint=checkpoint(**more), signs=Signs(silent=silent)))
    assert len(chosen(ruled, Wishes())) == dropped
    assert len(chosen(ruled, Wishes(silent=0.0))) == 3
    named = Wishes(named=frozenset({GHOST}))
    assert (GHOST in unfit([ruled], named)) == (not dropped)


def test_what_cannot_be_told_apart_says_what_to_grant() -> None:
    alike = checkpoint(Phase.DONE, original="d", ghost="d")
    found = family(CHECKPOINT, OLD, checkpoint=alike, now=NAMES, old_digest="d")
    assert "GRANT PROCESS" in rule(found).rulings[OLD].why
    assert chosen(rule(found), Wishes(old_tables=True)) == ()
    blind = replace(found, checkpoint=replace(alike, identities=Identities()))
    assert "GRANT" not in rule(blind).rulings[OLD].why
    assert [one.name for one in chosen(rule(blind), Wishes(named=frozenset({OLD})))] == [OLD]


@pytest.mark.parametrize(
    ("wishes", "ghost", "old"),
    [
        (Wishes(), "waiting for this server", "the only copy"),
        (Wishes(old_tables=True), "waiting for this server", "waiting for this server"),
        (Wishes(old_tables=True, silent=60.0), "heard of within 60 s", "heard of within 60 s"),
        (Wishes(silent=60.0), "heard of within 60 s", "the only copy"),
    ],
)
def test_what_is_kept_says_why(wishes: Wishes, ghost: str, old: str) -> None:
    cleaning = checkpoint(Phase.CLEANING)
    ruled = rule(family(CHANGELOG, CHECKPOINT, OLD, checkpoint=cleaning, now=SWAPPED, signs=Signs(silent=1.0)))
    assert chosen(ruled, wishes) == ()
    assert ghost in kept_for(ruled, piece(CHANGELOG), wishes)
    assert old in kept_for(ruled, piece(OLD), wishes)


@pytest.mark.parametrize(("number", "says"), [(1, "the same command again"), (9, "nobody can end that run")])
def test_the_same_command_is_spoken_of_only_where_it_can_end_what_was_swapped(number: int, says: str) -> None:
    now = replace(SWAPPED, old=Seen(exists=True, ids=frozenset({number})))
    ruled = rule(family(CHANGELOG, CHECKPOINT, OLD, checkpoint=checkpoint(Phase.CUTTING_OVER), now=now))
    assert says in ruled.rulings[CHECKPOINT].why
    assert ruled.rulings[CHECKPOINT].answer is NAMED


def test_the_old_table_of_one_that_ended_well_is_there_to_be_dropped_at_once() -> None:
    done = rule(family(CHECKPOINT, OLD, checkpoint=checkpoint(Phase.DONE), now=SWAPPED, signs=Signs(silent=1.0)))
    assert len(chosen(done, Wishes(old_tables=True))) == 2


def test_the_checkpoint_goes_last_and_the_old_table_only_when_it_is_asked_for() -> None:
    ended = rule(family(CHECKPOINT, CHANGELOG, GHOST, OLD, checkpoint=checkpoint()))
    assert [one.name for one in chosen(ended, Wishes())] == [GHOST, CHANGELOG, CHECKPOINT]
    done = rule(family(CHECKPOINT, OLD, checkpoint=checkpoint(Phase.DONE), now=SWAPPED))
    assert chosen(done, Wishes()) == ()
    assert [one.name for one in chosen(done, Wishes(old_tables=True))] == [OLD, CHECKPOINT]
    assert [one.name for one in chosen(done, Wishes(named=frozenset({OLD})))] == [OLD, CHECKPOINT]
    assert [one.name for one in chosen(done, Wishes(named=frozenset({CHECKPOINT})))] == [CHECKPOINT]


def test_old_tables_are_not_those_that_only_look_so() -> None:
    assert chosen(rule(family(OLD)), Wishes(old_tables=True)) == ()


def test_a_table_that_no_migration_leaves_cannot_be_named() -> None:
    ruled = rule(family(GHOST))
    assert list(unfit([ruled], Wishes(named=frozenset({T, GHOST})))) == [T]


@pytest.mark.parametrize(
    ("name", "kind", "stem", "perhaps"),
    [
        ("_t_gho", Kind.GHOST, "_t_", ("t", "_t")),
        ("t_gho", Kind.GHOST, "t_", ("t",)),
        ("t~ghk", Kind.CHECKPOINT, "t~", ("t",)),
        ("_t_20260101235959_del", Kind.OLD, "_t_", ("t", "_t")),
        ("_t_2026_del", Kind.OLD, "_t_2026_", ("t_2026", "_t_2026")),
        ("_a_del_gho", Kind.GHOST, "_a_del_", ("a_del", "_a_del")),
        ("_" + "x" * 59 + "_gho", Kind.GHOST, "_" + "x" * 59 + "_", ()),
        ("__t_new", Kind.OTHER_NEW, "t", ("t",)),
        ("_t\n_gho", Kind.GHOST, "_t\n_", ("t\n", "_t\n")),
    ],
)
def test_what_a_name_may_mean(name: str, kind: Kind, stem: str, perhaps: tuple[str, ...]) -> None:
    table = T.sibling(name)
    assert kind_of(table, "") is kind
    assert stem_of(table) == T.sibling(stem)
    assert perhaps_of(table, sort_after=False) == tuple(map(T.sibling, perhaps))


@pytest.mark.parametrize("name", ["t", "model", "_gho", "delta", "t_ghosts", "t_new", "gho", "orders_delete"])
def test_names_that_mean_nothing(name: str) -> None:
    assert kind_of(T.sibling(name), "") is None


def test_what_belongs_together() -> None:
    found = families(map(piece, (OLD, GHOST, T.sibling("t_gho"), TableName("a", "_t_gho"))))
    assert {str(stem): len(some) for stem, some in found.items()} == {
        "`a`.`_t_`": 1,
        "`shop`.`_t_`": 2,
        "`shop`.`t_`": 1,
    }


def test_a_name_is_read_as_it_is_shown() -> None:
    odd = TableName("a`b", "c`.`d")
    assert read_name(str(odd)) == odd
    assert read_name("shop.t") is None
