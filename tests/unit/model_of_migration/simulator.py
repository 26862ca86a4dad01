"""A server, an application and a migration in one process, interleaved at random: the algorithm without MySQL.

The server has what the invariants are about. Transactions stand in a log before they are visible, and become visible
in the log's order; a reader of the log may get them at once. Rows of a transaction on its way are locked. XA rows are
logged at PREPARE and visible at COMMIT. A reading sees one state, and what was read may land much later. A statement
whose connection was lost may go on.

The migration uses the real DeltaBuffer and the real CopyFront, and does what the workers do, in steps between which
anything else may happen. `Rules` switches single rules off; with all of them on, the ghost must equal the original in
the end, whatever the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ghostshift.core.delta import DeltaBuffer, Generation
from ghostshift.core.front import CopyFront
from ghostshift.model.change import Keys
from ghostshift.model.chunk import Chunk
from ghostshift.model.key import Key
from ghostshift.model.position import Position
from unit.model_of_migration.shapes import RIGHT, Rules, Shape
from unit.model_of_migration.simulated_server import Actor, Reading, Row, Server, Wait

_ACTORS = ("app", "commits", "reader", "copier", "applier", "lane", "zombie")


@dataclass
class Underway:
    """A transaction of ours on the server: where its client dies, it is rolled back, or lands if all of it was sent."""

    removed: dict[Any, Row] = field(default_factory=dict)
    """What it has deleted so far."""
    rows: list[Row] | None = None
    """What it has read and brings; None before its last statement was sent."""
    land: Callable[[list[Row]], None] | None = None


class World(Server):
    """Everything, and the scheduler."""

    def __init__(self, seed: int, shape: Shape, rules: Rules = RIGHT) -> None:
        super().__init__(seed, shape, rules)
        self.buffer = DeltaBuffer(shape.spec, 1 << 30)
        may_discard = not shape.unique or not rules.keep_where_unique
        self.may_discard = may_discard
        self.front = CopyFront(shape.spec, may_discard=may_discard)
        self.received = 0
        self.caught_up = 0
        """Up to here the log is read again: what ended here may have been applied by an earlier run."""
        self.underway: dict[object, Underway] = {}
        self.stepped = 0
        self.resets = 0
        self._rows, self._transactions, self._chunk = (0, 2, 8, 30), (4, 24), 4
        self._weights = {name: self.random.choice((0.02, 0.1, 0.5, 1.0, 3.0)) for name in _ACTORS}
        self._delays = {name: self.random.choice((0, 0, 10, 60)) for name in ("copier", "lane")}
        self._delays["zombie"] = self.random.choice((0, 20, 80))
        self._retries = self.random.choice((0.0, 0.1, 0.4))
        self._most = self.random.choice((1, 2, 4, 100))

    # -- running

    def run(self) -> None:
        """Play to the end: the application stops, everything is received and applied."""
        for _ in range(self.random.choice(self._rows)):
            self._insert_before()
        self.front.open(self._last_key())
        self.start("app", self._application(self.random.randrange(*self._transactions)))
        self.start("commits", self._commits())
        self._start_workers()
        while not self.finished:
            self._step()
        self._check_owed()

    def _start_workers(self) -> None:
        self.start("reader", self._reader())
        for _ in range(2):
            self.start("copier", self._copier())
        for _ in range(1 if self.rules.one_generation else 2):
            self.start("applier", self._applier())

    @property
    def difference(self) -> str:
        """How the ghost differs from the original, empty where it does not."""
        keys = sorted({*self.original, *self.ghost})
        pairs = ((key, self.original.get(key), self.ghost.get(key)) for key in keys)
        return "; ".join(f"{key}: original {a}, ghost {b}" for key, a, b in pairs if a != b)

    @property
    def finished(self) -> bool:
        """Drained: nothing will change any more."""
        if not (self.app_done and self.received == len(self.log) and all(e.visible for e in self.log)):
            return False
        working = any(actor[0] in ("lane", "zombie") for actor in self.actors)
        return self.front.done and self.buffer.idle and not self.buffer.held and not working

    def _step(self) -> None:
        ready = [actor for actor in self.actors if actor[2]()]
        self.stepped += 1
        assert self.stepped < 20_000, f"the model does not come to an end: {[actor[0] for actor in self.actors]}"
        if not ready:
            return  # somebody takes its time
        chosen = self.random.choices(ready, [self._weights[actor[0]] for actor in ready])[0]
        try:
            chosen[2] = next(chosen[1])
        except StopIteration:
            self.actors.remove(chosen)

    def _check_owed(self) -> None:
        assert self.buffer.backlog == 0

    def _take_time(self, name: str) -> Wait:
        """True after a while, which is long in some worlds."""
        until = self.stepped + self.random.randrange(self._delays[name] + 1)
        return lambda: self.stepped >= until

    # -- the migration's workers

    def _reader(self) -> Actor:
        """Puts the log into the buffer, sometimes in two pieces, sometimes a transaction twice after a reconnect."""
        self.buffer.reached(at(self.received))
        while True:
            yield lambda: self.received < len(self.log)
            entry = self.log[self.received]
            xid = entry.prepares or (entry.ends[1:] if entry.ends.startswith(b"-") else b"")
            keys = Keys("original", list(entry.changed), list(entry.gone))
            if xid and self.rules.hold_xa:
                self.buffer.hold(xid, keys)
            elif keys.changed or keys.gone:
                half = len(keys.changed) // 2
                self.buffer.put(Keys("original", keys.changed[:half], []))
                yield lambda: True
                if self.random.random() < self._retries:
                    self.resets += 1
                    continue  # the connection was lost within the transaction: all of it comes again
                self.buffer.put(Keys("original", keys.changed[half:], keys.gone))
            if entry.ends and not xid and self.rules.hold_xa:
                known = self.buffer.release(entry.ends) or self.received < self.caught_up
                assert known or not (self.rules.before_the_held and self.rules.position_of_the_moment)
            self.received += 1
            self.buffer.reached(at(self.received))

    def _copier(self) -> Actor:
        while True:
            yield lambda: True
            if self.front.dispatched_all:
                return
            chunk = self.front.dispatch(self._chunk_end(), 3)
            yield from self._landing(lambda chunk=chunk: self._view(self._range(chunk)), self._insert)
            self.front.finish(chunk)

    def _chunk_end(self) -> Key:
        fold, after, limit = self.shape.fold, self.front.after, self.front.limit
        rows = [
            row[0]
            for folded, row in sorted(self.original.items())
            if (after is None or folded > fold(after)) and folded <= fold(limit)
        ]
        size = self.random.randrange(1, self._chunk + 1)
        return rows[size - 1] if len(rows) >= size else limit

    def _range(self, chunk: Chunk) -> Callable[[Any], bool]:
        fold = self.shape.fold
        low, high = None if chunk.after is None else fold(chunk.after), fold(chunk.upto)
        return lambda folded: (low is None or folded > low) and folded <= high

    def _landing(self, view: Callable[[], list[Row]], land: Callable[[list[Row]], None]) -> Actor:
        """A statement from sending to its end; where its connection is lost, it is sent again."""
        while True:
            yield lambda: True
            reading = Reading(view())
            me = object()
            self.underway[me] = Underway(rows=reading.rows, land=land)
            yield self._take_time("copier")
            yield lambda me=me, reading=reading: self._free(me, reading.rows)
            del self.underway[me]
            if self.random.random() >= self._retries:
                land(reading.rows)
                return
            self.start("zombie", self._zombie(reading, land))
            if self.rules.await_zombies:
                yield lambda reading=reading: reading.over

    def _zombie(self, reading: Reading, land: Callable[[list[Row]], None]) -> Actor:
        """A statement whose client has gone: it lands, or it is rolled back."""
        yield self._take_time("zombie")
        yield lambda: self._free(reading, reading.rows)
        if self.random.random() < 0.6:
            land(reading.rows)
        reading.over = True

    def _applier(self) -> Actor:
        while True:
            yield lambda: not self.buffer.idle and (self.buffer._flushing is None)
            generation = self.buffer.take(self.front.ended_below(), self._most)
            if not self.rules.one_generation:
                self.buffer._flushing = None
            if not generation:
                self.buffer.settle(0, 0)
                # Deferred keys wait for chunks.
                before = self.front.ended_below()
                yield (
                    lambda before=before: (
                        self.buffer.pending > 0 or self.front.ended_below() > before or self.front.done
                    )
                )
                continue
            yield from self._flush(generation)

    def _flush(self, generation: Generation) -> Actor:
        rules = self.rules
        keys = dict(generation.keys)
        dropped = 0
        if not rules.barrier_before_discard:
            early = self.front.judge(keys.items())
            kept = {**early.apply, **early.defer}
            dropped, keys = len(keys) - len(kept), kept
        if keys and rules.barrier:
            ours = self._commit_ours()
            yield lambda: ours.visible
        verdicts = self.front.judge(keys.items())
        if not rules.defer_in_flight:
            verdicts.apply.update(verdicts.defer)
            verdicts.defer.clear()
        self.buffer.defer(verdicts.defer, self.front.next_number())
        work = generation.ready
        for key, gone in verdicts.apply.items():
            work[key] = gone or work.get(key, False)
        yield from self._batches(work)
        self.buffer.settle(len(work), verdicts.discarded + dropped)

    def _batches(self, work: dict[Key, bool]) -> Actor:
        """All batches at once: as many lanes as there are batches."""
        items = sorted(work.items(), key=lambda item: (self.shape.spec.values(item[0]), item[1]))
        size = self.random.randrange(1, 4)
        lanes = [items[start : start + size] for start in range(0, len(items), size)]
        running = set(range(len(lanes)))
        for number, batch in enumerate(lanes):
            self.start("lane", self._lane(batch, number, running))
        yield lambda: not running

    def _lane(self, batch: list[tuple[Key, bool]], number: int, running: set[int]) -> Actor:
        """One transaction: delete what may be gone, then read all keys again. Tried again when it must give way."""
        fold = self.shape.fold
        gone = [fold(key) for key, flag in batch if flag]
        again = {fold(key) for key, flag in batch if self.rules.reread_gone or not flag}
        while True:
            me = object()
            yield self._take_time("lane")
            yield lambda: not any(("k", key) in self.locks for key in gone)
            removed = {key: self.ghost.pop(key) for key in gone if key in self.ghost}
            self.underway[me] = Underway(removed, land=self._replace)
            for key, row in removed.items():
                self.locks[("k", key)] = me
                if self.shape.unique:
                    self.locks[("u", row[2])] = me
            yield lambda: True
            rows = self._view(lambda folded: folded in again)
            if not gone and self.random.random() < self._retries:
                # A REPLACE alone is a transaction of its own, which may commit although its client has gone.
                reading = Reading(rows)
                del self.underway[me]
                self.start("zombie", self._zombie(reading, self._replace))
                if self.rules.await_zombies:
                    yield lambda reading=reading: reading.over
                continue
            self.underway[me].rows = rows
            yield self._take_time("lane")
            mine = self._free(me, rows)
            self._unlock(me)
            del self.underway[me]
            if mine:
                self._replace(rows)
                break
            self.ghost.update(removed)  # a deadlock, or a lock not had in time: rolled back whole
        running.discard(number)

    def _unlock(self, owner: object) -> None:
        for lock in [lock for lock, held in self.locks.items() if held is owner]:
            del self.locks[lock]


def at(entries: int) -> Position:
    return Position("binlog.000001", entries)
