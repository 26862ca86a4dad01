"""Makes replicas follow a primary and waits until they do.

By GTID or by file position, as the sandbox was asked for. The two flavours speak different words for the same thing;
only this module knows both. Must never be used on a server that is not a sandbox's own.
"""

from __future__ import annotations

from typing import Any

from pymysql.cursors import DictCursor

from ghostshift.model.errors import SandboxError
from ghostshift.sandbox.files import wait_for
from ghostshift.sandbox.server import Server

SECONDS = 30.0


def follow(replica: Server, primary: Server) -> None:
    """Start replication and wait until both its threads run."""
    source = _one(primary, "SHOW BINARY LOG STATUS" if primary.flavor == "mysql" else "SHOW MASTER STATUS")
    statements = (_mysql if replica.flavor == "mysql" else _mariadb)(replica, primary, source)
    with replica.connect(unix_socket=str(replica.socket)) as connection, connection.cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)
    if not wait_for(lambda: is_following(replica), SECONDS, step=0.05):
        raise SandboxError(f"the replica on port {replica.port} does not replicate: {_complaint(replica)}")


def is_following(replica: Server) -> bool:
    """Whether both threads of the replica run."""
    status = replica_status(replica)
    return all(status.get(name) == "Yes" for name in _threads(replica))


def replica_status(replica: Server) -> dict[str, Any]:
    """The row of SHOW REPLICA STATUS, with that server's own column names."""
    return _one(replica, "SHOW REPLICA STATUS")


def wait_caught_up(replica: Server, primary: Server, seconds: float = SECONDS) -> None:
    """Wait until the replica has applied all that the primary has written so far."""
    source = _one(primary, "SHOW BINARY LOG STATUS" if primary.flavor == "mysql" else "SHOW MASTER STATUS")
    wait = "SOURCE_POS_WAIT" if replica.flavor == "mysql" else "MASTER_POS_WAIT"
    with replica.connect(unix_socket=str(replica.socket)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {wait}(%s, %s, %s)", (source["File"], source["Position"], int(seconds)))
        row = cursor.fetchone()
    if row is None or row[0] is None or row[0] < 0:
        raise SandboxError(f"the replica on port {replica.port} did not catch up: {_complaint(replica)}")


def _mysql(replica: Server, primary: Server, source: dict[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    change = (
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST=%s, SOURCE_PORT=%s, SOURCE_USER=%s, SOURCE_PASSWORD=%s,"
        " SOURCE_CONNECT_RETRY=1, SOURCE_RETRY_COUNT=86400, GET_SOURCE_PUBLIC_KEY=1"
    )
    values: tuple[Any, ...] = (primary.host, primary.port, primary.user, primary.password)
    if replica.spec.gtid:
        change += ", SOURCE_AUTO_POSITION=1"
    else:
        change += ", SOURCE_LOG_FILE=%s, SOURCE_LOG_POS=%s"
        values = (*values, source["File"], source["Position"])
    return [(change, values), ("START REPLICA", ())]


def _mariadb(replica: Server, primary: Server, source: dict[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    change = (
        "CHANGE MASTER TO MASTER_HOST=%s, MASTER_PORT=%s, MASTER_USER=%s, MASTER_PASSWORD=%s, MASTER_CONNECT_RETRY=1"
    )
    values: tuple[Any, ...] = (primary.host, primary.port, primary.user, primary.password)
    statements: list[tuple[str, tuple[Any, ...]]] = []
    if replica.spec.gtid:
        position = _one(primary, "SELECT @@global.gtid_binlog_pos AS p")["p"]
        statements.append(("SET GLOBAL gtid_slave_pos=%s", (position,)))
        change += ", MASTER_USE_GTID=slave_pos"
    else:
        change += ", MASTER_USE_GTID=no, MASTER_LOG_FILE=%s, MASTER_LOG_POS=%s"
        values = (*values, source["File"], source["Position"])
    return [*statements, (change, values), ("START SLAVE", ())]


def _threads(replica: Server) -> tuple[str, str]:
    if replica.flavor == "mysql":
        return "Replica_IO_Running", "Replica_SQL_Running"
    return "Slave_IO_Running", "Slave_SQL_Running"


def _complaint(replica: Server) -> str:
    status = replica_status(replica)
    said = [str(status[name]) for name in ("Last_IO_Error", "Last_SQL_Error") if status.get(name)]
    return "; ".join(said) or "it gives no reason"


def _one(server: Server, statement: str) -> dict[str, Any]:
    with server.connect(unix_socket=str(server.socket)) as connection, connection.cursor(DictCursor) as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return dict(row) if row else {}
