"""The live display on a terminal. A face: it reads the board, no more.

Apart from the plain one for the sake of the library that draws it, which a run without a terminal does without.
"""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ghostshift.core.pacing import WORKING
from ghostshift.core.progress import Snapshot
from ghostshift.model.phase import Phase
from ghostshift.model.shown import one_line
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.status import duration, eta_text

TICK = 0.25


class LiveDisplay:
    """A panel that is drawn in place: phase, rows, rate, time left, backlog, lag, and why it waits."""

    def __init__(self, board: StatusBoard, stop: Stop, table: str, console: Console | None = None) -> None:
        self._board = board
        self._stop = stop
        self._table = one_line(table)
        self._console = console or Console()

    def run(self) -> None:
        """Draw until stopped."""
        with Live(self._draw(), console=self._console, refresh_per_second=8, transient=False) as live:
            while not self._stop.wait(TICK):
                live.update(self._draw())
            live.update(self._draw())

    def _draw(self) -> Group | Text:
        snapshot = self._board.read(Snapshot)
        if snapshot is None:
            return Text(f"{self._table}: {self._board.get(Phase, Phase.INSPECTING).value}")
        return panel(self._table, snapshot)


def panel(table: str, snapshot: Snapshot) -> Group:
    """The picture of one snapshot. All that is not ours is a Text: what looks like the library's markup is none."""
    head = Text.assemble((one_line(table), "bold"), "  ", (snapshot.phase.value, "cyan"))
    if snapshot.throttled:
        head.append(one_line(f"  throttled: {snapshot.throttled}"), style="yellow")
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        ProgressBar(total=100.0, completed=snapshot.percent, width=40),
        f"{snapshot.percent:5.1f}%",
        f"{snapshot.rows_copied:,} of {snapshot.rows_estimate:,} rows",
        f"{snapshot.rows_per_second:,.0f}/s",
        f"ETA {eta_text(snapshot)}",
    )
    facts = Table.grid(padding=(0, 2))
    facts.add_row(
        Text("changes", style="dim"),
        f"{snapshot.changes_received:,} seen ({snapshot.changes_per_second:,.0f}/s), "
        f"{snapshot.applied:,} applied ({snapshot.applied_per_second:,.0f}/s)",
    )
    facts.add_row(Text("backlog", style="dim"), f"{snapshot.backlog:,} of {snapshot.capacity:,} keys")
    if snapshot.pace and snapshot.phase in WORKING:
        facts.add_row(Text("pace", style="dim"), Text(one_line(snapshot.pace)))
    if snapshot.verification is not None:
        facts.add_row(Text("verified", style="dim"), Text(one_line(snapshot.verification.text)))
    if snapshot.doing:
        facts.add_row(Text("now", style="dim"), Text(one_line(snapshot.doing)))
    where = one_line(f"{snapshot.lag:.2f} s behind the log at {snapshot.position}")
    facts.add_row(Text("lag", style="dim"), Text(where))
    facts.add_row(
        Text("time", style="dim"), f"{duration(snapshot.elapsed)} ({duration(snapshot.copy_elapsed)} copying)"
    )
    parts: list[RenderableType] = [head, bar, facts]
    if snapshot.verdict:
        parts.append(Text(one_line(snapshot.verdict), style="red"))
    return Group(*parts)
