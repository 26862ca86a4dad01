"""Row readers against a slow and plain description of rows: any columns, any NULLs, any images, any key."""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import binlog as log
from ghostshift.binlog import events as ev
from ghostshift.binlog import tablemap, values
from ghostshift.binlog.rows import RowReader
from ghostshift.model.change import WatchedTable
from ghostshift.model.key import Key, KeyColumn, KeyKind, KeySpec


@dataclass(frozen=True)
class Kind:
    """A column type: as a table map says it, how to store a value, and as a key column."""

    type: int
    metadata: bytes
    key: KeyKind | None
    unsigned: bool = False

    def store(self, value: object) -> bytes:
        """The bytes in a row image."""
        if isinstance(value, int):
            widths = {1: 1, 2: 2, 9: 3, 3: 4, 8: 8}
            return value.to_bytes(widths[self.type], "little", signed=not self.unsigned)
        assert isinstance(value, bytes)
        if self.type == tablemap.BLOB:
            return log.text(value, self.metadata[0])
        if self.type in (tablemap.VARCHAR, tablemap.STRING):
            return log.text(value, 2 if self.metadata in (b"\x00\x02", b"\xce\x00") else 1)
        return value


INTEGERS = [Kind(t, b"", KeyKind.INTEGER, u) for t in (1, 2, 9, 3, 8) for u in (False, True)]
TEXTS = [
    Kind(tablemap.VARCHAR, b"\x50\x00", KeyKind.TEXT),
    Kind(tablemap.VARCHAR, b"\x00\x02", KeyKind.TEXT),
    Kind(tablemap.STRING, b"\xfe\x40", KeyKind.TEXT),
    Kind(tablemap.STRING, b"\xce\x00", KeyKind.TEXT),
]
OTHERS = [
    Kind(tablemap.BLOB, bytes((width,)), None) for width in (1, 2, 3, 4)
] + [Kind(tablemap.DOUBLE, b"\x08", None), Kind(tablemap.DATETIME2, b"\x03", None)]  # fmt: skip
WIDTH = {tablemap.DOUBLE: 8, tablemap.DATETIME2: 7}


def _values(kind: Kind) -> st.SearchStrategy[object]:
    if kind in INTEGERS:
        bits = {1: 8, 2: 16, 9: 24, 3: 32, 8: 64}[kind.type]
        return st.integers(0, 2**bits - 1) if kind.unsigned else st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if kind.type in WIDTH:
        return st.binary(min_size=WIDTH[kind.type], max_size=WIDTH[kind.type])
    return st.binary(max_size=300 if kind.metadata in (b"\x00\x02", b"\xce\x00", b"\x02") else 40)


def _image(kinds: list[Kind], row: list[object], present: list[bool]) -> bytes:
    here = [(kind, value) for kind, value, there in zip(kinds, row, present, strict=True) if there]
    nulls = [value is None for _, value in here]
    # Servers set the bits beyond the last column.
    nulls += [True] * (-len(nulls) % 8)
    return log.bitmap(nulls) + b"".join(kind.store(value) for kind, value in here if value is not None)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[list[Kind], list[int], list[list[object]], list[bool], list[bool]]:
    count = draw(st.integers(1, 20))
    kinds = [draw(st.sampled_from(INTEGERS + TEXTS + OTHERS)) for _ in range(count)]
    keys = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=4, unique=True))
    for ordinal in keys:
        if kinds[ordinal].key is None:
            kinds[ordinal] = draw(st.sampled_from(INTEGERS + TEXTS))
    rows = [
        [
            None if ordinal not in keys and draw(st.booleans()) else draw(_values(kind))
            for ordinal, kind in enumerate(kinds)
        ]
        for _ in range(2 * draw(st.integers(1, 4)))
    ]
    before = [ordinal in keys or draw(st.booleans()) for ordinal in range(count)]
    after = [draw(st.booleans()) for _ in range(count)]
    return kinds, keys, rows, before, after


def _reader(kinds: list[Kind], keys: list[int]) -> RowReader:
    columns = []
    for ordinal in keys:
        kind = kinds[ordinal]
        assert kind.key is not None
        columns.append(KeyColumn(name=f"c{ordinal}", ordinal=ordinal, kind=kind.key, unsigned=kind.unsigned))
    table = log.watched(columns=len(kinds), spec=log.key(*columns))
    body = log.table_map(1, "t", [k.type for k in kinds], b"".join(k.metadata for k in kinds))[1]
    return RowReader(table, tablemap.shapes(body, tablemap.names(body)[2]))


