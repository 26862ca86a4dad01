"""The bench's tables on real servers: what SQL fills is what Python knows, and a hot spot is hot and proved alike."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter

import pytest
from bench.loads import HOT_ROWS, HotSpace
from bench.tables import TABLES

from ghostshift.demo.operations import OLTP, Space
from ghostshift.demo.workload import Workload
from ghostshift.demo.writers import Writer
from plugins.server_pool import TestServer


@pytest.mark.parametrize("name", sorted(TABLES))
def test_what_the_writers_know_is_what_is_there(name: str, server: TestServer, database: str) -> None:
    table = TABLES[name]
    picked: Counter[int] = Counter()

    class Noted(HotSpace):
        def pick(self, *given: object) -> int | None:
            n = HotSpace.pick(self, *given)  # type: ignore[arg-type]
            if n is not None:
                picked[n] += 1
            return n

    def hot(shape: object, name: object, connect: object, space: Space, *more: object) -> Writer:
        return Writer(shape, name, connect, Noted(space.index, space.writers, space.filled), *more)  # type: ignore[arg-type]

    load = Workload(table.shape, lambda: server.connect(database), "t", writers=2, weights=OLTP, seed=1, make=hot)
    with server.connect(database) as connection:
        connection.query(table.create_sql("`t`"))
        load.fill(connection, 400)
        assert load.verify(connection).rows == 400
        load.start()
        end = time.monotonic() + 60
        while load.transactions < 40:
            assert time.monotonic() < end, "the writers did not get that far in a minute"
            threading.Event().wait(0.02)
        load.stop()
        verdict = load.verify(connection)
    assert verdict.ok, verdict
    hottest = itertools.islice((count for _, count in picked.most_common()), int(400 * HOT_ROWS))
    assert sum(hottest) > 0.8 * picked.total()
