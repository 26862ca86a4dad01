"""What the inspector finds in a server's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.directing import run
from builders.migrating import run as migrate
from ghostshift.model.errors import Refused
from plugins.server_pool import TestServer

SHAPES = {
    "the table": "ENGINE=InnoDB DATA DIRECTORY='{}'",
    "a partition": "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (9) DATA DIRECTORY='{}')",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_table_whose_file_is_in_a_folder_of_its_own_is_refused(
    mariadb_server: TestServer, tmp_path: Path, shape: str
) -> None:
    database = mariadb_server.fresh_database()
    run(mariadb_server, database, f"CREATE TABLE t (id int PRIMARY KEY) {SHAPES[shape].format(tmp_path)}")
    with pytest.raises(Refused, match=r"the new table's would be in the server's data folder") as refused:
        migrate(mariadb_server, database)
    assert refused.value.code == "data-directory"
    assert mariadb_server.execute("SHOW TABLES", db=database) == (("t",),)
