"""Another tool is at work on the table, or was: refused by name before anything is touched.

gh-ost is played by what its documentation says that it leaves and does: a ghost, and a changelog into which it writes a
heartbeat all the time; older versions take no lock. pt-online-schema-change is played by its triggers.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builders.directing import Director, assert_same, fill, run
from builders.migrating import options
from ghostshift.core.parting import GO_ON
from ghostshift.model.errors import MigrationError, Refused
from ghostshift.model.phase import Phase
from plugins.fix_proxy import MakeProxy
from plugins.server_pool import TestServer

CHANGELOG = (
    "CREATE TABLE _t_ghc (id bigint unsigned NOT NULL AUTO_INCREMENT, last_update timestamp NOT NULL DEFAULT "
    "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, hint varchar(64) CHARACTER SET ascii NOT NULL, value varchar(4096) "
    "CHARACTER SET ascii NOT NULL, PRIMARY KEY (id), UNIQUE KEY hint_uidx (hint)) COMMENT='gh-ost changelog'"
)


def tables(server: TestServer, database: str) -> set[str]:
    return {name for (name,) in server.execute("SHOW TABLES", db=database)}


def test_a_gh_ost_without_a_lock_is_known_by_its_heartbeat(
    server: TestServer, database: str, director: Director
) -> None:
    fill(server, database, 20)
    run(server, database, CHANGELOG, "CREATE TABLE _t_gho LIKE t")
    beat = "REPLACE INTO _t_ghc (id, last_update, hint, value) VALUES (1, {}, 'heartbeat', 'x')"
    run(server, database, beat.format("NOW()"))
    before = tables(server, database)
    greedy = options(server, database, initially_drop_ghost_table=True)
    with pytest.raises(Refused, match="gh-ost is at work") as caught:
        director.start(greedy).result()
    assert caught.value.code == "already-running"
    assert tables(server, database) == before

    run(server, database, beat.format("NOW() - INTERVAL 1 HOUR"))
    with pytest.raises(Refused, match=r"_t_gho.* exists.*--initially-drop-ghost-table") as caught:
        director.start(options(server, database)).result()
    assert caught.value.code == "leftover-table"
    outcome = director.start(greedy).result()
    assert "_t_gho" not in tables(server, database)
    assert_same(server, outcome, database)


def test_a_second_ghostshift_takes_over_while_the_first_waits_and_the_first_begins_nothing_anew(
    mysql_server: TestServer, director: Director, make_proxy: MakeProxy, tmp_path: Path
) -> None:
    server = mysql_server
    database = server.fresh_database()
    fill(server, database, 300)
    proxy = make_proxy(server)
    path = tmp_path / "postpone"
    direct = options(server, database, initially_drop_old_table=True, alter="ENGINE=InnoDB")
    first = director.start(
        replace(
            direct,
            endpoint=replace(direct.endpoint, host=proxy.host, port=proxy.port),
            topology=replace(direct.topology, skip_port_check=True),
            tunables=replace(direct.tunables, postpone_flag_file=str(path)),
        )
    )
    first.await_phase(Phase.POSTPONED)
    proxy.refuse()
    proxy.cut()
    first.wait(lambda: first.phase is Phase.WAITING, "the waiting", seconds=60)
    run(server, database, "UPDATE t SET v = -1 WHERE id = 1")
    outcome = director.start(direct).result()
    proxy.heal()
    with pytest.raises(MigrationError) as caught:
        first.result()
    assert "the same command cannot go on with it" in " ".join(caught.value.__notes__)
    assert "has come to its end" in " ".join(caught.value.__notes__)
    assert GO_ON not in caught.value.__notes__
    assert_same(server, outcome, database)


def test_triggers_of_pt_online_schema_change_are_never_taken_along(
    mysql_server: TestServer, director: Director
) -> None:
    server = mysql_server
    database = server.fresh_database()
    fill(server, database, 20)
    run(
        server,
        database,
        "CREATE TABLE _t_new LIKE t",
        f"CREATE TRIGGER pt_osc_{database}_t_del AFTER DELETE ON t FOR EACH ROW "
        "DELETE IGNORE FROM _t_new WHERE id <=> OLD.id",
    )
    chosen = options(server, database)
    triggers = replace(chosen.triggers, include=True, suffix="_x")
    for one in (chosen, replace(chosen, triggers=triggers)):
        with pytest.raises(Refused, match="pt-online-schema-change") as caught:
            director.start(one).result()
        assert caught.value.code == "pt-osc-triggers"
    assert tables(server, database) == {"t", "_t_new"}
