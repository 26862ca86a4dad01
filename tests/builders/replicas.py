"""A primary with two replicas, shared by the tests of a run: reach them, break them, and put them right again.

`Family` stands for the three; whatever a test does to replication, `mend` undoes it after the test, so that the next
one finds all replicas following the primary. Tests may write on the first replica; what is written there stays in its
log, so nothing is to replicate from it: chains and rings are made with the second one, the clean one.
"""

from __future__ import annotations

import contextlib
from typing import Any

from builders.directing import wait_until
from builders.migrating import endpoint
from ghostshift.mysql import replication as ours
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.inspector import read_dialect
from ghostshift.mysql.session import Session
from ghostshift.sandbox import replication
from plugins.server_pool import TestServer

SETTINGS = {"max_connections": "240"}
"""Makes it a sandbox of its own, which all tests with a family share."""


class Family:
    """See the module."""

    def __init__(self, primary: TestServer) -> None:
        self.primary = primary
        sandbox = primary.sandbox
        self.mend_first()
        self.replicas = tuple(TestServer(replica, sandbox) for replica in sandbox.replicas)
        self.database = primary.fresh_database()

    @property
    def clean(self) -> TestServer:
        """The replica on which no test ever writes."""
        return self.replicas[1]

    @property
    def mariadb(self) -> bool:
        """The flavour."""
        return self.primary.flavor.startswith("mariadb")

    def mend_first(self) -> None:
        """Whatever an earlier test that broke off has left."""
        self._unring()
        for replica in self.primary.sandbox.replicas:
            if not replication.is_following(replica):
                self._follow(replica)

    def mend(self) -> None:
        """Every server as it was found, every replica following the primary."""
        self._unring()
        for replica in self.replicas:
            replica.clean()
        for machine in self.primary.sandbox.replicas:
            status = replication.replica_status(machine)
            port = status.get("Source_Port", status.get("Master_Port"))
            if str(port) != str(self.primary.port) or not replication.is_following(machine):
                self._follow(machine)
        self.caught_up()

    def _unring(self) -> None:
        """The primary follows nobody."""
        if replication.replica_status(self.primary.server):
            self.primary.execute("STOP REPLICA")
            self.primary.execute("RESET REPLICA ALL")

    def _follow(self, machine: Any) -> None:
        with machine.connect() as connection, connection.cursor() as cursor:
            for statement in ("STOP REPLICA", "RESET REPLICA ALL"):
                with contextlib.suppress(Exception):
                    cursor.execute(statement)
        replication.follow(machine, self.primary.server)

    def caught_up(self) -> None:
        """Until the replicas have all that the primary has."""
        self.primary.sandbox.wait_caught_up()

    def point(self, replica: TestServer, source: TestServer) -> None:
        """Let one server replicate from another one of the three."""
        self.caught_up()
        with replica.connect() as connection, connection.cursor() as cursor:
            cursor.execute("STOP REPLICA")
            cursor.execute("RESET REPLICA ALL")
        replication.follow(replica.machine, source.machine)  # type: ignore[arg-type]

    def ring(self, member: TestServer) -> None:
        """Let the primary follow one of its replicas."""
        self.caught_up()
        replication.follow(self.primary.server, member.machine)  # type: ignore[arg-type]

    def stop(self, replica: TestServer, thread: str = "") -> None:
        """Stop replication there."""
        replica.execute(f"STOP REPLICA {thread}")

    def start(self, replica: TestServer, thread: str = "") -> None:
        """Start it again, and wait until it runs."""
        replica.execute(f"START REPLICA {thread}")
        wait_until(lambda: self.replicates(replica), what="replication")

    def refresh(self, replica: TestServer, *dropped: str) -> None:
        """As if it had just been set up from the primary's backup: a new log, and no history but the primary's."""
        if self.replicates(replica):
            replication.wait_caught_up(replica.machine, self.primary.server)  # type: ignore[arg-type]
        with replica.connect() as connection, connection.cursor() as cursor:
            for statement in ("STOP REPLICA", "RESET REPLICA ALL"):
                with contextlib.suppress(Exception):
                    cursor.execute(statement)
            cursor.execute("SET SESSION sql_log_bin = 0")
            for name in dropped:
                cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
            if self.mariadb:
                cursor.execute("RESET MASTER")
            else:
                cursor.execute("RESET BINARY LOGS AND GTIDS")
                ((executed,),) = self.primary.execute("SELECT @@GLOBAL.gtid_executed")
                cursor.execute("SET GLOBAL gtid_purged = %s", (executed,))
        replication.follow(replica.machine, self.primary.server)  # type: ignore[arg-type]
        wait_until(lambda: self.replicates(replica), what="replication")

    def filter_out(self, replica: TestServer, table: str) -> None:
        """Let a replica ignore a table; none where it is empty."""
        thread = "" if self.mariadb else "SQL_THREAD"
        self.stop(replica, thread)
        if self.mariadb:
            replica.execute("SET GLOBAL replicate_ignore_table = %s", (table,))
        else:
            replica.execute(f"CHANGE REPLICATION FILTER REPLICATE_IGNORE_TABLE = ({table})")
        self.start(replica, thread)

    def replicates(self, replica: TestServer) -> bool:
        """Whether both threads run."""
        return replication.is_following(replica.machine)  # type: ignore[arg-type]

    def same_everywhere(self, columns: str = "*", table: str = "t") -> list[Any]:
        """The rows of a table, which are the same on all three."""
        self.caught_up()
        order = f"SELECT {columns} FROM {table} ORDER BY 1"
        found = [server.execute(order, db=self.database) for server in (self.primary, *self.replicas)]
        assert found[0] == found[1] == found[2]
        return list(found[0])

    def close(self) -> None:
        """After a test."""
        self.mend()


def behind(server: TestServer) -> int | None:
    """What our own reading says of a replica."""
    with Session.open(endpoint(server)) as session:
        return ours.behind(session, dialect_of(server))


def dialect_of(server: TestServer) -> Dialect:
    """The server's dialect."""
    with Session.open(endpoint(server)) as session:
        return read_dialect(session)


def await_stopped(family: Family, replica: TestServer) -> None:
    """Until replication does not run."""
    wait_until(lambda: not family.replicates(replica), what="replication stopped")
