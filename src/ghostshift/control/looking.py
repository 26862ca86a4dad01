"""Commands that only look."""

from __future__ import annotations

import json
from dataclasses import asdict

from ghostshift import __version__
from ghostshift.control.command import Context
from ghostshift.core.progress import Snapshot
from ghostshift.hint import address_text
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Endpoint
from ghostshift.model.phase import Phase
from ghostshift.model.places import Places
from ghostshift.model.plan import Plan
from ghostshift.status import eta_text, status_line


def status(context: Context, _: str) -> str:
    """Hint and status line."""
    return context.shown()


def line_only(context: Context, _: str) -> str:
    """The status line."""
    return context.echoed(context.status() + "\n")


def status_json(context: Context, _: str) -> str:
    """All that is known, on one line, for programs."""
    board = context.board
    snapshot, plan, places = board.read(Snapshot), board.read(Plan), board.read(Places)
    tunables = asdict(context.tunables)
    tunables["throttle_http"] = without_password(tunables["throttle_http"])
    found: dict[str, object] = {
        "version": __version__,
        "table": context.table if plan is None else str(plan.table),
        "ghost": None if plan is None else str(plan.ghost.name),
        "phase": board.get(Phase, Phase.INSPECTING).value,
        "migrated": None if places is None else address_text(places.migrated),
        "inspected": None if places is None else address_text(places.inspected),
        "executing": None if places is None else places.executing,
        "tunables": tunables,
    }
    if snapshot is not None:
        figures = asdict(snapshot)
        figures["phase"] = snapshot.phase.value
        found |= {**figures, "state": snapshot.state, "eta": eta_text(snapshot), "status": status_line(snapshot)}
        found["resumed"] = snapshot.restarts > 0
    return json.dumps(found)


def coordinates(context: Context, argument: str) -> str:
    """How far the log has been read."""
    if argument not in ("", "?"):
        raise UsageError("coordinates are read-only")
    snapshot = context.board.read(Snapshot)
    return snapshot.position if snapshot is not None else ""


def applier(context: Context, _: str) -> str:
    """The server that is migrated."""
    places = _places(context)
    return _server(places.migrated, places.migrated_version)


def inspector(context: Context, _: str) -> str:
    """The server whose log is read."""
    places = _places(context)
    return _server(places.inspected, places.inspected_version)


def cpu_profile(_: Context, __: str) -> str:
    """Python makes no such profile."""
    raise UsageError(
        "cpu-profile is not available here: a Go profile cannot be made of a Python program. "
        "Use a sampling profiler on the process, such as py-spy record --pid, or perf record -p"
    )


def replication_lag_query(_: Context, __: str) -> str:
    """gh-ost has given it up too."""
    raise UsageError("replication-lag-query is no longer in use: lag is read from the heartbeat; see max-lag-millis")


def without_password(address: str) -> str:
    """An address without the user and password that may stand in it."""
    scheme, found, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{found}{host.rpartition('@')[2]}{slash}{path}"


def _places(context: Context) -> Places:
    places = context.board.read(Places)
    if places is None:
        raise UsageError("which servers these are is not decided yet; ask again in a moment")
    return places


def _server(endpoint: Endpoint, version: str) -> str:
    return f"Host: {address_text(endpoint)}, Version: {version}"
