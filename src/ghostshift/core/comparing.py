"""How two tables are compared: column by column, through the conversions of the ALTER where there was one. Pure.

Same type: the value as it is. A conversion that an exact expression can say: by that. All other conversions are left
to the server, which fills a temporary table of the right's definitions (`Comparison.scratch`); where that cannot be,
the column counts as uncompared. Nothing is ever compared by an expression that is only nearly the server's own
conversion: a false difference would stop a migration, a false likeness would let a wrong one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ghostshift.core.conversions import keeps_numbers
from ghostshift.model.comparison import ColumnTest, Comparison, How
from ghostshift.model.errors import MigrationError
from ghostshift.model.key import KeySpec
from ghostshift.model.plan import ColumnPair, Plan
from ghostshift.model.schema import Column, Table
from ghostshift.sql.transfers import transfer

_INTEGERS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_REALS = frozenset({"float", "double"})
_MOMENTS = frozenset({"datetime", "time"})
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_SHAPES = frozenset(
    {
        "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
        "geometrycollection", "geomcollection",
    }
)  # fmt: skip
_NETWORK = frozenset({"inet4", "inet6", "uuid"})
_LARGE = 65535
"""Octets: beyond them a value is written as its digest, for one text must not outgrow max_allowed_packet."""
_BULKY = 1 << 19
"""Octets of all columns together: half of the smallest max_allowed_packet that is in use."""
_WIDEST = 4
"""Bytes of a character, at most."""
_WHOLE = frozenset({"utf8mb4", "utf16", "utf16le", "utf32"})
"""Character sets that have every letter."""
_WHOLLY = _WHOLE | {"latin1", "utf8mb3", "utf8", "ucs2"}
"""Character sets each code of which is a letter that those have."""
_UNSTEADY = re.compile(
    r"@|\b(rand|uuid|uuid_short|now|sysdate|curdate|curtime|current_\w+|utc_\w+|local\w+|connection_id|user|"
    r"session_user|system_user|database|schema|version|last_insert_id|row_count|found_rows|unix_timestamp|"
    r"from_unixtime|random_bytes|nextval|lastval)\b",
    re.IGNORECASE,
)
"""What makes a virtual column of another moment or session another value. A stored one has the value that it has."""


def comparison(plan: Plan, *, lenient: bool = False, scratch: bool = True) -> Comparison:
    """The original and the ghost of a migration.

    `lenient` says that the copy's sessions are not strict (a value that does not fit was changed by the server);
    `scratch`, whether a temporary table may be made. Sessions of the comparison must be set up like the copy's.
    """
    pairs = tuple(pair for pair in plan.columns if pair.ghost not in plan.unsure)
    found = comparison_of(
        plan.original, plan.ghost, plan.key, plan.ghost_key, pairs, lenient=lenient, scratch=scratch
    )  # fmt: skip
    return replace(found, uncompared=(*found.uncompared, *plan.unsure))


def comparison_of(
    left: Table,
    right: Table,
    left_key: KeySpec,
    right_key: KeySpec,
    pairs: Iterable[ColumnPair],
    *,
    lenient: bool = False,
    scratch: bool = True,
) -> Comparison:
    """Any two tables by these columns."""
    known = tuple(_pair(left, right, pair, lenient=lenient) for pair in pairs)
    found = (*known, *_generated(left, right, known))
    needed = scratch and any(one.test is None and not one.generated for one in found)
    tests: list[ColumnTest] = []
    uncompared: list[str] = []
    for one in found:
        test = _on_the_right(one, mariadb=left.mariadb) if needed else one.test
        if test is None:
            uncompared.append(one.after.name)
            if one.before.nullable and one.after.nullable and not lenient and not one.generated:
                test = ColumnTest(left=one.before.name, right=one.after.name, how=How.NULLNESS, nullable=True)
        if test is not None:
            tests.append(test)
    return Comparison(
        left=left.name,
        right=right.name,
        left_key=left_key,
        right_key=right_key,
        tests=tuple(tests),
        scratch=needed,
        bulky=sum(max(one.before.octets, one.after.octets) for one in found) > _BULKY,
        uncompared=tuple(uncompared),
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    before: Column
    after: Column
    test: ColumnTest | None
    """None where only the server itself can convert."""
    generated: bool = False
    """The right computes it by itself, as the left does."""

    @property
    def unchanged(self) -> bool:
        """Whether the same name means the same values on both sides."""
        return _definition(self.before) == _definition(self.after) and self.before.name == self.after.name


def _pair(left: Table, right: Table, pair: ColumnPair, *, lenient: bool) -> _Pair:
    before, after = left.column(pair.original), right.column(pair.ghost)
    if before is None or after is None:
        raise MigrationError(f"{pair.original!r} of {left.name} or {pair.ghost!r} of {right.name} is not there")
    return _Pair(before, after, column_test(before, after, lenient=lenient))


def _on_the_right(one: _Pair, *, mariadb: bool) -> ColumnTest | None:
    """The test of a column that has been through a temporary table of the right's definitions."""
    if one.generated and one.test is None:
        return None
    return ColumnTest(
        left=one.before.name,
        right=one.after.name,
        how=_how(one.after),
        nullable=one.after.nullable,
        reading=transfer(one.before, one.after, one.before.name, mariadb=mariadb),
    )


