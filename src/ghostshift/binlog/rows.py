"""Row events of a watched table: from packed row images to keys, by skip plans compiled once.

A row image is a bitmap of NULLs and then the values, without an index: to reach a key or the next row, all that lies
before must be stepped over. Which bytes are there depends on the columns present and on the NULLs, so for every pair
of these that occurs a plan is compiled and kept: neighbouring columns of fixed size become one addition, and when all
key columns are integers that lie before the first column of variable size, one precompiled struct reads the key.
That is what makes plain Python fast enough; measure with bench/reader.py before changing a loop here.

Values beyond the end of an event may be read before the damage is noticed, but never handed out: `read` checks that the
last row ends where the event ends. This module must never build an object for a row.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable
from operator import itemgetter
from typing import Any, TypeAlias

from ghostshift.binlog.compressed import unpack_zlib
from ghostshift.binlog.events import (
    COMPRESSED_ROWS,
    DELETES,
    PARTIAL_UPDATE,
    ROWS,
    UPDATES,
    V2_ROWS,
    Unusable,
    cut,
    packed_int,
)
from ghostshift.binlog.tablemap import ENUM, INT24, JSON, LONG, LONGLONG, SET, SHORT, TINY, Shape, key_reader
from ghostshift.binlog.values import Reader, nothing
from ghostshift.model.change import WatchedTable
from ghostshift.model.key import Key

_Values: TypeAlias = tuple[Hashable, ...]
"""The key columns of a row in the order of the table's columns."""
_Unpack: TypeAlias = Callable[[bytes, int], _Values]
_Skips: TypeAlias = tuple[tuple[int, int], ...]
"""Columns of variable size: width of the length, and what to add for it and for the fixed columns that follow."""
_Slow: TypeAlias = Callable[[bytes, int], tuple[_Values, int]]
_Plan: TypeAlias = tuple[_Unpack | None, int, _Skips, _Slow]

_PLANS = 4096
"""Plans kept per image: a table of many nullable columns may have more combinations than are worth keeping."""
_IMAGES = 64
_CODES = {TINY: "b", SHORT: "h", LONG: "i", LONGLONG: "q"}
_UNSIGNED_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Image:
    """The row images that have the same columns present; its plans, one per combination of NULLs."""

    def __init__(self, reader: RowReader, present: bytes) -> None:
        bitmap = int.from_bytes(present, "little")
        self._columns = [i for i in range(len(reader.shapes)) if bitmap >> i & 1]
        self._reader = reader
        self._plans: dict[bytes, _Plan] = {}
        self.null_bytes = (len(self._columns) + 7) // 8
        here = [i for i in reader.ordinals if bitmap >> i & 1]
        self.here = here
        """The key columns that are present."""
        self.complete = len(here) == len(reader.ordinals)
        places = [here.index(i) if i in here else None for i in reader.ordinals]
        self.combine: Callable[[_Values, _Values], _Values] | None = None if self.complete else _combiner(places)

    def plan(self, nulls: bytes) -> _Plan:
        """The plan for this combination of NULLs."""
        plan = self._plans.get(nulls)
        if plan is None:
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            plan = self._plans[nulls] = self.steps(nulls).plan()
        return plan

    def slowly(self, data: bytes, pos: int) -> tuple[dict[int, Hashable], int]:
        """The values of the key columns that are present, by ordinal, and where the next image begins."""
        _, _, _, slow = self.plan(data[pos : pos + self.null_bytes])
        values, pos = slow(data, pos)
        return dict(zip(self.here, values, strict=True)), pos

    def steps(self, nulls: bytes) -> Steps:
        """How to step through an image with this combination of NULLs."""
        if len(nulls) < self.null_bytes:
            raise EOFError("a row ends within its bitmap of NULLs")
        bitmap = int.from_bytes(nulls, "little")
        keys, shapes = self._reader.readers, self._reader.shapes
        steps = Steps(self.null_bytes)
        for place, ordinal in enumerate(self._columns):
            if not bitmap >> place & 1:
                steps.add(shapes[ordinal], keys.get(ordinal), self._reader.codes.get(ordinal, ""))
            elif ordinal in self._reader.nullable:
                steps.add_null()
            elif ordinal in keys:
                raise ValueError("a key column is NULL")
        return steps


