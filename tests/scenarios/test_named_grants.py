"""The grants that the page of missing-grants names are enough for a whole migration, and each is asked for first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from builders.migrating import Running, options
from ghostshift.model.errors import Refused
from ghostshift.model.options import Options
from ghostshift.model.settings import Allowances
from ghostshift.mysql.grants import TABLE_GRANTS
from plugins.server_pool import TestServer

LOG = {
    "mysql": "REPLICATION SLAVE, REPLICATION CLIENT",
    "mariadb": "REPLICATION SLAVE, BINLOG MONITOR, REPLICA MONITOR",
}


@pytest.fixture
def user(server: TestServer, database: str) -> Iterator[str]:
    """Somebody with the grants that every migration needs, and no others."""
    name = f"'few_{database}'@'%'"
    server.execute(f"CREATE USER {name} IDENTIFIED BY 'pw'")
    server.execute(f"GRANT {', '.join(TABLE_GRANTS)} ON {database}.* TO {name}")
    server.execute(f"GRANT {LOG[server.flavor]} ON *.* TO {name}")
    yield name
    server.execute(f"DROP USER {name}")


def lossy(server: TestServer, database: str, *, data_loss: bool) -> Options:
    allow = Allowances(data_loss=data_loss)
    alter = "ADD UNIQUE KEY u (v), MODIFY v tinyint" if data_loss else "ADD COLUMN added int"
    chosen = options(server, database, alter, allow=allow)
    return replace(chosen, endpoint=replace(chosen.endpoint, user=f"few_{database}", password="pw"))


def test_what_is_named_is_enough(server: TestServer, database: str, user: str) -> None:
    server.execute("CREATE TABLE t (id int PRIMARY KEY, v int)", db=database)
    server.execute("INSERT INTO t VALUES (1, 1), (2, 2)", db=database)
    assert user
    Running(lossy(server, database, data_loss=False)).result()
    assert server.execute("SELECT id, v, added FROM t ORDER BY id", db=database) == ((1, 1, None), (2, 2, None))


def test_accepted_losses_need_more_and_say_so_first(server: TestServer, database: str, user: str) -> None:
    server.execute("CREATE TABLE t (id int PRIMARY KEY, v int)", db=database)
    server.execute("INSERT INTO t VALUES (1, 1), (2, 1), (3, 999), (4, 2)", db=database)
    more = ["SESSION_VARIABLES_ADMIN"] if server.flavor == "mysql" else []
    with pytest.raises(Refused, match=", ".join(["lacks CREATE TEMPORARY TABLES", *more])):
        Running(lossy(server, database, data_loss=True)).result()
    assert server.execute("SHOW TABLES", db=database) == (("t",),)
    server.execute(f"GRANT CREATE TEMPORARY TABLES ON {database}.* TO {user}")
    for grant in more:
        server.execute(f"GRANT {grant} ON *.* TO {user}")
    Running(lossy(server, database, data_loss=True)).result()
    assert server.execute("SELECT id, v FROM t ORDER BY id", db=database) == ((1, 1), (3, 127), (4, 2))
