"""Scenarios of the conformance suite, as they lie on disk: one folder each, read here and never run here.

A folder holds create.sql, alter.sql, perhaps traffic.sql, and expect.toml; docs/howto/conformance.md has the format.
Whatever is malformed is an error when it is read, so that no scenario passes because half of it was not understood.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ghostshift.model.options import Options

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "scenarios"
SERVERS = ("mysql", "mariadb-10.11", "mariadb-11.8")
SECTIONS = ("before the copy", "while copying", "after the copy")
ONE_IN = 4
"""When time is short, one scenario in so many runs."""

FILES = {"create.sql", "alter.sql", "traffic.sql", "expect.toml"}
MAY_DIFFER = ("rows", "create", "auto_increment")

_WORDS = {"why", "servers", "because", "refused", "stops", "options", "differs", "globals", "judge"}
_FAILS = re.compile(r"-- fails: (\d+)")


class Malformed(Exception):  # noqa: N818 - says what is wrong with the folder
    """A scenario's folder is not what it should be."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a session; `fails` is the error that it must end with, 0 for none."""

    text: str
    fails: int = 0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is to become of a scenario on one server: migrated, unless `refused` or `stops` says otherwise."""

    refused: str = ""
    """The refusal's code."""
    stops: str = ""
    """Part of the message of what stops the migration before the swap."""

    def __str__(self) -> str:
        if self.refused:
            return f"refused: {self.refused}"
        return "stops" if self.stops else "migrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One folder."""

    name: str
    """group/name."""
    why: str
    create: tuple[Statement, ...]
    alter: str
    traffic: Mapping[str, tuple[Statement, ...]]
    servers: tuple[str, ...] = SERVERS
    because: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    globals: Mapping[str, Any] = field(default_factory=dict)
    """Global variables of the server for the length of the scenario."""
    judge: Mapping[str, Any] = field(default_factory=dict)
    """Session variables of the judge's ALTER, where ghostshift's own differ from the server's by a documented rule."""
    expected: Mapping[str, Expectation] = field(default_factory=dict)
    differs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By server: what may differ from the judge, and why."""

    @property
    def group(self) -> str:
        """The folder above."""
        return self.name.split("/")[0]

    @property
    def judged_alter(self) -> str:
        """The statement that the judge runs: the very text where it is a whole statement."""
        return self.alter if _is_whole(self.alter) else f"ALTER TABLE t {self.alter}"


def all_names() -> list[str]:
    """All scenarios, as group/name."""
    return sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*") if path.is_dir())


def share(number: int, scenario: Scenario) -> tuple[str, ...]:
    """Where the scenario of this number in `all_names` runs when time is short: on all its servers, or nowhere."""
    return () if number % ONE_IN else scenario.servers


def load(name: str) -> Scenario:
    """Read one folder. Raises Malformed."""
    folder = FOLDER / name
    found = {path.name for path in folder.iterdir()}
    if not {"create.sql", "alter.sql", "expect.toml"} <= found <= FILES:
        raise Malformed(f"{name}: has the files {sorted(found)}; wanted are {sorted(FILES)}, traffic.sql if need be")
    try:
        return _scenario(name, folder)
    except (Malformed, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"{name}: {error}") from error


def _scenario(name: str, folder: Path) -> Scenario:
    said = tomllib.loads((folder / "expect.toml").read_text(encoding="utf-8"))
    if unknown := set(said) - _WORDS:
        raise Malformed(f"expect.toml says {sorted(unknown)}, which nobody reads")
    why = said.get("why", "")
    if not isinstance(why, str) or not why.strip() or "\n" in why:
        raise Malformed('expect.toml needs why = "…", one line: what the scenario is about')
    servers = tuple(said.get("servers", SERVERS))
    if not servers or not set(servers) <= set(SERVERS):
        raise Malformed(f"servers must be among {SERVERS}")
    if set(servers) != set(SERVERS) and not said.get("because"):
        raise Malformed('not all servers: because = "…" must say why')
    traffic = folder / "traffic.sql"
    return Scenario(
        name=name,
        why=why.strip(),
        create=_statements((folder / "create.sql").read_text(encoding="utf-8")),
        alter=(folder / "alter.sql").read_text(encoding="utf-8").rstrip("\n"),
        traffic=_sections(traffic.read_text(encoding="utf-8")) if traffic.exists() else {},
        servers=servers,
        because=said.get("because", ""),
        options=said.get("options", {}),
        globals=said.get("globals", {}),
        judge=said.get("judge", {}),
        expected={
            server: Expectation(_for(said.get("refused", ""), server), _for(said.get("stops", ""), server))
            for server in servers
        },
        differs={server: _differences(said.get("differs", {}), server) for server in servers},
    )


def _for(said: str | Mapping[str, str], server: str) -> str:
    """What a word says of one server: the same for all, or by server."""
    if isinstance(said, str):
        return said
    if not set(said) <= set(SERVERS):
        raise Malformed(f"{sorted(said)} are not all servers: {SERVERS}")
    return said.get(server, "")


def _differences(said: Mapping[str, Any], server: str) -> Mapping[str, str]:
    if not set(said) <= set(MAY_DIFFER):
        raise Malformed(f"[differs] knows {MAY_DIFFER}")
    return {what: reason for what, by in said.items() if (reason := _for(by, server))}


def _statements(text: str) -> tuple[Statement, ...]:
    """Statements end with a semicolon at the end of a line; lines of comment between them are dropped."""
    found, lines, fails = [], [], 0
    for line in text.split("\n"):
        if not lines and (not line.strip() or line.startswith("--")):
            fails = int(match[1]) if (match := _FAILS.match(line)) else fails
            continue
        lines.append(line)
        if line.rstrip().endswith(";"):
            found.append(Statement("\n".join(lines).rstrip()[:-1], fails))
            lines, fails = [], 0
    if lines:
        raise Malformed(f"this statement does not end with a semicolon: {' '.join(lines)[:80]}")
    if not found:
        raise Malformed("no statement")
    return tuple(found)


def _sections(text: str) -> dict[str, tuple[Statement, ...]]:
    parts = re.split(rf"^-- ({'|'.join(SECTIONS)})\s*$", text, flags=re.MULTILINE)
    if any(line.strip() and not line.startswith("--") for line in parts[0].split("\n")):
        raise Malformed(f"traffic.sql: a statement before the first heading (-- {SECTIONS[0]}, …)")
    names = parts[1::2]
    if not names or len(set(names)) != len(names):
        raise Malformed(f"traffic.sql has the sections {names}; wanted are some of {SECTIONS}, each once")
    return {name: _statements(body) for name, body in zip(names, parts[2::2], strict=True)}


def _is_whole(alter: str) -> bool:
    """Whether it is a whole ALTER TABLE statement, behind whatever comments."""
    comment = r"(?:/\*.*?\*/|--\s[^\n]*\n|#[^\n]*\n|\s)*"
    words = rf"{comment}ALTER\b{comment}(?:ONLINE\b{comment})?TABLE\b"
    return re.match(words, alter, re.IGNORECASE | re.DOTALL) is not None


def options_of(kind: type[Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the fields of Options, or of one of its groups, from the words of [options]."""
    fields = {one.name: one for one in dataclasses.fields(kind)}
    if unknown := set(said) - set(fields):
        raise Malformed(f"[options] says {sorted(unknown)}, which {kind.__name__} does not have")
    made = {}
    for name, value in said.items():
        if isinstance(value, Mapping):
            group = fields[name].default_factory
            if not isinstance(group, type):
                raise Malformed(f"[options.{name}] is no group of {kind.__name__}")
            made[name] = group(**options_of(group, value))
        else:
            made[name] = tuple(value) if isinstance(value, list) else value
    return made


def check(scenario: Scenario) -> None:
    """What only a look at the whole can tell. Raises Malformed."""
    options_of(Options, scenario.options)
    if any(both.refused and both.stops for both in scenario.expected.values()):
        raise Malformed(f"{scenario.name}: it is refused or it stops, not both")
    created = " ".join(statement.text for statement in scenario.create)
    if not re.search(r"\bCREATE\s+(?:\w+\s+)*TABLE\s+`?t`?[\s(]", created, re.IGNORECASE):
        raise Malformed(f"{scenario.name}: create.sql makes no table t")
    if not scenario.alter.strip():
        raise Malformed(f"{scenario.name}: alter.sql is empty")
