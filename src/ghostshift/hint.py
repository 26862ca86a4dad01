"""The hint block: what is being migrated, where, and how it is set; as gh-ost prints it (9.3), and the pace.

It reads the board, and looks which flag files exist. It must never show a password.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from ghostshift.core.pacing import Pace
from ghostshift.model.address import show_address
from ghostshift.model.messages import Began, Serving
from ghostshift.model.options import Endpoint, Load, Tunables
from ghostshift.model.places import Places
from ghostshift.model.plan import Plan
from ghostshift.model.shown import one_line
from ghostshift.runtime.board import StatusBoard

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def hint(board: StatusBoard) -> str:
    """The block, each line with its end."""
    return "".join(f"{one_line(line)}\n" for line in _lines(board))


def load_text(load: Load) -> str:
    """`Threads_connected=500,Threads_running=80`."""
    return ",".join(f"{name}={value}" for name, value in load)


def address_text(endpoint: Endpoint) -> str:
    """`host:port`, or the socket's path."""
    return endpoint.socket or show_address(endpoint.host, endpoint.port)


def date_text(moment: time.struct_time) -> str:
    """As Ruby prints it, in English whatever the locale: `Mon Jan 02 15:04:05 -0700 2006`."""
    return (
        f"{DAYS[moment.tm_wday]} {MONTHS[moment.tm_mon - 1]} {moment.tm_mday:02d} {moment.tm_hour:02d}:"
        f"{moment.tm_min:02d}:{moment.tm_sec:02d} {time.strftime('%z', moment)} {moment.tm_year}"
    )


def _lines(board: StatusBoard) -> Iterator[str]:
    tunables = board.get(Tunables, Tunables())
    plan, places, began = board.read(Plan), board.read(Places), board.read(Began)
    if plan is not None:
        yield f"# Migrating {plan.table.sql}; Ghost table is {plan.ghost.name.sql}"
    if places is not None:
        yield (
            f"# Migrating {address_text(places.migrated)}; inspecting {address_text(places.inspected)}; "
            f"executing on {places.executing}"
        )
    if began is not None:
        yield f"# Migration started at {date_text(time.localtime(began.at))}"
    yield (
        f"# chunk-size: {tunables.chunk_size}; max-lag-millis: {tunables.max_lag_millis}ms; "
        f"dml-batch-size: {tunables.dml_batch_size}; max-load: {load_text(tunables.max_load)}; "
        f"critical-load: {load_text(tunables.critical_load)}; nice-ratio: {tunables.nice_ratio:f}"
    )
    pace = board.read(Pace)
    if pace is not None:
        yield f"# pace: {pace.text}"
    yield from _files_and_sources(tunables)
    yield from _served(board.get(Serving, Serving()))


def _files_and_sources(tunables: Tunables) -> Iterator[str]:
    for name, path in (
        ("throttle-flag-file", tunables.throttle_flag_file),
        ("throttle-additional-flag-file", tunables.throttle_additional_flag_file),
    ):
        if path:
            yield f"# {name}: {path} {_set(path)}"
    if tunables.throttle_query:
        yield f"# throttle-query: {tunables.throttle_query}"
    if tunables.control_replicas:
        yield f"# throttle-control-replicas count: {len(tunables.control_replicas)}"
    if tunables.postpone_flag_file:
        yield f"# postpone-cut-over-flag-file: {tunables.postpone_flag_file} {_set(tunables.postpone_flag_file)}"
    if tunables.panic_flag_file:
        yield f"# panic-flag-file: {tunables.panic_flag_file}"


def _served(serving: Serving) -> Iterator[str]:
    if serving.socket:
        yield f"# Serving on unix socket: {serving.socket}"
    if serving.tcp_port:
        yield f"# Serving on TCP port: {serving.tcp_port}"


def _set(path: str) -> str:
    return "[set]" if Path(path).exists() else ""
