"""A binary log that the server keeps encrypted, and packed: it is sent in clear to whoever may read it.

MySQL reads which keyring to load from a file beside its own program, so it is started by a link to that program, with
the file beside the link.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders.directing import Director, assert_same, fill, flag_file, run
from builders.migrating import options
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.sandbox import provision
from plugins.fix_server import MakeServer

COMPONENT = "component_keyring_file"


def mysql(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings of a server with a keyring, and the link by which it is started."""
    found = provision.find("mysql", provision.DEFAULT_VERSIONS["mysql"])
    library = next(found.basedir.glob(f"lib*/**/{COMPONENT}.so"), None)
    if library is None:
        pytest.skip("this MySQL came without the keyring in a file")
    programs, plugins = folder / "programs", folder / "plugins"
    programs.mkdir()
    plugins.mkdir()
    (programs / found.server.name).symlink_to(found.server)
    (programs / f"{found.server.name}.my").write_text(json.dumps({"components": f"file://{COMPONENT}"}))
    (plugins / library.name).symlink_to(library)
    (plugins / f"{COMPONENT}.cnf").write_text(json.dumps({"path": str(folder / "keys"), "read_only": False}))
    monkeypatch.setattr(provision, "find", lambda *_: replace(found, server=programs / found.server.name))
    return {"plugin_dir": str(plugins), "binlog_encryption": "ON", "binlog_transaction_compression": "ON"}


def mariadb(folder: Path, _: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings of a server with keys in a file."""
    keys = folder / "keys"
    keys.write_text(f"1;{'0a1b2c3d' * 8}\n")
    return {
        "plugin_load_add": "file_key_management",
        "file_key_management_filename": str(keys),
        "encrypt_binlog": "ON",
        "log_bin_compress": "ON",
    }


@pytest.mark.parametrize("settings", [mysql, mariadb])
def test_an_encrypted_log_is_followed(
    special_server: MakeServer,
    director: Director,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Callable[[Path, pytest.MonkeyPatch], dict[str, Any]],
) -> None:
    server = special_server(settings.__name__, settings=settings(tmp_path, monkeypatch))
    database = server.fresh_database()
    encrypted = "binlog_encryption" if server.flavor == "mysql" else "encrypt_binlog"
    assert server.execute(f"SELECT @@{encrypted}") == ((1,),)
    if server.flavor == "mysql":
        assert {row[2] for row in server.execute("SHOW BINARY LOGS")} == {"Yes"}
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
