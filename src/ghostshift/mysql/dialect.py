"""What differs between MySQL 5.7 to 9.x and MariaDB 10.6 to 11.x, as data and a few methods.

Elsewhere nothing asks for a version: it asks this value for a property with a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ghostshift.model.errors import Refused

_IF_ALLOWED = "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1227 BEGIN END; {}; END"
"""MariaDB: a statement whose want of a privilege is no error. The setting only saves room in the log, and wants
BINLOG ADMIN, which the work itself does not."""

NO_TIME_LIMIT = "SET SESSION autocommit = 1 /*!50708 , max_execution_time = 0 */ /*M!100101 , max_statement_time = 0 */"
"""For every session, before it is known whose: a limit for an application's statements is not for ours."""

_SHAPING_MODES = (
    "ALLOW_INVALID_DATES",
    "NO_UNSIGNED_SUBTRACTION",
    "TIME_ROUND_FRACTIONAL",
    "TIME_TRUNCATE_FRACTIONAL",
)
"""Modes in which the server makes another value of a row's, or has nothing against it; each flavour knows some."""


def _if_set_globally(*modes: str) -> str:
    """Arguments for CONCAT: those of the modes that the server has."""
    return ", ".join(f"IF(FIND_IN_SET('{mode}', @@GLOBAL.sql_mode), ',{mode}', '')" for mode in modes)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A server's flavour and version."""

    mariadb: bool
    version: tuple[int, int, int]
    text: str

    @classmethod
    def of(cls, text: str, comment: str = "") -> Dialect:
        """From `VERSION()` and `@@version_comment`. Raises Refused for what cannot be read."""
        match = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)", text)
        if match is None:
            raise Refused("server-version", f"{text!r} is not a version of MySQL or MariaDB that ghostshift can read")
        numbers = int(match[1]), int(match[2]), int(match[3])
        return cls("mariadb" in (text + comment).lower(), numbers, text)

    @property
    def name(self) -> str:
        """The flavour, for people."""
        return "MariaDB" if self.mariadb else "MySQL"

    @property
    def renames_under_lock(self) -> bool:
        """RENAME TABLE works in the session that holds LOCK TABLES … WRITE (MySQL 8.0.13 and later)."""
        return not self.mariadb and self.version >= (8, 0, 13)

    @property
    def checks_share_names(self) -> bool:
        """The names of CHECK constraints are unique in a schema (MySQL, which has them since 8.0.16)."""
        return not self.mariadb and self.version >= (8, 0, 16)

    @property
    def supported(self) -> bool:
        """Old enough servers lack what the invariants need."""
        return self.version >= ((10, 6, 0) if self.mariadb else (5, 7, 0))

    def executes(self, mariadb: bool, version: int) -> bool:  # noqa: FBT001 - the two parts of what opens a comment
        """Whether it executes a comment that begins with `/*!`, or `/*M!`, and this number (0 for none).

        MariaDB passes over what is written for MySQL 5.7 and later.
        """
        if mariadb and not self.mariadb:
            return False
        if self.mariadb and not mariadb and 50_700 <= version <= 99_999:
            return False
        major, minor, patch = self.version
        return version <= major * 10_000 + minor * 100 + patch

    @property
    def orders_commits_by_variable(self) -> bool:
        """MySQL can be told not to commit in the log's order; MariaDB always does (invariant 1)."""
        return not self.mariadb

    @property
    def position_statement(self) -> str:
        """The statement that says where the binary log ends."""
        return "SHOW BINARY LOG STATUS" if not self.mariadb and self.version >= (8, 2, 0) else "SHOW MASTER STATUS"

    @staticmethod
    def altering_setup(*, zero_dates: bool) -> str:
        """For the session that alters the ghost: the server's own settings, as the ALTER would find them.

        `zero_dates` lets a default be '0000-00-00'. TRADITIONAL stands for other modes, which are listed beside it.
        """
        mode = "@@GLOBAL.sql_mode"
        if zero_dates:
            for name in ("NO_ZERO_IN_DATE", "NO_ZERO_DATE", "TRADITIONAL"):
                mode = f"REPLACE({mode}, '{name}', '')"
        return f"SET SESSION sql_mode = {mode}, time_zone = @@GLOBAL.time_zone"

    @staticmethod
    def writing_setup(*, strict: bool, notes: bool) -> tuple[str, ...]:
        """What the sessions that write rows need beyond `session_setup`; `strict` False leaves it to the server.

        Without `notes` the server neither counts nor keeps them: a note on each row would hide a warning among them.
        """
        counted = f"SET SESSION sql_notes = {int(notes)}"
        if strict:
            return (counted,)
        kept = _if_set_globally(*_SHAPING_MODES, "STRICT_TRANS_TABLES", "STRICT_ALL_TABLES")
        return counted, f"SET SESSION sql_mode = CONCAT('NO_AUTO_VALUE_ON_ZERO', {kept})"

    @staticmethod
    def lenient_setup() -> str:
        """For sessions that may change values to fit: as an ALTER that ignores what does not."""
        odd = "IF(FIND_IN_SET('ALLOW_INVALID_DATES', @@GLOBAL.sql_mode), ',ALLOW_INVALID_DATES', '')"
        return f"SET SESSION sql_mode = CONCAT('NO_AUTO_VALUE_ON_ZERO', {odd})"

    @property
    def row_versions_most(self) -> int | None:
        """MySQL: how many row versions instant changes may leave in a table (manual, "Online DDL Operations")."""
        if self.mariadb or self.version < (8, 0, 29):
            return None
        return 255 if self.version >= (9, 1, 0) else 64

    def indexing_setup(self, threads: int) -> tuple[str, ...]:
        """For the session that adds indexes to a filled table: it works, and may wait for the table, for long.

        MySQL sorts in memory of this size for all threads together, and writes what does not fit into files.
        """
        waits = "SET SESSION lock_wait_timeout = 86400"
        if self.mariadb or self.version < (8, 0, 27):
            return (waits,)
        sorts = f"innodb_ddl_buffer_size = {64 << 20}, innodb_ddl_threads = {threads:d}"
        return waits, f"SET SESSION {sorts}, innodb_parallel_read_threads = {threads:d}"

    @property
    def says_replica(self) -> bool:
        """Replication is spoken of in the new words: REPLICA, SOURCE (MySQL 8.0.22 and later)."""
        return not self.mariadb and self.version >= (8, 0, 22)

    def session_setup(self, *, time_zone: str) -> tuple[str, ...]:
        """Statements that each working session runs first, and again after every reconnect.

        READ COMMITTED: `INSERT … SELECT` then reads the original without locks (invariant 2). Strict, so that a value
        which does not fit is an error; zero dates and odd dates of the original must pass unchanged, and id 0 stays 0.
        Modes that make other values of the same conversion are the server's, as an ALTER would find them.
        Limits that would turn a long IN list into a full scan are off (peers: range optimizer memory).
        """
        settings = (
            "SET SESSION autocommit = 1, sql_mode = CONCAT('STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO', "
            f"{_if_set_globally(*_SHAPING_MODES)}), "
            f"time_zone = {time_zone}, sql_safe_updates = 0, sql_select_limit = DEFAULT, "
            "foreign_key_checks = 1, innodb_lock_wait_timeout = 5, lock_wait_timeout = 60, wait_timeout = 28800"
        )
        # In as few statements as can be: each session waits for each of them to come and go.
        isolation = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
        if self.mariadb:
            return (
                isolation,
                f"{settings}, in_predicate_conversion_threshold = 0, optimizer_max_sel_arg_weight = 0",
                _IF_ALLOWED.format("SET SESSION binlog_annotate_row_events = 0"),
            )
        # A generated invisible primary key is a key like any other; a server may be told to hide it.
        hidden = ", show_gipk_in_create_table_and_information_schema = ON" if self.version >= (8, 0, 30) else ""
        return isolation, f"{settings}, range_optimizer_max_mem_size = 0{hidden}"
