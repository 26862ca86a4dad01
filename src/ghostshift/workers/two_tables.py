"""From two names to a comparison of two tables, and through it. For `ghostshift verify`; it touches nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from ghostshift.core.comparing import comparison_of
from ghostshift.core.planner import UTC
from ghostshift.core.two_tables import Pairing, paired
from ghostshift.model.comparison import Comparison
from ghostshift.model.errors import MigrationError, Refused, ServerError, UsageError
from ghostshift.model.findings import Findings, VerifyWishes
from ghostshift.model.key import KeyKind
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint
from ghostshift.model.schema import Table
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.inspector import read_dialect, read_table
from ghostshift.mysql.session import Session, SessionPool
from ghostshift.runtime.group import Stop
from ghostshift.sql.comparisons import make_scratch
from ghostshift.workers.comparer import Comparer
from ghostshift.workers.table_verifier import TableVerifier, Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One comparison, as asked for."""

    table: TableName
    other: TableName
    endpoint: Endpoint
    other_endpoint: Endpoint | None = None
    """None where both are on one server."""
    columns: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    wishes: VerifyWishes = field(default_factory=VerifyWishes)


def verify(asked: Asked, stop: Stop, show: Callable[[Walk, int], None] = lambda _, __: None) -> Findings:
    """Compare. `show` is told how far it is, and about how many rows there are. Raises MigrationError."""
    if asked.table == asked.other and asked.other_endpoint is None:
        raise UsageError(f"--table and --with are both {asked.table} on one server")
    dialect, table = _look(asked.endpoint, asked.table)
    there, other = _look(asked.other_endpoint or asked.endpoint, asked.other)
    found = paired(table, other, renames=asked.renames, only=asked.columns, ignored=asked.ignored)
    zone = UTC if asked.other_endpoint or _has_stamps(found) else "@@GLOBAL.time_zone"
    with ExitStack() as stack:
        left = stack.enter_context(SessionPool(asked.endpoint, _setup(dialect, zone), stop))
        right = None
        if asked.other_endpoint is not None:
            right = stack.enter_context(SessionPool(asked.other_endpoint, _setup(there, zone), stop))
        compared = _comparison(left, table, other, found, alone=right is None)
        verifier = TableVerifier(
            Comparer(compared, patient=True),
            (left, right),
            asked.wishes,
            stop,
            lambda walk: show(walk, table.rows_estimate),
        )
        findings = verifier.run()
    return replace(
        findings,
        columns=tuple(pair.original for pair in found.pairs if pair.ghost not in compared.uncompared),
        left_out=found.left_out,
        uncompared=compared.uncompared,
    )


def _setup(dialect: Dialect, zone: str) -> tuple[str, ...]:
    return (*dialect.session_setup(time_zone=zone), *dialect.writing_setup(strict=True, notes=False))


def _look(endpoint: Endpoint, name: TableName) -> tuple[Dialect, Table]:
    """The table as it is. Raises Refused where there is none, or none that this user may read."""
    with Session.open(endpoint) as session:
        dialect = read_dialect(session)
        for statement in dialect.session_setup(time_zone=UTC):
            session.execute(statement)
        try:
            table = read_table(session, dialect, name, foreign_keys=False)
        except Refused as error:
            error.add_note(f"asked was {endpoint} as {endpoint.user!r}, who may also lack SELECT on it")
            raise
        try:
            session.query(f"SELECT 1 FROM {name.sql} LIMIT 0")
        except ServerError as error:
            raise MigrationError(
                f"{endpoint.user!r} cannot read {name} on {endpoint}: {error.server_message}; GRANT SELECT ON it"
            ) from error
    return dialect, table


def _has_stamps(found: Pairing) -> bool:
    return any(column.kind is KeyKind.TIMESTAMP for column in (*found.key.columns, *found.other_key.columns))


def _comparison(pool: SessionPool, table: Table, other: Table, found: Pairing, *, alone: bool) -> Comparison:
    """How to compare; by a temporary table only where one may be made and none of it would be logged."""
    wanted = comparison_of(table, other, found.key, found.other_key, found.pairs, scratch=alone)
    if not wanted.scratch:
        return wanted
    with pool.session() as session:
        try:
            logs, form = session.one("SELECT @@log_bin, @@SESSION.binlog_format")
            if str(logs) == "1" and str(form) != "ROW":
                return comparison_of(table, other, found.key, found.other_key, found.pairs, scratch=False)
            session.execute(make_scratch(wanted))
        except ServerError:  # whatever the reason: these columns are then listed as not compared
            return comparison_of(table, other, found.key, found.other_key, found.pairs, scratch=False)
    return wanted
