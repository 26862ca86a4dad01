"""Runs a scenario of the conformance suite and judges it by the server's own ALTER TABLE on an identical table.

Two schemas get the same create.sql. In the one ghostshift migrates `t` while the scenario's traffic runs at fixed
moments; the other gets the same sections of traffic in the same order, and then the server's own ALTER. Then all that
can be seen of the two tables must be equal. Nothing sleeps: the traffic runs in the migration's threads, at its turns.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pymysql
import pytest

from builders.conformance import SECTIONS, Expectation, Scenario, Statement, options_of
from builders.migrating import options
from ghostshift import migration
from ghostshift.api import migrate
from ghostshift.model.errors import MigrationError, Refused
from ghostshift.model.notice import Notice, Turn
from ghostshift.model.options import Options, Tunables
from ghostshift.model.outcome import Outcome
from ghostshift.mysql.session import RenewableSession
from ghostshift.workers.copier import Copier
from ghostshift.workers.crew import Crew
from plugins.server_pool import TestServer

BEFORE, WHILE, AFTER = SECTIONS
CHUNK = 10
"""Rows in a chunk, so that a table of some dozen rows is half copied when the second section runs."""

VERIFIES = True
"""Whether a swapped table must have been verified."""

_TEXTS = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}
_BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "vector"}
_SHAPES = {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"}
_SHAPES |= {"geometrycollection", "geomcollection"}
_NETWORK = {"inet4": 4, "inet6": 16, "uuid": 16}


@dataclass(frozen=True, slots=True)
class Picture:
    """All that can be seen of a table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    create: str
    auto_increment: Any
    """None without a numbered column: MySQL then shows what is left of an earlier one."""


@dataclass
class Verdict:
    """What a scenario came to, with the words to say when that is not what was expected."""

    scenario: Scenario
    complaints: list[str] = field(default_factory=list)
    ours: Picture | None = None
    judges: Picture | None = None

    def complain(self, text: str) -> None:
        """Something is wrong."""
        self.complaints.append(text)

    def __str__(self) -> str:
        scenario = self.scenario
        parts = [f"{scenario.name}: {scenario.why}", *(f"* {text}" for text in self.complaints), ""]
        parts += [f"{statement.text};" for statement in scenario.create]
        parts += ["", f"alter: {scenario.alter}"]
        for section, statements in scenario.traffic.items():
            parts += [f"-- {section}", *(f"{statement.text};" for statement in statements)]
        if self.ours and self.judges:
            parts += ["", *_row_differences(self.ours, self.judges)]
            parts += ["", f"ours: {self.ours.create}", "", f"judge's: {self.judges.create}"]
        return "\n".join(parts)


class Traffic:
    """The scenario's live traffic against one schema, section after section."""

    def __init__(self, server: TestServer, schema: str, scenario: Scenario) -> None:
        self._server = server
        self._schema = schema
        self._scenario = scenario
        self.done: list[str] = []
        self.problem: BaseException | None = None
        self._lock = threading.Lock()

    def upto(self, section: str) -> bool:
        """Run all sections up to this one that have not run yet; whether there was anything to run."""
        with self._lock:
            ran = False
            for name in SECTIONS[: SECTIONS.index(section) + 1]:
                if name not in self.done:
                    self.done.append(name)
                    ran = self._run(name) or ran
            return ran

    def _run(self, section: str) -> bool:
        statements = self._scenario.traffic.get(section, ())
        try:
            if statements:
                execute(self._server, self._schema, statements)
        except BaseException as problem:
            self.problem = problem
            raise
        return bool(statements)


def execute(server: TestServer, schema: str, statements: Sequence[Statement]) -> None:
    """Statements in a session of their own. One that fails although it should not, or the other way round, raises."""
    connection = server.machine.connect(database=schema)
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                try:
                    cursor.execute(statement.text)
                except pymysql.MySQLError as error:
                    if error.args[0] != statement.fails:
                        raise AssertionError(f"{error.args[0]}: {error.args[-1]}, in: {statement.text}") from error
                else:
                    assert not statement.fails, f"did not fail with {statement.fails}: {statement.text}"
        connection.commit()
    finally:
        connection.close()


