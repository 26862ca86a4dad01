"""The flags of `ghostshift migrate` as data: gh-ost's with their names and bounds, and ours. flags.py reads them.

A flag's `field` is where its value goes: a field of Options, or of one of its groups as `group.field`. A flag without
one concerns the faces only. Numbers beyond their bounds are brought to the nearest bound with a warning, as gh-ost does
without one, so that scripts written for it go on working.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ghostshift.model.options import CHUNK_SIZES, Tunables

SWITCH, TEXT, WHOLE, NUMBER = bool, str, int, float


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: its name, its kind (str, int, float, bool, tuple for a repeatable text), its default and its help."""

    name: str
    kind: type
    default: Any
    text: str
    group: str = "migration"
    field: str = ""
    low: float | None = None
    high: float | None = None
    least: float | None = None
    """Below it is an error, not brought up to it."""
    idle: str = ""
    """Why it changes nothing here; it is accepted, with this warning."""
    unbuilt: str = ""
    """Why it cannot be had; asking for it is an error with this text."""


def _f(name: str, default: Any, text: str, group: str, field: str = "", **more: Any) -> Flag:
    return Flag(name, type(default), default, text, group, field, **more)


_CONNECTION = (
    _f("host", "127.0.0.1", "server to connect to", "connection", "endpoint.host"),
    _f("port", 3306, "its port", "connection", "endpoint.port"),
    _f("socket", "", "path of its Unix socket, instead of host and port", "connection", "endpoint.socket"),
    _f("user", "", "user name", "connection", "endpoint.user"),
    _f("password", "", "password; better in GHOSTSHIFT_PASSWORD or --conf, where others cannot see it", "connection",
       "endpoint.password"),
    _f("ask-pass", False, "ask for the password", "connection"),
    _f("master-user", "", "user name on the server to migrate on, where it differs; needs --assume-master-host",
       "connection", "topology.master_user"),
    _f("master-password", "", "password there; needs --assume-master-host", "connection", "topology.master_password"),
    _f("conf", "", "INI file with a [client] section: user, password, host, port, socket; and [osc]",
       "connection"),
    _f("mysql-timeout", 0.0, "seconds for connecting and for any single answer; 0 for no limit", "connection",
       "endpoint.timeout"),
    _f("charset", "utf8mb4,utf8,latin1", "character sets of the connection", "connection", "charset",
       idle="connections speak utf8mb4, and values are never converted on their way"),
    _f("ssl", False, "encrypt connections, and verify the server", "connection"),
    _f("ssl-ca", "", "file with the CA certificates (PEM)", "connection"),
    _f("ssl-cert", "", "file with the client's certificate (PEM)", "connection"),
    _f("ssl-key", "", "file with the client's key (PEM)", "connection"),
    _f("ssl-allow-insecure", False, "encrypt without verifying the server", "connection"),
    _f("aliyun-rds", False, "the server's own name and port mean nothing", "connection"),
    _f("gcp", False, "the same", "connection"),
    _f("azure", False, "the same", "connection"),
    _f("skip-port-validation", False, "do not compare --port with the server's own", "connection",
       "topology.skip_port_check"),
)  # fmt: skip

