"""The flags of `ghostshift migrate` as data, and how flag, environment, file and default become Options.

gh-ost's flags keep their names and meanings; Go's way of writing them works (`-flag`, `--flag=false`). What gh-ost
ignores silently, a stray word or an unknown flag, is an error here.
"""

from __future__ import annotations

import argparse
import configparser
import getpass
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ghostshift.model.errors import UsageError
from ghostshift.model.options import Endpoint, Options, Tls, Tunables

PREFIX = "GHOSTSHIFT_"
"""Each flag can come from the environment: `--max-lag-millis` as GHOSTSHIFT_MAX_LAG_MILLIS."""

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: its name, its kind (str, int, float, bool), its default and its help."""

    name: str
    kind: type
    default: Any
    text: str
    group: str = "migration"


FLAGS: tuple[Flag, ...] = (
    Flag("host", str, "127.0.0.1", "server to connect to", "connection"),
    Flag("port", int, 3306, "its port", "connection"),
    Flag("socket", str, "", "path of its Unix socket, instead of host and port", "connection"),
    Flag("user", str, "", "user name", "connection"),
    Flag(
        "password",
        str,
        "",
        "password; better in GHOSTSHIFT_PASSWORD or --conf, where others cannot see it",
        "connection",
    ),
    Flag("ask-pass", bool, False, "ask for the password", "connection"),
    Flag("conf", str, "", "INI file with a [client] section: user, password, host, port, socket", "connection"),
    Flag("mysql-timeout", float, 0.0, "seconds for connecting and for any single answer; 0 for no limit", "connection"),
    Flag("ssl", bool, False, "encrypt connections, and verify the server", "connection"),
    Flag("ssl-ca", str, "", "file with the CA certificates (PEM)", "connection"),
    Flag("ssl-cert", str, "", "file with the client's certificate (PEM)", "connection"),
    Flag("ssl-key", str, "", "file with the client's key (PEM)", "connection"),
    Flag("ssl-allow-insecure", bool, False, "encrypt without verifying the server", "connection"),
    Flag("database", str, "", "schema of the table"),
    Flag("table", str, "", "table to migrate"),
    Flag("alter", str, "", "what to change: an ALTER TABLE statement, or only what follows the table's name"),
    Flag("allow-on-master", bool, False, "migrate on the primary that we connect to"),
    Flag("execute", bool, False, "do it; without, the migration is only rehearsed and the table stays as it is"),
    Flag("exact-rowcount", bool, False, "count the rows first, for an exact progress"),
    Flag("ok-to-drop-table", bool, False, "drop the old table at the end"),
    Flag("initially-drop-ghost-table", bool, False, "drop a ghost table that an earlier run left"),
    Flag("initially-drop-old-table", bool, False, "drop an old table that an earlier run left"),
    Flag("timestamp-old-table", bool, False, "put the time into the old table's name"),
    Flag("force-table-names", str, "", "root of the helper tables' names, instead of the table's name"),
    Flag("replica-server-id", int, 0, "server id of our binlog connection; 0 for a random one"),
    Flag("chunk-size", int, 0, "rows in a chunk (10 to 100000); 0 finds the size by itself", "pace"),
    Flag("chunk-seconds", float, 0.5, "how long a chunk should take where its size is free", "pace"),
    Flag("copy-threads", int, 2, "threads that copy rows", "pace"),
    Flag("apply-threads", int, 2, "threads that apply changes", "pace"),
    Flag("buffer-bytes", int, 48 << 20, "bound of the buffer of changed keys", "pace"),
    Flag("default-retries", int, 60, "attempts of each operation, and of the cut-over", "pace"),
    Flag("heartbeat-interval-millis", int, 100, "how often the heartbeat is written", "pace"),
    Flag("max-lag-millis", int, 1500, "lag of a control replica at which to throttle", "throttle"),
    Flag("throttle-control-replicas", str, "", "replicas whose lag counts: host[:port],…", "throttle"),
    Flag("throttle-flag-file", str, "", "throttle while this file exists", "throttle"),
    Flag("throttle-additional-flag-file", str, Tunables().throttle_additional_flag_file, "another one", "throttle"),
    Flag(
        "cut-over-lock-timeout-seconds", int, 3, "how long the cut-over may wait for locks, and hold them", "cut-over"
    ),
    Flag("postpone-cut-over-flag-file", str, "", "do not cut over while this file exists", "cut-over"),
    Flag(
        "serve-socket-file",
        str,
        "",
        "control socket (default /tmp/gh-ost.<database>.<table>.sock; - for none)",
        "faces",
    ),
    Flag("initially-drop-socket-file", bool, False, "remove an existing socket file first", "faces"),
    Flag("report-file", str, "", "write the outcome's figures there as JSON", "faces"),
    Flag("no-display", bool, False, "plain status lines even on a terminal", "faces"),
    Flag("quiet", bool, False, "log errors only", "faces"),
    Flag("verbose", bool, False, "log what is being done (the default here)", "faces"),
    Flag("debug", bool, False, "log everything, and show tracebacks", "faces"),
)

_BY_NAME = {flag.name: flag for flag in FLAGS}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Give the parser every flag, with one dash and with two."""
    groups: dict[str, Any] = {}
    for flag in FLAGS:
        group = groups.setdefault(flag.group, parser.add_argument_group(flag.group))
        text = flag.text.replace("%", "%%")
        if flag.kind is not bool and flag.default not in ("", 0, 0.0):
            text += f" (default {flag.default})"
        group.add_argument(
            f"--{flag.name}", f"-{flag.name}", dest=flag.name, default=None, metavar=_metavar(flag), help=text,
            **({"nargs": "?", "const": "true"} if flag.kind is bool else {}),
        )  # fmt: skip


