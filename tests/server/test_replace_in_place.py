"""REPLACE, where the ghost has one unique key: both servers make an update in place of it (decision 23)."""

from __future__ import annotations

from builders.comparing import Pair
from ghostshift.model.key import Key
from ghostshift.sql.statements import replace_keys
from plugins.server_pool import TestServer

KEYS: list[Key] = [1, 2, 3, 4]


def handled(pair: Pair) -> dict[str, int]:
    """How many rows the session has written, updated and deleted."""
    return {str(name): int(value) for name, value in pair.session.query("SHOW SESSION STATUS LIKE 'Handler_%'")}


def test_a_row_that_is_there_is_updated_and_not_deleted(server: TestServer, database: str) -> None:
    pair = Pair(server, database)
    pair.run(
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, k int NOT NULL, c char(8) NOT NULL, KEY (k))",
        "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')",
    )
    pair.migrate("ADD x int")
    pair.run("UPDATE t SET c = 'new', k = k + 1 WHERE id < 3", "INSERT INTO t VALUES (4, 4, 'd')")
    before = handled(pair)
    pair.session.execute(replace_keys(pair.plan, KEYS))
    grown = {name: value - before[name] for name, value in handled(pair).items()}
    assert grown["Handler_delete"] == 0
    assert grown["Handler_update"] >= 2, "the rows that differ; one that does not may be counted or not"
    left = pair.session.query("SELECT id, k, c FROM _t_gho ORDER BY id")
    assert left == pair.session.query("SELECT id, k, c FROM t ORDER BY id")
    pair.session.close()
