"""Compares ranges and keys of two tables. It has no session of its own: each call is given those to ask.

`left` is the original's session, `right` the ghost's; where both are the same session, one statement reads both tables
and sees one state of them. Nothing is locked and nothing is written but a temporary table (invariant 2). What a
difference means it cannot know: a change may be on its way.

Sessions must be set up as those that copy: the same time zone (UTC where the key holds a TIMESTAMP), the same mode.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ghostshift.core.misfits import MISFITS
from ghostshift.model.comparison import Comparison, Difference, Kind, Stray, Sums
from ghostshift.model.errors import DataLossError, MigrationError, ServerError
from ghostshift.model.key import Key, KeyKind
from ghostshift.mysql.session import Row, Session
from ghostshift.sql import comparisons
from ghostshift.sql.fingerprints import LEFT, RIGHT
from ghostshift.sql.literals import parse_key
from ghostshift.sql.statements import in_range, key_in, keys_where
from ghostshift.workers.guard import readable
from ghostshift.workers.warnings import MEND

LOOKED_UP = 500
"""Keys in one statement where ranges of the one side are none of the other."""


@dataclass(frozen=True, slots=True)
class Extras:
    """A stretch of the right in its own order: rows that only it has, and where the stretch ends (None: at the end)."""

    found: tuple[Difference, ...]
    upto: Key | None
    rows: int = 0


class Comparer:
    """See the module. Holds nothing that changes: any number of threads may share one, each with its sessions."""

    def __init__(self, comparison: Comparison, *, patient: bool = False) -> None:
        """`patient`: a row that no conversion makes fit for the right differs; else it is an error."""
        self.comparison = comparison
        self._patient = patient
        self._width = len(comparison.left_key.columns)

    def chunk_end(self, session: Session, after: Key | None, rows: int, upto: Key | None = None) -> Key | None:
        """The key of the left's row number `rows` above `after`; None where fewer are left up to `upto`."""
        spec = self.comparison.left_key
        found = session.query(comparisons.end_of(self.comparison.left, spec, after, upto, rows))
        return parse_key(spec, found[0]) if found else None

    def end_on_the_right(self, session: Session, after: Key | None, rows: int) -> Key | None:
        """As `chunk_end`, by the right's rows; in terms of the left's key. Only where the order is the same."""
        found = session.query(comparisons.end_on_the_right(self.comparison, after, rows))
        return self._ours(found[0]) if found else None

    def same(self, left: Session, right: Session, after: Key | None, upto: Key | None) -> Sums:
        """Whether both sides hold the same rows in `after` < key <= `upto` (None: no end).

        Where `comparison.own_order`, rows that only the right has are not seen: see `extras`.
        """
        condition = comparisons.left_range(self.comparison, after, upto)
        if self.comparison.own_order:
            return self._same_by_key(left, right, condition)
        there = comparisons.right_range(self.comparison, after, upto)
        if left is right:
            unfit = self._convert(left, condition)
            sums = left.one(comparisons.both_sums(self.comparison, condition, there))
            if unfit:
                return Sums(int(sums[0]) + len(unfit), int(sums[2]), equal=False)
        else:
            sums = (
                *left.one(comparisons.sums(self.comparison, LEFT, condition)),
                *right.one(comparisons.sums(self.comparison, RIGHT, there)),
            )
        rows, total, others, other = (int(figure) for figure in sums)
        return Sums(rows, others, (rows, total) == (others, other))

    def differing(self, left: Session, right: Session, after: Key | None, upto: Key | None) -> list[Difference]:
        """The keys of the range whose rows differ."""
        condition = comparisons.left_range(self.comparison, after, upto)
        if self.comparison.own_order:
            return self._differing_by_key(left, right, condition)
        return self._differing(left, right, condition, comparisons.right_range(self.comparison, after, upto))

    def differing_keys(self, left: Session, right: Session, keys: Collection[Key]) -> list[Difference]:
        """Those among these keys, and Strays, whose rows differ."""
        strays = [key.key for key in keys if isinstance(key, Stray)]
        keys = [key for key in keys if not isinstance(key, Stray)]
        astray = self._astray(left, right, key_in(self.comparison.right_key, strays)) if strays else []
        if not keys:
            return astray
        found = self._differing(
            left,
            right,
            comparisons.left_keys(self.comparison, keys),
            comparisons.right_keys(self.comparison, keys),
        )
        if not self.comparison.own_order:
            return found
        # Either side may call other keys equal to these, and their rows on the other side were not asked for.
        wanted = set(keys)
        return [*astray, *(one for one in found if one.key in wanted)]

    def differing_under_lock(self, session: Session, keys: Collection[Key]) -> list[Difference]:
        """As `differing_keys`, for the session that holds LOCK TABLES on both: each statement names one table once.

        A key that is spelled in two ways is missing in the one and extra in the other.
        """
        strays = [key.key for key in keys if isinstance(key, Stray)]
        keys = [key for key in keys if not isinstance(key, Stray)]
        astray = self._listed_astray(session, session, key_in(self.comparison.right_key, strays)) if strays else []
        if not keys:
            return astray
        here, there = comparisons.left_keys(self.comparison, keys), comparisons.right_keys(self.comparison, keys)
        self._convert(session, here)
        return [*astray, *self._between(self._listed(session, LEFT, here), self._listed(session, RIGHT, there))]

    def extras(self, left: Session, right: Session, after: Key | None, rows: int) -> Extras:
        """Rows that only the right has, among `rows` above `after`, which is in terms of the right's key."""
        spec = self.comparison.right_key
        ends = right.query(comparisons.end_of(self.comparison.right, spec, after, None, rows))
        upto = parse_key(spec, ends[0]) if ends else None
        return Extras(tuple(self._astray(left, right, in_range(spec, after, upto))), upto)

    def remove_strays(self, session: Session, strays: Collection[Stray]) -> None:
        """Delete those whose key no key of the left can become: nothing else would, and no row of the left is lost."""
        keys = [stray.key for stray in strays]
        if keys and (statement := comparisons.delete_unspellable(self.comparison, keys)):
            session.execute(statement)

    def named(self, key: Key) -> dict[str, str]:
        """A key, or a Stray's, for a person: values by the names of the left's columns."""
        compared = self.comparison
        values = compared.right_key.values(key.key) if isinstance(key, Stray) else compared.left_key.values(key)
        return dict(zip(compared.left_key.names(), map(readable, values), strict=True))

    def show(self, key: Key) -> str:
        """As `named`, in one line."""
        return "(" + ", ".join(f"{name}={value}" for name, value in self.named(key).items()) + ")"

    def _astray(self, left: Session, right: Session, condition: str) -> list[Difference]:
        """Rows of the right, among those of the condition, whose keys the left does not have to the letter."""
        if left is not right:
            return self._listed_astray(left, right, condition)
        rows = left.query(comparisons.joined_extras(self.comparison, condition))
        return [_stray(one) for one in self._parsed(rows)]

    def _listed_astray(self, left: Session, right: Session, condition: str) -> list[Difference]:
        there = self._listed(right, RIGHT, condition)
        ours = [one.ours for one in there.values()]
        if ours:
            self._convert(left, comparisons.left_keys(self.comparison, ours))
        here = self._looked_up(left, LEFT, ours)
        return [_stray(self._difference(None, one)) for same, one in there.items() if same not in here]

    def _same_by_key(self, left: Session, right: Session, condition: str) -> Sums:
        if left is right:
            unfit = len(self._convert(left, condition))
            rows, there, equal = (
                int(figure) for figure in left.one(comparisons.joined_sums(self.comparison, condition))
            )
            return Sums(rows + unfit, there, rows == there == equal and not unfit)
        listed = self._listed(left, LEFT, condition)
        others = self._looked_up(right, RIGHT, [one.ours for one in listed.values()])
        found = sum(same in others for same in listed)
        equal = sum(same in others and others[same].hash == one.hash for same, one in listed.items())
        return Sums(len(listed), found, len(listed) == equal)

    def _differing_by_key(self, left: Session, right: Session, condition: str) -> list[Difference]:
        if left is right:
            unfit = self._convert(left, condition)
            found = self._parsed(left.query(comparisons.joined_differing(self.comparison, condition)))
            return [*found, *_unfit(unfit)]
        listed = self._listed(left, LEFT, condition)
        others = self._looked_up(right, RIGHT, [one.ours for one in listed.values()])
        return self._between(listed, {same: one for same, one in others.items() if same in listed})

    def _differing(self, left: Session, right: Session, here: str, there: str) -> list[Difference]:
        if left is right:
            unfit = self._convert(left, here)
            found = self._parsed(left.query(comparisons.both_differing(self.comparison, here, there)))
            known = set(unfit)
            return [*(one for one in found if one.key not in known), *_unfit(unfit)]
        return self._between(self._listed(left, LEFT, here), self._listed(right, RIGHT, there))

    def _between(self, left: dict[Key | None, _Listed], right: dict[Key | None, _Listed]) -> list[Difference]:
        return [
            self._difference(one, other)
            for same in {**left, **right}
            for one, other in ((left.get(same), right.get(same)),)
            if one is None or other is None or one.hash != other.hash
        ]

    def _convert(self, session: Session, condition: str) -> list[Key]:
        """Let the server convert the left's rows into the scratch table, where that is needed; which do not fit."""
        if not self.comparison.scratch:
            return []
        session.execute(comparisons.make_scratch(self.comparison))
        session.execute(comparisons.empty_scratch(self.comparison))
        try:
            session.execute(comparisons.fill_scratch(self.comparison, condition))
        except ServerError as error:
            if error.errno not in MISFITS:
                raise
            if self._patient:
                return self._fill(session, self._keys(session, condition))
            # A change that the copy has not met yet: whoever comes to such a row first says so in the same words.
            raise DataLossError(
                f"a row of {self.comparison.left} does not fit the new table: {error.server_message} (server error "
                f"{error.errno}). Nothing was swapped; {MEND}"
            ) from error
        return []

    def _keys(self, session: Session, condition: str) -> list[Key]:
        spec = self.comparison.left_key
        return [parse_key(spec, row) for row in session.query(keys_where(self.comparison.left, spec, condition))]

    def _fill(self, session: Session, keys: list[Key]) -> list[Key]:
        """Convert these rows one half after the other, until only those are left out that do not fit."""
        unfit: list[Key] = []
        waiting = [keys] if keys else []
        while waiting:
            some = waiting.pop()
            condition = comparisons.left_keys(self.comparison, some)
            try:
                session.execute(comparisons.fill_scratch(self.comparison, condition))
            except ServerError as error:
                if error.errno not in MISFITS:
                    raise
                if len(some) == 1:
                    unfit += some
                else:
                    middle = len(some) // 2
                    waiting += [some[middle:], some[:middle]]
        return unfit

    def _listed(self, session: Session, side: str, condition: str) -> dict[Key | None, _Listed]:
        """The rows of one side by their keys in the right's terms."""
        rows = session.query(comparisons.listing(self.comparison, side, condition))
        width = self._width
        found: dict[Key | None, _Listed] = {}
        for row in rows:
            one = _Listed(self._ours(row[:width]), self._theirs(row[width:-1]), int(row[-1]))
            twin = found.get(one.theirs)
            found[one.theirs] = one if twin is None else replace(one, hash=one.hash ^ twin.hash)
        return found

    def _looked_up(self, session: Session, side: str, keys: Iterable[Key]) -> dict[Key | None, _Listed]:
        """The rows of these keys, in the left's terms."""
        asked = comparisons.left_keys if side == LEFT else comparisons.right_keys
        found: dict[Key | None, _Listed] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), LOOKED_UP):
            condition = asked(self.comparison, wanted[start : start + LOOKED_UP])
            found |= self._listed(session, side, condition)
        return found

    def _parsed(self, rows: Iterable[Row]) -> list[Difference]:
        width = self._width
        found = []
        for row in rows:
            here, there, theirs = row[:width], row[width : 2 * width], row[2 * width : 3 * width]
            left, right = (None if value is None else int(value) for value in row[-2:])
            one = None if left is None else _Listed(self._ours(here), None, left)
            other = None if right is None else _Listed(self._ours(there), self._theirs(theirs), right)
            found.append(self._difference(one, other))
        return found

    def _difference(self, left: _Listed | None, right: _Listed | None) -> Difference:
        if right is None:
            if left is None:
                raise MigrationError("the server sent a difference between no row and no row")
            return Difference(left.ours, Kind.MISSING, left.hash, None)
        key = right.ours if left is None else left.ours
        same = right.ours == key and (right.theirs == key or not self.comparison.own_order)
        spellings = (None, None) if same else (right.theirs, right.ours)
        if left is None:
            return Difference(key, Kind.EXTRA, None, right.hash, *spellings)
        return Difference(key, Kind.DIFFERENT, left.hash, right.hash, *spellings)

    def _ours(self, row: Sequence[Any]) -> Key:
        """A key in the left's terms; BINARY that has got longer on the right loses the zeros again."""
        spec = self.comparison.left_key
        key = parse_key(spec, row)
        if not any(column.kind is KeyKind.BYTES and column.length for column in spec.columns):
            return key
        values = tuple(
            _narrowed(value, column.length) if column.kind is KeyKind.BYTES and column.length else value
            for column, value in zip(spec.columns, spec.values(key), strict=True)
        )
        return values[0] if spec.single else values

    def _theirs(self, row: Sequence[Any]) -> Key:
        return parse_key(self.comparison.right_key, row)


@dataclass(frozen=True, slots=True)
class _Listed:
    ours: Key
    theirs: Key | None
    hash: int


def _unfit(keys: Iterable[Key]) -> list[Difference]:
    """Rows whose like the right cannot have; what it has instead is of no account."""
    return [Difference(key, Kind.DIFFERENT, 0, 0) for key in keys]


def _stray(found: Difference) -> Difference:
    """A row that only the right has, known by the right's own spelling."""
    key = found.key if found.right_key is None else found.right_key
    return replace(found, key=Stray(key), spelled=found.key if found.spelled is None else found.spelled)


def _narrowed(value: Any, length: int) -> Any:
    return value[:length] if isinstance(value, bytes) and not value[length:].strip(b"\0") else value
