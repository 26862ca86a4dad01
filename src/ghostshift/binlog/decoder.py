"""Whole events in, model.change values out. Pure: no socket, no clock.

One flat loop (`walk`) sees every event. It steps over row events of foreign tables by their header, has short ways for
what each transaction repeats (GTID, BEGIN, the same table map, XID), reads our rows through rows.RowReader, and gives
the rest to the ledger. Damage of any sort leaves as StreamError with file and offset, in one place, `walk`.

Every event but foreign rows is checked against its checksum where the log has them. What cannot be told from its
header is never skipped: an unknown type, or rows of a table without a table map, stop the stream (invariant 10).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from zlib import crc32

from ghostshift.binlog import events as ev
from ghostshift.binlog import large_rows, tablemap
from ghostshift.binlog.events import HEADER, LEAD, SMALLEST
from ghostshift.binlog.flow import RESIDUE, Answers, Flow, Payload
from ghostshift.binlog.ledger import Ledger
from ghostshift.binlog.remainder import Remainder
from ghostshift.binlog.rows import RowReader
from ghostshift.model.change import Batch, Keys, Rewatch, WatchedTable
from ghostshift.model.errors import StreamError
from ghostshift.model.position import Position

_QUERY_SIZES = struct.Struct("<8xBxxH")
_TABLE_ID = (1 << 48) - 1
_DUMMY_TABLES = (0x00FFFFFF, 0xFFFFFFFF, _TABLE_ID)
"""Table ids of row events without rows, which only end a statement."""
_TABLES = 1 << 14
"""Table ids remembered between transactions."""
_LOW = 0xFFFFFFFF
_MAX_GAP = 1 << 30
"""MariaDB's log may be that much further on than we counted: it leaves out events that a reader did not ask for."""
_FILE_EVENTS = frozenset({ev.FORMAT_DESCRIPTION, ev.ROTATE})
_HEARTBEATS = frozenset({ev.HEARTBEAT, ev.HEARTBEAT_V2})
_SKIPPED = _HEARTBEATS | {
    ev.STOP, ev.INTVAR, ev.RAND, ev.USER_VAR, ev.BEGIN_LOAD_QUERY, ev.IGNORABLE, ev.ROWS_QUERY, ev.GTID,
    ev.ANONYMOUS_GTID, ev.TAGGED_GTID, ev.PREVIOUS_GTIDS, ev.TRANSACTION_CONTEXT, ev.VIEW_CHANGE, ev.ANNOTATE_ROWS,
    ev.BINLOG_CHECKPOINT, ev.GTID_LIST, ev.START_ENCRYPTION,
}  # fmt: skip
"""Checked and stepped over: they say nothing about rows. LOAD DATA's text is in EXECUTE_LOAD_QUERY."""
_FILLERS = frozenset({ev.PREVIOUS_GTIDS, ev.GTID_LIST, ev.BINLOG_CHECKPOINT, ev.START_ENCRYPTION})
"""Events of the file that stand between transactions: a boundary moves over them, or it would never reach the end."""
_CHECKSUM_BYTES = 4
_BEGIN = b"BEGIN"


def _by_name(watched: Sequence[WatchedTable]) -> dict[tuple[bytes, bytes], WatchedTable]:
    return {(t.name.schema.encode(), t.name.table.encode()): t for t in watched}