class Court:
    """Judges scenarios on one server."""

    def __init__(self, server: TestServer, name: str) -> None:
        self._server = server
        self._name = name

    def judge(self, scenario: Scenario) -> Verdict:
        """Run it; the verdict's complaints are empty where all is as it should be."""
        ours, judges = self._server.fresh_database(), self._server.fresh_database()
        before = {name: self._server.execute(f"SELECT @@GLOBAL.{name}")[0][0] for name in scenario.globals}
        try:
            for name, value in scenario.globals.items():
                self._server.execute(f"SET GLOBAL {name} = %s", (value,))
            return self._judge(scenario, ours, judges)
        finally:
            for name, value in before.items():
                self._server.execute(f"SET GLOBAL {name} = %s", (value,))

    def _judge(self, scenario: Scenario, ours: str, judges: str) -> Verdict:
        verdict = Verdict(scenario)
        for schema in (ours, judges):
            execute(self._server, schema, scenario.create)
        traffic, same = Traffic(self._server, ours, scenario), Traffic(self._server, judges, scenario)
        outcome, error = self._migrate(scenario, ours, traffic)
        if traffic.problem is not None:
            raise traffic.problem
        for section in traffic.done:
            same.upto(section)
        self._compare_outcome(verdict, scenario.expected[self._name], outcome, error)
        if outcome is None:
            verdict.ours, verdict.judges = picture(self._server, ours), picture(self._server, judges)
            self._compare(verdict, {}, "the original, which must be untouched,")
        same.upto(AFTER)
        problem = self._alter(scenario, judges)
        if problem and outcome is not None:
            verdict.complain(f"the server's own ALTER fails ({problem}), and ghostshift swapped")
        elif problem is None and outcome is not None:
            verdict.ours, verdict.judges = picture(self._server, ours), picture(self._server, judges)
            self._compare(verdict, scenario.differs[self._name], "the new table")
        return verdict

    def _migrate(
        self, scenario: Scenario, schema: str, traffic: Traffic
    ) -> tuple[Outcome | None, MigrationError | None]:
        chosen = options_of(Options, scenario.options)
        tunables = Tunables(throttle_additional_flag_file="", chunk_size=CHUNK)
        given = {"tunables": tunables, "heartbeat_millis": 60, "copy_threads": 1, **chosen}
        with pytest.MonkeyPatch.context() as patch:
            _run_inside(patch, traffic)
            try:
                return migrate(options(self._server, schema, scenario.alter, **given), hear=[_hearer(traffic)]), None
            except MigrationError as error:
                return None, error

    def _alter(self, scenario: Scenario, schema: str) -> str | None:
        """The server's own ALTER; its error, if it fails."""
        connection = self._server.machine.connect(database=schema)
        try:
            with connection.cursor() as cursor:
                for name, value in scenario.judge.items():
                    cursor.execute(f"SET SESSION {name} = %s", (value,))
                cursor.execute(scenario.judged_alter)
        except pymysql.MySQLError as error:
            return f"{error.args[0]}: {error.args[-1]}"
        finally:
            connection.close()
        return None

    @staticmethod
    def _compare_outcome(
        verdict: Verdict, expected: Expectation, outcome: Outcome | None, error: MigrationError | None
    ) -> None:
        if outcome is not None:
            if str(expected) != "migrated":
                verdict.complain(f"expected: {expected}; it was migrated")
            if not outcome.swapped and not outcome.instant:
                verdict.complain("it was not swapped")
            asked = "verification" not in verdict.scenario.options
            if VERIFIES and asked and outcome.swapped and not outcome.verification.verified:
                verdict.complain(f"it was swapped without being verified: {outcome.verification}")
            return
        refused = error.code if isinstance(error, Refused) else ""
        if refused != expected.refused:
            verdict.complain(f"expected: {expected}; it ended with {type(error).__name__}: {error}")
        elif not refused and (not expected.stops or expected.stops not in str(error)):
            verdict.complain(f"expected: {expected} {expected.stops}; it ended with {type(error).__name__}: {error}")

    @staticmethod
    def _compare(verdict: Verdict, differs: Mapping[str, str], what: str) -> None:
        ours, judges = verdict.ours, verdict.judges
        assert ours is not None
        assert judges is not None
        for part, same in (
            ("rows", (ours.columns, ours.rows) == (judges.columns, judges.rows)),
            ("create", ours.create == judges.create),
            ("auto_increment", ours.auto_increment == judges.auto_increment),
        ):
            if same and part in differs:
                verdict.complain(f"[differs] {part} is not needed: they are equal")
            elif not same and part not in differs:
                verdict.complain(f"{what} differs from the judge's: {part}")


