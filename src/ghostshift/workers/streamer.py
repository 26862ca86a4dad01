"""The streamer: follows the binary log and puts keys into the delta buffer. One thread.

It must never lose a change (a reconnect starts at the last transaction boundary; keys may come twice, which is
harmless), never go on past something it cannot follow (invariant 10), and never hold more than the buffer's bound: when
the buffer is full it stops reading, and TCP does the rest (invariant 12).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.progress import PointOfInterest
from ghostshift.model.change import Batch, Event, Keys, Statement, XaOutcome, XaPrepared, XaStart
from ghostshift.model.errors import ConnectionLost, StreamError, StreamLost, UsageError
from ghostshift.model.key import Key, KeySpec
from ghostshift.model.names import TableName
from ghostshift.model.phase import Phase
from ghostshift.model.position import Position
from ghostshift.mysql.retry import backoff
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql.logged import concerns
from ghostshift.sql.tokens import words_of
from ghostshift.sql.triggers import is_ours
from ghostshift.workers.changelog import CHANGELOG_KEY, HEARTBEAT, MARKER, is_moment, seconds_since
from ghostshift.workers.nulls import check_keys

KEPT_MARKERS = 1000
"""Far more than are asked for before the first of them is looked at."""

SILENCE = 60.0
"""Seconds of transactions going by without a heartbeat of ours: then our writes are not logged (invariants 1, 10)."""

OLD = "old"
"""Label of the rows of an old table that is to be brought back, as long as we have not begun to write to it."""

PATIENT = frozenset({Phase.COPYING, Phase.INDEXING, Phase.VERIFYING, Phase.POSTPONED})
"""Phases in which nobody waits for what the log brings within milliseconds; at the cut-over everybody does."""

GATHER = 0.01
"""Seconds in which some of the log comes together then: to wake up for each transaction costs more than to read it."""

LITTLE = 1 << 16
"""Bytes; who gets more at once is behind, and reads on."""

PAUSE = 1.0
"""Of a longer time between two batches no more than this counts as going by: a replica may have stood still."""


class ChangeSource(Protocol):
    """What the streamer reads from: binlog.stream, or a script in tests."""

    def read(self) -> Batch:
        """The next batch; raises ConnectionLost to be opened anew at its boundary, StreamError for good."""

    def close(self) -> None:
        """Let go of the connection."""


@dataclass(frozen=True, slots=True)
class StreamReading:
    """On the board: how far the log has been read."""

    position: Position
    heartbeat: str = ""
    """The last heartbeat that came back."""
    reconnects: int = 0
    growth: int = 0
    """Rows of the original inserted less deleted since the stream began, roughly: a reconnect tells some twice."""

    def lag(self) -> float:
        """Seconds between the newest heartbeat read and now; large while nothing comes."""
        return max(0.0, seconds_since(self.heartbeat)) if self.heartbeat else float("inf")


@dataclass(slots=True)
class LogState:
    """What the cut-over wants to know of the log; shared through Guarded."""

    markers: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_MARKERS))
    """The last that came back: a migration may ask for days whether it is ready (invariant 12)."""
    expected: set[tuple[str, ...]] = field(default_factory=set)
    """Statements of our own that will name the watched tables."""
    triggers: tuple[str, ...] = ()
    """Heads of the statements by which we make triggers on the ghost."""
    rename: tuple[str, ...] = ()
    """The one among them that swaps the tables."""
    swapped: bool = False
    swapped_after: Position | None = None
    """A boundary before the swap, with nothing but the swap itself and what shares its batch behind it."""
    drained_by: str = ""
    """The marker before which all was drained, where an earlier run did that: what came before it is owed no more."""
    slipped: dict[Key, bool] = field(default_factory=dict)
    """Changes of the original that came after the last marker and before the swap: they were not drained."""
    counter: tuple[str, ...] = ()
    """The statement, but for its number, by which the ghost's next AUTO_INCREMENT value is set: an earlier run, too,
    may have done so, and died before it swapped."""
    opening: tuple[str, ...] = ()
    """A revert: how the swap begins that it undoes."""
    opened: bool = True
    """That swap has been read: from there on the tables are called as they are now."""
    beginning: tuple[str, ...] = ()
    """A revert: how the statement begins by which we made our changelog."""
    writing: bool = True
    """That has been read: from there on it may be us who write to the old table."""
    changelog: TableName | None = None
    since_swap: set[Key] = field(default_factory=set)
    """Keys that changed in the new table."""
    copying: bool = False


def statement_words(text: str) -> tuple[str, ...]:
    """A statement as comparable words: what a server logs may differ in white space. One word for what is not SQL."""
    try:
        return tuple(word.text.lower() for word in words_of(text)[1] if word.text != ";")
    except UsageError:
        return (text,)


def begins(words: tuple[str, ...], head: tuple[str, ...]) -> bool:
    """Whether a statement begins with these words."""
    return bool(head) and words[: len(head)] == head


def sets_counter(words: tuple[str, ...], head: tuple[str, ...]) -> bool:
    """Whether a statement is this one with a number behind it."""
    return begins(words, head) and len(words) == len(head) + 1


def of_a_revert(state: LogState, words: tuple[str, ...], table: TableName) -> bool:
    """A revert: whether the statement is of before, or about our changelog only, so that it stops nobody."""
    if not state.opened:
        state.opened = begins(words, state.opening)
        return True
    if not state.opening or table != state.changelog:
        return False
    state.writing = state.writing or begins(words, state.beginning)
    return True


class Streamer:
    """See the module."""

    def __init__(
        self,
        connect: Callable[[Position], ChangeSource],
        start: Position,
        watched: tuple[TableName, ...],
        buffer: Guarded[DeltaBuffer],
        state: Guarded[LogState],
        board: StatusBoard,
        stop: Stop,
        *,
        attempts: int,
        nullable: KeySpec | None = None,
        reconnects: int = 0,
    ) -> None:
        self._connect = connect
        self._boundary = start
        self._watched = watched
        self._buffer = buffer
        self._state = state
        self._board = board
        self._stop = stop
        self._attempts = attempts
        self._nullable = nullable
        self._xid: bytes | None = None
        self._heartbeat = ""
        self._copying = False
        self._seen = stop.now()
        self._quiet = 0.0
        self._reconnects = reconnects
        self._growth = 0
        with buffer.open() as delta:
            delta.reached(start)

    def run(self) -> None:
        """Read until stopped; reconnect where that loses nothing."""
        failures = 0
        while not self._stop.is_set():
            source: ChangeSource | None = None
            try:
                source = self._connect(self._boundary)
                self._seen = self._stop.now()  # while nobody could connect, nobody could write a heartbeat
                while not self._stop.is_set():
                    batch = source.read()
                    self._take(batch)
                    failures = 0
                    self._gather(batch)
            except ConnectionLost as error:
                failures += 1
                self._reconnects += 1
                self._board.publish(PointOfInterest(self._stop.now()))
                self._xid = None  # the transaction comes again from its beginning
                if failures > self._attempts:
                    raise StreamLost(
                        f"the binary log cannot be reached any more, at {self._boundary}: {error}"
                    ) from error
                self._stop.wait(backoff(failures, base=0.1, most=5.0))
            finally:
                if source is not None:
                    source.close()

    def _gather(self, batch: Batch) -> None:
        """Let some of the log come together, where nobody waits for it."""
        little = batch.size is not None and batch.size < LITTLE
        if little and self._board.get(Phase, Phase.INSPECTING) in PATIENT:
            self._stop.wait(GATHER)

    def _take(self, batch: Batch) -> None:
        with self._buffer.open() as buffer:
            for event in batch.events:
                self._take_event(event, buffer)
            buffer.reached(batch.boundary)
            full = buffer.full
        self._boundary = batch.boundary
        self._listen(batch)
        self._board.publish(StreamReading(batch.boundary, self._heartbeat, self._reconnects, self._growth))
        while full and not self._stop.is_set():
            full = not self._buffer.wait_until(lambda delta: not delta.full, 0.5)
            self._seen = self._stop.now()  # while we do not read, no heartbeat can come

    def _listen(self, batch: Batch) -> None:
        """Transactions that go by without our heartbeat among them. Until the copy begins the conductor is on guard.

        What is read before that may be of a time when nobody wrote a heartbeat: a run that goes on with another one's.
        """
        now = self._stop.now()
        elapsed, self._seen = min(now - self._seen, PAUSE), now
        if not self._copying:
            with self._state.open() as state:
                self._copying = state.copying
        if not self._copying or not self._heartbeat or not batch.transactions:
            return
        self._quiet += elapsed
        if self._quiet > SILENCE:
            raise StreamError(
                f"no heartbeat of ours has come through the binary log for {self._quiet:.0f} s although others' "
                "transactions have: our writes are not logged (a replication filter? sql_log_bin? binlog_error_action?)"
            )

    def _take_event(self, event: Event, buffer: DeltaBuffer) -> None:
        if isinstance(event, Keys):
            if event.label == "changelog":
                self._take_changelog(event, buffer)
            elif event.label == OLD:
                raise StreamError(
                    f"somebody has written to {self._watched[1]} since the swap, so that it is not known any more "
                    f"which of its rows are those of {self._watched[0]}: {self._watched[0]} cannot be reverted"
                )
            elif event.label == "swapped":
                with self._state.open() as state:
                    state.since_swap.update(event.changed, event.gone)
            else:
                self._take_keys(event, buffer)
        elif isinstance(event, Statement):
            self._take_statement(event, buffer)
        elif isinstance(event, XaStart):
            self._xid = event.xid
        elif isinstance(event, XaPrepared):
            self._take_prepared(event, buffer)
        else:
            self._take_outcome(event, buffer)

    def _take_keys(self, event: Keys, buffer: DeltaBuffer) -> None:
        self._growth += event.growth
        if self._nullable is not None:
            check_keys(self._watched[0], self._nullable, (*event.changed, *event.gone))
        if self._xid is not None:
            buffer.hold(self._xid, event)
        else:
            buffer.put(event)

    def _take_changelog(self, event: Keys, buffer: DeltaBuffer) -> None:
        for key in event.changed:
            number, value = CHANGELOG_KEY.values(key)
            if not isinstance(value, bytes):
                raise StreamError(f"the changelog's value came as {value!r}")
            text = value.decode("utf-8", "replace")
            if number == HEARTBEAT and is_moment(text):  # what somebody else wrote there is followed by ours
                self._heartbeat = text
                self._quiet = 0.0
            elif number == MARKER:
                with self._state.open() as state:
                    state.markers.append(text)
                    if state.drained_by == state.markers[-1]:
                        buffer.slipped()

    def _take_prepared(self, event: XaPrepared, buffer: DeltaBuffer) -> None:
        self._xid = None
        if event.one_phase:
            buffer.release(event.xid)
        else:
            buffer.prepared.add(event.xid)

    def _take_outcome(self, event: XaOutcome, buffer: DeltaBuffer) -> None:
        known = buffer.release(event.xid) or event.xid in buffer.prepared
        buffer.prepared.discard(event.xid)
        if known or not event.committed:
            return
        with self._state.open() as state:
            if state.copying:
                raise StreamError(
                    f"the XA transaction {event.xid!r} was prepared before the migration began and has been committed "
                    "now: which rows it changed is not known, and some may have been copied already. Start again"
                )

    def _take_statement(self, event: Statement, buffer: DeltaBuffer) -> None:
        table = concerns(event.text, event.schema, self._watched)
        if table is None:
            return
        words = statement_words(event.text)
        with self._state.open() as state:
            if is_ours(event.text, state.triggers) or of_a_revert(state, words, table):
                return
            if words == state.rename:
                state.swapped, state.swapped_after = True, self._boundary
                state.slipped = buffer.slipped()
                return
            if state.swapped or words in state.expected or sets_counter(words, state.counter):
                return
        shown = " ".join(event.text.split())[:200]
        raise StreamError(
            f"somebody ran a statement on {table} that cannot be followed: {shown!r}. The original is as that "
            "statement left it; nothing was swapped. Start again when the table is at rest"
        )
