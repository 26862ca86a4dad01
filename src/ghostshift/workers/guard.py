"""The uniqueness guard: notices when the ghost's new or stricter unique index would drop rows (invariant 7).

REPLACE removes, and the copy skips, a row whose unique value another row of the ghost has. Where the original
guarantees the same uniqueness, that other row has changed since and has its own change pending: no loss. Where the
ghost is more unique, two rows of the original may really claim one value: then the migration stops and names them.

A clash in the ghost alone proves nothing, for the ghost may be behind: both rows are read from the original in one
statement, which is one state of it, and converted by the ghost's own column definitions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ghostshift.model.chunk import Chunk
from ghostshift.model.errors import DataLossError, ServerError
from ghostshift.model.key import Key, KeyKind, KeySpec
from ghostshift.model.plan import NewUniqueness, Plan
from ghostshift.model.schema import UniqueKey
from ghostshift.mysql.session import Session
from ghostshift.sql import losses, uniqueness
from ghostshift.sql.literals import parse_key
from ghostshift.sql.statements import key_in, keys_where
from ghostshift.workers.scratch import Scratch

AT_ONCE = 1000
"""Keys in one question."""

SHOWN = 5
"""How many clashing pairs an error names."""


class UniquenessGuard:
    """Looks for rows that cannot all live in the ghost. Costs nothing where the ghost is not more unique."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._checkable = plan.new_uniqueness
        self._scratch = Scratch(plan)

    @property
    def needed(self) -> bool:
        """Whether the ghost is more unique than the original."""
        return bool(self._checkable)

    def check_original(self, session: Session) -> None:
        """Before the copy: values that occur twice already. Raises DataLossError."""
        for new in self._checkable:
            question = uniqueness.duplicates(self._plan, new, SHOWN)
            rows = session.query(question) if question else []
            if rows:
                shown = "; ".join(f"({', '.join(str(v) for v in row[:-1])}) {row[-1]} times" for row in rows)
                raise DataLossError(self._text(new, f"these values occur more than once in the original: {shown}"))

    def count_original(self, session: Session) -> Iterator[tuple[str, int]]:
        """Before the copy: the new indexes with the number of rows that have the value of another one."""
        for new in self._checkable:
            question = losses.surplus(self._plan, new)
            rows = int(session.one(question)[0]) if question else 0
            if rows:
                yield new.index, rows

    def check_keys(self, session: Session, keys: Collection[Key]) -> None:
        """Before these keys are applied: does one take a value from another living row? Raises DataLossError."""
        for new in self._checkable:
            if new.asked is not None:
                self._ask(session, new, new.asked, keys)
                continue
            pairs = self._pairs(session, uniqueness.clashes(self._plan, new, keys, SHOWN * 20))
            if pairs:
                self._confirm(session, new, {key for pair in pairs for key in pair})

    def left_out(self, session: Session, chunk: Chunk) -> list[Key]:
        """After a chunk that skipped rows: those that are missing. Raises DataLossError where that is a real clash.

        Where it is none the ghost was behind, and nothing but another look will bring these rows: unlike under a key
        that the original has, too, they need not have changed themselves.
        """
        missing = [parse_key(self._plan.key, row) for row in session.query(uniqueness.missing(self._plan, chunk))]
        for start in range(0, len(missing), AT_ONCE):
            self.check_keys(session, missing[start : start + AT_ONCE])
        return missing

    def rivals(self, session: Session, keys: Collection[Key]) -> set[Key]:
        """Keys of the ghost's other rows that hold a value which one of these needs. Raises DataLossError for a clash.

        The rows of these keys themselves are no rivals: they go before any comes.
        """
        found: set[Key] = set()
        for new in self._checkable:
            if new.asked is not None:
                found |= self._ask(session, new, new.asked, keys)
                continue
            clashes = uniqueness.clashes(self._plan, new, keys, AT_ONCE + len(keys))
            others = {other for _, other in self._pairs(session, clashes)}
            self._confirm(session, new, others.union(keys))
            found |= others
        return found.difference(keys)

    def spelled(self, session: Session, keys: Collection[Key]) -> set[Key]:
        """These rows' keys as the original spells them: where only it calls 'A' and 'a' equal, the ghost has either."""
        if not any(column.kind is KeyKind.TEXT for column in self._plan.key.columns):
            return set()
        spec = self._plan.key
        rows = session.query(keys_where(self._plan.table, spec, key_in(spec, keys)))
        return {parse_key(spec, row) for row in rows}

    def _ask(self, session: Session, new: NewUniqueness, index: UniqueKey, keys: Collection[Key]) -> set[Key]:
        """As `rivals`, where the server itself must make the values: in a table of the session."""
        self._scratch.fill(session, keys)
        found = {other for _, other, _ in self._scratch.rivals(session, index)}
        if found:
            self._scratch.fill(session, {*keys, *found})
        twins = self._scratch.twins(session, index, SHOWN)
        if twins:
            raise DataLossError(self._text(new, f"these rows have the same value: {'; '.join(twins)}"))
        return found

    def unclear(self, error: ServerError) -> DataLossError:
        """A value is taken, and it could not be found out by whom."""
        names = ", ".join(repr(new.index) for new in self._checkable)
        return DataLossError(
            f"{self._plan.table} cannot get its new unique index ({names}) without losing rows: "
            f"{error.server_message}. Nothing was swapped; remove the duplicates and start again"
        )

    def _pairs(self, session: Session, question: str) -> list[tuple[Key, Key]]:
        """Two keys of each row that answers: of rows with one value."""
        spec, width = self._plan.key, len(self._plan.key.columns)
        rows = session.query(question)
        return [(parse_key(spec, row[:width]), parse_key(spec, row[width:])) for row in rows]

    def _confirm(self, session: Session, new: NewUniqueness, keys: Collection[Key]) -> None:
        """Whether two of these live in the original at one moment with one value: one statement, one state."""
        for one, other in self._pairs(session, uniqueness.within(self._plan, new, keys, 1)):
            both = f"{show_key(self._plan.key, one)} and {show_key(self._plan.key, other)}"
            raise DataLossError(self._text(new, f"the rows {both} have the same value"))

    def _columns(self, new: NewUniqueness) -> tuple[str, ...]:
        return new.asked.columns if new.asked is not None else tuple(pair.original for pair in new.pairs)

    def _text(self, new: NewUniqueness, fact: str) -> str:
        return (
            f"{self._plan.table} cannot get the unique index {new.index!r} on "
            f"({', '.join(self._columns(new))}) without losing rows: {fact}. "
            "Nothing was swapped; remove the duplicates and start again"
        )


def show_key(spec: KeySpec, key: Key) -> str:
    """A key for a person: its columns' names and values."""
    return "(" + ", ".join(f"{n}={readable(v)}" for n, v in zip(spec.names(), spec.values(key), strict=True)) + ")"


def readable(value: object) -> str:
    """A key's value for a person."""
    if isinstance(value, bytes):
        try:
            return repr(value.decode("utf-8"))
        except UnicodeDecodeError:
            return "0x" + value.hex()
    return str(value)
