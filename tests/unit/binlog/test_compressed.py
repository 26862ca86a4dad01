"""Unpacking is bounded by what was stated, and what is stated by the limit."""

from __future__ import annotations

import zlib

import pytest
import zstandard

from builders.binlog import mariadb_packed
from ghostshift.binlog.compressed import BLOCK, unpack_zlib
from ghostshift.binlog.flow import Unzipped


def test_a_section_of_mariadb() -> None:
    data = b"rows" * 1000
    assert unpack_zlib(mariadb_packed(data), len(data)) == data
    for width in (2, 3, 4):
        head = bytes((0x80 | width,)) + len(data).to_bytes(width, "big")
        assert unpack_zlib(head + zlib.compress(data), len(data)) == data


def test_a_section_beyond_the_limit_is_refused_whatever_it_holds() -> None:
    with pytest.raises(ValueError, match="more than the 3999 allowed"):
        unpack_zlib(mariadb_packed(b"rows" * 1000), 3999)


class Got:
    """A sink that keeps all."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.finished = False

    def feed(self, block: bytes) -> None:
        """Keep it."""
        self.blocks.append(block)

    def finish(self) -> None:
        """Note it."""
        self.finished = True


@pytest.mark.parametrize("packed", [True, False])
def test_a_payload_comes_in_blocks_and_its_last_one_at_the_end(packed: bool) -> None:  # noqa: FBT001
    data = bytes(3 * BLOCK + 5)
    got = Got()
    unzipped = Unzipped(got, len(data), packed=packed)
    unzipped.feed(zstandard.compress(data) if packed else data)
    assert len(b"".join(got.blocks)) < len(data)
    unzipped.finish()
    assert b"".join(got.blocks) == data
    assert max(map(len, got.blocks)) <= BLOCK
    assert got.finished


def test_nothing_is_handed_out_beyond_the_stated_size() -> None:
    got = Got()
    with pytest.raises(ValueError, match="more than was announced"):
        Unzipped(got, 2 * BLOCK, packed=True).feed(zstandard.compress(bytes(50 * BLOCK)))
    assert sum(map(len, got.blocks)) <= 2 * BLOCK


def test_a_payload_that_ends_too_early_or_too_late_is_damaged() -> None:
    data = bytes(range(256)) * 100
    packed = zstandard.compress(data)
    for cut, more in ((packed[:-3], b""), (packed, b"x")):
        with pytest.raises(ValueError, match=r"were announced|behind its end"):
            _unzip(len(data), cut, more)


def _unzip(size: int, *parts: bytes) -> None:
    unzipped = Unzipped(Got(), size, packed=True)
    for part in parts:
        unzipped.feed(part)
    unzipped.finish()
