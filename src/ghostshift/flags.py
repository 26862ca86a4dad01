"""How flag, environment, file and default become Options.

The flags themselves are data, in flag_table.py; how a line is read is in command_line.py, how a file is in
conf_file.py. What cannot be asked for together is in model/rules.py, for the API as well.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ghostshift.command_line import Line
from ghostshift.conf_file import read_conf
from ghostshift.flag_table import BY_NAME, FLAGS, Flag
from ghostshift.model.address import without_login
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Endpoint, Load, Options, Tls, Tunables
from ghostshift.model.settings import (
    Allowances,
    CutOverSettings,
    HookSettings,
    Metrics,
    Recovery,
    Topology,
    TriggerSettings,
    Verification,
)
from ghostshift.sql.alter import read_alter

PREFIX = "GHOSTSHIFT_"
"""Each flag can come from the environment: `--max-lag-millis` as GHOSTSHIFT_MAX_LAG_MILLIS."""

ONLY_ON_THE_LINE = frozenset({"help", "version", "check-flag"})
"""Questions to the program, not wishes for a migration: a variable of such a name means something else."""

IGNORED_BY_REVERT = {
    "attempt-instant-ddl": ("allow", "instant_ddl"),
    "include-triggers": ("triggers", "include"),
    "discard-foreign-keys": ("allow", "discard_foreign_keys"),
    "indexes-after-copy": ("", "indexes_after_copy"),
}
"""Flags that mean nothing to a revert, with their fields: gh-ost, too, passes over them with a warning."""

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,19}(\.[0-9]*)?|\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class Settings:
    """All flags with their values: what Options are built from, and what only the faces need."""

    values: Mapping[str, Any] = field(repr=False)
    chosen: frozenset[str] = frozenset()
    """Those that a flag or the environment decided; a file has no say in them."""
    warnings: tuple[str, ...] = ()
    """What was given and means nothing here, or was brought within its bounds."""

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def settle(given: Line, environment: Mapping[str, str]) -> Settings:
    """Flag, then environment, then file, then default. Raises UsageError for values that cannot be read."""
    warnings: list[str] = []
    chosen = read_values(given, environment, warnings)
    values = {flag.name: flag.default for flag in FLAGS} | chosen
    if path := str(values["conf"]):
        found = read_conf(path, environment)
        warnings += found.warnings
        for name, text in found.texts.items():
            if name not in chosen:
                values[name] = _value(BY_NAME[name], text, f"{name.replace('-', '_')} in {path}", warnings)
    for name in ("password", "master-password"):
        if name in given:
            warnings.append(
                f"--{name} stands on the command line, where every user of this machine could read it at first; "
                f"{env_name(name)} hides it"
            )
    if values["revert"]:
        named = [name for name in ("alter", *IGNORED_BY_REVERT) if values[name]]
        warnings += [f"--{name} changes nothing: --revert brings the old table back as it is" for name in named]
    return Settings(values, frozenset(chosen), tuple(warnings))


def read_values(given: Line, environment: Mapping[str, str], warnings: list[str]) -> dict[str, Any]:
    """The values that flags or the environment have for us, by flag. Raises UsageError."""
    values = {}
    for flag in FLAGS:
        text, origin = given.get(flag.name), f"--{flag.name}"
        if text is None and flag.name not in ONLY_ON_THE_LINE:
            origin = env_name(flag.name)
            text = environment.get(origin)
        if text is not None:
            values[flag.name] = _value(flag, _joined(text), origin, warnings)
    return values


def check_values(given: Line) -> None:
    """Only see whether the values are of their flags' kinds. Raises UsageError."""
    for name, text in given.items():
        _read(BY_NAME[name], _joined(text), f"--{name}")


def _joined(text: str | list[str]) -> str:
    return ",".join(text) if isinstance(text, list) else text


def reread(settings: Settings, environment: Mapping[str, str], warnings: list[str]) -> dict[str, Any]:
    """What a running migration takes from its file: fields of Tunables that no flag has decided. Raises UsageError."""
    path = str(settings["conf"])
    if not path:
        return {}
    fields = {}
    for name, text in read_conf(path, environment).texts.items():
        flag = BY_NAME[name]
        if flag.field.startswith("tunables.") and name not in settings.chosen:
            value = _value(flag, text, f"{name.replace('-', '_')} in {path}", warnings)
            fields[flag.field.removeprefix("tunables.")] = _READ.get(name, _as_it_is)(value)
    return fields


def env_name(name: str) -> str:
    """The variable for a flag."""
    return PREFIX + name.upper().replace("-", "_")


def _value(flag: Flag, text: str, origin: str, warnings: list[str]) -> Any:
    value = _read(flag, text, origin)
    if flag.least is not None and value < flag.least:
        raise UsageError(f"{origin} must be {flag.least:g} or more, not {value}")
    value = _bounded(flag, value, origin, warnings)
    if value != flag.default:
        if flag.unbuilt:
            raise UsageError(f"{origin}: {flag.unbuilt}")
        if flag.idle:
            warnings.append(f"{origin} changes nothing: {flag.idle}")
    return value


def _bounded(flag: Flag, value: Any, origin: str, warnings: list[str]) -> Any:
    """The value within the flag's bounds; 0 stays where it is the default, for there it has a meaning of its own."""
    if flag.low is None or (value == 0 and flag.default == 0):
        return value
    nearest = type(value)(max(value, flag.low) if flag.high is None else min(max(value, flag.low), flag.high))
    if nearest != value:
        warnings.append(f"{origin} is {value}, beyond its bounds; {nearest} is used")
    return nearest


def tunable(name: str, text: str) -> tuple[Any, tuple[str, ...]]:
    """What a command of a flag's name sets its tunable to, and what is to be said of it. Raises UsageError."""
    warnings: list[str] = []
    value = _value(BY_NAME[name], text, name, warnings)
    return _READ.get(name, _as_it_is)(value), tuple(warnings)


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
    if settings["revert"]:
        fields[""]["alter"] = ""  # it stands in the checkpoint
        for group, name in IGNORED_BY_REVERT.values():
            fields[group][name] = False
        fields["triggers"] = {}
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
        if not host or "@" in host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise UsageError(f"{without_login(part)!r} is not an address such as replica.example.com:3306")
        found.append((host.strip("[]"), int(port)))
    if text.strip() and not found:
        raise UsageError(f"{text!r} holds no address such as replica.example.com:3306")
    return tuple(found)


_GROUPS: dict[str, Any] = {
    "topology": Topology,
    "hooks": HookSettings,
    "triggers": TriggerSettings,
    "allow": Allowances,
    "cut_over": CutOverSettings,
    "metrics": Metrics,
    "verification": Verification,
    "recovery": Recovery,
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
        shown = "" if flag.name == "ask-pass" else f", not {text!r}"  # who says more there has said the password
        raise UsageError(f"{origin} is a switch: true or false{shown}")
    if flag.kind is tuple:
        return tuple(text.split(","))
    wanted = {int: "a whole number", float: "a number"}.get(flag.kind)
    if wanted and not (_WHOLE if flag.kind is int else _DECIMAL).fullmatch(text):
        raise UsageError(f"{origin} must be {wanted}, not {text!r}")
    return flag.kind(text)
