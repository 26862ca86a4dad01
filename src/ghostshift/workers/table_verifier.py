"""Compares two whole tables while others write to them, on one server or two. For `ghostshift verify`.

Nothing follows the log here, so nobody knows whether a difference is about to go: rows that differ are read again for
a while. One that goes on differing with the same hashes is different; one that is another at each look is moving. It
takes no locks and writes nothing but temporary tables of its sessions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from ghostshift.model.comparison import Difference, Kind
from ghostshift.model.errors import ConnectionLost
from ghostshift.model.findings import Findings, VerifyWishes, WrongRow
from ghostshift.model.key import Key
from ghostshift.mysql.retry import retrying
from ghostshift.mysql.session import Session, SessionPool, abort_all
from ghostshift.runtime.group import Stop, WorkerGroup
from ghostshift.runtime.guarded import Guarded
from ghostshift.workers.comparer import Comparer

T = TypeVar("T")

ATTEMPTS = 5
TICK = 0.1
LOOKS = 5
"""How often rows that differ are read again."""
BATCH = 500
"""Keys in one look."""


@dataclass(slots=True)
class Walk:
    """How far the comparison has come; shared by its threads, and shown."""

    after: Key | None = None
    ended: bool = False
    """The left has no rows beyond `after`."""
    dispatched: bool = False
    extras_after: Key | None = None
    extras_done: bool = False
    rows: int = 0
    other_rows: int = 0
    chunks: int = 0
    looks: int = 0
    gave_up: bool = False
    suspects: dict[Key, Difference] = field(default_factory=dict)


class Ends:
    """A thread's sessions on both sides; one for both where there is one server."""

    def __init__(self, pools: tuple[SessionPool, SessionPool | None]) -> None:
        self._pools = pools
        self._open()

    def _open(self) -> None:
        left, right = self._pools
        self.left: Session = left.session()
        self.right: Session = right.session() if right is not None else self.left

    def renew(self) -> None:
        """New sessions. Nothing that the old ones run could do harm."""
        self.close()
        self._open()

    def close(self) -> None:
        """End them."""
        self.left.close()
        self.right.close()


