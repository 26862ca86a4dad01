"""What the user may do, read from SHOW GRANTS. Roles are expanded where the server shows them.

It errs on the side of "may not": a grant in a form that is not known here is asked for once more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.session import Session

TABLE_GRANTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "LOCK TABLES", "TRIGGER")
"""TRIGGER even where there are none: without it a table's triggers are not shown, and would be lost unseen."""

_GRANT = re.compile(r"""GRANT (.+?) ON (?:TABLE )?(\*\.\*|([`"])((?:(?!\3).|\3\3)*)\3\.\*) TO """, re.DOTALL)
"""Privileges and what for: everything, or a schema by its quoted pattern. What is granted on a table is not enough."""

_STREAMING = frozenset({"REPLICATION SLAVE", "REPLICATION REPLICA"})
_ASKING = frozenset({"REPLICATION CLIENT", "BINLOG MONITOR", "SUPER"})
_SETTING = frozenset({"SUPER", "SYSTEM_VARIABLES_ADMIN", "SESSION_VARIABLES_ADMIN"})
_OVERRIDING = {
    False: frozenset({"SUPER", "CONNECTION_ADMIN"}),
    True: frozenset({"READ_ONLY ADMIN", "READ ONLY ADMIN"}),
}
"""Writing on a server that is read_only, by whether it is MariaDB."""
_STOPPING = {
    False: frozenset({"SUPER", "REPLICATION_SLAVE_ADMIN"}),
    True: frozenset({"REPLICATION SLAVE ADMIN", "REPLICATION REPLICA ADMIN"}),
}
"""Stopping and starting replication; of MariaDB's SUPER it is no part in every version."""


@dataclass(frozen=True, slots=True)
class Grants:
    """Privileges everywhere, and in one schema."""

    mariadb: bool
    everywhere: frozenset[str]
    here: frozenset[str]

    @property
    def all_powerful(self) -> bool:
        """Everything, everywhere."""
        return bool({"ALL", "ALL PRIVILEGES"} & self.everywhere)

    def missing(self) -> tuple[str, ...]:
        """What a migration needs on the server that is migrated and read, and the user lacks."""
        if self.all_powerful:
            return ()
        all_here = bool({"ALL", "ALL PRIVILEGES"} & self.here)
        has = self.here | self.everywhere
        return (*(grant for grant in TABLE_GRANTS if not all_here and grant not in has), *self._missing_for_the_log())

    def missing_for_reading(self) -> tuple[str, ...]:
        """The same for a server whose log alone is read."""
        if self.all_powerful:
            return ()
        may_select = {"SELECT", "ALL", "ALL PRIVILEGES"} & (self.here | self.everywhere)
        return (*(() if may_select else ("SELECT",)), *self._missing_for_the_log())

    def missing_for_losses(self, *, restricted: bool) -> tuple[str, ...]:
        """What accepted losses need besides; `restricted` where not everybody may set max_error_count (MySQL 8)."""
        missing = []
        if not {"CREATE TEMPORARY TABLES", "ALL", "ALL PRIVILEGES"} & (self.here | self.everywhere):
            missing.append("CREATE TEMPORARY TABLES")
        if restricted and not self.may(_SETTING):
            missing.append("SESSION_VARIABLES_ADMIN")
        return tuple(missing)

    def may(self, privileges: frozenset[str]) -> bool:
        """Whether the user has one of these."""
        return self.all_powerful or bool(privileges & self.everywhere)

    @property
    def may_write_anyway(self) -> bool:
        """Write on a server that is read_only."""
        return self.may(_OVERRIDING[self.mariadb])

    @property
    def may_stop_replication(self) -> bool:
        """Stop and start replication."""
        return self.may(_STOPPING[self.mariadb])

    def _missing_for_the_log(self) -> tuple[str, ...]:
        missing = []
        if not _STREAMING & self.everywhere:
            missing.append("REPLICATION SLAVE")
        if not _ASKING & self.everywhere:
            missing.append("BINLOG MONITOR" if self.mariadb else "REPLICATION CLIENT")
        return tuple(missing)


def read_grants(session: Session, dialect: Dialect, schema: str) -> Grants:
    """The grants of the user of this session."""
    lines = [str(row[0]) for row in session.query(_show_grants(session, dialect))]
    return parse_grants(lines, schema, mariadb=dialect.mariadb)


def parse_grants(lines: list[str], schema: str, *, mariadb: bool) -> Grants:
    """Lines of SHOW GRANTS, as far as they concern the schema."""
    everywhere: set[str] = set()
    here: set[str] = set()
    for line in lines:
        match = _GRANT.match(line)
        if match is None:
            continue
        privileges = {part.strip().upper() for part in re.sub(r"\([^)]*\)", "", match[1]).split(",")}
        if match[2] == "*.*":
            everywhere |= privileges
        elif _covers(match[4].replace(match[3] * 2, match[3]), schema):
            here |= privileges
    return Grants(mariadb, frozenset(everywhere), frozenset(here))


def _covers(pattern: str, schema: str) -> bool:
    """Whether a schema is among those that a pattern stands for, in which a backslash takes a sign's meaning away."""
    signs = re.findall(r"\\.|.", pattern, re.DOTALL)
    expression = "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign[-1])) for sign in signs)
    return re.fullmatch(expression, schema, re.IGNORECASE | re.DOTALL) is not None


def _show_grants(session: Session, dialect: Dialect) -> str:
    if dialect.mariadb or dialect.version < (8, 0, 0):
        return "SHOW GRANTS"
    role = session.one("SELECT CURRENT_ROLE()")[0]
    role = role.decode("utf-8", "replace") if isinstance(role, bytes) else str(role)
    return "SHOW GRANTS" if role == "NONE" else f"SHOW GRANTS FOR CURRENT_USER() USING {role}"
