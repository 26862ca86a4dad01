"""What migrations left, for a person: coloured on a terminal, plain in a pipe. It shows, and decides nothing.

Names come from the server and may hold anything: each line passes model.shown.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ghostshift.control.stale import Listening, SocketFile
from ghostshift.core.cleaning import Answer, Ruled, State, Wishes, chosen, kept_for
from ghostshift.core.leftovers import OF_PT_OSC, Kind, Piece
from ghostshift.model.names import TableName
from ghostshift.model.shown import one_line
from ghostshift.plan_text import WIDTH, duration, size
from ghostshift.workers.cleaning import Done
from ghostshift.workers.leftovers import Held

_STYLES = {
    State.LIVE: "bold green",
    State.DEAD: "bold yellow",
    State.FINISHED: "bold",
    State.UNCLEAR: "bold red",
    State.UNKNOWN: "bold dim",
}

_ADVICE = {
    Answer.FREE: "",
    Answer.OLD: "--old-tables",
    Answer.NAMED: "--drop with its name",
    Answer.NEVER: "",
}
"""What would have it dropped."""


_BIG = OF_PT_OSC | {Kind.GHOST, Kind.OLD, Kind.LEAVING}


def show(found: Sequence[Ruled], held: Sequence[Held], files: Sequence[SocketFile], wishes: Wishes) -> None:
    """Print the listing, with what would be dropped by these wishes."""
    if sys.stdout.isatty():
        _print(found, held, files, wishes, Console(highlight=False, emoji=False, markup=False))
        return
    page = io.StringIO()
    _print(found, held, files, wishes, Console(file=page, width=WIDTH, highlight=False, emoji=False, markup=False))
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _print(
    found: Sequence[Ruled],
    held: Sequence[Held],
    files: Sequence[SocketFile],
    wishes: Wishes,
    console: Console,
) -> None:
    for ruled in found:
        title = Text(one_line(str(ruled.family.title)), style=_STYLES[ruled.state])
        console.print(title + Text(f"  {one_line(story(ruled))}"), soft_wrap=True)
        _grid(console, (_row(ruled, piece, wishes) for piece in ruled.family.pieces))
    if held:
        console.print(Text("locks of migrations without tables here", style="bold"))
        _grid(console, (("keep", lock.name, f"held by session {lock.session}", "", "green") for lock in held))
    if files:
        console.print(Text("control sockets of this machine", style="bold"))
        _grid(console, map(_file_row, files))
    if not (found or held or files):
        console.print("nothing is left of any migration")


def _grid(console: Console, rows: Iterable[tuple[str, str, str, str, str]]) -> None:
    grid = Table.grid(padding=(0, 2))
    for column in range(4):
        grid.add_column(overflow="fold", no_wrap=column == 0)
    for mark, name, what, why, style in rows:
        grid.add_row(Text(mark, style=style), Text(one_line(name)), Text(what), Text(one_line(why), style="dim"))
    console.print(Padding(grid, (0, 0, 0, 2)))


def _row(ruled: Ruled, piece: Piece, wishes: Wishes) -> tuple[str, str, str, str, str]:
    ruling = ruled.rulings[piece.name]
    what = piece.kind.value
    if piece.kind in _BIG:
        what += f", about {piece.rows:,} rows, {size(piece.bytes)}"
    elif piece.whose and piece.kind not in OF_PT_OSC:
        what += f", {piece.whose}'s"
    if piece in chosen(ruled, wishes):
        return "drop", str(piece.name), what, ruling.why, "red"
    why = kept_for(ruled, piece, wishes)
    advice = _ADVICE[ruling.answer] if why == ruling.why else ""
    return "keep", str(piece.name), what, f"{why}: {advice}" if advice else why, "green"


def _file_row(file: SocketFile) -> tuple[str, str, str, str, str]:
    gone = file.listening is Listening.NOBODY
    return ("remove" if gone else "keep"), file.path, "", file.listening.value, "red" if gone else "green"


def story(ruled: Ruled) -> str:
    """What is known of the migration, with when it was last heard of."""
    signs, words = ruled.family.signs, [ruled.story]
    if signs.silent is not None and ruled.state is not State.LIVE:
        words.append(f"last heard of {duration(max(0.0, signs.silent))} ago")
    if signs.sessions and ruled.state is not State.LIVE:
        numbers = ", ".join(map(str, signs.sessions))
        words.append(f"still at work on the server for it, and ended first: session {numbers}")
    return "; ".join(words)


def question(wanted: Sequence[TableName], files: Sequence[SocketFile]) -> str:
    """What a yes would mean."""
    named = [*(str(name) for name in wanted), *(file.path for file in files)]
    return f"Remove for good: {', '.join(map(one_line, named))}? Type yes: "


def told(done: Iterable[Done], files: Iterable[tuple[SocketFile, bool]]) -> Iterator[str]:
    """What became of each, line by line."""
    for one in done:
        word = "removed" if one.removed else "NOT removed"
        yield one_line(f"{word}: {one.table}{f' ({one.why})' if one.why else ''}")
    for file, removed in files:
        yield one_line(f"{'removed' if removed else 'NOT removed'}: {file.path}")