class Steps:
    """Collects the steps of one plan."""

    def __init__(self, null_bytes: int) -> None:
        self._format = f"<{null_bytes}x"
        self._head = null_bytes
        self._skips: list[tuple[int, int]] = []
        self._fast = True
        # (width of the length or 0, bytes to add, reader of a key or None, bytes of a fixed key)
        self.slow: list[tuple[int, int, Reader | None, int]] = [(0, null_bytes, None, 0)]

    def add(self, shape: Shape, reader: Reader | None, code: str) -> None:
        """One more column that is present and not NULL. `code` reads it within a struct, where one can."""
        if reader is not None:
            self.slow.append((shape.prefix, 0, reader, shape.fixed))
            self._fast = self._fast and bool(code) and not self._skips
        elif shape.prefix:
            self.slow.append((shape.prefix, shape.prefix, None, 0))
        else:
            width, more, last, _ = self.slow[-1]
            if last is None:
                self.slow[-1] = (width, more + shape.fixed, None, 0)
            else:
                self.slow.append((0, shape.fixed, None, 0))
        if shape.prefix:
            self._skips.append((shape.prefix, shape.prefix))
        elif self._skips:
            self._skips[-1] = (self._skips[-1][0], self._skips[-1][1] + shape.fixed)
        else:
            self._head += shape.fixed
            self._format += code if reader is not None and code else f"{shape.fixed}x"

    def add_null(self) -> None:
        """A key column that is NULL: its value is None."""
        self.slow.append((0, 0, nothing, 0))
        self._fast = False

    def plan(self) -> _Plan:
        """The plan of all columns added."""
        unpack: Any = struct.Struct(self._format).unpack_from if self._fast else None
        return unpack, self._head, tuple(self._skips), _slow_reader(tuple(self.slow))