class Decoder:
    """Follows one stream of events from `start`, which must be a transaction boundary.

    Feed it with `walk`, take what came out with `take`. `max_event_bytes` bounds what one event may unpack to.
    `rewatch` may change the watched tables at a statement: behind the swap a name stands for another table.
    """

    def __init__(
        self,
        watched: Sequence[WatchedTable],
        start: Position,
        *,
        max_event_bytes: int = 1 << 30,
        rewatch: Rewatch | None = None,
    ) -> None:
        self._watched = _by_name(watched)
        self._max_event_bytes = max_event_bytes
        self._ledger = Ledger(start, max_event_bytes)
        if rewatch is not None:
            self._ledger.on_statement = lambda statement: self._watch(rewatch(statement))
        self._tail = 0
        """Bytes of checksum behind each event."""
        self._gaps = False
        self._in_payload = False
        self._tables: dict[int, RowReader | None] = {}
        """By table id: how to read its rows, None for a table that nobody watches."""
        self._bodies: dict[int, bytes] = {}
        """By table id: its last table map, to know at a glance that nothing is new."""
        self._readers: dict[bytes, RowReader] = {}

    @property
    def position(self) -> Position:
        """The end of the last event seen, which may lie within a transaction."""
        return Position(self._ledger.file, self._ledger.offset)

    @property
    def boundary(self) -> Position:
        """The last transaction boundary seen."""
        return self._ledger.boundary

    @property
    def pending(self) -> bool:
        """Whether `take` has something to give."""
        return self._ledger.pending

    def take(self) -> Batch:
        """What has come since the last call."""
        if len(self._tables) > _TABLES and not self._ledger.in_transaction:
            self._forget_tables()
        return self._ledger.take()

    def foreign(self, kind: int, table: int) -> bool:
        """Whether this is a row event of a table that nobody watches. `table`: the eight bytes after the header."""
        return kind in ev.ROWS and self._tables.get(table & _TABLE_ID, self) is None

    def skip(self, kind: int, size: int, log_pos: int, flags: int) -> None:
        """Count a foreign row event that the caller steps over without holding it. Raises events.DAMAGE."""
        if log_pos and not self._in_payload:
            self._ledger.offset = self._advance(kind, self._ledger.offset, size, log_pos, flags)

    def flow(self, kind: int, size: int, log_pos: int, flags: int, table: int) -> Flow | None:
        """What reads this large event of ours while it comes; None for one that must be whole. Raises events.DAMAGE."""
        sink: Payload | Answers
        body = size - ev.HEADER_BYTES - self._tail
        reader = self._tables.get(table & _TABLE_ID)
        if kind == ev.TRANSACTION_PAYLOAD and not self._in_payload:
            sink = Payload(Inner(self, self._max_event_bytes), body)
        elif kind in ev.ROWS and isinstance(reader, RowReader):
            keys = Keys(reader.label, [], [])
            asking = large_rows.asking(reader, kind, body, keys)
            if asking is None:
                return None
            sink = Answers(asking, lambda: self._ledger.merge(keys))
        else:
            return None
        # Before what it holds: the end of its transaction is a boundary at its own end.
        self.skip(kind, size, log_pos, flags)
        return Flow(sink, size, self._tail)

    def inner(self, work: Callable[[], None]) -> None:
        """Do something with the events of a compressed transaction, which bear no checksums and no positions."""
        tail, self._tail, self._in_payload = self._tail, 0, True
        try:
            work()
        finally:
            self._tail, self._in_payload = tail, False

    # One long loop, because a call per event would cost more than most events do. All that is rare is outside.
    def walk(  # noqa: C901, PLR0912, PLR0915 - flat on purpose, see above
        self, data: bytes, pos: int, end: int, *, framed: bool = True
    ) -> int:
        """Read the whole events in `data[pos:end]`; returns where it stopped: near `end`, or at what is no event.

        `framed`: each event is a packet of its own, and it stops before a packet that is incomplete, is part of
        a larger one, or is no event. Otherwise events follow each other directly, and `pos` points LEAD bytes before
        the first. SLACK bytes must be readable behind `end`. Raises StreamError.
        """
        header, query_sizes, view = HEADER.unpack_from, _QUERY_SIZES.unpack_from, memoryview(data)
        ledger, tables, bodies = self._ledger, self._tables, self._bodies
        back = 0 if framed else LEAD
        tail, inner, offset, rows, transactions = self._tail, self._in_payload, ledger.offset, 0, 0
        boundary = kind = 0
        at = offset
        try:
            while end - pos >= SMALLEST:
                head, marker, kind, size, log_pos, flags, table = header(data, pos)
                if framed and (head & 0xFFFFFF != size + 1 or marker):
                    break
                event, start, stop = pos + LEAD, pos + SMALLEST, pos + LEAD + size
                if stop > end:
                    break
                at = offset
                if size < ev.HEADER_BYTES:
                    raise ValueError(f"it has {size} bytes")
                if log_pos and not inner:
                    offset += size
                    if offset & _LOW != log_pos:
                        offset = self._advance(kind, at, size, log_pos, flags)
                if kind in ev.ROWS:
                    reader = tables.get(table & _TABLE_ID, self)
                    if reader is None:
                        pos = stop - back
                        continue
                    if tail and crc32(view[event:stop]) != RESIDUE:
                        raise ValueError("its checksum is wrong")
                    rows += self._read_rows(reader, kind, data, start, stop - tail, table)
                elif kind == ev.TABLE_MAP:
                    body = data[start : stop - tail]
                    if bodies.get(table & _TABLE_ID) != body:
                        if tail and crc32(view[event:stop]) != RESIDUE:
                            raise ValueError("its checksum is wrong")
                        self._table_map(table & _TABLE_ID, body)
                elif kind in _FILE_EVENTS:
                    ledger.offset = offset
                    self._new_file(kind, data[event:stop], artificial=not log_pos or bool(flags & ev.ARTIFICIAL_FLAG))
                    offset, tail, boundary = ledger.offset, self._tail, 0
                elif size < ev.HEADER_BYTES + tail or (tail and crc32(view[event:stop]) != RESIDUE):
                    raise ValueError("its checksum is wrong")
                elif kind in _SKIPPED:
                    if kind in _FILLERS and log_pos and not ledger.in_transaction:
                        boundary = offset
                elif kind == ev.XID:
                    if size != ev.HEADER_BYTES + 8 + tail:
                        raise ValueError(f"it has {size} bytes")
                    ledger.in_transaction = False
                    transactions += 1
                    boundary = offset
                elif (
                    kind == ev.QUERY
                    and data[stop - tail - 5 : stop - tail] == _BEGIN
                    and (sum(query_sizes(data, start)) + ev.QUERY_HEADER_BYTES + 1 + 5 == stop - tail - start)
                ) or (kind == ev.MARIADB_GTID and not data[start + 12] & ev.GTID_SPECIAL):
                    ledger.in_transaction = True
                else:
                    ledger.offset = offset
                    if boundary:
                        ledger.boundary = Position(ledger.file, boundary, ledger.born)
                        boundary = 0
                    self._other(kind, flags, data[start : stop - tail])
                pos = stop - back
        except ev.DAMAGE as error:
            offset = ledger.offset = at
            raise ledger.failure(kind, f"is damaged: {error}") from None
        except ev.Unusable as error:
            offset = ledger.offset = at
            raise ledger.failure(kind, f"cannot be used: {error}") from None
        except StreamError:
            offset = at
            raise
        finally:
            ledger.offset = offset
            ledger.rows += rows
            ledger.transactions += transactions
            if boundary:
                ledger.boundary = Position(ledger.file, boundary, ledger.born)
        return pos

    def _read_rows(self, reader: object, kind: int, data: bytes, pos: int, end: int, table: int) -> int:
        if not isinstance(reader, RowReader):
            if table & _TABLE_ID in _DUMMY_TABLES:
                return 0
            raise ValueError(f"no table map has introduced its table {table & _TABLE_ID}")
        known = self._ledger.keys(reader.label)
        keys = Keys(reader.label, [], []) if known is None else known
        rows = reader.read(kind, data, pos + 8, end, keys.changed, keys.gone)
        if kind not in ev.UPDATES:
            keys.growth += -rows if kind in ev.DELETES else rows
        if known is None:
            self._ledger.add_keys(keys)
        return rows

    def _advance(self, kind: int, before: int, size: int, log_pos: int, flags: int) -> int:
        """The offset after an event whose stated end is not where counting leads (only its low 32 bits are stated)."""
        if kind in _HEARTBEATS or kind == ev.FORMAT_DESCRIPTION or flags & ev.ARTIFICIAL_FLAG:
            return before
        gap = (log_pos - before - size) & _LOW
        if gap and not (self._gaps and gap < _MAX_GAP):
            raise ValueError(f"it says to end at {log_pos}, but {before + size} bytes were counted")
        return before + size + gap

    def _watch(self, watched: Sequence[WatchedTable] | None) -> None:
        if watched is not None:
            self._watched = _by_name(watched)
            self._readers.clear()
            self._forget_tables()

    def _forget_tables(self) -> None:
        self._tables.clear()
        self._bodies.clear()

    def _table_map(self, number: int, body: bytes) -> None:
        schema, name, at = tablemap.names(body)
        table = self._watched.get((schema, name))
        reader = None
        if table is not None:
            definition = body[8:]
            reader = self._readers.get(definition)
            if reader is None:
                if len(self._readers) > len(self._watched) * 8:
                    self._readers.clear()
                reader = RowReader(table, tablemap.shapes(body, at), self._max_event_bytes)
                self._readers[definition] = reader
        self._tables[number] = reader
        self._bodies[number] = body

    def _new_file(self, kind: int, event: bytes, *, artificial: bool) -> None:
        intact = crc32(event) == RESIDUE
        body = event[ev.HEADER_BYTES :]
        if kind == ev.FORMAT_DESCRIPTION:
            checksums, self._gaps = ev.format_description(body)
            if checksums and not intact:
                raise ValueError("its checksum is wrong")
            self._tail = _CHECKSUM_BYTES if checksums else 0
            self._ledger.describe(int.from_bytes(event[:4], "little"))
        else:
            # The first one comes before anything says whether there are checksums: then only a match can tell.
            if self._tail and not intact and not artificial:
                raise ValueError("its checksum is wrong")
            file, offset = ev.rotate(body[:-_CHECKSUM_BYTES] if intact else body)
            self._ledger.rotate(file, offset, artificial=artificial)
        self._forget_tables()
        self._ledger.new_file()

    def _other(self, kind: int, flags: int, body: bytes) -> None:
        handler = self._ledger.handlers.get(kind)
        if handler is not None:
            handler(body)
        elif kind == ev.TRANSACTION_PAYLOAD:
            self._payload(body)
        elif kind in ev.PRE_GA_ROWS:
            raise self._ledger.failure(kind, "is a row event of MySQL 5.1.17 or older, which cannot be read")
        elif not flags & ev.IGNORABLE_FLAG:
            raise self._ledger.failure(kind, "is of a type that this version does not know")

    def _payload(self, body: bytes) -> None:
        """A compressed transaction: its events, without checksums, as they are unpacked."""
        if self._in_payload:
            raise ValueError("it lies within another")
        sink = Payload(Inner(self, self._max_event_bytes), len(body))
        sink.feed(body)
        sink.finish()


class Inner:
    """A sink for the events of a compressed transaction."""

    def __init__(self, decoder: Decoder, max_event_bytes: int) -> None:
        self._decoder = decoder
        self._remainder = Remainder(decoder, max_event_bytes)

    def feed(self, block: bytes) -> None:
        """Read on. Raises StreamError, events.Unusable and events.DAMAGE."""
        self._decoder.inner(lambda: self._remainder.feed(block))

    def finish(self) -> None:
        """All has come."""
        self._remainder.finish()
