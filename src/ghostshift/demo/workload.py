"""A write load that knows what it wrote: several writers on disjoint parts of the key space of one table.

::

    load = Workload(SHAPES["text"], connect, "t", writers=4, seed=7)
    load.create(connection)
    load.fill(connection, 100_000)
    load.start()
    ...                                  # migrate
    report = load.stop()                 # raises WorkloadFailed with the same report if a writer met what must not be
    verdict = load.verify(connection)    # equal, or what is missing, extra, different

The proof rests on ownership: each key is written by one thread only, so the last acknowledgement is the truth. The
columns of the shape must exist before and after the migration. It must never swallow a writer's error.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from pymysql.connections import Connection

from ghostshift.demo.ledger import LedgerError, Row
from ghostshift.demo.operations import MIXTURE, Space
from ghostshift.demo.shapes import Shape
from ghostshift.demo.timing import Report
from ghostshift.demo.verify import Reconciler, Verdict, scan
from ghostshift.demo.writers import Connect, Pace, Writer
from ghostshift.model.names import quote_name

_BATCH = 20_000
_DIGIT = "(SELECT 0 d" + "".join(f" UNION ALL SELECT {digit}" for digit in range(1, 10)) + ")"


class WorkloadFailed(LedgerError):  # noqa: N818 - says what happened
    """One or more writers ended with an error; `report` has all that was measured until then."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"writers failed (seed {report.seed}): " + "; ".join(report.errors))
        self.report = report


class Workload:
    """The writers of one table."""

    def __init__(
        self,
        shape: Shape,
        connect: Connect,
        table: str,
        *,
        writers: int = 4,
        rate: float | None = None,
        seed: int | None = None,
        weights: Mapping[str, float] = MIXTURE,
        long_seconds: tuple[float, float] = (0.2, 1.5),
        on_error: Callable[[BaseException], None] | None = None,
        make: Callable[..., Writer] = Writer,
    ) -> None:
        """`make` makes a writer, where an ordinary one is not what is wanted."""
        self.shape = shape
        self.seed = random.SystemRandom().randrange(1 << 31) if seed is None else seed
        self._connect = connect
        self._table = quote_name(table)
        self._count = writers
        self._pace = Pace(weights=weights, rate=None if rate is None else rate / writers, long_seconds=long_seconds)
        self._on_error = on_error
        self._make = make
        self._stop = threading.Event()
        self._filled = 0
        self._writers: list[Writer] = []
        self._threads: list[threading.Thread] = []
        self._started = 0.0

    def create(self, connection: Connection) -> None:
        """Make the empty table, in place of one that is there."""
        connection.query(f"DROP TABLE IF EXISTS {self._table}")
        connection.query(self.shape.create_sql(self._table))

    def fill(self, connection: Connection, rows: int) -> None:
        """Make the rows 0 to `rows` - 1 on the server."""
        columns = ", ".join(quote_name(name) for name in self.shape.columns)
        values = ", ".join(self.shape.sql_filled("n"))
        for first in range(self._filled, rows, _BATCH):
            last = min(first + _BATCH, rows) - 1
            connection.query(
                f"INSERT INTO {self._table} ({columns}) SELECT {values} FROM ({_numbers(first)}) numbers "
                f"WHERE n <= {last} ORDER BY n"
            )
            connection.commit()
        self.adopt(rows)

    def adopt(self, rows: int) -> None:
        """The table holds the rows 0 to `rows` - 1 already: somebody copied a filled one."""
        self._filled = rows

    def start(self) -> None:
        """Set the writers going. A load starts once."""
        if self._threads:
            raise RuntimeError("a load starts once")
        self._started = time.monotonic()
        for index in range(self._count):
            space = Space(index, self._count, self._filled)
            writer = self._make(self.shape, self._table, self._connect, space, self.seed, self._pace, self._stop)
            thread = threading.Thread(target=self._run, args=(writer,), name=f"writer-{index}", daemon=True)
            self._writers.append(writer)
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout: float = 20.0) -> Report:
        """End the writers, each after its transaction. Raises WorkloadFailed where one of them failed."""
        self._stop.set()
        ended = time.monotonic()
        end = ended + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        for writer, thread in zip(self._writers, self._threads, strict=True):
            if thread.is_alive():
                writer.abort()
                thread.join(5.0)
        report = self._report(ended)
        if report.errors:
            raise WorkloadFailed(report) from next(w.error for w in self._writers if w.error is not None)
        return report

    def report(self) -> Report:
        """What was measured so far; a load that runs may be asked."""
        return self._report(time.monotonic())

    @property
    def transactions(self) -> int:
        """Acknowledged transactions so far."""
        return sum(len(writer.timing.finished) for writer in self._writers)

    def known(self, n: int) -> Row | None:
        """The last acknowledged row of number n."""
        return self._allowed(n)[0]

    def verify(self, connection: Connection, table: str | None = None, columns: Sequence[str] | None = None) -> Verdict:
        """Compare `table` (by default our own) with what the writers know, by `columns` (by default all)."""
        if any(thread.is_alive() for thread in self._threads):
            raise RuntimeError("the writers must be stopped before the table can be compared")
        names = self.shape.columns if columns is None else tuple(columns)
        touched = {n for writer in self._writers for n in writer.ledger.touched()}
        reconciler = Reconciler(self.shape, self._filled, self._allowed, touched, names)
        quoted = self._table if table is None else quote_name(table)
        scan(connection, quoted, self.shape, self._filled, reconciler, names)
        return reconciler.finish([doubt for writer in self._writers for doubt in writer.ledger.doubts])

    def _allowed(self, n: int) -> tuple[Row | None, ...]:
        if self._writers and n >= 0:
            return self._writers[n % self._count].ledger.allowed(n)
        return (self.shape.filled(n) if 0 <= n < self._filled else None,)

    def _run(self, writer: Writer) -> None:
        writer.run()
        if writer.error is not None and self._on_error is not None:
            self._on_error(writer.error)

    def _report(self, ended: float) -> Report:
        retried: Counter[int] = Counter()
        operations: Counter[str] = Counter()
        for writer in self._writers:
            retried += Counter(dict(writer.retried))  # a copy: its thread may be counting
            operations += Counter(dict(writer.done))
        stuck = [thread.name for thread in self._threads if self._stop.is_set() and thread.is_alive()]
        errors = [f"{type(w.error).__name__}: {w.error}" for w in self._writers if w.error is not None]
        return Report(
            seed=self.seed,
            started=self._started,
            ended=ended,
            timings=tuple(writer.timing for writer in self._writers),
            rolled_back=sum(writer.rolled_back for writer in self._writers),
            retried=dict(retried),
            lost=sum(writer.lost for writer in self._writers),
            doubts=sum(len(writer.ledger.doubts) for writer in self._writers),
            errors=(*errors, *(f"{name} does not end" for name in stuck)),
            operations=dict(operations),
        )


def _numbers(first: int) -> str:
    """A subquery with the 20,000 numbers n from `first` on."""
    return (
        f"SELECT {first} + e.d * 10000 + a.d * 1000 + b.d * 100 + c.d * 10 + d.d AS n FROM "
        f"(SELECT 0 d UNION ALL SELECT 1) e, {_DIGIT} a, {_DIGIT} b, {_DIGIT} c, {_DIGIT} d"
    )
