"""Makes the captures in tests/data: a little of everything, as a real server sends it.

    PYTHONPATH=tests python -m builders.capture

A capture is the dump of one database's work, in packets, from `tests/data/binlog-*.json`'s position on. Table `t` of
schema `fuzz` is the one to watch: `a VARCHAR(30), id INT UNSIGNED PRIMARY KEY, v ...`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from builders.following import Follower
from ghostshift.sandbox import ServerSpec, start

DATA = Path(__file__).parent.parent / "data"
SCHEMA = "fuzz"

COMMON = [
    "CREATE TABLE t (a VARCHAR(30), id INT UNSIGNED PRIMARY KEY, v DECIMAL(9,3), d DATETIME(3), j JSON, b BLOB)",
    "CREATE TABLE o (id INT PRIMARY KEY, v VARCHAR(400))",
    "INSERT INTO t (a, id, v) VALUES ('x', 1, 1.5), (NULL, 2, NULL), ('longer text', 3, -7)",
    "INSERT INTO o VALUES (1, REPEAT('o', 300)), (2, 'p')",
    "UPDATE t SET v = v + 1, d = '2026-01-02 03:04:05.678', j = '{\"k\": [1, 2, 3]}'",
    "UPDATE t SET id = id + 100 WHERE id = 3",
    "BEGIN",
    "INSERT INTO t (id, b) VALUES (4000000000, REPEAT('b', 500))",
    "SAVEPOINT s1",
    "DELETE FROM t WHERE id = 1",
    "COMMIT",
    "XA START 'one'",
    "INSERT INTO t (id) VALUES (7)",
    "XA END 'one'",
    "XA PREPARE 'one'",
    "XA COMMIT 'one'",
    "SET SESSION binlog_row_image = MINIMAL",
    "UPDATE t SET a = 'minimal'",
    "SET SESSION binlog_row_image = FULL",
    "FLUSH BINARY LOGS",
    "SET SESSION binlog_format = STATEMENT",
    "INSERT INTO o VALUES (9, RAND())",
    "SET SESSION binlog_format = ROW",
]
MYSQL = [
    "SET SESSION binlog_transaction_compression = ON",
    "INSERT INTO t (id, a) VALUES " + ", ".join(f"({n}, 'compressed')" for n in range(1000, 1060)),
    "SET SESSION binlog_transaction_compression = OFF, binlog_row_value_options = PARTIAL_JSON",
    "UPDATE t SET j = JSON_SET(j, '$.k[1]', 9)",
]
MARIADB = [
    "SET GLOBAL log_bin_compress = 1, GLOBAL log_bin_compress_min_len = 10",
    "INSERT INTO t (id, a) VALUES " + ", ".join(f"({n}, 'compressed')" for n in range(1000, 1060)),
    "UPDATE t SET id = id + 1 WHERE id = 1059",
    "ALTER TABLE o COMMENT 'a text of which a part is part of a part of the text'",
]


class _Recorder:
    def __init__(self, socket: Any) -> None:
        self.data = bytearray()
        self._socket = socket

    def recv_into(self, buffer: memoryview) -> int:
        """As a socket's."""
        count = int(self._socket.recv_into(buffer))
        self.data += buffer[:count]
        return count


def capture(flavor: str, checksum: str) -> None:
    """One file of packets and one that says where it starts."""
    with start(ServerSpec(flavor, settings={"binlog_checksum": checksum})) as sandbox:
        sandbox.primary.connect(database=None).cursor().execute(f"CREATE DATABASE {SCHEMA}")
        follower = Follower(sandbox.primary, SCHEMA)
        begin = follower.now()
        follower.run(*COMMON, *(MYSQL if flavor == "mysql" else MARIADB))
        with follower.stream(begin, []) as stream:
            recorder = _Recorder(stream._socket)
            stream._socket = recorder  # type: ignore[assignment]
            end = follower.now()
            while stream.position < end:
                stream.read()
    name = f"binlog-{flavor}-{checksum.lower()}"
    (DATA / f"{name}.bin").write_bytes(recorder.data)
    facts = {"file": begin.file, "offset": begin.offset, "end_file": end.file, "end_offset": end.offset}
    (DATA / f"{name}.json").write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    for one in ("mysql", "mariadb"):
        for other in ("CRC32", "NONE"):
            capture(one, other)
