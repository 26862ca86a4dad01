"""Gives the ghost the original's CHECK constraints under names that become the original's own in the swap (MySQL).

What cannot be called as before is refused, unless that was allowed by name. It touches nothing but the empty ghost.
"""

from __future__ import annotations

from ghostshift.model.errors import Refused
from ghostshift.model.names import HelperNames, TableName
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session
from ghostshift.sql.check_names import Check, adopt, follows, ghost_names, read_checks, too_long, with_ghost_names
from ghostshift.sql.literals import text_literal


class Constraints:
    """The CHECKs of one original; none where their names are the table's own (`shared` is false).

    Raises Refused when it is made, where no name would be short enough.
    """

    def __init__(self, session: Session, original: TableName, helpers: HelperNames, *, shared: bool) -> None:
        self._original = original
        self._ghost = helpers.ghost
        self._checks = _checks_of(session, original) if shared else ()
        self._names: dict[str, str] = {}
        long = too_long(self._checks, original, (helpers.ghost, helpers.old))
        if long:
            raise Refused(
                "check-names",
                f"{original} has CHECK constraints, which are called by their table's name, and {long!r} is longer "
                "than the server allows; give a shorter root for the helper tables with --force-table-names",
            )

    def adopt(self, session: Session) -> None:
        """Name the CHECKs of the ghost, which has just been made LIKE the original."""
        if not self._checks:
            return
        made = _checks_of(session, self._ghost)
        rows = session.query(
            "SELECT LOWER(constraint_name) FROM information_schema.check_constraints "
            f"WHERE constraint_schema = {text_literal(self._original.schema)}"
        )
        taken = {str(row[0]) for row in rows} - {check.name.lower() for check in made}
        self._names = ghost_names(self._checks, self._original, self._ghost, taken)
        statement = adopt(self._ghost, made, self._checks, self._names)
        if statement:
            session.execute(statement)

    def options(self, options: str) -> str:
        """The ALTER's options as the ghost understands them."""
        return with_ghost_names(options, self._names) if self._names else options

    def left(self, session: Session, *, allowed: bool) -> tuple[str, ...]:
        """What the new table's CHECKs are called otherwise, as "old is called new". Raises Refused."""
        others = {new.lower(): old for old, new in self._names.items() if not follows(new, self._ghost.table)}
        left = [check for check in _checks_of(session, self._ghost) if check.name.lower() in others] if others else []
        said = tuple(f"{others[check.name.lower()]} is called {check.name}" for check in left)
        if said and not allowed:
            raise Refused(
                "check-names",
                f"the names of CHECK constraints are unique in a schema, so the new {self._original} cannot have "
                f"them while the original lives ({', '.join(others[check.name.lower()] for check in left)}); give "
                f"--allow-renamed-checks ({'; '.join(said)}), or drop them first and add them later",
            )
        return said


def _checks_of(session: Session, table: TableName) -> tuple[Check, ...]:
    return read_checks(inspector.read_create(session, table))
