from __future__ import annotations

from plugins.server_pool import TestServer


def test_a_server_answers(server: TestServer, database: str) -> None:
    server.execute("CREATE TABLE t (id INT PRIMARY KEY)", db=database)
    with server.set_global("innodb_lock_wait_timeout", 3):
        assert server.execute("SELECT @@GLOBAL.innodb_lock_wait_timeout") == ((3,),)
