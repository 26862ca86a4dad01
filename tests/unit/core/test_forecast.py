"""What is reckoned from a server's figures: ranges that grow with what they are made of, and say how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ghostshift.core.forecast import AROUND, Probe, Sizes, forecast, volume
from ghostshift.model.options import Endpoint, Options, Tunables
from ghostshift.model.report import Span
from ghostshift.model.settings import Verification

SIZES = Sizes(
    rows=1_000_000, data_bytes=200_000_000, index_bytes=50_000_000, indexes=1, ghost_indexes=1,
    row_image="FULL", compressed_log=False,
)  # fmt: skip
PROBE = Probe(rows=20_000, seconds=0.02, row_bytes=190.0, pages=0, writes_per_second=12.0)


def options(**more: Any) -> Options:
    return Options(**{"endpoint": Endpoint(), "schema": "s", "table": "t", "alter": "FORCE", **more})


def spans(found: object) -> list[Span]:
    return [value for name in found.__slots__ if isinstance(value := getattr(found, name), Span)]  # type: ignore[attr-defined]


def test_each_range_is_one() -> None:
    found = spans(volume(SIZES, PROBE)) + spans(forecast(SIZES, PROBE, options(), 2))
    assert len(found) == 4
    assert all(0 < span.low < span.high for span in found)


def test_a_new_index_takes_room_and_time() -> None:
    more = replace(SIZES, ghost_indexes=3)
    assert volume(more, PROBE).disk_bytes.high > volume(SIZES, PROBE).disk_bytes.high
    assert (
        forecast(more, PROBE, options(), 0).copy_seconds.high > forecast(SIZES, PROBE, options(), 0).copy_seconds.high
    )
    assert "2 new index(es)" in volume(more, PROBE).how


def test_the_log_is_reckoned_from_the_rows_that_were_seen() -> None:
    found = volume(SIZES, PROBE).binlog_bytes
    assert found.low < SIZES.rows * PROBE.row_bytes < found.high
    fat = volume(SIZES, replace(PROBE, row_bytes=1900.0)).binlog_bytes
    assert fat.low > found.high
    assert volume(SIZES, None).row_bytes == 200.0
    assert "by the server's statistics" in volume(SIZES, None).how


def test_a_compressed_log_may_be_smaller() -> None:
    packed, plain = volume(replace(SIZES, compressed_log=True), PROBE), volume(SIZES, PROBE)
    assert packed.binlog_bytes.low < plain.binlog_bytes.low
    assert packed.binlog_bytes.high == plain.binlog_bytes.high


@pytest.mark.parametrize(("image", "said"), [("FULL", "before and after"), ("MINIMAL", "its key before")])
def test_the_row_image_is_said(image: str, said: str) -> None:
    assert said in volume(replace(SIZES, row_image=image), PROBE).how


def test_a_slower_server_takes_longer_and_so_does_a_nicer_migration() -> None:
    plain = forecast(SIZES, PROBE, options(), 0).copy_seconds
    assert forecast(SIZES, replace(PROBE, seconds=0.2), options(), 0).copy_seconds.low == pytest.approx(plain.low * 10)
    nice = forecast(SIZES, PROBE, options(tunables=Tunables(nice_ratio=1.0)), 0)
    assert nice.copy_seconds.low == pytest.approx(plain.low * 2, abs=0.1)
    assert "--nice-ratio" in nice.how


def test_verification_is_in_the_most_only() -> None:
    with_it = forecast(SIZES, PROBE, options(), 0)
    without = forecast(SIZES, PROBE, options(verification=Verification(skip=True)), 0)
    assert with_it.copy_seconds.low == without.copy_seconds.low
    assert with_it.copy_seconds.high > without.copy_seconds.high
    assert "verification" in with_it.how
    assert "verification" not in without.how


def test_an_empty_table_needs_no_division() -> None:
    empty = replace(SIZES, rows=0, data_bytes=16384, index_bytes=0)
    nothing = replace(PROBE, rows=0, row_bytes=0.0)
    assert forecast(empty, nothing, options(), None).copy_seconds == Span(low=0.0, high=AROUND)
    assert volume(empty, None).binlog_bytes == Span(low=0, high=0)


@pytest.mark.parametrize(("replicas", "told"), [(None, False), (0, False), (2, True)])
def test_replicas_lag_only_where_there_are_some(replicas: int | None, told: bool) -> None:  # noqa: FBT001
    found = forecast(SIZES, PROBE, options(), replicas)
    assert found.replicas == replicas
    assert (found.replica_seconds is not None) == told
