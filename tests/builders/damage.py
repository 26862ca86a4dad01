"""A vandal: damages rows of the ghost behind the migration's back, and remembers which keys are wrong by now.

Every kind of damage that the verification promises to find. Nothing of it is logged, no row is damaged twice, and only
rows that the copy has finished are chosen, so that each damage stays until somebody repairs it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from builders.directing import Director, helper, numbers, run
from builders.migrating import options
from ghostshift.core import verifying
from ghostshift.core.verifying import VerifyProgress
from ghostshift.model.options import Tunables
from ghostshift.model.outcome import Outcome
from ghostshift.model.settings import Verification
from ghostshift.workers import inquiry
from ghostshift.workers.verifier import Verifier
from plugins.server_pool import TestServer

TABLE = (
    "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, n int DEFAULT NULL, txt varchar(40) DEFAULT NULL, "
    "data varbinary(32) NOT NULL, price decimal(12,3) NOT NULL, at datetime(3) DEFAULT NULL, PRIMARY KEY (id)) "
    "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
)
"""The table that it knows; see `filling`."""

ALTER = "ADD COLUMN added int NOT NULL DEFAULT 7, MODIFY txt varchar(90) DEFAULT NULL, MODIFY n bigint DEFAULT NULL"

COLUMNS = ("id", "n", "txt", "data", "price", "at")


def migrate_damaged(
    server: TestServer, database: str, director: Director, *, rows: int, damages: int, seed: int
) -> tuple[Outcome, dict[int, str]]:
    """Migrate with two passes while damages are planted; the outcome, and the keys that were damaged and how.

    A third each: behind the copy where nobody may have looked yet, later while the copy goes on, and when the first
    pass has been everywhere, which only the second can find.
    """
    run(server, database, TABLE, filling(numbers(rows)))
    director.replace(verifying, "NAMED", 1_000_000)
    director.replace(inquiry, "NAMED", 1_000_000)
    again = director.gate(Verifier, "_cut", when=lambda _, __, after, upto: after is None and upto is None)
    first = director.gate(Verifier, "_compare_next", after=True)
    chosen = options(
        server,
        database,
        ALTER,
        verification=Verification(passes=2),
        tunables=Tunables(throttle_additional_flag_file="", chunk_size=max(200, rows // 100), nice_ratio=1.0),
    )
    running = director.start(chosen)
    running.wait(lambda: running.chunks() > 3, "some chunks")
    ghost = helper(server, "gho")
    vandal = Vandal(server, database, ghost, random.Random(seed))
    vandal.plant(damages // 3)
    first.open()
    running.wait(lambda: running.board.get(VerifyProgress, VerifyProgress()).rows > rows // 3, "some rows verified")
    vandal.plant(damages // 3)
    again.await_reached(60.0)
    vandal.plant(damages - vandal.planted)
    vandal.close()
    again.open()
    return running.result(120.0), vandal.wrong


def keys_of(named: tuple[str, ...]) -> set[int]:
    """The ids that are named."""
    return {int(number) for name in named for number in re.findall(r"id=(\d+)", name)}


def filling(numbers: str) -> str:
    """Rows with even ids, NULL here and there; every sixteenth is like its neighbour in all but the key."""
    return (
        "INSERT INTO t (id, n, txt, data, price, at) SELECT 2 * n, IF(n % 5 = 0, NULL, n * 7), "
        "IF(n % 7 = 0, NULL, IF(n % 11 = 0, '', REPEAT(CHAR(97 + n % 26), n % 40))), "
        "UNHEX(RPAD(HEX(n DIV 16), 64, '5A')), n / 8, IF(n % 3 = 0, NULL, '2026-01-31 10:00:00.125') "
        f"FROM ({numbers}) numbers"
    )


class Vandal:
    """See the module."""

    def __init__(self, server: TestServer, database: str, ghost: str, dice: random.Random) -> None:
        self._connection = server.connect(database)
        self._ghost = ghost
        self._dice = dice
        self.wrong: dict[int, str] = {}
        """Keys of damaged rows, and how they were damaged."""
        self.planted = 0
        self._run("SET sql_log_bin = 0")
        self._kinds: tuple[Callable[[], tuple[int, ...]], ...] = (
            self._bit, self._missing, self._extra, self._beyond, self._swapped, self._cancelling, self._null,
        )  # fmt: skip

    def plant(self, count: int) -> None:
        """So many damages, of all kinds by turns."""
        for _ in range(count):
            kind = self._kinds[self.planted % len(self._kinds)]
            for key in kind():
                assert key not in self.wrong
                self.wrong[key] = kind.__name__.lstrip("_")
            self.planted += 1

    def close(self) -> None:
        """No more."""
        self._connection.close()

    def _run(self, statement: str, *values: Any) -> tuple[tuple[Any, ...], ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return tuple(cursor.fetchall())

    def _rows(self, count: int, condition: str = "TRUE") -> list[tuple[Any, ...]]:
        """Rows of the ghost that are as they should be."""
        found: list[tuple[Any, ...]] = []
        names = ", ".join(COLUMNS)
        for _ in range(200):
            last = self._run(f"SELECT MAX(id) FROM {self._ghost} WHERE id MOD 2 = 0")[0][0] or 0
            start = self._dice.randrange(0, last + 1)
            rows = self._run(
                f"SELECT {names} FROM {self._ghost} WHERE id > %s AND id MOD 2 = 0 AND {condition} ORDER BY id LIMIT 3",
                start,
            )
            known = {row[0] for row in found}
            found += [row for row in rows if row[0] not in self.wrong and row[0] not in known]
            if len(found) >= count:
                return found[:count]
        raise AssertionError("no rows left to damage")

    def _flip(self, data: bytes, bit: int) -> bytes:
        return bytes(byte ^ (1 << bit % 8) if place == bit // 8 else byte for place, byte in enumerate(data))

    def _set(self, key: int, column: str, value: object) -> None:
        self._run(f"UPDATE {self._ghost} SET {column} = %s WHERE id = %s", value, key)

    def _bit(self) -> tuple[int, ...]:
        row = self._rows(1)[0]
        self._set(row[0], "data", self._flip(row[3], self._dice.randrange(8 * len(row[3]))))
        return (row[0],)

    def _missing(self) -> tuple[int, ...]:
        row = self._rows(1)[0]
        self._run(f"DELETE FROM {self._ghost} WHERE id = %s", row[0])
        return (row[0],)

    def _extra(self) -> tuple[int, ...]:
        row = self._rows(1, "id + 1 NOT IN (SELECT id FROM t)")[0]
        if row[0] + 1 in self.wrong:
            return self._extra()
        self._insert(row[0] + 1, row)
        return (row[0] + 1,)

    def _beyond(self) -> tuple[int, ...]:
        key = 1_000_001 + 2 * len(self.wrong)
        self._insert(key, self._rows(1)[0])
        return (key,)

    def _insert(self, key: int, row: tuple[Any, ...]) -> None:
        self._run(
            f"INSERT INTO {self._ghost} ({', '.join(COLUMNS)}) VALUES (%s, %s, %s, %s, %s, %s)", key, *row[1:]
        )  # fmt: skip

    def _swapped(self) -> tuple[int, ...]:
        one, other = self._rows(2, "n IS NOT NULL")
        for key, row in ((one[0], other), (other[0], one)):
            self._set(key, "n", row[1])
            self._set(key, "data", row[3])
        return one[0], other[0]

    def _cancelling(self) -> tuple[int, ...]:
        """The same bit of two rows, of the same bytes where there are any."""
        one, other = self._rows(2)
        bit = self._dice.randrange(8 * len(one[3]))
        for row in (one, other):
            self._set(row[0], "data", self._flip(row[3], bit))
        return one[0], other[0]

    def _null(self) -> tuple[int, ...]:
        row = self._rows(1)[0]
        column, value, instead = self._dice.choice(
            (("n", row[1], 0), ("txt", row[2], ""), ("at", row[5], "2000-01-01"))
        )
        self._set(row[0], column, instead if value is None else None)
        return (row[0],)
