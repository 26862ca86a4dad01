"""Where a migration takes place: the server whose log is read, and the server that is migrated. Decided once.

The *inspected* server is the one that we were told to connect to; its binary log is followed, and nothing of ours is
written there. The *migrated* server is where the table is copied, where every barrier, marker and heartbeat is
committed and where the swap happens; the invariants about visibility speak of it. Both may be one server.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ghostshift.model.options import Endpoint


class Mode(enum.Enum):
    """Which server is migrated; the value is what a person reads."""

    ON_PRIMARY = "on the primary itself"
    THROUGH_REPLICA = "on the primary, by a replica's log"
    ON_REPLICA = "on the replica, and only there"
    TEST_ON_REPLICA = "on the replica, as a test"

    @property
    def on_replica(self) -> bool:
        """A replica is migrated: its table is the only one that changes."""
        return self in (Mode.ON_REPLICA, Mode.TEST_ON_REPLICA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """On the board from the moment it is decided."""

    mode: Mode
    migrated: Endpoint
    inspected: Endpoint
    migrated_name: str = ""
    """What the server itself says is its host."""
    inspected_name: str = ""
    migrated_version: str = ""
    inspected_version: str = ""
    executing: str = ""
    """The name of the machine that runs us."""
