"""One table, writers at full speed that know what they wrote, and one swap after another under them."""

from __future__ import annotations

from typing import Any, Self

from builders.directing import wait_until
from builders.migrating import options
from ghostshift.api import migrate
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.verify import Verdict
from ghostshift.demo.workload import Workload
from ghostshift.model.outcome import Outcome
from plugins.server_pool import TestServer

PATIENT = "SET SESSION innodb_lock_wait_timeout = 5"


class Carousel:
    """Swaps table `t` again and again; the writers never stop in between."""

    def __init__(
        self, server: TestServer, database: str, *, shape: str = "sysbench", writers: int = 8, **more: Any
    ) -> None:
        self._server = server
        self._database = database
        self._swaps = 0
        self.load = Workload(SHAPES[shape], self._connect, "t", writers=writers, long_seconds=(0.05, 0.2), **more)
        connection = self._connect()
        self.load.create(connection)
        self.load.fill(connection, 2000)

    def __enter__(self) -> Self:
        self.load.start()
        wait_until(lambda: self.load.transactions > 50, what="the writers at work")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.load.stop()
        except BaseException:
            if kind is None:  # else the first failure is the news
                raise

    def swap(self) -> Outcome:
        """One whole migration. The column that it adds is taken away by the next one."""
        self._swaps += 1
        alter = "ADD COLUMN added int NOT NULL DEFAULT 7" if self._swaps % 2 else "DROP COLUMN added"
        outcome = migrate(
            options(self._server, self._database, alter, ok_to_drop_table=True, chunk_seconds=0.05, retries=20)
        )
        assert outcome.swapped
        assert not outcome.warnings
        return outcome

    def verdict(self) -> Verdict:
        """What the table is, compared with what the writers know; they must have been stopped."""
        return self.load.verify(self._connect())

    def _connect(self) -> Any:
        return self._server.connect(self._database, init_command=PATIENT)