def _read(reader: RowReader, event: tuple[int, bytes]) -> tuple[list[Key], list[Key], int]:
    changed: list[Key] = []
    gone: list[Key] = []
    kind, body = event
    data = b"before" + body + b"\xff\xff behind"
    rows = reader.read(kind, data, 6 + 8, 6 + len(body), changed, gone)
    return changed, gone, rows


def _key(row: list[object], keys: list[int]) -> object:
    return row[keys[0]] if len(keys) == 1 else tuple(row[ordinal] for ordinal in keys)


@settings(max_examples=400, deadline=None)
@given(_cases(), st.sampled_from([23, 30]), st.sampled_from([25, 32]), st.sampled_from([24, 31]))
def test_any_rows(
    case: tuple[list[Kind], list[int], list[list[object]], list[bool], list[bool]], write: int, remove: int, change: int
) -> None:
    kinds, keys, rows, before, after = case
    reader = _reader(kinds, keys)
    count = len(kinds)
    images = [_image(kinds, row, before) for row in rows]
    wanted = [_key(row, keys) for row in rows]
    for _ in range(2):  # the second time with plans and heads that are known
        assert _read(reader, log.rows(write, 1, count, images, [log.bitmap(before)])) == (wanted, [], len(rows))
        assert _read(reader, log.rows(remove, 1, count, images, [log.bitmap(before)])) == ([], wanted, len(rows))
    pairs = list(zip(rows[::2], rows[1::2], strict=True))
    images, changed, gone = [], [], []
    for old, new in pairs:
        images += [_image(kinds, old, before), _image(kinds, new, after)]
        merged = [new[n] if after[n] else old[n] for n in range(count)]
        changed.append(_key(merged, keys))
        if _key(merged, keys) != _key(old, keys):
            gone.append(_key(old, keys))
    event = log.rows(change, 1, count, images, [log.bitmap(before), log.bitmap(after)])
    for _ in range(2):
        assert _read(reader, event) == (changed, gone, len(pairs))


@settings(max_examples=200, deadline=None)
@given(_cases(), st.data())
def test_an_event_cut_short_gives_whole_rows_or_nothing(
    case: tuple[list[Kind], list[int], list[list[object]], list[bool], list[bool]], choices: st.DataObject
) -> None:
    kinds, keys, rows, before, _ = case
    reader = _reader(kinds, keys)
    images = [_image(kinds, row, before) for row in rows]
    kind = choices.draw(st.sampled_from([30, 31]))
    shown = [log.bitmap(before)] * (2 if kind == 31 else 1)
    body = log.rows(kind, 1, len(kinds), images, shown)[1]
    step = len(shown)
    head = len(body) - sum(map(len, images))
    ends = {head + sum(map(len, images[:count])): count for count in range(0, len(images) + 1, step)}
    end = choices.draw(st.integers(8, len(body) - 1))
    changed: list[Key] = ["old"]
    gone: list[Key] = []
    data = body[:end] + choices.draw(st.sampled_from([b"", bytes(400), body]))
    if end in ends:
        assert reader.read(kind, data, 8, end, changed, gone) == ends[end] // step
        assert changed == ["old", *(_key(row, keys) for row in rows[: ends[end]][step - 1 :: step])]
        return
    with pytest.raises((*ev.DAMAGE, ev.Unusable)):
        reader.read(kind, data, 8, end, changed, gone)
    assert changed == ["old"]
    assert not gone


def test_a_key_that_may_be_null_is_none_where_it_is() -> None:
    reader = _reader([INTEGERS[6], TEXTS[0]], [0])
    reader.nullable = {0}
    rows = [b"\xfd" + log.text(b"x"), b"\xfd" + log.text(b"yz")]
    assert _read(reader, log.rows(30, 1, 2, rows)) == ([None, None], [], 2)


def test_a_key_that_is_null_or_absent() -> None:
    reader = _reader([INTEGERS[6], TEXTS[0]], [0])
    with pytest.raises(ValueError, match="NULL"):
        _read(reader, log.rows(30, 1, 2, [b"\xfd" + log.text(b"x")]))
    with pytest.raises(ev.Unusable, match="does not carry"):
        _read(reader, log.rows(30, 1, 2, [b"\xfe" + log.text(b"x")], [b"\x02"]))
    with pytest.raises(ev.Unusable, match="does not carry"):
        _read(reader, log.rows(31, 1, 2, [], [b"\x02", b"\x03"]))


def test_the_number_of_columns_must_be_that_of_the_table_map() -> None:
    reader = _reader([INTEGERS[6], TEXTS[0]], [0])
    with pytest.raises(ValueError, match="3 columns"):
        _read(reader, log.rows(30, 1, 3, [bytes(20)]))


