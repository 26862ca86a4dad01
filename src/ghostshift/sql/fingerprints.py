"""The fingerprint of a row: 64 bits of SHA-256 over a text from which every compared value could be read back. Pure.

The text is, separated by commas: which columns are NULL, and which have lost a letter by a conversion; the values that
hold no comma; the lengths of those that may hold one (but the last); and then these. So no byte can move from one
column into the next, and NULL is neither '' nor 'NULL'. The separator is binary: that makes the server put texts
together as they are stored, of whatever character set, without a conversion of each. Both sides of a comparison write
the same text for the same row.

SHA-256 rather than a CRC: a CRC is linear, and two equal damages would cancel in the XOR of a range.
"""

from __future__ import annotations

from ghostshift.model.comparison import ColumnTest, Comparison, How
from ghostshift.model.key import KeyColumn, KeyKind
from ghostshift.model.names import quote_name
from ghostshift.sql.literals import select_expression

SEPARATOR = "_binary',' COLLATE `binary`"
"""With a collation of its own, or MariaDB prefers that of the columns."""

LEFT, RIGHT = "o", "g"
"""The sides' aliases in every statement of a comparison."""

_MOMENTS = frozenset({KeyKind.DATETIME, KeyKind.TIMESTAMP, KeyKind.TIME})


def row_hash(comparison: Comparison, side: str) -> str:
    """A row as an unsigned 64-bit number; never NULL, which an XOR would leave out.

    A text that outgrows max_allowed_packet is NULL for the server: then a number that the other side never has.
    """
    number = _number(row_text(comparison, side))
    if not comparison.bulky:
        return number
    spec = comparison.right_key if _in_right_terms(comparison, side) else comparison.left_key
    names = ", ".join(f"{side}.{quote_name(name)}" for name in spec.names())
    instead = _number(f"CONCAT_WS({SEPARATOR}, '{side}', {names})")
    return f"COALESCE({number}, {instead})"


def _number(text: str) -> str:
    return f"CAST(CONV(LEFT(SHA2({text}, 256), 16), 16, 10) AS UNSIGNED)"


def row_text(comparison: Comparison, side: str) -> str:
    """The text that is hashed. CONCAT_WS, which leaves out NULLs, only where there may be some: CONCAT is faster."""
    as_it_is = _in_right_terms(comparison, side)
    named = [(test, f"{side}.{quote_name(test.right if as_it_is else test.left)}") for test in comparison.tests]
    nulls = [f"ISNULL({name})" for test, name in named if test.nullable]
    nulls += ["0" if as_it_is else _lost(test, name) for test, name in named if test.lossy]
    fixed = [_value(test, name, as_it_is) for test, name in named if test.how not in (How.BYTES, How.NULLNESS)]
    free = [_value(test, name, as_it_is) for test, name in named if test.how is How.BYTES]
    parts = [*fixed, *(f"LENGTH({value})" for value in free[:-1]), *free]
    between = f", {SEPARATOR}, "
    if nulls:
        which = f"CONCAT({', '.join(nulls)})"
        return f"CONCAT_WS({', '.join((SEPARATOR, which, *parts))})"
    return f"CONCAT({SEPARATOR}, {between.join(parts)})"


def _in_right_terms(comparison: Comparison, side: str) -> bool:
    """Whether the rows of this side have the right's names and definitions."""
    return side == RIGHT or comparison.scratch


