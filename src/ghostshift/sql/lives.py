"""The life of a server between two starts, told by a number, and what may not survive its end. Values in, text out.

The number is the second in which the server was started, by its own clock: the difference of two readings which that
server makes of one and the same moment, so that no jump of its clock moves it.
"""

from __future__ import annotations


def started(*, mariadb: bool) -> str:
    """When this life began, and how the binary log comes to the disk: 1 is with each commit."""
    status = "information_schema.global_status" if mariadb else "performance_schema.global_status"
    return (
        "SELECT CAST(UNIX_TIMESTAMP() - variable_value AS SIGNED), @@GLOBAL.sync_binlog "
        f"FROM {status} WHERE variable_name = 'Uptime'"
    )
