"""Stop, the one cancellation token, and WorkerGroup, whose threads never outlive its block.

The contract is a task group's, in threads: a worker that returns is done, one that raises sets `Stop` with the cause;
the group then aborts what it was told to abort, joins all with a deadline, names those that would not die, and raises.
Nothing is ever injected into a thread: a worker looks at `Stop` where it chooses to, so a cut-over's critical section
cannot be torn apart by a failure elsewhere. Leaving the block means that no thread of ours can touch the server.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator
from types import TracebackType
from typing import Self

from ghostshift.model.errors import Aborted, MigrationError


class Stop:
    """Set once, with a cause. Also the clock: every wait of a worker is a wait on this."""

    def __init__(self, parent: Stop | None = None) -> None:
        self._parent = parent
        self._event = threading.Event()
        self._lock = threading.RLock()  # a signal may interrupt the very thread that is inside
        self._cause: BaseException | None = None
        self._listeners: list[Callable[[], None]] = []
        self._insisted = threading.Event()

    def set(self, cause: BaseException | None = None) -> None:
        """Ask everybody to stop. The first cause stays; later ones are attached to it as notes."""
        with self._lock:
            if self._cause is None:
                self._cause = cause
            elif cause is not None and cause is not self._cause:
                self._cause.add_note(f"meanwhile: {cause}")
            first = not self._event.is_set()
            self._event.set()
            listeners = list(self._listeners) if first else []
        for listener in listeners:
            listener()

    def on_set(self, listener: Callable[[], None]) -> None:
        """Call `listener` once when the token is set; at once if it is set already. It must not block."""
        with self._lock:
            if not self._event.is_set():
                self._listeners.append(listener)
                return
        listener()

    @contextlib.contextmanager
    def heard_by(self, listener: Callable[[], None]) -> Iterator[None]:
        """As `on_set`, for the length of a block."""
        self.on_set(listener)
        try:
            yield
        finally:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

    def child(self) -> Stop:
        """A token for a part of the work: it is set when this one is, and may be set without it."""
        child = Stop(self)
        self.on_set(lambda: child.set(self._cause))
        return child

    def insist(self) -> None:
        """Somebody asks once more, though the stop is set: what is still allowed to end in peace shall hurry."""
        self._insisted.set()

    @property
    def insisted(self) -> bool:
        """Whether somebody asked once more."""
        return self._insisted.is_set() or (self._parent is not None and self._parent.insisted)

    def is_set(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds` or until stopped; true means stopped."""
        return self._event.wait(seconds)

    @property
    def cause(self) -> BaseException | None:
        """Why, where the first to stop had a reason."""
        return self._cause

    def raise_cause(self) -> None:
        """Where somebody asked to stop, say why. Raises the cause, or Aborted where there was none."""
        if self._event.is_set():
            raise self._cause or Aborted("the migration was stopped")

    def now(self) -> float:
        """Seconds of a monotonic clock."""
        return time.monotonic()


class WorkerGroup:
    """Named worker threads that end together.

    ::

        with WorkerGroup(stop, abort=sessions.abort_all) as group:
            group.start("copier-1", copier.run)
    """

    def __init__(self, stop: Stop, abort: Callable[[], None], *, deadline: float = 10.0) -> None:
        self._stop = stop
        self._abort = abort
        self._deadline = deadline
        self._threads: list[threading.Thread] = []
        self._harmless: set[str] = set()
        self._listening: set[str] = set()

    def start(self, name: str, work: Callable[[], None], *, harmless: bool = False, listening: bool = False) -> None:
        """Run `work` in a thread; its failure stops all. A worker may start others.

        All are waited for at the end. One that is `harmless` only reads, elsewhere: where not even an abort ends it
        (the look-up of a name), that is no failure of what the group did. One that is `listening` waits for what others
        send, and has nothing to end in peace: it is aborted without a grace.
        """
        thread = threading.Thread(target=self._guard, args=(work,), name=name, daemon=True)
        if harmless:
            self._harmless.add(name)
        if listening:
            self._listening.add(name)
        thread.start()  # only then may it be joined
        self._threads.append(thread)

    def alive(self) -> list[str]:
        """Names of the workers that have not returned."""
        return [thread.name for thread in self._threads if thread.is_alive()]

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - whatever ends a worker must reach the group
            # After the stop, broken sockets are our own doing: they are no news.
            if not self._stop.is_set():
                self._stop.set(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all, join all, raise the first cause."""
        clean = error is None and not self._stop.is_set()
        self._stop.set(error)
        trouble: MigrationError | None = None
        self._join(2.0 if clean else 0.3, besides=self._listening)
        if self.alive():
            trouble = self._try_abort()
            self._join(self._deadline)
        stuck = [name for name in self.alive() if name not in self._harmless]
        cause = self._stop.cause
        if trouble is not None and cause is not None:
            cause.add_note(f"while ending what was still running: {trouble}")
        if stuck:
            problem = MigrationError(f"these workers did not end within {self._deadline:g} s: {', '.join(stuck)}")
            if cause is None:
                raise problem
            cause.add_note(str(problem))
        if cause is not None and cause is not error:
            raise cause

    def _try_abort(self) -> MigrationError | None:
        try:
            self._abort()
        except MigrationError as error:
            return error  # the server may be gone: that must not hide why we stop
        return None

    def _join(self, seconds: float, besides: Collection[str] = ()) -> None:
        end = time.monotonic() + seconds
        for thread in [thread for thread in self._threads if thread.name not in besides]:
            thread.join(max(0.0, end - time.monotonic()))
