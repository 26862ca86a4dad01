"""How much room and time a migration may take, reckoned from the server's own figures. Pure.

Ranges, never one number: statistics are estimates, and a probe of a moment says little of hours. Each result says how
it was reckoned. What throttles (lag, load, people) cannot be foreseen and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from ghostshift.core.pacing import CHUNK_SECONDS
from ghostshift.model.options import Options
from ghostshift.model.report import Forecast, Span, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What the server's statistics say of the original, and how many indexes come and go."""

    rows: int
    data_bytes: int
    index_bytes: int
    indexes: int
    """Besides the primary key, in the original."""
    ghost_indexes: int
    row_image: str
    compressed_log: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a short reading showed."""

    rows: int
    seconds: float
    row_bytes: float
    pages: int | None
    writes_per_second: float | None


FILL = (0.7, 1.2)
"""A table written anew in its key's order, against what it takes now: holes vanish; new columns come."""

INDEX_SHARE = (0.05, 0.4)
"""A new index against the table's rows."""

EVENT_BYTES = (4.0, 24.0)
"""What a row image adds to a row's values: NULL bits, lengths, and a share of the event's head."""

LEAST, MOST = 1.5, 12.0
"""Copying against reading, by the clock: 3 times on a quiet server with two cores, 13 times on a busy one."""

AROUND = 5.0
"""Seconds for preparing and swapping, at the most, where nobody holds the table."""

INDEX_LEAST, INDEX_MOST = 0.1, 1.5
"""As much again for each secondary index, which is written in another order than it is read."""

VERIFYING = 1.25
"""What verification may add, at the most."""


def volume(sizes: Sizes, probe: Probe | None) -> Volume:
    """Disk and binary log."""
    whole = sizes.data_bytes + sizes.index_bytes
    more = max(0, sizes.ghost_indexes - sizes.indexes)
    low, high = (whole * fill + more * share * sizes.data_bytes for fill, share in zip(FILL, INDEX_SHARE, strict=True))
    values = probe.row_bytes if probe is not None else _mean(sizes)
    logged = [sizes.rows * (values + event) for event in EVENT_BYTES]
    if sizes.compressed_log:
        logged[0] /= 5
    return Volume(
        rows=sizes.rows,
        data_bytes=sizes.data_bytes,
        index_bytes=sizes.index_bytes,
        row_bytes=round(values, 1),
        row_image=sizes.row_image,
        disk_bytes=Span(low=round(low), high=round(high)),
        binlog_bytes=Span(low=round(logged[0] * 0.8), high=round(logged[1] * 1.2)),
        how=_how_big(sizes, probe, more),
    )


def _mean(sizes: Sizes) -> float:
    return sizes.data_bytes / sizes.rows if sizes.rows else 0.0


def _how_big(sizes: Sizes, probe: Probe | None, more: int) -> str:
    mean = "as the probe saw them" if probe is not None else "by the server's statistics"
    added = f", {more} new index(es) at {INDEX_SHARE[0]:.0%} to {INDEX_SHARE[1]:.0%} of the rows each" if more else ""
    images = "before and after" if sizes.row_image == "FULL" else "its key before, what is written after"
    packed = "; the log is compressed, to a fifth at best" if sizes.compressed_log else ""
    return (
        f"disk: {FILL[0]:.0%} to {FILL[1]:.0%} of what table and indexes take now{added}; the binary log comes on top, "
        f"until it is purged. Binary log: each row of the new table once (rows by the statistics, values {mean})"
        f"{packed}; each row that the application changes meanwhile is logged for the new table too ({images}: "
        f"binlog_row_image is {sizes.row_image})"
    )


def forecast(sizes: Sizes, probe: Probe, options: Options, replicas: int | None) -> Forecast:
    """Time."""
    reading = sizes.rows * probe.seconds / probe.rows if probe.rows else 0.0
    naps = 1.0 + options.tunables.nice_ratio
    checked = VERIFYING if options.verification.wanted else 1.0
    low = reading * (LEAST + INDEX_LEAST * sizes.ghost_indexes) * naps
    high = reading * (MOST + INDEX_MOST * sizes.ghost_indexes) * naps * checked + AROUND
    return Forecast(
        probed_rows=probe.rows,
        probed_seconds=round(probe.seconds, 4),
        pages_from_disk=probe.pages,
        writes_per_second=None if probe.writes_per_second is None else round(probe.writes_per_second, 1),
        copy_seconds=Span(low=round(low, 1), high=round(high, 1)),
        how=_how_long(sizes, probe, options),
        replicas=replicas,
        replica_seconds=_behind(high, options) if replicas else None,
    )


def _how_long(sizes: Sizes, probe: Probe, options: Options) -> str:
    cold = ""
    if probe.pages is not None:
        cold = f", with {probe.pages} pages read from disk by the whole server meanwhile"
    nice = (
        f", and {options.tunables.nice_ratio:g} times as long asleep (--nice-ratio)"
        if options.tunables.nice_ratio
        else ""
    )
    verified = f"; up to {VERIFYING - 1:.0%} more for verification" if options.verification.wanted else ""
    return (
        f"{probe.rows} rows were read in {probe.seconds * 1000:.0f} ms{cold}; copying takes {LEAST:g} to {MOST:g} "
        f"times as long as reading, and {INDEX_LEAST:g} to {INDEX_MOST:g} times as long again for each of the "
        f"{sizes.ghost_indexes} secondary indexes{nice}{verified}; up to {AROUND:g} s for preparing and swapping. "
        "Rows that are not in memory, a busier server and "
        "throttling make it longer"
    )


def _behind(high: float, options: Options) -> Span:
    """A chunk is one transaction, which a replica begins to apply when it is over; at worst one thread applies all."""
    single = high * (1 - 1 / max(2, options.tunables.copy_threads))
    chunk = options.chunk_seconds or CHUNK_SECONDS
    return Span(low=round(chunk, 1), high=round(max(2 * chunk, single), 1))
