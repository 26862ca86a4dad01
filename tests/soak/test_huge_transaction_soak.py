"""One transaction of hundreds of megabytes goes through a migration that holds little of it, packed or not.

The real program in a process of its own: its greatest size is asked of the system. What is claimed of five gigabytes is
that nothing grows with the size of a transaction, so a tenth of that shows it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.directing import numbers, run, wait_until
from builders.program import Child, environment, words
from ghostshift.runtime.footprint import peak_bytes
from plugins.fix_server import MakeServer

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

ROWS, BYTES = 300_000, 1000
MOST = 100 << 20
"""Bytes by which the process may grow: a third of what passes through it."""


@pytest.mark.parametrize("kind", ["mysql", "mysql-packed", "mariadb", "mariadb-packed"])
def test_a_huge_transaction_is_not_held(special_server: MakeServer, tmp_path: Path, kind: str) -> None:
    flavor, _, packed = kind.partition("-")
    name = "binlog_transaction_compression" if flavor == "mysql" else "log_bin_compress"
    server = special_server(flavor, settings={name: "ON"} if packed else {})
    database = server.fresh_database()
    make = "CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(2000) CHARACTER SET ascii NOT NULL)"
    run(server, database, make, "INSERT INTO t VALUES (0, 'first')")
    path = tmp_path / "postpone"
    path.touch()
    line = words(server, database, execute=True, postpone_cut_over_flag_file=path, buffer_bytes=8 << 20)
    with Child(line, tmp_path, environment(server.password)) as child:
        child.until_says("postponing", 60.0)
        before = peak_bytes(child.process.pid)
        random = f"HEX(RANDOM_BYTES({BYTES // 2}))"
        run(server, database, f"INSERT INTO t SELECT n, {random} FROM ({numbers(ROWS)}) many")
        ghost = "t_gho" if flavor == "mariadb" else "_t_gho"

        def arrived() -> bool:
            assert child.process.poll() is None, child.said()
            return bool(server.execute(f"SELECT 1 FROM {ghost} WHERE id = {ROWS}", db=database))

        wait_until(arrived, 400.0, "the last row in the ghost")
        grown = peak_bytes(child.process.pid) - before
        path.unlink()
        assert child.process.wait(200) == 0, child.said()
    assert grown < MOST, f"{grown >> 20} MiB"
    assert server.execute("SELECT COUNT(*), SUM(added = 7) FROM t", db=database) == ((ROWS + 1, ROWS + 1),)
