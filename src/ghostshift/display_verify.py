"""How far a comparison has come: a bar on a terminal, a line now and then elsewhere. On the standard error."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from ghostshift.model.shown import one_line
from ghostshift.workers.table_verifier import Walk

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class Progress:
    """See the module."""

    def __init__(self, console: Console, table: str) -> None:
        self._console = console
        self._live = console.is_terminal
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("rows, {task.fields[suspects]} to look at again"),
            TimeElapsedColumn(),
            console=console,
            disable=not self._live,
        )
        self._table = one_line(table)
        self._task = self._bar.add_task(self._table, total=None, suspects=0)
        self._next = time.monotonic() + EVERY

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last picture on the screen."""
        self._bar.stop()

    def show(self, walk: Walk, estimate: int) -> None:
        """Say how far it is."""
        total = max(estimate, walk.rows)
        self._bar.update(self._task, completed=walk.rows, total=total, suspects=len(walk.suspects))
        if not self._live and time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            self._console.print(
                f"{self._table}: {walk.rows:,} of about {total:,} rows compared, "
                f"{len(walk.suspects):,} to look at again",
                highlight=False,
                markup=False,
                emoji=False,
                soft_wrap=True,
            )