def _generated(left: Table, right: Table, known: tuple[_Pair, ...]) -> tuple[_Pair, ...]:
    """Columns that both sides compute in the same way from values that the ALTER has not changed."""
    copied = {pair.after.name for pair in known}
    both = [
        (before, after)
        for after in right.columns
        if after.generated and after.name not in copied and (before := left.column(after.name)) and before.generated
    ]
    steady = {pair.after.name for pair in known if pair.unchanged}
    found: dict[str, _Pair] = {}
    while True:
        names = {c.name.lower() for c in (*left.columns, *right.columns)} - {name.lower() for name in steady}
        fresh = [
            (before, after)
            for before, after in both
            if after.name not in steady
            and _definition(before) == _definition(after)
            and not (before.generated == "virtual" and _UNSTEADY.search(after.expression))
            and not _mentions(after.expression, names)
        ]
        if not fresh:
            break
        for before, after in fresh:
            steady.add(after.name)
            found[after.name] = _Pair(before, after, column_test(before, after), generated=True)
    return tuple(found.get(after.name) or _Pair(before, after, None, generated=True) for before, after in both)


def _definition(column: Column) -> tuple[object, ...]:
    return (column.column_type, column.charset, column.collation, column.expression)


def _mentions(expression: str, names: set[str]) -> bool:
    lower = expression.lower()
    return any(re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", lower) for name in names)


def _how(column: Column) -> How:  # noqa: PLR0911 - one for each kind of type
    """How to write a value where both sides have this very type."""
    kind, padded = column.data_type, "zerofill" in column.column_type
    if kind in _INTEGERS:
        return How.WHOLE if padded else How.PLAIN
    if kind in ("enum", "set", "bit", "year"):
        return How.WHOLE
    if kind in _REALS:
        return How.REAL
    if kind == "decimal":
        return How.DECIMAL if padded else How.PLAIN
    if kind == "timestamp":
        return How.INSTANT
    if kind in _MOMENTS or kind in _NETWORK or kind == "date":
        return How.PLAIN
    if kind == "vector":
        return How.HEX
    if kind in _TEXTS or kind in _BYTES:
        return How.DIGEST if column.octets > _LARGE else How.BYTES
    return How.DIGEST


def column_test(  # noqa: PLR0911 - one for each kind of conversion
    before: Column, after: Column, *, lenient: bool = False
) -> ColumnTest | None:
    """How a value of `before` is compared with what the server made of it in `after`; None where only it can tell."""
    if lenient and before.nullable and not after.nullable:
        return None
    test = ColumnTest(
        left=before.name,
        right=after.name,
        how=_how(after),
        nullable=before.nullable or after.nullable,
        digits=(before.fraction, after.fraction),
        decimal=(after.precision, after.scale),
    )
    old, new = before.data_type, after.data_type
    if old in _INTEGERS and new in _INTEGERS:
        return replace(test, how=_padded(before, after, How.WHOLE)) if _widened(before, after) else None
    if old in _TEXTS and new in _TEXTS:
        return _text(test, before, after, lenient=lenient)
    if old in _BYTES and new in _BYTES:
        fits = after.octets >= before.octets and (new != "binary" or before.column_type == after.column_type)
        return replace(test, how=_sized(before, after)) if fits else None
    if old == new == "decimal":
        whole = after.precision - after.scale >= before.precision - before.scale
        signed = before.unsigned or not after.unsigned
        same = before.column_type == after.column_type
        fits = whole and after.scale >= before.scale and signed
        return replace(test, how=test.how if same else How.DECIMAL) if fits else None
    if old == new and (old in _MOMENTS or old == "timestamp"):
        moved = replace(test, how=How.INSTANT if old == "timestamp" else How.MOMENT)
        return moved if after.fraction >= before.fraction else None
    if old == new and old in ("enum", "set"):
        return test if keeps_numbers(before, after) else None
    if old == new == "bit":
        return test if after.precision >= before.precision else None
    if old in _SHAPES and new in _SHAPES:
        return test if new in (old, "geometry") else None
    return test if before.column_type == after.column_type and before.charset == after.charset else None


def _padded(before: Column, after: Column, how: How) -> How:
    return how if "zerofill" in before.column_type + after.column_type else How.PLAIN


def _sized(before: Column, after: Column) -> How:
    return How.DIGEST if max(before.octets, after.octets) > _LARGE else How.BYTES


def _widened(before: Column, after: Column) -> bool:
    """Whether every value of the one integer type is one of the other."""
    old, new = _INTEGERS[before.data_type], _INTEGERS[after.data_type]
    if before.unsigned == after.unsigned:
        return new >= old
    return before.unsigned and new > old


def _text(test: ColumnTest, before: Column, after: Column, *, lenient: bool) -> ColumnTest | None:
    """A text that has got longer, or into another character set, or from VARCHAR into CHAR."""
    if after.characters < before.characters or "binary" in (before.charset, after.charset):
        same = before.column_type == after.column_type and before.charset == after.charset
        return test if same else None
    converted = before.charset != after.charset
    if converted and lenient:
        return None
    if converted and after.octets < before.characters * _WIDEST and after.data_type.endswith("text"):
        return None
    if not converted and after.octets < before.octets:
        return None
    return replace(
        test,
        how=_sized(before, after),
        charset=after.charset if converted else "",
        lossy=before.charset if converted and not (after.charset in _WHOLE and before.charset in _WHOLLY) else "",
        strip=after.data_type == "char" and before.data_type != "char",
    )
