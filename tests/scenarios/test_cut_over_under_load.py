"""No acknowledged write is lost across the cut-over: several swaps of one table under writers at full speed."""

from __future__ import annotations

from typing import Any

from builders.cutovers import Carousel
from builders.directing import Director
from ghostshift.demo.workload import WorkloadFailed
from ghostshift.workers.applier import Applier
from plugins.server_pool import TestServer

SWAPS = 5


def test_no_acknowledged_write_is_lost_across_the_cut_over(server: TestServer, database: str) -> None:
    carousel = Carousel(server, database)
    drained = 0
    with carousel:
        for _ in range(SWAPS):
            outcome = carousel.swap()
            assert outcome.cut_over.slipped == 0
            drained += outcome.cut_over.drained_keys
    verdict = carousel.verdict()
    assert verdict.ok, f"seed {carousel.load.seed}: {verdict}"
    assert drained > 0, "the writers were too slow to show anything"


def test_a_drain_that_forgets_is_found_out(server: TestServer, database: str, director: Director) -> None:
    """The same with the last keys thrown away: this is what the test above would see if something were wrong."""

    def forgetful(self: Applier, _session: Any, _seconds: float) -> int:
        with self._buffer.open() as buffer:
            generation = buffer.take(1 << 62, 1 << 30)
            buffer.settle(0, len(generation))
        return 0

    director.replace(Applier, "drain", forgetful)
    carousel = Carousel(server, database)
    found = False
    try:
        with carousel:
            for _ in range(SWAPS):
                carousel.swap()
    except WorkloadFailed:
        found = True  # a writer has missed a row of its own already
    assert found or not carousel.verdict().ok