class TableVerifier:
    """See the module."""

    def __init__(
        self,
        comparer: Comparer,
        pools: tuple[SessionPool, SessionPool | None],
        wishes: VerifyWishes,
        stop: Stop,
        show: Callable[[Walk], None] = lambda _: None,
    ) -> None:
        self._comparer = comparer
        self._pools = pools
        self._wishes = wishes
        self._stop = stop
        self._show = show
        own_order = comparer.comparison.own_order
        self._walk = Guarded(Walk(extras_done=not own_order), stop)

    def run(self) -> Findings:
        """Compare. Raises what the servers raise, and the stop's cause."""
        began = self._stop.now()
        pools = [pool for pool in self._pools if pool is not None]
        with WorkerGroup(self._stop, abort=lambda: abort_all(*pools)) as group:
            for number in range(self._wishes.threads):
                group.start(f"compare-{number + 1}", self._work)
            self._watch(group)
            moving: dict[Key, Difference] = {}
            wrong: dict[Key, Difference] = {}
            with self._walk.open() as walk:
                suspects, gave_up = dict(walk.suspects), walk.gave_up
            if suspects:
                wrong, moving = self._settle(suspects, hurry=gave_up)
            with self._walk.open() as walk:
                self._show(walk)
                rows, others = walk.rows, walk.other_rows
        kinds = [one.kind for one in wrong.values()]
        compared = self._comparer.comparison
        return Findings(
            table=str(compared.left),
            other=str(compared.right),
            rows=rows,
            other_rows=others,
            missing=kinds.count(Kind.MISSING),
            extra=kinds.count(Kind.EXTRA),
            different=kinds.count(Kind.DIFFERENT),
            moving=len(moving),
            settled=len(suspects) - len(wrong) - len(moving),
            shown=(*self._rows(wrong, ""), *self._rows(moving, "moving")),
            complete=not gave_up,
            seconds=self._stop.now() - began,
        )

    def _rows(self, found: dict[Key, Difference], word: str) -> list[WrongRow]:
        return [WrongRow(key=self._comparer.named(one.key), kind=word or one.kind.value) for one in found.values()]

    def _watch(self, group: WorkerGroup) -> None:
        """Show how it goes until the threads have ended."""
        while group.alive():
            with self._walk.open() as walk:
                self._show(walk)
            if self._stop.wait(TICK):
                break
        self._stop.raise_cause()

    def _work(self) -> None:
        ends = Ends(self._pools)
        try:
            while not self._stop.is_set() and (self._compare_next(ends) or self._look_for_extras(ends)):
                pass
        finally:
            ends.close()

    def _ask(self, ends: Ends, work: Callable[[], T]) -> T:
        def recover(_: ConnectionLost) -> None:
            ends.renew()

        return retrying(work, self._stop, ATTEMPTS, recover=recover)

    def _compare_next(self, ends: Ends) -> bool:
        """Compare one range; false when none is left."""
        comparer = self._comparer
        with self._walk.open() as walk:
            if walk.dispatched or walk.gave_up:
                return False
            # Cutting is short, and ranges must be cut one after another.
            after = walk.after
            upto = self._ask(ends, lambda: self._cut(ends, walk, after))
            walk.after = upto
            walk.dispatched = upto is None
        sums = self._ask(ends, lambda: comparer.same(ends.left, ends.right, after, upto))
        found = []
        if not sums.equal:
            found = self._ask(ends, lambda: comparer.differing(ends.left, ends.right, after, upto))
        self._note(found, sums.rows_left, sums.rows_right)
        return True

    def _cut(self, ends: Ends, walk: Walk, after: Key | None) -> Key | None:
        """The next range's end: by the left's rows, and beyond its last one by the right's."""
        rows = self._wishes.chunk_rows
        if not walk.ended:
            upto = self._comparer.chunk_end(ends.left, after, rows)
            if upto is not None:
                return upto
            walk.ended = True
        if self._comparer.comparison.own_order:
            return None
        return self._comparer.end_on_the_right(ends.right, after, rows)

    def _look_for_extras(self, ends: Ends) -> bool:
        """Where the right has an order of its own: a stretch of it, looked through for rows that only it has."""
        with self._walk.open() as walk:
            if walk.extras_done or walk.gave_up:
                return False
            after, rows = walk.extras_after, self._wishes.chunk_rows
            part = self._ask(ends, lambda: self._comparer.extras(ends.left, ends.right, after, rows))
            walk.extras_after, walk.extras_done = part.upto, part.upto is None
        self._note(list(part.found), 0, len(part.found))
        return True

    def _note(self, found: list[Difference], rows: int, others: int) -> None:
        with self._walk.open() as walk:
            walk.rows += rows
            walk.other_rows += others
            walk.chunks += 1
            for one in found:
                if len(walk.suspects) < self._wishes.most:
                    walk.suspects[one.key] = one
            walk.gave_up = walk.gave_up or len(walk.suspects) >= self._wishes.most

    def _settle(
        self, suspects: dict[Key, Difference], *, hurry: bool
    ) -> tuple[dict[Key, Difference], dict[Key, Difference]]:
        """Read rows that differ again; those that stay so, and those that change at each look."""
        ends = Ends(self._pools)
        steady: dict[Key, Difference] = {}
        try:
            for _ in range(1 if hurry else LOOKS):
                if self._stop.wait(self._wishes.settle_seconds / LOOKS):
                    break
                found = self._again(ends, list(suspects))
                steady = {key: one for key, one in found.items() if suspects.get(key) == one}
                suspects = found
                with self._walk.open() as walk:
                    walk.looks += 1
                    walk.suspects = dict(found)
                    self._show(walk)
                if not suspects:
                    break
        finally:
            ends.close()
        self._stop.raise_cause()
        return steady, {key: one for key, one in suspects.items() if key not in steady}

    def _again(self, ends: Ends, keys: list[Key]) -> dict[Key, Difference]:
        found: dict[Key, Difference] = {}
        for start in range(0, len(keys), BATCH):
            some = keys[start : start + BATCH]
            listed = self._ask(ends, partial(self._differing, ends, some))
            found |= {one.key: one for one in listed}
        return found

    def _differing(self, ends: Ends, keys: list[Key]) -> list[Difference]:
        return self._comparer.differing_keys(ends.left, ends.right, keys)