_MIGRATION = (
    _f("database", "", "schema of the table", "migration", "schema"),
    _f("table", "", "table to migrate", "migration", "table"),
    _f("alter", "", "what to change: an ALTER TABLE statement, or only what follows the table's name", "migration",
       "alter"),
    _f("execute", False, "do it; without, the migration is only rehearsed and the table stays as it is", "migration",
       "execute"),
    _f("attempt-instant-ddl", False, "try ALGORITHM=INSTANT first", "migration", "allow.instant_ddl"),
    _f("exact-rowcount", False, "count the rows, for an exact progress", "migration", "exact_rowcount"),
    _f("concurrent-rowcount", True, "count them while copying, not before", "migration", "concurrent_rowcount"),
    _f("indexes-after-copy", False, "make the new table's secondary indexes after the copy, in one statement: faster, "
       "but replicas fall behind by as long as it takes", "migration", "indexes_after_copy"),
    _f("storage-engine", "innodb", "engine of the table", "migration", "storage_engine",
       idle="the engine is read from the table; only InnoDB can be migrated"),
    _f("ok-to-drop-table", False, "drop the old table at the end", "migration", "ok_to_drop_table"),
    _f("initially-drop-ghost-table", False, "drop a ghost table that an earlier run left", "migration",
       "initially_drop_ghost_table"),
    _f("initially-drop-old-table", False, "drop an old table that an earlier run left", "migration",
       "initially_drop_old_table"),
    _f("timestamp-old-table", False, "put the time into the old table's name", "migration", "timestamp_old_table"),
    _f("force-table-names", "", "root of the helper tables' names, instead of the table's name", "migration",
       "force_table_names"),
    _f("allow-nullable-unique-key", False, "copy by a unique key whose columns may be NULL, if none is", "migration",
       "allow.nullable_key"),
    _f("approve-renamed-columns", False, "renamed columns are meant to be renamed", "migration",
       "allow.renamed_columns"),
    _f("skip-renamed-columns", False, "a renamed column is a dropped and an added one; its values are not copied",
       "migration", "allow.skip_renamed_columns"),
    _f("discard-foreign-keys", False, "migrate although the new table will lack the table's foreign keys", "migration",
       "allow.discard_foreign_keys"),
    _f("allow-renamed-checks", False, "CHECK constraints may be called otherwise in the new table (MySQL)", "migration",
       "allow.renamed_checks"),
    _f("skip-foreign-key-checks", False, "do not look for foreign keys", "migration", "allow.skip_foreign_key_checks"),
    _f("skip-strict-mode", False, "do not add STRICT_ALL_TABLES to the sessions that write", "migration",
       "allow.skip_strict_mode"),
    _f("allow-zero-in-date", False, "zero dates may be written", "migration", "allow.zero_in_date"),
    _f("panic-on-warnings", False, "stop on any warning of the server while rows are written", "migration",
       "allow.panic_on_warnings"),
    _f("allow-data-loss", False, "go on where rows clash in a new unique index or values do not fit; they are lost, "
       "and counted", "migration", "allow.data_loss"),
    _f("include-triggers", False, "make the table's triggers on the new table too; needs --trigger-suffix",
       "migration", "triggers.include"),
    _f("trigger-suffix", "", "what is put behind the names of those triggers", "migration", "triggers.suffix"),
    _f("remove-trigger-suffix-if-exists", False, "take it away where a name has it already", "migration",
       "triggers.toggle"),
)  # fmt: skip

_RECOVERY = (
    _f("checkpoint", True, "save how far the migration is, so that it can be resumed", "recovery",
       "recovery.checkpoint"),
    _f("checkpoint-seconds", 5.0, "how often", "recovery", "recovery.seconds", low=0.1, high=3600),
    _f("resume", False, "go on where an earlier run was, or refuse; without, that is done where there is one that fits",
       "recovery", "recovery.resume"),
    _f("no-resume", False, "do not: drop what an earlier run has made, and begin anew", "recovery", "recovery.anew"),
    _f("server-wait-seconds", 600.0, "how long a server that has gone is waited for", "recovery",
       "recovery.server_seconds", low=0),
    _f("revert", False, "swap back to the old table, with all that was written since", "recovery", "recovery.revert"),
    _f("old-table", "", "the old table to go back to, to be sure; needs --revert", "recovery", "recovery.old_table"),
)  # fmt: skip

_TOPOLOGY = (
    _f("allow-on-master", False, "migrate on the primary that we connect to", "topology", "allow_on_master"),
    _f("assume-master-host", "", "host[:port] of the server to migrate on, instead of finding it", "topology",
       "topology.assume_master"),
    _f("allow-master-master", False, "the primaries replicate from each other", "topology",
       "topology.allow_master_master"),
    _f("migrate-on-replica", False, "migrate on the replica that we connect to, and only there", "topology",
       "topology.migrate_on_replica"),
    _f("test-on-replica", False, "migrate on the replica, stop replication, swap, and swap back for comparison",
       "topology", "topology.test_on_replica"),
    _f("test-on-replica-skip-replica-stop", False, "the same, but replication goes on", "topology",
       "topology.keep_replicating"),
    _f("gtid", False, "refuse to start where GTIDs are off: with them a migration goes on with a promoted replica",
       "topology", "topology.gtid"),
    _f("switch-to-rbr", False, "set binlog_format to ROW on the server whose log is read", "topology",
       "topology.switch_to_rbr"),
    _f("assume-rbr", False, "do not restart replication at the start", "topology", "topology.assume_rbr",
       idle="replication is restarted for --switch-to-rbr only"),
    _f("tungsten", False, "replication is not the server's own", "topology", "topology.tungsten"),
    _f("replica-server-id", 0, "server id of our binlog connection; 0 for a random one", "topology",
       "replica_server_id"),
    _f("binlogsyncer-max-reconnect-attempts", 0, "reconnects of the log's reader in a row; 0 is --default-retries",
       "topology", "stream_reconnects", low=0),
)  # fmt: skip

