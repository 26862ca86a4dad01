"""Removes a big table gently: its rows in small batches along a key, with pauses, and then what is left at once.

A DROP of a table of which much is in memory can hold up a whole server that is older than MySQL 8.0.23; batches that
rest as long as they took do not. Before the first row goes the table itself says so, by its comment, so that nobody
takes for whole what is not, and whoever comes again goes on.

It must never empty a table whose rows are of consequence elsewhere: triggers, and foreign keys that point to it. Such
a table, and one without a key to go along, is dropped at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from ghostshift.core.planner import key_spec
from ghostshift.core.sizing import ChunkSizer
from ghostshift.core.throttling import Reading, judge_load
from ghostshift.model.errors import Aborted
from ghostshift.model.key import Key, KeySpec
from ghostshift.model.names import TableName
from ghostshift.model.options import Load, Tunables
from ghostshift.model.schema import Table
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.grants import read_grants
from ghostshift.mysql.inspector import read_table
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.sql import cleaning as sql
from ghostshift.sql.literals import parse_key
from ghostshift.sql.readings import global_status

BATCH_SECONDS = 0.2
"""What a batch may take where its rows are not given."""

BATCH_BYTES = 8 << 20

LOAD_EVERY = 1.0
"""Seconds between two looks at a server that has too much to do."""

ATTEMPTS = 5

_SEEING_TRIGGERS = frozenset({"TRIGGER", "ALL", "ALL PRIVILEGES"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How gently."""

    batch_rows: int = 0
    """0: as many as take `BATCH_SECONDS`."""
    pause_ratio: float = 1.0
    """The pause after a batch, in times of what it took."""
    pause_millis: int = 0
    """The shortest pause."""
    max_load: Load = ()
    """Status variables of the server at which nothing is deleted."""
    logged: bool = True
    """Deletions are written into the binary log, for the replicas to follow as gently."""


Tell = Callable[[str], None]


class Emptier:
    """For one session, which has the settings of those that work with keys."""

    def __init__(self, session: Session, dialect: Dialect, pace: Pace, stop: Stop, tell: Tell) -> None:
        self._session = session
        self._dialect = dialect
        self._pace = pace
        self._stop = stop
        self._tell = tell

    def obstacle(self, name: TableName) -> str:
        """Why the table cannot be emptied row by row; empty where it can. Raises Refused where there is none."""
        table = read_table(self._session, self._dialect, name)
        grants = read_grants(self._session, self._dialect, name.schema)
        if not _SEEING_TRIGGERS & (grants.here | grants.everywhere):
            return "whether it has triggers can be seen only with the privilege TRIGGER on its schema"
        if table.triggers:
            return f"its trigger {table.triggers[0]} would run for each row"
        if table.children:
            return f"the foreign key {table.children[0]} points to it"
        if table.versioned:
            return "its deleted rows would stay in it: WITH SYSTEM VERSIONING"
        if table.engine.lower() != "innodb":
            return f"its engine is {table.engine}"
        return "" if _key_of(table) else "it has no key to go along"

    def run(self, name: TableName, leaving: Callable[[], None]) -> int:
        """Delete the rows; how many. `leaving` is called before the first, once the table says what is done with it.

        Raises Aborted where that is wanted, with what is left to do.
        """
        table = read_table(self._session, self._dialect, name)
        spec = _key_of(table)
        if spec is None:
            return 0
        if table.comment != sql.LEAVING_COMMENT:
            self._session.execute(sql.leave(name))
        leaving()
        off, on = sql.without_log()
        self._session.execute("SET SESSION foreign_key_checks = 0")  # of its own: rows elsewhere are none of it
        if not self._pace.logged:
            self._session.execute(off)
        removed = 0
        try:
            for removed in self._batches(name, spec, table):
                self._tell(f"{name}: {removed:,} of about {max(removed, table.rows_estimate):,} rows removed")
        except Aborted as error:
            error.add_note(f"{removed:,} rows of {name} are removed; give the same command again to go on")
            raise
        if not self._pace.logged:
            self._session.execute(on)
        self._session.execute("SET SESSION foreign_key_checks = 1")
        return removed

    def _batches(self, name: TableName, spec: KeySpec, table: Table) -> Iterator[int]:
        """Delete, and say after each batch how many rows are gone by then."""
        sizer = ChunkSizer(seconds=BATCH_SECONDS, most_bytes=BATCH_BYTES, row_bytes=table.row_bytes)
        after: Key | None = None
        removed = 0
        while True:
            self._stop.raise_cause()
            self._await_load(name)
            began = self._stop.now()
            found = self._session.query(sql.batch_end(name, spec, after, sizer.rows(self._pace.batch_rows)))
            upto = parse_key(spec, found[0]) if found else None
            delete = partial(self._session.execute, sql.delete_range(name, spec, after, upto))
            count = retrying(delete, self._stop, ATTEMPTS).affected
            seconds = self._stop.now() - began
            removed += count
            yield removed
            if upto is None:
                return
            after = upto
            sizer.ended(count, seconds)
            self._stop.wait(max(seconds * self._pace.pause_ratio, self._pace.pause_millis / 1000))

    def _await_load(self, name: TableName) -> None:
        """Until the server has time. Raises what the stop was set with."""
        limits = self._pace.max_load
        while limits:
            rows = self._session.query(global_status(one for one, _ in limits))
            status = {str(key).lower(): str(value) for key, value in rows}
            reading = Reading(self._stop.now(), status=status, asked=frozenset(one.lower() for one, _ in limits))
            verdict = judge_load(Tunables(max_load=limits), reading)
            if verdict.go:
                return
            self._tell(f"{name}: waiting, {verdict.reason}")
            self._stop.wait(LOAD_EVERY)
            self._stop.raise_cause()


def _key_of(table: Table) -> KeySpec | None:
    specs = (key_spec(table, key) for key in table.unique_keys)
    return next((spec for spec in specs if spec is not None), None)
