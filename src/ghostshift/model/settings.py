"""What a person may ask for besides the table and the ALTER, in groups that belong together. `Options` holds them.

Every default is what happens without the flag. Words are gh-ost's where it has a word for the thing.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Which server's log is read, and which server is migrated."""

    assume_master: str = ""
    """`host[:port]` of the server to migrate on; empty finds it by asking the replicas upwards."""
    master_user: str = ""
    """For the server to migrate on, where it differs; empty is the same user."""
    master_password: str = field(default="", repr=False)
    allow_master_master: bool = False
    migrate_on_replica: bool = False
    test_on_replica: bool = False
    keep_replicating: bool = False
    """In a test on a replica, do not stop replication at the cut-over."""
    gtid: bool = False
    """Demand GTIDs, by which a migration can go on with another server of the same replication."""
    switch_to_rbr: bool = False
    assume_rbr: bool = False
    tungsten: bool = False
    """Replication is not the server's own: its log_replica_updates says nothing."""
    skip_port_check: bool = False
    """The server's own idea of its port and name is not to be compared with where we connected to."""

    @property
    def on_replica(self) -> bool:
        """A replica is to be migrated, and not its source."""
        return self.test_on_replica or self.migrate_on_replica


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSettings:
    """Programs to run at the turns of a migration."""

    path: str = ""
    """Folder with the programs; empty for none."""
    hint: str = ""
    owner: str = ""
    token: str = ""
    status_seconds: int = 60
    """How often the status hook runs; 0 never."""
    timeout_seconds: float = 0.0
    """How long one hook may take; 0 for no limit, as in gh-ost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerSettings:
    """What becomes of the table's triggers."""

    include: bool = False
    suffix: str = ""
    toggle: bool = False
    """Take the suffix away where a trigger's name has it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """What is refused or stopped unless it is allowed by name."""

    nullable_key: bool = False
    renamed_columns: bool = False
    """Approved by name. A rename is read from the statement itself, so nothing needs it."""
    skip_renamed_columns: bool = False
    """Treat a renamed column as dropped and added: its values are not copied."""
    discard_foreign_keys: bool = False
    skip_foreign_key_checks: bool = False
    skip_strict_mode: bool = False
    zero_in_date: bool = False
    panic_on_warnings: bool = False
    instant_ddl: bool = False
    """Try ALGORITHM=INSTANT first."""
    renamed_checks: bool = False
    """CHECK constraints whose names the original holds may be called otherwise in the new table (MySQL)."""
    data_loss: bool = False
    """Rows that clash in a new unique index and values that do not fit may be lost; how many is reported."""


TWO_STEP = "two-step"
"""Accepted, and done in one atomic step all the same (docs/decisions/0007)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOverSettings:
    """How the swap is tried. The time limit of its locks is `Options.cut_over_lock_seconds`."""

    kind: str = "atomic"
    exponential_backoff: bool = False
    backoff_most_seconds: int = 64
    force_named: bool = False
    """`unpostpone` must name the table."""
    force_named_panic: bool = False
    analyze: bool = False
    """ANALYZE the ghost before it is swapped in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Whether and how the ghost is compared with the original before it is swapped in."""

    enabled: bool = True
    skip: bool = False
    only: bool = False
    """Copy, follow and verify, then remove the ghost: nothing is swapped."""
    passes: int = 1
    """How often every row is compared; the first time goes on behind the copy, each further one after it."""

    @property
    def wanted(self) -> bool:
        """Whether the ghost is to be verified."""
        return self.enabled and not self.skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What is saved for another process, and what is done with what an earlier one has saved."""

    checkpoint: bool = True
    """Save how far the migration is."""
    seconds: float = 5.0
    """How often."""
    resume: bool = False
    """Go on with an earlier run, or refuse; otherwise that happens where there is one that fits."""
    anew: bool = False
    """Never go on with an earlier run: drop what it made, and begin."""
    server_seconds: float = 600.0
    """How long a server that has gone is waited for."""
    revert: bool = False
    """Swap back to the old table of an earlier migration, with all that was written since."""
    old_table: str = ""
    """Its name, to be sure; empty for the one that the checkpoint names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Where figures are sent by the DogStatsD protocol."""

    address: str = ""
    tags: tuple[str, ...] = ()
    runtime_seconds: int = 10
    """How often figures of our own process are sent; 0 never."""