def _hearer(traffic: Traffic) -> Any:
    moments = {Turn.BEFORE_ROW_COPY: BEFORE, Turn.BEFORE_CUT_OVER: AFTER}

    def hear(notice: Notice) -> None:
        if notice.turn in moments:
            traffic.upto(moments[notice.turn])

    return hear


def _run_inside(patch: pytest.MonkeyPatch, traffic: Traffic) -> None:
    """Have the copier run the second section after its first chunk, and wait there until its changes are applied."""
    crews: list[Crew] = []
    calls: list[None] = []
    following = Copier._next

    class Seen(Crew):
        def __init__(self, *args: Any, **kw: Any) -> None:
            super().__init__(*args, **kw)
            crews.append(self)

    def held(self: Copier, worker: RenewableSession) -> Any:
        calls.append(None)
        if len(calls) == 2 and traffic.upto(WHILE):
            _settle(crews[0], worker)
        return following(self, worker)

    patch.setattr(migration, "Crew", Seen)
    patch.setattr(Copier, "_next", held)


def _settle(crew: Crew, worker: RenewableSession) -> None:
    """Until all that happened has been read from the log, and applied or discarded."""
    marker = crew.follower.probe(worker.session)
    assert crew.follower.arrived(marker, 20.0), "the marker did not come back"
    assert crew.buffer.wait_until(lambda buffer: buffer.idle, 20.0), "keys stay owed"


# -- looking


def picture(server: TestServer, schema: str, table: str = "t") -> Picture:
    """Everything of a table, so that two of them can be compared."""
    mariadb = server.flavor.startswith("mariadb")
    connection = server.machine.connect(database=schema)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION time_zone = '+00:00', sql_mode = ''")
            if not mariadb:
                cursor.execute("SET SESSION information_schema_stats_expiry = 0")
                cursor.execute("SET SESSION show_gipk_in_create_table_and_information_schema = ON")
            cursor.execute(
                "SELECT column_name, data_type, extra FROM information_schema.columns WHERE table_schema = %s "
                "AND table_name = %s ORDER BY ordinal_position",
                (schema, table),
            )
            found = cursor.fetchall()
            columns = [(_text(name), _text(kind).lower()) for name, kind, _ in found]
            numbered = any("auto_increment" in _text(extra).lower() for _, _, extra in found)
            shown = ", ".join(_shown(name, kind) for name, kind in columns)
            cursor.execute(f"SELECT {shown} FROM `{table}`")
            rows = sorted(cursor.fetchall(), key=repr)
            connection.use_unicode = False  # MariaDB 10 shows a binary default's bytes as they are
            cursor.execute(f"SHOW CREATE TABLE `{table}`")
            create = cursor.fetchall()[0][1].decode(errors="backslashreplace")
            connection.use_unicode = True
            cursor.execute(
                "SELECT auto_increment FROM information_schema.tables WHERE table_schema = %s AND table_name = %s",
                (schema, table),
            )
            counter = cursor.fetchall()[0][0] if numbered else None
    finally:
        connection.close()
    return Picture(tuple(f"{name} {kind}" for name, kind in columns), tuple(rows), create, counter)


def _shown(name: str, kind: str) -> str:
    """One column as text that tells all of its value."""
    column = "`" + name.replace("`", "``") + "`"
    if kind in _TEXTS | _BYTES | _SHAPES:
        return f"HEX({column})"
    if kind == "json":
        return f"HEX(CAST({column} AS CHAR))"
    if kind in _NETWORK:
        return f"CONCAT(CAST({column} AS CHAR), '=', HEX(CAST({column} AS BINARY({_NETWORK[kind]}))))"
    if kind == "float":
        return f"CONCAT(CAST({column} AS CHAR), '=', CAST({column} AS DOUBLE))"
    if kind in ("enum", "set"):
        return f"CONCAT({column} + 0, '=', HEX({column}))"
    return f"CAST({column} AS CHAR)"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _row_differences(ours: Picture, judges: Picture, most: int = 8) -> list[str]:
    lines = []
    if ours.columns != judges.columns:
        lines.append(f"columns: ours {ours.columns}, judge's {judges.columns}")
    for title, rows, others in (("ours", ours.rows, judges.rows), ("judge's", judges.rows, ours.rows)):
        left = [*rows]
        for row in others:
            if row in left:
                left.remove(row)
        lines += [f"only in {title}: {row}" for row in left[:most]]
    if ours.auto_increment != judges.auto_increment:
        lines.append(f"AUTO_INCREMENT: ours {ours.auto_increment}, judge's {judges.auto_increment}")
    return lines
