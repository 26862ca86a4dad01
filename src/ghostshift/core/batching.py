"""Which changed keys are applied together. Pure.

Rows next to each other are written together, not too many at once, and never more than the server takes in one
statement (max_allowed_packet).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from ghostshift.model.key import Key

Batch: TypeAlias = list[tuple[Key, bool]]
"""Keys, and whether their rows may be gone."""

ASSUMED = 1 << 20
"""Bytes that a server takes in one statement, where it does not say."""


def most_bytes(packet: str) -> int:
    """What the keys of one statement may come to, by the server's max_allowed_packet: the rest is for all else."""
    return max(4096, (int(packet) if packet.isdigit() else ASSUMED) // 2)


def batches(work: Mapping[Key, bool], size: int, most: int) -> Iterator[Batch]:
    """The keys in key order, cut into batches of at most `size` keys and, but for a single key, `most` bytes."""
    keys: list[Any] = sorted(work)
    if size * _longest(keys) <= most:
        for first in range(0, len(keys), size):
            yield [(key, work[key]) for key in keys[first : first + size]]
        return
    batch: Batch = []
    room = most
    for key in keys:
        weight = text_bytes(key)
        if batch and (len(batch) >= size or weight > room):
            yield batch
            batch, room = [], most
        batch.append((key, work[key]))
        room -= weight
    if batch:
        yield batch


def text_bytes(key: Key) -> int:
    """At most so long is a key in a statement: a text stands there twice, in hex, with character set and collation."""
    values = key if isinstance(key, tuple) else (key,)
    return sum(4 * len(value) + _TEXT if isinstance(value, bytes) else _OTHER for value in values)


_TEXT, _OTHER = 250, 100


def _longest(keys: list[Any]) -> int:
    """No key has more `text_bytes`; found without looking at each by itself."""
    columns = zip(*keys, strict=True) if keys and isinstance(keys[0], tuple) else (keys,)
    return sum(4 * max(map(len, column)) + _TEXT if bytes in set(map(type, column)) else _OTHER for column in columns)
