"""Replication's status in old words and new, of both flavours; and the statements that stop and start it."""

from __future__ import annotations

from typing import Any

import pytest

from ghostshift.model.server import Channel, Filters
from ghostshift.mysql.replication import channel_of, new_words
from ghostshift.sql.replication import APPLIER, control, show_followers, show_status

OLD = {
    "Slave_IO_State": "Waiting", "Master_Host": "db1", "Master_Port": "3307", "Master_Log_File": "binlog.000002",
    "Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes", "Seconds_Behind_Master": "0", "Master_Server_Id": "7",
    "SQL_Delay": "0", "Last_IO_Error": "", "Last_SQL_Error": "", "Replicate_Do_DB": "",
}  # fmt: skip


def read(row: dict[str, Any]) -> Channel:
    return channel_of({new_words(name): value for name, value in row.items()})


def test_old_words_and_new_ones_say_the_same() -> None:
    new = {name.replace("Master", "Source").replace("Slave", "Replica"): value for name, value in OLD.items()}
    assert read(OLD) == read(new)
    assert read(OLD) == Channel(
        host="db1", port=3307, receives=True, applies=True, attached=True, server_id="7", behind_seconds=0
    )


@pytest.mark.parametrize(
    ("more", "field", "value"),
    [
        ({"Slave_IO_Running": "Connecting"}, "receives", False),
        ({"Slave_IO_Running": "Preparing"}, "receives", False),
        ({"Slave_SQL_Running": "No"}, "applies", False),
        ({"Seconds_Behind_Master": None}, "behind_seconds", None),
        ({"Seconds_Behind_Master": "77"}, "behind_seconds", 77),
        ({"Master_Log_File": ""}, "attached", False),
        ({"Master_Server_Id": "0"}, "server_id", ""),
        ({"Last_IO_Error": "gone"}, "problem", "gone"),
        ({"Last_IO_Error": "gone", "Last_SQL_Error": b"duplicate"}, "problem", "duplicate"),
        ({"SQL_Delay": "3600"}, "delay_seconds", 3600),
        ({"Channel_Name": "a"}, "name", "a"),
        ({"Connection_name": "b"}, "name", "b"),
        ({"Auto_Position": "1"}, "by_gtid", True),
        ({"Auto_Position": "0"}, "by_gtid", False),
        ({"Using_Gtid": "No"}, "by_gtid", False),
        ({"Using_Gtid": "Slave_Pos"}, "by_gtid", True),
        ({"Using_Gtid": "Current_Pos"}, "by_current_pos", True),
        ({"Using_Gtid": "Slave_Pos"}, "by_current_pos", False),
    ],
)
def test_each_column_is_read(more: dict[str, Any], field: str, value: object) -> None:
    assert getattr(read({**OLD, **more}), field) == value


def test_filters_are_read_from_every_column() -> None:
    found = read(
        {
            **OLD, "Replicate_Do_DB": "a, b", "Replicate_Ignore_DB": "c", "Replicate_Do_Table": "a.t",
            "Replicate_Ignore_Table": "a.u,a.v", "Replicate_Wild_Do_Table": "a.%", "Replicate_Wild_Ignore_Table": "b.%",
            "Replicate_Rewrite_DB": "(x,y),(z,w)", "Replicate_Ignore_Server_Ids": "1, 2",
            "Replicate_Do_Domain_Ids": "5", "Replicate_Ignore_Domain_Ids": "6",
        }
    ).filters  # fmt: skip
    assert found == Filters(
        do_schemas=("a", "b"), ignore_schemas=("c",), do_tables=("a.t",), ignore_tables=("a.u", "a.v"),
        wild_do_tables=("a.%",), wild_ignore_tables=("b.%",), rewritten=("x", "y", "z", "w"),
        ignore_servers=("1", "2"), by_domain=("5", "6"),
    )  # fmt: skip
    assert read({**OLD, "Replicate_Rewrite_DB": "x->y"}).filters.rewritten == ("x", "y")


@pytest.mark.parametrize(
    ("mariadb", "modern", "thread", "statement"),
    [
        (False, True, APPLIER, "STOP REPLICA SQL_THREAD FOR CHANNEL 'it''s'"),
        (False, False, "", "STOP SLAVE FOR CHANNEL 'it''s'"),
        (True, False, APPLIER, "STOP SLAVE 'it''s' SQL_THREAD"),
        (True, False, "", "STOP SLAVE 'it''s'"),
    ],
)
def test_a_channel_is_stopped_by_its_name(*, mariadb: bool, modern: bool, thread: str, statement: str) -> None:
    assert control("STOP", thread, "it's", mariadb=mariadb, modern=modern) == statement


def test_the_server_is_asked_in_its_own_words() -> None:
    assert show_status(mariadb=True, modern=False) == "SHOW ALL SLAVES STATUS"
    assert show_status(mariadb=False, modern=True) == "SHOW REPLICA STATUS"
    assert show_status(mariadb=False, modern=False) == "SHOW SLAVE STATUS"
    assert show_followers(mariadb=False, modern=True) == "SHOW REPLICAS"
    assert show_followers(mariadb=True, modern=True) == "SHOW SLAVE HOSTS"
