"""The Python face: `migrate(options)` puts the parts together, faces included, and returns the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ghostshift.model.notice import Hear
from ghostshift.model.options import Options
from ghostshift.model.outcome import Outcome
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.supervisor import Face, Supervisor

MakeFace = Callable[[StatusBoard, Stop], Face]


def migrate(
    options: Options,
    *,
    faces: dict[str, MakeFace] | None = None,
    stop: Stop | None = None,
    board: StatusBoard | None = None,
    hear: Sequence[Hear] = (),
) -> Outcome:
    """Run one migration to its end. Raises MigrationError; setting `stop` ends it cleanly.

    `faces` are built over the status board and the stop token, and run beside the workers. A board of one's own is
    where Tunables may be changed while it runs.

    Each of `hear` is called with a Notice at every turn of the migration (model.notice), after the hooks of
    `options.hooks.path`, in order, in the thread that takes the turn: several may run at once, and the turn waits. One
    that raises HookFailed, or anything else, objects: AFTERMATH says what that means.
    """
    token = stop or Stop()
    board = board or StatusBoard()
    board.publish(options.tunables)
    built = {name: make(board, token) for name, make in (faces or {}).items()}
    try:
        return Supervisor(options, board, token, built, hear).run()
    finally:
        token.set()  # faces that were built and never ran let go of what they hold