class RowReader:
    """Reads the row events of one watched table under one definition of its columns.

    `limit` bounds the bytes that a compressed event may unpack to.
    """

    def __init__(self, table: WatchedTable, shapes: tuple[Shape, ...], limit: int = 1 << 30) -> None:
        if len(shapes) != table.columns:
            raise Unusable(
                f"the table {table.name} has {len(shapes)} columns in the binary log and had {table.columns} when the "
                "migration was planned: the table was altered by someone else"
            )
        self.label = table.label
        self.news = table.news
        self._limit = limit
        self.shapes = shapes
        self._name = str(table.name)
        self.bitmap_bytes = (len(shapes) + 7) // 8
        self.json_bytes = (sum(shape.type == JSON for shape in shapes) + 7) // 8
        columns = table.key.columns
        try:
            self.readers = {c.ordinal: key_reader(c, shapes[c.ordinal]) for c in columns}
        except Unusable as error:
            raise Unusable(f"{table.name}: {error}") from None
        self.nullable = {c.ordinal for c in columns if c.nullable}
        self.codes = {c.ordinal: _code(shapes[c.ordinal], unsigned=c.unsigned) for c in columns}
        self.ordinals = sorted(self.readers)
        order = [self.ordinals.index(c.ordinal) for c in columns]
        # A getter of one place gives the bare value, of several a tuple: just what model.key wants.
        straight = len(order) > 1 and order == sorted(order)
        self._order: Callable[[_Values], Key] | None = None if straight else itemgetter(*order)
        self._images: dict[bytes, Image] = {}
        self._heads: dict[bytes, tuple[Image, Image | None]] = {}
        """Heads as they were met, without extra data: an event's head is nearly always one of very few."""
        count_bytes = 1 if len(shapes) < 251 else 3
        self._usual_sizes = {
            kind: (2 if kind in V2_ROWS else 0) + count_bytes + (2 if kind in UPDATES else 1) * self.bitmap_bytes
            for kind in ROWS
        }

    def read(self, kind: int, data: bytes, pos: int, end: int, changed: list[Key], gone: list[Key]) -> int:
        """Append the keys of one row event to `changed` and `gone`; returns its number of rows.

        `data[pos:end]` is what follows the table id and the flags. Raises events.DAMAGE, or Unusable where a key
        column is in neither image. Then neither list has been touched.
        """
        size = self._usual_sizes[kind]
        head = self._heads.get(data[pos : pos + size])
        if head is None:
            first, second, pos = self.head(kind, data, pos, end)
        else:
            first, second = head
            pos += size
        if kind in COMPRESSED_ROWS:
            data = unpack_zlib(cut(data[:end], pos, end - pos), self._limit)
            pos, end = 0, len(data)
        new: list[_Values] = []
        old: list[_Values] = []
        if second is not None:
            json_bytes = self.json_bytes if kind == PARTIAL_UPDATE else -1
            if first.complete:
                rows = _read_updates(data, pos, end, (first, second), new, old, json_bytes)
            else:
                rows = _read_news(data, pos, end, (first, second), new, json_bytes)
        else:
            rows = _read_images(data, pos, end, first, old if kind in DELETES else new)
        changed += map(self._order, new) if self._order is not None else new
        gone += map(self._order, old) if self._order is not None else old
        return rows

    def head(self, kind: int, data: bytes, pos: int, end: int) -> tuple[Image, Image | None, int]:
        """What precedes the rows: extra data, the number of columns, one or two bitmaps of the columns present."""
        begin = pos
        if kind in V2_ROWS:
            pos += int.from_bytes(data[pos : pos + 2], "little")
        count, pos = packed_int(data, pos)
        if count != len(self.shapes):
            raise ValueError(f"{count} columns, the table map said {len(self.shapes)}")
        bitmaps = 2 if kind in UPDATES else 1
        width = self.bitmap_bytes
        if pos + bitmaps * width > end:
            raise EOFError("it ends within its bitmap of columns")
        first = self._image(data[pos : pos + width])
        second = self._image(data[pos + width : pos + 2 * width]) if bitmaps == 2 else None
        if not (
            first.complete or (self.news and second is not None and {*first.here, *second.here} >= {*self.ordinals})
        ):
            raise Unusable(f"a change of {self._name} does not carry the columns of its key")
        pos += bitmaps * width
        if pos - begin == self._usual_sizes[kind]:
            if len(self._heads) >= _IMAGES:
                self._heads.clear()
            self._heads[data[begin:pos]] = first, second
        return first, second, pos

    def key(self, values: _Values) -> Key:
        """The key of values in the order of the table's columns."""
        return values if self._order is None else self._order(values)

    def _image(self, present: bytes) -> Image:
        image = self._images.get(present)
        if image is None:
            if len(self._images) >= _IMAGES:
                self._images.clear()
            image = self._images[present] = Image(self, present)
        return image


def _read_images(data: bytes, pos: int, end: int, image: Image, out: list[_Values]) -> int:
    """The keys of inserted or deleted rows."""
    rows = 0
    known = None
    null_bytes = image.null_bytes
    append = out.append
    while pos < end:
        rows += 1
        nulls = data[pos : pos + null_bytes]
        if nulls != known:
            unpack, head, skips, slow = image.plan(nulls)
            known = nulls
        if unpack is None:
            values, pos = slow(data, pos)
            append(values)
            continue
        append(unpack(data, pos))
        pos += head
        for width, add in skips:
            if width == 1:
                pos += data[pos] + add
            elif width == 2:
                pos += data[pos] + (data[pos + 1] << 8) + add
            else:
                pos += int.from_bytes(data[pos : pos + width], "little") + add
    if pos != end:
        raise EOFError("a row reaches beyond the end of its event")
    return rows


