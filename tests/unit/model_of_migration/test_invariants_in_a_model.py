"""The algorithm without a server: any interleaving ends with equal tables, and each invariant is needed for that.

Seeds are fixed, so a failure comes again; it names the world that failed. To look at one: `World(seed, shape).run()`.
"""

from __future__ import annotations

from itertools import product

import pytest

from ghostshift.core.front import CopyFront
from unit.model_of_migration.shapes import NUMBERS, RIGHT, SHAPES, UNIQUE, WORDS, Rules, Shape
from unit.model_of_migration.simulator import World

SEEDS = 80
"""Worlds of each shape that must come out right."""

ENOUGH = 400
"""Worlds of each shape in which a broken rule must show."""


def shown(shape: Shape) -> str:
    return shape.name


def first_loss(rules: Rules, shapes: tuple[Shape, ...]) -> str:
    """The first world whose tables differ in the end, empty where none does."""
    for seed, shape in product(range(ENOUGH), shapes):
        world = World(seed, shape, rules)
        world.run()
        if world.difference:
            return f"{shape.name}, seed {seed}: {world.difference}"
    return ""


@pytest.mark.parametrize("shape", SHAPES, ids=shown)
def test_any_interleaving_of_application_log_copy_and_apply_ends_with_equal_tables(shape: Shape) -> None:
    for seed in range(SEEDS):
        world = World(seed, shape)
        world.run()
        assert not world.difference, f"{shape.name}, seed {seed}: {world.difference}"


def test_the_worlds_are_not_empty_they_defer_discard_hold_repeat_and_lose_connections() -> None:
    seen = {"deferred": 0, "discarded": 0, "held": 0, "repeated": 0, "zombies": 0, "applied": 0}

    class Watched(World):
        def _step(self) -> None:
            super()._step()
            seen["deferred"] += self.buffer.deferred
            seen["held"] += self.buffer.held

        def start(self, name: str, actor: object) -> None:
            seen["zombies"] += name == "zombie"
            super().start(name, actor)  # type: ignore[arg-type]

    for seed in range(40):
        world = Watched(seed, NUMBERS)
        world.run()
        seen["discarded"] += world.buffer.discarded
        seen["applied"] += world.buffer.applied
        seen["repeated"] += world.resets
    assert all(count > 20 for count in seen.values()), seen


def test_i1_without_a_barrier_a_row_is_read_before_its_last_change_is_visible() -> None:
    assert first_loss(Rules(barrier=False), (NUMBERS,))


def test_i1_a_barrier_proves_nothing_where_commits_leave_the_logs_order() -> None:
    assert first_loss(Rules(ordered_commits=False), (NUMBERS,))


def test_i3_a_row_deleted_under_a_chunk_in_flight_comes_back_unless_its_key_waits() -> None:
    assert first_loss(Rules(defer_in_flight=False), SHAPES)


def test_i3_a_statement_that_outlives_its_connection_brings_old_rows_back_unless_it_is_awaited() -> None:
    assert first_loss(Rules(await_zombies=False), SHAPES)


def test_i4_a_change_forgotten_before_its_barrier_is_missed_by_its_chunk() -> None:
    assert first_loss(Rules(barrier_before_discard=False), (NUMBERS,))


def test_i4_where_the_ghost_has_another_unique_index_a_forgotten_change_leaves_its_row_skipped_by_the_chunk() -> None:
    assert first_loss(Rules(keep_where_unique=False), (UNIQUE,))


def test_i5_of_two_appliers_of_one_key_the_older_reading_may_land_last() -> None:
    assert first_loss(Rules(one_generation=False), (NUMBERS,))


def test_i6_deleting_a_key_without_reading_it_again_loses_the_row_that_the_collation_calls_by_the_same_key() -> None:
    assert first_loss(Rules(reread_gone=False), (WORDS,))


def test_i9_rows_of_a_prepared_xa_transaction_are_missed_unless_their_keys_wait_for_its_outcome() -> None:
    assert first_loss(Rules(hold_xa=False), (NUMBERS,))


def test_i3_a_deferred_key_that_is_applied_before_its_chunk_has_ended_is_lost_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The group's number says which chunks it waits for: one too few, and the newest is not waited for.
    monkeypatch.setattr(CopyFront, "ended_below", lambda front: front.next_number())
    assert first_loss(RIGHT, SHAPES)


def test_i4_a_key_right_at_the_front_is_not_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Were the front's own edge taken for undispatched, the last row of a chunk in flight would be forgotten.
    right = CopyFront.judge

    def generous(front: CopyFront, keys: object) -> object:
        pairs = list(keys)  # type: ignore[call-overload]
        verdicts = right(front, pairs)
        if not front.dispatched_all and front.after in verdicts.defer:
            del verdicts.defer[front.after]
            verdicts.discarded += 1
        return verdicts

    monkeypatch.setattr(CopyFront, "judge", generous)
    assert first_loss(RIGHT, (NUMBERS,))
