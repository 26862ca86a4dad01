"""Looks at the server's warnings about rows that were written to the ghost. Shared by copiers, appliers and cut-over.

It costs nothing while there are none: a result says how many there are. It must stop the migration before the swap, or
at least tell a person, whenever a value did not arrive as it was; it must never swallow one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ghostshift.core.misfits import MISFITS, Warned, judge
from ghostshift.model.errors import DataLossError, ServerError
from ghostshift.model.key import Key
from ghostshift.model.names import TableName
from ghostshift.model.settings import Allowances
from ghostshift.mysql.session import Result, Session

SHOWN = 5
"""How many an error names."""

CHANGED = "the rows that changed meanwhile"
"""What is being applied, in words."""

MEND = "mend the rows or the ALTER, and start again"
"""What to do."""

MEND_BACK = "mend the rows, and give the same command again"
"""The same in a revert, which has no ALTER."""


class WarningWatch:
    """See the module."""

    def __init__(self, table: TableName, allow: Allowances, *, revert: bool = False) -> None:
        self._table = table
        self._into = "old table, which is to come back" if revert else "new table"
        self._mend = MEND_BACK if revert else MEND
        self._panic = allow.panic_on_warnings
        self._lenient = allow.skip_strict_mode or allow.data_loss
        self._lock = threading.Lock()
        self._told: dict[tuple[int, str], int] = {}
        self._log = logging.getLogger("ghostshift")

    def check(self, session: Session, result: Result, where: str, name: Callable[[], str] | None = None) -> None:
        """Look at what the statement that has just run in `session` warned of. Raises DataLossError.

        `name` tells which rows it is about; it is asked only when they stop us.
        """
        if not result.warnings:
            return
        found = [Warned(str(level), int(code), str(text)) for level, code, text in session.query("SHOW WARNINGS")]
        stops, told = judge(found, panic=self._panic, lenient=self._lenient)
        if stops:
            shown = "; ".join(str(one) for one in stops[:SHOWN])
            raise DataLossError(
                f"the server warned while {where} of {self._table} went into the {self._into}: "
                f"{shown}{_rows(name)}. Nothing was swapped; {self._mend}"
            )
        for one in told:
            self._tell(one, where)

    def _tell(self, one: Warned, where: str) -> None:
        kind = one.code, one.text.partition(" at row ")[0]
        with self._lock:
            self._told[kind] = self._told.get(kind, 0) + 1
            first = self._told[kind] == 1
        if first:
            self._log.warning("%s, in %s of %s; more of the kind are only counted", one, where, self._table)

    def explain(self, error: ServerError, where: str, name: Callable[[], str] | None = None) -> None:
        """Raise DataLossError where the error means that a row does not fit the ghost; else do nothing.

        `name` tells which rows it is about.
        """
        if error.errno in MISFITS:
            raise DataLossError(
                f"a row among {where} of {self._table} does not fit the {self._into}: {error.server_message} "
                f"(server error {error.errno}){_rows(name)}. Nothing was swapped; {self._mend}"
            ) from error

    def summary(self) -> tuple[str, ...]:
        """What was let through, with how often, for the outcome."""
        with self._lock:
            return tuple(f"{count} times while writing: {text} ({code})" for (code, text), count in self._told.items())


def _rows(name: Callable[[], str] | None) -> str:
    found = name() if name is not None else ""
    return f". The rows, or the first of them: {found}" if found else ""


def between(after: Key | None, upto: Key) -> str:
    """A range of the copy in words."""
    return f"the rows up to {upto!r}" if after is None else f"the rows above {after!r} and up to {upto!r}"
