"""What was found about a server before anything was touched. Frozen; made by mysql.inspector."""

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
class ServerFacts:
    """Variables, role and grants."""

    identity: ServerIdentity
    version: str
    flavor: str
    renames_under_lock: bool
    supported: bool
    variables: Mapping[str, str]
    """Global variables by lower-case name; absent where the server has none of that name."""
    is_replica: bool
    missing_grants: tuple[str, ...] = ()
    user: str = ""
    prepared_xa: tuple[bytes, ...] | None = field(default=None)
    """XA transactions that were prepared at inspection; None where we may not ask."""

    @property
    def logs_cascades(self) -> bool:
        """Whether what a foreign key does to other tables' rows is in the binary log (MySQL 9.6 and later)."""
        return self.variables.get("innodb_native_foreign_keys", "").upper() == "OFF"

    def on(self, variable: str) -> bool:
        """Whether a boolean variable is on; false where the server has none of that name."""
        return self.variables.get(variable, "").upper() in ("ON", "1", "YES", "TRUE")
