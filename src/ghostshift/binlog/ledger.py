"""What the events of one stream say about transactions: begun, ended, prepared, statements, and the keys in between.

The decoder finds the events; what they mean for where a reconnect may start and for whose keys these are, is kept here.
A boundary must never lie within a transaction, and a statement that cannot be understood must never be passed over.
"""

from __future__ import annotations

from collections.abc import Callable

from ghostshift.binlog import events as ev
from ghostshift.binlog.compressed import unpack_zlib
from ghostshift.binlog.texts import Control, control, decode
from ghostshift.binlog.xa import xa_statement
from ghostshift.model.change import Batch, Event, Keys, Statement, XaOutcome, XaPrepared, XaStart
from ghostshift.model.errors import StreamError
from ghostshift.model.position import Position


class Ledger:
    """Position, boundary, and what has come since the last `take`. The decoder moves `offset` itself."""

    def __init__(self, start: Position, max_event_bytes: int) -> None:
        self.file = start.file
        self.born = start.born
        """See Position."""
        self.offset = start.offset
        """The end of the last event seen, which may lie within a transaction."""
        self.boundary = start
        self.in_transaction = False
        self.transactions = 0
        self.rows = 0
        self._max_event_bytes = max_event_bytes
        self.on_statement: Callable[[Statement], None] | None = None
        self._xa: bytes | None = None
        self._events: list[Event] = []
        self._keys: Keys | None = None
        self.handlers: dict[int, Callable[[bytes], None]] = {
            ev.QUERY: self._query,
            ev.QUERY_COMPRESSED: self._compressed_query,
            ev.EXECUTE_LOAD_QUERY: self._load_query,
            ev.XA_PREPARE: self._xa_prepare,
            ev.MARIADB_GTID: self._mariadb_gtid,
            ev.INCIDENT: self._incident,
        }

    @property
    def pending(self) -> bool:
        """Whether `take` has something to give."""
        return bool(self._events) or self.transactions > 0

    def take(self) -> Batch:
        """What has come since the last call."""
        batch = Batch(self._events, self.boundary, self.transactions, self.rows)
        self._events = []
        self._keys = None
        self.transactions = self.rows = 0
        return batch

    def keys(self, label: str) -> Keys | None:
        """The keys that more of the same table may be added to: no other event has come since."""
        keys = self._keys
        return keys if keys is not None and keys.label == label else None

    def add_keys(self, keys: Keys) -> None:
        """Keys of another table than those before, or the first."""
        self._events.append(keys)
        self._keys = keys

    def describe(self, born: int) -> None:
        """When the present file was made. Raises Unusable where it is not the one that was to be read on."""
        if self.born and born and born != self.born:
            raise ev.Unusable(
                f"{self.file} is not the file of that name that was read before: the binary log was begun anew "
                "(RESET?), and what has changed meanwhile cannot be known"
            )
        self.born = born
        if self.boundary.file == self.file:
            self.boundary = Position(self.file, self.boundary.offset, born)

    def merge(self, keys: Keys) -> None:
        """Keys of one event that was read by itself."""
        known = self.keys(keys.label)
        self.rows += max(len(keys.changed), len(keys.gone))
        if known is None:
            self.add_keys(keys)
            return
        known.changed += keys.changed
        known.gone += keys.gone
        known.growth += keys.growth

    def new_file(self) -> None:
        """A file starts: no transaction spans two. One that is cut short here was cut short by a crash."""
        self.in_transaction = False
        self._xa = None

    def rotate(self, file: str, offset: int, *, artificial: bool) -> None:
        """The log goes on in `file`. Raises ValueError where it would go back."""
        if artificial and file == self.file:
            return  # where we asked it to start, or where its own rotation has led
        if artificial and Position(file, offset) < Position(self.file, 0):
            raise ValueError(f"the server goes back to {file}")
        self.file, self.offset, self.born = file, offset, 0
        self.boundary = Position(file, offset)

    def failure(self, kind: int, what: str) -> StreamError:
        """An error that says which event, and where."""
        return StreamError(f"the {ev.name_of(kind)} event at {self.file}:{self.offset} of the binary log {what}")

    def _emit(self, event: Event) -> None:
        self._events.append(event)
        self._keys = None

    def _end(self) -> None:
        """A transaction has ended where we are."""
        self.in_transaction = False
        self._xa = None
        self.transactions += 1
        self.boundary = Position(self.file, self.offset, self.born)

    def _query(self, body: bytes) -> None:
        self._text(*ev.query(body))

    def _compressed_query(self, body: bytes) -> None:
        schema, status, packed = ev.query(body)
        self._text(schema, status, unpack_zlib(packed, self._max_event_bytes))

    def _load_query(self, body: bytes) -> None:
        self._text(*ev.load_query(body))

    def _text(self, schema: bytes, status: bytes, raw: bytes) -> None:
        text = decode(raw, status)
        what, bare = control(text)
        if what is Control.BEGIN:
            self.in_transaction = True
        elif what is Control.END:
            self._end()
        elif what is Control.XA:
            self._xa_text(bare)
        elif what is Control.STATEMENT:
            statement = Statement(schema.decode("utf-8", "replace"), text)
            self._emit(statement)
            if self.on_statement is not None:
                self.on_statement(statement)
            if not self.in_transaction:
                self._end()

    def _xa_text(self, text: str) -> None:
        verb, xid, one_phase = xa_statement(text)
        if verb == "START":
            self._xa_start(xid)
        elif verb == "PREPARE" or (verb in ("COMMIT", "ROLLBACK") and (one_phase or xid == self._xa)):
            self._emit(XaPrepared(xid, one_phase=verb != "PREPARE"))
            self._end()
        elif verb in ("COMMIT", "ROLLBACK"):
            self._emit(XaOutcome(xid, committed=verb == "COMMIT"))
            self._end()

    def _xa_start(self, xid: bytes) -> None:
        self.in_transaction = True
        self._xa = xid
        self._emit(XaStart(xid))

    def _xa_prepare(self, body: bytes) -> None:
        xid, one_phase = ev.xa_prepare(body)
        if xid != self._xa:
            raise ValueError(f"it prepares {xid!r} within {self._xa!r}")
        self._emit(XaPrepared(xid, one_phase))
        self._end()

    def _mariadb_gtid(self, body: bytes) -> None:
        gtid = ev.mariadb_gtid(body)
        if gtid.prepared is not None:
            self._xa_start(gtid.prepared)
        else:
            self.in_transaction = not gtid.standalone and gtid.completed is None

    def _incident(self, body: bytes) -> None:
        raise self.failure(ev.INCIDENT, f"says that changes are missing from the log ({ev.incident(body)})")
