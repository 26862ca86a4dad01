"""At least fifty cut-overs per flavour, under writers at full speed, and not one acknowledged write lost."""

from __future__ import annotations

import time

import pytest

from builders.cutovers import Carousel
from plugins.server_pool import TestServer

SWAPS = 50
SECONDS = 900.0
"""The most that they may take together; a machine that is slower than that shows nothing."""


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("shape", ["sysbench", "text"])
def test_fifty_cut_overs_lose_no_acknowledged_write(server: TestServer, database: str, shape: str) -> None:
    carousel = Carousel(server, database, shape=shape)
    end = time.monotonic() + SECONDS
    drained = attempts = 0
    longest = 0.0
    with carousel:
        for number in range(SWAPS):
            assert time.monotonic() < end, f"only {number} cut-overs in {SECONDS:g} s"
            swap = carousel.swap().cut_over
            assert swap.slipped == 0, f"cut-over {number}"
            drained += swap.drained_keys
            attempts += swap.attempts
            longest = max(longest, swap.lock_seconds)
    verdict = carousel.verdict()
    assert verdict.ok, f"seed {carousel.load.seed}: {verdict}"
    assert drained > SWAPS
    assert longest < 5.0
    assert attempts < 3 * SWAPS
