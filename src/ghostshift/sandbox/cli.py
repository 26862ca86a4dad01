"""The commands `ghostshift sandbox start|list|stop`: throw-away servers from a shell.

Only words go in and out here; what they mean is done by `launch` and `registry`. A password must never be shown:
the file that holds it is named instead.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from ghostshift.model.errors import MigrationError, SandboxError
from ghostshift.sandbox import registry
from ghostshift.sandbox.launch import start
from ghostshift.sandbox.provision import DEFAULT_VERSIONS
from ghostshift.sandbox.spec import ServerSpec, parse_settings

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add `sandbox` and its sub-commands to a command line; the parsed words go to `run`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "sandbox", description="Throw-away MySQL and MariaDB servers."
    )
    _add_actions(parser)
    return parser


def _add_actions(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="sandbox_action", required=True, metavar="ACTION")
    begin = actions.add_parser("start", help="start a server, with replicas if wanted")
    begin.add_argument("--flavor", choices=sorted(DEFAULT_VERSIONS), default="mysql", help="default: mysql")
    begin.add_argument("--version", default="", metavar="X.Y", help="default: mysql 9.7, mariadb 10.11")
    begin.add_argument("--name", help="a name to stop it by; default: one is made up")
    begin.add_argument("--port", type=int, metavar="N", help="TCP port of the primary; default: a free one")
    begin.add_argument("--replicas", type=int, default=0, metavar="N", help="how many replicas; default: none")
    begin.add_argument(
        "--gtid", action=argparse.BooleanOptionalAction, default=True, help="replicate by GTID; default: yes"
    )
    begin.add_argument("--semi-sync", action="store_true", help="semi-synchronous replication")
    begin.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help="any server variable"
    )
    begin.add_argument("--ttl", default="24h", help="removed after this time, as 90s, 30m, 24h, 7d; default: 24h")
    begin.add_argument("--json", action="store_true", help="answer in JSON")
    show = actions.add_parser("list", help="show what runs")
    show.add_argument("--json", action="store_true", help="answer in JSON")
    end = actions.add_parser("stop", help="stop a server and remove its data")
    end.add_argument("name", nargs="?", help="which one")
    end.add_argument("--all", action="store_true", help="all of them")


def run(args: argparse.Namespace) -> int:
    """Do what the parsed command line says; the exit status."""
    if args.sandbox_action == "start":
        return _start(args)
    if args.sandbox_action == "list":
        return _list(as_json=args.json)
    return _stop(args.name, everything=args.all)


def parse_ttl(text: str) -> float:
    """Seconds from 90s, 30m, 24h, 7d or a plain number."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip().lower())
    if not found or float(found[1]) <= 0:
        raise SandboxError(f"not a time to live: {text!r}; write for example 90s, 30m, 24h or 7d")
    return float(found[1]) * _UNITS[found[2]]


def _start(args: argparse.Namespace) -> int:
    spec = ServerSpec(
        flavor=args.flavor,
        version=args.version,
        port=args.port,
        settings=parse_settings(args.settings),
        replicas=args.replicas,
        gtid=args.gtid,
        semi_sync=args.semi_sync,
    )
    ttl = parse_ttl(args.ttl)
    notes = Console(stderr=True, highlight=False)
    with notes.status("starting") as status:
        sandbox = start(spec, name=args.name, ttl=ttl, say=status.update)
    if args.json:
        _write_json(sandbox.entry.public())
        return 0
    lines = [f"sandbox {sandbox.name}: {spec.flavor} {sandbox.primary.version}, removed after {args.ttl}"]
    for server in sandbox.servers:
        lines += [f"{server.role}:", f"  host      {server.host}", f"  port      {server.port}"]
        lines += [f"  socket    {server.socket}", f"  user      {server.user}"]
        lines += [f"  password  in the file {server.password_file}"]
    lines.append(f"stop it with: ghostshift sandbox stop {sandbox.name}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _list(*, as_json: bool) -> int:
    found = registry.entries()
    if as_json:
        _write_json([entry.public() for entry in found])
        return 0
    if not found:
        sys.stdout.write("no sandbox runs\n")
        return 0
    table = Table("name", "server", "port", "replicas", "ends", box=None, pad_edge=False)
    for entry in found:
        rest = ", ".join(str(port) for port in entry.ports[1:]) or "-"
        table.add_row(entry.name, f"{entry.flavor} {entry.version}", str(entry.ports[0]), rest, _end_of(entry))
    Console(highlight=False).print(table)
    return 0


def _end_of(entry: registry.Entry) -> str:
    ends = [] if entry.expires is None else [f"in {max(entry.expires - time.time(), 0) / 60:.0f} min"]
    if entry.owner is not None:
        ends.append(f"with process {entry.owner.pid}")
    return " or ".join(ends)


def _stop(name: str | None, *, everything: bool) -> int:
    if bool(name) == everything:
        raise SandboxError("say which sandbox to stop: its name, or --all")
    for entry in registry.entries() if everything else [registry.get(name or "")]:
        registry.remove(entry)
        sys.stdout.write(f"stopped {entry.name}\n")
    return 0


def _write_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def main(words: list[str] | None = None) -> int:
    """`python -m ghostshift.sandbox`: the same commands without the rest of the tool."""
    parser = argparse.ArgumentParser(prog="python -m ghostshift.sandbox", description=__doc__.split("\n", 1)[0])
    _add_actions(parser)
    try:
        return run(parser.parse_args(words))
    except MigrationError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
