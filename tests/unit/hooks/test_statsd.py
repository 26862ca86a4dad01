"""Figures in DogStatsD's words, received by a socket of the test; and a statsd that is not there."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghostshift.core.progress import Snapshot
from ghostshift.core.throttling import Verdict
from ghostshift.hooks.metrics import Collector
from ghostshift.hooks.statsd import Statsd
from ghostshift.model.errors import UsageError
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Metrics
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.meter import Meter


class Receiver:
    """A statsd."""

    def __init__(self, family: int, address: object) -> None:
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind(address)  # type: ignore[arg-type]
        self.socket.settimeout(5.0)

    @property
    def address(self) -> str:
        """As a person gives it."""
        name = self.socket.getsockname()
        return name if isinstance(name, str) else f"{name[0]}:{name[1]}"

    def lines(self) -> list[str]:
        """Of one packet."""
        return self.socket.recv(1 << 16).decode().split("\n")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver(socket.AF_INET, ("127.0.0.1", 0))
    yield found
    found.socket.close()


def test_each_kind_is_a_line_with_its_tags(receiver: Receiver) -> None:
    statsd = Statsd(receiver.address, ("env:test", "team"))
    meter = Meter(statsd.take)
    meter.count("startup")
    meter.count("startup", 2)
    meter.gauge("backlog", 1)
    meter.gauge("backlog", 12345678)
    meter.milliseconds("cut_over.total_duration", 0.25, outcome="success")
    meter.milliseconds("cut_over.total_duration", 0.5, outcome="success")
    statsd.close()
    assert receiver.lines() == [
        "gh_ost.startup:3|c|#env:test,team",
        "gh_ost.backlog:12345678|g|#env:test,team",
        "gh_ost.cut_over.total_duration_milliseconds:250|h|#env:test,team,outcome:success",
        "gh_ost.cut_over.total_duration_milliseconds:500|h|#env:test,team,outcome:success",
    ]


def test_a_tag_cannot_break_its_line(receiver: Receiver) -> None:
    statsd = Statsd(receiver.address)
    Meter(statsd.take).count("throttle.events_total", reason="load a|b,c\n#d:e")
    statsd.close()
    assert receiver.lines() == ["gh_ost.throttle.events_total:1|c|#reason:load a_b_c__d_e"]


def test_packets_pass_a_network_whole(receiver: Receiver) -> None:
    statsd = Statsd(receiver.address)
    for number in range(200):
        Meter(statsd.take).gauge(f"a.long.name.{number}", number)
    statsd.close()
    found: list[str] = []
    while len(found) < 200:
        packet = receiver.lines()
        assert len("\n".join(packet)) <= 1432
        found += packet
    assert len(set(found)) == 200


def test_through_a_unix_socket(tmp_path: Path) -> None:
    receiver = Receiver(socket.AF_UNIX, str(tmp_path / "statsd"))
    statsd = Statsd(f"unix://{tmp_path}/statsd")
    Meter(statsd.take).count("startup")
    statsd.close()
    assert receiver.lines() == ["gh_ost.startup:1|c"]
    receiver.socket.close()


def test_one_that_is_not_there_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    statsd = Statsd(str(tmp_path / "nobody"))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            Meter(statsd.take).count("startup")
            statsd.flush()
        statsd.close()
    assert [record.message.partition("(")[0] for record in caplog.records] == [
        f"figures cannot be sent to {tmp_path}/nobody "
    ]


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    asked: list[object] = []

    def ask(*host: object, **_: object) -> None:
        asked.append(host)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    statsd = Statsd("statsd.example:8125")
    for _ in range(3):
        Meter(statsd.take).count("startup")
        statsd.flush()
    assert asked == [("statsd.example", 8125)]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("address", ["host:port", "host:0", ":8125", "host:70000"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="--statsd-addr"):
        Statsd(address)


def _snapshot() -> Snapshot:
    return Snapshot(
        phase=Phase.COPYING, rows_copied=10, rows_estimate=40, percent=25.0, rows_per_second=1.0, changes_received=5,
        changes_per_second=0.0, applied=4, applied_per_second=0.0, backlog=1, capacity=4, lag=0.5, elapsed=1.0,
        copy_elapsed=1.0, eta_seconds=None, throttled="", position="f:4", verdict="", server_lag=0.75,
    )  # fmt: skip


def test_what_is_collected_of_a_migration(receiver: Receiver) -> None:
    board, stop = StatusBoard(), Stop()
    collector = Collector(Metrics(address=receiver.address), board, stop)
    collector.begin()
    assert receiver.lines() == ["gh_ost.startup:1|c"]
    board.publish(_snapshot())
    board.publish(Verdict("load Threads_running=90 >= 80", "max-load"))
    collector._watch_throttling(1.0)
    board.publish(Verdict())
    collector._watch_throttling(3.0)
    collector._measure_ourselves()
    collector.end()
    found = receiver.lines()
    assert found[:11] == [
        "gh_ost.throttle.events_total:1|c|#reason:max-load",
        "gh_ost.throttle.duration_milliseconds:2000|h|#reason:max-load",
        *(line for line in found if line.startswith("gh_ost.runtime.")),
        *found[7:11],
    ]
    for line in (
        "gh_ost.row_copy.rows_copied:10|g",
        "gh_ost.row_copy.rows_estimate:40|g",
        "gh_ost.dml.events_applied:4|g",
        "gh_ost.binlog.backlog_size:1|g",
        "gh_ost.binlog.backlog_capacity:4|g",
        "gh_ost.binlog.backlog_utilization:0.25|g",
        "gh_ost.lag.replication_seconds:0.75|g|#throttled:false",
        "gh_ost.lag.heartbeat_seconds:0.5|g|#throttled:false",
        "gh_ost.throttle.active:0|g",
    ):
        assert line in found


def test_nobody_collects_where_no_address_is_given() -> None:
    board = StatusBoard()
    collector = Collector(Metrics(), board, Stop())
    collector.begin()
    Meter.of(board).count("startup")
    collector.end()
    assert not collector.wanted