def normalize(words: Sequence[str]) -> list[str]:
    """Go's way of writing flags as argparse's: a switch never takes the next word as its value."""
    result: list[str] = []
    for word in words:
        name, given, value = word.lstrip("-").partition("=")
        flag = _BY_NAME.get(name) if word.startswith("-") else None
        if flag is not None and flag.kind is bool:
            result.append(f"--{name}={value if given else 'true'}")
        elif flag is not None and given:
            result.append(f"--{name}={value}")
        else:
            result.append(word)
    return result


@dataclass(frozen=True, slots=True)
class Settings:
    """All flags with their values: what Options are built from, and what only the faces need."""

    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def settle(given: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Flag, then environment, then file, then default. Raises UsageError for values that cannot be read."""
    values: dict[str, Any] = {}
    chosen = set()
    for flag in FLAGS:
        text, origin = given.get(flag.name), f"--{flag.name}"
        if text is None:
            origin = PREFIX + flag.name.upper().replace("-", "_")
            text = environment.get(origin)
        values[flag.name] = flag.default if text is None else _read(flag, text, origin)
        if text is not None:
            chosen.add(flag.name)
    found = _file(str(values["conf"]), environment)
    return Settings(values | {name: value for name, value in found.items() if name not in chosen})


def build_options(settings: Settings, ask: Callable[[str], str] = getpass.getpass) -> Options:
    """Options, validated. `ask` is asked for the password where --ask-pass is given. Raises UsageError."""
    password = ask("Password: ") if settings["ask-pass"] else str(settings["password"])
    return Options(
        endpoint=Endpoint(
            host=settings["host"],
            port=settings["port"],
            socket=settings["socket"],
            user=settings["user"] or os.environ.get("USER", ""),
            password=password,
            timeout=settings["mysql-timeout"],
            tls=_tls(settings),
        ),
        schema=settings["database"],
        table=settings["table"],
        alter=settings["alter"],
        execute=settings["execute"],
        allow_on_master=settings["allow-on-master"],
        copy_threads=settings["copy-threads"],
        apply_threads=settings["apply-threads"],
        chunk_seconds=settings["chunk-seconds"],
        buffer_bytes=settings["buffer-bytes"],
        heartbeat_millis=settings["heartbeat-interval-millis"],
        cut_over_lock_seconds=settings["cut-over-lock-timeout-seconds"],
        retries=settings["default-retries"],
        replica_server_id=settings["replica-server-id"],
        force_table_names=settings["force-table-names"],
        timestamp_old_table=settings["timestamp-old-table"],
        initially_drop_ghost_table=settings["initially-drop-ghost-table"],
        initially_drop_old_table=settings["initially-drop-old-table"],
        initially_drop_socket_file=settings["initially-drop-socket-file"],
        ok_to_drop_table=settings["ok-to-drop-table"],
        exact_rowcount=settings["exact-rowcount"],
        serve_socket_file=settings["serve-socket-file"],
        tunables=Tunables(
            chunk_size=settings["chunk-size"],
            max_lag_millis=settings["max-lag-millis"],
            throttle_flag_file=settings["throttle-flag-file"],
            throttle_additional_flag_file=settings["throttle-additional-flag-file"],
            postpone_flag_file=settings["postpone-cut-over-flag-file"],
            control_replicas=read_addresses(settings["throttle-control-replicas"]),
        ),
    )


def read_addresses(text: str) -> tuple[tuple[str, int], ...]:
    """`host[:port],…` as pairs; the port is 3306 where none is given. Raises UsageError."""
    found = []
    for part in (piece.strip() for piece in text.split(",")):
        if not part:
            continue
        host, given, port = part.rpartition(":")
        if not given or part.endswith("]"):
            host, port = part, "3306"
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise UsageError(f"{part!r} is not an address such as replica.example.com:3306")
        found.append((host.strip("[]"), int(port)))
    return tuple(found)


def _tls(settings: Settings) -> Tls | None:
    if not settings["ssl"]:
        for name in ("ssl-ca", "ssl-cert", "ssl-key", "ssl-allow-insecure"):
            if settings[name]:
                raise UsageError(f"--{name} needs --ssl")
        return None
    if bool(settings["ssl-cert"]) != bool(settings["ssl-key"]):
        raise UsageError("--ssl-cert and --ssl-key belong together")
    return Tls(
        ca=settings["ssl-ca"],
        cert=settings["ssl-cert"],
        key=settings["ssl-key"],
        verify=not settings["ssl-allow-insecure"],
    )


def _read(flag: Flag, text: str, origin: str) -> Any:
    if flag.kind is bool:
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
        raise UsageError(f"{origin} is a switch: true or false, not {text!r}")
    try:
        return flag.kind(text)
    except ValueError:
        wanted = "a whole number" if flag.kind is int else "a number"
        raise UsageError(f"{origin} must be {wanted}, not {text!r}") from None


def _metavar(flag: Flag) -> str:
    return {bool: "true|false", int: "N", float: "X"}.get(flag.kind, "TEXT")


def _file(path: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The [client] section of a file; a value with ${NAME} in it is that environment variable."""
    if not path:
        return {}
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True, inline_comment_prefixes=("#",))
    try:
        parser.read_string(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--conf {path} cannot be read: {error}") from None
    except configparser.Error as error:
        # The parser's message may quote the line, and the line may hold the password.
        raise UsageError(f"--conf {path} is not an INI file: {type(error).__name__}") from None
    if not parser.has_section("client"):
        raise UsageError(f"--conf {path} has no [client] section, so nothing in it would be used")
    values: dict[str, Any] = {}
    for name in ("user", "password", "host", "port", "socket"):
        text = parser.get("client", name, fallback=None)
        if text is None:
            continue
        _, found, rest = text.partition("${")
        if found and "}" in rest:
            text = environment.get(rest.partition("}")[0], "")
        values[name] = _read(_BY_NAME[name], text.strip("\"'"), f"{name} in {path}")
    return values
