"""Far more worlds of the model than the quick run has time for."""

from __future__ import annotations

import pytest

from unit.model_of_migration.shapes import SHAPES, Shape
from unit.model_of_migration.simulator import World


def shown(shape: Shape) -> str:
    return shape.name


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shape", SHAPES, ids=shown)
def test_any_of_very_many_interleavings_ends_with_equal_tables(shape: Shape) -> None:
    for seed in range(1_000, 5_000):
        world = World(seed, shape)
        world.run()
        assert not world.difference, f"{shape.name}, seed {seed}: {world.difference}"
