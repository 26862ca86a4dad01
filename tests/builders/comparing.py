"""Compare tables in a test: a session like those of a migration, and the comparer of two tables or of a plan."""

from __future__ import annotations

from collections.abc import Iterable

from builders.migrating import endpoint
from ghostshift.core.comparing import comparison
from ghostshift.core.planner import make_plan
from ghostshift.model.comparison import Comparison, Difference
from ghostshift.model.key import Key
from ghostshift.model.names import TableName, helper_names
from ghostshift.mysql.inspector import read_dialect, read_table
from ghostshift.mysql.session import Session
from ghostshift.sql.alter import read_alter
from ghostshift.sql.comparisons import SCRATCH
from ghostshift.workers.comparer import Comparer
from plugins.server_pool import TestServer


class Pair:
    """`t` and its ghost `_t_gho` in one database, made by an ALTER and filled as a migration fills."""

    def __init__(self, server: TestServer, schema: str, *, strict: bool = True, time_zone: str = "'+00:00'") -> None:
        self.schema = schema
        self.lenient = not strict
        self._server = server
        self._strict = strict
        self._zone = time_zone
        self.session = self.open()

    def open(self) -> Session:
        """Another session, set up as the copy's."""
        with Session.open(endpoint(self._server)) as session:
            self.dialect = read_dialect(session)
        setup = (
            *self.dialect.session_setup(time_zone=self._zone),
            *self.dialect.writing_setup(strict=self._strict, notes=False),
            f"USE `{self.schema}`",
        )
        return Session.open(endpoint(self._server), setup)

    def run(self, *statements: str) -> None:
        """Run statements, one by one."""
        for statement in statements:
            self.session.execute(statement)

    def migrate(self, alter: str) -> Comparer:
        """Make the ghost, alter it, fill it; the comparer of both."""
        self.run("DROP TABLE IF EXISTS _t_gho", "CREATE TABLE _t_gho LIKE t", f"ALTER TABLE _t_gho {alter}")
        self.run(f"DROP TEMPORARY TABLE IF EXISTS {SCRATCH}")
        compared = self.comparison(alter)
        self.run(
            f"INSERT INTO _t_gho ({', '.join(f'`{pair.ghost}`' for pair in self.plan.columns)}) "
            f"SELECT {', '.join(f'`{pair.original}`' for pair in self.plan.columns)} FROM t"
        )
        return Comparer(compared)

    def comparison(self, alter: str, *, scratch: bool = True) -> Comparison:
        """How the two tables, as they are now, are compared."""
        names = helper_names(TableName(self.schema, "t"), sort_after=False)
        tables = [read_table(self.session, self.dialect, TableName(self.schema, name)) for name in ("t", "_t_gho")]
        self.plan = make_plan(*tables, names, read_alter(alter))
        return comparison(self.plan, lenient=self.lenient, scratch=scratch)

    def found(self, comparer: Comparer, keys: Iterable[Key] = ()) -> list[Difference]:
        """What differs, provided that the sums, the listing and the look at single keys say the same."""
        session = self.session
        listed = comparer.differing(session, session, None, None)
        assert comparer.same(session, session, None, None).equal is not bool(listed)
        wanted = {*keys, *(one.key for one in listed)}
        again = comparer.differing_keys(session, session, wanted)
        assert sorted(map(repr, again)) == sorted(map(repr, listed))
        return listed
