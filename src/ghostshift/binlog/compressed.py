"""Unpacking what servers compress, in bounded steps.

MariaDB compresses the rows of one row event or the text of one query (log_bin_compress): a head that states the size,
then a zlib stream. MySQL compresses a transaction (binlog_transaction_compression): a zstd stream of whole events.
A few bytes can claim, or really unpack to, gigabytes. So nothing here is unpacked beyond its stated size, a stated size
beyond the limit is refused before anything is allocated, and a transaction is handed out block by block.
"""

from __future__ import annotations

import zlib

BLOCK = 1 << 20
"""Bytes of a transaction's payload that are unpacked at a time."""
ZSTD_WINDOW = 1 << 27
"""The largest window that zstd's own tools unpack without being told to; the servers' levels stay within it."""


def unpack_zlib(packed: bytes, limit: int) -> bytes:
    """The content of a MariaDB compressed section (binlog_buf_compress in the documentation of its events).

    First byte: bit 7 set, bits 4-6 the algorithm (0 is zlib), bits 0-2 the width of the size that follows, big-endian.
    Raises ValueError, IndexError or zlib.error.
    """
    head = packed[0]
    width = head & 0x07
    if head & 0xF0 != 0x80 or not 1 <= width <= 4 or len(packed) < 1 + width:
        raise ValueError(f"compression head {head:#04x} is not known")
    size = int.from_bytes(packed[1 : 1 + width], "big")
    if size > limit:
        raise ValueError(f"{size} bytes once unpacked are more than the {limit} allowed")
    engine = zlib.decompressobj()
    content = engine.decompress(packed[1 + width :], size + 1)
    if len(content) != size or not engine.eof:
        raise ValueError(f"{size} bytes announced, {len(content)} or more unpacked")
    return content
