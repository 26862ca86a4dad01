"""Follow a real server's binary log in a test: what a table's key is, and everything up to now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from ghostshift.binlog.stream import BinlogStream, current_position
from ghostshift.core.planner import key_spec
from ghostshift.model.change import Batch, Event, Keys, WatchedTable
from ghostshift.model.key import Key, KeyColumn, KeyKind
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint
from ghostshift.model.position import Position
from ghostshift.mysql.inspector import read_dialect, read_table
from ghostshift.mysql.session import Session
from ghostshift.sql.literals import parse_key, select_expression


def endpoint_of(server: Any) -> Endpoint:
    return Endpoint(host=server.host, port=server.port, user=server.user, password=server.password)


class Follower:
    """One database on one server: makes tables, watches them, and reads the log up to its end."""

    def __init__(self, server: Any, database: str) -> None:
        self.server = server
        self.database = database
        self.mariadb = server.flavor.startswith("mariadb")
        self.session = self.open()

    def open(self) -> Session:
        """Another session in the same database."""
        return Session.open(
            endpoint_of(self.server),
            ["SET SESSION sql_mode = '', time_zone = '+00:00'", f"USE `{self.database}`"],
        )

    def run(self, *statements: str) -> None:
        """Run statements, one by one."""
        for statement in statements:
            self.session.execute(statement)

    def watch(self, table: str, label: str = "original", index: str = "PRIMARY") -> WatchedTable:
        """The table as the planner would watch it."""
        name = TableName(self.database, table)
        seen = read_table(self.session, read_dialect(self.session), name)
        unique = next(key for key in seen.unique_keys if key.name == index)
        spec = key_spec(seen, unique)
        assert spec is not None
        return WatchedTable(label, name, spec, len(seen.columns))

    def keys(self, watched: WatchedTable) -> set[Key]:
        """What SELECT says the keys are."""
        columns = ", ".join(map(_selected, watched.key.columns))
        rows = self.session.query(f"SELECT {columns} FROM {watched.name.sql}")
        return {parse_key(watched.key, row) for row in rows}

    def now(self) -> Position:
        """The end of the log."""
        return current_position(self.session)

    @contextlib.contextmanager
    def stream(self, start: Position, watched: Sequence[WatchedTable], **more: Any) -> Iterator[BinlogStream]:
        """A stream on a connection of its own."""
        with Session.open(endpoint_of(self.server)) as connection:
            yield BinlogStream(
                connection, start, watched, server_id=0, mariadb=self.mariadb, **{"heartbeat_seconds": 0.5, **more}
            )

    def follow(self, start: Position, watched: Sequence[WatchedTable], **more: Any) -> list[Event]:
        """Every event between `start` and the end of the log."""
        with self.stream(start, watched, **more) as stream:
            return [event for batch in read_to(stream, self.now()) for event in batch.events]

    def changes(self, watched: WatchedTable, *statements: str, **more: Any) -> tuple[set[Key], set[Key]]:
        """Run statements; the keys that changed and those that are gone, by the log."""
        start = self.now()
        self.run(*statements)
        events = self.follow(start, [watched], **more)
        assert all(isinstance(event, Keys) for event in events), events
        return changed(events), gone(events)


def _selected(column: KeyColumn) -> str:
    # A SET's 64th member is the sign bit of what `+ 0` gives.
    return f"CAST(`{column.name}` AS UNSIGNED)" if column.kind is KeyKind.SET else select_expression(column)


def read_to(stream: BinlogStream, end: Position) -> list[Batch]:
    batches = []
    while stream.position < end:
        batches.append(stream.read())
    return batches


def drain(stream: BinlogStream, events: list[Event] | None = None) -> None:
    """Read until an error; what came before it is added to `events`."""
    while True:
        batch = stream.read()
        if events is not None:
            events += batch.events


def changed(events: Sequence[Event], label: str = "original") -> set[Key]:
    return {key for event in events if isinstance(event, Keys) and event.label == label for key in event.changed}


def gone(events: Sequence[Event], label: str = "original") -> set[Key]:
    return {key for event in events if isinstance(event, Keys) and event.label == label for key in event.gone}