# The loop for updates is the hottest of all and says everything twice, once per image: a call per image would cost more
# than the rest of the loop.
def _read_updates(  # noqa: C901, PLR0912 - flat on purpose, see above
    data: bytes,
    pos: int,
    end: int,
    images: tuple[Image, Image],
    changed: list[_Values],
    gone: list[_Values],
    json_bytes: int,
) -> int:
    """The keys of updated rows. `json_bytes` >= 0: a partial update, with that many bytes of flags where it says so."""
    rows = 0
    known = known_after = None
    before, after = images
    null_bytes, after_bytes, combine = before.null_bytes, after.null_bytes, after.combine
    while pos < end:
        rows += 1
        nulls = data[pos : pos + null_bytes]
        if nulls != known:
            unpack, head, skips, slow = before.plan(nulls)
            known = nulls
        if unpack is None:
            old, pos = slow(data, pos)
        else:
            old = unpack(data, pos)
            pos += head
            for width, add in skips:
                if width == 1:
                    pos += data[pos] + add
                elif width == 2:
                    pos += data[pos] + (data[pos + 1] << 8) + add
                else:
                    pos += int.from_bytes(data[pos : pos + width], "little") + add
        if json_bytes >= 0:
            options, pos = packed_int(data, pos)
            pos += json_bytes if options & 1 else 0
        nulls = data[pos : pos + after_bytes]
        if nulls != known_after:
            unpack_after, head_after, skips_after, slow_after = after.plan(nulls)
            known_after = nulls
        if unpack_after is None:
            new, pos = slow_after(data, pos)
        else:
            new = unpack_after(data, pos)
            pos += head_after
            for width, add in skips_after:
                if width == 1:
                    pos += data[pos] + add
                elif width == 2:
                    pos += data[pos] + (data[pos + 1] << 8) + add
                else:
                    pos += int.from_bytes(data[pos : pos + width], "little") + add
        if combine is not None:
            new = combine(old, new)
        changed.append(new)
        if new != old:
            gone.append(old)
    if pos != end:
        raise EOFError("a row reaches beyond the end of its event")
    return rows


def _read_news(
    data: bytes, pos: int, end: int, images: tuple[Image, Image], changed: list[_Values], json_bytes: int
) -> int:
    """The keys that updated rows have now, where only both images together hold a key: those of a changelog, so few."""
    rows = 0
    before, after = images
    while pos < end:
        rows += 1
        old, pos = before.slowly(data, pos)
        if json_bytes >= 0:
            options, pos = packed_int(data, pos)
            pos += json_bytes if options & 1 else 0
        new, pos = after.slowly(data, pos)
        merged = old | new
        changed.append(tuple(merged[ordinal] for ordinal in sorted(merged)))
    if pos != end:
        raise EOFError("a row reaches beyond the end of its event")
    return rows


def _slow_reader(steps: tuple[tuple[int, int, Reader | None, int], ...]) -> _Slow:
    """A reader of images whose keys no struct can read: text, or anything behind a column of variable size."""

    def read(data: bytes, pos: int) -> tuple[_Values, int]:
        values = []
        for width, add, reader, fixed in steps:
            if reader is not None:
                length = int.from_bytes(data[pos : pos + width], "little") if width else fixed
                pos += width
                values.append(reader(data[pos : pos + length]))
                pos += length
            elif width == 0:
                pos += add
            elif width == 1:
                pos += data[pos] + add
            else:
                pos += int.from_bytes(data[pos : pos + width], "little") + add
        return tuple(values), pos

    return read


def _combiner(places: list[int | None]) -> Callable[[_Values, _Values], _Values]:
    """Completes an after image (MINIMAL, NOBLOB) from the before image."""
    if all(place is None for place in places):
        return lambda old, _new: old
    return lambda old, new: tuple(old[i] if place is None else new[place] for i, place in enumerate(places))


def _code(shape: Shape, *, unsigned: bool) -> str:
    """The struct code that reads a key column, empty where none does."""
    if shape.type in (ENUM, SET):
        return _UNSIGNED_CODES.get(shape.fixed, "")
    if shape.type == INT24 or shape.type not in _CODES:
        return ""
    return _CODES[shape.type].upper() if unsigned else _CODES[shape.type]