_PACE = (
    _f("chunk-size", 0, "rows in a chunk (10 to 100000); 0 finds the size by itself", "pace", "tunables.chunk_size",
       low=CHUNK_SIZES[0], high=CHUNK_SIZES[1]),
    _f("chunk-seconds", 0.0, "how long a chunk should take where its size is free (0.01 to 10); 0 as the pace has it",
       "pace", "chunk_seconds", least=0, low=0.01, high=10),
    _f("dml-batch-size", 0, "changed keys in one transaction (1 to 1000); 0 finds the size by itself", "pace",
       "tunables.dml_batch_size", low=1, high=1000),
    _f("copy-threads", 0, "threads that copy rows; 0 finds the number by itself", "pace", "tunables.copy_threads",
       least=0, low=1, high=64),
    _f("apply-threads", 0, "threads that apply changes; 0 finds the number by itself", "pace",
       "tunables.apply_threads", least=0, low=1, high=64),
    _f("polite", False, "give way to the application before it notices: its throughput and answers stay as they are",
       "pace", "tunables.polite"),
    _f("app-latency-target", 0.0, "give way while a tiny commit of ours takes more milliseconds than that; 0 for none",
       "pace", "tunables.app_latency_millis", least=0, low=0.1, high=60_000),
    _f("buffer-bytes", 48 << 20, "bound of the buffer of changed keys", "pace", "buffer_bytes"),
    _f("nice-ratio", 0.0, "sleep this many times as long as the last chunk took", "pace", "tunables.nice_ratio",
       low=0, high=100),
    _f("default-retries", 60, "attempts of each operation, and of the cut-over", "pace", "retries", low=1),
    _f("heartbeat-interval-millis", 100, "how often the heartbeat is written", "pace", "heartbeat_millis",
       low=20, high=1000),
)  # fmt: skip

_THROTTLE = (
    _f("max-lag-millis", 1500, "lag at which to throttle: ours, or a control replica's", "throttle",
       "tunables.max_lag_millis", low=100),
    _f("throttle-control-replicas", "", "replicas whose lag counts: host[:port],…", "throttle",
       "tunables.control_replicas"),
    _f("replication-lag-query", "", "how to ask for lag", "throttle",
       idle="lag is read from the heartbeat in the changelog"),
    _f("throttle-flag-file", "", "throttle while this file exists", "throttle", "tunables.throttle_flag_file"),
    _f("throttle-additional-flag-file", Tunables().throttle_additional_flag_file, "another one", "throttle",
       "tunables.throttle_additional_flag_file"),
    _f("throttle-query", "", "throttle while this query's first value is above 0", "throttle",
       "tunables.throttle_query"),
    _f("throttle-http", "", "throttle while a HEAD request to this address is not answered with 200", "throttle",
       "tunables.throttle_http"),
    _f("throttle-http-interval-millis", 100, "how often", "throttle", "tunables.throttle_http_interval_millis", low=10),
    _f("throttle-http-timeout-millis", 1000, "how long the answer may take", "throttle",
       "tunables.throttle_http_timeout_millis", low=10),
    _f("ignore-http-errors", False, "failing to reach it does not throttle", "throttle", "tunables.ignore_http_errors"),
    _f("max-load", "", "status variables at which to throttle: Threads_running=80,…", "throttle", "tunables.max_load"),
    _f("critical-load", "", "status variables at which to give up, or to hibernate", "throttle",
       "tunables.critical_load"),
    _f("critical-load-interval-millis", 0, "give up only when it is met again after so long", "throttle",
       "tunables.critical_load_interval_millis", low=0),
    _f("critical-load-hibernate-seconds", 0, "stand still for so long instead of giving up", "throttle",
       "tunables.critical_load_hibernate_seconds", low=0),
    _f("panic-flag-file", "", "give up as soon as this file exists", "throttle", "tunables.panic_flag_file"),
)  # fmt: skip

