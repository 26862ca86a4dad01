"""Rows of unusual size, changed while they are copied: 200 columns, keys of two kilobytes, blobs of sixteen MiB."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from builders.directing import Director, numbers, run
from builders.migrating import options
from ghostshift.workers.copier import Copier
from plugins.server_pool import TestServer

COLUMNS = 200
LARGE = (16 << 20) - 4096
"""MariaDB's functions make no text of more than its max_allowed_packet, which is 16 MiB as it comes."""


@dataclass(frozen=True)
class Shape:
    """A table, and what is done to it meanwhile."""

    columns: str
    key: str
    fill: str
    """Columns and values of the rows; `n` is a number."""
    rows: int
    writes: tuple[str, ...]
    compared: tuple[str, ...]


def wide() -> Shape:
    names = [f"c{n}" for n in range(1, COLUMNS)]
    kinds = ("int NULL", "varchar(20) NOT NULL DEFAULT 'x'", "decimal(10,2) NULL", "datetime(3) NULL")
    return Shape(
        columns="id int NOT NULL, " + ", ".join(f"{name} {kinds[at % 4]}" for at, name in enumerate(names)),
        key="id",
        fill="(id, c1, c2, c3, c4) SELECT n, n, CONCAT('v', n), n / 7, NULL",
        rows=3000,
        writes=(
            "UPDATE t SET c1 = -c1, c199 = 5 WHERE id % 3 = 0",
            "UPDATE t SET id = id + 100000, c150 = 'moved' WHERE id % 100 = 1",
            "DELETE FROM t WHERE id % 50 = 2",
            "UPDATE t SET c4 = '2026-01-01' WHERE id = 3",
        ),
        compared=("c1", "c2", "c3", "c4", "c150", "c199"),
    )


def long_keys() -> Shape:
    return Shape(
        columns="a varchar(450) CHARACTER SET utf8mb4 NOT NULL, b varchar(300) CHARACTER SET utf8mb4 NOT NULL, "
        "v int NOT NULL",
        key="a, b",
        fill="(a, b, v) SELECT CONCAT(REPEAT('🦉', 400), LPAD(n MOD 100, 5, '0')), CONCAT(REPEAT('ß', 200), n), n",
        rows=400,
        writes=(
            "UPDATE t SET v = -v WHERE v % 3 = 0",
            "UPDATE t SET b = CONCAT(b, '-') WHERE v % 50 = 1",
            "DELETE FROM t WHERE v % 40 = 2",
            "INSERT INTO t VALUES (REPEAT('🦉', 449), REPEAT('z', 300), 0)",
        ),
        compared=("v",),
    )


def blobs() -> Shape:
    return Shape(
        columns="id int NOT NULL, v longblob NOT NULL, w int NOT NULL DEFAULT 0",
        key="id",
        fill=f"(id, v) SELECT n, IF(n % 40 = 0, REPEAT(CHAR(65 + n % 26), {LARGE}), n)",
        rows=80,
        writes=(
            "UPDATE t SET w = 1 WHERE id = 40",
            f"UPDATE t SET v = REPEAT('z', {LARGE}) WHERE id = 7",
            "DELETE FROM t WHERE id = 80",
        ),
        compared=("w", "CRC32(v)"),
    )


@pytest.mark.divided
@pytest.mark.parametrize("shape", [wide, long_keys, blobs], ids=["200 columns", "keys of 2 KB", "blobs of 16 MB"])
def test_rows_of_any_size_are_migrated_while_they_change(
    server: TestServer, database: str, director: Director, shape: object
) -> None:
    made: Shape = shape()  # type: ignore[operator]
    run(
        server,
        database,
        f"CREATE TABLE t ({made.columns}, PRIMARY KEY ({made.key})) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
        f"INSERT INTO t {made.fill} FROM ({numbers(made.rows)}) numbers",
    )
    calls = iter(range(10_000))
    gate = director.gate(Copier, "_next", when=lambda *_: next(calls) >= 1)
    running = director.start(options(server, database))
    gate.await_reached()
    run(server, database, *made.writes)
    gate.open()
    outcome = running.result(120)
    shown = ", ".join([*made.key.split(", "), *made.compared])
    rows = {
        table: server.execute(f"SELECT {shown} FROM {table} ORDER BY {made.key}", db=database)
        for table in ("t", outcome.old_table)
    }
    assert rows["t"] == rows[outcome.old_table]
    assert len(rows["t"]) > made.rows * 0.9
