"""Random migrations, swapped back and forth under writers and interruptions: the end is what the application knows.

Of columns that an ALTER drops, rows that nobody touched must have their values; of all others nobody may invent any.
"""

from __future__ import annotations

import random

import pytest

from builders.application import Application
from builders.directing import Director, helper, pause
from builders.migrating import options
from ghostshift.model.errors import Aborted
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Recovery
from plugins.server_pool import TestServer

COLUMNS = (
    "ADD COLUMN c int NOT NULL DEFAULT -1, ADD COLUMN d varchar(30) NOT NULL DEFAULT 'none', ADD COLUMN u int, "
    "ADD UNIQUE KEY u (u), ADD COLUMN w timestamp(3) NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP(3)"
)

ALTERS = (
    "DROP COLUMN c",
    "DROP COLUMN c, ADD COLUMN c varchar(10) NOT NULL DEFAULT 'x'",
    "DROP COLUMN u",
    "DROP COLUMN c, DROP COLUMN d, DROP COLUMN w",
    "DROP INDEX u",
    "CHANGE c cc bigint NOT NULL DEFAULT -1, MODIFY v varchar(80) NOT NULL",
    "CHANGE c d2 int NOT NULL DEFAULT -1, CHANGE d c varchar(40) NOT NULL DEFAULT 'none'",
    "MODIFY id bigint NOT NULL, MODIFY v varchar(60) CHARACTER SET utf8mb4 NOT NULL FIRST",
    "ADD COLUMN first int NOT NULL DEFAULT 3 FIRST, ADD KEY (v)",
    "DROP COLUMN u, DROP COLUMN d, ADD COLUMN k int GENERATED ALWAYS AS (id + 1) VIRTUAL",
    "DROP PRIMARY KEY, ADD PRIMARY KEY (id, v)",
    "DROP INDEX u, DROP COLUMN c PARTITION BY HASH (id) PARTITIONS 3",
)

PHASES = (Phase.COPYING, Phase.VERIFYING, Phase.CATCHING_UP, Phase.CUTTING_OVER)


def values(server: TestServer, database: str) -> dict[int, tuple[object, ...]]:
    rows = server.execute("SELECT id, c, d, u FROM t", db=database)
    return {int(row[0]): tuple(row[1:]) for row in rows}


def revert(
    server: TestServer, database: str, director: Director, dice: random.Random, old: str, *, twice: bool
) -> None:
    """Swap back, interrupted at a random moment perhaps."""
    wanted = options(server, database, "", recovery=Recovery(revert=True, seconds=0.1, old_table=old), apply_batch=10)
    if twice:
        first = director.start(wanted)
        phase = dice.choice(PHASES)
        while first.alive and first.phase is not phase:
            pause(0.001)
        first.stop.set(Aborted("the test says so"))
        first.end()
        if first.outcome is not None:
            return
    assert director.start(wanted).result().swapped


@pytest.mark.parametrize("seed", [7, 20])
def test_there_and_back_and_there_again(server: TestServer, database: str, director: Director, seed: int) -> None:
    dice = random.Random(seed)
    alter = dice.choice(ALTERS)
    print(f"seed {seed}: {alter}")  # noqa: T201 - shown where it fails
    application = Application(server, database, 120, seed=seed, pause=0.002).make(COLUMNS)
    server.execute("UPDATE t SET c = id, d = CONCAT('d', id), u = -id, w = NULL", db=database)
    before = values(server, database)
    first, back = helper(server, "del"), helper(server, "rev_del")
    with application:
        assert director.start(options(server, database, alter)).result().verification.verified
        turns = dice.choice((1, 1, 3))
        for turn in range(turns):
            old = back if turn % 2 else first
            revert(server, database, director, dice, old, twice=dice.random() < 0.6)
    application.assert_kept()
    after = values(server, database)
    fresh = (-1, "none", None)
    wrong = {key: row for key, row in after.items() if row not in (before.get(key), fresh)}
    if turns == 1 or "DROP" not in alter:
        assert not wrong, wrong
    untouched = [key for key, value in application.rows.items() if value == f"row {key}"]
    assert untouched
    assert not {key: after[key] for key in untouched if after[key] != before[key]}
