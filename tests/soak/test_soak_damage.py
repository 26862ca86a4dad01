"""The bar of the verification: of 500 planted damages all are found, named and healed."""

from __future__ import annotations

import random
import sys
from collections import Counter

import pytest

from builders.damage import COLUMNS, keys_of, migrate_damaged
from builders.directing import Director, assert_same
from plugins.server_pool import TestServer

pytestmark = pytest.mark.soak

DAMAGES = 500


@pytest.fixture
def director(monkeypatch: pytest.MonkeyPatch) -> Director:
    return Director(monkeypatch)


def test_all_of_500_planted_damages_are_found_and_healed(server: TestServer, database: str, director: Director) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    outcome, wrong = migrate_damaged(server, database, director, rows=60_000, damages=DAMAGES, seed=seed)
    found = keys_of(outcome.verification.wrong)
    sys.stdout.write(
        f"seed {seed}: {DAMAGES} damages of {len(wrong)} rows, {dict(Counter(wrong.values()))}: "
        f"{len(found & wrong.keys())} rows found, {len(found - wrong.keys())} false alarms\n"
    )
    director.close()
    assert outcome.verification.verified
    assert found == wrong.keys()
    assert outcome.verification.repaired == len(wrong)
    assert_same(server, outcome, database, columns=", ".join(COLUMNS))
