"""Whatever a server logs, and however: only keys are read from it, so every row image and every format will do.

For each kind of server a table is migrated under writers that know what they wrote; at the end it holds just that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from builders import migrating
from builders.directing import Director, flag_file, pause, run
from builders.migrating import options
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from plugins.server_pool import TestServer

MakeServer = Callable[..., TestServer]

LOGS: dict[str, tuple[str, dict[str, Any], str]] = {
    "minimal": ("mysql", {"binlog_row_image": "MINIMAL"}, "composite"),
    "noblob": ("mysql", {"binlog_row_image": "NOBLOB"}, "text"),
    "partial-json": ("mysql", {"binlog_row_value_options": "PARTIAL_JSON"}, "binary"),
    "compressed": ("mysql", {"binlog_transaction_compression": "ON"}, "datetime"),
    "compressed-minimal": (
        "mysql",
        {"binlog_transaction_compression": "ON", "binlog_row_image": "MINIMAL", "binlog_checksum": "NONE"},
        "unsigned",
    ),
    "no-checksum": ("mysql", {"binlog_checksum": "NONE"}, "sysbench"),
    "full-metadata": ("mysql", {"binlog_row_metadata": "FULL", "binlog_rows_query_log_events": "ON"}, "text"),
    "tiny-files": ("mysql", {"max_binlog_size": 16384}, "composite"),
    "no-gtid": ("mysql", {}, "binary"),
    "mariadb-minimal": ("mariadb", {"binlog_row_image": "MINIMAL"}, "composite"),
    "mariadb-noblob": ("mariadb", {"binlog_row_image": "NOBLOB"}, "text"),
    "mariadb-compressed": ("mariadb", {"log_bin_compress": "ON", "log_bin_compress_min_len": 10}, "datetime"),
    "mariadb-compressed-minimal": (
        "mariadb",
        {"log_bin_compress": "ON", "log_bin_compress_min_len": 10, "binlog_row_image": "MINIMAL"},
        "unsigned",
    ),
    "mariadb-no-checksum": ("mariadb", {"binlog_checksum": "NONE"}, "sysbench"),
    "mariadb-full-metadata": ("mariadb", {"binlog_row_metadata": "FULL"}, "text"),
    "mariadb-tiny-files": ("mariadb", {"max_binlog_size": 16384}, "binary"),
    "mariadb-11.8": ("mariadb-11.8", {}, "text"),
    "mariadb-11.8-compressed": (
        "mariadb-11.8",
        {"log_bin_compress": "ON", "log_bin_compress_min_len": 10},
        "composite",
    ),
}


@pytest.mark.parametrize("name", LOGS)
def test_every_row_image_and_format_will_do(special_server: MakeServer, name: str) -> None:
    flavor, settings, shape = LOGS[name]
    server = special_server(flavor, settings=settings, gtid=name != "no-gtid")
    database = server.fresh_database()

    def connect() -> Any:
        return server.connect(database, init_command="SET SESSION innodb_lock_wait_timeout = 5")

    load = Workload(SHAPES[shape], connect, "t", writers=3, rate=400, long_seconds=(0.1, 0.3))
    connection = connect()
    load.create(connection)
    load.fill(connection, 3000)
    load.start()
    try:
        pause(0.2)
        outcome = migrating.run(server, database, chunk_seconds=0.02)
        pause(0.1)
    finally:
        load.stop()
    assert outcome.swapped
    assert outcome.cut_over.slipped == 0
    assert outcome.changes_seen > 0
    verdict = load.verify(connect())
    assert verdict.ok, f"seed {load.seed}: {verdict}"


FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "partial-json": ("mysql", {"binlog_row_value_options": "PARTIAL_JSON", "binlog_row_image": "MINIMAL"}),
    "noblob": ("mysql", {"binlog_row_image": "NOBLOB"}),
    "mariadb-noblob": ("mariadb", {"binlog_row_image": "NOBLOB"}),
    "mariadb-compressed": ("mariadb", {"log_bin_compress": "ON", "log_bin_compress_min_len": 10}),
}


@pytest.mark.parametrize("name", FORMATS)
def test_documents_and_blobs_that_are_not_logged_are_brought_all_the_same(
    special_server: MakeServer, director: Director, tmp_path: Any, name: str
) -> None:
    flavor, settings = FORMATS[name]
    server = special_server(flavor, settings=settings)
    database = server.fresh_database()
    run(
        server,
        database,
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, doc json, body longtext, raw mediumblob, "
        "v int NOT NULL DEFAULT 0) ENGINE=InnoDB",
        "INSERT INTO t (id, doc, body, raw) VALUES "
        + ",".join(
            f'({n}, \'{{"a": {n}, "b": [1, 2, 3], "c": "{"x" * 200}"}}\', REPEAT(\'é\', 3000), REPEAT(x\'00ff\', 3000))'
            for n in range(1, 51)
        ),
    )
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, "MODIFY v bigint NOT NULL DEFAULT 0", tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        run(
            server,
            database,
            "UPDATE t SET doc = JSON_SET(doc, '$.a', 1000, '$.b[1]', 'changed') WHERE id <= 10",
            "UPDATE t SET doc = JSON_REMOVE(doc, '$.c') WHERE id BETWEEN 5 AND 15",
            "UPDATE t SET body = CONCAT(body, '!') WHERE id = 20",
            "UPDATE t SET raw = x'' WHERE id = 21",
            "UPDATE t SET v = 1 WHERE id = 22",
            "UPDATE t SET id = 100, doc = NULL WHERE id = 23",
            "DELETE FROM t WHERE id = 24",
        )
        running.await_settled(20)
    outcome = running.result()
    columns = "id, CAST(doc AS CHAR), body, raw, v"
    new = server.execute(f"SELECT {columns} FROM t ORDER BY id", db=database)
    old = server.execute(f"SELECT {columns} FROM {outcome.old_table} ORDER BY id", db=database)
    assert new == old