def _value(test: ColumnTest, name: str, as_it_is: bool) -> str:  # noqa: FBT001 - one for each way
    how = test.how
    if how is How.WHOLE:
        return f"CAST({name} AS UNSIGNED)"
    if how is How.REAL:
        return f"{name} * 1e0"
    if how is How.DECIMAL:
        return f"CAST({name} AS DECIMAL({test.decimal[0]:d}, {test.decimal[1]:d}))"
    if how is How.INSTANT:
        # Of '0000-00-00' MariaDB says 0, or NULL where the column comes out of a derived table.
        name = f"COALESCE(UNIX_TIMESTAMP({name}), 0)"
    if how in (How.INSTANT, How.MOMENT):
        return name if as_it_is else _padded(name, test.digits)
    if how is How.HEX:
        return f"HEX({name})"
    if not as_it_is and test.charset:
        name = f"CONVERT({name} USING {test.charset})"
    if not as_it_is and test.strip:
        name = f"TRIM(TRAILING ' ' FROM {name})"
    return f"SHA2({name}, 256)" if how is How.DIGEST else name


def _lost(test: ColumnTest, name: str) -> str:
    """Whether a letter became '?' on its way into the other character set, which is 0 for every row of the right.

    Letters that are no '?' are counted before and after, to the byte: there may be others that a collation calls equal.
    """
    before = f"REPLACE({name} COLLATE {test.lossy}_bin, '?', '')"
    after = f"REPLACE(CONVERT({name} USING {test.charset}) COLLATE {test.charset}_bin, '?', '')"
    return f"COALESCE(CHAR_LENGTH({before}) <> CHAR_LENGTH({after}), 0)"


def _padded(moment: str, digits: tuple[int, int]) -> str:
    """A moment's text with the digits of fractional seconds that the other side shows."""
    old, new = digits
    if old == new:
        return moment
    dot = "" if old else "."
    return f"CONCAT({moment}, '{dot}{'0' * (new - old)}')"


def key_terms(comparison: Comparison, side: str) -> tuple[list[str], list[str], list[str]]:
    """A row's key for the client: in the left's terms, in the right's terms, and to compare both sides by.

    The last is the same text on both sides for what is the same key to the letter.
    """
    ours, theirs, same = [], [], []
    as_it_is = _in_right_terms(comparison, side)
    for left, right in zip(comparison.left_key.columns, comparison.right_key.columns, strict=True):
        name = right.name if as_it_is else left.name
        ours.append(select_expression(left, name=name, alias=side))
        there = select_expression(right, name=name, alias=side)
        if not as_it_is and left.kind is KeyKind.BYTES and right.length > left.length:
            there = f"HEX(RPAD({side}.{quote_name(name)}, {right.length:d}, X'00'))"
        if not as_it_is and _strips(comparison, left, right):
            there = f"HEX(TRIM(TRAILING ' ' FROM CONVERT({side}.{quote_name(name)} USING {right.charset})))"
        theirs.append(there)
        padded = left.kind in _MOMENTS and not as_it_is and left.fraction < right.fraction
        same.append(_padded(there, (left.fraction, right.fraction)) if padded else there)
    return ours, theirs, same


def same_keys(comparison: Comparison, *, known: str) -> str:
    """Whether a row of each side has the same key, to the letter; the rows of `known` are there, the other's sought."""
    sought = LEFT if known == RIGHT else RIGHT
    tests = []
    for left, right in zip(comparison.left_key.columns, comparison.right_key.columns, strict=True):
        here, there = (
            f"{side}.{quote_name((right if _in_right_terms(comparison, side) else left).name)}"
            for side in (known, sought)
        )
        target = right if _in_right_terms(comparison, sought) else left
        if left.kind is KeyKind.TEXT:
            tests.append(f"{there} = CONVERT({here} USING {target.charset}) COLLATE {target.collation}")
        else:
            tests.append(f"{there} = {here}")
    _, _, letters = key_terms(comparison, LEFT)
    _, _, others = key_terms(comparison, RIGHT)
    pairs = zip(comparison.left_key.columns, letters, others, strict=True)
    tests += [f"{one} = {other}" for left, one, other in pairs if left.kind is KeyKind.TEXT]
    return " AND ".join(tests)


def _strips(comparison: Comparison, left: KeyColumn, right: KeyColumn) -> bool:
    return any(test.strip for test in comparison.tests if (test.left, test.right) == (left.name, right.name))
