"""How flag, environment, file and default become Options. The flags themselves are data, in flag_table.py.

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

from ghostshift.flag_table import BY_NAME, FLAGS, Flag
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Endpoint, Load, Options, Tls, Tunables
from ghostshift.model.settings import Allowances, CutOverSettings, HookSettings, Metrics, Topology, TriggerSettings
from ghostshift.sql.alter import read_alter

PREFIX = "GHOSTSHIFT_"
"""Each flag can come from the environment: `--max-lag-millis` as GHOSTSHIFT_MAX_LAG_MILLIS."""

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


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
            **_ACTIONS.get(flag.kind, {}),
        )  # fmt: skip


_ACTIONS: dict[type, dict[str, Any]] = {bool: {"nargs": "?", "const": "true"}, tuple: {"action": "append"}}


def normalize(words: Sequence[str]) -> list[str]:
    """Go's way of writing flags as argparse's: a switch never takes the next word as its value."""
    result: list[str] = []
    for word in words:
        name, given, value = word.lstrip("-").partition("=")
        flag = BY_NAME.get(name) if word.startswith("-") else None
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
    warnings: tuple[str, ...] = ()
    """What was given and means nothing here, or was brought within its bounds."""

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def settle(given: Mapping[str, str | list[str] | None], environment: Mapping[str, str]) -> Settings:
    """Flag, then environment, then file, then default. Raises UsageError for values that cannot be read."""
    values: dict[str, Any] = {}
    warnings: list[str] = []
    chosen = set()
    for flag in FLAGS:
        text, origin = given.get(flag.name), f"--{flag.name}"
        if isinstance(text, list):
            text = ",".join(text)
        if text is None:
            origin = PREFIX + flag.name.upper().replace("-", "_")
            text = environment.get(origin)
        values[flag.name] = (
            flag.default if text is None else _bounded(flag, _read(flag, text, origin), origin, warnings)
        )
        if text is not None:
            chosen.add(flag.name)
            if flag.idle and values[flag.name] != flag.default:
                warnings.append(f"{origin} changes nothing: {flag.idle}")
    found = _file(str(values["conf"]), environment)
    values |= {name: value for name, value in found.items() if name not in chosen}
    return Settings(values, tuple(warnings))


def _bounded(flag: Flag, value: Any, origin: str, warnings: list[str]) -> Any:
    """The value within the flag's bounds; 0 stays where it is the default, for there it has a meaning of its own."""
    if flag.low is None or (value == 0 and flag.default == 0):
        return value
    most = value if flag.high is None else flag.high
    nearest = type(value)(min(max(value, flag.low), most))
    if nearest != value:
        warnings.append(f"{origin} is {value}, beyond its bounds; {nearest} is used")
    return nearest


def build_options(settings: Settings, ask: Callable[[str], str] = getpass.getpass) -> Options:
    """Options, validated. `ask` is asked for the password where --ask-pass is given. Raises UsageError."""
    fields: dict[str, dict[str, Any]] = {"": {}, **{group: {} for group in _GROUPS}, "endpoint": {}, "tunables": {}}
    for flag in FLAGS:
        if flag.field:
            group, _, name = flag.field.rpartition(".")
            fields[group][name] = _READ.get(flag.name, _as_it_is)(settings[flag.name])
    endpoint = fields["endpoint"]
    endpoint["user"] = endpoint["user"] or os.environ.get("USER", "")
    if settings["ask-pass"]:
        endpoint["password"] = ask("Password: ")
    if any(settings[name] for name in ("aliyun-rds", "gcp", "azure")):
        fields["topology"]["skip_port_check"] = True
    _name_table(fields[""])
    groups = {group: kind(**fields[group]) for group, kind in _GROUPS.items()}
    return Options(
        endpoint=Endpoint(**endpoint, tls=_tls(settings)), tunables=Tunables(**fields["tunables"]), **groups,
        **fields[""],
    )  # fmt: skip


def _name_table(values: dict[str, Any]) -> None:
    """Schema and table as the ALTER names them, where no flag does. Whether both agree is seen later."""
    if values["alter"].strip() and not (values["schema"] and values["table"]):
        alter = read_alter(values["alter"])
        values["schema"] = values["schema"] or alter.schema
        values["table"] = values["table"] or alter.table
        for name, flag in (("schema", "database"), ("table", "table")):
            if not values[name]:
                raise UsageError(f"--{flag} is missing, and the ALTER names no {name}")


def read_load(text: str) -> Load:
    """`Threads_running=80,Threads_connected=500` as pairs, sorted by name. Raises UsageError."""
    found = {}
    for part in (piece.strip() for piece in text.split(",")):
        if not part:
            continue
        name, given, value = (piece.strip() for piece in part.partition("="))
        if not given:
            raise UsageError(f"Error parsing load condition: {part}; wanted is Status_variable=number")
        if not name.replace("_", "a").isalnum() or not name.isascii():
            raise UsageError(f"Error parsing status variable in load condition: {part}")
        if not (value.isascii() and value.isdigit()):
            raise UsageError(f"Error parsing numeric value in load condition: {part}")
        found[name] = int(value)
    return tuple(sorted(found.items()))


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


_GROUPS: dict[str, Any] = {
    "topology": Topology,
    "hooks": HookSettings,
    "triggers": TriggerSettings,
    "allow": Allowances,
    "cut_over": CutOverSettings,
    "metrics": Metrics,
}


def _as_it_is(value: Any) -> Any:
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "throttle-control-replicas": read_addresses,
    "max-load": read_load,
    "critical-load": read_load,
}
"""Texts that mean more than themselves."""


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
    if flag.kind is tuple:
        return tuple(text.split(","))
    try:
        return flag.kind(text)
    except ValueError:
        wanted = "a whole number" if flag.kind is int else "a number"
        raise UsageError(f"{origin} must be {wanted}, not {text!r}") from None


def _metavar(flag: Flag) -> str:
    return {bool: "true|false", int: "N", float: "X", tuple: "TEXT,…"}.get(flag.kind, "TEXT")


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
        values[name] = _read(BY_NAME[name], text.strip("\"'"), f"{name} in {path}")
    return values