def test_partial_updates() -> None:
    kinds = [INTEGERS[6], Kind(tablemap.JSON, b"\x04", None)]
    reader = _reader(kinds, [0])
    document = log.text(b"{}", 4)
    before = b"\xfc" + (5).to_bytes(4, "little") + document
    after = b"\xfc" + (6).to_bytes(4, "little") + log.text(b"a diff", 4)
    event = log.rows(39, 1, 2, [before, b"\x01\x01", after, before, b"\x00", before])
    assert _read(reader, event) == ([6, 5], [5], 2)


def test_many_combinations_of_nulls_do_not_fill_the_memory() -> None:
    kinds = [INTEGERS[8], *[INTEGERS[0]] * 15]
    reader = _reader(kinds, [0])
    for number in range(10_000):
        row = [number, *(1 if number >> bit & 1 else None for bit in range(15))]
        assert _read(reader, log.rows(30, 1, 16, [_image(kinds, row, [True] * 16)]))[0] == [number]
    (image,) = reader._images.values()
    assert len(image._plans) <= 4096


# --- values


def _column(kind: KeyKind, **more: object) -> KeyColumn:
    return KeyColumn(name="k", ordinal=0, kind=kind, **more)  # type: ignore[arg-type]


def _shape(kind: int, metadata: bytes) -> tablemap.Shape:
    body = log.table_map(1, "t", [kind], metadata)[1]
    (shape,) = tablemap.shapes(body, tablemap.names(body)[2])
    return shape


@given(st.integers(1, 65), st.integers(0, 30), st.data())
def test_decimals(precision: int, scale: int, choices: st.DataObject) -> None:
    scale = min(precision, scale)
    number = choices.draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    digits = str(abs(number)).zfill(precision)
    whole, part = digits[: precision - scale], digits[precision - scale :]
    sizes = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
    raw = b""
    first = len(whole) % 9
    if first:
        raw += int(whole[:first]).to_bytes(sizes[first], "big")
    for at in range(first, len(whole), 9):
        raw += int(whole[at : at + 9]).to_bytes(4, "big")
    for at in range(0, len(part), 9):
        group = part[at : at + 9]
        raw += int(group).to_bytes(sizes[len(group)], "big")
    if number < 0:
        raw = bytes(byte ^ 0xFF for byte in raw)
    raw = bytes((raw[0] ^ 0x80,)) + raw[1:]
    shape = _shape(tablemap.NEWDECIMAL, bytes((precision, scale)))
    assert shape.fixed == len(raw)
    read = tablemap.key_reader(_column(KeyKind.DECIMAL), shape)
    assert read(raw) == Decimal(f"{number}E-{scale}")


