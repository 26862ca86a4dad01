"""Figures of a real migration, as a statsd receives them."""

from __future__ import annotations

import socket

from builders.program import columns, environment, make_table, run, words
from plugins.server_pool import TestServer

EXPECTED = [
    "startup:1|c",
    "row_copy.rows_copied:200|g",
    "row_copy.rows_estimate:",
    "dml.events_applied:",
    "binlog.backlog_size:0|g",
    "binlog.backlog_capacity:",
    "binlog.backlog_utilization:0|g",
    "lag.replication_seconds:",
    "lag.heartbeat_seconds:",
    "throttle.active:0|g",
    "runtime.rss_bytes:",
    "cut_over.attempts_total:1|c|#env:test,outcome:success",
    "cut_over.total_duration_milliseconds:",
    "query.duration_milliseconds:",
]


def test_the_figures_of_a_run_arrive(server: TestServer, database: str) -> None:
    make_table(server, database)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statsd:
        statsd.bind(("127.0.0.1", 0))
        statsd.settimeout(0.2)
        address = f"127.0.0.1:{statsd.getsockname()[1]}"
        flags = words(server, database, execute=True, statsd_addr=address, statsd_tags="env:test")
        ended = run(flags, environment(server.password))
        assert ended.code == 0, ended
        lines: list[str] = []
        try:
            while True:
                lines += statsd.recv(1 << 16).decode().split("\n")
        except TimeoutError:
            pass
    missing = [name for name in EXPECTED if not any(line.startswith(f"gh_ost.{name}") for line in lines)]
    assert not missing, lines
    assert all("|#env:test" in line for line in lines)
    phases = {line.partition("phase:")[2] for line in lines if "cut_over.phase_duration" in line}
    assert {"magic_lock", "original_table_lock", "magic_rename", "unlock"} <= phases, lines


def test_a_statsd_that_is_not_there_is_no_reason_to_fail(server: TestServer, database: str) -> None:
    make_table(server, database)
    ended = run(words(server, database, execute=True, statsd_addr="/nowhere/statsd"), environment(server.password))
    assert ended.code == 0, ended
    assert ended.err.count("figures cannot be sent") == 1
    assert "added" in columns(server, database)
