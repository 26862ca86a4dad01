"""What a person asked for. `Options` is fixed for the run; `Tunables` may be replaced while it runs, as a whole.

Order of sources: flag, environment, file, default; `ghostshift.flags` builds these values.
Passwords live in `Endpoint` only, which never prints them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ghostshift.model import rules
from ghostshift.model.address import show_address
from ghostshift.model.names import TableName
from ghostshift.model.settings import (
    Allowances,
    CutOverSettings,
    HookSettings,
    Metrics,
    Recovery,
    Topology,
    TriggerSettings,
    Verification,
)

CHUNK_SIZES = rules.CHUNK_SIZES


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How to encrypt. Certificates are verified unless `verify` is switched off by name."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server and how to log in to it. A socket path wins over host and port."""

    host: str = "127.0.0.1"
    port: int = 3306
    socket: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 0.0
    """Seconds for connecting; 0 means ten."""
    tls: Tls | None = None

    def __str__(self) -> str:
        return self.socket or show_address(self.host, self.port)

    def at(self, host: str, port: int) -> Endpoint:
        """The same credentials at another address."""
        return replace(self, host=host, port=port, socket="")


Load: TypeAlias = tuple[tuple[str, int], ...]
"""Status variables of the server with the value at which each counts as too much, sorted by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunables:
    """What may change while a migration runs. Never edited: replaced."""

    chunk_size: int = 0
    """Rows in a chunk; 0 follows `Options.chunk_seconds` and `Options.chunk_bytes`."""
    dml_batch_size: int = 0
    """Keys in one apply transaction; 0 is `Options.apply_batch`."""
    nice_ratio: float = 0.0
    """Each copier sleeps this many times as long as its last chunk took."""
    copy_threads: int = 0
    """Threads that copy; 0 finds the number (core/pacing.py)."""
    apply_threads: int = 0
    """Threads that apply changes; 0 finds the number."""
    polite: bool = False
    """Give way as soon as the application could notice us."""
    app_latency_millis: float = 0.0
    """Give way as soon as a tiny commit takes longer; 0 is no such target."""
    max_lag_millis: int = 1500
    throttled_by_user: bool = False
    throttle_flag_file: str = ""
    throttle_additional_flag_file: str = "/tmp/gh-ost.throttle"  # noqa: S108 - gh-ost's own default, only ever tested for
    postpone_flag_file: str = ""
    panic_flag_file: str = ""
    control_replicas: tuple[tuple[str, int], ...] = ()
    max_load: Load = ()
    critical_load: Load = ()
    critical_load_interval_millis: int = 0
    critical_load_hibernate_seconds: int = 0
    throttle_query: str = ""
    throttle_http: str = ""
    throttle_http_interval_millis: int = 100
    throttle_http_timeout_millis: int = 1000
    ignore_http_errors: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be, wherever it comes from: a flag, a command, a caller."""
        rules.check_web_address("throttle-http", self.throttle_http)

    @property
    def gentle(self) -> bool:
        """Whether it is asked for that the application shall not notice us, in words or by a target."""
        return self.polite or self.app_latency_millis > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One migration, as asked for."""

    endpoint: Endpoint
    schema: str
    table: str
    alter: str
    execute: bool = False
    allow_on_master: bool = False
    chunk_seconds: float = 0.0
    """How long a chunk should take where its size is free; 0 is as long as the pace has it."""
    chunk_bytes: int = 2 << 20
    """How many bytes of rows a chunk may hold: it is one transaction, and others' commits wait while it is logged."""
    buffer_bytes: int = 48 << 20
    """Bound of the delta buffer (invariant 12)."""
    apply_batch: int = 500
    """Keys in one apply transaction."""
    heartbeat_millis: int = 100
    cut_over_lock_seconds: int = 3
    retries: int = 60
    replica_server_id: int = 0
    """Server id of our binlog connection; 0 picks one at random."""
    force_table_names: str = ""
    timestamp_old_table: bool = False
    initially_drop_ghost_table: bool = False
    initially_drop_old_table: bool = False
    initially_drop_socket_file: bool = False
    ok_to_drop_table: bool = False
    indexes_after_copy: bool = False
    """Make the ghost's secondary indexes once its rows are there."""
    exact_rowcount: bool = False
    concurrent_rowcount: bool = True
    """Count while copying, not before."""
    stream_reconnects: int = 0
    """How often in a row the log's reader may reconnect without getting on; 0 is `retries`."""
    storage_engine: str = "innodb"
    charset: str = ""
    serve_tcp: str = ""
    """`[host:]port` of the command server's TCP face; empty for none, and loopback where no host is given."""
    serve_socket_file: str = ""
    """Path of the control socket; empty is gh-ost's, in /tmp; `-` serves none."""
    tunables: Tunables = field(default_factory=Tunables)
    topology: Topology = field(default_factory=Topology)
    hooks: HookSettings = field(default_factory=HookSettings)
    triggers: TriggerSettings = field(default_factory=TriggerSettings)
    allow: Allowances = field(default_factory=Allowances)
    cut_over: CutOverSettings = field(default_factory=CutOverSettings)
    metrics: Metrics = field(default_factory=Metrics)
    verification: Verification = field(default_factory=Verification)
    recovery: Recovery = field(default_factory=Recovery)

    def __post_init__(self) -> None:
        """Refuse values that cannot be, before anything is touched."""
        rules.check_options(self)

    @property
    def original(self) -> TableName:
        """The table to migrate."""
        return TableName(self.schema, self.table)