@given(st.datetimes(), st.integers(0, 6))
def test_datetimes(moment: dt.datetime, fraction: int) -> None:
    unit = 10 ** (6 - fraction)
    micro = moment.microsecond // unit * unit
    width = (fraction + 1) // 2
    packed = ((moment.year * 13 + moment.month) << 5 | moment.day) << 17
    packed |= moment.hour << 12 | moment.minute << 6 | moment.second
    raw = (packed + (1 << 39)).to_bytes(5, "big") + (micro // 100 ** (3 - width)).to_bytes(width, "big")
    read = tablemap.key_reader(
        _column(KeyKind.DATETIME, fraction=fraction), _shape(tablemap.DATETIME2, bytes((fraction,)))
    )
    assert read(raw) == f"{moment.replace(microsecond=0).isoformat(' ')}.{micro:06d}"


@given(st.integers(-3_020_399_000_000, 3_020_399_000_000), st.sampled_from([0, 2, 4, 6]))
def test_times(micro: int, fraction: int) -> None:
    unit = 10 ** (6 - fraction)
    micro = abs(micro) // unit * unit * (-1 if micro < 0 else 1)
    seconds, part = divmod(abs(micro), 1_000_000)
    width = fraction // 2
    packed = (seconds // 3600 << 12 | seconds // 60 % 60 << 6 | seconds % 60) << 8 * width | part // unit
    raw = ((1 << 8 * (3 + width) - 1) + (-packed if micro < 0 else packed)).to_bytes(3 + width, "big")
    read = tablemap.key_reader(_column(KeyKind.TIME, fraction=fraction), _shape(tablemap.TIME2, bytes((fraction,))))
    assert read(raw) == micro


@pytest.mark.parametrize(
    ("column", "shape", "raw", "wanted"),
    [
        (_column(KeyKind.DATE), _shape(tablemap.DATE, b""), (2026 << 9 | 1 << 5 | 31).to_bytes(3, "little"),
         "2026-01-31"),
        (_column(KeyKind.DATE), _shape(tablemap.NEWDATE, b""), bytes(3), "0000-00-00"),
        (_column(KeyKind.DATETIME), _shape(tablemap.DATETIME, b""), struct.pack("<Q", 20260131235958),
         "2026-01-31 23:59:58.000000"),
        (_column(KeyKind.TIMESTAMP), _shape(tablemap.TIMESTAMP, b""), struct.pack("<I", 86_400),
         "1970-01-02 00:00:00.000000"),
        (_column(KeyKind.TIMESTAMP), _shape(tablemap.TIMESTAMP2, b"\0"), struct.pack(">I", 0xFFFFFFFF),
         "2106-02-07 06:28:15.000000"),
        (_column(KeyKind.TIMESTAMP), _shape(tablemap.TIMESTAMP2, b"\0"), bytes(4), "0000-00-00 00:00:00.000000"),
        (_column(KeyKind.TIME), _shape(tablemap.TIME, b""), (-8385959).to_bytes(3, "little", signed=True),
         -3_020_399_000_000),
        (_column(KeyKind.INTEGER), _shape(tablemap.YEAR, b""), b"\x00", 0),
        (_column(KeyKind.INTEGER), _shape(tablemap.YEAR, b""), b"\x7e", 2026),
        (_column(KeyKind.BIT, length=9), _shape(tablemap.BIT, b"\x01\x01"), b"\x01\x02", 258),
        (_column(KeyKind.ENUM), _shape(tablemap.STRING, b"\xf7\x02"), b"\x2c\x01", 300),
        (_column(KeyKind.SET), _shape(tablemap.STRING, b"\xf8\x08"), b"\0" * 7 + b"\x80", 1 << 63),
        (_column(KeyKind.BYTES, length=4), _shape(tablemap.STRING, b"\xfe\x04"), b"a", b"a\0\0\0"),
        (_column(KeyKind.BYTES), _shape(tablemap.VARCHAR, b"\x04\x00"), b"a", b"a"),
        (_column(KeyKind.TEXT), _shape(tablemap.STRING, b"\xee\x00"), b"a", b"a"),
        (_column(KeyKind.INET4), _shape(tablemap.STRING, b"\xfe\x04"), b"\x0a", b"\x0a\0\0\0"),
        (_column(KeyKind.UUID), _shape(tablemap.STRING, b"\xfe\x10"), b"", bytes(16)),
    ],
)  # fmt: skip
def test_values(column: KeyColumn, shape: tablemap.Shape, raw: bytes, wanted: object) -> None:
    assert tablemap.key_reader(column, shape)(raw) == wanted


@pytest.mark.parametrize(
    ("column", "shape"),
    [
        (_column(KeyKind.INTEGER), _shape(tablemap.VARCHAR, b"\x04\x00")),
        (_column(KeyKind.TEXT), _shape(tablemap.LONG, b"")),
        (_column(KeyKind.DATETIME, fraction=3), _shape(tablemap.DATETIME2, b"\x06")),
        (_column(KeyKind.BYTES, length=4), _shape(tablemap.STRING, b"\xfe\x05")),
        (_column(KeyKind.UUID), _shape(tablemap.STRING, b"\xfe\x24")),
        (_column(KeyKind.ENUM), _shape(tablemap.STRING, b"\xf8\x01")),
    ],
)
def test_types_that_do_not_fit(column: KeyColumn, shape: tablemap.Shape) -> None:
    with pytest.raises(ev.Unusable, match="altered by someone else"):
        tablemap.key_reader(column, shape)


@pytest.mark.parametrize(
    ("kind", "metadata"),
    [(20, b"\x03"), (243, b""), (244, b""), (252, b"\x00"), (252, b"\x05"), (246, b"\x05\x06"), (246, b"\x42\x00"),
     (18, b"\x07"), (15, b"\x01"), (3, b"\x01")],
)  # fmt: skip
def test_columns_that_make_no_sense(kind: int, metadata: bytes) -> None:
    with pytest.raises((ValueError, EOFError)):
        _shape(kind, metadata)


def test_moments_that_a_damaged_log_could_name() -> None:
    with pytest.raises(ValueError, match="year 0"):
        values.datetime(0)(bytes(5))


def test_a_watched_table_without_its_column() -> None:
    table = WatchedTable("original", log.watched().name, KeySpec(index="k", columns=(log.int_column(),)), 3)
    with pytest.raises(ev.Unusable, match="altered"):
        RowReader(table, (_shape(tablemap.LONG, b""),))
