"""The rules that must hold before anything is touched, one small function each, with a stable code. Pure.

Each returns the sentence to refuse with, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from ghostshift.model.errors import Refused
from ghostshift.model.options import Options
from ghostshift.model.schema import Table
from ghostshift.model.server import ServerFacts


def check_server(facts: ServerFacts, options: Options) -> None:
    """Raise Refused for the first rule about the server that does not hold."""
    for code, rule in _SERVER_RULES:
        problem = rule(facts, options)
        if problem:
            raise Refused(code, problem)


def check_table(table: Table, facts: ServerFacts, options: Options) -> None:
    """Raise Refused for the first rule about the original that does not hold."""
    for code, rule in _TABLE_RULES:
        problem = rule(table, facts, options)
        if problem:
            raise Refused(code, f"{table.name} {problem}")


def commits_in_order(facts: ServerFacts) -> bool:
    """Invariant 1's ground: MySQL commits in the log's order only while this is on; MariaDB always does."""
    return facts.flavor == "MariaDB" or facts.on("binlog_order_commits")


def _version(facts: ServerFacts, _: Options) -> str:
    if facts.supported:
        return ""
    return f"the server is {facts.flavor} {facts.version}; ghostshift needs MySQL 5.7 or MariaDB 10.6, or later"


def _grants(facts: ServerFacts, _: Options) -> str:
    if not facts.missing_grants:
        return ""
    return f"the user {facts.user} lacks {', '.join(facts.missing_grants)}; GRANT them and try again"


def _binlog(facts: ServerFacts, _: Options) -> str:
    if facts.on("log_bin"):
        return ""
    return "the binary log is off on this server; start it with log_bin to be able to follow changes"


def _row_format(facts: ServerFacts, _: Options) -> str:
    value = facts.variables.get("binlog_format", "ROW").upper()
    if value == "ROW":
        return ""
    return f"binlog_format is {value}; SET GLOBAL binlog_format = 'ROW' and let the application reconnect"


def _order(facts: ServerFacts, _: Options) -> str:
    if commits_in_order(facts):
        return ""
    return (
        "binlog_order_commits is OFF: a change could not be known to be visible; SET GLOBAL binlog_order_commits = ON"
    )


def _writable(facts: ServerFacts, _: Options) -> str:
    if not (facts.on("read_only") or facts.on("super_read_only")):
        return ""
    return f"{facts.identity} is read only; connect to the primary"


def _role(facts: ServerFacts, options: Options) -> str:
    if facts.is_replica:
        return f"{facts.identity} is a replica; connect to the primary and give --allow-on-master"
    if not options.allow_on_master:
        return f"{facts.identity} is a primary; give --allow-on-master to migrate on it"
    return ""


def _kind(table: Table, _facts: ServerFacts, _options: Options) -> str:
    return "" if table.kind == "BASE TABLE" else f"is a {table.kind.lower()}, not a table"


def _engine(table: Table, _facts: ServerFacts, _options: Options) -> str:
    if table.engine.lower() == "innodb":
        return ""
    return f"uses the engine {table.engine}; only InnoDB tables can be copied while they change"


def _triggers(table: Table, _facts: ServerFacts, options: Options) -> str:
    if not table.triggers or options.triggers.include:
        return ""
    return (
        f"has triggers ({', '.join(table.triggers)}), which the new table would lose; drop them first, or give "
        "--include-triggers and --trigger-suffix"
    )


def _children(table: Table, _facts: ServerFacts, options: Options) -> str:
    if not table.children or options.allow.skip_foreign_key_checks:
        return ""
    return f"is referenced by foreign keys ({', '.join(table.children)}), which would go on pointing at the old table"


def _parents(table: Table, _facts: ServerFacts, options: Options) -> str:
    if not table.parents or options.allow.discard_foreign_keys or options.allow.skip_foreign_key_checks:
        return ""
    return (
        f"has foreign keys ({', '.join(table.parents)}), which the new table would lose; drop them first, or give "
        "--discard-foreign-keys"
    )


def _cascades(table: Table, facts: ServerFacts, options: Options) -> str:
    """Below MySQL 9.6 and on MariaDB the engine carries cascades out by itself, and nothing of them is logged."""
    if not table.cascades or options.allow.skip_foreign_key_checks or facts.logs_cascades:
        return ""
    return (
        f"is changed by foreign keys ({', '.join(table.cascades)}: ON DELETE or ON UPDATE with CASCADE or SET NULL), "
        "and this server does not write such changes to its binary log: rows would be wrong in the new table without "
        "a trace. Drop these keys first, or make them RESTRICT"
    )


def _versioned(table: Table, _facts: ServerFacts, _options: Options) -> str:
    return "is system-versioned: its history cannot be copied through a ghost table" if table.versioned else ""


def _periods(table: Table, _facts: ServerFacts, _options: Options) -> str:
    return "has an application-time period (PERIOD FOR), which cannot be copied row by row" if table.periods else ""


_SERVER_RULES: tuple[tuple[str, Callable[[ServerFacts, Options], str]], ...] = (
    ("server-version", _version),
    ("missing-grants", _grants),
    ("binlog-off", _binlog),
    ("binlog-format", _row_format),
    ("commit-order", _order),
    ("server-role", _role),
    ("read-only", _writable),
)

_TABLE_RULES: tuple[tuple[str, Callable[[Table, ServerFacts, Options], str]], ...] = (
    ("not-a-table", _kind),
    ("engine", _engine),
    ("triggers", _triggers),
    ("foreign-key-children", _children),
    ("foreign-key-parents", _parents),
    ("foreign-key-cascades", _cascades),
    ("system-versioned", _versioned),
    ("application-time-period", _periods),
)