_VERIFICATION = (
    _f("verify", True, "compare the new table with the original, row by row, before it is swapped in", "verification",
       "verification.enabled"),
    _f("no-verify", False, "do not", "verification", "verification.skip"),
    _f("verify-only", False, "copy and compare, then remove the new table: nothing is swapped", "verification",
       "verification.only"),
    _f("verify-passes", 1, "how often every row is compared; the first time while the copy is still going on",
       "verification", "verification.passes", low=1, high=100),
)  # fmt: skip

_CUT_OVER = (
    _f("cut-over", "atomic", "how to swap: atomic, or two-step", "cut-over", "cut_over.kind"),
    _f("cut-over-lock-timeout-seconds", 3, "how long the cut-over may wait for locks, and hold them", "cut-over",
       "cut_over_lock_seconds", low=1, high=10),
    _f("cut-over-exponential-backoff", False, "wait twice as long after each failed attempt", "cut-over",
       "cut_over.exponential_backoff"),
    _f("exponential-backoff-max-interval", 64, "seconds that it waits at most", "cut-over",
       "cut_over.backoff_most_seconds", low=2),
    _f("postpone-cut-over-flag-file", "", "do not cut over while this file exists; it is made at the start",
       "cut-over", "tunables.postpone_flag_file"),
    _f("force-named-cut-over", False, "the command unpostpone must name the table", "cut-over", "cut_over.force_named"),
    _f("force-named-panic", False, "the command panic must name the table", "cut-over", "cut_over.force_named_panic"),
    _f("analyze-ghost-table-before-cutover", False, "ANALYZE the new table before it is swapped in", "cut-over",
       "cut_over.analyze"),
    _f("allow-setup-metadata-lock-instruments", False, "switch the server's lock instruments on", "cut-over",
       idle="the swap does not rely on performance_schema"),
    _f("skip-metadata-lock-check", False, "do not insist on them", "cut-over",
       idle="the swap does not rely on performance_schema"),
)  # fmt: skip

_HOOKS = (
    _f("hooks-path", "", "folder of programs to run at the turns of the migration", "hooks", "hooks.path"),
    _f("hooks-hint", "", "text for the hooks", "hooks", "hooks.hint"),
    _f("hooks-hint-owner", "", "text for the hooks", "hooks", "hooks.owner"),
    _f("hooks-hint-token", "", "text for the hooks", "hooks", "hooks.token"),
    _f("hooks-status-interval", 60, "seconds between two calls of the status hook; 0 for none", "hooks",
       "hooks.status_seconds"),
    _f("hooks-timeout", 0.0, "seconds that a hook may take; 0 for no limit", "hooks", "hooks.timeout_seconds", low=0),
    _f("statsd-addr", "", "host:port, or a Unix socket, for figures by the DogStatsD protocol", "hooks",
       "metrics.address"),
    Flag("statsd-tags", tuple, (), "key:value for all figures; may be given again", "hooks", "metrics.tags"),
    _f("runtime-metrics-interval", 10, "seconds between figures of our own process; 0 for none", "hooks",
       "metrics.runtime_seconds", low=0),
)  # fmt: skip

_FACES = (
    _f("serve-socket-file", "", "control socket (default /tmp/gh-ost.<database>.<table>.sock; - for none)", "faces",
       "serve_socket_file"),
    _f("initially-drop-socket-file", False, "remove an existing socket file first", "faces",
       "initially_drop_socket_file"),
    _f("serve-tcp-port", "", "[address:]port for commands; else on loopback; a change needs a token", "faces",
       "serve_tcp"),
    _f("report-file", "", "write the outcome's figures there as JSON", "faces"),
    _f("no-display", False, "plain status lines even on a terminal", "faces"),
    _f("quiet", False, "log errors only", "faces"),
    _f("verbose", False, "log what is being done (the default here)", "faces"),
    _f("debug", False, "log everything, and show tracebacks", "faces"),
    _f("stack", False, "show tracebacks", "faces"),
    _f("check-flag", False, "only say, by the exit code, whether every flag on the line is known", "faces"),
    _f("help", False, "print this", "faces"),
    _f("version", False, "print the version", "faces"),
)  # fmt: skip

FLAGS: tuple[Flag, ...] = (
    *_CONNECTION, *_MIGRATION, *_RECOVERY, *_TOPOLOGY, *_PACE, *_THROTTLE, *_VERIFICATION, *_CUT_OVER, *_HOOKS, *_FACES,
)  # fmt: skip

BY_NAME = {flag.name: flag for flag in FLAGS}
