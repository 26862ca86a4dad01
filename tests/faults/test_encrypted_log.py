"""A binary log that the server keeps encrypted, and packed: it is sent in clear to whoever may read it.

MariaDB only: for MySQL a keyring would have to be set up beside the program of the server itself.
"""

from __future__ import annotations

from pathlib import Path

from builders.directing import Director, assert_same, fill, flag_file, run
from builders.migrating import options
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from plugins.fix_server import MakeServer


def test_an_encrypted_log_is_followed(special_server: MakeServer, director: Director, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"1;{'0a1b2c3d' * 8}\n")
    settings = {
        "plugin_load_add": "file_key_management",
        "file_key_management_filename": str(keys),
        "encrypt_binlog": "ON",
        "log_bin_compress": "ON",
    }
    server = special_server("mariadb", settings=settings)
    database = server.fresh_database()
    assert server.execute("SELECT @@encrypt_binlog") == ((1,),)
    fill(server, database, 500)
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        running = director.start(options(server, database, tunables=tunables))
        running.await_phase(Phase.POSTPONED)
        run(server, database, "UPDATE t SET v = -v", "FLUSH BINARY LOGS", "DELETE FROM t WHERE id % 3 = 0")
        rows = server.execute("SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")
        run(server, database, *(f"KILL {number}" for (number,) in rows))
        run(server, database, "UPDATE t SET v = 7 WHERE id = 7")
    assert_same(server, running.result(), database)
