"""Asks the server for sizes and speed, for `ghostshift plan`: statistics, counters, a short bounded reading of rows.

It only reads, without locks, and each question has a time limit on the server: a table of a terabyte costs no more than
a small one. What is not answered in time stays unknown.
"""

from __future__ import annotations

from ghostshift.core.forecast import Probe, Sizes
from ghostshift.model.errors import ConnectionLost, ServerError
from ghostshift.model.names import TableName
from ghostshift.model.schema import Table
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.replication import count_followers
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql.readings import global_status, limit_queries
from ghostshift.sql.survey import COUNTERS, count_indexes, probe, sizes

SECONDS = 3
"""The most that one question may take."""

STEPS = (500, 5000, 20000)
"""Rows of each reading, more while that is quick."""

ENOUGH = 0.1
"""Seconds of reading that say something."""

OUT_OF_TIME = frozenset({1969, 3024})
"""Errors that say: the server gave up a query in time."""


class Survey:
    """See the module. For one thread; `limited` first."""

    def __init__(self, session: Session, dialect: Dialect, stop: Stop) -> None:
        self._session = session
        self._dialect = dialect
        self._stop = stop
        self._began, self._before = stop.now(), self._counters()

    def limited(self) -> None:
        """From now on the server gives up each query of the session after a while."""
        self._session.execute(limit_queries(SECONDS, mariadb=self._dialect.mariadb))

    def sizes(self, name: TableName, ghost: TableName | None) -> Sizes:
        """What the statistics say; `ghost` where it is there."""
        rows, data, index = (int(value or 0) for value in self._session.one(sizes(name)))
        variables = {str(key).lower(): str(value) for key, value in self._session.query(_VARIABLES)}
        indexes = int(self._session.one(count_indexes(name))[0])
        return Sizes(
            rows=rows,
            data_bytes=data,
            index_bytes=index,
            indexes=indexes,
            ghost_indexes=indexes if ghost is None else int(self._session.one(count_indexes(ghost))[0]),
            row_image=variables.get("binlog_row_image", "FULL").upper(),
            compressed_log=any(
                variables.get(name, "OFF").upper() in ("ON", "1")
                for name in ("binlog_transaction_compression", "log_bin_compress")
            ),
        )

    def probe(self, table: Table, key: tuple[str, tuple[str, ...]] | None) -> Probe | None:
        """Read some rows from both ends of a key (index, columns); None where it took too long."""
        index, columns = key or ("", ())
        names = [column.name for column in table.columns if not column.generated]
        best: Probe | None = None
        for step in STEPS:
            pages, began = self._counters().get(COUNTERS[0]), self._stop.now()
            rows, length = 0, 0
            try:
                for last in (False, True) if columns else (False,):
                    found = self._session.one(probe(table.name, names, columns, index, step, last=last))
                    rows, length = rows + int(found[0]), length + int(found[1] or 0)
            except ConnectionLost:
                raise
            except ServerError as error:
                if error.errno in OUT_OF_TIME:
                    return best
                raise
            seconds = self._stop.now() - began
            best = self._probed(rows, length, seconds, pages)
            if seconds >= ENOUGH or rows < step:
                return best
        return best

    def _probed(self, rows: int, length: int, seconds: float, pages: int | None) -> Probe:
        """The rows that the server wrote are counted since this survey began: a moment says nothing of them."""
        now, passed = self._counters(), self._stop.now() - self._began
        writes = [now[name] - self._before[name] for name in COUNTERS[1:] if name in now and name in self._before]
        return Probe(
            rows=rows,
            seconds=seconds,
            row_bytes=length / rows if rows else 0.0,
            pages=now[COUNTERS[0]] - pages if pages is not None and COUNTERS[0] in now else None,
            writes_per_second=sum(writes) / passed if writes and passed > 0 else None,
        )

    def _counters(self) -> dict[str, int]:
        return {str(name): int(value) for name, value in self._session.query(global_status(COUNTERS))}

    def replicas(self) -> int | None:
        """How many have registered; None where we may not ask."""
        try:
            return count_followers(self._session, self._dialect)
        except ConnectionLost:
            raise
        except ServerError:
            return None


_VARIABLES = (
    "SHOW GLOBAL VARIABLES WHERE variable_name IN "
    "('binlog_row_image', 'binlog_transaction_compression', 'log_bin_compress')"
)
