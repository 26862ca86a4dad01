"""Large row events of ours: keys out of rows that are read as they come, value by value (flow.Answers).

The quick loops of rows.py want the event as a whole. Here each value is asked for or stepped over, so a row with a BLOB
of a gigabyte takes no more room than its key. Slow for each row, but a large event has few rows, or comes seldom.
Must agree with rows.py on every event; a test compares them.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable
from typing import TypeAlias

from ghostshift.binlog.events import COMPRESSED_ROWS, DELETES, PARTIAL_UPDATE, UPDATES, V2_ROWS
from ghostshift.binlog.flow import Asking
from ghostshift.binlog.rows import Image, RowReader
from ghostshift.model.change import Keys

_Values: TypeAlias = tuple[Hashable, ...]
_TABLE_BYTES = 8
"""Table id and flags, in front of what RowReader reads."""
_WIDTHS = {252: 2, 253: 3, 254: 8}


def asking(reader: RowReader, kind: int, size: int, keys: Keys) -> Asking | None:
    """What asks for the body of a row event, of `size` bytes, and adds to `keys`; None where it must be held whole."""
    if kind in COMPRESSED_ROWS or reader.news:
        return None
    return _asking(reader, kind, size, keys)


def _asking(reader: RowReader, kind: int, size: int, keys: Keys) -> Asking:
    yield -_TABLE_BYTES
    head = b""
    left = size - _TABLE_BYTES
    if kind in V2_ROWS:
        extra = int.from_bytes((yield 2), "little")
        if extra > 2:
            yield 2 - extra
        head = b"\2\0"
        left -= max(2, extra)
    count = yield 1
    if count[0] >= 251:
        count += yield _WIDTHS[count[0]]
    bitmaps = yield reader.bitmap_bytes * (2 if kind in UPDATES else 1)
    left -= len(count) + len(bitmaps)
    head += count + bitmaps
    first, second, _ = reader.head(kind, head, 0, len(head))
    rows = 0
    while left > 0:
        rows += 1
        if second is not None:
            left -= yield from _update(reader, kind, (first, second), keys)
        else:
            values, length = yield from _image(first)
            left -= length
            (keys.gone if kind in DELETES else keys.changed).append(reader.key(values))
    if left:
        raise EOFError("a row reaches beyond the end of its event")
    if second is None:
        keys.growth += -rows if kind in DELETES else rows


def _update(reader: RowReader, kind: int, images: tuple[Image, Image], keys: Keys) -> Generator[int, bytes, int]:
    """One updated row; returns its length."""
    before, after = images
    old, length = yield from _image(before)
    if kind == PARTIAL_UPDATE:
        options, width = yield from _packed_int()
        length += width
        if options & 1:
            yield -reader.json_bytes
            length += reader.json_bytes
    new, more = yield from _image(after)
    if after.combine is not None:
        new = after.combine(old, new)
    keys.changed.append(reader.key(new))
    if new != old:
        keys.gone.append(reader.key(old))
    return length + more


def _image(image: Image) -> Generator[int, bytes, tuple[_Values, int]]:
    """The values of one row image's key columns, and its length."""
    nulls = yield image.null_bytes
    values = []
    length = image.null_bytes
    skip = -image.null_bytes  # the first step leads over the NULLs, which were read just now
    for width, add, read, fixed in image.steps(nulls).slow:
        size = int.from_bytes((yield width), "little") if width else fixed
        if read is not None:
            values.append(read((yield size) if size else b""))
            length += width + size
        else:
            # `add` counts the length's own bytes.
            step = add - width + (size if width else 0) + skip
            skip = 0
            yield -step
            length += width + step
    return tuple(values), length


def _packed_int() -> Generator[int, bytes, tuple[int, int]]:
    """A length-encoded integer and its width."""
    first = (yield 1)[0]
    if first < 251:
        return first, 1
    width = _WIDTHS[first]
    return int.from_bytes((yield width), "little"), 1 + width
