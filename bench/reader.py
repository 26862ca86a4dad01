"""How fast the binary log reader is, alone: packets in memory -> keys, on one core, without a server in the way.

The log is a real one: a throw-away server (or the one at --host/--port) writes it, and it is captured as it came over
the wire. Three shapes: big statements on the watched table, single-row transactions on it, and the same transactions
while nobody watches the table. Seconds are of CPU time, so other work on the machine matters little. Prints JSON.

    python bench/reader.py [--flavor mysql|mariadb] [--rows 400000] [--transactions 20000] [--repeat 3]
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from typing import Any

from ghostshift.binlog.decoder import Decoder
from ghostshift.binlog.packets import Packets
from ghostshift.binlog.stream import BinlogStream, current_position
from ghostshift.model.change import WatchedTable
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint
from ghostshift.model.position import Position
from ghostshift.mysql.session import Session
from ghostshift.sandbox import ServerSpec, start

KEY = KeySpec(index="PRIMARY", columns=(KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER),))
TABLE = TableName("bench_reader", "sbtest1")
WATCHED = [WatchedTable("original", TABLE, KEY, 4)]
PACKET_BYTES = 1 << 20


@dataclass(frozen=True)
class Capture:
    """Bytes of a dump from `start` on, and how many events they hold."""

    start: Position
    data: bytes
    events: int


class Recorder:
    """A socket that notes all that is received through it."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.data = bytearray()

    def recv_into(self, buffer: memoryview) -> int:
        """As a socket's."""
        count = self._socket.recv_into(buffer)
        self.data += buffer[:count]
        return int(count)


def fill(session: Session, rows: int) -> None:
    session.execute(f"DROP DATABASE IF EXISTS {TABLE.schema}")
    session.execute(f"CREATE DATABASE {TABLE.schema}")
    session.execute(
        f"CREATE TABLE {TABLE.sql} (id INT PRIMARY KEY AUTO_INCREMENT, k INT NOT NULL, c CHAR(120) NOT NULL, "
        "pad CHAR(60) NOT NULL, KEY (k)) CHARACTER SET utf8mb4"
    )
    for first in range(1, rows + 1, 1000):
        numbers = range(first, min(first + 1000, rows + 1))
        values = ",".join(f"({n},{n},REPEAT('c',119),REPEAT('p',59))" for n in numbers)
        session.execute(f"INSERT INTO {TABLE.sql} VALUES {values}")


def capture(endpoint: Endpoint, session: Session, statements: list[str]) -> Capture:
    begin = current_position(session)
    for statement in statements:
        session.execute(statement)
    end = current_position(session)
    mariadb = "mariadb" in str(session.query("SELECT VERSION()")[0][0]).lower()
    with Session.open(endpoint) as connection:
        stream = BinlogStream(connection, begin, [], server_id=0, mariadb=mariadb)
        recorder = Recorder(stream._socket)  # noqa: SLF001 - the bench looks under the bonnet
        stream._socket = recorder  # type: ignore[assignment]  # noqa: SLF001 - as above
        while stream.position < end:
            stream.read()
    data = bytes(recorder.data)
    return Capture(begin, data, count_events(data))


def count_events(data: bytes) -> int:
    at = events = 0
    while at < len(data):
        at += 4 + int.from_bytes(data[at : at + 3], "little")
        events += 1
    return events


def decode(made: Capture, watched: list[WatchedTable], repeat: int) -> dict[str, float]:
    best, rows = float("inf"), 0
    for _ in range(repeat):
        decoder = Decoder(watched, made.start)
        packets = Packets(decoder, max_event_bytes=1 << 30)
        rows = 0
        view = memoryview(made.data)
        begin = time.process_time()
        for at in range(0, len(view), PACKET_BYTES // 4):
            packets.feed(view[at : at + PACKET_BYTES // 4])
            rows += decoder.take().rows
        best = min(best, time.process_time() - begin)
    return {
        "rows": rows,
        "events": made.events,
        "bytes": len(made.data),
        "cpu_seconds": round(best, 4),
        "rows_per_second": round(rows / best),
        "events_per_second": round(made.events / best),
        "megabytes_per_second": round(len(made.data) / best / 1e6),
    }


def measure(endpoint: Endpoint, args: argparse.Namespace) -> dict[str, Any]:
    with Session.open(endpoint) as session:
        fill(session, args.rows)
        step = 10_000
        big = capture(
            endpoint,
            session,
            [
                f"UPDATE {TABLE.sql} SET k = k + 1 WHERE id > {n} AND id <= {n + step}"
                for n in range(0, args.rows, step)
            ],
        )
        single = capture(
            endpoint,
            session,
            [f"UPDATE {TABLE.sql} SET k = k + 1 WHERE id = {1 + n % args.rows}" for n in range(args.transactions)],
        )
        (version,) = session.query("SELECT VERSION()")[0]
        session.execute(f"DROP DATABASE {TABLE.schema}")
    return {
        "server": version,
        "multi_row_statements": decode(big, WATCHED, args.repeat),
        "single_row_transactions": decode(single, WATCHED, args.repeat),
        "foreign_multi_row_statements": decode(big, [], args.repeat),
        "foreign_single_row_transactions": decode(single, [], args.repeat),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flavor", default="mysql", choices=["mysql", "mariadb"])
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--transactions", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--host", help="measure on this server instead of a throw-away one")
    parser.add_argument("--port", type=int, default=3306)
    parser.add_argument("--user", default="root")
    parser.add_argument("--password-file")
    args = parser.parse_args()
    if args.host:
        password = ""
        if args.password_file:
            with open(args.password_file, encoding="utf-8") as file:  # noqa: PTH123 - one line says it all
                password = file.read().strip()
        print(json.dumps(measure(Endpoint(host=args.host, port=args.port, user=args.user, password=password), args)))
        return
    with start(ServerSpec(args.flavor, settings={"innodb_flush_log_at_trx_commit": "0", "sync_binlog": "0"})) as box:
        server = box.primary
        endpoint = Endpoint(host="127.0.0.1", port=server.port, user=server.user, password=server.password)
        print(json.dumps(measure(endpoint, args), indent=2))


if __name__ == "__main__":
    main()
