"""What was found about a server before anything was touched. Frozen; made by mysql.inspector and mysql.replication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerIdentity:
    """Enough to tell one server from another behind the same address (invariant 10)."""

    server_id: str
    uuid: str
    """MySQL's server_uuid; empty on MariaDB."""
    host: str
    port: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port} (server id {self.server_id}{', ' + self.uuid if self.uuid else ''})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A server between two starts."""

    since: int = 0
    """The second of its start, by its own clock; 0 where that is not known."""
    durable: bool = False
    """What it keeps over a crash of its machine is in its binary log, too (sync_binlog=1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What one server leaves out of replication or of its log, as the server lists it."""

    do_schemas: tuple[str, ...] = ()
    ignore_schemas: tuple[str, ...] = ()
    do_tables: tuple[str, ...] = ()
    """`schema.table`"""
    ignore_tables: tuple[str, ...] = ()
    wild_do_tables: tuple[str, ...] = ()
    """Patterns with % and _"""
    wild_ignore_tables: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    """Schemas that get another name, and the names that they get."""
    ignore_servers: tuple[str, ...] = ()
    by_domain: tuple[str, ...] = ()
    """MariaDB: domains that are taken, or left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One source that a server replicates from."""

    name: str = ""
    host: str
    port: int
    receives: bool
    """The thread that fetches the log runs."""
    applies: bool
    """The threads that apply it run."""
    attached: bool = True
    """It has ever read from its source: a source file is known."""
    problem: str = ""
    """The server's last error."""
    server_id: str = ""
    """The source's; empty while it is not known."""
    delay_seconds: int = 0
    behind_seconds: int | None = None
    by_gtid: bool = False
    by_current_pos: bool = False
    """MariaDB: it asks its source for what follows the last transaction of its own log."""
    filters: Filters = field(default_factory=Filters)

    @property
    def running(self) -> bool:
        """Whether it replicates."""
        return self.receives and self.applies


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """Variables, role and grants."""

    identity: ServerIdentity
    version: str
    flavor: str
    renames_under_lock: bool
    supported: bool
    variables: Mapping[str, str]
    """Global variables by lower-case name; absent where the server has none of that name."""
    channels: tuple[Channel, ...] = ()
    """What it replicates from."""
    followers: int = 0
    """Replicas that have registered with it; counted only where somebody wants to know."""
    log_filters: Filters = field(default_factory=Filters)
    """What it leaves out of its own log."""
    missing_grants: tuple[str, ...] = ()
    reading_grants: tuple[str, ...] = ()
    """Of those missing, the ones that are needed where only the log is read."""
    losing_grants: tuple[str, ...] = ()
    """Those missing that are needed besides where losses are accepted (--allow-data-loss)."""
    user: str = ""
    may_write_anyway: bool = False
    """The user may write although the server is read_only."""
    may_stop_replication: bool = False
    prepared_xa: tuple[bytes, ...] | None = field(default=None)
    """XA transactions that were prepared at inspection; None where we may not ask."""

    @property
    def is_replica(self) -> bool:
        """Whether it replicates from another server."""
        return bool(self.channels)

    @property
    def logs_cascades(self) -> bool:
        """Whether what a foreign key does to other tables' rows is in the binary log (MySQL 9.6 and later)."""
        return self.variables.get("innodb_native_foreign_keys", "").upper() == "OFF"

    def on(self, variable: str) -> bool:
        """Whether a boolean variable is on; false where the server has none of that name."""
        return self.variables.get(variable, "").upper() in ("ON", "1", "YES", "TRUE")

    def number(self, variable: str) -> int:
        """A number; 0 where the server has none of that name."""
        text = self.variables.get(variable, "")
        return int(text) if text.isascii() and text.isdigit() else 0
