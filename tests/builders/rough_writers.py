"""Writers of kinds that the demo has no need of: transactions of hundreds of rows, and XA transactions.

What they own, and what they know of it, is as with the demo's writers. An XA transaction whose connection died once it
was asked to prepare is committed as soon as the server shows it; where it never does, it never was.
"""

from __future__ import annotations

import random
from typing import Any, NoReturn

import pymysql

from ghostshift.demo.ledger import Doubt, Staging
from ghostshift.demo.operations import Statement
from ghostshift.demo.writers import STARTS_OVER, Writer, _GoneError, errno_of

XA_ROLLED_BACK = frozenset({1402, 1613, 1614})
NOBODY_KNOWS_IT = 1397


class RoughWriter(Writer):
    """Knows one more kind: `bulk`, one transaction over many rows."""

    def _parts(self, kind: str) -> list[str]:
        if kind == "bulk":
            return self._rng.choices(("update", "update", "insert", "reinsert"), k=self._rng.choice((60, 300)))
        return super()._parts(kind)


class XaWriter(RoughWriter):
    """All of its transactions of several statements are XA transactions."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self._name = f"{random.SystemRandom().randrange(1 << 40):x}"
        self._number = 0
        self._open = False
        """Inside an XA transaction, before its outcome."""
        self._prepared = ""

    def _together(self, kind: str, staging: Staging) -> bool:
        self._number += 1
        xid = f"'{self._name}','{self._number}'"
        self._send(Statement(f"XA START {xid}", None))
        self._open = True
        for part in self._parts(kind):
            for statement in self._make.make(part, staging):
                self._send(statement)
        self._send(Statement(f"XA END {xid}", None))
        if kind == "rollback":
            self._send(Statement(f"XA ROLLBACK {xid}", None))
            self._open = False
            return False
        self._prepared = xid
        self._send(Statement(f"XA PREPARE {xid}", None), committing=True)
        self._stop.wait(self._rng.choice((0.0, 0.05, 0.4)))
        self._send(Statement(f"XA COMMIT {xid}", None), committing=True)
        self._prepared, self._open = "", False
        return True

    def _judge(self, error: Exception, statement: Statement, *, committing: bool) -> NoReturn:
        if self._open and errno_of(error) in STARTS_OVER | XA_ROLLED_BACK:
            self._disconnect()  # an XA transaction is left by leaving: what is not prepared is rolled back
            raise _GoneError(committing=committing) from error
        super()._judge(error, statement, committing=committing)

    def _recover(self, doubt: Doubt | None) -> None:
        self._open = False
        super()._recover(doubt)
        if not self._stop.is_set():
            self._prepared = ""

    def _settle(self, doubt: Doubt) -> None:
        """Commit what was prepared, then see what is there; a lock wait in there begins this anew."""
        connection = self._connected()
        if self._prepared:
            try:
                connection.query(f"XA COMMIT {self._prepared}")
            except pymysql.MySQLError as error:
                if errno_of(error) != NOBODY_KNOWS_IT:
                    raise
        super()._settle(doubt)


def end_prepared(connection: Any) -> int:
    """Roll back whatever is prepared on the server, for its writer is gone; their number."""
    with connection.cursor() as cursor:
        cursor.execute("XA RECOVER")
        found = cursor.fetchall()
        for _, length, _, data in found:
            text = data if isinstance(data, str) else data.decode()
            cursor.execute(f"XA ROLLBACK '{text[:length]}','{text[length:]}'")
    return len(found)
