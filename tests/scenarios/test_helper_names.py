"""Names of helper tables as asked for: with a time, with another root, cut to fit; two runs that would share one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from builders.migrating import Running, options, run
from ghostshift.model.errors import Refused
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from plugins.server_pool import TestServer


def make(server: TestServer, database: str, *tables: str) -> None:
    for table in tables:
        server.execute(f"CREATE TABLE `{table}` (id int PRIMARY KEY, v int)", db=database)
        server.execute(f"INSERT INTO `{table}` VALUES (1, 1), (2, 2)", db=database)


def tables(server: TestServer, database: str) -> set[str]:
    return {str(row[0]) for row in server.execute("SHOW TABLES", db=database)}


def test_old_tables_with_a_time_in_their_names_stand_beside_each_other(server: TestServer, database: str) -> None:
    make(server, database, "t")
    mark = "_t_" if server.flavor == "mysql" else "t_"
    server.execute(f"CREATE TABLE {mark}del (id int) COMMENT 'of an earlier run'", db=database)
    outcome = run(server, database, timestamp_old_table=True)
    assert re.fullmatch(rf"`{database}`\.`{mark}20\d{{12}}_del`", outcome.old_table)
    assert tables(server, database) == {"t", f"{mark}del", f"{mark}ghk", outcome.old_table.split("`")[3]}


def test_another_root_for_the_names(server: TestServer, database: str) -> None:
    make(server, database, "t")
    outcome = run(server, database, force_table_names="tz")
    assert outcome.old_table == (f"`{database}`.`_tz_del`" if server.flavor == "mysql" else f"`{database}`.`tz_del`")


@pytest.mark.parametrize(
    ("first", "second", "more"),
    [("t", "s", {"force_table_names": "tt"}), ("t" * 63 + "1", "t" * 63 + "2", {})],
    ids=["one root for both", "cut to the same name"],
)
def test_two_originals_whose_helpers_would_share_a_name_exclude_each_other(
    server: TestServer, database: str, tmp_path: Path, first: str, second: str, more: dict[str, Any]
) -> None:
    make(server, database, first, second)
    flag = tmp_path / "postpone"
    tunables = Tunables(postpone_flag_file=str(flag), throttle_additional_flag_file="")
    running = Running(options(server, database, table=first, tunables=tunables, **more))
    running.until(lambda board: board.get(Phase, Phase.INSPECTING) is Phase.POSTPONED)
    there = tables(server, database)
    dropping = {"initially_drop_ghost_table": True, "initially_drop_old_table": True}
    with pytest.raises(Refused) as refused:
        run(server, database, table=second, **dropping, **more)
    assert refused.value.code in {"already-running", "helper-name-order"}
    assert tables(server, database) == there
    flag.unlink()
    assert running.result().swapped


def test_two_originals_with_names_of_their_own_do_not(server: TestServer, database: str, tmp_path: Path) -> None:
    make(server, database, "t", "s")
    flag = tmp_path / "postpone"
    tunables = Tunables(postpone_flag_file=str(flag), throttle_additional_flag_file="")
    running = Running(options(server, database, tunables=tunables))
    running.until(lambda board: board.get(Phase, Phase.INSPECTING) is Phase.POSTPONED)
    assert run(server, database, table="s").swapped
    flag.unlink()
    assert running.result().swapped
