"""Invariant 12: however much changes at once, the delta buffer keeps to its bound: the reader waits."""

from __future__ import annotations

import threading

import pytest

from builders.directing import Director, Later, assert_same, fill, run
from builders.migrating import options
from ghostshift.core.delta import DeltaBuffer
from ghostshift.model.change import Batch, Keys
from ghostshift.workers.applier import Applier
from ghostshift.workers.copier import Copier
from ghostshift.workers.streamer import Streamer
from plugins.server_pool import TestServer

ROWS = 200_000
BUFFER = 1 << 20


class Witness:
    """Looks at the buffer at every batch that is put into it."""

    def __init__(self, director: Director) -> None:
        self.most = 0
        self.biggest = 0
        self.capacity = 0
        self.waited = threading.Event()
        self._take = Streamer._take
        witness = self
        director.replace(Streamer, "_take", lambda streamer, batch: witness.take(streamer, batch))  # noqa: PLW0108

    def take(self, streamer: Streamer, batch: Batch) -> None:
        """In place of the streamer's own."""
        keys = sum(len(event.changed) + len(event.gone) for event in batch.events if isinstance(event, Keys))
        self.biggest = max(self.biggest, keys)
        put = DeltaBuffer.reached

        def reached(buffer: DeltaBuffer, boundary: object) -> None:
            put(buffer, boundary)  # type: ignore[arg-type]
            self.most = max(self.most, buffer.backlog)
            self.capacity = buffer.capacity
            if buffer.full:
                self.waited.set()

        DeltaBuffer.reached = reached  # type: ignore[method-assign]
        try:
            self._take(streamer, batch)
        finally:
            DeltaBuffer.reached = put  # type: ignore[method-assign]


@pytest.mark.parametrize("when", ["before-any-chunk", "after-a-chunk"])
def test_i12_a_huge_transaction_during_the_copy_is_taken_in_by_pieces(
    server: TestServer, database: str, director: Director, when: str
) -> None:
    fill(server, database, ROWS)
    witness = Witness(director)
    calls = iter(range(10_000))
    first = 0 if when == "before-any-chunk" else 2
    gate = director.gate(Copier, "_next", when=lambda *_: next(calls) >= first)
    applying = director.gate(Applier, "_flush")
    running = director.start(options(server, database, buffer_bytes=BUFFER, chunk_seconds=0.1))
    gate.await_reached()
    huge = Later(server, database, "UPDATE t SET v = -v", "DELETE FROM t WHERE id % 3 = 0")
    assert witness.waited.wait(30), "the buffer was never full"
    applying.open()
    gate.open()
    outcome = running.result(90)
    huge.join(60)
    assert witness.capacity < 10_000
    assert witness.most <= witness.capacity + witness.biggest
    assert witness.biggest < ROWS / 2, "a batch is what was read from the socket at once, not a transaction"
    assert outcome.swapped
    if not server.execute(f"SELECT 1 FROM {outcome.old_table} WHERE v > 0 LIMIT 1", db=database):
        assert_same(server, outcome, database)


def test_i12_a_reader_that_does_not_wait_would_hold_everything(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 150_000)
    director.replace(DeltaBuffer, "full", property(lambda _self: False))
    witness = Witness(director)
    applying = director.gate(Applier, "_flush")
    gate = director.gate(Copier, "_next")
    running = director.start(options(server, database, buffer_bytes=BUFFER))
    gate.await_reached()
    run(server, database, "UPDATE t SET v = -v")
    running.wait(lambda: running.count("received") >= 150_000, seconds=30)
    assert witness.most > witness.capacity + witness.biggest
    applying.open()
    gate.open()
    assert_same(server, running.result(60), database)
