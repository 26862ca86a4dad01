"""A live table is migrated under random writes; at the end the new table equals what the writers know."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from pymysql.connections import Connection

from builders import migrating
from ghostshift.demo.shapes import SHAPES
from ghostshift.demo.workload import Workload
from plugins.server_pool import TestServer

pytestmark = pytest.mark.divided

QUIET = "SET SESSION innodb_lock_wait_timeout = 5"


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_the_new_table_is_what_the_writers_know(server: TestServer, database: str, name: str) -> None:
    def connect() -> Connection[Any]:
        return server.connect(database, init_command=QUIET)

    load = Workload(SHAPES[name], connect, "t", long_seconds=(0.1, 0.5))
    sys.stdout.write(f"seed {load.seed}\n")
    connection = connect()
    load.create(connection)
    load.fill(connection, 20_000)
    load.start()
    try:
        threading.Event().wait(0.3)
        outcome = migrating.run(server, database, chunk_seconds=0.05)
        threading.Event().wait(0.3)
    finally:
        report = load.stop()
    assert outcome.swapped
    assert outcome.cut_over.slipped == 0
    assert outcome.changes_seen > 50
    assert outcome.verification.verified
    assert outcome.verification.repaired == 0, outcome.verification
    assert outcome.verification.rows >= 20_000
    verdict = load.verify(connect())
    assert verdict.ok, verdict
    assert report.transactions > 100
    added = connect()
    with added.cursor() as cursor:
        cursor.execute("SELECT COUNT(*), MIN(added), MAX(added) FROM t")
        assert cursor.fetchone() == (verdict.rows, 7, 7)
