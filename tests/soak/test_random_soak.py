"""Many seeds: random tables, loads and options, one migration each, and the new table is what the writers know.

GHOSTSHIFT_SOAK_SECONDS says for how long (300 for each flavour), GHOSTSHIFT_SOAK_SEED plays one seed again.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from typing import Any

import pytest

from builders import migrating
from ghostshift.core.progress import Snapshot
from ghostshift.demo.operations import LIVELY, MIXTURE, OLTP
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload
from ghostshift.model.options import Tunables
from ghostshift.model.outcome import Outcome
from plugins.server_pool import TestServer

SECONDS = float(os.environ.get("GHOSTSHIFT_SOAK_SECONDS", "300"))
SEED = os.environ.get("GHOSTSHIFT_SOAK_SEED", "")
PATIENCE = 120.0
"""Seconds for one migration."""
LEAST = 5
"""Seeds that must have been played, whatever the time."""

ALTERS = (
    "ADD COLUMN added int NOT NULL DEFAULT 7",
    "ENGINE=InnoDB",
    "MODIFY k bigint NOT NULL DEFAULT 0",
    "ADD KEY k_2 (k, {first})",
    "DROP KEY k_1, ADD COLUMN seen timestamp NULL FIRST",
    "ADD COLUMN twice bigint AS (k * 2) STORED",
)


def play(server: TestServer, database: str, seed: int) -> None:
    """One migration."""
    rng = random.Random(seed)
    shape = SHAPES[rng.choice(sorted(SHAPES))]

    def connect() -> Any:
        return server.connect(database, init_command="SET SESSION innodb_lock_wait_timeout = 5")

    batch = rng.choice((1, 20, 500))
    load = Workload(
        shape,
        connect,
        "t",
        writers=rng.choice((1, 3, 8)),
        # One key in a transaction cannot keep up with writers at full speed, and need not.
        rate=200 if batch == 1 else None,
        seed=seed,
        weights=rng.choice((MIXTURE, MIXTURE, LIVELY, OLTP)),
        long_seconds=(0.05, 0.6),
    )
    connection = connect()
    load.create(connection)
    load.fill(connection, rng.choice((0, 1, 500, 5000, 30_000)))
    options = {
        "chunk_seconds": rng.choice((0.01, 0.1, 0.5)),
        "buffer_bytes": rng.choice((1 << 20, 48 << 20)),
        "apply_batch": batch,
        "heartbeat_millis": rng.choice((20, 100, 1000)),
        "ok_to_drop_table": True,
        "tunables": Tunables(
            throttle_additional_flag_file="",
            chunk_size=rng.choice((0, 0, 10, 1000)),
            copy_threads=rng.choice((0, 1, 2, 4)),
            apply_threads=rng.choice((0, 1, 2, 4)),
            polite=rng.random() < 0.2,
        ),
    }
    alter = rng.choice(ALTERS).format(first=shape.key.columns[0])
    logging.getLogger("soak").info("seed %d: %s, %s, %s", seed, shape.name, alter, options)
    load.start()
    try:
        threading.Event().wait(rng.random() * 0.5)
        outcome = migrated(migrating.Running(migrating.options(server, database, alter, **options)))
        threading.Event().wait(rng.random() * 0.3)
    finally:
        load.stop()
    assert outcome.swapped
    assert outcome.cut_over.slipped == 0
    verdict = load.verify(connect())
    assert verdict.ok, verdict
    connection.query("DROP TABLE t")


def migrated(running: migrating.Running) -> Outcome:
    """Its outcome; where it does not end, what it was at."""
    try:
        return running.result(PATIENCE)
    except AssertionError as error:
        error.add_note(str(running.board.read(Snapshot)))
        raise
    finally:
        running.stop.set()


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 300)
def test_random_tables_loads_and_options_end_equal(server: TestServer, database: str) -> None:
    seeds = iter([int(SEED)]) if SEED else iter(lambda: random.SystemRandom().randrange(1 << 31), None)
    end = time.monotonic() + SECONDS
    played = 0
    for seed in seeds:
        try:
            play(server, database, seed)
        except BaseException as error:
            error.add_note(f"play it again with GHOSTSHIFT_SOAK_SEED={seed} (after {played} that went well)")
            raise
        played += 1
        if time.monotonic() > end:
            break
    assert played >= LEAST or SEED
