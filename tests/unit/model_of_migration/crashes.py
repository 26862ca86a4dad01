"""The same world, in which the process dies at any step and the next one goes on from what was saved.

What dies with it: buffer, front, and everybody who was at work with them. What stays: the server with both tables, the
log, the last checkpoint, and the statements that were sent, each of which lands or is rolled back at its own time.
"""

from __future__ import annotations

from dataclasses import dataclass

from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.model.key import Key
from unit.model_of_migration.shapes import RIGHT, Rules, Shape
from unit.model_of_migration.simulated_server import Actor
from unit.model_of_migration.simulator import Underway, World, at

OF_THE_PROCESS = frozenset({"reader", "copier", "applier", "lane", "checkpointer", "resume"})


@dataclass(frozen=True)
class Saved:
    """The checkpoint."""

    position: int
    copied: Key | None
    done: bool


class CrashingWorld(World):
    """A world whose process dies a few times."""

    def __init__(self, seed: int, shape: Shape, rules: Rules = RIGHT) -> None:
        super().__init__(seed, shape, rules)
        self.crashes = 0
        self.resumed_inside = 0
        """Resumed with something copied and something left to copy."""
        self._saved = Saved(0, None, False)
        self._limit: Key | None = None
        self._weights |= {name: self.random.choice((0.5, 1.0, 3.0)) for name in ("checkpointer", "resume")}
        # So that most die within the copy.
        self._rows, self._transactions, self._chunk = (8, 30, 60), (12, 40), 2
        self._weights["copier"] = self.random.choice((0.05, 0.1, 0.3))
        self._delays |= {"copier": self.random.choice((0, 20, 60)), "zombie": self.random.choice((0, 80, 250))}
        self._left = self.random.choice((1, 2, 4))
        self._danger = self.random.choice((0.005, 0.01, 0.03))

    @property
    def finished(self) -> bool:
        """Nobody is about to begin again, either."""
        return super().finished and not self.underway and not any(actor[0] == "resume" for actor in self.actors)

    def _start_workers(self) -> None:
        self._limit = self.front.limit
        super()._start_workers()
        self.start("checkpointer", self._checkpointer())

    def _step(self) -> None:
        if self._left and self.random.random() < self._danger:
            self._left -= 1
            self._crash()
        super()._step()

    def _checkpointer(self) -> Actor:
        """As workers/checkpointer.py does it: the front first, then the moment; saved once the moment is settled."""
        rules = self.rules
        while True:
            yield lambda: True
            copied, done = (self.front.watermark if rules.copied_without_gap else self.front.after), self.front.done
            yield lambda: True
            moment = self.buffer.moment()
            position = moment.position
            if not rules.before_the_held:
                position = at(self.received)
            if position is None:
                continue
            if rules.settled_checkpoint:
                yield lambda mark=moment.mark: self.buffer.settled(mark)
            yield lambda: True
            self._saved = Saved(position.offset if rules.position_of_the_moment else self.received, copied, done)

    def _crash(self) -> None:
        self.crashes += 1
        self.actors = [actor for actor in self.actors if actor[0] not in OF_THE_PROCESS]
        for owner, transaction in self.underway.items():
            self.start("zombie", self._orphan(owner, transaction))
        self.underway = {}
        self.start("resume", self._resume())

    def _orphan(self, owner: object, transaction: Underway) -> Actor:
        """A transaction whose client is dead: it lands if all of it was sent, or is rolled back."""
        yield self._take_time("zombie")
        rows, land = transaction.rows, transaction.land
        lands = rows is not None and self.random.random() < 0.6 and self._free(owner, rows)
        self._unlock(owner)
        if lands and rows is not None and land is not None:
            land(rows)
        else:
            self.ghost.update(transaction.removed)

    def _resume(self) -> Actor:
        """As workers/resumption.py does it."""
        if self.rules.fence:
            yield lambda: not any(actor[0] == "zombie" for actor in self.actors)
        yield lambda: True
        saved = self._saved
        self.buffer = DeltaBuffer(self.shape.spec, 1 << 30)
        self.front = CopyFront(self.shape.spec, may_discard=self.may_discard)
        greatest = self.ghost[max(self.ghost)][0] if self.ghost and self.rules.keep_below_greatest else None
        self.front.open(self._limit, after=saved.copied, greatest=greatest, complete=saved.done)
        self.resumed_inside += saved.copied is not None and not saved.done
        self.received, self.caught_up = saved.position, len(self.log)
        super()._start_workers()
        self.start("checkpointer", self._checkpointer())
