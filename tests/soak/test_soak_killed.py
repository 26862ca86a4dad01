"""Hundreds of rounds of kill and resume: each ends with what the writers know.

GHOSTSHIFT_ROUNDS says how many on each flavour (200), GHOSTSHIFT_SOAK_SECONDS for how long at the most (3600);
GHOSTSHIFT_ROUND plays one again.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from builders.killing import Zygote
from builders.rounds import play
from plugins.server_pool import TestServer

ROUNDS = int(os.environ.get("GHOSTSHIFT_ROUNDS", "200"))
SECONDS = float(os.environ.get("GHOSTSHIFT_SOAK_SECONDS", "3600"))
AGAIN = os.environ.get("GHOSTSHIFT_ROUND", "")
ENOUGH = int(os.environ.get("GHOSTSHIFT_SOAK_FAILURES", "3"))
"""Failures after which no more are looked for."""
LEAST = 5
"""Rounds that must have been played, whatever the time."""

_log = logging.getLogger("soak")


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 600)
def test_i8_killed_and_resumed_at_random_nothing_is_lost(server: TestServer, tmp_path: Path) -> None:
    zygote, end, counts = Zygote(tmp_path), time.monotonic() + SECONDS, Counter[str]()
    failures: list[Exception] = []
    try:
        while counts["rounds"] < (1 if AGAIN else ROUNDS) and time.monotonic() < end and len(failures) < ENOUGH:
            seed = int(AGAIN) if AGAIN else random.SystemRandom().randrange(1 << 31)
            try:
                played = play(server, server.fresh_database(), zygote, tmp_path, seed)
            except Exception as error:  # noqa: BLE001 - raised below; one more round may tell more of it
                failures.append(error)
                _log.exception("failed")
                counts["rounds"] += 1
                continue
            counts += played.counts
            hurt = played.killed or played.counts["kill"] or played.counts["server"]
            counts.update(rounds=1 if hurt or AGAIN else 0, runs=played.runs, killed=played.killed)
            _log.warning("%s in %d s", played, played.counts["seconds"])
    finally:
        zygote.close()
        _log.warning("played: %s", dict(counts))
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {counts['rounds']} rounds", failures)
    assert counts["rounds"] >= LEAST or AGAIN
