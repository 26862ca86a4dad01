"""The rules that must hold before anything is touched, one small function each, with a stable code. Pure.

Each returns the sentence to refuse with, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ghostshift.model.errors import Refused
from ghostshift.model.options import Options
from ghostshift.model.schema import Table
from ghostshift.model.server import ServerFacts

ServerRule = Callable[[ServerFacts, Options], str]


def needs_rows(facts: ServerFacts) -> bool:
    """Whether binlog_format would have to be set; a server without that variable logs rows."""
    return facts.variables.get("binlog_format", "ROW").upper() != "ROW"


READ_ONLY = "read-only"
"""The code of the rule that a server may stop to keep, and keep again."""


def check_version(facts: ServerFacts) -> None:
    """Raise Refused for a server that is too old."""
    if not facts.supported:
        raise Refused("server-version", _version(facts))


def check_server(facts: ServerFacts, options: Options) -> None:
    """Raise Refused for the first rule that does not hold of the server that is migrated."""
    _raise_first(server_problems(facts, options))


def check_writable(facts: ServerFacts, options: Options) -> None:
    """Raise Refused where nothing of ours could be written there."""
    if problem := _writable(facts, options):
        raise Refused("read-only", problem)


def check_log(facts: ServerFacts, options: Options) -> None:
    """Raise Refused for the first rule that does not hold of the server whose log is read."""
    _raise_first(log_problems(facts, options))


def check_table(table: Table, facts: ServerFacts, options: Options) -> None:
    """Raise Refused for the first rule about the original that does not hold."""
    _raise_first(table_problems(table, facts, options))


def _raise_first(found: Iterator[Refused]) -> None:
    for refused in found:
        raise refused


def server_problems(facts: ServerFacts, options: Options) -> Iterator[Refused]:
    """All rules that do not hold of the server that is migrated."""
    return (Refused(code, text) for code, rule in _SERVER_RULES if (text := rule(facts, options)))


def log_problems(facts: ServerFacts, options: Options) -> Iterator[Refused]:
    """All rules that do not hold of the server whose log is read."""
    return (Refused(code, text) for code, rule in _LOG_RULES if (text := rule(facts, options)))


def table_problems(table: Table, facts: ServerFacts, options: Options) -> Iterator[Refused]:
    """All rules about the original that do not hold."""
    found = ((code, rule(table, facts, options)) for code, rule in _TABLE_RULES)
    return (Refused(code, f"{table.name} {text}") for code, text in found if text)


def commits_in_order(facts: ServerFacts) -> bool:
    """Invariant 1's ground: MySQL commits in the log's order only while this is on; MariaDB always does."""
    return facts.flavor == "MariaDB" or facts.on("binlog_order_commits")


def _version(facts: ServerFacts) -> str:
    return f"the server is {facts.flavor} {facts.version}; ghostshift needs MySQL 5.7 or MariaDB 10.6, or later"


def _grants(facts: ServerFacts, options: Options) -> str:
    missing = (*facts.missing_grants, *(facts.losing_grants if options.allow.data_loss else ()))
    if not missing:
        return ""
    return f"the user {facts.user} lacks {', '.join(missing)}; GRANT them and try again"


def _binlog(facts: ServerFacts, _: Options) -> str:
    if facts.on("log_bin"):
        return ""
    return "the binary log is off on this server; start it with log_bin to be able to follow changes"


def _row_format(facts: ServerFacts, options: Options) -> str:
    if not needs_rows(facts):
        return ""
    value = facts.variables["binlog_format"].upper()
    if not options.topology.switch_to_rbr:
        return (
            f"binlog_format is {value} on {facts.identity}; SET GLOBAL binlog_format = 'ROW' and let the application "
            "reconnect (on a replica: restart replication), or give --switch-to-rbr"
        )
    if facts.followers:
        return (
            f"binlog_format is {value} on {facts.identity}, and --switch-to-rbr does not change it on a server that "
            f"has replicas ({facts.followers} have registered): SET GLOBAL binlog_format = 'ROW' yourself"
        )
    if facts.channels and not facts.may_stop_replication:
        return (
            f"binlog_format is {value} on {facts.identity}, and the user {facts.user} may not stop replication there, "
            "as --switch-to-rbr must for a moment; GRANT it REPLICATION SLAVE ADMIN (MySQL: REPLICATION_SLAVE_ADMIN)"
        )
    return ""


def _order(facts: ServerFacts, _: Options) -> str:
    if commits_in_order(facts):
        return ""
    return (
        "binlog_order_commits is OFF: a change could not be known to be visible; SET GLOBAL binlog_order_commits = ON"
    )


def _writable(facts: ServerFacts, options: Options) -> str:
    if facts.on("super_read_only"):
        problem, anyway = "super_read_only", False
    elif facts.on("read_only"):
        problem, anyway = "read only", facts.may_write_anyway
    else:
        return ""
    if not options.topology.on_replica:
        return f"{facts.identity} is {problem}; connect to the primary, or to a replica that follows it"
    if anyway:
        return ""
    return (
        f"{facts.identity} is {problem}, and so the user {facts.user} cannot write there; switch that off while this "
        "replica is used, or GRANT the user READ_ONLY ADMIN (MySQL: CONNECTION_ADMIN), which does for read_only alone"
    )


def _case(table: Table, facts: ServerFacts, _options: Options) -> str:
    """The server would find it, and log it under another name than the one that is watched."""
    name = table.name
    spelled = (name.schema.lower(), name.table.lower())
    if facts.variables.get("lower_case_table_names") != "1" or spelled == (name.schema, name.table):
        return ""
    return (
        "is spelled with capitals, which this server does not keep (lower_case_table_names=1); give "
        f"--database {spelled[0]} --table {spelled[1]}"
    )


def _kind(table: Table, _facts: ServerFacts, _options: Options) -> str:
    return "" if table.kind == "BASE TABLE" else f"is a {table.kind.lower()}, not a table"


def _engine(table: Table, _facts: ServerFacts, _options: Options) -> str:
    if table.engine.lower() == "innodb" or table.kind != "BASE TABLE":
        return ""
    return f"uses the engine {table.engine}; only InnoDB tables can be copied while they change"


def _pt_osc(table: Table, _facts: ServerFacts, _options: Options) -> str:
    theirs = [name for name in table.triggers if name.startswith("pt_osc_")]
    if not theirs:
        return ""
    return f"has the triggers of pt-online-schema-change ({', '.join(theirs)}): wait for its end, or drop them"


def _triggers(table: Table, _facts: ServerFacts, options: Options) -> str:
    if not table.triggers or options.triggers.include:
        return ""
    if options.recovery.revert:
        return (
            f"has triggers ({', '.join(table.triggers)}), which would not come along to the table that is brought back "
            "(--include-triggers means nothing to a revert); drop them, revert, and make on the table then those that "
            "it is to have. Until then nothing does what they do"
        )
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
    if options.recovery.revert:
        return (
            f"has foreign keys ({', '.join(table.parents)}), which the table that is brought back has not; drop them "
            "first, and revert"
        )
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


def _elsewhere(table: Table, _facts: ServerFacts, _options: Options) -> str:
    if not table.elsewhere:
        return ""
    return (
        "has its file in a folder of its own (DATA DIRECTORY), and the new table's would be in the server's data folder"
    )


def _periods(table: Table, _facts: ServerFacts, _options: Options) -> str:
    return "has an application-time period (PERIOD FOR), which cannot be copied row by row" if table.periods else ""


_SERVER_RULES: tuple[tuple[str, ServerRule], ...] = (
    ("missing-grants", _grants),
    ("commit-order", _order),
    ("read-only", _writable),
)

_LOG_RULES: tuple[tuple[str, ServerRule], ...] = (
    ("binlog-off", _binlog),
    ("binlog-format", _row_format),
)

_TABLE_RULES: tuple[tuple[str, Callable[[Table, ServerFacts, Options], str]], ...] = (
    ("name-case", _case),
    ("not-a-table", _kind),
    ("engine", _engine),
    ("pt-osc-triggers", _pt_osc),
    ("triggers", _triggers),
    ("foreign-key-children", _children),
    ("foreign-key-parents", _parents),
    ("foreign-key-cascades", _cascades),
    ("system-versioned", _versioned),
    ("application-time-period", _periods),
    ("data-directory", _elsewhere),
)
