"""Unpacking is bounded by what was stated, and what is stated by the limit."""

from __future__ import annotations

import zlib

import pytest
import zstandard

from builders.binlog import mariadb_packed
from ghostshift.binlog.compressed import BLOCK, payload_blocks, unpack_zlib


def test_a_section_of_mariadb() -> None:
    data = b"rows" * 1000
    assert unpack_zlib(mariadb_packed(data), len(data)) == data
    for width in (2, 3, 4):
        head = bytes((0x80 | width,)) + len(data).to_bytes(width, "big")
        assert unpack_zlib(head + zlib.compress(data), len(data)) == data


def test_a_section_beyond_the_limit_is_refused_whatever_it_holds() -> None:
    with pytest.raises(ValueError, match="more than the 3999 allowed"):
        unpack_zlib(mariadb_packed(b"rows" * 1000), 3999)


def test_a_payload_comes_in_blocks() -> None:
    data = bytes(3 * BLOCK + 5)
    blocks = list(payload_blocks(0, zstandard.compress(data), len(data)))
    assert b"".join(blocks) == data
    assert max(map(len, blocks)) <= BLOCK


def test_nothing_is_handed_out_beyond_the_stated_size() -> None:
    got: list[bytes] = []
    with pytest.raises(ValueError, match="bytes announced"):
        got.extend(payload_blocks(0, zstandard.compress(bytes(50 * BLOCK)), 2 * BLOCK))
    assert sum(map(len, got)) <= 2 * BLOCK
